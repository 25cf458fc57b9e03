//! The command line itself: completions, the log and what every subcommand's help holds.
#![allow(clippy::unwrap_used, reason = "tests")]

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

fn confcall() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("confcall"))
}

#[test]
fn completions_of_every_shell_name_the_subcommands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let mut command = confcall();
        let script = command.args(["completions", shell]).assert().success();
        script.stdout(contains("completions").and(contains("inspect")));
    }
}

#[test]
fn a_filter_that_is_none_is_named() {
    let mut command = confcall();
    let refused = command
        .args(["--log", "confcall=loudly", "completions", "bash"])
        .assert();
    refused
        .code(1)
        .stderr(contains("confcall=loudly").and(contains("is no filter")));
}
