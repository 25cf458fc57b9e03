//! `confcall serve` as it is run, and members who meet on it over TCP.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod running;

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::assert::Assert;
use predicates::prelude::*;
use predicates::str::contains;
use running::place::{Place, Server};
use running::{Running, confcall};
use serde_json::{Value, json};

/// A user who has joined a call, or created one.
fn member(place: &Place, server: &Server, user: &str, call: &[&str]) -> Running {
    let mut member = place.enter(&server.address, user, call);
    member.next("joined");
    member
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn members_meet_over_tcp_and_see_the_same_emoji_and_open_each_others_frames() {
    let place = Place::new("serve-meet");
    let mut server = place.serve(&[]);
    let mut alice = member(&place, &server, "1", &["create"]);
    alice.type_line("/link");
    let link = text(&alice.next("link")["link"]).to_owned();
    let mut bob = member(&place, &server, "2", &["join", &link]);

    let both = |call: &Value| call["members"] == json!(["1", "2"]);
    server.process.wait_for("members", both);
    let second = |object: &Value| object["height"] == 1;
    let [hers, his] = [&mut alice, &mut bob].map(|one| one.wait_for("emoji", second));
    assert_eq!(
        (&hers["emoji"], &hers["words"]),
        (&his["emoji"], &his["words"])
    );

    alice.type_line("/seal a frame");
    let packet = text(&alice.next("sealed")["packet"]).to_owned();
    bob.type_line(&format!("/open 1 {packet}"));
    let opened = bob.next("opened");
    assert_eq!(
        (&opened["from"], &opened["text"]),
        (&json!("1"), &json!("a frame"))
    );
    bob.type_line(&format!("/open 1 {packet}"));
    assert_eq!(bob.next("failed")["command"], "open");

    bob.type_line("Hello!");
    let message = alice.next("message");
    assert_eq!(
        (&message["from"]["id"], &message["text"]),
        (&json!("2"), &json!("Hello!"))
    );

    alice.type_line("/kick 2");
    let ended = bob.next("ended");
    assert_eq!(
        (&ended["reason"]["kind"], &ended["status"]),
        (&json!("removed"), &json!(3))
    );
    assert_eq!(bob.status(), 3);
    assert_eq!(alice.status(), 0);
}

/// A server whose first two users have these names, the creator of a call, and one who joined it.
fn two(place: &Place, names: [&str; 2]) -> (Server, Running, Running) {
    let [first, second] = names.map(str::to_owned);
    let (first, second) = (format!("1={first}"), format!("2={second}"));
    let server = place.serve(&["--name", &first, "--name", &second]);
    let mut alice = member(place, &server, "1", &["create"]);
    let link = text(&alice.next("link")["link"]).to_owned();
    let mut bob = member(place, &server, "2", &["join", &link]);
    for one in [&mut alice, &mut bob] {
        one.wait_for("roster", |roster| roster["connected"] == json!(["1", "2"]));
    }
    (server, alice, bob)
}

#[test]
fn the_creator_mutes_by_name_and_the_other_learns_it_and_can_only_speak_when_allowed() {
    let place = Place::new("serve-mute");
    let (_server, mut alice, mut bob) = two(&place, ["Alice", "Bob"]);
    alice.type_line("/mute bob");
    assert_eq!(alice.answer("mute", "done")["event"], "done");
    bob.wait_for("own_state", |own| own["can_unmute"] == false);
    bob.type_line("/unmute");
    let refused = bob.answer("unmute", "done");
    assert_eq!(refused["why"], "silenced", "{refused}");
    bob.type_line("/mute 1");
    assert_eq!(bob.answer("mute", "done")["why"], "not_allowed");

    alice.type_line("/unmute Bob");
    bob.wait_for("own_state", |own| own["can_unmute"] == true);
    bob.type_line("/unmute");
    bob.wait_for("done", |done| done["command"] == "unmute");
    let heard = |change: &Value| change["now"]["microphone"] == "on";
    alice.wait_for("participants_changed", |changes| {
        changes["changed"].as_array().unwrap().iter().any(heard)
    });
    assert_eq!((alice.status(), bob.status()), (0, 0));
}

#[test]
fn a_camera_and_a_screen_are_seen_by_the_other_and_messages_are_turned_off_by_the_creator() {
    let place = Place::new("serve-pictures");
    let (_server, mut alice, mut bob) = two(&place, ["Alice", "Bob"]);
    for (command, field) in [("/video on", "camera"), ("/screen on", "screen")] {
        bob.type_line(command);
        alice.wait_for("participants_changed", |changes| {
            let changed = changes["changed"].as_array().unwrap();
            changed
                .iter()
                .any(|change| change["now"][field].is_object())
        });
    }
    bob.type_line("/hand");
    assert_eq!(bob.next("failed")["why"], "not_in_this_kind");
    alice.type_line("/messages off");
    bob.wait_for("settings", |settings| settings["messages_enabled"] == false);
    bob.type_line("Hello?");
    assert_eq!(bob.next("failed")["why"], "messages_disabled");
    assert_eq!((alice.status(), bob.status()), (0, 0));
}

#[test]
fn a_name_that_two_have_or_that_says_another_one_acts_on_neither() {
    for (name, names) in [("Bob", ["Bob", "Bob"]), ("\"user 1\"", ["Alice", "user 1"])] {
        let place = Place::new("serve-doubtful");
        let (_server, mut alice, mut bob) = two(&place, names);
        alice.type_line(&format!("/kick {name}"));
        let says = alice.next("not_understood")["message"].clone();
        assert!(text(&says).contains("say the id: "), "{says}");
        // By the id nobody else can be meant.
        alice.type_line("/kick 2");
        assert_eq!(bob.next("ended")["reason"]["kind"], "removed");
        assert_eq!(alice.status(), 0);
    }
}

#[cfg(unix)]
#[test]
fn a_server_goes_on_from_its_snapshot_and_its_members_with_it() {
    let place = Place::new("serve-snapshot");
    let path = place.file("calls.snapshot");
    let snapshot = ["--snapshot", path.to_str().unwrap()];
    let server = place.serve(&snapshot);
    let address = server.address.clone();
    let mut alice = member(&place, &server, "1", &["create"]);
    alice.next("emoji");
    let mut process = server.stop();
    assert_eq!(process.next("saved")["calls"], 1);
    assert_eq!(mode(&path), 0o600);

    let mut server = place.serve_at(&address, &snapshot);
    assert_eq!(server.process.next("restored")["calls"], 1);
    alice.type_line("/link");
    let link = text(&alice.next("link")["link"]).to_owned();
    let mut bob = member(&place, &server, "2", &["join", &link]);
    bob.wait_for("members", |call| call["members"] == json!(["1", "2"]));
    alice.wait_for("members", |call| call["members"] == json!(["1", "2"]));
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_a_member_whom_the_server_does_not_answer() {
    let place = Place::new("serve-interrupted");
    let server = place.serve(&[]);
    let mut alice = member(&place, &server, "1", &["create", "--stay"]);
    server.process.signal("-STOP");
    alice.terminate();
    alice.next("leaving");
    alice.terminate();
    assert_eq!(alice.status(), 130);
}

#[cfg(unix)]
#[test]
fn a_connection_that_is_lost_and_back_is_reported_once_each() {
    let place = Place::new("serve-outage");
    let server = place.serve(&["--silence", "60"]);
    let create = ["create", "--answer-timeout", "3"];
    let mut alice = member(&place, &server, "1", &create);
    alice.next("emoji");
    server.process.signal("-STOP");
    alice.next("connection_lost");
    // Several requests are lost in this time.
    thread::sleep(Duration::from_secs(9));
    server.process.signal("-CONT");
    alice.next("connection_back");
    assert_eq!(alice.status(), 0);
    for event in ["connection_lost", "connection_back"] {
        assert_eq!(alice.all(event).count(), 1, "{event}");
    }
    let lost = |one: &&Value| one["event"] == "retrying" && one["why"]["kind"] == "unanswered";
    assert_eq!(alice.objects().find(lost), None);
}

#[test]
fn a_link_on_standard_input_is_joined_and_does_not_stand_in_the_command_line() {
    let place = Place::new("serve-stdin");
    let server = place.serve(&[]);
    let mut alice = member(&place, &server, "1", &["create"]);
    alice.type_line("/link");
    let link = text(&alice.next("link")["link"]).to_owned();
    let mut bob = place.enter(&server.address, "2", &["join", "-"]);
    bob.type_line(&link);
    bob.type_line("the next line is a message");
    bob.next("joined");
    assert_eq!(alice.next("message")["text"], "the next line is a message");
    assert_eq!(bob.status(), 0);

    let mut carol = place.enter(&server.address, "3", &["join", "-"]);
    carol.type_line("t.me/some");
    carol.line("the first line of standard input is no call");
    assert_eq!(carol.status(), 1);
}

#[test]
fn what_was_seen_of_a_call_is_compared_when_it_is_joined_again() {
    let place = Place::new("serve-last-known");
    let server = place.serve(&[]);
    let mut alice = member(&place, &server, "1", &["create"]);
    alice.type_line("/link");
    let link = text(&alice.next("link")["link"]).to_owned();
    let known = place.file("call.known");
    let join = ["join", &link, "--last-known", known.to_str().unwrap()];

    let mut bob = member(&place, &server, "2", &join);
    bob.next("emoji");
    assert_eq!(bob.status(), 0);
    alice.wait_for("members", |now| now["members"] == json!(["1"]));
    let mut carol = member(&place, &server, "3", &["join", &link]);
    carol.next("emoji");

    let mut bob = place.enter(&server.address, "2", &join);
    let gap = bob.next("gap");
    assert_eq!((&gap["blocks"], &gap["joined"]), (&json!(2), &json!(["3"])));
    bob.next("joined");
    assert_eq!(bob.status(), 0);

    fs::write(&known, "something else").unwrap();
    let mut bob = place.enter(&server.address, "2", &join);
    bob.line("is no file of --last-known: move it away to go on without it");
    assert_eq!(bob.status(), 1);
}

#[test]
fn a_snapshot_that_is_none_is_named_and_kept() {
    let place = Place::new("serve-no-snapshot");
    let path = place.write_private("calls.snapshot", "something else");
    let mut command = assert_cmd::Command::from_std(confcall());
    command
        .args(place.serve_args(["--listen", "127.0.0.1:0", "--snapshot"]))
        .arg(&path);
    let says = contains("calls.snapshot; move it away to start without it");
    command.assert().code(1).stderr(says);
    assert_eq!(fs::read_to_string(path).unwrap(), "something else");
}

#[test]
fn a_snapshot_of_a_running_server_is_not_taken_by_another_one() {
    let place = Place::new("serve-one-snapshot");
    let path = place.file("calls.snapshot");
    let snapshot = ["--snapshot", path.to_str().unwrap()];
    let _server = place.serve(&snapshot);
    let mut command = assert_cmd::Command::from_std(confcall());
    command.args(place.serve_args(["--listen", "127.0.0.1:0"]));
    let refused = command.args(snapshot).assert().code(1);
    refused.stderr(contains("another server uses the snapshot"));
}

#[cfg(unix)]
#[test]
fn a_server_that_reads_its_files_can_be_interrupted() {
    let place = Place::new("serve-slow-start");
    place.issue("1.session", "1", "127.0.0.1:4430").success();
    // The server waits for the lock as it would for a slow disk.
    let keys = fs::File::open(place.file("keys")).unwrap();
    keys.lock().unwrap();
    let mut server = Running::start(place.serve_args(["--listen", "127.0.0.1:0"]));
    // Long enough for the process to start listening to signals, before which they end it anyway.
    thread::sleep(Duration::from_secs(1));
    server.terminate();
    assert_eq!(server.end(), 130);
}

#[cfg(unix)]
#[test]
fn a_server_that_may_open_few_files_serves_a_client_beside_silent_connections() {
    let place = Place::new("serve-few-files");
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\" --json"]);
    limited.arg(confcall().get_program());
    limited.args(place.serve_args(["--listen", "127.0.0.1:0"]));
    let mut process = Running::run(limited);
    let address = text(&process.next("listening")["address"]).to_owned();
    // At ten seconds until a silent connection is closed by itself, so many would keep others out for a minute.
    let silent: Vec<_> = (0..400)
        .map(|_| TcpStream::connect(&address).unwrap())
        .collect();
    let start = Instant::now();
    let mut alice = place.enter(&address, "1", &["create"]);
    alice.next("joined");
    assert!(start.elapsed() < Duration::from_secs(20));
    drop(silent);
}

