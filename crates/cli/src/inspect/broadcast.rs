//! The report on a broadcast, and its tree.

use confcall::state::wire::{Broadcast, BroadcastContent};
use confcall::state::{Block, Chain};
use confcall_conformance::Array;
use serde::Serialize;

use super::block_tree::verdict;
use super::form::ItemForm;
use super::signer::SignatureVerdict;
use super::style::{bad, good};
use super::tree::Tree;

/// A broadcast, explained.
#[derive(Debug, Serialize)]
pub(super) struct BroadcastReport {
    kind: &'static str,
    #[serde(rename = "type")]
    phase: &'static str,
    form: ItemForm,
    /// The number of bytes in the input.
    size: usize,
    user_id: i64,
    height: i32,
    block_hash: Array<32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce_hash: Option<Array<32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<Array<32>>,
    signature_bytes: Array<64>,
    signature: SignatureVerdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<BroadcastFit>,
}

/// The comparison of the broadcast with the block that it should verify.
#[derive(Debug, Serialize)]
struct BroadcastFit {
    same_height: bool,
    same_hash: bool,
    /// The key that the block's group has for the user; missing if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<Array<32>>,
}

impl BroadcastReport {
    pub(super) fn new(
        broadcast: &Broadcast,
        form: ItemForm,
        size: usize,
        previous: Option<&Block>,
    ) -> Self {
        let chain = previous.and_then(|block| Chain::start_from(block).ok());
        let group = chain.as_ref().map(|chain| chain.state().group_state());
        let participant = group.and_then(|group| group.by_user(broadcast.user_id));
        let key = participant.map(|one| one.public_key);
        let (phase, nonce_hash, nonce) = match broadcast.content {
            BroadcastContent::Commit { nonce_hash } => ("commit", Some(Array(nonce_hash)), None),
            BroadcastContent::Reveal { nonce } => ("reveal", None, Some(Array(nonce))),
        };
        Self {
            kind: "broadcast",
            phase,
            form,
            size,
            user_id: broadcast.user_id.value(),
            height: broadcast.height.value(),
            block_hash: Array(*broadcast.block_hash.as_bytes()),
            nonce_hash,
            nonce,
            signature_bytes: Array(*broadcast.signature.as_bytes()),
            signature: key.map_or(SignatureVerdict::Unknown, |key| {
                SignatureVerdict::of(broadcast.verify(&key))
            }),
            previous: previous.map(|block| BroadcastFit {
                same_height: block.height() == broadcast.height,
                same_hash: block.hash() == broadcast.block_hash,
                public_key: key.map(|key| Array(*key.as_bytes())),
            }),
        }
    }

    pub(super) fn tree(&self) -> Tree {
        let about = format!(", {}, {} bytes", self.form.words(), self.size);
        let nonce_hash = self
            .nonce_hash
            .map(|hash| Tree::new("nonce hash", hash.to_string()));
        let nonce = self
            .nonce
            .map(|nonce| Tree::new("nonce", nonce.to_string()));
        let key = self.previous.as_ref().map(|verified| {
            let unknown = || bad("not shown for this user by the previous block");
            let key = verified
                .public_key
                .map_or_else(unknown, |key| key.to_string());
            Tree::new("public key", key)
        });
        let hint = "not checked: a broadcast has no key; give its block with --previous";
        let signature = match (&self.previous, self.signature) {
            (None, _) => hint.to_owned(),
            (Some(_), signature) => verdict(signature),
        };
        Tree::new(format!("broadcast: {}", self.phase), about)
            .line("user id", self.user_id.to_string())
            .line("height", self.height.to_string())
            .line("block hash", self.block_hash.to_string())
            .with_all(nonce_hash)
            .with_all(nonce)
            .with_all(key)
            .line("signature", signature)
            .with_all(self.previous.as_ref().map(BroadcastFit::tree))
    }
}

impl BroadcastFit {
    fn tree(&self) -> Tree {
        let same = |same: bool| {
            if same {
                good("the same")
            } else {
                bad("another")
            }
        };
        Tree::new("the previous block", "")
            .line("height", same(self.same_height))
            .line("hash", same(self.same_hash))
    }
}
