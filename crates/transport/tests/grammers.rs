//! The adapter over grammers, without a server.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "common/chain.rs"]
mod chain;

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use confcall_join::api::Update;
use confcall_state::UserId;
use confcall_transport::grammers::{GrammersConnection, GrammersTransport, SILENCE};
use confcall_transport::{CallError, Missed, Transport, UpdateStream};
use grammers_mtsender::{ConnectionParams, SenderPool};
use grammers_session::Session;
use grammers_session::storages::MemorySession;
use grammers_session::types::DcOption;
use grammers_session::updates::UpdatesLike;
use grammers_tl_types::enums;
use tokio::time::{Instant, timeout};

use chain::{blocks, tip};

const OWN: UserId = UserId::new(1000);
const GAP: Option<Result<Update, Missed>> = Some(Err(Missed { count: None }));

fn pool() -> SenderPool {
    SenderPool::new(Arc::new(MemorySession::default()), 1)
}

/// A session whose home is a port of this machine.
async fn session_at(port: u16) -> Arc<MemorySession> {
    let session = MemorySession::default();
    let ipv4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    let option = DcOption {
        id: session.home_dc_id().unwrap(),
        ipv4,
        ipv6: "[::1]:1".parse().unwrap(),
        auth_key: Some([1; 256]),
    };
    session.set_dc_option(&option).await.unwrap();
    Arc::new(session)
}

async fn lost(transport: &GrammersTransport) -> String {
    match transport.call(tip()).await {
        Err(CallError::Lost { reason }) => reason,
        answer => panic!("{answer:?}"),
    }
}

/// What the updates tell next, which is there already.
async fn next(updates: &mut UpdateStream) -> Option<Result<Update, Missed>> {
    timeout(SILENCE, updates.next()).await.unwrap()
}

/// Asserts that no update waits.
async fn assert_quiet(updates: &mut UpdateStream) {
    let next = timeout(Duration::ZERO, updates.next()).await;
    assert!(next.is_err(), "{next:?}");
}

#[tokio::test]
async fn what_the_pool_hands_out_comes_as_updates() {
    let transport = GrammersTransport::new(pool().handle, OWN);
    let mut updates = transport.updates();
    transport.feed(&UpdatesLike::Updates(blocks()));
    assert!(matches!(
        next(&mut updates).await,
        Some(Ok(Update::ChainBlocks(_)))
    ));
    transport.feed(&UpdatesLike::MalformedUpdates);
    assert_eq!(next(&mut updates).await, GAP);
    transport.feed(&UpdatesLike::Updates(enums::Updates::TooLong));
    assert_eq!(next(&mut updates).await, GAP);
    assert_quiet(&mut updates).await;
}

#[tokio::test]
async fn a_lost_connection_is_a_gap_and_the_next_that_comes_is_after_another() {
    let transport = GrammersTransport::new(pool().handle, OWN);
    let mut updates = transport.updates();
    transport.feed(&UpdatesLike::ConnectionClosed);
    transport.feed(&UpdatesLike::ConnectionClosed);
    assert_eq!(next(&mut updates).await, GAP);
    assert_quiet(&mut updates).await;
    transport.feed(&UpdatesLike::Updates(blocks()));
    assert_eq!(next(&mut updates).await, GAP);
    assert!(matches!(
        next(&mut updates).await,
        Some(Ok(Update::ChainBlocks(_)))
    ));
    transport.feed(&UpdatesLike::Updates(blocks()));
    assert!(matches!(
        next(&mut updates).await,
        Some(Ok(Update::ChainBlocks(_)))
    ));
}

#[tokio::test]
async fn a_request_to_a_pool_that_is_gone_is_lost() {
    let transport = GrammersTransport::new(pool().handle, OWN);
    let mut updates = transport.updates();
    assert!(
        lost(&transport)
            .await
            .starts_with("the connection was given up")
    );
    assert_eq!(next(&mut updates).await, GAP);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_lost_once_nothing_was_heard_for_a_while() {
    // A pool that does not run takes requests and says nothing.
    let pool = pool();
    let transport = GrammersTransport::new(pool.handle.clone(), OWN);
    let mut updates = transport.updates();
    let start = Instant::now();
    assert!(lost(&transport).await.contains("nothing was heard"));
    assert_eq!(start.elapsed(), SILENCE);
    assert_eq!(next(&mut updates).await, GAP);

    let start = Instant::now();
    let push = async {
        tokio::time::sleep(SILENCE / 2).await;
        transport.feed(&UpdatesLike::Updates(blocks()));
    };
    let (reason, ()) = tokio::join!(lost(&transport), push);
    assert!(reason.contains("nothing was heard"));
    assert_eq!(start.elapsed(), 2 * SILENCE);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_loses_the_request() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let session = session_at(port).await;
    let connection = GrammersConnection::open(session, 1, OWN, ConnectionParams::default);
    assert!(
        lost(&connection.transport())
            .await
            .starts_with("the connection failed")
    );
    connection.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_does_not_hold_up_the_next_request() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let session = session_at(listener.local_addr().unwrap().port()).await;
    let connection = GrammersConnection::open(session, 1, OWN, ConnectionParams::default);
    let mut accepted = Vec::new();
    for _ in 0..2 {
        let reason = lost(&connection.transport()).await;
        assert!(reason.contains("nothing was heard"), "{reason}");
        accepted.push(listener.accept().unwrap());
        // Until the background has done its part.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    connection.close().await;
}

#[tokio::test]
async fn a_closed_connection_loses_every_request() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let session = session_at(listener.local_addr().unwrap().port()).await;
    let connection = GrammersConnection::open(session, 1, OWN, ConnectionParams::default);
    let transport = connection.transport();
    connection.close().await;
    assert!(
        lost(&transport)
            .await
            .starts_with("the connection was given up")
    );
}
