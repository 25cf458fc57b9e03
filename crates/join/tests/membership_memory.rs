//! The memory of a membership of 200 members.
#![allow(clippy::expect_used, reason = "tests")]

mod measured;

use measured::measure;

const AT_REST: i64 = 72_000;
const WITH_15_EPOCHS: i64 = 256_000;

#[test]
fn a_membership_of_two_hundred_holds_at_most_72_kb_at_rest_and_256_kb_with_15_epochs() {
    let held = measure();
    for rest in [held.started, held.verified, held.at_rest] {
        // The user ids and keys alone take 8 kB.
        assert!((8_000..=AT_REST).contains(&rest), "{rest} bytes at rest");
    }
    for epochs in [held.with_epochs, held.with_epochs_committed] {
        assert!(
            (held.started..=WITH_15_EPOCHS).contains(&epochs),
            "{epochs} bytes with 15 epochs"
        );
    }
}

#[test]
fn what_a_membership_took_for_a_verification_and_for_epochs_is_given_back() {
    let held = measure();
    assert!(held.committed > held.verified);
    assert!(held.with_epochs_committed > held.at_rest);
    // The list of members and what is derived of the key are made again with each block.
    assert!((held.at_rest - held.verified).abs() < 1_000);
}