#[test]
fn a_port_that_is_taken_is_answered_with_one_that_is_free() {
    let place = Place::new("serve-taken");
    let server = place.serve(&[]);
    let mut command = assert_cmd::Command::from_std(confcall());
    command.args(place.serve_args(["--listen", &server.address]));
    let says = String::from_utf8(command.assert().code(1).get_output().stderr.clone()).unwrap();
    assert!(
        says.contains(&format!("{} is taken", server.address)),
        "{says}"
    );
    let (_, free) = says.split_once("--listen ").unwrap();
    let free = free.split('`').next().unwrap();
    let second = place.serve_at(free, &[]);
    assert_eq!(second.address, free);
}

#[cfg(unix)]
#[test]
fn a_quiet_server_says_nothing_but_a_port_that_nobody_could_know() {
    let place = Place::new("serve-quiet");
    let mut open = confcall();
    open.args(place.serve_args(["--listen", "127.0.0.1:0", "--quiet"]));
    let mut open = Running::run(open);
    let listening = open.line("listening ");
    open.signal("-INT");
    assert_eq!(open.end(), 0);
    assert_eq!(open.transcript().trim(), listening.trim());

    // Nobody has it any more.
    let address = listening.split_whitespace().next_back().unwrap();
    let mut stated = confcall();
    stated.args(place.serve_args(["--listen", address, "--quiet"]));
    let mut stated = Running::run(stated);
    while TcpStream::connect(address).is_err() {
        thread::sleep(Duration::from_millis(20));
    }
    stated.signal("-INT");
    assert_eq!(stated.end(), 0);
    assert_eq!(stated.transcript(), "");
}

