//! Everything of an engine that takes a secret, so that it can be recorded without one and run again.
//!
//! ```text
//!          ┌─ Live: keys, randomness ──▶ result ──▶ fact ──▶ trace
//! engine ──┤
//!          └─ Tape: a fact of the trace ──▶ the same result
//! ```
//!
//! A [`Fact`] is the public part of such a result: the bytes of a block that was signed, whether a key opened, what was
//! said. With the facts and the inputs an engine comes to the same outputs without any secret.

use std::collections::VecDeque;
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use confcall_media::{Cryptor, Moment, RemovalGrace};
use confcall_state::verification::{Received, RoundCounts};
use confcall_state::wire::Broadcast;
use confcall_state::{Block, ChainState, EpochKeyError, JoinBlock, Joiner, PublicKey, UserId};
use rand_core::SeedableRng as _;

use super::end::EndReason;
use crate::joining::CheckedJoin;
use crate::membership::{
    BroadcastRefused, Followed, Membership, MembershipEnd, Shadow, StartError,
};
use crate::message::{GroupMessage, RandomId};

/// The public part of something that took a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A join block was built and signed, in canonical form.
    Join(Vec<u8>),
    /// The key of a block was to be opened with ours.
    Opened(Result<(), EpochKeyError>),
    /// The verification had something to say.
    Said(Vec<Broadcast>),
    /// A block without some users was to be built: its canonical form, or what is wrong.
    Removal(Result<Vec<u8>, String>),
    /// A message was to be sealed: the packet, or what is wrong.
    Sealed(Result<Vec<u8>, String>),
    /// A packet was to be opened as a message; of one that opened the id and the length of its text.
    Read(Option<(RandomId, usize)>),
}

/// Whether somebody records the facts of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// Nobody does, and none are kept.
    Off,
    /// They are kept until they are taken.
    On,
}

/// Where results come from that take a secret.
#[derive(Debug)]
pub(super) enum Secrets {
    /// From keys and randomness; the facts are kept if somebody records them.
    Live {
        rng: Box<ChaCha20Rng>,
        facts: Option<Vec<Fact>>,
    },
    /// From a trace.
    Tape {
        facts: VecDeque<Fact>,
        /// Whether the engine asked for another fact than came next.
        derailed: bool,
    },
}

/// A join block of ours, with the key that it announces.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) enum OwnJoin {
    Live(Box<JoinBlock>),
    Shadow(PublicKey),
}

impl OwnJoin {
    pub(super) fn public_key(&self) -> PublicKey {
        match self {
            Self::Live(join) => join.public_key(),
            Self::Shadow(key) => *key,
        }
    }
}

macro_rules! take_fact {
    ($secrets:expr, $kind:path) => {
        match $secrets.facts.pop_front() {
            Some($kind(fact)) => Some(fact),
            other => {
                $secrets.facts.extend(other);
                *$secrets.derailed = true;
                None
            }
        }
    };
}

/// The tape, borrowed.
struct Tape<'a> {
    facts: &'a mut VecDeque<Fact>,
    derailed: &'a mut bool,
}

#[cfg(any(fuzzing, confcall_testing))]
impl Clone for Secrets {
    fn clone(&self) -> Self {
        match self {
            Self::Live { rng, facts } => Self::Live {
                rng: Box::new(super::testing::same_generator(rng)),
                facts: facts.clone(),
            },
            Self::Tape { facts, derailed } => Self::Tape {
                facts: facts.clone(),
                derailed: *derailed,
            },
        }
    }
}

impl Secrets {
    pub(super) fn live(rng: ChaCha20Rng, recording: Recording) -> Self {
        Self::Live {
            rng: Box::new(rng),
            facts: match recording {
                Recording::Off => None,
                Recording::On => Some(Vec::new()),
            },
        }
    }

    pub(super) fn tape(facts: Vec<Fact>) -> Self {
        Self::Tape {
            facts: facts.into(),
            derailed: false,
        }
    }

    /// The secret randomness, if there is any.
    pub(super) fn rng(&mut self) -> Option<&mut ChaCha20Rng> {
        match self {
            Self::Live { rng, .. } => Some(rng),
            Self::Tape { .. } => None,
        }
    }

    /// Takes the facts since the last time.
    pub(super) fn take_facts(&mut self) -> Vec<Fact> {
        match self {
            Self::Live {
                facts: Some(facts), ..
            } => core::mem::take(facts),
            Self::Live { .. } | Self::Tape { .. } => Vec::new(),
        }
    }

    /// Adds facts to a tape.
    pub(super) fn add_facts(&mut self, more: Vec<Fact>) {
        if let Self::Tape { facts, .. } = self {
            facts.extend(more);
        }
    }

