//! Everything of an engine that takes a secret, so that it can be recorded without one and run again.
//!
//! ```text
//! engine ── an operation on keys ──▶ its result ─▶ Fact ─▶ trace
//! replayed engine ── the same ─────▶ the result that the next Fact of the trace stands for
//! ```
//!
//! A replayed engine is an engine like every other. Its generator and its private keys are stand-ins from which nothing
//! comes out, because each result that would depend on them is taken from the trace.

use std::collections::VecDeque;

use confcall_media::{Moment, RemovalGrace};
use confcall_state::keys::with_wiped_stack;
use confcall_state::wire::Broadcast;
use confcall_state::{
    Block, EpochKey, EpochKeyError, JoinBlock, Joiner, PrivateKey, PublicKey, UserId,
};

use super::end::EndReason;
use super::fact::Fact;
use super::generator::Generator;
use crate::joining::CheckedJoin;
use crate::membership::{BlockRefused, Followed, Membership, PublicMembership, StartError};
use crate::message::{GroupMessage, MessageError, OpenMessageError};

/// The generator of keys, nonces and everything else that must stay secret, and the trace of what came of them.
#[derive(Debug)]
pub(super) struct Secrets {
    rng: Generator,
    trace: Trace,
}

/// The treatment of facts.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
enum Trace {
    /// They are not kept.
    Off,
    /// They are kept until they are taken.
    Recorded(Vec<Fact>),
    /// They are given, and stand for the results.
    Given {
        facts: VecDeque<Fact>,
        /// True once the engine asked for another fact than came next.
        derailed: bool,
    },
}

/// The key that a join of ours announces.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct AnnouncedKey {
    public: PublicKey,
    private: PrivateKey,
}

impl AnnouncedKey {
    pub(super) fn public_key(&self) -> PublicKey {
        self.public
    }
}

impl Secrets {
    /// Secrets of a generator.
    pub(super) fn new(rng: Generator) -> Self {
        let trace = Trace::Off;
        Self { rng, trace }
    }

    /// Secrets of a generator, whose facts are to be taken.
    pub(super) fn recorded(rng: Generator) -> Self {
        let trace = Trace::Recorded(Vec::new());
        Self { rng, trace }
    }

    /// No secrets, but the facts of a trace.
    pub(super) fn of_trace(facts: Vec<Fact>) -> Self {
        let (facts, derailed) = (facts.into(), false);
        Self {
            rng: Generator::stand_in(),
            trace: Trace::Given { facts, derailed },
        }
    }

    /// The secret randomness.
    pub(super) fn rng(&mut self) -> &mut Generator {
        &mut self.rng
    }

    /// Takes the facts since the last time.
    pub(super) fn take_facts(&mut self) -> Vec<Fact> {
        match &mut self.trace {
            Trace::Recorded(facts) => core::mem::take(facts),
            Trace::Off | Trace::Given { .. } => Vec::new(),
        }
    }

    /// Gives more facts of a trace.
    pub(super) fn add_facts(&mut self, more: Vec<Fact>) {
        if let Trace::Given { facts, .. } = &mut self.trace {
            facts.extend(more);
        }
    }

    /// True once the trace was left: another fact was asked for than came next, or one was not asked for.
    pub(super) fn has_derailed(&self) -> bool {
        match &self.trace {
            Trace::Off | Trace::Recorded(_) => false,
            Trace::Given { facts, derailed } => *derailed || !facts.is_empty(),
        }
    }

    /// Carries out an operation on secrets and notes the fact of it, or gives the result of the trace's next fact;
    /// `None` where that is of another kind.
    fn perform<T>(
        &mut self,
        operation: impl FnOnce(&mut Generator) -> T,
        fact: impl FnOnce(&T) -> Fact,
        result: impl FnOnce(&Fact) -> Option<T>,
    ) -> Option<T> {
        match &mut self.trace {
            Trace::Off => Some(with_wiped_stack(|| operation(&mut self.rng))),
            Trace::Recorded(facts) => {
                let done = with_wiped_stack(|| operation(&mut self.rng));
                facts.push(fact(&done));
                Some(done)
            }
            Trace::Given { facts, derailed } => {
                // A fact of another kind stays: it is what comes next.
                let done = facts.front().and_then(result);
                match done {
                    Some(_) => drop(facts.pop_front()),
                    None => *derailed = true,
                }
                done
            }
        }
    }

    /// Builds a join block on a tip, or the first one, and checks it.
    pub(super) fn join(
        &mut self,
        tip: Option<&Block>,
        joiner: Joiner,
    ) -> Result<(AnnouncedKey, CheckedJoin), EndReason> {
        // What makes it fail does not depend on our key, so that a stand-in fails as well.
        let (join, checked) = with_wiped_stack(|| {
            let join = match tip {
                Some(tip) => JoinBlock::add_self(tip, joiner, &mut self.rng)?,
                None => JoinBlock::first(joiner, &mut self.rng)?,
            };
            let checked = CheckedJoin::new(tip, &join)?;
            Ok::<_, EndReason>((join, checked))
        })?;
        let traced = self.perform(
            |_| checked.clone(),
            |checked| Fact::Join(checked.block().bytes().to_vec()),
            |fact| match fact {
                Fact::Join(block) => CheckedJoin::of_trace(block),
                _ => None,
            },
        );
        let checked = traced.unwrap_or(checked);
        let key = AnnouncedKey {
            public: checked.public_key(),
            private: join.into_private_key(),
        };
        Ok((key, checked))
    }

