#![allow(clippy::unwrap_used, reason = "tests")]

use chacha20::rand_core::SeedableRng as _;
use confcall::join::joining::Link;

use super::super::broken::DidNotHold;
use super::super::show::Pace;
use super::*;

/// A call of the first user.
fn with_call(test: impl FnOnce(&mut Stage<'_, Vec<u8>>, Link)) {
    let mut out = Vec::new();
    let mut stage = Stage::new(
        ChaCha20Rng::from_seed([7; 32]),
        Show::new(&mut out, Pace::AtOnce),
    );
    let link = entering::create(FIRST, &mut stage).unwrap();
    test(&mut stage, link);
}

fn what<T: std::fmt::Debug>(result: anyhow::Result<T>) -> DidNotHold {
    result.unwrap_err().downcast().unwrap()
}

#[test]
fn other_members_than_those_that_are_awaited_are_not_verified() {
    with_call(|stage, link| {
        let error = what(verifying::verify(&[FIRST, SECOND], stage));
        assert!(matches!(error, DidNotHold::Verified(users) if users == [FIRST, SECOND]));
        entering::follow(&link, &[SECOND], stage).unwrap();
        assert!(matches!(
            what(verifying::verify(&[FIRST], stage)),
            DidNotHold::Verified(_)
        ));
        verifying::verify(&[FIRST, SECOND], stage).unwrap();
    });
}

#[test]
fn a_call_with_somebody_in_it_is_not_empty_and_nobody_who_stays_is_pruned() {
    with_call(|stage, link| {
        entering::follow(&link, &[SECOND], stage).unwrap();
        let error = what(leaving::pruned(SECOND, FIRST, stage));
        assert!(matches!(error, DidNotHold::Pruned(SECOND)));
        leaving::leave(SECOND, stage).unwrap();
        let error = what(leaving::check_empty(stage));
        assert!(matches!(error, DidNotHold::Empty { connected: 1 }));
    });
}
