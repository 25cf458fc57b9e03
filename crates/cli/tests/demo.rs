//! `confcall demo` as it is run.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use predicates::prelude::*;

const SEED: &str = "0707070707070707070707070707070707070707070707070707070707070707";

fn confcall() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("confcall"))
}

fn demo() -> Command {
    let mut command = confcall();
    command.arg("demo");
    command
}

fn output_of(command: &mut Command) -> String {
    let output = command.assert().success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

/// The lines from the first one of this label on.
fn from_label<'a>(text: &'a str, label: &str) -> &'a str {
    let start = text.find(&format!("\n{label} ")).unwrap() + 1;
    text.split_at(start).1
}

#[test]
fn a_seed_repeats_the_run_from_the_verification_to_the_removal() {
    let text = output_of(demo().args(["--seed", SEED]));
    let (recorded, _) = text.split_once("\nAct 5: ").unwrap();
    assert_eq!(from_label(recorded, "commits"), AFTER_THE_JOIN);
}

#[test]
fn a_whole_life_goes_from_the_creation_to_the_last_who_leaves() {
    let text = output_of(demo().args(["--seed", SEED]));
    follow(from_label(&text, "life"), &LIFE);
}

#[test]
fn a_call_of_each_other_kind_is_shown_as_what_it_is() {
    let text = output_of(demo().args(["--seed", SEED]));
    let (_, chats) = text.split_once("\nAct 9: ").unwrap();
    follow(chats, &CHATS);
}

/// Asserts that the parts come in this order.
fn follow(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let found = rest.split_once(part);
        (_, rest) = found.unwrap_or_else(|| panic!("{part:?} does not follow in\n{text}"));
    }
}

#[test]
fn the_traces_of_the_life_replay_and_show_no_fork() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo-traces");
    let text = output_of(demo().args(["--seed", SEED, "--trace"]).arg(&dir));
    let files: Vec<_> = (1..=4)
        .map(|user| dir.join(format!("user-{user}.trace")))
        .collect();
    for user in 1..=4 {
        let line = format!("\ntrace     user-{user}.trace: ");
        assert!(text.contains(&line), "{line:?} is not in\n{text}");
    }

    let replayed = output_of(confcall().args(["trace", "replay"]).args(&files));
    assert_eq!(replayed.lines().count(), 4);
    assert!(replayed.lines().all(|line| line.ends_with(", identical")));
    let [first, _, third, _] = files.as_slice() else {
        unreachable!()
    };
    let compared = output_of(confcall().args(["trace", "diff"]).args([first, third]));
    assert_eq!(compared, "no fork up to height 4\n");
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let says = predicate::str::contains("traces cannot be written to /dev/null/traces");
    let mut demo = demo();
    let failed = demo.args(["--trace", "/dev/null/traces"]).assert();
    failed.code(1).stderr(says);
}

#[test]
fn the_join_shows_the_tip_the_request_and_a_key_that_all_members_open() {
    let text = output_of(demo().args(["--seed", SEED]));
    let join = text.strip_suffix(from_label(&text, "commits")).unwrap();
    for part in [
        "\ntip       height 8, hash ",
        "invite_hash none, public_key set, block set, muted true, video_stopped true\n",
        "\nverdict   accepted\n",
        "\nheight    9, hash ",
        "\nkey       Frank opens the new shared key: the same as ours\n",
        "⇒ we and all 5 others hold one key, and the server never had it\n",
    ] {
        assert!(join.contains(part), "{part:?} is not in\n{join}");
    }
}

#[test]
fn a_run_shows_the_seed_that_repeats_it() {
    let first = output_of(&mut demo());
    let line = first.lines().find(|line| line.starts_with("seed "));
    let seed = line.unwrap().split_whitespace().nth(1).unwrap();
    assert_eq!(output_of(demo().args(["--seed", seed])), first);
    assert!(!first.contains(SEED));
}

#[test]
fn each_act_has_a_title_and_its_steps_say_what_they_prove_and_a_pipe_waits_for_no_reader() {
    let started = Instant::now();
    let text = output_of(&mut demo());
    assert!(started.elapsed() < Duration::from_secs(10));
    let acts: Vec<_> = text.split("\nAct ").skip(1).collect();
    assert_eq!(acts.len(), 11);
    for (number, act) in (1..).zip(&acts) {
        assert!(act.starts_with(&format!("{number}: ")), "{act}");
        assert!(act.contains(" ⇒ "), "{act}");
    }
}

