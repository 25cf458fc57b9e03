//! `confcall trace` as it is run.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use confcall::join::engine::{Command as Wish, Config};
use confcall::{Joiner, Target, UserId};
use confcall_simulator::{Faults, NodeId, World, media};
use predicates::prelude::*;
use predicates::str::{contains, ends_with};
use serde_json::Value;

fn confcall() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("confcall"));
    command.arg("trace");
    command
}

/// A file of this test's own.
fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trace");
    fs::create_dir_all(&dir).unwrap();
    let path = dir.join(name);
    fs::write(&path, content).unwrap();
    path
}

fn start(world: &mut World, target: Target) -> NodeId {
    let user = UserId::new(world.nodes.len() as i64 + 1);
    let media = media(world.rng());
    world.start_recorded(Config::new(target, Joiner::new(user), media))
}

/// A call of two members, who are verified.
fn call() -> (World, Target) {
    let mut world = World::new(9, Faults::NONE);
    start(&mut world, Target::Create);
    world.run(Duration::from_secs(3));
    let link = world.link();
    start(&mut world, link.clone());
    world.run(Duration::from_secs(10));
    (world, link)
}

#[test]
fn help_has_examples() {
    for command in ["replay", "show", "diff"] {
        let mut confcall = confcall();
        let help = confcall.args([command, "--help"]).assert().success();
        help.stdout(contains(format!("Examples:\n  confcall trace {command} ")));
    }
}

#[test]
fn a_trace_replays_and_an_edited_or_cut_one_says_where_it_breaks() {
    let (mut world, _) = call();
    let text = world.nodes[1].take_trace();
    let whole = file("whole", &text);
    let edited = file(
        "edited",
        text.replacen(r#""muted":true"#, r#""muted":false"#, 1),
    );
    let cut = file("cut", text.rsplit_once("{\"end\"").unwrap().0);

    let replay = confcall().arg("replay").arg(&whole).assert().success();
    replay.stdout(ends_with("identical\n"));
    let replay = confcall().arg("replay").arg(&cut).assert().success();
    replay.stdout(ends_with("identical; incomplete, the end is missing\n"));
    let replay = confcall().arg("replay").args([&whole, &edited]).assert();
    replay.code(1).stdout(contains("line 1: the chain breaks"));

    let replay = confcall().args(["replay", "--json"]).arg(&whole).assert();
    let line: Value = serde_json::from_slice(&replay.success().get_output().stdout).unwrap();
    assert_eq!(line["complete"], true);
    assert!(line["inputs"].as_u64().unwrap() > 10);
}

#[test]
fn a_trace_is_shown_as_a_time_line() {
    let (mut world, _) = call();
    let path = file("shown", world.nodes[1].take_trace());
    let show = confcall().arg("show").arg(&path).assert().success();
    show.stdout(
        contains("user 2 enters the call of link trace-")
            .and(contains("-> #0 phone.getGroupCall, "))
            .and(contains("block 1 "))
            .and(contains("members 1 2"))
            .and(contains("commit of user 1 for block 1"))
            .and(contains("!  joined: "))
            .and(contains('\u{1b}').not()),
    );

    let show = confcall()
        .args(["show", "--json"])
        .arg(&path)
        .assert()
        .success();
    let text = String::from_utf8(show.get_output().stdout.clone()).unwrap();
    for line in text.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert!(entry["line"].as_u64().unwrap() > 0);
    }
}

#[test]
fn two_traces_show_where_the_call_forks_or_that_it_does_not() {
    let (mut left, _) = call();
    let (mut right, link) = call();
    let users = vec![UserId::new(2)];
    left.command(0, Wish::Kick { users });
    start(&mut right, link);
    left.run(Duration::from_secs(5));
    right.run(Duration::from_secs(5));
    let mine = file("mine", left.nodes[0].take_trace());
    let hers = file("hers", right.nodes[1].take_trace());
    let his = file("his", right.nodes[0].take_trace());

    let diff = confcall().arg("diff").args([&mine, &hers]).assert().code(1);
    diff.stdout(contains("fork at height 2; the same blocks up to height 1"));
    let diff = confcall().arg("diff").args([&his, &hers]).assert();
    diff.success().stdout("no fork up to height 2\n");

    let diff = confcall()
        .args(["diff", "--json"])
        .args([&mine, &hers])
        .assert();
    let report: Value = serde_json::from_slice(&diff.code(1).get_output().stdout).unwrap();
    assert_eq!(
        (&report["verdict"], &report["height"]),
        (&"fork".into(), &2.into())
    );
    assert_ne!(report["left"]["has"], report["right"]["has"]);
}

#[test]
fn what_is_no_trace_is_refused() {
    for (name, content) in [("empty", ""), ("text", "hello\n"), ("json", "{\"a\":1}\n")] {
        let path = file(name, content);
        for command in ["replay", "show"] {
            confcall().arg(command).arg(&path).assert().code(1);
        }
    }
    let missing = confcall().args(["show", "/no/such/file"]).assert().code(1);
    missing.stderr(contains("/no/such/file"));
}
