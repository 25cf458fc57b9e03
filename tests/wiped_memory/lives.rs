//! The lives of two engines in one call.

use std::collections::VecDeque;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::api::{Service as _, Update};
use confcall::join::engine::{Command, CommandId, Config, Engine, Input, Outcome, Output};
use confcall::join::joining::Fingerprint;
use confcall::media::Moment;
use confcall::state::keys::Seed;
use confcall::state::verification::Phase;
use confcall::{GroupMessage, JoinPayload, Joiner, Media, Membership, RandomId, Target, UserId};
use confcall_server::{Server, ServerOptions};

use crate::memory::{Pattern, far_down};

pub(crate) const ALICE: UserId = UserId::new(1);
pub(crate) const BOB: UserId = UserId::new(2);

/// A seed by its number, written in its place.
pub(crate) fn seed(number: u8) -> Seed {
    Seed::fill_with(|bytes| {
        let mut state = u32::from(number) + 1;
        for byte in bytes {
            state = state.wrapping_mul(0x9e37_79b1) ^ state >> 15;
            *byte = (state >> 8) as u8;
        }
    })
}

pub(crate) fn config(user: UserId, target: Target) -> Config {
    // Sources of their own, so that the first block of each is taken.
    let mut rng = ChaCha20Rng::from_seed([user.value() as u8; 32]);
    let media = Media {
        payload: JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng),
        muted: true,
        video_stopped: true,
    };
    Config::new(target, Joiner::new(user), media)
}

pub(crate) fn link(text: &str) -> Target {
    text.parse().unwrap()
}

/// A look at the engines at a named stage of their calls; the last one draws secrets after a stage that is "before" something.
pub(crate) type Look<'a> = dyn FnMut(&str, &Table) + 'a;

/// A server and its clients, whose time passes when nothing is on its way.
pub(crate) struct Table {
    server: Server,
    pub(crate) engines: Vec<(UserId, Engine)>,
    inputs: VecDeque<(usize, Input)>,
    now: Moment,
}

impl Table {
    fn add(&mut self, user: UserId, engine: Engine) {
        self.engines.push((user, engine));
        self.settle();
    }

    fn command(&mut self, place: usize, command: Command) {
        let id = CommandId::new(1);
        self.inputs
            .push_back((place, Input::Command { id, command }));
        self.settle();
    }

    /// Hands over everything that is on its way, and what follows from that.
    fn settle(&mut self) {
        loop {
            for place in 0..self.engines.len() {
                self.poll(place);
            }
            let Some((place, input)) = self.inputs.pop_front() else {
                return;
            };
            let engine = &mut self.engines[place].1;
            far_down(|| engine.handle_input(self.now, input)).unwrap();
        }
    }

    /// Takes the outputs of an engine; the server answers at once.
    fn poll(&mut self, place: usize) {
        let (user, engine) = &mut self.engines[place];
        while let output @ (Output::Request { .. } | Output::Event(_)) = engine.poll_output() {
            if let Output::Request { request, body, .. } = output {
                let outcome = self.server.handle(*user, &body.to_tl());
                let outcome = outcome.map_or_else(Outcome::Refused, Outcome::Done);
                self.inputs
                    .push_back((place, Input::Answer { request, outcome }));
            }
        }
        while let Some((to, updates)) = self.server.poll_push() {
            updates.0.iter().for_each(|update| self.push(to, update));
        }
    }

    fn push(&mut self, to: UserId, update: &Update) {
        for (place, (user, _)) in self.engines.iter().enumerate() {
            if *user == to {
                self.inputs
                    .push_back((place, Input::Update(update.clone())));
            }
        }
    }

    /// Lets seconds pass until something holds.
    fn run_until(&mut self, holds: impl Fn(&Self) -> bool) {
        for _ in 0..600 {
            if holds(self) {
                return;
            }
            self.now = self.now + std::time::Duration::from_millis(100);
            for place in 0..self.engines.len() {
                self.inputs.push_back((place, Input::Tick));
            }
            self.settle();
        }
        panic!("it does not come to that");
    }

    /// The secrets that the members need: private keys, and nonces until they are revealed.
    pub(crate) fn needed(&self) -> Vec<Pattern> {
        let memberships = self.engines.iter().filter_map(|(_, one)| one.membership());
        memberships
            .flat_map(Membership::secrets_for_testing_only)
            .map(|secret| Pattern::of(secret.dangerous_bytes()))
            .collect()
    }

    /// The height of the call's chain.
    fn height(&self) -> i32 {
        let call = self.server.calls().next().unwrap();
        call.chain_state().height().value()
    }

    fn is_verified(&self) -> bool {
        let mut engines = self.engines.iter();
        engines.all(|(_, engine)| {
            engine
                .membership()
                .is_some_and(|one| one.verification().phase() == Phase::End)
        })
    }
}

/// Creates, joins, writes, saves, restores, rejoins, waits for a verification, and leaves.
pub(crate) fn live(look: &mut Look<'_>) {
    let mut table = Table {
        server: Server::new(ServerOptions::default()),
        engines: Vec::new(),
        inputs: VecDeque::new(),
        now: Moment::default(),
    };
    let creator = || Engine::new(config(ALICE, Target::Create), seed(1), table.now);
    let creator = far_down(creator);
    table.add(ALICE, creator);
    table.run_until(Table::is_verified);
    look("created", &table);

    let target = link(table.server.calls().next().unwrap().invite_link().as_str());
    let joiner = || Engine::new(config(BOB, target.clone()), seed(2), table.now);
    let joiner = far_down(joiner);
    table.add(BOB, joiner);
    table.run_until(Table::is_verified);
    look("joined", &table);

    look("before a message", &table);
    let message = GroupMessage::new(RandomId::new(7).unwrap(), "Hello!", Vec::new()).unwrap();
    table.command(1, Command::Send(message));
    look("written", &table);

    restart(&mut table, &target);
    table.run_until(Table::is_verified);
    look("restored", &table);

    rejoin(&mut table);
    table.run_until(Table::is_verified);
    look("rejoined", &table);

    // Bob commits, and waits for the other one, who has crashed.
    drop(table.engines.remove(0));
    look("before a commit", &table);
    rejoin(&mut table);
    look("committed", &table);

    table.command(0, Command::Leave);
    table.run_until(|table| table.engines[0].1.has_ended());
    look("left", &table);
}

/// Bob's engine ends with his process, and another one goes on from its checkpoint.
fn restart(table: &mut Table, target: &Target) {
    let (key, config) = (seed(3), config(BOB, target.clone()));
    let key = key.dangerous_bytes();
    let (_, engine) = table.engines.pop().unwrap();
    let blob = far_down(|| engine.checkpoint(key, 1)).unwrap();
    drop(engine);
    let restored = far_down(|| Engine::restore(&blob, key, 1, config, seed(4), table.now));
    table.add(BOB, restored.unwrap().engine);
}

/// The engine that was added last takes another key.
fn rejoin(table: &mut Table) {
    let before = table.height();
    let last = table.engines.len() - 1;
    table.command(last, Command::Rejoin);
    table.run_until(|table| {
        let member = table.engines[last].1.membership();
        member.is_some() && table.height() > before
    });
}