#[test]
fn an_address_that_others_can_reach_needs_a_flag() {
    let place = Place::new("serve-public");
    let mut command = assert_cmd::Command::from_std(confcall());
    command.args(place.serve_args(["--listen", "0.0.0.0:0"]));
    command.assert().code(1).stderr(contains("--allow-public"));
}

#[test]
fn the_public_key_is_a_file_that_clients_load_and_the_same_each_time() {
    let place = Place::new("serve-public-key");
    let print = |flags: &[&str]| {
        let mut command = assert_cmd::Command::from_std(confcall());
        command.args(place.serve_args(["--public-key"])).args(flags);
        let output = command.assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    };
    let json: Value = serde_json::from_str(&print(&["--json"])).unwrap();
    let printed = print(&[]);
    let (key, comments) = printed.split_once("# ").unwrap();
    assert_eq!(key, text(&json["pem"]));
    assert!(key.starts_with("-----BEGIN RSA PUBLIC KEY-----\n"));
    assert!(comments.contains(text(&json["fingerprint"])));
    assert!(comments.contains("add_key"));
    assert_eq!(printed, print(&[]));
}

#[test]
fn logins_on_an_address_that_others_can_reach_need_a_flag_of_their_own() {
    let place = Place::new("serve-public-login");
    let codes = place.file("codes");
    let mut command = assert_cmd::Command::from_std(confcall());
    command.args(place.serve_args(["--listen", "127.0.0.1:0", "--allow-public"]));
    command.arg("--login-codes").arg(&codes);
    command.assert().code(1).stderr(contains("--allow-login"));
    assert!(!codes.exists());
    let mut command = assert_cmd::Command::from_std(confcall());
    command.args(place.serve_args(["--allow-login"]));
    command.assert().code(2).stderr(contains("--allow-public"));
}

