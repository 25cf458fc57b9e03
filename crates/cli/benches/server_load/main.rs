//! Many members on one `confcall serve`: 200 in one call, and 500 calls of four.
//!
//! ```text
//! callers: a Conference each ── a TCP connection each ──▶ confcall serve, a process of its own
//!   │                                                          └── its memory, as the system tells
//!   └── what each saw, and when ──▶ Record ──▶ latency
//! ```
//!
//! All members share this process and the machine's cores with the server, so that the times hold their work as well.
//! Floor: the blocks alone, each built once and applied by the server and by everybody in the call. The verification of
//! each block, in which everybody hears two broadcasts of everybody, comes on top of it.
//!
//! `-- --quick` does the same with few.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench"
)]

mod caller;
mod floor;
mod record;
mod server;

use std::env;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use caller::{Caller, User};
use record::Record;
use server::Server;

/// How many members each of the small calls has.
const FEW: usize = 4;

/// How much load there is.
struct Load {
    /// The members of the large call.
    members: usize,
    /// How many of them join at once.
    joining: usize,
    /// The number of small calls.
    calls: usize,
    /// How many of them begin at once.
    beginning: usize,
}

const FULL: Load = Load {
    members: 200,
    joining: 4,
    calls: 500,
    beginning: 16,
};

const QUICK: Load = Load {
    members: 20,
    calls: 20,
    ..FULL
};

fn main() {
    let load = match env::args().any(|arg| arg == "--quick") {
        true => QUICK,
        false => FULL,
    };
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        one_call(&load).await;
        many_calls(&load).await;
    });
}

/// Fills one call.
async fn one_call(load: &Load) {
    let count = load.members;
    println!("one call of {count}, {} joining at once", load.joining);
    let (server, users) = Server::start(count);
    let (record, mut users) = (Record::default(), users.into_iter());
    let started = Instant::now();
    let creator = users.next().expect("the first");
    let mut callers = vec![Caller::create(creator, &record).await];
    let link = callers[0].link();
    let joins = users.map(|user| Caller::follow(user, link.clone(), record.clone()));
    callers.extend(all(joins, load.joining).await);
    let took = started.elapsed();
    let verified = caller::rest(&callers).await;
    report(count, took, floor::of_call(count), &record);
    println!(
        "  verified by all {:.1} s after the last join",
        verified.as_secs_f64()
    );
    server.tell_use(count);
    callers[0].discard().await;
    close(callers).await;
}

/// Begins many small calls.
async fn many_calls(load: &Load) {
    let count = load.calls * FEW;
    println!(
        "{} calls of {FEW}, {} beginning at once",
        load.calls, load.beginning
    );
    let (server, users) = Server::start(count);
    let (record, mut users) = (Record::default(), users.into_iter());
    let started = Instant::now();
    let calls = (0..load.calls).map(|_| {
        let users = users.by_ref().take(FEW).collect();
        small_call(users, record.clone())
    });
    let calls = all(calls, load.beginning).await;
    let took = started.elapsed();
    report(
        count,
        took,
        floor::of_call(FEW) * load.calls as u32,
        &record,
    );
    server.tell_use(count);
    close(calls.into_iter().flatten().collect()).await;
}

/// Begins a call in which some users are, one after the other.
async fn small_call(users: Vec<User>, record: Record) -> Vec<Caller> {
    let mut callers: Vec<Caller> = Vec::new();
    for user in users {
        let caller = match callers.first().map(Caller::link) {
            Some(link) => Caller::follow(user, link, record.clone()).await,
            None => Caller::create(user, &record).await,
        };
        callers.push(caller);
    }
    callers
}

/// Does everything, so much at once.
async fn all<F>(mut todo: impl Iterator<Item = F>, at_once: usize) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let (mut doing, mut done) = (JoinSet::new(), Vec::new());
    loop {
        let free = at_once - doing.len();
        todo.by_ref().take(free).for_each(|one| {
            doing.spawn(one);
        });
        match doing.join_next().await {
            Some(one) => done.push(one.expect("it does not panic")),
            None => return done,
        }
    }
}

/// Closes the connections of all.
async fn close(callers: Vec<Caller>) {
    let count = callers.len();
    all(callers.into_iter().map(Caller::close), count).await;
}

fn report(joins: usize, took: Duration, floor: Duration, record: &Record) {
    let (took, floor) = (took.as_secs_f64(), floor.as_secs_f64());
    println!(
        "  {joins} joins in {took:.1} s, {:.1} a second; floor {floor:.1} s, ratio {:.2}",
        joins as f64 / took,
        took / floor,
    );
    println!("  {record}");
}
