//! Answers and updates that no honest server gives, handed to an engine by hand: what it asks for has bounds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::UserId;
use confcall::join::api::{
    GetGroupParticipants, GroupCallParticipant, InputGroupCall, Method, Participants,
    ParticipantsPage, Peer, Request, Response, RpcError, Update,
};
use confcall::join::engine::{
    Command, Engine, Event, Input, Outcome, Output, RequestId, Suspicion,
};
use confcall::media::Moment;
use confcall_tests::World;

const SECOND: Duration = Duration::from_secs(1);

/// A member of a call that gets nothing but what the test hands it.
struct Victim {
    engine: Engine,
    now: Moment,
    asked: Vec<(RequestId, Method)>,
    events: Vec<Event>,
}

impl Victim {
    fn of(world: &World) -> Self {
        Self {
            engine: world.nodes[0].engine.clone(),
            now: world.moment(),
            asked: Vec::new(),
            events: Vec::new(),
        }
    }

    fn call(&self) -> InputGroupCall {
        self.engine.call().unwrap().clone()
    }

    /// Hands in an input; gives when the engine wants to be woken.
    fn input(&mut self, input: Input) -> Option<Moment> {
        self.engine.handle_input(self.now, input).unwrap();
        loop {
            match self.engine.poll_output() {
                Output::Request { request, body } => self.asked.push((request, body.method())),
                Output::Event(event) => self.events.push(event),
                Output::Timeout(wake) => return wake,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Lets time pass.
    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(wake) = self.input(Input::Tick).filter(|wake| *wake <= end) {
            self.now = wake;
        }
        self.now = end;
    }

    fn answer(&mut self, request: RequestId, outcome: Outcome) {
        self.input(Input::Answer { request, outcome });
    }

    /// The requests of a method, the oldest first.
    fn asked(&self, method: Method) -> Vec<RequestId> {
        let asked = self.asked.iter().filter(|(_, one)| *one == method);
        asked.map(|(request, _)| *request).collect()
    }

    /// Tells that some users left, though the chain still has them.
    fn push_left(&mut self, users: impl Iterator<Item = i64>) {
        let change = Participants {
            call: self.call(),
            participants: users.map(left).collect(),
            version: 0,
        };
        self.input(Input::Update(Update::Participants(change)));
    }
}

fn left(user: i64) -> GroupCallParticipant {
    GroupCallParticipant {
        peer: Peer::User(UserId::new(user)),
        date: 0,
        source: None,
        video: None,
        presentation: None,
        own: false,
        muted: false,
        just_joined: false,
        left: true,
        versioned: false,
        min: false,
    }
}

fn whole_roster(world: &World) -> ParticipantsPage {
    let call = world.server.calls().next().unwrap().reference();
    let page = GetGroupParticipants::page(call, String::new(), 100);
    let answer = world
        .server
        .clone()
        .answer(UserId::new(1), &Request::Participants(page));
    answer.unwrap().into_participants().unwrap()
}

#[test]
fn one_push_has_us_ask_once_whether_we_are_joined_however_often_it_says_that_we_left() {
    let mut victim = Victim::of(&World::with_call(2));
    for _ in 0..10 {
        victim.push_left(core::iter::repeat_n(1, 1000));
    }
    let checks = victim.asked(Method::CheckGroupCall).len();
    assert!(checks <= 1, "{checks} checks");
}

#[test]
fn many_who_are_missed_at_once_are_looked_for_at_once() {
    let mut victim = Victim::of(&World::with_call(8));
    victim.push_left(2..=8);
    victim.run(20 * SECOND);
    let pages = victim.asked(Method::GetGroupParticipants).len();
    assert!(pages <= 2, "{pages} pages of a roster that does not come");
}

#[test]
fn an_answer_for_a_roster_that_was_given_up_makes_no_other_one_complete() {
    let world = World::with_call(3);
    let mut victim = Victim::of(&world);
    victim.push_left(2..=2);
    victim.run(7 * SECOND);
    victim.push_left(3..=3);
    victim.run(7 * SECOND);
    let pages = victim.asked(Method::GetGroupParticipants);
    let [first, .., last] = pages.as_slice() else {
        panic!("{pages:?}");
    };
    victim.answer(*first, Outcome::Lost);
    let page = Response::Participants(whole_roster(&world));
    victim.answer(*last, Outcome::Done(page));
    let is_unlisted =
        |event: &Event| matches!(event, Event::Suspicious(Suspicion::UnlistedMember(_)));
    assert!(!victim.events.iter().any(is_unlisted));
    assert_eq!(victim.engine.connected().len(), 3);
}

#[test]
fn a_server_that_has_us_wait_no_time_is_not_asked_without_end() {
    let mut victim = Victim::of(&World::with_call(1));
    victim.input(Input::Command(Command::Leave));
    for _ in 0..100 {
        let request = *victim.asked(Method::LeaveGroupCall).last().unwrap();
        let wait = Outcome::Refused(RpcError::new(420, "FLOOD_WAIT_0"));
        victim.answer(request, wait);
    }
    assert_eq!(victim.asked(Method::LeaveGroupCall).len(), 1);
    victim.run(20 * SECOND);
    assert!(victim.engine.has_ended());
}
