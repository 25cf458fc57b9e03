//! Whole calls, with a membership for every user who is in.
//!
//! ```text
//! block, refused ─┬─▶ Chain: height, hash, members
//!                 └─▶ each Membership ──▶ epoch key, or the end
//! verification ─────▶ each Membership ──▶ height, emoji hash, words
//! packet ───────────▶ the receiver's Membership ──▶ channel, prefix, data
//! ```

mod event;

use std::collections::BTreeMap;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::membership::Membership;
use confcall_media::RemovalGrace;
use confcall_state::verification::{self, RoundCounts};
use confcall_state::{Block, Chain, ChainState, PrivateKey, UserId};
use serde::Deserialize;

use self::event::{
    BlockEvent, BlockView, Content, Epoch, Event, Message, PacketEvent, RefusedEvent, Tip,
    VerificationEvent, Verified, Views,
};
use super::fixed::{NOW, SEED};
use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};
use crate::shapes::{CallProgress, CodedError, emoji_hash};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    user_id: i64,
    seed: Array<32>,
    public_key: Array<32>,
}

impl User {
    fn key(&self) -> PrivateKey {
        PrivateKey::from_seed(&self.seed.0)
    }
}

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let users: Vec<User> = case.take("users")?;
    let events = case.steps("events", Event::read)?;
    for user in &users {
        check.enter_step(format!("user {}", user.user_id));
        let public_key = Array(*user.key().public_key().as_bytes());
        check.same("public_key", &user.public_key, &public_key);
    }
    let users = users.into_iter().map(|user| (user.user_id, user)).collect();
    let mut call = Call::new(users);
    for (number, event) in events.iter().enumerate() {
        let step = format!("event {number}");
        match event {
            Event::Block(event) => call.block(&step, event, check),
            Event::Refused(event) => call.refused(&step, event, check),
            Event::Verification(event) => call.verification(&step, event, check),
            Event::Packet(event) => call.packet(&step, event, check),
        }
        // What follows builds on what went wrong.
        if check.has_failed() {
            break;
        }
    }
    Ok(())
}

/// A call: its chain, and the memberships of all who are in it.
struct Call {
    users: BTreeMap<i64, User>,
    chain: Chain,
    members: BTreeMap<i64, Membership>,
    rng: ChaCha20Rng,
}

impl Call {
    fn new(users: BTreeMap<i64, User>) -> Self {
        Self {
            users,
            chain: Chain::client(),
            members: BTreeMap::new(),
            rng: ChaCha20Rng::from_seed(SEED),
        }
    }

    fn block(&mut self, step: &str, event: &BlockEvent, check: &mut Check) {
        check.enter_step(step);
        let block = Block::from_server(&event.block);
        let Some(block) = check.succeeds("reading the block", block) else {
            return;
        };
        if let Some(state) = check.succeeds("applying the block", self.chain.apply(&block)) {
            check.same("", &event.tip, &Tip::from(state));
        }
        self.views(step, &event.block, &event.views, check);
    }

    fn refused(&mut self, step: &str, event: &RefusedEvent, check: &mut Check) {
        check.enter_step(step);
        // The chain alone is judged first: a member can also end for want of a key.
        let is_refused = match Block::from_server(&event.block) {
            Ok(block) => self.chain.apply(&block).is_err(),
            Err(_) => true,
        };
        check.holds("the chain refuses the block", is_refused);
        self.views(step, &event.block, &event.views, check);
    }

    /// Shows a block to all who are in, and to who starts from it.
    fn views(&mut self, step: &str, block: &[u8], views: &Views<BlockView>, check: &mut Check) {
        let seeing = views.iter().filter(|(_, view)| !view.starts);
        self.all_see(seeing.map(|(user, _)| *user), check);
        for (id, view) in views {
            check.enter_step(format!("{step}, user {id}"));
            let Some(user) = check.succeeds("the user", self.users.get(id).ok_or("unknown")) else {
                continue;
            };
            let (got, member) = match (view.starts, self.members.remove(id)) {
                (true, _) => match start(user, block, &mut self.rng) {
                    Ok(member) => (epoch(&member, user), Some(member)),
                    Err(error) => (Err(error), None),
                },
                (false, Some(mut member)) => {
                    let followed = follow(&mut member, block, &mut self.rng);
                    (followed.and_then(|()| epoch(&member, user)), Some(member))
                }
                (false, None) => continue,
            };
            // One who has ended is in no later view; an item that is refused for its form ends no membership.
            if let Some(member) = member.filter(|member| member.ended().is_none()) {
                self.members.insert(*id, member);
            }
            check.outcome(&view.outcome, &got);
        }
    }

