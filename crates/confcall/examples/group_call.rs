//! A member of a group in its video chat, on a server in this process: who is there, a hand that is raised, a message.
//!
//! ```text
//! cargo run -p confcall --example group_call
//! ```
//!
//! Over the network, the transports are others, and the rest stays.
#![allow(clippy::print_stdout, reason = "an example")]

use std::error::Error;

use confcall::{Event, GroupCall, Notice, UserId};
use confcall_server::loopback::Hub;
use confcall_server::{Server, ServerOptions, WorldDescription};

const WORLD: &str = r#"
    [[chat]]
    kind = "supergroup"
    id = 501
    title = "The Walkers"
    username = "walkers"
    open = true
    admins = [1]
    call = { title = "Where to next", join_muted = true }
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (alice, bob) = (UserId::new(1), UserId::new(2));
    let world = WorldDescription::from_toml(WORLD)?;
    let server = Hub::new(Server::with_world(ServerOptions::default(), &world)?);
    let link = "https://t.me/walkers?videochat";

    let admin = GroupCall::join(server.connect(alice), link).await?;
    let call = GroupCall::join(server.connect(bob), link).await?;
    println!("bob is in: {}", call.view());

    // Newcomers are muted here: bob raises the hand, and the admin lets it speak.
    let mut news = admin.events();
    call.raise_hand().await?;
    admin.mute(bob, false).await?;
    while !call.view().own.is_some_and(|own| own.can_unmute) {
        tokio::task::yield_now().await;
    }
    call.set_muted(false).await?;
    call.send_text("where to next?").await?;
    while let Some(notice) = news.next().await {
        if let Notice::Event(Event::Message { from, message, .. }) = notice {
            println!("{from} says {:?}", message.text());
            break;
        }
    }
    println!(
        "bob: {}; alice: {}",
        call.close().await,
        admin.close().await
    );
    Ok(())
}
