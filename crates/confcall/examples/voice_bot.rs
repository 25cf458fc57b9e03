//! A bot like those of voice chats, in a call on a server in this process: it lists who is there, greets by name, mutes itself, and
//! survives a planned restart.
//!
//! ```text
//! cargo run -p confcall --example voice_bot
//! ```
#![allow(clippy::print_stdout, reason = "an example")]

use std::error::Error;

use confcall::{Conference, Options, Target, UserId};
use confcall_server::loopback::Hub;
use confcall_server::{Server, ServerOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (alice, bot) = (UserId::new(1), UserId::new(2));
    let server = Hub::new(Server::new(ServerOptions::default()));
    server.with(|server| server.set_name(alice, "Alice"));
    let ours = Conference::join(server.connect(alice), Target::Create).await?;
    let link = ours.link().ok_or("the call has no link")?;

    // Over the network, this is another transport, and the rest stays.
    let call = Conference::join(server.connect(bot), link.clone()).await?;
    let mut events = call.events();
    while call.participants().len() < 2 {
        events.next().await.ok_or("the call ended")?;
    }
    for participant in call.participants() {
        println!("{participant}");
    }
    let others = call.participants().into_iter().filter(|one| !one.own);
    // Labels are the server's, and not to be trusted.
    let names: Vec<_> = others
        .filter_map(|one| Some(one.label?.name.clone()))
        .collect();
    call.send_text(&format!("hello {}", names.join(" and ")))
        .await?;
    call.set_muted(true).await?;

    // A client keeps the key where the system keeps secrets, and checkpoint and number in a file.
    let (mut key, number) = ([0; 32], 1);
    getrandom::fill(&mut key)?;
    let checkpoint = call.suspend(&key, number).await?;
    let resumption = Conference::restore(&checkpoint, &key, number, Options::new(link, bot)?)?;
    println!(
        "the next checkpoint is number {}, to be stored first",
        resumption.lowest
    );
    let call = resumption.start(server.connect(bot));
    println!("back in {}", call.joined().await?);
    call.send_text("here I am again").await?;
    println!(
        "the bot: {}; alice: {}",
        call.close().await,
        ours.close().await
    );
    Ok(())
}
