//! A server that stops and goes on from its snapshot.

use crate::members::{Call, agree, at, exchange_frames, write};
use crate::running::place::Place;

#[test]
fn members_go_on_when_the_server_starts_again_from_its_snapshot() {
    let place = Place::new("restart");
    let snapshot = place.file("calls.snapshot").to_str().unwrap().to_owned();
    let serve = ["--silence", "20", "--snapshot", &snapshot];
    let (mut call, mut members) = Call::begin(place, &serve, &[2, 3]);
    let before = agree(&mut members, 2);

    let address = call.server.address.clone();
    let mut stopped = call.server.stop();
    assert_eq!(stopped.next("saved")["calls"], 1);
    call.server = call.place.serve_at(&address, &serve);
    assert_eq!(call.server.process.next("restored")["calls"], 1);
    for _ in &members {
        call.server.process.next("connected");
    }
    write(&mut members, 1, "The server was away");
    assert!(exchange_frames(&mut members));

    members.push(call.follow(4));
    let after = agree(&mut members, at(&before) + 1);
    assert_eq!(at(&after), at(&before) + 1, "it is the same chain");
    assert!(exchange_frames(&mut members));
    for member in &members {
        assert_eq!(member.process.all("rejoined").count(), 0);
    }
}
