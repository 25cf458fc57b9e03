//! An adapter over an MTProto stack that sends bytes and gets bytes, on a server in this process.
//!
//! ```text
//! cargo run -p confcall --features grammers --example byte_adapter
//! ```
//!
//! The stack here is the lowest part of grammers; of any other, `invoke` and the updates look alike.
#![allow(clippy::print_stdout, reason = "an example")]

use std::error::Error;
use std::future::pending;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::Arc;

use confcall::grammers_mtsender::{ConnectionParams, SenderPool};
use confcall::grammers_session::Session as _;
use confcall::grammers_session::storages::MemorySession;
use confcall::grammers_session::types::DcOption;
use confcall::grammers_session::updates::UpdatesLike;
use confcall::transport::{ByteTransport, Feed};
use confcall::{CallError, Conference, Target, Transport, UserId};
use confcall_mtproto_server::{AuthKey, Config, Keys, Listener};
use confcall_server::{Server, ServerOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (user, directory) = (UserId::new(1), tempfile::tempdir()?);
    let mut keys = Keys::create(directory.path().join("server.keys"))?;
    let key = keys.issue(user)?;
    let server = Server::new(ServerOptions::default());
    let listener = Listener::bind(Config::default(), keys, server).await?;
    let network = adapt(log_in(listener.address(), &key).await?, user);
    tokio::spawn(listener.run(pending()));

    let conference = Conference::join(network, Target::Create).await?;
    let view = conference.view();
    println!("in {:?} with {:?}", view.call, view.members);
    println!("{}", conference.close().await);
    Ok(())
}

/// The adapter: a function that sends bytes, and a feed for what the server pushes.
fn adapt(stack: SenderPool, user: UserId) -> impl Transport + 'static {
    let SenderPool {
        runner,
        handle,
        mut updates,
    } = stack;
    let feed = Feed::new(user);
    let pushed = feed.clone();
    tokio::spawn(runner.run());
    tokio::spawn(async move {
        while let Some(update) = updates.recv().await {
            match update {
                // A stack without types of its own has bytes here, which `send_bytes` takes.
                UpdatesLike::Updates(updates) => pushed.send(&updates),
                // After a new connection, updates may have been missed.
                UpdatesLike::ConnectionClosed => pushed.sender().gap(),
                _ => {}
            }
        }
    });
    ByteTransport::new(feed, move |request| {
        let handle = handle.clone();
        async move {
            let answer = handle.raw_invoke_in_dc(1, request).await;
            answer.map_err(CallError::from)
        }
    })
}

/// A stack that is logged in with a key that the server has issued.
async fn log_in(server: SocketAddr, key: &AuthKey) -> Result<SenderPool, Box<dyn Error>> {
    let SocketAddr::V4(ipv4) = server else {
        return Err("the server listens on an IPv4 address".into());
    };
    let session = MemorySession::default();
    let home = DcOption {
        id: 1,
        ipv4,
        ipv6: SocketAddrV6::new(Ipv6Addr::LOCALHOST, ipv4.port(), 0, 0),
        auth_key: Some(*key.expose()),
    };
    session.set_home_dc_id(home.id).await?;
    session.set_dc_option(&home).await?;
    let parameters = ConnectionParams::default();
    Ok(SenderPool::with_configuration(
        Arc::new(session),
        0,
        parameters,
    ))
}
