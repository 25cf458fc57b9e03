//! A livestream of ten thousand: how much an engine holds, and what it costs to follow a thousand changes of its roster a second.
//!
//! Floor of the second: reading the same changes from their bytes, which a client cannot do without.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::UserId;
use confcall::join::api::{
    AccessHash, ActiveCall, CallConnection, CallId, CallRef, DataJson, GroupCall, GroupCallInfo,
    GroupCallParticipant, Participants, ParticipantsPage, Peer, PeerLabel, Request, Response, Ssrc,
    Update, Updates,
};
use confcall::join::engine::{
    Command, CommandId, Config, Engine, Input, Outcome, Output, RequestId,
};
use confcall::join::joining::{GroupCallTarget, Target};
use confcall::media::Moment;
use confcall::state::Joiner;
use confcall::state::keys::Seed;
use confcall::transport::tl::read_pushed;
use confcall_server::tl::{Layer, Occasion, write_push};
use confcall_simulator::media;

const PARTICIPANTS: usize = 10_000;
const PAGE: usize = 100;
const MOST_HELD: i64 = 4 << 20;
/// As many changes come in a second.
const RATE: f64 = 1_000.0;
const CHANGES: usize = 2_000;
const ROUNDS: usize = 15;
const US: UserId = UserId::new(1);
const CALL: CallRef = CallRef {
    id: CallId::new(7),
    access_hash: AccessHash::new(8),
};
const CONNECTION: &str = r#"{"stream": true}"#;

