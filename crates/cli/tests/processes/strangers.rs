//! Servers that do not know a session, or are not there.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use crate::members::{Call, agree};
use crate::running::Running;
use crate::running::place::Place;

#[test]
fn a_session_of_another_server_is_the_end_at_once_and_it_is_said_what_to_do() {
    let here = Place::new("strangers");
    let server = here.serve(&[]);
    let mut unknown = client(&Place::new("strangers-unknown"), &server.address);
    assert_eq!(unknown.end(), 4);
    let ended = unknown.next("ended");
    assert_eq!(
        (&ended["status"], &ended["advice"]),
        (&4.into(), &"log_in".into())
    );
    assert_eq!(unknown.all("retrying").count(), 0);
    unknown.line("log in again, or use a session of this server");
}

#[test]
fn a_server_that_cannot_be_used_is_given_up_and_it_is_said_why() {
    let place = Place::new("strangers-gone");
    let gone = place.serve(&[]).address;
    let gone = client(&place, &gone);

    // Connections are accepted in the name of the system, and nothing is ever answered.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let silent_one = client(&Place::new("strangers-silent"), &address);

    for (mut client, why) in [
        (gone, "the connection failed"),
        (silent_one, "phone.getGroupCall failed 7 times: no answer"),
    ] {
        assert_eq!(client.end(), 6);
        let ended = client.next("ended");
        assert_eq!(ended["status"], 6, "{ended}");
        let error = client.line("error: ");
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_server_that_goes_away_is_waited_for_until_the_user_leaves() {
    let (mut call, mut members) = Call::begin(Place::new("gone"), &[], &[2]);
    agree(&mut members, 1);
    call.server.process.kill();
    thread::sleep(Duration::from_secs(3));
    for member in &mut members {
        assert_eq!(member.process.child.try_wait().unwrap(), None);
        member.process.signal("-INT");
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
    place.enter(address, "1", &["join", "abc", "--answer-timeout", "1"])
}
