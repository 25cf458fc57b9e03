//! `confcall fuzz-target` beside processes that answer as `confcall peer` does, or nearly so.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::{contains, starts_with};
use serde_json::Value;

fn program() -> &'static Path {
    assert_cmd::cargo::cargo_bin!("confcall")
}

/// A search with a stated seed that ends after some runs.
fn fuzz_target(runs: u32) -> Command {
    let mut command = Command::new(program());
    let runs = runs.to_string();
    command.args(["fuzz-target", "--seed", "5", "--runs", &runs]);
    command
}

/// The command line of our peer behind a filter of its answers, an expression of `sed`.
fn filtered(expression: &str) -> [String; 3] {
    let program = program().display();
    // Unbuffered, since each answer is waited for.
    let script = format!("\"{program}\" peer | sed -u -e '{expression}'");
    ["sh".to_owned(), "-c".to_owned(), script]
}

#[test]
fn our_own_peer_does_not_differ() {
    let mut command = fuzz_target(30);
    command.arg(program()).arg("peer");
    let runs = "seed 5, runs: 10 of chains, 10 of broadcasts, 10 of packets, ";
    let expected = starts_with("no difference to confcall ").and(contains(runs));
    command.assert().success().stdout(expected);
}

#[cfg(unix)]
#[test]
fn a_code_in_the_place_of_another_is_shown_in_a_few_lines() {
    let wrong = filtered("s/\"code\":504/\"code\":501/");
    let output = fuzz_target(60).args(&wrong).assert().code(1);
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let differs = "it refuses with code 501 INVALID_BROADCAST__ALREADY_APPLIED, \
                   the engine with code 504 INVALID_BROADCAST__ALREADY_APPLIED";
    assert!(text.contains(differs), "{text}");
    let requests: String = text
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!((2..=6).contains(&requests.lines().count()), "{text}");

    // What is printed can be given to both, and is answered as it was.
    let last = |mut peer: Command| {
        let answers = peer.write_stdin(requests.as_str()).output().unwrap().stdout;
        let answers = String::from_utf8(answers).unwrap();
        let last: Value = serde_json::from_str(answers.lines().last().unwrap()).unwrap();
        last["error"]["code"].clone()
    };
    let mut ours = Command::new(program());
    ours.arg("peer");
    let mut other = Command::new(&wrong[0]);
    other.args(&wrong[1..]);
    assert_eq!((last(ours), last(other)), (504.into(), 501.into()));
}

#[cfg(unix)]
#[test]
fn json_is_one_object_and_a_program_reads_the_difference_from_it() {
    let wrong = filtered("s/\"phase\":2/\"phase\":0/");
    let output = fuzz_target(60).arg("--json").args(&wrong).assert().code(1);
    let result: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(result["seed"], 5);
    let difference = &result["difference"];
    assert_eq!(difference["family"], "broadcasts");
    assert_eq!(difference["kind"], "its result differs at /phase");
    assert_eq!(difference["is_shown_again"], true);
    let last = difference["exchanges"].as_array().unwrap().last().unwrap();
    assert_eq!(last["request"]["op"], "broadcast_apply");
    assert_eq!(last["engine"]["ok"]["phase"], 2);
    assert_eq!(last["other"]["ok"]["phase"], 0);
}

#[cfg(unix)]
#[test]
fn a_family_that_is_not_spoken_is_left_out_and_named() {
    let program = program().display();
    let script = format!("sed -u -e 's/\"enc_forget\"/\"none\"/' | \"{program}\" peer");
    let mut command = fuzz_target(10);
    command.args(["sh", "-c", &script]);
    command
        .assert()
        .success()
        .stdout(
            contains("runs: 5 of chains, 5 of broadcasts, ").and(contains(
                "not compared: packets, since it does not speak enc_forget\n",
            )),
        );
    let mut command = fuzz_target(10);
    command.args(["--family", "packets", "sh", "-c", &script]);
    let nothing = contains("packets need enc_forget; spec/interop.md has the operations");
    command.assert().code(3).stderr(nothing).stdout("");
}

