//! A restart in the middle of a call: the process is gone, and the membership goes on.
//!
//! ```text
//! cargo run -p confcall --example restart
//! ```
#![allow(clippy::print_stdout, reason = "an example")]

use std::error::Error;

use confcall::{Conference, Options, Target, UserId};
use confcall_server::loopback::Hub;
use confcall_server::{Server, ServerOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (alice, bob) = (UserId::new(1), UserId::new(2));
    let server = Hub::new(Server::new(ServerOptions::default()));
    let created = Conference::join(server.connect(alice), Target::Create).await?;
    let link = created.link().ok_or("the call has no link")?;

    let before = Conference::join(server.connect(bob), link.clone()).await?;
    // A client keeps the key where the system keeps secrets, and the checkpoint in a file.
    let (mut key, number) = ([0; 32], 1);
    getrandom::fill(&mut key)?;
    // The last checkpoint, after which nothing is sent any more. Against a crash, `checkpoint` takes one now and then.
    let checkpoint = before.suspend(&key, number).await?;
    drop(before);

    // A fresh seed; the key of the membership and the payload come from the checkpoint.
    let resumption = Conference::restore(&checkpoint, &key, number, Options::new(link, bob)?)?;
    // This is stored before anything is sent, so that no checkpoint is used twice.
    println!("the next checkpoint is number {}", resumption.lowest);
    let after = resumption.start(server.connect(bob));
    println!("back in {}", after.joined().await?);
    println!("the members are {:?}", after.view().members);
    println!("bob: {}", after.close().await);
    Ok(())
}
