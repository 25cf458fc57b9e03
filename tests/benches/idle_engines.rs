//! Ten thousand engines in one process: how much they hold, and what their polls cost.
//!
//! Each is of a member of a verified call whose roster is loaded, whose media is connected, and who has heard all others
//! once. One such member is watched in a real call; its copies are engines of the same seed with the same inputs.
//! 500 are of calls of 200, the others of calls of 5; `-- 10000` makes them all large, which takes minutes.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::UserId;
use confcall::join::api::{ChainBlocks, ParticipantsPage, Request, Response, Update, Updates};
use confcall::join::engine::{
    Command, CommandId, Config, Engine, Input, MediaState, Outcome, Output, RequestId,
};
use confcall::media::{ChannelId, Moment};
use confcall::state::keys::Seed;
use confcall_simulator::{Crowd, Node};

const ENGINES: usize = 10_000;
/// From the first block of the last member on, until all are verified and quiet.
const SETTLING: Duration = Duration::from_secs(60);
const IDLE: Duration = Duration::from_secs(60);
/// The seed of the member that is watched, and of its copies.
const SEED: [u8; 32] = [3; 32];
const STEP: Duration = Duration::from_millis(100);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let large = arguments.find_map(|one| one.parse().ok()).unwrap_or(500);
    let mut engines = Vec::with_capacity(ENGINES);
    let mut rosters = BTreeMap::new();
    let mut held = 0;
    for (people, count) in [(5, ENGINES - large), (200, large)] {
        let watched = Watched::in_call_of(people);
        rosters.insert(people, watched.roster());
        let bytes = allocated(|| engines.extend((0..count).map(|_| Box::new(watched.copy()))));
        held += bytes;
        let each = bytes as f64 / 1024.0 / count.max(1) as f64;
        println!("{count:>6} engines in calls of {people:>3}: {each:>7.1} KiB each");
    }
    println!(
        "{:>6} engines: {:.3} GiB in all",
        engines.len(),
        held as f64 / (1u64 << 30) as f64
    );
    let (polls, spent) = poll(&mut engines, &rosters);
    println!(
        "{polls:>6} polls in {} virtual seconds: {:.2} % of one core, {:.1} µs each",
        IDLE.as_secs(),
        100.0 * spent.as_secs_f64() / IDLE.as_secs_f64(),
        spent.as_secs_f64() * 1e6 / polls as f64
    );
}

fn allocated(make: impl FnOnce()) -> i64 {
    allocation_counter::measure(make).bytes_current
}

/// The last member of a call, with all its inputs.
struct Watched {
    config: Config,
    arrived: Moment,
    inputs: Vec<(Moment, Input)>,
    packets: Vec<(UserId, Vec<u8>)>,
}

impl Watched {
    fn in_call_of(people: usize) -> Self {
        let mut crowd = Crowd::new(1, Duration::from_millis(100));
        crowd.rush(people - 2);
        let (config, arrived) = (crowd.config(crowd.world.link()), crowd.world.moment());
        let engine = Engine::new(config.clone(), Seed::copy_of(&SEED), arrived);
        let mut node = Node::new(config.joiner.user_id, engine, arrived);
        node.inputs = Some(Vec::new());
        let last = crowd.world.add(node);
        crowd.run_until_all_are_in(Duration::from_secs(5));
        crowd.wake_all(SETTLING);
        let inputs = crowd.world.nodes[last].inputs.take().unwrap();
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let packets = crowd.world.nodes[..last].iter().map(|other| {
            let membership = other.engine.membership().unwrap();
            let (cryptor, now) = (membership.cryptor(), inputs.last().unwrap().0);
            let sealed = cryptor.seal(now, ChannelId::MAIN, 0, b"sound", &mut rng);
            (membership.user_id(), sealed.unwrap())
        });
        let packets = packets.collect();
        Self {
            config,
            arrived,
            inputs,
            packets,
        }
    }