#[cfg(unix)]
#[test]
fn a_session_is_for_its_owner_alone_and_overwrites_nothing() {
    let place = Place::new("serve-issue");
    place.issue("1.session", "1", "127.0.0.1:4430").success();
    for file in ["1.session", "keys"] {
        assert_eq!(mode(&place.file(file)), 0o600, "{file}");
    }
    let before = fs::read(place.file("1.session")).unwrap();
    let again = place.issue("1.session", "2", "127.0.0.1:4430");
    again
        .code(1)
        .stderr(contains("1.session cannot be created"));
    assert_eq!(fs::read(place.file("1.session")).unwrap(), before);
}

#[test]
fn a_session_needs_the_port_of_its_server() {
    let place = Place::new("serve-port");
    let refused = place.issue("1.session", "1", "127.0.0.1:0");
    refused.code(1).stderr(contains("give it with --listen"));
    assert!(!place.file("1.session").exists());
}

/// What `confcall join` says of a session file, which stays as it is.
fn refusal(path: &Path) -> Assert {
    let before = fs::read(path).ok();
    let mut command = assert_cmd::Command::from_std(confcall());
    let refused = command
        .args(["join", "abc", "--session"])
        .arg(path)
        .assert();
    assert_eq!(fs::read(path).ok(), before, "{}", path.display());
    let named = contains(path.to_str().unwrap());
    refused.code(1).stderr(named)
}

