//! A call on a network that loses, delays and reorders.

use crate::members::{Call, Member, agree, at, exchange_frames};
use crate::running::Place;

#[test]
fn a_call_on_a_bad_network_comes_together_loses_one_and_takes_it_back() {
    live_by("1");
}

#[test]
fn so_it_does_on_another_bad_network() {
    live_by("2");
}

/// A life on the network of this seed.
fn live_by(seed: &str) {
    let place = Place::new(&format!("chaos-{seed}"));
    let serve = ["--silence", "2", "--chaos", seed];
    let (call, mut members) = Call::begin(place, &serve, &[2, 3, 4]);
    let met = agree(&mut members, 3);
    exchange_frames(&mut members);
    is_read(&mut members, 0);

    members.pop().unwrap().process.kill();
    let pruned = agree(&mut members, at(&met) + 1);
    members.push(call.follow(4));
    let back = agree(&mut members, at(&pruned) + 1);
    exchange_frames(&mut members);

    members[0].types("/kick 2");
    members.remove(1).ends("removed", 3);
    agree(&mut members, at(&back) + 1);
    members.into_iter().rev().for_each(Member::leaves);
}

/// Lets one write so often that each other reads something of it: what was pushed in vain is not pushed again.
fn is_read(members: &mut [Member], writer: usize) {
    let from = members[writer].id;
    for attempt in 0..8 {
        members[writer].types(&format!("attempt {attempt}"));
    }
    for reader in members.iter_mut().filter(|member| member.id != from) {
        let is_theirs = |message: &serde_json::Value| message["from"] == from;
        reader.process.wait_for("message", is_theirs);
    }
}
