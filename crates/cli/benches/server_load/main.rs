//! Many members on one `confcall serve`: whole ones, which verify, and ones that count, by which the server is measured alone.
//!
//! ```text
//! callers: a Conference each ── a TCP connection each ──▶ confcall serve, a process of its own
//! members that count ──────────────────────────────────▶      └── its memory and processor time, as the system tells
//!   └── what each saw, and when ──▶ Record ──▶ latency
//! ```
//!
//! All members share this process and the machine's cores with the server.
//!
//! Whole members: the floor is what they and the server must compute, on all cores: each block, built once and applied by
//! everybody, and after each block two broadcasts of everybody, which everybody checks.
//!
//! Members that count open each packet, apply each block and say what a member says, and check no broadcast of others. What the
//! server computes for a push is its processor time, which other work on the machine hardly changes, and the floor of it
//! the encryption of packets of that size alone.
//!
//! `-- --quick` does the same with few.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench"
)]

mod caller;
mod crowd;
mod floor;
mod link;
mod member;
mod pushes;
mod record;
mod server;

use std::env;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use caller::{Caller, User};
use crowd::Crowd;
use floor::Work;
use member::{Counts, Kind};
use pushes::Reading;
use record::Record;
use server::Server;

/// How many members each of the small calls has.
const FEW: usize = 4;

/// The joins of all small calls in a second.
const SMALL_JOINS: u32 = 400;

/// The blocks after which all members speak at once.
const ROUNDS: usize = 5;

/// How much load there is.
struct Load {
    /// The whole members of one call.
    whole: usize,
    /// The members that count of one call.
    members: usize,
    /// The number of small calls.
    calls: usize,
}

const FULL: Load = Load {
    whole: 40,
    members: 200,
    calls: 500,
};

const QUICK: Load = Load {
    whole: 12,
    members: 20,
    calls: 50,
};

fn main() {
    let load = match env::args().any(|arg| arg == "--quick") {
        true => QUICK,
        false => FULL,
    };
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        large_call(load.members, 5).await;
        small_calls(load.calls).await;
        large_call(load.members, 2).await;
        whole_members(load.whole).await;
    });
}

/// Fills a call with whole members, each of whom joins when all others have verified the block before.
async fn whole_members(count: usize) {
    println!("one call of {count} whole members, who join one after the other");
    let (server, users) = Server::start(count);
    let (record, mut users) = (Record::default(), users.into_iter());
    let started = Instant::now();
    let creator = users.next().expect("the first");
    let mut callers = vec![Caller::create(creator, &record).await];
    let link = callers[0].link();
    for user in users {
        callers.push(Caller::follow(user, link.clone(), record.clone()).await);
        caller::rest(&callers).await;
    }
    let took = started.elapsed().as_secs_f64();
    let work = Work::of_call(count);
    let floor = work.shared().as_secs_f64();
    println!(
        "  {count} joins in {took:.1} s; floor {floor:.1} s on all cores (blocks {:.1} s, broadcasts {:.1} s of processors), ratio {:.2}",
        work.blocks.as_secs_f64(),
        work.broadcasts.as_secs_f64(),
        took / floor,
    );
    println!("  {record} the first who knows of it");
    server.tell_use(count);
    callers[0].discard().await;
    close(callers).await;
}

/// Fills a call with members that count, so many a second, and then lets them speak together and alone.
async fn large_call(count: usize, joins: u32) {
    println!("one call of {count} members that count, {joins} joining a second");
    let (server, users) = Server::start(count);
    let (counts, record) = (Arc::new(Counts::default()), Record::default());
    counts.speak.store(true, Ordering::Relaxed);
    let mut users = users.into_iter();
    let started = Instant::now();
    let creator = users.next().expect("the first");
    let mut crowd = Crowd::create(creator, &counts, &record).await;
    let mut pace = interval(Duration::from_secs(1) / joins);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for user in users {
        pace.tick().await;
        crowd.enter(user).await;
    }
    report(count, joins, started, &record);
    crowd.rest().await;
    server.tell_use(count);

    let before = Reading::take(&counts, &server);
    for round in 0..ROUNDS {
        let heard = counts.broadcasts.load(Ordering::Relaxed);
        crowd.enter_again(round).await;
        crowd.hear(heard + crowd.round()).await;
    }
    crowd.rest().await;
    let after = Reading::take(&counts, &server);
    after.tell_since(&before, "in a batch", count);

    counts.speak.store(false, Ordering::Relaxed);
    crowd.enter_again(0).await;
    crowd.rest().await;
    let before = Reading::take(&counts, &server);
    crowd.say_in_turn(Kind::Commit).await;
    crowd.say_in_turn(Kind::Reveal).await;
    let after = Reading::take(&counts, &server);
    after.tell_since(&before, "alone", count);
}

/// Begins many small calls, with so many joins a second.
async fn small_calls(calls: usize) {
    let count = calls * FEW;
    println!("{calls} calls of {FEW} members that count, {SMALL_JOINS} joining a second");
    let (server, users) = Server::start(count);
    let (counts, record) = (Arc::new(Counts::default()), Record::default());
    counts.speak.store(true, Ordering::Relaxed);
    let mut users = users.into_iter();
    let started = Instant::now();
    let mut pace = interval(Duration::from_secs(FEW as u64) / SMALL_JOINS);
    // What is late comes as soon as it can, or the rate would not be the one that is wanted.
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut beginning = JoinSet::new();
    for _ in 0..calls {
        pace.tick().await;
        let users = users.by_ref().take(FEW).collect();
        beginning.spawn(small_call(users, Arc::clone(&counts), record.clone()));
    }
    let crowds = beginning.join_all().await;
    report(count, SMALL_JOINS, started, &record);
    crowds[0].rest().await;
    server.tell_use(count);
}

/// Begins a call in which some users are, one after the other.
async fn small_call(users: Vec<User>, counts: Arc<Counts>, record: Record) -> Crowd {
    let mut users = users.into_iter();
    let creator = users.next().expect("the first");
    let mut crowd = Crowd::create(creator, &counts, &record).await;
    for user in users {
        crowd.enter(user).await;
    }
    crowd
}

/// Closes the connections of all.
async fn close(callers: Vec<Caller>) {
    let closing: JoinSet<_> = callers.into_iter().map(Caller::close).collect();
    closing.join_all().await;
}

fn report(count: usize, wanted: u32, started: Instant, record: &Record) {
    let took = started.elapsed().as_secs_f64();
    println!(
        "  {count} joins in {took:.1} s, {:.2} a second ({wanted} wanted)",
        count as f64 / took
    );
    println!("  {record} its joiner sent it");
}
