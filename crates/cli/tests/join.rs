//! `confcall join` and `confcall create` as they are run, on the server in their own process.
#![allow(clippy::unwrap_used, reason = "tests")]

mod running;

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use predicates::str::contains;
use running::{Running, confcall};
use serde_json::json;

#[test]
fn the_call_of_the_bots_is_joined_and_verified_and_left() {
    let mut us = Running::start(["join", "--embedded"]);
    assert_eq!(us.next("entering")["user"], "1");
    us.next("joined");
    assert!(
        us.next("link")["link"]
            .as_str()
            .unwrap()
            .starts_with("https://t.me/call/")
    );
    assert_eq!(us.next("members")["members"], json!(["2", "3", "4", "1"]));
    let emoji = us.next("emoji");
    assert_eq!(emoji["emoji"].as_array().unwrap().len(), 4);
    assert_eq!(emoji["words"].as_array().unwrap().len(), 24);

    us.type_line("Hello!");
    let message = us.next("message");
    assert_eq!(
        (&message["from"]["id"], &message["text"]),
        (&json!("2"), &json!("You wrote: Hello!"))
    );

    us.type_line("/leave");
    let ended = us.next("ended");
    assert_eq!(
        (&ended["reason"]["kind"], &ended["status"]),
        (&json!("left"), &json!(0))
    );
    assert_eq!(us.status(), 0);
}

#[test]
fn whoever_is_kicked_is_gone_and_the_keys_and_the_emoji_move() {
    let mut us = Running::start(["join", "--embedded"]);
    let before = us.next("emoji");
    us.type_line("/kick 3");
    let height = before["height"].as_i64().unwrap() + 1;
    assert_eq!(
        us.wait_for("epoch_started", |keys| keys["height"] == height)["hash"]
            .as_str()
            .unwrap()
            .len(),
        64
    );
    let gone = us.wait_for("members", |members| members["removed"] != json!([]));
    assert_eq!(
        (&gone["removed"], &gone["by"]),
        (&json!(["3"]), &json!("1"))
    );
    let after = us.wait_for("emoji", |emoji| emoji["height"] == height);
    assert_ne!(after["emoji"], before["emoji"]);
    assert_eq!(us.status(), 0);
}

#[test]
fn a_kick_of_a_user_who_is_not_in_the_call_says_so_and_removes_no_other() {
    let mut us = Running::start(["join", "--embedded"]);
    us.next("emoji");
    us.type_line("/kick 3 99");
    let failed = us.answer("kick", "done");
    assert_eq!(
        (&failed["event"], &failed["why"]),
        (&json!("failed"), &json!("not_a_member"))
    );
    let message = failed["message"].as_str().unwrap();
    assert!(message.contains("user 99 is not in the call"), "{message}");
    us.type_line("/members");
    let members = us.wait_for("members", |call| call["members"] != json!([]));
    assert_eq!(members["members"], json!(["2", "3", "4", "1"]));
    assert_eq!(us.status(), 0);
}

#[test]
fn a_created_call_has_a_link_and_gets_company() {
    let mut us = Running::start(["create", "--embedded"]);
    assert!(
        us.next("link")["link"]
            .as_str()
            .unwrap()
            .starts_with("https://t.me/call/")
    );
    us.wait_for("members", |call| {
        call["members"] == json!(["1", "2", "3", "4"])
    });
    us.type_line("/rejoin");
    us.next("rejoined");
    us.type_line("/discard");
    assert_eq!(us.next("ended")["reason"]["kind"], "discarded");
    assert_eq!(us.status(), 0);
}

#[test]
fn a_frame_is_sealed_and_a_packet_that_is_none_is_refused() {
    let mut us = Running::start(["join", "--embedded"]);
    us.type_line("/seal something");
    let sealed = us.next("sealed")["packet"].as_str().unwrap().to_owned();
    us.type_line(&format!("/open 2 {sealed}"));
    let failed = us.next("failed");
    assert_eq!(
        (&failed["command"], &failed["why"]),
        (&json!("open"), &json!("refused"))
    );
    us.type_line("/nothing");
    us.next("not_understood");
    assert_eq!(us.status(), 0);
}

#[test]
fn the_end_of_input_leaves_when_the_lines_before_it_are_done() {
    let mut us = Running::start(["join", "--embedded"]);
    us.type_line("the last words");
    drop(us.input.take());
    assert_eq!(us.next("done")["command"], "message");
    us.next("leaving");
    us.next("ended");
    assert_eq!(us.status(), 0);
}

#[cfg(unix)]
#[test]
fn whoever_stays_leaves_at_a_signal() {
    let mut us = Running::start(["join", "--embedded", "--stay"]);
    drop(us.input.take());
    us.next("emoji");
    us.terminate();
    us.next("leaving");
    assert_eq!(us.next("ended")["reason"]["kind"], "left");
    assert_eq!(us.status(), 0);
}

#[test]
fn people_are_shown_lines_with_the_emoji_and_the_words() {
    let mut confcall = confcall();
    confcall.args(["join", "--embedded"]);
    confcall.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = confcall.spawn().unwrap();
    let mut shown = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        shown += &line.unwrap();
        shown.push('\n');
        if shown.contains("\nwords     ") {
            drop(child.stdin.take());
        }
    }
    for part in [
        "enter     https://t.me/call/",
        ", as user 1\njoined    you are in the call; a line is a message, and /help shows the commands\nlink      https://t.me/call/",
        "\nmembers   Ada, Ben, Cleo and you\nemoji     ",
        "\nended     left the call\n",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    assert!(!shown.contains('\x1b'));
    assert!(child.wait().unwrap().success());
}

