//! An engine without a runtime: a loop that sends requests, hands back answers, and keeps the time, all of it as bytes.
//!
//! ```text
//! cargo run -p confcall --features tl --example engine_without_runtime
//! ```
//!
//! Applications with a runtime or a language of their own drive it in the same way. Here the server is a value in this
//! process, and the time passes as fast as the engine waits.
#![allow(clippy::print_stdout, reason = "an example")]

use std::collections::VecDeque;
use std::error::Error;

use confcall::transport::{ByteEngine, ByteOutput};
use confcall::{Engine, Event, Input, Moment, Options, Outcome, Target, UserId};
use confcall_server::{Server, ServerOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let user = UserId::new(1);
    let mut server = Server::new(ServerOptions::default());
    // The operating system's randomness, and a payload for a client without media.
    let (config, seed) = Options::new(Target::Create, user)?.into_parts();
    let mut now = Moment::default();
    let mut engine = ByteEngine::new(Engine::new(config, seed, now), user);
    let mut answers = VecDeque::new();
    loop {
        match engine.poll_output() {
            // A client sends the bytes, and hands in the answer whenever it comes.
            ByteOutput::Request { request, bytes, .. } => {
                answers.push_back((request, server.handle_bytes(user, &bytes)));
            }
            ByteOutput::Event(Event::Emoji { hash, .. }) => {
                println!("compare {hash}");
                return Ok(());
            }
            ByteOutput::Event(Event::Ended(ended)) => return Err(ended.reason.into()),
            ByteOutput::Event(event) => println!("{event}"),
            // There is nothing to do before the next input or this moment.
            ByteOutput::Timeout(wake) => {
                if let Some((request, answer)) = answers.pop_front() {
                    match answer {
                        Ok(bytes) => engine.handle_answer(now, request, &bytes)?,
                        Err(error) => {
                            let outcome = Outcome::Refused(error);
                            engine.handle_input(now, Input::Answer { request, outcome })?;
                        }
                    }
                } else if let Some((_, bytes)) = server.poll_push_bytes() {
                    engine.handle_push(now, &bytes)?;
                } else {
                    now = wake.unwrap_or(now);
                    engine.handle_input(now, Input::Tick)?;
                }
            }
        }
    }
}
