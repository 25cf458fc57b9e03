use confcall_join::api::Removal;
use proptest::prelude::*;

use super::*;

/// Bytes that begin like a request of each kind, so that more than the first four are looked at.
fn like_a_request() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        0x8fb5_3057,
        0x7d04_44bb,
        0xee9f_88a6,
        0xc670_1900,
        0x8ca6_0525,
        0xbcf2_2685,
        0x3c47_9971,
        0xe5af_a56d,
        0x0418_45db,
        0xc558_d8ab,
        0xb59c_f977,
        0x5003_77f9,
        0x7a77_7135,
        0x9743_92f2_u32,
    ];
    let id = prop_oneof![prop::sample::select(known.to_vec()), any::<u32>()];
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
    let refusals = [
        (&[][..], "INPUT_FETCH_ERROR"),
        (&[0; 4], "INPUT_METHOD_INVALID_0_0"),
        (&[1; 100], "INPUT_METHOD_INVALID_16843009_0"),
    ];
    for (bytes, name) in refusals {
        let error = scene.server.handle(ALICE, bytes).unwrap_err();
        assert_eq!(error, RpcError::new(400, name));
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
    fn a_removal_with_a_flipped_bit_removes_or_changes_nothing(place: prop::sample::Index, bit in 0..8_u32) {
        let mut scene = Scene::with(&[ALICE, BOB]);
        let request = scene.removal(ALICE, Removal::Kick, &[BOB]);
        let block = Block::parse(&request.block).unwrap();
        let mut bytes = request.to_tl();
        *place.get_mut(&mut bytes) ^= 1 << bit;
        let before = scene.server.clone();
        match scene.server.handle(ALICE, &bytes) {
            Ok(_) => prop_assert_eq!(scene.call().chain_state().hash(), block.hash()),
            Err(_) => prop_assert_eq!(&scene.server, &before),
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
