//! An engine without a runtime: a loop that sends requests, hands back answers, and keeps the time.
//!
//! ```text
//! cargo run -p confcall --example engine_without_runtime
//! ```
//!
//! Applications with a runtime or a language of their own drive it in the same way. Here the server is a value in this
//! process, and the time passes as fast as the engine waits.
#![allow(clippy::print_stdout, reason = "an example")]

use std::collections::VecDeque;
use std::error::Error;

use confcall::join::api::Service;
use confcall::{Engine, Event, Input, Moment, Options, Outcome, Output, Target, UserId};
use confcall_server::{Server, ServerOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let user = UserId::new(1);
    let mut server = Server::new(ServerOptions::default());
    // The operating system's randomness, and a payload for a client without media.
    let (config, seed) = Options::new(Target::Create, user)?.into_parts();
    let mut now = Moment::default();
    let mut engine = Engine::new(config, seed, now);
    let mut answers = VecDeque::new();
    loop {
        match engine.poll_output() {
            // A client sends it, and hands in the outcome whenever it is known.
            Output::Request { request, body } => {
                let outcome = match server.handle(user, &body.to_tl()) {
                    Ok(response) => Outcome::Done(response),
                    Err(error) => Outcome::Refused(error),
                };
                answers.push_back(Input::Answer { request, outcome });
            }
            Output::Event(Event::Joined(joined)) => println!("joined {joined}"),
            Output::Event(Event::Emoji { hash, .. }) => {
                println!("compare {hash}");
                return Ok(());
            }
            Output::Event(Event::Ended(ended)) => return Err(ended.reason.into()),
            Output::Event(_) => {}
            // There is nothing to do before the next input or this moment.
            Output::Timeout(wake) => {
                let input = answers.pop_front().unwrap_or(Input::Tick);
                if let (Input::Tick, Some(wake)) = (&input, wake) {
                    now = wake;
                }
                engine.handle_input(now, input)?;
            }
        }
    }
}
