//! Session files of grammers.

use confcall_mtproto_server::{AuthKey, Keys, WriteSessionError, write_session};
use confcall_state::UserId;
use grammers_session::Session as _;
use grammers_session::storages::SqliteSession;
use grammers_session::types::{PeerId, PeerInfo};
use tempfile::TempDir;

use crate::scene::BOB;

const ADDRESS: &str = "127.0.0.1:4430";

/// Bob's key, of a server whose key file is in a directory.
fn key_of_bob(directory: &TempDir) -> AuthKey {
    let mut keys = Keys::create(directory.path().join("keys")).unwrap();
    keys.issue(BOB).unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_a_session_file() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("session");
    let key = key_of_bob(&directory);
    let written = write_session(&path, &key, ADDRESS.parse().unwrap(), BOB).await;
    written.unwrap();
    assert_eq!(crate::scene::mode(&path), 0o600);
}

#[tokio::test]
async fn a_session_file_says_who_the_user_is_and_where_the_server() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("session");
    let key = key_of_bob(&directory);
    let written = write_session(&path, &key, ADDRESS.parse().unwrap(), BOB).await;
    written.unwrap();
    let session = SqliteSession::open(&path).await.unwrap();
    let home = session.dc_option(session.home_dc_id().unwrap()).unwrap();
    let home = home.unwrap();
    assert_eq!(home.ipv4.to_string(), ADDRESS);
    assert_eq!(home.auth_key.as_ref(), Some(key.expose()));
    let own = session.peer(PeerId::self_user()).await.unwrap();
    let Some(PeerInfo::User { id, is_self, .. }) = own else {
        panic!("no user: {own:?}");
    };
    assert_eq!((id, is_self), (BOB.value(), Some(true)));
}

#[tokio::test]
async fn a_session_file_is_written_for_an_address_and_a_user_that_clients_can_have() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("session");
    let key = key_of_bob(&directory);
    for address in ["[::1]:443", "127.0.0.1:0"] {
        let refused = write_session(&path, &key, address.parse().unwrap(), BOB).await;
        assert!(matches!(refused, Err(WriteSessionError::Address(_))));
    }
    for user in [0, -1, i64::MAX] {
        let user = UserId::new(user);
        let refused = write_session(&path, &key, ADDRESS.parse().unwrap(), user).await;
        assert!(matches!(refused, Err(WriteSessionError::User(_))));
    }
    assert!(!path.exists());
    std::fs::write(&path, "mine").unwrap();
    let refused = write_session(&path, &key, ADDRESS.parse().unwrap(), BOB).await;
    assert!(matches!(refused, Err(WriteSessionError::Create { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}
