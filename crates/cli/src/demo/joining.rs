//! One join by hand, so that each of its steps can be shown; the engine does the same, and knows what to do if a step fails.
//!
//! ```text
//! tip ──▶ JoinBlock ──▶ CheckedJoin ──▶ request ──▶ JoinAnswer ──▶ chain, key of the epoch
//! ```

use std::io::Write;

use anyhow::Context as _;
use chacha20::ChaCha20Rng;
use confcall::join::api::{GetGroupCallChainBlocks, InputGroupCall, JoinGroupCall};
use confcall::join::joining::{CheckedJoin, Fingerprint, JoinAnswer, Tip};
use confcall::join::policy::ConferenceJoin;
use confcall::state::{Block, EpochKey, PrivateKey};
use confcall::{Chain, JoinBlock, JoinPayload, Joiner, Media};
use confcall_server::Server;
use confcall_server::loopback::Hub;

use super::NEWCOMER;
use super::person::Network;
use super::show::Show;

/// What our join has come to.
pub(super) struct Joined {
    /// The call by its id.
    pub(super) call: InputGroupCall,
    pub(super) key: PrivateKey,
    /// The blocks of the answer: ours.
    pub(super) blocks: Vec<Block>,
    pub(super) chain: Chain,
    pub(super) epoch_key: EpochKey,
    pub(super) next_broadcast: i32,
}

impl Joined {
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
            epoch_key: chain.state().open_epoch_key(NEWCOMER, &key)?,
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
) -> anyhow::Result<Joined> {
    let payload = JoinPayload::generate(Fingerprint::sha256(certificate), None, rng);
    let network = Network::new(hub.connect(NEWCOMER), call.clone(), NEWCOMER);
    let answer = network
        .send(GetGroupCallChainBlocks::tip(call.clone()))
        .await?;
    let tip = Tip::from_answer(answer.into_updates()?, &call)?;
    let tip = tip.context("the call has no block")?;
    show.tip(&tip)?;

    let join = JoinBlock::add_self(&tip.block, Joiner::new(NEWCOMER), rng)?;
    show.block(&join)?;
    let request = request(call.clone(), &tip, &join, payload)?;
    show.request(&request)?;
    let answer = network.send(request).await.context("the join failed")?;
    let answer = JoinAnswer::read(answer.into_updates()?, Some(&call))?;
    let joined = Joined::new(&answer, join)?;
    show.joined(&joined)?;
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
