//! `confcall demo` as it is run.
#![allow(clippy::unwrap_used, reason = "tests")]

use assert_cmd::Command;
use predicates::prelude::*;

const SEED: &str = "0707070707070707070707070707070707070707070707070707070707070707";

fn demo() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("confcall"));
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
    assert_eq!(from_label(&text, "commits"), AFTER_THE_JOIN);
}

#[test]
fn the_join_shows_the_tip_the_request_and_a_key_that_all_members_open() {
    let text = output_of(demo().args(["--seed", SEED]));
    let join = text.strip_suffix(AFTER_THE_JOIN).unwrap();
    for part in [
        "\ntip       height 8, hash ",
        "invite_hash none, public_key set, block set, muted true, video_stopped true\n",
        "\nverdict   accepted at attempt 1\n",
        "\nheight    9, hash ",
        "\nkey       user 94605634459 opens the new shared key: the same as ours\n",
        "\nverified: we and all 5 recorded members hold the same epoch key\n",
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
frame     user 20261123 sends 80 bytes of opus as a packet of 264; 5 others open it
frame     user 984584325268 sends 80 bytes of opus as a packet of 328; 5 others open it
frame     user 20261123 sends 1200 bytes of VP8 as a packet of 1378; 5 others open it
frame     user 984584325268 sends 1200 bytes of VP8 as a packet of 1442; 5 others open it
message   user 20261123 writes \"Hello!\"; 5 others read it
message   user 984584325268 writes \"Welcome 👋\"; 5 others read it
remove    user 94605634459, by our block of height 10, hash 849c0ffea3d55b721fc023366a0b1dfb07d13b510a2d85d87ade65512dce28ed
commits   5 sent, and echoed by the server to all 5 members
reveals   5 sent, and echoed by the server to all 5 members
emoji     👏 😱 🍆 👪  the same for all members
words     strong moon music exhibit trial domain alarm mystery what rookie tilt pencil observe nuclear gate soldier away column sauce dawn diagram marriage emotion company
later     10 s after the removal the old keys are gone
frame     user 20261123 sends 80 bytes of opus as a packet of 264; 4 others open it
removed   user 94605634459, who keeps its old keys, has none for that frame
removed   user 94605634459 sends a frame under its old keys; none of 5 opens it
removed   user 94605634459 reads \"block 10 removed us\" in the chain, by user 20261123
everything held: joined, verified, spoke, wrote, removed, verified anew
";
