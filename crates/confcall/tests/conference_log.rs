//! The content of the log, and what it keeps to itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};

use common::{Member, hub, message};
use confcall_state::UserId;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

const ALICE: UserId = UserId::new(987_654_321);
const BOB: UserId = UserId::new(123_456_789);

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A call of two, of whom one is kicked, and what is logged of it.
async fn log_at(level: Level) -> (String, i64) {
    let log = Log::default();
    let lines = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false);
    let subscriber = lines.with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    alice.emoji_at(1).await;
    let sent = bob
        .conference
        .send_message(message(1, "a private text"))
        .await;
    sent.unwrap();
    alice.conference.kick(vec![BOB]).await.unwrap();
    bob.end().await;
    let call = hub.with(|server| server.calls().next().unwrap().id());
    alice.conference.close().await;
    let bytes = log.0.lock().unwrap().clone();
    (String::from_utf8(bytes).unwrap(), call.value())
}

#[tokio::test(start_paused = true)]
async fn the_log_knows_call_and_height_and_no_user() {
    let (log, call) = log_at(Level::INFO).await;
    let joined: Vec<_> = log.lines().filter(|line| line.contains("joined")).collect();
    assert_eq!(joined.len(), 2, "{log}");
    assert!(
        joined
            .iter()
            .all(|line| line.contains(&format!("call={call}")))
    );
    let ended = log.lines().rfind(|line| line.contains("ended")).unwrap();
    assert!(ended.contains("height=2"), "{ended}");
    for secret in ["987654321", "123456789", "a private text"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_field_is_written_twice_into_a_line_of_the_log() {
    let (log, _) = log_at(Level::TRACE).await;
    for line in log.lines() {
        for field in ["call=", "height="] {
            assert!(line.matches(field).count() <= 1, "{line}");
        }
    }
    // Two blocks came, so that a span would have kept two heights.
    assert!(log.contains("height=2"));
}

#[tokio::test(start_paused = true)]
async fn users_are_for_debugging_and_texts_for_nobody() {
    let (log, _) = log_at(Level::TRACE).await;
    assert!(log.contains("123456789"));
    assert!(!log.contains("a private text"));
}