#[test]
fn a_pipe_gets_no_colours() {
    assert!(!output_of(&mut demo()).contains('\x1b'));
}

#[test]
fn a_seed_of_another_length_is_refused() {
    let says = predicate::str::contains("a seed is 64 hexadecimal digits");
    demo().args(["--seed", "07"]).assert().code(2).stderr(says);
}

const AFTER_THE_JOIN: &str = "\
commits   6 sent, and echoed by the server to all 6 members
reveals   6 sent, and echoed by the server to all 6 members
emoji     ⛲ 🔔 ⛺ 🔉  the same for all members
words     forward fabric worry very cereal turkey brisk predict bullet method inherit cover disagree adapt recipe useless month width violin vicious have stable dismiss cradle
          ⇒ no one stands between the members: each of them would see other emoji than the rest

Act 3: they speak and write
frame     Alice sends 80 bytes of opus as a packet of 264; 5 others open it
frame     Bob sends 80 bytes of opus as a packet of 328; 5 others open it
frame     Alice sends 1200 bytes of VP8 as a packet of 1378; 5 others open it
frame     Bob sends 1200 bytes of VP8 as a packet of 1442; 5 others open it
          ⇒ what the members hear and see is sealed from one to the other
message   Alice writes \"Hello!\"; 5 others read it
message   Bob writes \"Welcome 👋\"; 5 others read it
          ⇒ the server passes messages on, and cannot read them

Act 4: Frank is removed, and goes on listening
remove    Frank, by our block of height 10, hash 849c0ffea3d55b721fc023366a0b1dfb07d13b510a2d85d87ade65512dce28ed
commits   5 sent, and echoed by the server to all 5 members
reveals   5 sent, and echoed by the server to all 5 members
emoji     👏 😱 🍆 👪  the same for all members
words     strong moon music exhibit trial domain alarm mystery what rookie tilt pencil observe nuclear gate soldier away column sauce dawn diagram marriage emotion company
          ⇒ no one stands between the members: each of them would see other emoji than the rest
later     10 s after the removal the old keys are gone
frame     Alice sends 80 bytes of opus as a packet of 264; 4 others open it
removed   Frank, who keeps the old keys, has none for that frame
removed   Frank sends a frame under the old keys; none of 5 opens it
          ⇒ once removed, one can neither hear nor be heard
removed   Frank reads \"block 10 removed us\" in the chain, by Alice
          ⇒ who removed whom is signed, and stands in the chain for all
";

/// In this order; when each happens, and what lies between, is up to the engine.
const LIFE: [&str; 18] = [
    "Alice creates a call",
    "https://t.me/call/",
    "Bob, Carol, Dave follow the link at once",
    "another block came first; attempt 2 follows in ",
    "Alice, Bob, Carol, Dave in block 3\n",
    "the same for all members\n",
    "Bob writes \"Here we are!\"; 3 others read it\n",
    "Carol sends a frame with seqno 1; 3 others open it\n",
    "Dave: removed from the call by Alice\n",
    "Alice, Bob, Carol in block 4\n",
    "Bob stops; checkpoint ",
    "a second time: checkpoint ",
    "Bob sends a frame with seqno 1048578; 2 others open it\n",
    "Carol: left the call\n",
    "Carol, by a block of ",
    "Alice, Bob in block 5\n",
    "nobody is connected any more\n",
    "Act 9: ",
];

/// In this order.
const CHATS: [&str; 13] = [
    "https://t.me/walkers?videochat\n",
    "Bob is in a video chat\n",
    "Alice reads it, marked as not encrypted\n",
    "Alice mutes Bob\n",
    "Bob: SetMuted, we may not speak here, ",
    "Bob raises the hand, and Alice sees it\n",
    "Alice lets Bob speak, who turns the microphone on\n",
    "Bob is heard by all, and by the server\n",
    "Bob is in an RTMP stream\n",
    ": an MP4 file of ",
    "Bob is in a live story\n",
    "Fay publishes, and Bob listens\n",
    "everything held: ",
];
