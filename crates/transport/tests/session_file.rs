//! Session files: which are taken, and who can read a new one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use confcall_state::UserId;
use confcall_transport::grammers::session_file::{SessionFileError, open, open_or_create};
use grammers_session::Session;
use grammers_session::types::PeerInfo;

const OWN: UserId = UserId::new(1000);

/// A path of this test alone, without a file.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("confcall-{}-{name}.session", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn log_in(path: &Path) {
    let session = open_or_create(path).await.unwrap();
    let home = session.home_dc_id().unwrap();
    let mut home = session.dc_option(home).unwrap().unwrap();
    home.auth_key = Some([7; 256]);
    session.set_dc_option(&home).await.unwrap();
    let own = PeerInfo::User {
        id: OWN.value(),
        auth: None,
        bot: Some(false),
        is_self: Some(true),
    };
    session.cache_peer(own).await.unwrap();
}

async fn refused(path: &Path) -> SessionFileError {
    let Err(error) = open(path).await else {
        panic!("opened")
    };
    error
}

#[tokio::test]
async fn a_session_in_which_a_user_is_logged_in_says_who() {
    let scratch = Scratch::new("logged-in");
    log_in(&scratch.0).await;
    let (session, own) = open(&scratch.0).await.unwrap();
    assert_eq!(own, OWN);
    let home = session.dc_option(session.home_dc_id().unwrap());
    assert_eq!(home.unwrap().unwrap().auth_key, Some([7; 256]));
}

#[tokio::test]
async fn a_file_that_is_not_there_is_an_error_and_not_created() {
    let scratch = Scratch::new("missing");
    let error = refused(&scratch.0).await;
    assert!(matches!(error, SessionFileError::Inaccessible { .. }));
    assert!(!scratch.0.exists());
}

#[tokio::test]
async fn a_new_session_has_nobody_logged_in() {
    let scratch = Scratch::new("new");
    open_or_create(&scratch.0).await.unwrap();
    let error = refused(&scratch.0).await;
    assert!(matches!(error, SessionFileError::NotLoggedIn { .. }));
}

#[tokio::test]
async fn a_truncated_file_is_an_error_that_names_it() {
    let scratch = Scratch::new("truncated");
    log_in(&scratch.0).await;
    let whole = fs::read(&scratch.0).unwrap();
    for length in [whole.len() / 2, 100] {
        fs::write(&scratch.0, whole.get(..length).unwrap()).unwrap();
        let error = refused(&scratch.0).await;
        assert!(matches!(error, SessionFileError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("truncated.session"), "{error}");
    }
}

#[tokio::test]
async fn a_file_of_something_else_is_named_for_what_it_is_and_stays_as_it_is() {
    let scratch = Scratch::new("other");
    log_in(&scratch.0).await;
    let mut database = fs::read(&scratch.0).unwrap();
    // The place of the version of a database's maker.
    database.get_mut(60..64).unwrap().fill(0);
    for (content, says) in [
        (&b""[..], "is empty"),
        (b"api_id = 1", "is no SQLite database"),
        (database.get(..50).unwrap(), "is cut off"),
        (&database, "is a database of something else"),
    ] {
        fs::write(&scratch.0, content).unwrap();
        let error = refused(&scratch.0).await.to_string();
        assert!(
            error.contains("other.session") && error.contains(says),
            "{error}"
        );
        assert_eq!(fs::read(&scratch.0).unwrap(), content);
    }
    let directory = refused(&std::env::temp_dir()).await.to_string();
    assert!(directory.contains("is a directory"), "{directory}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_can_be_read_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new("private");
    log_in(&scratch.0).await;
    let mode = fs::metadata(&scratch.0).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