    /// Whether a tape was left: another fact was asked for than came next, or one was not asked for.
    pub(super) fn has_derailed(&self) -> bool {
        match self {
            Self::Live { .. } => false,
            Self::Tape { facts, derailed } => *derailed || !facts.is_empty(),
        }
    }

    fn note(&mut self, fact: impl FnOnce() -> Fact) {
        if let Self::Live {
            facts: Some(facts), ..
        } = self
        {
            facts.push(fact());
        }
    }

    /// Builds a join block on a tip, or the first one, and checks it.
    pub(super) fn join(
        &mut self,
        tip: Option<&Block>,
        joiner: Joiner,
    ) -> Result<(OwnJoin, CheckedJoin), EndReason> {
        let build = |rng: &mut ChaCha20Rng| match tip {
            Some(tip) => JoinBlock::add_self(tip, joiner, rng),
            None => JoinBlock::first(joiner, rng),
        };
        match self {
            Self::Live { rng, .. } => {
                let join = build(rng)?;
                let checked = CheckedJoin::new(tip, &join)?;
                self.note(|| Fact::Join(join.block().bytes().to_vec()));
                Ok((OwnJoin::Live(Box::new(join)), checked))
            }
            Self::Tape { facts, derailed } => {
                // What makes it fail does not depend on our key.
                let stand_in = build(&mut ChaCha20Rng::from_seed([0; 32]))?;
                let tape = Tape { facts, derailed };
                let block =
                    take_fact!(tape, Fact::Join).and_then(|bytes| Block::parse(&bytes).ok());
                let block = block.unwrap_or_else(|| stand_in.block().clone());
                let key = block.fields().signature_public_key;
                let key = key.unwrap_or_else(|| stand_in.public_key());
                let checked = CheckedJoin::of_trace(key, block.bytes().to_vec());
                Ok((OwnJoin::Shadow(key), checked))
            }
        }
    }

    /// Starts the membership of a join block from the first block that was echoed.
    pub(super) fn start(
        &mut self,
        now: Moment,
        user_id: UserId,
        join: OwnJoin,
        block: &Block,
        removal_grace: RemovalGrace,
    ) -> Result<Seat, StartError> {
        match (self, join) {
            (Self::Live { rng, facts }, OwnJoin::Live(join)) => {
                let key = join.into_private_key();
                let started =
                    Membership::start(now, user_id, key, block, removal_grace, &mut **rng);
                let opened = match &started {
                    Ok(_) => Some(Ok(())),
                    Err(StartError::Open(error)) => Some(Err(*error)),
                    Err(_) => None,
                };
                if let Some(facts) = facts {
                    facts.extend(opened.map(Fact::Opened));
                }
                started.map(|membership| Seat::Live(Box::new(membership)))
            }
            (secrets, join) => {
                let key = join.public_key();
                let opened = || secrets.opened();
                let shadow = Shadow::start(now, user_id, key, block, removal_grace, opened)?;
                Ok(Seat::Shadow(Box::new(shadow)))
            }
        }
    }

    fn opened(&mut self) -> Result<(), EpochKeyError> {
        match self {
            Self::Live { .. } => Ok(()),
            Self::Tape { facts, derailed } => {
                let tape = Tape { facts, derailed };
                take_fact!(tape, Fact::Opened).unwrap_or(Ok(()))
            }
        }
    }
}

/// A membership, or the shadow of one.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) enum Seat {
    Live(Box<Membership>),
    Shadow(Box<Shadow>),
}

impl Seat {
    /// The membership, if it is a real one.
    pub(super) fn membership(&self) -> Option<&Membership> {
        match self {
            Self::Live(membership) => Some(membership),
            Self::Shadow(_) => None,
        }
    }

    pub(super) fn apply(
        &mut self,
        secrets: &mut Secrets,
        now: Moment,
        bytes: &[u8],
    ) -> Result<Followed, MembershipEnd> {
        match self {
            Self::Live(membership) => {
                let Secrets::Live { rng, facts } = secrets else {
                    return Err(MembershipEnd::Left);
                };
                let followed = membership.apply_from_server(now, bytes, &mut **rng);
                let opened = match &followed {
                    Ok(_) => Some(Ok(())),
                    Err(MembershipEnd::KeyLost { error, .. }) => Some(Err(*error)),
                    Err(_) => None,
                };
                if let Some(facts) = facts {
                    facts.extend(opened.map(Fact::Opened));
                }
                followed
            }
            Self::Shadow(shadow) => shadow.apply_from_server(now, bytes, || secrets.opened()),
        }
    }

