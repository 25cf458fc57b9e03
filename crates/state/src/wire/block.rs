use sha2::{Digest as _, Sha256};

use super::boxed::Boxed as _;
use super::form::{self, Form};
use super::{Change, StateProof};
use crate::keys::{InvalidSignature, PrivateKey, PublicKey, Signature};
use crate::tl::{Deviation, ReadError, Reader, Writer};
use crate::types::{BlockHash, Height};

pub(super) const BLOCK: u32 = 0x639a_3db6;
const HAS_SIGNER: u32 = 1;
/// The bytes of the smallest change, a value of no bytes under a key of no bytes.
const SMALLEST_CHANGE: usize = 12;

/// The fields of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockFields {
    /// The signature over the block with this field zero.
    pub signature: Signature,
    /// The hash of the block before.
    pub prev_block_hash: BlockHash,
    /// The changes, applied in this order.
    pub changes: Vec<Change>,
    /// The block's height.
    pub height: Height,
    /// The state after the block.
    pub state_proof: StateProof,
    /// The signer; the first participant of the state before if absent.
    pub signature_public_key: Option<PublicKey>,
}

impl BlockFields {
    /// Makes the block with the signature that the fields hold, whatever it is.
    pub fn into_block(self) -> Block {
        let bytes = self.serialize();
        Block::new(self, bytes, Vec::new())
    }

    /// Signs the fields and makes the block; it names no other signer than the fields do.
    pub fn sign(mut self, key: &PrivateKey) -> Block {
        // Signed with zeros in its place (1.2).
        self.signature = Signature::ZERO;
        let bytes = self.serialize();
        self.signature = key.sign(&bytes);
        let bytes = form::with_signature(&bytes, &self.signature);
        Block::new(self, bytes, Vec::new())
    }

    fn serialize(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(1024);
        writer.u32(BLOCK);
        writer.raw(self.signature.as_bytes());
        writer.u32(self.signature_public_key.map_or(0, |_| HAS_SIGNER));
        writer.raw(self.prev_block_hash.as_bytes());
        writer.count(self.changes.len());
        self.changes
            .iter()
            .for_each(|change| change.write(&mut writer));
        writer.i32(self.height.value());
        self.state_proof.write(&mut writer);
        if let Some(key) = &self.signature_public_key {
            writer.raw(key.as_bytes());
        }
        writer.into_bytes()
    }

    fn read(reader: &mut Reader<'_>, form: Form) -> Result<Self, ReadError> {
        reader.constructor(form.id(BLOCK), "a block")?;
        let signature = Signature::from_bytes(reader.raw("a signature")?);
        let flags = reader.known_flags(HAS_SIGNER, "a block")?;
        let prev_block_hash = BlockHash::from_bytes(reader.raw("the previous block's hash")?);
        let count = reader.count("changes")?;
        // The count alone is a claim of the sender: room is made for what the bytes can hold.
        let mut changes = Vec::with_capacity(reader.capacity(count, SMALLEST_CHANGE));
        for _ in 0..count {
            changes.push(Change::read(reader)?);
        }
        let height = Height::new(reader.i32("a block's height")?);
        let state_proof = StateProof::read(reader)?;
        let mut signature_public_key = None;
        if flags & HAS_SIGNER != 0 {
            signature_public_key = Some(PublicKey::from_bytes(reader.raw("the signer's key")?));
        }
        Ok(Self {
            signature,
            prev_block_hash,
            changes,
            height,
            state_proof,
            signature_public_key,
        })
    }
}

/// A block: its fields, the canonical bytes that its signature and hash are made over, and its hash.
///
/// Being a `Block` says that it could be read, not that any chain accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    fields: BlockFields,
    bytes: Vec<u8>,
    hash: BlockHash,
    deviations: Vec<Deviation>,
}