#[cfg(unix)]
#[test]
fn a_process_that_ends_is_a_difference_and_its_standard_error_is_seen_once() {
    let program = program().display();
    // All of it ends at the first round that is to refuse what comes early.
    let script = format!("echo started >&2; sed -u -e '/false/Q' | \"{program}\" peer");
    let mut command = fuzz_target(60);
    command.args(["--family", "broadcasts", "sh", "-c", &script]);
    let output = command.assert().code(1);
    output
        .stdout(contains("it ended without an answer"))
        .stderr("started\n");
}

/// A shell script that starts a process which ends by itself only after an hour, and then does the rest.
#[cfg(unix)]
fn with_companion(name: &str, rest: &str) -> String {
    format!("sh -c 'sleep 3600; : {name}' >/dev/null 2>&1 & {rest}")
}

/// The processes whose command line has the name.
#[cfg(unix)]
fn processes(name: &str) -> Vec<String> {
    let mut list = Process::new("ps");
    let list = list.args(["-A", "-o", "args"]).stdout(Stdio::piped());
    let all = String::from_utf8_lossy(&list.output().unwrap().stdout).into_owned();
    let named = all.lines().filter(|line| line.contains(name));
    named.map(str::to_owned).collect()
}

/// Waits until no process has the name: one that is killed is listed for a moment more.
#[cfg(unix)]
fn expect_none(name: &str) {
    let mut left = processes(name);
    for _ in 0..500 {
        if left.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        left = processes(name);
    }
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(unix)]
#[test]
fn a_process_that_is_silent_is_a_difference_and_none_is_left() {
    let program = program().display();
    let name = format!("left-silent-{}", std::process::id());
    let peer = format!("\"{program}\" peer | sed -u -e '/kv_hash/d'; : {name}");
    let mut command = fuzz_target(1);
    command.args(["--timeout", "1", "--family", "chains"]);
    let script = with_companion(&name, &peer);
    let output = command.args(["sh", "-c", &script]).assert().code(1);
    output.stdout(contains("it did not answer in 1s"));
    expect_none(&name);
}

#[cfg(unix)]
#[test]
fn a_process_that_ends_leaves_none_that_it_started() {
    let name = format!("left-ended-{}", std::process::id());
    let mut command = fuzz_target(1);
    let script = with_companion(&name, "read request; exit 3");
    let output = command.args(["sh", "-c", &script]).assert().code(3);
    output.stderr(contains("exit status: 3"));
    expect_none(&name);
}

#[cfg(unix)]
#[test]
fn an_interruption_ends_the_other_implementation_too() {
    let name = format!("left-interrupted-{}", std::process::id());
    let script = with_companion(&name, "while read request; do :; done");
    let mut command = Process::new(program());
    command.args(["fuzz-target", "--timeout", "3600", "sh", "-c", &script]);
    let mut running = command.spawn().unwrap();
    // The program itself, the shell, and the process that this started.
    while processes(&name).len() < 3 {
        assert_eq!(running.try_wait().unwrap(), None);
        std::thread::sleep(Duration::from_millis(20));
    }
    let id = rustix::process::Pid::from_child(&running);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    expect_none(&name);
}

#[test]
fn what_is_no_peer_is_refused_with_advice() {
    let mut missing = fuzz_target(1);
    missing.arg("./no-such-program");
    let advice = contains("./no-such-program: ").and(contains("give the path of a program"));
    missing.assert().code(3).stderr(advice);
    let mut ended = fuzz_target(1);
    ended.arg(program()).args(["completions", "bash"]);
    let advice = contains("answers `ping` with").and(contains("as `confcall peer` does"));
    ended.assert().code(3).stderr(advice);
}

#[test]
fn the_help_has_examples_and_exit_statuses() {
    let mut command = Command::new(program());
    let help = command.args(["fuzz-target", "--help"]).assert().success();
    help.stdout(contains("Examples:").and(contains("Exit status:")));
}