#[test]
fn requests_answers_keys_and_hashes_are_shown_if_they_are_asked_for() {
    let shown = |args: &[&str]| {
        let mut confcall = assert_cmd::Command::from_std(confcall());
        let run = confcall.args(["join", "--embedded"]).args(args).assert();
        String::from_utf8(run.success().get_output().stdout.clone()).unwrap()
    };
    let (plain, verbose) = (shown(&[]), shown(&["-v"]));
    for detail in [
        "request   phone.getGroupCall\n",
        "\nanswer    phone.joinGroupCall: done, after ",
        "\nsource    ",
        "\nkeys      height 3, block ",
    ] {
        assert!(verbose.contains(detail), "{detail:?} is not in\n{verbose}");
        assert!(!plain.contains(detail), "{detail:?} is in\n{plain}");
    }
}

#[test]
fn a_refusal_is_said_in_words_to_people_and_by_its_name_to_programs() {
    let mut us = Running::start(["join", "--embedded"]);
    us.type_line("/discard");
    let failed = us.next("failed");
    assert_eq!(failed["why"], "refused");
    assert!(
        failed["message"]
            .as_str()
            .unwrap()
            .contains("CHAT_ADMIN_REQUIRED")
    );
    assert_eq!(us.status(), 0);

    let mut confcall = assert_cmd::Command::from_std(confcall());
    let run = confcall.args(["join", "--embedded"]);
    let run = run.write_stdin("/discard\n/memers\n").assert().success();
    run.stdout(contains(
        "\nfailed    discard: only the creator of the call can end it",
    ))
    .stdout(contains(
        "\nerror     there is no command /memers; did you mean /members? ",
    ));
}

#[test]
fn everyone_in_the_call_is_shown_with_how_they_are() {
    let mut us = Running::start(["join", "--embedded"]);
    us.next("emoji");
    us.type_line("/who");
    let who = us.next("who");
    let people = who["people"].as_array().unwrap();
    let users: Vec<_> = people.iter().map(|one| &one["user"]).collect();
    assert_eq!(users, ["2", "3", "4", "1"]);
    assert_eq!(people[0]["is_member"], true);
    let participant = &people[0]["participant"];
    assert_eq!(participant["label"]["name"], "Ada");
    assert_eq!(participant["microphone"], "on");
    assert_eq!(us.status(), 0);
}

#[test]
fn help_has_examples_the_commands_and_the_exit_status_of_each_end() {
    for command in ["join", "create"] {
        let mut confcall = assert_cmd::Command::from_std(confcall());
        let help = confcall.args([command, "--help"]).assert().success();
        help.stdout(contains(format!("Examples:\n  confcall {command} ")))
            .stdout(contains("/kick USER…"))
            .stdout(contains("\n    3  removed by a member"));
    }
}

#[test]
fn ids_of_64_bits_are_strings_for_programs() {
    let mut us = Running::start(["join", "--embedded"]);
    let call = us.next("joined")["call"].clone();
    assert!(call.as_str().unwrap().parse::<i64>().is_ok(), "{call}");
    us.type_line("Hello!");
    let id = us.next("message")["random_id"].clone();
    assert!(id.as_str().unwrap().parse::<i64>().is_ok(), "{id}");
    // A media source has 32 bits.
    let most = f64::from(u32::MAX);
    let is_large = |value: &serde_json::Value| value.as_f64().is_some_and(|it| it.abs() > most);
    for object in us.objects() {
        let large = object
            .as_object()
            .unwrap()
            .values()
            .find(|one| is_large(one));
        assert_eq!(large, None, "{object}");
    }
    assert_eq!(us.status(), 0);
}

#[test]
fn what_names_no_call_is_a_wrong_command_line() {
    for (target, says) in [
        ("t.me/some", "give a link such as"),
        ("@a b", "give the public name of a group or channel"),
    ] {
        let mut confcall = assert_cmd::Command::from_std(confcall());
        let refused = confcall.args(["join", target, "--session", "x"]).assert();
        refused.code(2).stderr(contains(says));
    }
}

#[test]
fn a_video_chat_is_tried_alone_and_shown_as_not_encrypted() {
    let mut confcall = assert_cmd::Command::from_std(confcall());
    let run = confcall.args(["join", "@walkers", "--embedded"]);
    let run = run
        .write_stdin("Hello!\n/emoji\n/help\n")
        .assert()
        .success();
    for says in [
        "\njoined    you are in a video chat; ",
        "\nopen      a video chat is NOT encrypted end to end: ",
        "\nmessage   you (#1, not encrypted, an admin): Hello!\n",
        "\nfailed    emoji: this call is not encrypted, ",
        "\nhelp      Not for a video chat: /members /emoji /kick /seal /open\n",
    ] {
        let shown = String::from_utf8_lossy(&run.get_output().stdout);
        assert!(shown.contains(says), "{says:?} is not in\n{shown}");
    }
}
