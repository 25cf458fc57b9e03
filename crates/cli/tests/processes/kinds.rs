//! A call of each kind that is no conference, in the world that a server has if nothing else is said.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::running::Running;
use crate::running::place::{Place, Server};

/// Lets a user enter a call.
fn enter(place: &Place, server: &Server, user: &str, call: &[&str]) -> Running {
    let patience = ["--answer-timeout", "3"];
    let call: Vec<_> = call.iter().chain(&patience).copied().collect();
    place.enter(&server.address, user, &call)
}

/// Waits for the end of one who leaves, for this reason.
fn ends(mut process: Running, reason: &str, status: i32) {
    let ended = process.next("ended");
    assert_eq!(ended["reason"]["kind"], reason, "{ended}");
    assert_eq!(process.end(), status);
}

/// Waits until a command of a user is carried out.
fn done(process: &mut Running, command: &str) {
    process.wait_for("done", is("command", command));
}

/// Waits until a command of a user fails; gives the name of the reason.
fn refused(process: &mut Running, command: &str) -> Value {
    process.wait_for("failed", is("command", command))["why"].clone()
}

fn is(field: &str, value: impl Into<Value>) -> impl Fn(&Value) -> bool {
    let value = value.into();
    move |object| object[field] == value
}

#[test]
fn in_a_video_chat_one_is_muted_raises_the_hand_and_may_speak_again() {
    let place = Place::new("video-chat");
    let server = place.serve(&[]);
    let link = "https://t.me/walkers?videochat";
    let mut alice = enter(&place, &server, "1", &["join", link]);
    let mut bob = enter(&place, &server, "2", &["join", "@walkers"]);
    for member in [&mut alice, &mut bob] {
        let joined = member.next("joined");
        assert_eq!(joined["kind"], "video_chat", "{joined}");
        assert_eq!(joined["mode"], "web_rtc", "{joined}");
        assert_eq!(member.next("call")["title"], "Where to next");
    }

    bob.type_line("Is the path dry?");
    let message = alice.wait_for("message", is("text", "Is the path dry?"));
    assert_eq!(message["encrypted"], false, "{message}");
    let number = message["posted"]["id"].clone();
    bob.type_line(&format!("/delete {number}"));
    alice.wait_for("messages_deleted", is("messages", vec![number]));

    alice.type_line("/mute 2");
    bob.wait_for("own_state", is("can_unmute", false));
    bob.type_line("/unmute");
    assert_eq!(refused(&mut bob, "unmute"), "silenced");
    bob.type_line("/hand");
    alice.wait_for("participants_changed", |event| {
        let changed = event["changed"].as_array().into_iter().flatten();
        let mut now = changed.map(|change| &change["now"]);
        now.any(|now| now["peer"]["id"] == "2" && !now["raised_hand"].is_null())
    });
    alice.type_line("/unmute 2");
    bob.wait_for("own_state", is("can_unmute", true));
    bob.type_line("/unmute");
    done(&mut bob, "unmute");

    alice.type_line("/title Where we are");
    bob.wait_for("call", is("title", "Where we are"));
    alice.type_line("/link speak");
    let link = alice.next("link")["link"].clone();
    assert!(link.as_str().unwrap().contains("videochat="), "{link}");
    bob.type_line("/who all");
    let who = bob.next("who");
    assert_eq!(who["people"].as_array().unwrap().len(), 3, "{who}");
    alice.type_line("/record on");
    bob.wait_for("call", |call| !call["recorded_since"].is_null());
    bob.type_line("/kick 1");
    assert_eq!(refused(&mut bob, "kick"), "not_in_this_kind");
    bob.type_line("/leave");
    ends(bob, "left", 0);
    alice.type_line("/discard");
    ends(alice, "discarded", 0);
}

#[test]
fn an_announced_call_is_waited_for_and_begun_by_an_admin() {
    let place = Place::new("announced");
    let server = place.serve(&[]);
    let mut bob = enter(&place, &server, "2", &["join", "@choir"]);
    let announced = bob.next("scheduled");
    assert_eq!(announced["title"], "Rehearsal", "{announced}");
    assert_eq!(announced["start_subscribed"], false, "{announced}");
    bob.type_line("/remind on");
    bob.wait_for("scheduled", is("start_subscribed", true));
    bob.type_line("/start");
    assert_eq!(refused(&mut bob, "start"), "refused");
    let mut alice = enter(&place, &server, "1", &["join", "t.me/choir?videochat"]);
    alice.next("scheduled");
    // Nobody is in before it begins.
    assert_eq!(bob.all("joined").count(), 0);
    alice.type_line("/start");
    for member in [&mut alice, &mut bob] {
        assert_eq!(member.next("joined")["mode"], "web_rtc");
    }
    bob.type_line("Here I am");
    alice.wait_for("message", is("text", "Here I am"));
    bob.type_line("/remind on");
    done(&mut bob, "remind");
}

