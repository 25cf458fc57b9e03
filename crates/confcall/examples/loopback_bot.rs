//! A bot that answers messages, in a call on a server in this process.
//!
//! ```text
//! cargo run -p confcall --example loopback_bot
//! ```
//!
//! Over the network, the bot's transport is another one, and the rest stays.
#![allow(clippy::print_stdout, reason = "an example")]

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::{
    Conference, Event, Events, GroupMessage, Link, Notice, Options, RandomId, Target, Transport,
    UserId,
};
use confcall_server::loopback::Hub;
use confcall_server::{Server, ServerOptions};

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (alice, bot) = (UserId::new(1), UserId::new(2));
    let server = Hub::new(Server::new(ServerOptions::default()));
    let options = Options::new(Target::Create, alice)?;
    let (ours, mut events) = Conference::join(server.connect(alice), options).await?;
    let link = ours.view().link.clone().ok_or("the call has no link")?;
    let serving = tokio::spawn(serve(server.connect(bot), link.as_str().parse()?, bot));

    let emoji = verified(&ours, &mut events).await?;
    println!("alice compares {emoji:?}");
    ours.send_message(message("what time is it?", &mut generator()?)?)
        .await?;
    while let Some(notice) = events.next().await {
        if let Notice::Event(Event::Message { from, message }) = notice {
            println!("user {from} says {:?}", message.text());
            break;
        }
    }
    ours.discard().await?;
    println!("alice: {}", ours.close().await);
    println!("the bot: {}", serving.await??);
    Ok(())
}

/// Waits for the emoji of a call of two.
async fn verified(
    conference: &Conference,
    events: &mut Events,
) -> Result<[&'static str; 4], Error> {
    while let Some(notice) = events.next().await {
        let view = conference.view();
        if let (Notice::Event(Event::Emoji { .. }), 2, Some(hash)) =
            (&notice, view.members.len(), view.emoji)
        {
            return Ok(hash.emoji());
        }
    }
    Err("the call ended".into())
}

/// Follows a link and answers every message, until the call ends; gives why it did.
async fn serve(
    network: impl Transport + 'static,
    link: Link,
    bot: UserId,
) -> Result<String, Error> {
    let options = Options::new(Target::try_from(link)?, bot)?;
    let (conference, mut events) = Conference::join(network, options).await?;
    let mut rng = generator()?;
    while let Some(notice) = events.next().await {
        match notice {
            Notice::Event(Event::Message { message, .. }) => {
                let answer = format!("you asked: {}", message.text());
                let answer = self::message(&answer, &mut rng)?;
                conference.send_message(answer).await?;
            }
            Notice::Event(Event::Ended(ended)) => return Ok(ended.to_string()),
            // A slow bot leaves the messages that it missed without an answer; a lost connection comes back by itself.
            _ => {}
        }
    }
    Err("the runtime was shut down".into())
}

fn message(text: &str, rng: &mut ChaCha20Rng) -> Result<GroupMessage, Error> {
    let id = RandomId::generate(rng);
    Ok(GroupMessage::new(id, text, Vec::new())?)
}

/// A generator of random numbers, with a seed of the operating system's.
fn generator() -> Result<ChaCha20Rng, Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(ChaCha20Rng::from_seed(seed))
}