    /// The whole roster, in one page, as it came.
    fn roster(&self) -> ParticipantsPage {
        let pages = self.inputs.iter().filter_map(|(_, input)| match input {
            Input::Answer {
                outcome: Outcome::Done(Response::Participants(page)),
                ..
            } => Some(page.clone()),
            _ => None,
        });
        let mut pages: Vec<_> = pages.collect();
        let mut roster = pages.pop().unwrap();
        // The last page may be of a load of its own, and then has all of them.
        while roster.participants.len() <= self.packets.len() {
            let before = pages.pop().unwrap();
            roster.participants.splice(0..0, before.participants);
        }
        roster
    }

    /// An engine with the same inputs, which hears everyone.
    fn copy(&self) -> Engine {
        let mut engine = Engine::new(self.config.clone(), Seed::copy_of(&SEED), self.arrived);
        drain(&mut engine);
        for (now, input) in &self.inputs {
            turn(&mut engine, *now, input.clone());
        }
        let now = self.inputs.last().unwrap().0;
        let (id, command) = (CommandId::new(0), Command::Media(MediaState::Connected));
        let connected = Input::Command { id, command };
        turn(&mut engine, now, connected);
        let membership = engine.membership().unwrap();
        assert!(membership.verification().emoji_hash().is_some());
        assert_eq!(engine.connected().len(), self.packets.len() + 1);
        for (from, packet) in &self.packets {
            membership.cryptor().open(now, *from, packet).unwrap();
        }
        engine
    }
}

/// The requests that an engine wants to be answered, and when it wants to be woken.
///
/// The bench measures bare engines, so it drives them by itself and not as nodes of a world, which keep a history.
fn drain(engine: &mut Engine) -> (Vec<(RequestId, Request)>, Option<Moment>) {
    let mut requests = Vec::new();
    loop {
        match engine.poll_output() {
            Output::Request { request, body, .. } => requests.push((request, body)),
            Output::Timeout(wake) => return (requests, wake),
            _ => {}
        }
    }
}

/// Lets time pass in which nothing happens but polls; gives how many there were and what the engines needed for them.
fn poll(
    engines: &mut [Box<Engine>],
    rosters: &BTreeMap<usize, ParticipantsPage>,
) -> (usize, Duration) {
    let mut wakes: Vec<_> = engines.iter_mut().map(|engine| drain(engine).1).collect();
    let start = wakes.iter().flatten().min().copied().unwrap();
    let (mut polls, mut now) = (0, start);
    let started = Instant::now();
    while now.since(start) < IDLE {
        for (engine, wake) in engines.iter_mut().zip(&mut wakes) {
            if wake.is_some_and(|wake| wake <= now) {
                let (requests, next) = turn(engine, now, Input::Tick);
                *wake = next;
                for (request, body) in requests {
                    let roster = &rosters[&engine.connected().len()];
                    let outcome = Outcome::Done(nothing_new(body, roster));
                    let (more, next) = turn(engine, now, Input::Answer { request, outcome });
                    assert!(more.is_empty(), "an idle engine has nothing to ask for");
                    *wake = next;
                    polls += 1;
                }
            }
        }
        now = now + STEP;
    }
    (polls, started.elapsed())
}

fn turn(
    engine: &mut Engine,
    now: Moment,
    input: Input,
) -> (Vec<(RequestId, Request)>, Option<Moment>) {
    engine.handle_input(now, input).unwrap();
    drain(engine)
}

/// The answer to a poll of a subchain that has not grown, or of a roster that has not changed.
fn nothing_new(body: Request, roster: &ParticipantsPage) -> Response {
    let poll = match body {
        Request::ChainBlocks(poll) => poll,
        Request::Participants(_) => return roster.clone().into(),
        body => panic!("an idle engine only polls, and does not send {body:?}"),
    };
    Response::Updates(Updates(vec![Update::ChainBlocks(ChainBlocks {
        call: poll.call,
        sub_chain: poll.sub_chain,
        blocks: Vec::new(),
        next_offset: poll.offset,
    })]))
}