#[test]
fn a_session_file_that_cannot_be_used_says_why_and_stays_as_it_is() {
    let place = Place::new("serve-wrong-sessions");
    place.issue("whole", "1", "127.0.0.1:4430").success();
    let whole = fs::read(place.file("whole")).unwrap();
    place.write_private("text", "api_id = 1");
    place.write_private("half", whole.split_at(whole.len() / 2).0);
    for (name, says) in [
        ("missing", "No such file"),
        ("text", "is no session file: expected value"),
        ("half", "is no session file: EOF"),
    ] {
        let next = contains("; `confcall serve --issue-session` writes one");
        refusal(&place.file(name)).stderr(contains(says).and(next));
    }
    fs::create_dir(place.file("directory")).unwrap();
    refusal(&place.file("directory")).stderr(contains("no regular file"));
}

#[cfg(not(feature = "session-file"))]
#[test]
fn a_session_file_of_grammers_says_which_feature_reads_it() {
    let place = Place::new("serve-sqlite");
    let database = [b"SQLite format 3\0", &[1; 8192][..]].concat();
    let path = place.write_private("a.session", database);
    refusal(&path).stderr(contains("build the command with `--features session-file`"));
}

#[cfg(feature = "session-file")]
#[test]
fn a_session_file_of_grammers_brings_a_user_into_a_call() {
    let place = Place::new("serve-sqlite");
    let server = place.serve(&[]);
    let path = place.file("1.session");
    let mut command = assert_cmd::Command::from_std(confcall());
    command.args(place.serve_args(["--listen", &server.address, "--user-id", "1"]));
    command
        .args(["--format", "grammers"])
        .arg("--issue-session")
        .arg(&path);
    command.assert().success();
    assert!(fs::read(&path).unwrap().starts_with(b"SQLite format 3\0"));
    assert_eq!(mode(&path), 0o600);
    let mut alice = member(&place, &server, "1", &["create"]);
    assert_eq!(alice.status(), 0);
    let other = place.write_private("other", b"SQLite format 3\0");
    refusal(&other).stderr(contains("no session file"));
}

#[cfg(unix)]
#[test]
fn a_session_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new("serve-exposed-session");
    place.issue("1.session", "1", "127.0.0.1:4430").success();
    let path = place.file("1.session");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    refusal(&path).stderr(contains("run `chmod 600"));
}

#[test]
fn help_says_that_it_is_for_development_and_has_examples() {
    let mut command = assert_cmd::Command::from_std(confcall());
    let help = command.args(["serve", "--help"]).assert().success();
    help.stdout(contains("Examples:\n  confcall serve ").and(contains("development tool")));
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