    /// Expects a view of each user who is in, and no other.
    fn all_see(&self, seeing: impl Iterator<Item = i64>, check: &mut Check) {
        let members: Vec<_> = self.members.keys().copied().collect();
        check.same("views", &seeing.collect(), &members);
    }

    fn verification(&mut self, step: &str, event: &VerificationEvent, check: &mut Check) {
        for (number, message) in event.messages.iter().enumerate() {
            self.message(&format!("{step}, message {number}"), message, check);
        }
        for (id, member) in &self.members {
            check.enter_step(format!("{step}, user {id}"));
            check.same("", &event.verified, &Verified::from(member.verification()));
        }
    }

    fn message(&mut self, step: &str, message: &Message, check: &mut Check) {
        check.enter_step(step);
        self.all_see(message.views.keys().copied(), check);
        for (id, member) in &mut self.members {
            let Some(expected) = message.views.get(id) else {
                continue;
            };
            check.enter_step(format!("{step}, user {id}"));
            // A bad broadcast must change nothing (5); the vectors say only that it is refused.
            let before = format!("{:?}", member.verification());
            let got = member.receive_broadcast(&message.message);
            if got.is_err() {
                let is_same = format!("{:?}", member.verification()) == before;
                check.holds("the refused message changes nothing", is_same);
            }
            let got = got
                .map(|_| CallProgress::from(member.verification()))
                .map_err(|error| CodedError::new(error.reference_code(), &error));
            check.outcome(expected, &got);
        }
    }

    fn packet(&self, step: &str, event: &PacketEvent, check: &mut Check) {
        check.enter_step(format!("{step} ({})", event.what));
        let receiver = self.members.get(&event.to).ok_or("not in the call");
        let Some(receiver) = check.succeeds("the receiver", receiver) else {
            return;
        };
        let from = UserId::new(event.from);
        let got = receiver
            .cryptor()
            .open(NOW, from, &event.packet)
            .map(|opened| Content {
                channel_id: opened.info.channel.value(),
                prefix: opened.info.prefix,
                data: Bytes(opened.data.to_vec()),
            })
            .map_err(|error| CodedError::new(error.reference_code(), &error));
        check.outcome(&event.outcome, &got);
    }
}

fn start(user: &User, block: &[u8], rng: &mut ChaCha20Rng) -> Result<Membership, CodedError> {
    let block = Block::from_server(block).map_err(|error| CodedError::new(None, &error))?;
    let id = UserId::new(user.user_id);
    Membership::start(NOW, id, user.key(), &block, RemovalGrace::WithGrace, rng)
        .map_err(|error| CodedError::new(error.reference_code(), &error))
}

fn follow(member: &mut Membership, block: &[u8], rng: &mut ChaCha20Rng) -> Result<(), CodedError> {
    match member.apply_from_server(NOW, block, rng) {
        Ok(_) => Ok(()),
        Err(refused) => Err(CodedError::new(refused.reference_code(), &refused)),
    }
}

/// The epoch that a member is in; memberships show no key, so the user's opens it once more.
fn epoch(member: &Membership, user: &User) -> Result<Epoch, CodedError> {
    let key = member
        .state()
        .open_epoch_key(member.user_id(), &user.key())
        .map_err(|error| CodedError::new(error.reference_code(), &error))?;
    Ok(Epoch {
        shared_key: Array(*key.dangerous_bytes()),
    })
}

impl From<&ChainState> for Tip {
    fn from(state: &ChainState) -> Self {
        let participants = state.group_state().participants.iter();
        Self {
            height: state.height().value(),
            hash: Array(*state.hash().as_bytes()),
            members: participants.map(|one| one.user_id.value()).collect(),
        }
    }
}

impl From<&RoundCounts> for Verified {
    fn from(counts: &RoundCounts) -> Self {
        let words = verification::words(&counts.block_hash());
        Self {
            words: words.map(str::to_owned).to_vec(),
            emoji_hash: emoji_hash(counts),
        }
    }
}
