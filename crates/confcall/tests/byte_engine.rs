//! Engines that speak bytes with a server in this process, without a runtime.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::collections::VecDeque;
use std::time::Duration;

use common::{ALICE, BOB, message, options};
use confcall_join::api::RpcError;
use confcall_join::engine::{
    Command, CommandId, EndReason, Engine, Event, Input, Misuse, Outcome, RequestId,
};
use confcall_join::joining::Target;
use confcall_media::Moment;
use confcall_server::{Server, ServerOptions};
use confcall_state::UserId;
use confcall_transport::{ByteEngine, ByteOutput};

/// An engine with what is on its way to it.
struct Client {
    user: UserId,
    engine: ByteEngine,
    answers: VecDeque<(RequestId, Result<Vec<u8>, RpcError>)>,
    wake: Option<Moment>,
    events: Vec<Event>,
}

impl Client {
    fn enter(user: UserId, target: Target) -> Self {
        let (config, seed) = options(target, user).into_parts();
        let engine = Engine::new(config, seed, Moment::default());
        Self {
            user,
            engine: ByteEngine::new(engine, user),
            answers: VecDeque::new(),
            wake: None,
            events: Vec::new(),
        }
    }

    /// Sends what the engine wants, until it waits.
    fn poll(&mut self, server: &mut Server) {
        loop {
            match self.engine.poll_output() {
                ByteOutput::Request { request, bytes, .. } => {
                    let answer = server.handle_bytes(self.user, &bytes);
                    self.answers.push_back((request, answer));
                }
                ByteOutput::Event(event) => self.events.push(event),
                ByteOutput::Timeout(wake) => return self.wake = wake,
            }
        }
    }

    /// Hands in the answers that have come, and the time.
    fn catch_up(&mut self, server: &mut Server, now: Moment) {
        while let Some((request, answer)) = self.answers.pop_front() {
            match answer {
                Ok(bytes) => self.engine.handle_answer(now, request, &bytes),
                Err(error) => {
                    let outcome = Outcome::Refused(error);
                    let answer = Input::Answer { request, outcome };
                    self.engine.handle_input(now, answer)
                }
            }
            .unwrap();
            self.poll(server);
        }
        if self.wake.is_some_and(|wake| wake <= now) {
            self.engine.handle_input(now, Input::Tick).unwrap();
            self.poll(server);
        }
    }
}

/// Lets time pass, in steps of ten milliseconds.
fn run(server: &mut Server, clients: &mut [&mut Client], now: &mut Moment, time: Duration) {
    let (step, end) = (Duration::from_millis(10), *now + time);
    while *now < end {
        for client in &mut *clients {
            client.poll(server);
            client.catch_up(server, *now);
        }
        while let Some((to, bytes)) = server.poll_push_bytes() {
            for client in clients.iter_mut().filter(|one| one.user == to) {
                client.engine.handle_push(*now, &bytes).unwrap();
                client.poll(server);
            }
        }
        *now = *now + step;
    }
}

#[test]
fn two_users_meet_over_bytes_and_write_to_each_other() {
    let mut server = Server::new(ServerOptions::default());
    let (mut now, second) = (Moment::default(), Duration::from_secs(1));
    let mut alice = Client::enter(ALICE, Target::Create);
    run(&mut server, &mut [&mut alice], &mut now, second);
    let link = server.calls().next().unwrap().invite_link();
    let mut bob = Client::enter(BOB, link.as_str().parse().unwrap());
    run(
        &mut server,
        &mut [&mut alice, &mut bob],
        &mut now,
        3 * second,
    );
    let emoji = |client: &Client| {
        let mut events = client.events.iter().rev();
        events.find_map(|event| match event {
            Event::Emoji { height, hash } => Some((*height, *hash)),
            _ => None,
        })
    };
    assert_eq!(emoji(&alice), emoji(&bob));
    assert_eq!(emoji(&alice).unwrap().0.value(), 1);

    let (id, command) = (CommandId::new(1), Command::Send(message(1, "hello")));
    let input = Input::Command { id, command };
    alice.engine.handle_input(now, input).unwrap();
    run(&mut server, &mut [&mut alice, &mut bob], &mut now, second);
    assert!(
        bob.events
            .iter()
            .any(|event| common::said(event) == Some((ALICE, "hello".to_owned())))
    );

    let (id, command) = (CommandId::new(2), Command::Leave);
    let input = Input::Command { id, command };
    bob.engine.handle_input(now, input).unwrap();
    run(&mut server, &mut [&mut alice, &mut bob], &mut now, second);
    assert!(bob.engine.engine().has_ended());
    assert!(
        matches!(bob.events.last(), Some(Event::Ended(ended)) if ended.reason == EndReason::Left)
    );
}

#[test]
fn bytes_that_cannot_be_read_are_as_if_they_had_not_come() {
    let mut server = Server::new(ServerOptions::default());
    let mut now = Moment::default();
    let mut alice = Client::enter(ALICE, Target::Create);
    let ByteOutput::Request { request, .. } = alice.engine.poll_output() else {
        panic!("the call is created first");
    };
    alice.poll(&mut server);
    let garbage = [7; 64];
    alice.engine.handle_push(now, &garbage).unwrap();
    alice.poll(&mut server);
    alice.engine.handle_answer(now, request, &garbage).unwrap();
    alice.poll(&mut server);
    // It is tried again.
    run(
        &mut server,
        &mut [&mut alice],
        &mut now,
        Duration::from_secs(5),
    );
    let is_joined = |event: &Event| matches!(event, Event::Joined(_));
    assert!(alice.events.iter().any(is_joined));
}

#[test]
fn an_input_before_the_outputs_were_taken_is_a_misuse() {
    let mut alice = Client::enter(ALICE, Target::Create);
    let now = Moment::default();
    let misuse = Err(Misuse::OutputPending);
    assert_eq!(alice.engine.handle_input(now, Input::Tick), misuse);
    assert_eq!(alice.engine.handle_push(now, &[]), misuse);
}