impl Block {
    /// Reads a block with the canonical id, as clients send it and store it.
    ///
    /// # Errors
    ///
    /// [`ReadError`] with the offset; the reference has no code for it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        Self::read(bytes, Form::Local)
    }

    /// Reads a block with the incremented id, as the server sends it.
    ///
    /// # Errors
    ///
    /// [`ReadError`] with the offset, also for the canonical id.
    pub fn from_server(bytes: &[u8]) -> Result<Self, ReadError> {
        Self::read(bytes, Form::Server)
    }

    fn read(bytes: &[u8], form: Form) -> Result<Self, ReadError> {
        let mut reader = Reader::new(bytes);
        let fields = BlockFields::read(&mut reader, form)?;
        let deviations = reader.finish("a block")?;
        let canonical = match deviations.as_slice() {
            // Canonical already, but for the id: nothing is written again, and the bytes are those that were signed.
            [] => form::with_id(bytes, BLOCK),
            _ => fields.serialize(),
        };
        Ok(Self::new(fields, canonical, deviations))
    }

    fn new(fields: BlockFields, bytes: Vec<u8>, deviations: Vec<Deviation>) -> Self {
        Self {
            hash: BlockHash::from_bytes(Sha256::digest(&bytes).into()),
            fields,
            bytes,
            deviations,
        }
    }

    /// The fields.
    pub fn fields(&self) -> &BlockFields {
        &self.fields
    }

    /// The block in canonical form, as it is sent to the server.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The block in server form, as the server sends it.
    pub fn to_server(&self) -> Vec<u8> {
        form::with_id(&self.bytes, Form::Server.id(BLOCK))
    }

    /// The SHA-256 of the canonical bytes.
    pub fn hash(&self) -> BlockHash {
        self.hash
    }

    /// The block's height.
    pub fn height(&self) -> Height {
        self.fields.height
    }

    /// The first 64 places in which the bytes that were read deviate from the canonical form.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// Checks that `key` signed the block.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`]
    pub fn verify(&self, key: &PublicKey) -> Result<(), InvalidSignature> {
        form::verify(&self.bytes, &self.fields.signature, &key.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join_block::{JoinBlock, Joiner};
    use crate::tl::ReadErrorKind;
    use crate::types::UserId;
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng as _;
    use proptest::prelude::*;

    fn block() -> Block {
        let mut rng = ChaCha20Rng::from_seed([6; 32]);
        let joiner = Joiner::new(UserId::new(5));
        let join = JoinBlock::first(joiner, &mut rng).unwrap();
        join.block().clone()
    }

    #[test]
    fn a_form_is_read_only_where_it_is_expected() {
        let block = block();
        assert_eq!(Block::parse(block.bytes()).as_ref(), Ok(&block));
        assert_eq!(Block::from_server(&block.to_server()).as_ref(), Ok(&block));
        for error in [
            Block::parse(&block.to_server()).unwrap_err(),
            Block::from_server(block.bytes()).unwrap_err(),
        ] {
            assert_eq!(error.offset, 0);
            assert!(matches!(
                error.kind,
                ReadErrorKind::UnexpectedConstructor { .. }
            ));
        }
    }

    proptest! {
        #[test]
        fn a_damaged_block_is_refused_at_a_place_or_read_to_its_canonical_form(
            at: prop::sample::Index,
            with: Vec<u8>,
            cut: prop::sample::Index,
        ) {
            let mut bytes = block().bytes().to_vec();
            let start = at.index(bytes.len());
            let end = start + cut.index(bytes.len() - start + 1).min(8);
            bytes.splice(start..end, with);
            match Block::parse(&bytes) {
                Ok(block) => {
                    prop_assert_eq!(block.deviations().is_empty(), block.bytes() == bytes);
                    let again = Block::parse(block.bytes());
                    prop_assert_eq!(again.map(|again| again.hash), Ok(block.hash));
                }
                Err(error) => prop_assert!(error.offset <= bytes.len()),
            }
        }
    }
}
