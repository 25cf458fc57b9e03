//! A whole call of five processes on a good network.

use crate::members::{Call, agree, at, exchange_frames, write};
use crate::running::place::Place;

#[test]
fn five_members_meet_speak_lose_one_take_it_back_and_part() {
    let place = Place::new("lives");
    let (call, mut members) = Call::begin(place, &["--silence", "2"], &[2, 3, 4, 5]);
    let met = agree(&mut members, 4);
    assert!(exchange_frames(&mut members));
    write(&mut members, 2, "Hello, everybody!");

    members.pop().unwrap().process.kill();
    let pruned = agree(&mut members, at(&met) + 1);
    assert_ne!(pruned["words"], met["words"]);

    // A new process with the session of the one that was killed.
    members.push(call.follow(5));
    let back = agree(&mut members, at(&pruned) + 1);
    assert!(exchange_frames(&mut members));

    members[0].types("/kick 5");
    members.pop().unwrap().ends("removed", 3);
    let kicked = agree(&mut members, at(&back) + 1);

    let interrupted = members.pop().unwrap();
    interrupted.process.signal("-INT");
    interrupted.ends("left", 0);
    members.pop().unwrap().leaves();
    agree(&mut members, at(&kicked) + 1);
    write(&mut members, 0, "Only we are left");

    let mut last = members.pop().unwrap();
    assert_eq!(last.process.status(), 0, "the end of input leaves");
    members[0].types("/discard");
    members.pop().unwrap().ends("discarded", 0);
    let mut server = call.server.stop();
    assert_eq!(server.all("over").count(), 1);
    assert_eq!(server.next("call")["link"], call.link);
}
