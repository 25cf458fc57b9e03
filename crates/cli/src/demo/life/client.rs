//! A client of the second act: an engine, and what it told.

use std::sync::Arc;

use confcall::join::engine::{Config, EndReason, Engine, Event, Input, Misuse, Output};
use confcall::join::joining::Link;
use confcall::join::trace::Recorder;
use confcall::state::PublicKey;
use confcall::state::keys::Seed;
use confcall::state::verification::RoundCounts;
use confcall::{Cryptor, GroupMessage, Membership, Moment, UserId};

use super::super::broken::DidNotHold;
use super::super::frames::Voice;
use super::disk::Disk;
use super::network::ClientId;

/// One client of a user, from its start to its end or stop.
pub(super) struct Client {
    pub(super) id: ClientId,
    pub(super) config: Config,
    engine: Engine,
    /// Who writes its trace; a restored engine has nobody.
    recorder: Option<Recorder>,
    pub(super) disk: Disk,
    wake: Option<Moment>,
    pub(super) told: Told,
}

/// What an engine told.
#[derive(Default)]
pub(super) struct Told {
    pub(super) link: Option<Link>,
    pub(super) messages: Vec<(UserId, GroupMessage)>,
    pub(super) end: Option<EndReason>,
    /// Who was removed, and by whom.
    removed: Vec<(UserId, UserId)>,
    attempts: Option<u32>,
    cryptor: Option<Arc<Cryptor>>,
}

impl Told {
    /// How many times it sent a block until it was in.
    pub(super) fn attempts(&self) -> Option<u32> {
        self.attempts
    }

    /// Who removed a user from the chain.
    pub(super) fn remover_of(&self, user_id: UserId) -> Option<UserId> {
        let mut removed = self.removed.iter();
        removed.find_map(|(user, by)| (*user == user_id).then_some(*by))
    }
}

impl Client {
    /// A client that begins, and is recorded.
    pub(super) fn start(
        id: ClientId,
        config: Config,
        seed: [u8; 32],
        disk: Disk,
        now: Moment,
    ) -> Self {
        let (recorder, engine) = Recorder::start(config.clone(), Seed::copy_of(&seed), now);
        Self {
            recorder: Some(recorder),
            ..Self::of_engine(id, config, engine, disk)
        }
    }

    /// A client with an engine that exists.
    pub(super) fn of_engine(id: ClientId, config: Config, engine: Engine, disk: Disk) -> Self {
        Self {
            id,
            config,
            engine,
            recorder: None,
            disk,
            wake: None,
            told: Told::default(),
        }
    }

    pub(super) fn user_id(&self) -> UserId {
        self.config.joiner.user_id
    }

    /// What it seals and opens frames with, once it is in the call.
    pub(super) fn voice(&self) -> Result<Voice<'_>, DidNotHold> {
        let user_id = self.user_id();
        let cryptor = self.told.cryptor.as_ref();
        let cryptor = cryptor.ok_or(DidNotHold::InTheCall(user_id))?;
        Ok(Voice { user_id, cryptor })
    }

    /// How far it has verified the newest block.
    pub(super) fn counts(&self) -> Result<&RoundCounts, DidNotHold> {
        Ok(self.membership()?.verification())
    }

    /// The key by which it is a member.
    pub(super) fn public_key(&self) -> Result<PublicKey, DidNotHold> {
        Ok(self.membership()?.public_key())
    }

    fn membership(&self) -> Result<&Membership, DidNotHold> {
        let membership = self.engine.membership();
        membership.ok_or(DidNotHold::InTheCall(self.user_id()))
    }

    /// The end of its trace, if it is recorded.
    pub(super) fn finish_trace(&mut self) -> Option<(UserId, String)> {
        let trace = self.recorder.take()?.finish();
        Some((self.user_id(), trace))
    }

    /// Whether the engine wants to be woken by now.
    pub(super) fn is_due(&self, now: Moment) -> bool {
        self.wake.is_some_and(|wake| wake <= now)
    }

    pub(super) fn handle_input(&mut self, now: Moment, input: Input) -> Result<(), Misuse> {
        match &mut self.recorder {
            Some(recorder) => recorder.handle_input(&mut self.engine, now, input),
            None => self.engine.handle_input(now, input),
        }
    }

    pub(super) fn poll_output(&mut self) -> Output {
        let output = match &mut self.recorder {
            Some(recorder) => recorder.poll_output(&mut self.engine),
            None => self.engine.poll_output(),
        };
        if let Output::Timeout(wake) = &output {
            self.wake = *wake;
        }
        output
    }

    /// Takes note of what the engine tells, and saves it when that is due.
    pub(super) fn note(&mut self, event: Event) -> anyhow::Result<()> {
        let told = &mut self.told;
        match event {
            Event::Joined(joined) | Event::Rejoined(joined) | Event::Resumed(joined) => {
                told.attempts = Some(joined.attempts);
                told.cryptor = Some(joined.cryptor);
                let link = joined.invite_link;
                told.link = link.map(|link| Link::parse(link.as_str())).transpose()?;
            }
            Event::MembersChanged {
                removed,
                by: Some(by),
                ..
            } => {
                let removed = removed.into_iter().map(|user| (user, by));
                told.removed.extend(removed);
            }
            Event::Message { from, message } => told.messages.push((from, message)),
            Event::Ended(ended) => told.end = Some(ended.reason),
            Event::CheckpointDue => self.disk.save(&self.engine)?,
            _ => {}
        }
        Ok(())
    }
}
