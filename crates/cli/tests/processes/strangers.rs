//! Servers that do not know a session, or are not there.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use crate::members::{Call, agree};
use crate::running::{Place, Running};

#[test]
fn a_session_of_another_server_is_told_so() {
    let (call, creator) = Call::create(Place::new("strangers"), &[]);
    let other = Place::new("strangers-other");
    let mut stranger = other.enter(&call.server, "2", &["join", &call.link]);
    let ended = stranger.next("ended");
    assert_eq!(ended["status"], 6, "{ended}");
    assert_eq!(stranger.end(), 6);
    stranger.line("does not know the authorisation key");
    creator.leaves();
}

#[test]
fn a_server_that_is_not_there_is_given_up() {
    let place = Place::new("nobody");
    let address = place.serve(&[]).address;
    let mut client = client(&place, &address);
    assert_eq!(client.end(), 6);
    client.line("error: ");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let place = Place::new("silent");
    // It accepts in the system's name, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut client = client(&place, &address);
    assert_eq!(client.end(), 6);
    client.line("error: ");
}

#[test]
fn a_server_that_goes_away_for_good_is_waited_for_until_the_user_leaves() {
    let (call, mut members) = Call::begin(Place::new("gone"), &[], &[2]);
    agree(&mut members, 1);
    let mut process = call.server.process;
    process.kill();
    thread::sleep(Duration::from_secs(3));
    for member in &mut members {
        assert_eq!(member.process.all("ended").count(), 0);
        assert_eq!(member.process.child.try_wait().unwrap(), None);
        member.process.signal("INT");
    }
    let interrupted = Instant::now();
    for mut member in members {
        assert_eq!(member.process.end(), 6);
        member.process.line("it will notice by itself");
    }
    assert!(interrupted.elapsed() < Duration::from_secs(15));
}

/// A client that wants to join a call of a server at this address.
fn client(place: &Place, address: &str) -> Running {
    place.issue("1.session", "1", address).success();
    let session = place.file("1.session").into_os_string();
    let mut args = ["join", "abc", "--answer-timeout", "1", "--session"]
        .map(Into::into)
        .to_vec();
    args.push(session);
    Running::start(args)
}
