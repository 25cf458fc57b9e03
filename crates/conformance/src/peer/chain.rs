//! Chains, in full and as a client follows them (`spec/protocol.md`, 2).

use confcall_state::trie::Trie;
use confcall_state::{Block, Chain, PrivateKey};
use serde::{Deserialize, Serialize};

use super::objects::Peer;
use super::refusal::Refusal;
use super::request::operations;
use super::trie;
use super::wire::Made;
use crate::hex_bytes::{Array, Bytes};
use crate::shapes::{ChainState, Change};

operations!(chain_new chain_apply chain_build chain_proof chain_add_proof);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Full,
    Client,
}

#[derive(Deserialize)]
struct NewRequest {
    chain: String,
    mode: Mode,
    block: Option<Bytes>,
}

/// A chain that starts from a block is a client's, whatever the mode.
fn chain_new(peer: &mut Peer, request: NewRequest) -> Result<ChainState, Refusal> {
    let chain = match (request.block, request.mode) {
        (Some(block), _) => Chain::start_from(&Block::parse(&block.0)?)?,
        (None, Mode::Full) => Chain::full(),
        (None, Mode::Client) => Chain::client(),
    };
    let state = ChainState::from(chain.state());
    peer.chains.put(request.chain, chain);
    Ok(state)
}

#[derive(Deserialize)]
struct ApplyRequest {
    chain: String,
    block: Bytes,
}

fn chain_apply(peer: &mut Peer, request: ApplyRequest) -> Result<ChainState, Refusal> {
    let chain = peer.chains.named_mut(&request.chain)?;
    let state = chain.apply(&Block::parse(&request.block.0)?)?;
    Ok(ChainState::from(state))
}

#[derive(Deserialize)]
struct BuildRequest {
    chain: String,
    seed: Array<32>,
    changes: Vec<Change>,
}

fn chain_build(peer: &mut Peer, request: BuildRequest) -> Result<Made, Refusal> {
    let chain = peer.chains.named(&request.chain)?;
    let changes = request.changes.into_iter().map(Into::into).collect();
    let block = chain.build(changes, &PrivateKey::from_seed(&request.seed.0))?;
    Ok(block.into())
}

#[derive(Deserialize)]
struct ProofRequest {
    chain: String,
    keys: Vec<Bytes>,
}

#[derive(Serialize)]
struct Proof {
    proof: Bytes,
}

fn chain_proof(peer: &mut Peer, request: ProofRequest) -> Result<Proof, Refusal> {
    let values = peer.chains.named(&request.chain)?.values();
    let values = values.ok_or_else(|| Refusal::uncoded(&"the chain knows only the trie's hash"))?;
    let proof = trie::prove(values, &request.keys)?;
    Ok(Proof { proof })
}

#[derive(Deserialize)]
struct AddProofRequest {
    chain: String,
    proof: Bytes,
}

fn chain_add_proof(peer: &mut Peer, request: AddProofRequest) -> Result<ChainState, Refusal> {
    let chain = peer.chains.named_mut(&request.chain)?;
    chain.add_proof(Trie::from_network(&request.proof.0)?)?;
    Ok(ChainState::from(chain.state()))
}
