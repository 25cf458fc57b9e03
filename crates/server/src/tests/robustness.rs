use proptest::prelude::*;

use super::*;

/// Bytes that begin like a request of each kind, so that more than the first four are looked at.
fn like_a_request() -> impl Strategy<Value = Vec<u8>> {
    let id = prop_oneof![
        Just(0x8fb5_3057_u32),
        Just(0x7d04_44bb),
        Just(0xee9f_88a6),
        any::<u32>()
    ];
    let rest = proptest::collection::vec(any::<u8>(), 0..200);
    (id, 0..16_u32, rest).prop_map(|(id, flags, rest)| {
        let start = [id.to_le_bytes(), flags.to_le_bytes()].concat();
        [start, rest].concat()
    })
}

#[test]
fn bytes_that_are_no_request_are_refused() {
    let mut scene = Scene::with(&[ALICE]);
    let before = scene.server.clone();
    for bytes in [&[][..], &[0; 4], &[1; 100]] {
        let error = scene.server.handle(ALICE, bytes).unwrap_err();
        assert_eq!(error, RpcError::new(400, "INPUT_METHOD_INVALID"));
    }
    assert_eq!(scene.server, before);
}

#[test]
fn the_same_seed_and_requests_give_the_same_server() {
    assert_eq!(
        Scene::with(&[ALICE, BOB]).server,
        Scene::with(&[ALICE, BOB]).server
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_change_nothing(bytes: Vec<u8>, like in like_a_request()) {
        let mut scene = Scene::empty();
        let before = scene.server.clone();
        for bytes in [bytes, like] {
            if scene.server.handle(ALICE, &bytes).is_err() {
                prop_assert_eq!(&scene.server, &before);
            }
        }
    }

    #[test]
    fn a_join_with_a_flipped_bit_joins_or_changes_nothing(place: prop::sample::Index, bit in 0..8_u32) {
        let mut scene = Scene::with(&[ALICE]);
        let attempt = scene.attempt(BOB);
        let mut bytes = scene.request(&attempt).to_tl();
        *place.get_mut(&mut bytes) ^= 1 << bit;
        let before = scene.server.clone();
        match scene.server.handle(BOB, &bytes) {
            Ok(_) => prop_assert_eq!(scene.call().chain_state().hash(), attempt.block().hash()),
            Err(_) => prop_assert_eq!(&scene.server, &before),
        }
    }
}
