//! Key files and session files.

use confcall_mtproto_server::limits;
use confcall_mtproto_server::{AuthKey, Keys, KeysError, WriteSessionError, write_session};
use confcall_state::UserId;
use grammers_session::Session as _;
use grammers_session::storages::SqliteSession;
use grammers_session::types::{PeerId, PeerInfo};
use tempfile::TempDir;

use crate::scene::{ALICE, BOB};

const ADDRESS: &str = "127.0.0.1:4430";

/// Bob's key, of a server whose key file is in a directory.
fn key_of_bob(directory: &TempDir) -> AuthKey {
    let mut keys = Keys::create(directory.path().join("keys")).unwrap();
    keys.issue(BOB).unwrap()
}

#[test]
fn a_user_has_one_key_and_no_two_the_same() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("keys");
    let mut keys = Keys::create(&path).unwrap();
    let alice = *keys.issue(ALICE).unwrap().expose();
    let bob = *keys.issue(BOB).unwrap().expose();
    assert_ne!(alice, bob);
    let mut again = Keys::load(&path).unwrap();
    assert_eq!(*again.issue(ALICE).unwrap().expose(), alice);
    let mut other = Keys::create(directory.path().join("other")).unwrap();
    assert_ne!(*other.issue(ALICE).unwrap().expose(), alice);
}

#[test]
fn keys_issued_by_several_at_once_are_all_noted() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("keys");
    Keys::create(&path).unwrap();
    std::thread::scope(|scope| {
        for part in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let mut keys = Keys::load(path).unwrap();
                for user in 0..10 {
                    keys.issue(UserId::new(part * 100 + user)).unwrap();
                }
            });
        }
    });
    let text = std::fs::read_to_string(&path).unwrap();
    let content: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(content["users"].as_array().unwrap().len(), 80);
}

#[test]
fn a_key_file_is_not_overwritten_and_a_wrong_one_is_told() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("keys");
    let missing = Keys::load(&path).unwrap_err();
    assert!(matches!(missing, KeysError::File { .. }), "{missing}");
    let written = Keys::create(&path).map(drop);
    assert!(written.is_ok());
    assert!(matches!(Keys::create(&path), Err(KeysError::File { .. })));
    let text = std::fs::read_to_string(&path).unwrap();
    for wrong in [
        "",
        "{}",
        &text[..text.len() / 2],
        &text.replace("\": \"", "\": \"0"),
        &(" ".repeat(limits::KEY_FILE as usize) + &text),
    ] {
        std::fs::write(&path, wrong).unwrap();
        let error = Keys::load(&path).unwrap_err();
        assert!(matches!(error, KeysError::Content { .. }), "{error}");
        assert!(error.to_string().contains("is not a key file"), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_their_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = TempDir::new().unwrap();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = directory.path().join("keys");
    let key = Keys::create(&path).unwrap().issue(ALICE).unwrap();
    assert_eq!(mode(&path), 0o600);
    let session = directory.path().join("session");
    let written = write_session(&session, &key, ADDRESS.parse().unwrap(), ALICE).await;
    written.unwrap();
    assert_eq!(mode(&session), 0o600);

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let exposed = Keys::load(&path).unwrap_err();
    assert!(matches!(exposed, KeysError::Exposed(_)));
    assert!(exposed.to_string().contains("chmod 600"), "{exposed}");
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

#[test]
fn keys_and_their_file_are_printed_without_a_secret() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("keys");
    let mut keys = Keys::create(&path).unwrap();
    let key = keys.issue(BOB).unwrap();
    assert_eq!(format!("{key:?}"), "AuthKey(..)");
    let printed = format!("Keys {{ path: {path:?}, users: 1, .. }}");
    assert_eq!(format!("{keys:?}"), printed);
}

#[test]
fn a_key_is_wiped_when_dropped() {
    fn is_wiped<T: zeroize::ZeroizeOnDrop>() {}
    is_wiped::<AuthKey>();
}
