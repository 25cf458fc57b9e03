//! Key files.

use confcall_mtproto_server::limits;
use confcall_mtproto_server::{AuthKey, Keys, KeysError, SnapshotFile};
use confcall_server::Limits;
use confcall_state::UserId;
use tempfile::TempDir;

use crate::scene::{ALICE, BOB, in_time, make_pipe, mode};

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
#[test]
fn a_pipe_in_the_place_of_a_file_is_refused_at_once() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("pipe");
    make_pipe(&path);
    let keys = path.clone();
    let error = in_time(|| Keys::load(keys)).unwrap_err();
    assert!(error.to_string().contains("no regular file"), "{error}");
    let snapshot = || SnapshotFile::lock(path)?.load(Limits::default());
    let error = in_time(snapshot).unwrap_err();
    assert!(error.to_string().contains("no regular file"), "{error}");
}

#[test]
fn a_key_file_without_room_for_another_user_stays_as_it_is() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("keys");
    drop(Keys::create(&path).unwrap());
    let users: Vec<_> = (1..=400_000).collect();
    let content = serde_json::json!({"secret": "07".repeat(32), "users": users});
    std::fs::write(&path, content.to_string()).unwrap();
    let mut keys = Keys::load(&path).unwrap();
    let refused = keys.issue(UserId::new(400_001)).unwrap_err();
    assert!(matches!(refused, KeysError::Full { .. }), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), content.to_string());
    assert!(keys.issue(BOB).is_ok());
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_key_file() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("keys");
    drop(Keys::create(&path).unwrap().issue(ALICE).unwrap());
    assert_eq!(mode(&path), 0o600);

    let readable = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o640);
    std::fs::set_permissions(&path, readable).unwrap();
    let exposed = Keys::load(&path).unwrap_err();
    assert!(matches!(exposed, KeysError::Exposed(_)));
    assert!(exposed.to_string().contains("chmod 600"), "{exposed}");
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
