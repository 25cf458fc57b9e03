//! Calls of groups and channels, with the command as processes that meet over TCP.
#![allow(clippy::unwrap_used, reason = "tests")]

mod running;

use std::fs;
use std::path::Path;
use std::process::Command;

use running::place::Place;
use serde_json::json;

#[test]
fn people_of_a_group_meet_in_its_video_chat() {
    let place = Place::new("group_calls_video_chat");
    let server = place.serve(&[]);
    let mut alice = place.enter(&server.address, "1", &["join", "@walkers"]);
    assert_eq!(alice.next("joined")["kind"], "video_chat");
    assert_eq!(alice.next("call")["title"], "Where to next");
    let mut bob = place.enter(
        &server.address,
        "2",
        &["join", "https://t.me/walkers?videochat"],
    );
    bob.next("joined");
    bob.type_line("hello");
    let message = alice.next("message");
    assert_eq!(
        (
            &message["text"],
            &message["encrypted"],
            &message["from"]["id"]
        ),
        (&json!("hello"), &json!(false), &json!("2"))
    );
    alice.type_line("/title Uphill");
    bob.wait_for("call", |call| call["title"] == "Uphill");
    alice.type_line("/record on");
    bob.wait_for("call", |call| call["recorded_since"].is_number());
    // What hangs on encryption, no call of a group has.
    bob.type_line("/emoji");
    let failed = bob.wait_for("failed", |failed| failed["command"] == "emoji");
    assert_eq!(failed["why"], "not_in_this_kind");
    bob.type_line("/leave");
    assert_eq!(bob.status(), 0);
    alice.type_line("/discard");
    assert_eq!(alice.next("ended")["reason"]["kind"], "discarded");
    assert_eq!(alice.status(), 0);
}

#[test]
fn who_may_not_speak_raises_the_hand_and_is_let_speak() {
    let place = Place::new("group_calls_hand");
    let server = place.serve(&[]);
    let mut alice = place.enter(&server.address, "1", &["join", "@harbour"]);
    alice.next("joined");
    let mut bob = place.enter(&server.address, "2", &["join", "@harbour"]);
    assert_eq!(bob.next("joined")["mode"], "stream");
    bob.type_line("/unmute");
    assert_eq!(bob.answer("unmute", "done")["why"], "silenced");
    bob.type_line("/hand");
    bob.wait_for("own_state", |own| own["hand_raised"] == true);
    alice.type_line("/unmute 2");
    assert_eq!(bob.next("rejoined")["mode"], "web_rtc");
    bob.type_line("/unmute");
    bob.wait_for("own_state", |own| own["confirmed"]["muted"] == false);
}

#[test]
fn a_stream_is_recorded_as_files_that_can_be_played() {
    let place = Place::new("group_calls_recording");
    let server = place.serve(&[]);
    for (target, track) in [("@lighthouse", "stream"), ("@harbour", "sound")] {
        let folder = place.file(track);
        let record = folder.to_str().unwrap();
        let listen = ["listen", target, "--seconds", "5", "--record", record];
        let mut bob = place.enter(&server.address, "2", &listen);
        let part = bob.next("stream_part");
        assert!(part["bytes"].as_u64().unwrap() > 100, "{part}");
        let ended = bob.next("ended");
        assert_eq!(ended["reason"]["kind"], "left");
        assert_eq!(bob.status(), 0);
        let recording = ended["recorded"]["folder"].as_str().unwrap();
        let recording = Path::new(recording);
        let list = recording.join(format!("{track}.ffconcat"));
        let listed = fs::read_to_string(&list).unwrap();
        let files: Vec<_> = listed.lines().skip(1).collect();
        assert!(files.len() >= 2, "{listed}");
        let first = files[0].trim_start_matches("file '").trim_end_matches('\'');
        for file in [recording.join(first), list] {
            assert_private(&file);
            probe(&file);
        }
    }
}

#[test]
fn a_recording_ends_at_its_limit() {
    let place = Place::new("group_calls_limit");
    let server = place.serve(&[]);
    let folder = place.file("recording");
    let record = folder.to_str().unwrap();
    let listen = [
        "listen",
        "@lighthouse",
        "--record",
        record,
        "--record-limit",
        "30000",
    ];
    let mut bob = place.enter(&server.address, "2", &listen);
    bob.wait_for("stream_part", |part| part["is_full"] == true);
    let ended = bob.next("ended");
    assert!(ended["recorded"]["bytes"].as_u64().unwrap() <= 30_000);
    assert_eq!(bob.status(), 0);
}

/// Asserts that nobody but the owner can read a file.
fn assert_private(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(file), 0o600, "{}", file.display());
        assert_eq!(mode(file.parent().unwrap()), 0o700);
    }
}

/// Has FFmpeg read a file, where it is installed; `.ci/run` says if it is not.
fn probe(file: &Path) {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-show_entries", "stream=codec_type"]);
    let Ok(probed) = command.arg(file).output() else {
        return;
    };
    let said = String::from_utf8_lossy(&probed.stderr);
    assert!(
        probed.status.success() && said.is_empty(),
        "{}: {said}",
        file.display()
    );
    let found = String::from_utf8_lossy(&probed.stdout);
    assert!(
        found.contains("codec_type=audio"),
        "{}: {found}",
        file.display()
    );
}
