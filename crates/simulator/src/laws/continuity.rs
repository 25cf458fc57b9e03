use std::collections::{BTreeMap, BTreeSet};

use confcall_join::api::{CallId, Request, Response, SubChain, Update};
use confcall_join::engine::{Engine, Event, Input, Outcome, Suspicion};
use confcall_join::membership::LastKnown;
use confcall_state::wire::GroupState;
use confcall_state::{Block, BlockHash, Chain, PublicKey, UserId};

/// The law that keys continue or people learn that they do not, and that a membership begins with the block that was sent.
///
/// Implements the table of `spec/protocol.md`, 6.
#[derive(Clone, Debug)]
pub(super) struct Continuity {
    us: UserId,
    /// The last state that was seen of a call.
    known: Option<LastKnown>,
    /// True once people learnt that the call may be another one, since the client was in it.
    is_warned: bool,
    /// The blocks that were shown from outside, since the last block was sent.
    shown: Vec<Block>,
    sent: Option<Sent>,
    /// The call of a membership whose first block is to be named next.
    entered: Option<CallId>,
    /// The things that this input said of the chain.
    said: Said,
}

/// A block that was sent to enter a call.
#[derive(Clone, Debug)]
struct Sent {
    block: Block,
    /// The block on which it stands; none if it is the first.
    tip: Option<Block>,
}

/// The things that the events of one input said of the chain.
#[derive(Clone, Debug, Default)]
struct Said {
    newest: Option<BlockHash>,
    added: BTreeSet<UserId>,
    removed: BTreeSet<UserId>,
    rekeyed: BTreeSet<UserId>,
}

impl Continuity {
    pub(super) fn new(us: UserId, known: Option<LastKnown>) -> Self {
        Self {
            us,
            known,
            is_warned: false,
            shown: Vec::new(),
            sent: None,
            entered: None,
            said: Said::default(),
        }
    }

    pub(super) fn begin(&mut self, engine: &Engine, input: &Input) {
        self.said = Said::default();
        if engine.membership().is_some() {
            self.is_warned = false;
            self.shown.clear();
        } else {
            self.shown.extend(blocks(input));
        }
    }

    pub(super) fn sent(&mut self, body: &Request) {
        let bytes = match body {
            Request::Join(join) => join.block.as_ref(),
            Request::Create(creation) => creation.block.as_ref(),
            _ => None,
        };
        let Some(bytes) = bytes else { return };
        let block = Block::parse(bytes).expect("what an engine writes can be read");
        let before = self.sent.as_ref().map(|sent| sent.block.hash());
        // What may not have arrived is sent again as it was.
        if before == Some(block.hash()) {
            return;
        }
        let parent = block.fields().prev_block_hash;
        let tip = self.shown.drain(..).find(|one| one.hash() == parent);
        assert!(
            tip.is_some() || block.height().value() == 0,
            "user {}: a block stands on one that nobody showed",
            self.us
        );
        self.sent = Some(Sent { block, tip });
    }

    pub(super) fn see(&mut self, event: &Event) {
        match event {
            Event::Suspicious(Suspicion::Swapped(_) | Suspicion::Fork { .. }) => {
                self.is_warned = true;
            }
            Event::Joined(joined) | Event::Rejoined(joined) => self.entered = Some(joined.call.id),
            Event::EpochStarted { hash, .. } => {
                self.said.newest = Some(*hash);
                if let Some(call) = self.entered.take() {
                    self.check_entry(call, *hash);
                }
            }
            Event::MembersChanged {
                added,
                removed,
                rekeyed,
                ..
            } => {
                self.said.added.extend(added);
                self.said.removed.extend(removed);
                self.said.rekeyed.extend(rekeyed);
            }
            Event::Ended(ended) if self.is_certain() => {
                let handed = ended.last_known.as_ref();
                let is_kept = self.known.as_ref().is_none_or(|known| {
                    // An engine that went on from an older checkpoint may have been given a newer state.
                    handed.is_some_and(|one| one == known || one.height() > known.height())
                });
                assert!(is_kept, "user {}: the last known state is lost", self.us);
            }
            _ => {}
        }
    }

    /// True unless this input named blocks that are newer than what is known.
    fn is_certain(&self) -> bool {
        let known = self
            .known
            .as_ref()
            .map(|known| known.chain().state().hash());
        self.said.newest.is_none() || self.said.newest == known
    }

