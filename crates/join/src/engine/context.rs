//! What every state of the engine works with: time, randomness, timers and the way out.

use core::time::Duration;
use std::collections::VecDeque;

use chacha20::ChaCha20Rng;
use confcall_media::Moment;
use confcall_state::PublicKey;

use super::config::Config;
use super::event::{Event, Trouble};
use super::io::{Output, RequestId};
use super::orders::Orders;
use super::rejoins::Rejoins;
use super::secrets::Secrets;
use super::timers::{Timer, Timers};
use super::waits::{LEAST_WAIT, Waits};
use crate::api::{Method, Request, Ssrc};
use crate::limits;

/// What the states share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) config: Config,
    pub(super) now: Moment,
    pub(super) timers: Timers,
    /// Keys, nonces and everything else that must stay secret.
    pub(super) secrets: Secrets,
    /// Pauses and payloads, which the server sees.
    pub(super) public_rng: ChaCha20Rng,
    pub(super) rejoins: Rejoins,
    pub(super) waits: Waits,
    /// The commands that no membership answers.
    pub(super) orders: Orders,
    /// The sources of memberships before this one, which late updates may still name.
    past_sources: VecDeque<Ssrc>,
    /// Their keys, which an older block can still hold.
    past_keys: VecDeque<PublicKey>,
    outputs: VecDeque<Output>,
    next_request: u64,
}

#[cfg(any(fuzzing, confcall_testing))]
impl Clone for Context {
    fn clone(&self) -> Self {
        Self {
            config: self.config.clone(),
            now: self.now,
            timers: self.timers.clone(),
            secrets: self.secrets.clone(),
            public_rng: super::testing::same_generator(&self.public_rng),
            rejoins: self.rejoins.clone(),
            waits: self.waits.clone(),
            orders: self.orders.clone(),
            past_sources: self.past_sources.clone(),
            past_keys: self.past_keys.clone(),
            outputs: self.outputs.clone(),
            next_request: self.next_request,
        }
    }
}

impl Context {
    pub(super) fn new(
        config: Config,
        now: Moment,
        secrets: Secrets,
        public_rng: ChaCha20Rng,
    ) -> Self {
        Self {
            config,
            now,
            timers: Timers::default(),
            secrets,
            public_rng,
            rejoins: Rejoins::default(),
            waits: Waits::default(),
            orders: Orders::default(),
            past_sources: VecDeque::new(),
            past_keys: VecDeque::new(),
            outputs: VecDeque::new(),
            next_request: 0,
        }
    }

    /// Sends a request, as soon as its method need not wait.
    pub(super) fn send(&mut self, body: impl Into<Request>) -> RequestId {
        let request = RequestId(self.next_request);
        self.next_request += 1;
        let body = body.into();
        match self.waits.until(self.now, body.method()) {
            Some(until) => {
                self.waits.hold_back(request, body);
                self.timers.set_earlier(Timer::HeldBack, until);
            }
            None => self.outputs.push_back(Output::Request { request, body }),
        }
        request
    }

    /// The server wants a time to pass before the next request of a method; gives the time that will pass.
    pub(super) fn told_to_wait(&mut self, method: Method, wait: Duration) -> Duration {
        let wait = wait.max(LEAST_WAIT);
        self.waits.impose(method, self.now + wait);
        wait
    }

    /// Sends what need not wait any more.
    pub(super) fn send_held_back(&mut self) {
        while let Some((request, body)) = self.waits.take_due(self.now) {
            self.outputs.push_back(Output::Request { request, body });
        }
        if let Some(due) = self.waits.next_due() {
            self.timers.set(Timer::HeldBack, due);
        }
    }

    /// Gives up everything that was to be done later, but for the commands that no membership answers.
    pub(super) fn cancel_all(&mut self) {
        self.timers.cancel_all();
        let orders = &self.orders;
        self.waits.retain(|request| orders.wait_for(request));
        self.send_held_back();
    }

    pub(super) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(super) fn retrying(&mut self, why: Trouble, pause: Duration, attempt: u32) {
        self.event(Event::Retrying {
            why,
            pause,
            attempt,
        });
    }

    /// Sets a timer to go off after a time.
    pub(super) fn after(&mut self, timer: Timer, time: Duration) {
        self.timers.set(timer, self.now + time);
    }

    /// Notes the source and the key of a membership that is over.
    pub(super) fn leave_membership(&mut self, source: Ssrc, key: Option<PublicKey>) {
        self.past_sources.truncate(limits::PAST_MEMBERSHIPS - 1);
        self.past_sources.push_front(source);
        if let Some(key) = key {
            self.past_keys.truncate(limits::PAST_MEMBERSHIPS - 1);
            self.past_keys.push_front(key);
        }
    }

    pub(super) fn is_past_key(&self, key: &PublicKey) -> bool {
        self.past_keys.contains(key)
    }

    /// The sources of memberships that are over, the last one first.
    pub(super) fn past_sources(&self) -> impl Iterator<Item = Ssrc> {
        self.past_sources.iter().copied()
    }

    pub(super) fn is_past_source(&self, source: Ssrc) -> bool {
        self.past_sources.contains(&source)
    }

    pub(super) fn take_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::generator::Generator;
    use crate::joining::{Fingerprint, JoinPayload, Target};
    use crate::policy::Media;
    use confcall_state::{Joiner, UserId};
    use rand_core::SeedableRng as _;

    #[test]
    fn the_last_memberships_that_are_over_are_remembered() {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let media = Media {
            payload: JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng),
            muted: true,
            video_stopped: true,
        };
        let config = Config::new(Target::Create, Joiner::new(UserId::new(1)), media);
        let secrets = Secrets::new(Generator::stand_in());
        let mut ctx = Context::new(config, Moment::default(), secrets, rng);
        let last = limits::PAST_MEMBERSHIPS as u32 + 2;
        let (source, key) = (
            |number: u32| Ssrc::new(number).unwrap(),
            |number: u32| PublicKey::from_bytes([number as u8; 32]),
        );
        for number in 1..=last {
            ctx.leave_membership(source(number), Some(key(number)));
        }
        for number in 1..=last {
            let is_kept = number > 2;
            assert_eq!(ctx.is_past_source(source(number)), is_kept, "{number}");
            assert_eq!(ctx.is_past_key(&key(number)), is_kept, "{number}");
        }
    }
}
