//! A client of grammers that follows the link of a call, over the connections that it has already.
//!
//! ```text
//! cargo run -p confcall --features session-file --example grammers_client -- account.session https://t.me/call/..
//! ```
//!
//! `TG_API_ID` is the number of your own application, from <https://my.telegram.org>. The session is one of grammers', in
//! which an account is logged in; `confcall serve --format grammers --issue-session` writes such files for its own server.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error;
use std::sync::Arc;

use confcall::Conference;
use confcall::grammers_mtsender::SenderPool;
use confcall::transport::grammers::{GrammersTransport, session_file};
use grammers_client::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().collect();
    let [_, session, link] = &arguments[..] else {
        return Err("usage: grammers_client SESSION LINK".into());
    };
    let api_id = env::var("TG_API_ID")?.parse()?;
    let (session, user) = session_file::open(session.as_ref()).await?;
    let pool = SenderPool::new(Arc::new(session), api_id);

    // The client and the conference share the pool; its updates go to the conference, and from there wherever you like.
    let client = Client::new(pool.handle.clone());
    let transport = GrammersTransport::new(pool.handle.clone(), user);
    let (feed, mut updates) = (transport.clone(), pool.updates);
    tokio::spawn(pool.runner.run());
    tokio::spawn(async move {
        while let Some(update) = updates.recv().await {
            feed.feed(&update);
        }
    });

    println!("logged in as {}", client.get_me().await?.full_name());
    let conference = Conference::join(transport, link).await?;
    println!("{}", conference.emoji().await?);
    conference.send_text("hello").await?;
    let mut events = conference.events();
    tokio::spawn(async move {
        // Ctrl-C leaves; the events end then.
        if tokio::signal::ctrl_c().await.is_ok() {
            conference.close().await;
        }
    });
    while let Some(notice) = events.next().await {
        println!("{notice}");
    }
    Ok(())
}