    pub(super) fn receive(&mut self, broadcast: &Broadcast) -> Result<Received, BroadcastRefused> {
        match self {
            Self::Live(membership) => membership.receive(broadcast),
            Self::Shadow(shadow) => shadow.receive(broadcast),
        }
    }

    /// Takes what the verification has to say.
    pub(super) fn take_outbound(&mut self, secrets: &mut Secrets) -> Vec<Broadcast> {
        match (self, secrets) {
            (Self::Live(membership), secrets) => {
                let said = membership.take_outbound();
                if !said.is_empty() {
                    secrets.note(|| Fact::Said(said.clone()));
                }
                said
            }
            (Self::Shadow(_), Secrets::Tape { facts, .. }) => match facts.front_mut() {
                Some(Fact::Said(said)) => {
                    let said = core::mem::take(said);
                    facts.pop_front();
                    said
                }
                _ => Vec::new(),
            },
            (Self::Shadow(_), Secrets::Live { .. }) => Vec::new(),
        }
    }

    /// Builds the block without some users.
    pub(super) fn remove(
        &self,
        secrets: &mut Secrets,
        users: &[UserId],
    ) -> Result<Vec<u8>, String> {
        match (self, secrets) {
            (Self::Live(membership), Secrets::Live { rng, facts }) => {
                let block = membership.remove(users, &mut **rng);
                let block = block
                    .map(|block| block.bytes().to_vec())
                    .map_err(|error| error.to_string());
                if let Some(facts) = facts {
                    facts.push(Fact::Removal(block.clone()));
                }
                block
            }
            (_, Secrets::Tape { facts, derailed }) => {
                let tape = Tape { facts, derailed };
                let removal = take_fact!(tape, Fact::Removal);
                removal.unwrap_or_else(|| Err(String::new()))
            }
            (Self::Shadow(_), Secrets::Live { .. }) => Err(String::new()),
        }
    }

    /// Seals a message.
    pub(super) fn seal(
        &self,
        secrets: &mut Secrets,
        now: Moment,
        message: &GroupMessage,
    ) -> Result<Vec<u8>, String> {
        match secrets {
            Secrets::Live { rng, facts } => {
                let sealed = message.seal(now, self.cryptor(), &mut **rng);
                let sealed = sealed.map_err(|error| error.to_string());
                if let Some(facts) = facts {
                    facts.push(Fact::Sealed(sealed.clone()));
                }
                sealed
            }
            Secrets::Tape { facts, derailed } => {
                let tape = Tape { facts, derailed };
                take_fact!(tape, Fact::Sealed).unwrap_or_else(|| Err(String::new()))
            }
        }
    }

    /// Opens a packet as a message; from a trace comes one of the same id and length without the text.
    pub(super) fn read(
        &self,
        secrets: &mut Secrets,
        now: Moment,
        from: UserId,
        packet: &[u8],
    ) -> Option<GroupMessage> {
        match secrets {
            Secrets::Live { .. } => {
                let message = GroupMessage::open(now, self.cryptor(), from, packet).ok();
                secrets.note(|| {
                    Fact::Read(
                        message
                            .as_ref()
                            .map(|message| (message.random_id(), message.text().chars().count())),
                    )
                });
                message
            }
            Secrets::Tape { facts, derailed } => {
                let tape = Tape { facts, derailed };
                let (random_id, length) = take_fact!(tape, Fact::Read).flatten()?;
                GroupMessage::new(random_id, "x".repeat(length), Vec::new()).ok()
            }
        }
    }

    /// Whether the newest block cannot be verified, because a restart has lost our nonce.
    pub(super) fn has_lost_nonce(&self) -> bool {
        self.membership().is_some_and(Membership::has_lost_nonce)
    }

    pub(super) fn leave(&mut self) {
        match self {
            Self::Live(membership) => membership.leave(),
            Self::Shadow(shadow) => shadow.leave(),
        }
    }

    pub(super) fn user_id(&self) -> UserId {
        match self {
            Self::Live(membership) => membership.user_id(),
            Self::Shadow(shadow) => shadow.user_id(),
        }
    }

    pub(super) fn state(&self) -> &ChainState {
        match self {
            Self::Live(membership) => membership.state(),
            Self::Shadow(shadow) => shadow.state(),
        }
    }

    pub(super) fn verification(&self) -> &RoundCounts {
        match self {
            Self::Live(membership) => membership.verification(),
            Self::Shadow(shadow) => shadow.verification(),
        }
    }

    pub(super) fn cryptor(&self) -> &Arc<Cryptor> {
        match self {
            Self::Live(membership) => membership.cryptor(),
            Self::Shadow(shadow) => shadow.cryptor(),
        }
    }
}
