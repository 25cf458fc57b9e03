//! The report on a block, in the shape that programs get.

use confcall::state::{Block, Chain};
use confcall_conformance::{Array, Bytes, shapes};
use serde::Serialize;

use super::applied::{Applied, ChainVerdict};
use super::form::ItemForm;
use super::signer::{SignatureVerdict, Signer};
use super::visible_state::VisibleState;

/// A place where the bytes are not canonical.
#[derive(Debug, Serialize)]
pub(super) struct DeviationReport {
    pub(super) offset: usize,
    pub(super) message: String,
}

/// A block, explained.
#[derive(Debug, Serialize)]
pub(super) struct BlockReport {
    kind: &'static str,
    pub(super) form: ItemForm,
    /// The number of bytes in the input.
    pub(super) size: usize,
    pub(super) hash: Array<32>,
    pub(super) canonical: bool,
    pub(super) deviations: Vec<DeviationReport>,
    /// The canonical bytes, over which hash and signature are made, where the input has others.
    #[serde(skip_serializing_if = "Option::is_none")]
    canonical_bytes: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signer: Option<Signer>,
    pub(super) signature: SignatureVerdict,
    block: shapes::Block,
    /// The verdict of a chain that starts from this block alone.
    pub(super) start: ChainVerdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<Applied>,
}

impl BlockReport {
    pub(super) fn new(
        block: &Block,
        form: ItemForm,
        size: usize,
        previous: Option<&Block>,
    ) -> Self {
        let fields = block.fields();
        let shown = VisibleState::of(fields);
        let before = previous.map(|previous| (previous, Chain::start_from(previous)));
        let chain = before.as_ref().and_then(|(_, chain)| chain.as_ref().ok());
        let group_before = chain.map(|chain| &**chain.state().group_state());
        // A block without a key is signed by the first participant before it (`spec/protocol.md`, 2.2).
        let signer = Signer::find(fields.signature_public_key, group_before, shown.group());
        let verdict = signer
            .as_ref()
            .map(|(key, _)| SignatureVerdict::of(block.verify(key)));
        let start = Chain::start_from(block);
        let deviations = block.deviations();
        Self {
            kind: "block",
            form,
            size,
            hash: Array(*block.hash().as_bytes()),
            canonical: deviations.is_empty(),
            deviations: deviations
                .iter()
                .map(|deviation| DeviationReport {
                    offset: deviation.offset,
                    message: deviation.kind.to_string(),
                })
                .collect(),
            canonical_bytes: (!deviations.is_empty()).then(|| Bytes(block.bytes().to_vec())),
            signer: signer.map(|(_, signer)| signer),
            signature: verdict.unwrap_or(SignatureVerdict::Unknown),
            block: shapes::Block::from(fields),
            start: ChainVerdict::of(start.as_ref().map(Chain::state).map_err(Clone::clone)),
            previous: before.as_ref().map(|(previous, chain)| {
                Applied::new(previous, chain.as_ref(), block, shown.group())
            }),
        }
    }
}
