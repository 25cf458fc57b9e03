//! A join by hand, so that each of its steps can be shown; the engine does the same, and reacts where a step fails.
//!
//! ```text
//! tip ──▶ JoinBlock ──▶ CheckedJoin ──▶ request ──▶ JoinAnswer ──▶ chain, key of the epoch
//! ```

use std::io::{self, Write};

use anyhow::Context as _;
use chacha20::ChaCha20Rng;
use confcall::join::api::{GetGroupCallChainBlocks, InputGroupCall, JoinGroupCall, Request};
use confcall::join::joining::{CheckedJoin, Fingerprint, JoinAnswer, Tip};
use confcall::join::policy::ConferenceJoin;
use confcall::state::{Block, EpochKey, PrivateKey};
use confcall::{Chain, JoinBlock, JoinPayload, Joiner, Media, UserId};
use confcall_server::Server;
use confcall_server::loopback::Hub;

use super::person::Network;
use super::show::{Show, good};

/// The user who joins in the demo.
pub(super) const JOINER: UserId = UserId::new(20_261_123);

/// The result of our join.
pub(super) struct JoinedCall {
    /// The call by its id.
    pub(super) call: InputGroupCall,
    pub(super) key: PrivateKey,
    /// The blocks of the answer: ours.
    pub(super) blocks: Vec<Block>,
    pub(super) chain: Chain,
    pub(super) epoch_key: EpochKey,
    pub(super) next_broadcast: i32,
}

impl JoinedCall {
    fn new(answer: &JoinAnswer, join: JoinBlock) -> anyhow::Result<Self> {
        let blocks = answer.blocks.blocks.iter();
        let blocks = blocks.map(|block| Block::from_server(block));
        let blocks = blocks.collect::<Result<Vec<_>, _>>()?;
        let (first, rest) = blocks.split_first().context("the answer has no block")?;
        let mut chain = Chain::start_from(first)?;
        for block in rest {
            chain.apply(block)?;
        }
        let key = join.into_private_key();
        Ok(Self {
            call: answer.call.clone(),
            epoch_key: chain.state().open_epoch_key(JOINER, &key)?,
            key,
            blocks,
            chain,
            next_broadcast: answer.broadcasts.next_offset,
        })
    }
}

/// Joins over the loopback, showing each step.
pub(super) async fn join(
    hub: &Hub<Server>,
    call: InputGroupCall,
    certificate: [u8; 32],
    rng: &mut ChaCha20Rng,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<JoinedCall> {
    let payload = JoinPayload::generate(Fingerprint::sha256(certificate), None, rng);
    let network = Network::new(hub.connect(JOINER), call.clone(), JOINER);
    let answer = network
        .send(GetGroupCallChainBlocks::tip(call.clone()))
        .await?;
    // The newest block alone is enough: a join block needs no history (`spec/protocol.md`, 2.3).
    let tip = Tip::from_answer(answer.into_updates()?, &call)?;
    let tip = tip.context("the call has no block")?;
    show_tip(&tip, show)?;
    show.proof("one block is enough to join: it names the members and their keys")?;

    let join = JoinBlock::add_self(&tip.block, Joiner::new(JOINER), rng)?;
    show_block(&join, show)?;
    show.proof(
        "the one who joins makes a key for this call, and seals a new shared key to each member",
    )?;
    let request = request(call.clone(), &tip, &join, payload)?;
    show_request(&request, show)?;
    let answer = network.send(request).await.context("the join failed")?;
    let answer = JoinAnswer::read(answer.into_updates()?, Some(&call))?;
    let joined = JoinedCall::new(&answer, join)?;
    show_joined(&joined, show)?;
    Ok(joined)
}

fn request(
    call: InputGroupCall,
    tip: &Tip,
    join: &JoinBlock,
    payload: JoinPayload,
) -> anyhow::Result<JoinGroupCall> {
    let join = ConferenceJoin {
        call,
        block: CheckedJoin::new(Some(&tip.block), join)?,
        media: Media {
            payload,
            muted: true,
            video_stopped: true,
        },
    };
    Ok(join.into_request())
}

/// Shows the newest block before ours.
fn show_tip(tip: &Tip, show: &mut Show<'_, impl Write>) -> io::Result<()> {
    let (height, hash) = (tip.block.height(), tip.block.hash());
    let participants = tip.chain.state().group_state().participants.len();
    let text = format!("height {height}, hash {hash}, {participants} participants");
    show.line("tip", &text)
}

fn show_block(join: &JoinBlock, show: &mut Show<'_, impl Write>) -> io::Result<()> {
    let block = join.block();
    let (height, size, hash) = (block.height(), block.bytes().len(), block.hash());
    let text = format!("height {height}, {size} bytes, hash {hash}");
    show.line("block", &text)?;
    let name = show.name(join.user_id());
    show.line("adds", &format!("{name}, user {}", join.user_id()))?;
    show.line("key", &join.public_key().to_string())
}

fn show_request(join: &JoinGroupCall, show: &mut Show<'_, impl Write>) -> io::Result<()> {
    let request = Request::from(join.clone());
    let (method, size) = (request.method(), request.to_tl().len());
    show.line("request", &format!("{method}, {size} bytes"))?;
    let present = |present| if present { "set" } else { "none" };
    let fields = format!(
        "join_as {:?}, invite_hash {}, public_key {}, block {}, muted {}, video_stopped {}",
        join.join_as,
        present(join.invite_hash.is_some()),
        present(join.public_key.is_some()),
        present(join.block.is_some()),
        join.muted,
        join.video_stopped,
    );
    show.line("fields", &fields)
}

/// Shows the server's verdict and the call after it.
fn show_joined(joined: &JoinedCall, show: &mut Show<'_, impl Write>) -> io::Result<()> {
    let state = joined.chain.state();
    show.line("verdict", &good("accepted"))?;
    let height = format!("{}, hash {}", state.height(), state.hash());
    show.line("height", &height)?;
    for one in &state.group_state().participants {
        let member = format!(
            "{:<6} {:<14} {}  may {}",
            show.name(one.user_id),
            one.user_id,
            one.public_key,
            one.permissions
        );
        show.line("member", &member)?;
    }
    Ok(())
}
