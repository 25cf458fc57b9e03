//! Keys, nonces and what is decrypted.

use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall::media::{ChannelId, Codec, Cryptor, EncodedFrame, Epoch, Moment, RemovalGrace};
use confcall::state::encryption::{HeaderKey, decrypt_data, decrypt_data_in_place, encrypt_data};
use confcall::state::keys::{Nonce, OneTimeSecret, RawKey, SharedSecret};
use confcall::state::verification::{Progress, Verification};
use confcall::state::{Chain, EpochKey, JoinBlock, ParticipantKeys, PrivateKey};
use confcall::{Joiner, UserId};

use crate::{hides_bytes, is_shown_as};

const ALICE: UserId = UserId::new(1);
const BOB: UserId = UserId::new(2);
const SECRET: [u8; 32] = *b"thirty-two bytes of a secret ...";

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

#[test]
fn keys_and_nonces_are_shown_by_their_names_alone() {
    is_shown_as(&PrivateKey::from_seed(&SECRET), "PrivateKey(..)");
    is_shown_as(&EpochKey::from_bytes(&SECRET), "EpochKey(..)");
    is_shown_as(&RawKey::from_bytes(&SECRET), "RawKey(..)");
    is_shown_as(&OneTimeSecret::from_bytes(&SECRET), "OneTimeSecret(..)");
    is_shown_as(&SharedSecret::from_bytes(&SECRET), "SharedSecret(..)");
    is_shown_as(&Nonce::from_bytes(&SECRET), "Nonce(..)");
    let derived = HeaderKey::from(&EpochKey::from_bytes(&SECRET));
    is_shown_as(&derived, "HeaderKey(..)");
    let progress = Progress {
        nonce: Some(Nonce::from_bytes(&SECRET)),
        ..Progress::default()
    };
    let shown = "Progress { commits: [], reveals: [], nonce: Some(Nonce(..)), early: [] }";
    is_shown_as(&progress, shown);
}

#[test]
fn of_what_is_decrypted_only_the_length_is_shown() {
    let secret = OneTimeSecret::from_bytes(&SECRET);
    let mut bytes = encrypt_data(b"a payload", &secret, b"", &mut rng(1)).bytes;
    let decrypted = decrypt_data(&bytes, &secret, b"").unwrap();
    is_shown_as(&decrypted, "DecryptedData(9 bytes)");
    let parts = [b"".as_slice()].into_iter();
    let in_place = decrypt_data_in_place(&mut bytes, &secret, parts).unwrap();
    is_shown_as(&in_place, "DecryptedInPlace(9 bytes)");
}

#[test]
fn a_join_block_shows_no_private_key() {
    let join = JoinBlock::first(Joiner::new(ALICE), &mut rng(2)).unwrap();
    assert!(format!("{join:?}").contains("private_key: PrivateKey(..)"));
    hides_bytes(&join, join.private_key().dangerous_seed().dangerous_bytes());
}

#[test]
fn a_verification_shows_no_nonce_before_it_is_revealed() {
    let join = JoinBlock::first(Joiner::new(ALICE), &mut rng(3)).unwrap();
    let chain = Chain::start_from(join.block()).unwrap();
    let verification = Verification::start(ALICE, chain.state(), join.private_key(), &mut rng(4));
    assert!(format!("{verification:?}").contains("Committed(Nonce(..))"));
    let mut nonce = [0; 32];
    rng(4).fill_bytes(&mut nonce);
    hides_bytes(&verification, &nonce);
}

#[test]
fn a_cryptor_shows_no_key_and_an_opened_packet_no_content() {
    let first = JoinBlock::first(Joiner::new(ALICE), &mut rng(5)).unwrap();
    let second = JoinBlock::add_self(first.block(), Joiner::new(BOB), &mut rng(6)).unwrap();
    let mut chain = Chain::start_from(first.block()).unwrap();
    let state = chain.apply(second.block()).unwrap();
    let member = |user, join: JoinBlock| {
        let epoch = Epoch {
            hash: state.hash(),
            key: state.open_epoch_key(user, join.private_key()).unwrap(),
            participants: ParticipantKeys::new(state.group_state()),
        };
        assert!(format!("{epoch:?}").contains("key: EpochKey(..)"));
        hides_bytes(&epoch, epoch.key.dangerous_bytes());
        let key = Arc::new(join.into_private_key());
        let cryptor = Cryptor::new(user, key, RemovalGrace::WithGrace);
        cryptor.add_epoch(Moment::default(), epoch);
        cryptor
    };
    let (alice, bob) = (member(ALICE, first), member(BOB, second));
    let shown = "Cryptor { user_id: UserId(1), removal_grace: WithGrace, epochs: Some(1), .. }";
    is_shown_as(&alice, shown);

    let (now, main) = (Moment::default(), ChannelId::MAIN);
    let packet = alice.seal(now, main, 0, &SECRET, &mut rng(7)).unwrap();
    let opened = bob.open(now, ALICE, &packet).unwrap();
    let epoch = state.hash();
    let info = format!(
        "PacketInfo {{ channel: ChannelId(0), seqno: 1, epoch: BlockHash({epoch}), prefix: 0 }}"
    );
    is_shown_as(&opened, &format!("Opened({info}, 32 bytes)"));

    let frame = EncodedFrame::Vp8(&SECRET);
    let packet = alice.seal_frame(now, main, frame, &mut rng(8)).unwrap();
    let opened = bob.open_frame(now, ALICE, Codec::Vp8, &packet).unwrap();
    hides_bytes(&opened, &SECRET);
    assert!(format!("{opened:?}").ends_with(", 32 bytes)"));
}
