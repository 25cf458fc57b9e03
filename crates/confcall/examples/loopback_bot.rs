//! A bot that answers messages, in a call on a server in this process.
//!
//! ```text
//! cargo run -p confcall --example loopback_bot
//! ```
//!
//! Over the network, the bot's transport is another one, and the rest stays.
#![allow(clippy::print_stdout, reason = "an example")]

use confcall::{Conference, Event, Notice, Target, Transport, UserId};
use confcall_server::loopback::Hub;
use confcall_server::{Server, ServerOptions};

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (alice, bot) = (UserId::new(1), UserId::new(2));
    let server = Hub::new(Server::new(ServerOptions::default()));
    let ours = Conference::join(server.connect(alice), Target::Create).await?;
    let link = ours.link().ok_or("the call has no link")?;
    let serving = tokio::spawn(serve(server.connect(bot), link.as_str().to_owned()));

    let mut events = ours.events();
    while ours.view().members.len() < 2 {
        events.next().await.ok_or("the call ended")?;
    }
    println!("alice compares {}", ours.emoji().await?);
    ours.send_text("what time is it?").await?;
    while let Some(notice) = events.next().await {
        if let Notice::Event(Event::Message { from, message, .. }) = notice {
            println!("{from} says {:?}", message.text());
            break;
        }
    }
    ours.discard().await?;
    println!("alice: {}", ours.close().await);
    println!("the bot: {}", serving.await??);
    Ok(())
}

/// Follows a link and answers every message, until the call ends; gives why it did.
async fn serve(network: impl Transport + 'static, link: String) -> Result<String, Error> {
    let conference = Conference::join(network, link).await?;
    let mut events = conference.events();
    while let Some(notice) = events.next().await {
        match notice {
            Notice::Event(Event::Message { message, .. }) => {
                let answer = format!("you asked: {}", message.text());
                conference.send_text(&answer).await?;
            }
            Notice::Event(Event::Ended(ended)) => return Ok(ended.to_string()),
            // A slow bot leaves the messages that it missed without an answer; a lost connection comes back by itself.
            _ => {}
        }
    }
    Err("the runtime was shut down".into())
}
