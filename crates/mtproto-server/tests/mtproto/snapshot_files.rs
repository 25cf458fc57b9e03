//! Files of snapshots.

use confcall_mtproto_server::{SnapshotFile, SnapshotFileError, limits};
use confcall_server::{Limits, Server, ServerOptions};
use tempfile::TempDir;

use crate::scene::ALICE;

/// A server with a call.
fn server() -> Server {
    let mut server = Server::new(ServerOptions::default());
    server.create_empty(ALICE).unwrap();
    server
}

#[test]
fn a_snapshot_is_for_one_server_at_a_time() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("snapshot");
    let file = SnapshotFile::lock(&path).unwrap();
    assert!(matches!(file.load(Limits::default()), Ok(None)));
    for _ in 0..2 {
        let other = SnapshotFile::lock(&path);
        assert!(
            matches!(other, Err(SnapshotFileError::InUse(_))),
            "{other:?}"
        );
        // Another file is in its place afterwards, and it is still this server's.
        file.save(&server()).unwrap();
    }
    drop(file);
    let file = SnapshotFile::lock(&path).unwrap();
    assert_eq!(file.load(Limits::default()).unwrap(), Some(server()));
}

#[cfg(unix)]
#[test]
fn a_snapshot_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("snapshot");
    let file = SnapshotFile::lock(&path).unwrap();
    file.save(&server()).unwrap();
    for mode in [0o666, 0o640, 0o602] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let refused = file.load(Limits::default()).unwrap_err();
        assert!(
            matches!(refused, SnapshotFileError::Exposed(_)),
            "{refused}"
        );
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(file.load(Limits::default()).unwrap(), Some(server()));
}

#[test]
fn a_file_larger_than_a_snapshot_can_be_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("snapshot");
    let file = SnapshotFile::lock(&path).unwrap();
    file.save(&server()).unwrap();
    let snapshot = std::fs::File::options().write(true).open(&path).unwrap();
    snapshot.set_len(limits::SNAPSHOT_FILE + 1).unwrap();
    let refused = file.load(Limits::default()).unwrap_err();
    assert!(
        matches!(refused, SnapshotFileError::TooLarge { .. }),
        "{refused}"
    );
}
