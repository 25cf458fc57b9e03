//! The two terminals of the README, line by line.

use std::process::Command;

use crate::running::place::Place;
use crate::running::{Running, confcall};

const README: &str = include_str!("../../README.md");

/// The heading under which the two terminals are.
const HEADING: &str = "\n## In two terminals\n";

#[test]
fn the_two_terminals_of_the_readme_meet_in_a_call() {
    let place = Place::new("readme");
    let (first, second) = terminals();
    let [serve, issue @ .., create] = &first[..] else {
        panic!("the first terminal has a server and a member: {first:?}");
    };
    let serve = serve.strip_suffix(" &").unwrap();
    // Only the port is not that of the README: another server may have it.
    let mut server = run(&place, serve, &["--listen", "127.0.0.1:0"]);
    let listening = server.line("listening");
    let address = listening
        .split([' ', ','])
        .find(|word| word.starts_with("127."));
    for line in issue {
        assert_eq!(
            run(&place, line, &["--listen", address.unwrap()]).status(),
            0
        );
    }
    let mut alice = run(&place, create, &[]);
    let shown = alice.line("https://t.me/call/");
    let link = shown.split(' ').find(|word| word.starts_with("https://"));
    let [join] = &second[..] else {
        panic!("the second terminal has a member: {second:?}");
    };
    let mut bob = run(&place, &join.replace("LINK", link.unwrap()), &[]);

    let emoji = bob.line("emoji     ");
    alice.line(&emoji);
    bob.type_line("Hello!");
    alice.line("Bob: Hello!");
    alice.type_line("/kick 2");
    bob.line("removed from the call by user 1");
    assert_eq!(bob.end(), 3);
    alice.type_line("/leave");
    assert_eq!(alice.end(), 0);
    server.signal("-INT");
    assert_eq!(server.end(), 0);
}

/// The lines of both.
fn terminals() -> (Vec<&'static str>, Vec<&'static str>) {
    let (_, section) = README.split_once(HEADING).unwrap();
    let blocks = section.split("```sh\n").skip(1);
    let mut blocks = blocks.filter_map(|block| block.split_once("\n```"));
    let mut next = || blocks.next().unwrap().0.lines().collect();
    (next(), next())
}

/// Runs a line, and more of it.
fn run(place: &Place, line: &str, more: &[&str]) -> Running {
    let args = line.strip_prefix("confcall ").unwrap();
    let mut command: Command = confcall();
    command.current_dir(place.path());
    command.args(args.split(' ')).args(more);
    Running::run(command)
}