fn main() {
    let mut livestream = None;
    let entered = allocation_counter::measure(|| livestream = Some(Livestream::enter()));
    let mut livestream = livestream.unwrap();
    let mut held = entered.bytes_current;
    print_held("with its first page", held);
    held += allocation_counter::measure(|| livestream.load_all()).bytes_current;
    assert_eq!(livestream.engine.participants().len(), PARTICIPANTS);
    print_held("with all of its roster", held);
    assert!(held <= MOST_HELD, "{held} bytes are held");

    let mut rounds: Vec<_> = (0..ROUNDS).map(|round| livestream.round(round)).collect();
    let median = |of: &mut dyn FnMut(&(f64, f64)) -> f64, rounds: &mut Vec<(f64, f64)>| {
        let mut values: Vec<_> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let ratio = median(&mut |(ours, floor)| ours / floor, &mut rounds);
    let floor = median(&mut |(_, floor)| *floor, &mut rounds);
    let ours = median(&mut |(ours, _)| *ours, &mut rounds);
    println!(
        "1000 changes of the roster a second: {:.2} % of one core, {:.1} µs each  floor {:.1} µs  ratio {ratio:.2}",
        100.0 * ours * RATE,
        ours * 1e6,
        floor * 1e6,
    );
}

fn print_held(what: &str, bytes: i64) {
    let kib = bytes as f64 / 1024.0;
    let limit = MOST_HELD >> 10;
    println!("a livestream of {PARTICIPANTS}, {what:<24} {kib:>8.1} KiB of {limit} KiB");
}

/// An engine in a livestream, and what its server knows.
struct Livestream {
    engine: Engine,
    now: Moment,
    version: i32,
}

impl Livestream {
    fn enter() -> Self {
        let target = Target::Group(GroupCallTarget::call(CALL));
        let media = media(&mut ChaCha20Rng::from_seed([1; 32]));
        let config = Config::new(target, Joiner::new(US), media);
        let now = Moment::default();
        let mut livestream = Self {
            engine: Engine::new(config, Seed::copy_of(&[2; 32]), now),
            now,
            version: 1,
        };
        livestream.settle();
        livestream.pass(Duration::from_secs(5));
        assert!(livestream.engine.call().is_some(), "it is in the call");
        livestream
    }

    fn load_all(&mut self) {
        let (id, command) = (CommandId::new(1), Command::LoadParticipants { all: true });
        self.input(Input::Command { id, command });
        self.settle();
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.input(Input::Tick);
        self.settle();
    }

    fn input(&mut self, input: Input) {
        self.engine.handle_input(self.now, input).unwrap();
    }

    /// Answers requests until there is none.
    fn settle(&mut self) {
        loop {
            let requests = drain(&mut self.engine);
            if requests.is_empty() {
                return;
            }
            for (request, body) in requests {
                let outcome = self.answer(&body);
                self.input(Input::Answer { request, outcome });
                let more = drain(&mut self.engine);
                for (request, body) in more {
                    let outcome = self.answer(&body);
                    self.input(Input::Answer { request, outcome });
                    self.settle();
                }
            }
        }
    }

    fn answer(&self, body: &Request) -> Outcome {
        let call = GroupCall::from(ActiveCall {
            participants_count: PARTICIPANTS as i32,
            version: self.version,
            ..ActiveCall::new(CALL)
        });
        Outcome::Done(match body {
            Request::GroupCall(_) => Response::GroupCall(GroupCallInfo {
                call,
                participants: vec![participant(1, 0)],
                next_offset: None,
                labels: Vec::new(),
            }),
            Request::Join(_) => Response::Updates(Updates(vec![
                Update::Connection(CallConnection {
                    presentation: false,
                    params: DataJson::new(CONNECTION),
                }),
                call.into(),
                Update::Participants(Participants {
                    call: CALL.into(),
                    participants: vec![participant(1, 0)],
                    version: self.version,
                }),
            ])),
            Request::Participants(page) => Response::Participants(self.page(&page.offset)),
            _ => return Outcome::Lost,
        })
    }

    fn page(&self, offset: &str) -> ParticipantsPage {
        let start: usize = offset.parse().unwrap_or(0);
        let end = (start + PAGE).min(PARTICIPANTS);
        let users = start as i64 + 1..end as i64 + 1;
        ParticipantsPage {
            count: PARTICIPANTS as i32,
            participants: users.clone().map(|user| participant(user, 0)).collect(),
            next_offset: (end < PARTICIPANTS).then(|| end.to_string()),
            version: self.version,
            labels: users.map(label).collect(),
        }
    }

    /// A second or two of changes: what an engine and what reading them alone needs for one, in seconds.
    fn round(&mut self, round: usize) -> (f64, f64) {
        let occasion = Occasion {
            layer: Layer::Newest,
            viewer: US,
            date: 1_800_000_000,
        };
        let pushes: Vec<_> = (0..CHANGES)
            .map(|change| {
                self.version += 1;
                let user = 2 + ((round * CHANGES + change) * 7919 % (PARTICIPANTS - 1)) as i64;
                let change = Update::Participants(Participants {
                    call: CALL.into(),
                    participants: vec![participant(user, round as i32 + 1)],
                    version: self.version,
                });
                let updates = Updates(vec![Update::Labels(vec![label(user)]), change]);
                write_push(&updates, occasion)
            })
            .collect();
        let started = Instant::now();
        for push in &pushes {
            let _ = black_box(read_pushed(push, US));
        }
        let floor = started.elapsed();
        let started = Instant::now();
        for push in &pushes {
            let unpacked = read_pushed(push, US).unwrap();
            for update in unpacked.updates {
                self.input(Input::Update(update));
                black_box(drain(&mut self.engine));
            }
        }
        let ours = started.elapsed();
        self.pass(Duration::from_secs(1));
        let each = |time: Duration| time.as_secs_f64() / CHANGES as f64;
        (each(ours), each(floor))
    }
}

/// The requests that an engine wants to be answered.
fn drain(engine: &mut Engine) -> Vec<(RequestId, Request)> {
    let mut requests = Vec::new();
    loop {
        match engine.poll_output() {
            Output::Request { request, body, .. } => requests.push((request, body)),
            Output::Timeout(_) => return requests,
            Output::Event(event) => drop(black_box(event)),
        }
    }
}

fn participant(user: i64, turn: i32) -> GroupCallParticipant {
    GroupCallParticipant {
        date: 1_800_000_000 + user as i32,
        muted: turn % 2 == 0,
        own: user == US.value(),
        ..GroupCallParticipant::new(Peer::User(UserId::new(user)), Ssrc::new(user as u32))
    }
}

fn label(user: i64) -> PeerLabel {
    PeerLabel {
        peer: Peer::User(UserId::new(user)),
        name: format!("Listener Number {user}"),
        username: Some(format!("listener_{user}")),
        access_hash: Some(AccessHash::new(user)),
        photo: None,
    }
}