#[test]
fn one_takes_part_as_one_of_those_who_are_listed() {
    let place = Place::new("own-peers");
    let server = place.serve(&[]);
    let mut alice = enter(&place, &server, "1", &["join", "@walkers"]);
    let mut bob = enter(&place, &server, "2", &["join", "@walkers"]);
    for member in [&mut alice, &mut bob] {
        member.next("joined");
        member.type_line("/as");
    }
    let names = |listed: Value| -> Vec<String> {
        let peers = listed["peers"].as_array().unwrap().iter();
        let names = peers.map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect()
    };
    assert_eq!(names(bob.next("own_peers")).len(), 1);
    let listed = names(alice.next("own_peers"));
    assert!(listed.contains(&"Harbour News".to_owned()), "{listed:?}");
    // The command takes the access hash from the list.
    alice.type_line("/as harbour news");
    done(&mut alice, "as");
    bob.wait_for("participants_changed", |event| {
        let joined = event["joined"].as_array().into_iter().flatten();
        let mut ids = joined.map(|one| &one["peer"]["id"]);
        ids.any(|id| id == "502")
    });
    alice.type_line("/as Nobody");
    assert_eq!(refused(&mut alice, "as"), "no_such_peer");
    alice.type_line("/as me");
    done(&mut alice, "as");
    bob.type_line("/as 502");
    assert_eq!(refused(&mut bob, "as"), "no_such_peer");
}

#[test]
fn one_who_only_hears_a_stream_gets_a_connection_once_it_may_speak() {
    let place = Place::new("let-speak");
    let server = place.serve(&[]);
    let mut alice = enter(&place, &server, "1", &["join", "@harbour"]);
    alice.next("joined");
    let mut bob = enter(&place, &server, "2", &["join", "@harbour"]);
    assert_eq!(bob.next("joined")["mode"], "stream");
    bob.type_line("/hand");
    bob.wait_for("own_state", is("hand_raised", true));
    alice.type_line("/unmute 2");
    assert_eq!(bob.next("rejoined")["mode"], "web_rtc");
    bob.type_line("/unmute");
    bob.wait_for("own_state", |own| own["confirmed"]["muted"] == false);
}

#[test]
fn a_stream_by_rtmp_is_recorded_as_files_that_play() {
    let place = Place::new("rtmp");
    let server = place.serve(&[]);
    let tape = place.file("tape");
    let mut viewer = listen(&place, &server, "t.me/lighthouse?livestream", &tape);
    let joined = viewer.next("joined");
    assert_eq!(joined["kind"], "rtmp_viewer", "{joined}");
    assert_eq!(joined["mode"], "rtmp", "{joined}");
    let files = files(&mut viewer, &tape, 3);
    viewer.signal("-INT");
    ends(viewer, "left", 0);
    for file in files {
        plays(&file, &["audio", "video"]);
    }
    plays(&tape.join("stream.ffconcat"), &["audio", "video"]);
}

#[test]
fn one_who_may_not_speak_in_a_large_call_hears_a_stream() {
    let place = Place::new("large");
    let server = place.serve(&[]);
    let tape = place.file("tape");
    let mut listener = listen(&place, &server, "@harbour", &tape);
    let joined = listener.next("joined");
    assert_eq!(joined["kind"], "video_chat", "{joined}");
    assert_eq!(joined["mode"], "stream", "{joined}");
    let files = files(&mut listener, &tape, 2);
    // The sound names the pictures that there are.
    listener.wait_for("stream_part", |part| {
        part["track"] == "picture" && !part["file"].is_null()
    });
    listener.signal("-INT");
    ends(listener, "left", 0);
    for file in files {
        match file.extension().is_some_and(|end| end == "ogg") {
            true => plays(&file, &["audio"]),
            false => plays(&file, &["audio", "video"]),
        }
    }
    plays(&tape.join("sound.ffconcat"), &["audio"]);
    plays(&tape.join("picture-1.ffconcat"), &["audio", "video"]);
}

#[test]
fn a_recording_ends_well_when_an_admin_lets_the_listener_speak() {
    let place = Place::new("listen-speak");
    let server = place.serve(&[]);
    let mut alice = enter(&place, &server, "1", &["join", "@harbour"]);
    alice.next("joined");
    let tape = place.file("tape");
    let mut listener = listen(&place, &server, "@harbour", &tape);
    files(&mut listener, &tape, 2);
    alice.type_line("/unmute 2");
    let over = listener.next("stream_over");
    assert_eq!(over["may_speak"], true, "{over}");
    let ended = listener.next("ended");
    assert_eq!(ended["reason"]["kind"], "left", "{ended}");
    assert_eq!(listener.end(), 0);
    // The lists name every file that was said to be there, and no other.
    let lists = ended["recording"]["play_lists"].as_array().unwrap();
    let lists = lists
        .iter()
        .map(|list| fs::read_to_string(list.as_str().unwrap()));
    let lists: String = lists.map(Result::unwrap).collect();
    let listed = lists.lines().filter_map(|line| line.strip_prefix("file '"));
    let mut listed: Vec<_> = listed.filter_map(|line| line.strip_suffix('\'')).collect();
    let kept = listener.all("stream_part");
    let mut kept: Vec<_> = kept.filter_map(|part| part["file"].as_str()).collect();
    listed.sort_unstable();
    kept.sort_unstable();
    assert_eq!(listed, kept);
    plays(&tape.join("sound.ffconcat"), &["audio"]);
}

