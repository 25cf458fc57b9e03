//! A call on a network that loses, delays and reorders.

use std::thread;

use serde_json::Value;

use crate::members::{Call, Member, agree, at, exchange_frames};
use crate::running::place::Place;

#[test]
fn a_call_on_a_bad_network_comes_together_loses_one_and_takes_it_back() {
    thread::scope(|lives| {
        for seed in ["1", "2"] {
            lives.spawn(move || live(seed));
        }
    });
}

/// A life on the network of this seed.
fn live(seed: &str) {
    let place = Place::new(&format!("chaos-{seed}"));
    let serve = ["--silence", "2", "--chaos", seed];
    let (call, mut members) = Call::begin(place, &serve, &[2, 3]);
    let met = come_together(&mut members, 2);
    is_read(&mut members, 0);

    // It comes back before anybody has removed it, which takes long where the news that it is gone are lost.
    members.pop().unwrap().process.kill();
    members.push(call.follow(3));
    come_together(&mut members, met + 1);
    for mut member in members.into_iter().rev() {
        // The end of input leaves; if every attempt to say so is lost, that is told.
        assert!([0, 6].contains(&member.process.status()));
    }
}

/// Waits until all agree and open each other's frames, at this height or above; gives the height.
///
/// Whoever learns no connection parameters, because all answers with them were lost, enters anew in between.
fn come_together(members: &mut [Member], least: i64) -> i64 {
    for _ in 0..5 {
        let height = at(&agree(members, least));
        if exchange_frames(members) {
            return height;
        }
    }
    panic!("frames are not opened although all agree");
}

/// Lets one write so often that each other reads something of it: what was pushed in vain is not pushed again.
fn is_read(members: &mut [Member], writer: usize) {
    let from = members[writer].id;
    let shown = from.to_string();
    for attempt in 0..8 {
        members[writer].types(&format!("attempt {attempt}"));
    }
    for reader in members.iter_mut().filter(|member| member.id != from) {
        let is_theirs = |message: &Value| message["from"]["id"] == shown.as_str();
        reader.process.wait_for("message", is_theirs);
    }
}