    /// Checks a membership that begins with a block.
    fn check_entry(&mut self, call: CallId, first: BlockHash) {
        let us = self.us;
        let Sent { block, tip } = self.sent.take().expect("a block was sent for it");
        let known = self.known.as_ref().filter(|known| known.call() == call);
        let broken = known.and_then(|known| match &tip {
            Some(tip) => suspicion(known.chain(), us, tip),
            None => Some("the chain begins again"),
        });
        let is_told = broken.is_none() || self.is_warned;
        assert!(is_told, "user {us} is in, and nobody said: {broken:?}");

        let mut shown = self.shown.drain(..).chain([block.clone()]);
        let first = shown.find(|one| one.hash() == first);
        let first = first.expect("a membership begins with a block that was shown");
        let ours = started(&block);
        let broken = suspicion(&ours, us, &first);
        assert_eq!(broken, None, "user {us}: the first block is not ours");
        let key = |group: &GroupState| group.by_user(us).map(|us| us.public_key);
        let keys = [&ours, &started(&first)].map(|chain| key(chain.state().group_state()));
        assert_eq!(keys[0], keys[1], "user {us}: our key in the first block");
    }

    pub(super) fn settle(&mut self, engine: &Engine) {
        let Some(membership) = engine.membership() else {
            // Nobody but the engine knows the state after blocks that came together with the end.
            if !self.is_certain() {
                self.known = engine.last_known();
            }
            return;
        };
        let (call, hash) = (engine.call().map(|call| call.id), membership.state().hash());
        let known = self.known.as_ref();
        let is_same_call = known.map(LastKnown::call) == call;
        if is_same_call && known.is_some_and(|known| known.chain().state().hash() == hash) {
            return;
        }
        if let Some(known) = known.filter(|_| is_same_call) {
            let (before, after) = (known.group_state(), membership.state().group_state());
            self.said.check(self.us, before, after);
        }
        self.known = shown(engine);
    }
}

/// The state that an engine shows: of a member that of its membership, which may be an older one than was seen before a restart.
pub(crate) fn shown(engine: &Engine) -> Option<LastKnown> {
    let call = engine.call().map(|call| call.id);
    let membership = call.zip(engine.membership());
    let current = membership.map(|(call, membership)| membership.public().last_known(call));
    current.or_else(|| engine.last_known())
}

impl Said {
    /// Every user who came, went or has another key was named.
    fn check(&self, us: UserId, before: &GroupState, after: &GroupState) {
        let (before, after) = (keys(before), keys(after));
        let users: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
        for user in users.into_iter().filter(|user| *user != us) {
            let (came, went) = (self.added.contains(&user), self.removed.contains(&user));
            let is_named = match (before.get(&user), after.get(&user)) {
                (None, Some(_)) => came,
                (Some(_), None) => went,
                (old, new) => old == new || self.rekeyed.contains(&user) || came && went,
            };
            assert!(is_named, "user {us}: nobody said that {user} changed");
        }
    }
}

/// The row of the table that calls a block a suspicion, for one who knows a state.
fn suspicion(known: &Chain, us: UserId, shown: &Block) -> Option<&'static str> {
    let state = known.state();
    let ahead = i64::from(shown.height().value()) - i64::from(state.height().value());
    match ahead {
        ..0 => Some("the chain went back"),
        0 => (shown.hash() != state.hash()).then_some("another block at the known height"),
        1 => known
            .stage(shown)
            .is_err()
            .then_some("the next block does not apply"),
        blocks => {
            let before = keys(state.group_state());
            let after = keys(started(shown).state().group_state());
            let is_known = |(user, key): (&UserId, &PublicKey)| before.get(user) == Some(key);
            let others = || after.iter().filter(|(user, _)| **user != us);
            let new = after.iter().filter(|pair| !is_known(*pair)).count();
            let stayed = others()
                .filter(|(user, _)| before.contains_key(user))
                .count();
            let same = others().filter(|pair| is_known(*pair)).count();
            if new as i64 > blocks {
                Some("more people than blocks")
            } else {
                (stayed >= 2 && same == 0).then_some("all were replaced")
            }
        }
    }
}

fn started(block: &Block) -> Chain {
    Chain::start_from(block).expect("an engine has started from it")
}

fn keys(group: &GroupState) -> BTreeMap<UserId, PublicKey> {
    let pairs = group.participants.iter();
    pairs.map(|one| (one.user_id, one.public_key)).collect()
}

/// The blocks in an answer.
fn blocks(input: &Input) -> Vec<Block> {
    let Input::Answer {
        outcome: Outcome::Done(Response::Updates(updates)),
        ..
    } = input
    else {
        return Vec::new();
    };
    let items = updates.0.iter().filter_map(|update| match update {
        Update::ChainBlocks(items) if items.sub_chain == SubChain::Blocks => Some(&items.blocks),
        _ => None,
    });
    items
        .flatten()
        .filter_map(|block| Block::from_server(block).ok())
        .collect()
}
