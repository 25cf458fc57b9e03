//! Media threads do not wait for the allocator.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::*;

#[test]
fn sealing_into_and_opening_in_a_buffer_allocate_nothing_once_they_are_warm() {
    let (alice, bob) = pair();
    for number in [2, 3] {
        add(&alice, 0, epoch(number, &[1, 2]));
        add(&bob, 0, epoch(number, &[1, 2]));
    }
    let mut rng = rng();
    let mut packet = Vec::new();
    for length in [65_536, 20, 160, 1200] {
        let frame = vec![7; length];
        let mut exchange = || {
            alice
                .seal_into(at(0), MAIN, 10, &frame, &mut rng, &mut packet)
                .unwrap();
            bob.open_in_place(at(0), user(1), &mut packet).unwrap();
        };
        exchange();
        let counted = allocation_counter::measure(exchange);
        assert_eq!(
            (counted.count_total, counted.bytes_total),
            one_signature(),
            "{length}"
        );
    }
}

/// The allocations of a signature and their bytes: none, but for AWS-LC's interface, which hands a signature over in a vector.
fn one_signature() -> (u64, u64) {
    if cfg!(not(feature = "aws-lc-rs")) {
        return (0, 0);
    }
    let key = key(1);
    let counted = allocation_counter::measure(|| _ = key.sign(&[0; 36]));
    (counted.count_total, counted.bytes_total)
}
