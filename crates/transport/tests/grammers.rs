//! The adapter over grammers, without a server.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "common/chain.rs"]
mod chain;

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
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
async fn a_data_centre_that_the_session_does_not_know_is_said() {
    let pool = pool();
    let transport = GrammersTransport::new(pool.handle, OWN);
    let answer = transport.call(tip().to_data_centre(Some(77))).await;
    let elsewhere = CallError::OtherDataCentre { data_centre: 77 };
    assert_eq!(answer, Err(elsewhere));
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

/// A server that says its time by a clock that is `behind` ours, and answers nothing else; counts its connections.
async fn server_with_a_clock(behind: Duration) -> (u16, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let connections = Arc::clone(&count);
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            connections.fetch_add(1, Ordering::Relaxed);
            // The transport of the question for the time begins with this byte, and grammers' own with a length.
            let mut first = [0];
            stream.read_exact(&mut first).await.unwrap();
            if first == [0xef] {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
                let seconds = (since - behind).as_secs() as i64;
                let mut answer = vec![19];
                answer.extend([0; 8]);
                answer.extend((seconds << 32 | 1).to_le_bytes());
                answer.extend([0; 60]);
                stream.write_all(&answer).await.unwrap();
            }
            open.push(stream);
        }
    });
    (port, count)
}

#[tokio::test]
async fn a_clock_that_is_ahead_is_found_within_a_second_and_ends_the_connection() {
    let (port, connections) = server_with_a_clock(Duration::from_secs(120)).await;
    let session = session_at(port).await;
    let connection = GrammersConnection::open(session, 1, OWN, ConnectionParams::default);
    let transport = connection.transport();
    let asking = timeout(Duration::from_secs(1), transport.call(tip()));
    let Err(CallError::ClockAhead { by }) = asking.await.unwrap() else {
        panic!("the clock is ahead");
    };
    assert!((119..=121).contains(&by.as_secs()), "{by:?}");
    assert_eq!(connections.load(Ordering::Relaxed), 2);

    // From then on the clock is looked at first, and nothing is sent.
    let again = transport.call(tip()).await;
    assert!(matches!(again, Err(CallError::ClockAhead { .. })));
    assert_eq!(connections.load(Ordering::Relaxed), 3);
}

/// Gives a connection up, and closes it at that moment; says whether that took less than a second.
async fn closes_at_once() -> bool {
    let (port, _) = server_with_a_clock(Duration::from_secs(120)).await;
    let session = session_at(port).await;
    let connection = GrammersConnection::open(session, 1, OWN, ConnectionParams::default);
    let answer = connection.transport().call(tip()).await;
    assert!(matches!(answer, Err(CallError::ClockAhead { .. })));
    let closed = timeout(Duration::from_secs(1), connection.close()).await;
    closed.is_ok()
}

#[tokio::test]
async fn a_connection_that_was_given_up_closes_at_once() {
    // Which of two things that are ready is seen first would be left to chance.
    let closing: JoinSet<_> = (0..30).map(|_| closes_at_once()).collect();
    assert!(closing.join_all().await.into_iter().all(|closed| closed));
}

#[tokio::test]
async fn no_clock_is_asked_for_beside_a_pool_of_the_callers_own() {
    let (port, connections) = server_with_a_clock(Duration::from_secs(120)).await;
    let pool = SenderPool::new(session_at(port).await, 1);
    let running = tokio::spawn(pool.runner.run());
    let transport = GrammersTransport::new(pool.handle, OWN);
    let asking = timeout(Duration::from_secs(2), transport.call(tip())).await;
    assert!(asking.is_err(), "{asking:?}");
    assert_eq!(connections.load(Ordering::Relaxed), 1);
    running.abort();
}

#[tokio::test]
async fn a_clock_that_is_right_or_behind_ends_no_connection() {
    for behind in [Duration::ZERO, Duration::from_secs(25)] {
        let (port, _) = server_with_a_clock(behind).await;
        let session = session_at(port).await;
        let connection = GrammersConnection::open(session, 1, OWN, ConnectionParams::default);
        let asking = timeout(Duration::from_secs(2), connection.transport().call(tip())).await;
        assert!(asking.is_err(), "{asking:?}");
    }
}
