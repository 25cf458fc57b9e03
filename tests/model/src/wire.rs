//! Blocks on the wire, canonical or as sloppy as the reference tolerates (`spec/protocol.md`, 1).

use arbitrary::{Arbitrary, Result, Unstructured};
use sha2::{Digest as _, Sha256};

use crate::values::{Block, Change, Group, Proof, SharedKey};

/// Deviations of the bytes of a block from the canonical form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sloppiness {
    /// The bytes that the length of a string takes at least: 1, 4 or 8.
    length_form: LengthForm,
    /// The byte that strings are padded with.
    padding: u8,
    /// Flags that mean nothing, or make the field negative.
    block_flags: u32,
    proof_flags: u32,
    /// The bytes that follow the end.
    trailing: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum LengthForm {
    #[default]
    Shortest,
    Medium,
    Long,
}

impl Sloppiness {
    /// Most blocks have none.
    pub(crate) fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        // A sloppy block is seldom accepted by chance, and the rules behind the reading need blocks that are read.
        if !u.ratio(1, 8)? {
            return Ok(Self::default());
        }
        let forms = [LengthForm::Shortest, LengthForm::Medium, LengthForm::Long];
        let flags = |u: &mut Unstructured<'_>, known: u32| -> Result<u32> {
            let flags = [0, 0x4000_0000, u32::arbitrary(u)? >> 1, u32::arbitrary(u)?];
            Ok(*u.choose(&flags)? & !known)
        };
        Ok(Self {
            length_form: *u.choose(&forms)?,
            padding: u.arbitrary()?,
            block_flags: flags(u, 1)?,
            proof_flags: flags(u, 3)?,
            trailing: match u.ratio(1, 8)? {
                true => vec![u.arbitrary()?],
                false => Vec::new(),
            },
        })
    }
}

impl Block {
    /// The canonical bytes, over which hash and signature are made.
    pub(crate) fn canonical(&self) -> Vec<u8> {
        self.written(&Sloppiness::default())
    }

    /// The hash.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.canonical()).into()
    }

    /// The bytes that the signature is made over.
    pub(crate) fn signed(&self) -> Vec<u8> {
        let unsigned = Self {
            signature: [0; 64],
            ..self.clone()
        };
        unsigned.canonical()
    }

    /// The bytes as they come in.
    pub(crate) fn written(&self, sloppiness: &Sloppiness) -> Vec<u8> {
        let mut out = Output {
            bytes: Vec::new(),
            sloppiness,
        };
        out.number(0x639a_3db6);
        out.raw(&self.signature);
        out.number(u32::from(self.signer.is_some()) | sloppiness.block_flags);
        out.raw(&self.previous);
        out.count(self.changes.len());
        for change in &self.changes {
            out.change(change);
        }
        out.number(self.height.cast_unsigned());
        out.proof(&self.proof);
        out.raw(self.signer.as_ref().map_or(&[], |key| &key[..]));
        out.raw(&sloppiness.trailing);
        out.bytes
    }

    /// True if the reference reads the block from these bytes: no negative flags, nothing after the end.
    pub(crate) fn is_readable(&self, sloppiness: &Sloppiness) -> bool {
        let is_negative = |flags: u32| flags >> 31 != 0;
        let in_changes = self.changes.iter().filter_map(|change| match change {
            Change::Group(group) => Some(group),
            _ => None,
        });
        // The flags of participants are the only others that can be negative.
        let mut groups = in_changes.chain(&self.proof.group);
        sloppiness.trailing.is_empty()
            && !is_negative(sloppiness.block_flags)
            && !is_negative(sloppiness.proof_flags)
            && !groups.any(|group| group.people.iter().any(|one| is_negative(one.flags)))
    }
}

struct Output<'a> {
    bytes: Vec<u8>,
    sloppiness: &'a Sloppiness,
}

impl Output<'_> {
    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn number(&mut self, number: u32) {
        self.raw(&number.to_le_bytes());
    }

    fn count(&mut self, count: usize) {
        self.number(count as u32);
    }

    fn string(&mut self, string: &[u8]) {
        let length = string.len() as u64;
        let shortest = match length {
            0..254 => LengthForm::Shortest,
            254..0x100_0000 => LengthForm::Medium,
            _ => LengthForm::Long,
        };
        let bytes = length.to_le_bytes();
        match shortest.max(self.sloppiness.length_form) {
            LengthForm::Shortest => self.raw(&bytes[..1]),
            LengthForm::Medium => self.raw(&[254, bytes[0], bytes[1], bytes[2]]),
            LengthForm::Long => self.raw(&[&[255], &bytes[..7]].concat()),
        }
        self.raw(string);
        while !self.bytes.len().is_multiple_of(4) {
            self.raw(&[self.sloppiness.padding]);
        }
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Noop(nonce) => {
                self.number(0xdeb4_a41b);
                self.raw(nonce);
            }
            Change::Value { key, value } => {
                self.number(0xfe01_39cc);
                self.string(key);
                self.string(value);
            }
            Change::Group(group) => {
                self.number(0x2cf1_7146);
                self.group(group);
            }
            Change::Key(key) => {
                self.number(0x987a_2158);
                self.shared_key(key);
            }
        }
    }

    fn group(&mut self, group: &Group) {
        self.number(0x1ddc_7584);
        self.count(group.people.len());
        for one in &group.people {
            self.number(0x18f3_971f);
            self.raw(&one.user.to_le_bytes());
            self.raw(&one.key);
            self.number(one.flags);
            self.number(one.version.cast_unsigned());
        }
        self.number(group.external);
    }

    fn shared_key(&mut self, key: &SharedKey) {
        self.number(0x8a84_7e7f);
        self.raw(&key.ek);
        self.string(&key.encrypted);
        self.count(key.users.len());
        for user in &key.users {
            self.raw(&user.to_le_bytes());
        }
        self.count(key.headers.len());
        for header in &key.headers {
            self.string(header);
        }
    }

    fn proof(&mut self, proof: &Proof) {
        self.number(0xd6b6_79e6);
        let known = u32::from(proof.group.is_some()) | u32::from(proof.key.is_some()) << 1;
        self.number(known | self.sloppiness.proof_flags);
        self.raw(&proof.kv_hash);
        if let Some(group) = &proof.group {
            self.group(group);
        }
        if let Some(key) = &proof.key {
            self.shared_key(key);
        }
    }
}