    fn open(
        &mut self,
        open: impl FnOnce() -> Result<EpochKey, EpochKeyError>,
    ) -> Result<EpochKey, EpochKeyError> {
        let stand_in = || EpochKey::from_bytes(&[0; 32]);
        let opened = self.perform(
            |_| open(),
            |opened| Fact::Opened(opened.as_ref().map(drop).map_err(|error| *error)),
            |fact| match fact {
                Fact::Opened(opened) => Some(opened.map(|()| stand_in())),
                _ => None,
            },
        );
        opened.unwrap_or_else(|| Ok(stand_in()))
    }

    /// Starts the membership of a join from the first block that was echoed.
    pub(super) fn start(
        &mut self,
        now: Moment,
        user_id: UserId,
        key: AnnouncedKey,
        block: &Block,
        removal_grace: RemovalGrace,
    ) -> Result<Membership, StartError> {
        let AnnouncedKey { public, private } = key;
        let public = PublicMembership::start(user_id, public, block)?;
        let epoch_key = self.open(|| public.state().open_epoch_key(user_id, &private))?;
        let rng = &mut self.rng;
        Ok(Membership::of_public(
            now,
            public,
            private,
            epoch_key,
            removal_grace,
            rng,
        ))
    }

    /// Follows one block as the server sends it.
    pub(super) fn apply(
        &mut self,
        now: Moment,
        membership: &mut Membership,
        bytes: &[u8],
    ) -> Result<Followed, BlockRefused> {
        let next = membership.stage_from_server(bytes)?;
        let epoch_key = self.open(|| membership.open(&next));
        Ok(membership.merge(now, next, epoch_key, &mut self.rng)?)
    }

    /// Takes what the verification has to say.
    pub(super) fn take_outbound(&mut self, membership: &mut Membership) -> Vec<Broadcast> {
        let said = membership.take_outbound();
        let is_said = |facts: &VecDeque<Fact>| matches!(facts.front(), Some(Fact::Said(_)));
        // To have nothing to say is no fact.
        let is_fact = match &self.trace {
            Trace::Off | Trace::Recorded(_) => !said.is_empty(),
            Trace::Given { facts, .. } => is_said(facts),
        };
        if !is_fact {
            return Vec::new();
        }
        let said = self.perform(
            |_| said,
            |said| Fact::Said(said.clone()),
            |fact| match fact {
                Fact::Said(said) => Some(said.clone()),
                _ => None,
            },
        );
        said.unwrap_or_default()
    }

    /// Builds the block without some users.
    pub(super) fn remove(
        &mut self,
        membership: &Membership,
        users: &[UserId],
    ) -> Result<Block, String> {
        let removal = self.perform(
            |rng| {
                let removal = membership.remove(users, rng);
                removal.map_err(|error| error.to_string())
            },
            |removal| {
                let bytes = removal.as_ref().map(|block| block.bytes().to_vec());
                Fact::Removal(bytes.map_err(Clone::clone))
            },
            |fact| match fact {
                Fact::Removal(Ok(bytes)) => Block::parse(bytes).ok().map(Ok),
                Fact::Removal(Err(why)) => Some(Err(why.clone())),
                _ => None,
            },
        );
        removal.unwrap_or_else(|| Err(String::new()))
    }

    /// Seals a message.
    pub(super) fn seal(
        &mut self,
        now: Moment,
        membership: &Membership,
        message: &GroupMessage,
    ) -> Result<Vec<u8>, String> {
        let sealed = self.perform(
            |rng| {
                let sealed = message.seal(now, membership.cryptor(), rng);
                sealed.map_err(|error| error.to_string())
            },
            |sealed| Fact::Sealed(sealed.clone()),
            |fact| match fact {
                Fact::Sealed(sealed) => Some(sealed.clone()),
                _ => None,
            },
        );
        sealed.unwrap_or_else(|| Err(String::new()))
    }

    /// Opens a packet as a message, which can be one that cannot be shown; `None` for a packet that does not open.
    ///
    /// From a trace comes a message of the same id and length without the text.
    pub(super) fn read(
        &mut self,
        now: Moment,
        membership: &Membership,
        from: UserId,
        packet: &[u8],
    ) -> Option<Result<GroupMessage, MessageError>> {
        let read = self.perform(
            |_| match GroupMessage::open(now, membership.cryptor(), from, packet) {
                Ok(message) => Some(Ok(message)),
                Err(OpenMessageError::Message(error)) => Some(Err(error)),
                Err(OpenMessageError::Packet(_)) => None,
            },
            |read| {
                let shown =
                    |message: &GroupMessage| (message.random_id(), message.text().chars().count());
                Fact::Read(read.as_ref().map(|read| match read {
                    Ok(message) => Ok(shown(message)),
                    Err(error) => Err(*error),
                }))
            },
            |fact| match fact {
                Fact::Read(read) => Some(read.map(|read| {
                    let (random_id, length) = read?;
                    GroupMessage::new(random_id, "x".repeat(length), Vec::new())
                })),
                _ => None,
            },
        );
        read.flatten()
    }
}

#[cfg(any(fuzzing, confcall_testing))]
impl Clone for Secrets {
    fn clone(&self) -> Self {
        Self {
            rng: self.rng.same(),
            trace: self.trace.clone(),
        }
    }
}

#[cfg(any(fuzzing, confcall_testing))]
impl Secrets {
    /// A generator that gives from now on the same as this one.
    pub(super) fn same_rng(&self) -> Generator {
        self.rng.same()
    }

    /// The position of the generator.
    pub(super) fn position(&self) -> u128 {
        self.rng.position()
    }
}