#[test]
fn a_live_story_is_heard_and_nothing_is_said_in_it() {
    let place = Place::new("story");
    let server = place.serve(&[]);
    let story = "https://t.me/fay/s/live";
    let mut listener = enter(&place, &server, "2", &["join", story]);
    let joined = listener.next("joined");
    assert_eq!(joined["kind"], "live_story_listener", "{joined}");
    for command in ["/unmute", "/video on", "/hand"] {
        listener.type_line(command);
        let name = command.trim_start_matches('/').split(' ').next().unwrap();
        assert_eq!(refused(&mut listener, name), "not_in_this_kind");
    }
    listener.type_line("/leave");
    ends(listener, "left", 0);
}

#[test]
fn who_may_publish_is_shown_the_key_on_request_and_nobody_else() {
    let place = Place::new("key");
    let server = place.serve(&[]);
    let mut alice = enter(
        &place,
        &server,
        "1",
        &["join", "@lighthouse", "--log", "debug"],
    );
    alice.next("joined");
    let mut keys = Vec::new();
    for command in ["/key", "/key", "/key new"] {
        alice.type_line(command);
        let shown = alice.next("stream_key");
        assert!(shown["url"].as_str().unwrap().starts_with("rtmps://"));
        keys.push(shown["key"].as_str().unwrap().to_owned());
    }
    assert!(keys[0] == keys[1] && keys[1] != keys[2]);
    let mut bob = enter(&place, &server, "2", &["join", "@lighthouse"]);
    bob.next("joined");
    bob.type_line("/key");
    assert_eq!(refused(&mut bob, "key"), "refused");
    let mut story = enter(&place, &server, "904", &["join", "t.me/gil/s/live"]);
    story.next("joined");
    story.type_line("/key");
    assert!(story.next("stream_key")["key"].is_string());
    alice.type_line("/leave");
    assert_eq!(alice.end(), 0);
    let said = alice.said();
    let others = said.filter(|line| line["event"] != "stream_key");
    for line in others.map(Value::to_string) {
        assert!(keys.iter().all(|key| !line.contains(key)), "{line}");
    }
}

#[test]
fn a_live_story_that_a_program_feeds_is_recorded_by_a_viewer_who_sends_nothing() {
    let place = Place::new("story-rtmp");
    let server = place.serve(&[]);
    let tape = place.file("tape");
    let mut viewer = listen(&place, &server, "https://t.me/gil/s/live", &tape);
    let joined = viewer.next("joined");
    assert_eq!(joined["kind"], "live_story_listener", "{joined}");
    assert_eq!(joined["mode"], "rtmp", "{joined}");
    assert_eq!(joined["payload"]["ssrc_groups"], serde_json::json!([]));
    let files = files(&mut viewer, &tape, 2);
    viewer.signal("-INT");
    ends(viewer, "left", 0);
    for file in files {
        plays(&file, &["audio", "video"]);
    }
}

#[test]
fn a_chat_without_a_call_says_so() {
    let place = Place::new("quiet");
    let server = place.serve(&[]);
    let mut visitor = enter(&place, &server, "2", &["join", "@quiet"]);
    let error = visitor.line("error: ");
    assert!(error.contains("there is no call now"), "{error}");
    ends(visitor, "no_call_now", 5);
}

fn listen(place: &Place, server: &Server, call: &str, tape: &Path) -> Running {
    let tape = tape.to_str().unwrap();
    place.enter(&server.address, "2", &["listen", call, "--record", tape])
}

/// So many files of a recording, as soon as they are there.
fn files(listener: &mut Running, tape: &Path, count: usize) -> Vec<PathBuf> {
    let files = (0..count).map(|_| {
        let part = listener.wait_for("stream_part", |part| !part["file"].is_null());
        let file = tape.join(part["file"].as_str().unwrap());
        assert!(fs::metadata(&file).unwrap().len() > 0);
        file
    });
    files.collect()
}

/// Checks that FFmpeg finds these streams, in order, in a file or play list; where there is no FFmpeg, nobody looks.
fn plays(path: &Path, streams: &[&str]) {
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-show_entries", "stream=codec_type"]);
    let Ok(probed) = ffprobe.args(["-of", "csv=p=0"]).arg(path).output() else {
        return println!("there is no ffprobe to look into {}", path.display());
    };
    let faults = String::from_utf8_lossy(&probed.stderr);
    let path = path.display();
    assert!(
        probed.status.success() && faults.is_empty(),
        "{path}: {faults}"
    );
    let text = String::from_utf8(probed.stdout).unwrap();
    let mut found: Vec<_> = text.lines().collect();
    found.sort_unstable();
    assert_eq!(found, streams, "{path}");
}
