//! `confcall listen` alone, on the server that it brings.
#![allow(clippy::unwrap_used, reason = "tests")]

mod running;

use std::fs;

use predicates::prelude::*;
use running::place::Place;
use running::{Running, confcall};

const CALL: &str = "t.me/lighthouse?livestream";

fn listen(more: &[&str]) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::from_std(confcall());
    command.args(["listen", CALL, "--embedded"]).args(more);
    command
}

#[test]
fn a_recording_ends_at_its_limit_and_says_how_it_is_played() {
    let place = Place::new("listen-limit");
    let tape = place.file("tape");
    let args = [
        "--record",
        tape.to_str().unwrap(),
        "--record-limit",
        "150KB",
    ];
    let ended = listen(&args).assert().success();
    let text = String::from_utf8(ended.get_output().stdout.clone()).unwrap();
    for says in [
        "you listen to an RTMP stream, which is not encrypted",
        "the recording has reached its limit of 146.4 KiB",
        "ffplay ",
        "stream.ffconcat",
        "left the call",
    ] {
        assert!(text.contains(says), "{says:?} is not in\n{text}");
    }
    let files = fs::read_dir(&tape).unwrap();
    let bytes: u64 = files
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!((1..=150_000).contains(&bytes), "{bytes}");
    // A second recording overwrites nothing of the first.
    let says = predicate::str::contains("is not empty, and a recording overwrites nothing");
    listen(&args).assert().code(1).stderr(says);
}

#[test]
fn a_stay_ends_after_some_seconds_and_every_part_is_an_event() {
    let mut args = vec!["listen", CALL, "--embedded"];
    args.extend(["--seconds", "4"]);
    let mut process = Running::start(args);
    let part = process.next("stream_part");
    assert_eq!(part["track"], "unified", "{part}");
    assert!(part["file"].is_null(), "{part}");
    let ended = process.next("ended");
    assert_eq!(ended["reason"]["kind"], "left");
    assert_eq!(ended["status"], 0);
    assert!(ended["heard"]["parts"].as_i64().unwrap() > 0, "{ended}");
    assert_eq!(process.end(), 0);
}

#[test]
fn a_call_without_a_stream_says_what_takes_part_in_it() {
    let mut command = assert_cmd::Command::from_std(confcall());
    command.args(["listen", "@walkers", "--embedded"]);
    let says = predicate::str::contains("`confcall join` takes part in it");
    command.assert().code(4).stderr(says);
}

#[test]
fn a_limit_that_is_no_size_and_a_conference_are_refused() {
    let says = predicate::str::contains("give one such as 500MB, 1GiB or 1000000");
    let args = ["--record", "tape", "--record-limit", "much"];
    listen(&args).assert().code(2).stderr(says);
}
