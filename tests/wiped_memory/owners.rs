//! Those who own a secret, each of whom must take it along.

use std::hint::black_box;
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall::media::{ChannelId, Cryptor, Epoch, Moment, RemovalGrace};
use confcall::state::keys::SharedSecret;
use confcall::state::{Chain, EpochKey, JoinBlock, ParticipantKeys, PrivateKey};
use confcall::{Joiner, Membership, UserId};
use sha2::digest::common::hazmat::SerializableState as _;
use sha2::{Digest as _, Sha512};

use crate::memory::Pattern;

const ALICE: UserId = UserId::new(1);
const BOB: UserId = UserId::new(2);

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn now() -> Moment {
    Moment::default()
}

/// Checks that a secret is in memory while its owner lives, and not afterwards.
#[track_caller]
fn takes_along<T>(owner: T, secret: &Pattern) {
    assert_eq!(secret.count(), 4, "the owner has no such secret");
    // Keeps the owner in memory until here.
    drop(black_box(owner));
    is_gone(secret);
}

#[track_caller]
fn is_gone(secret: &Pattern) {
    assert_eq!(secret.count(), 0, "pieces of the secret are left");
}

fn seed_of(key: &PrivateKey) -> Pattern {
    Pattern::of(key.dangerous_seed().dangerous_bytes())
}

fn join(seed: u8) -> JoinBlock {
    JoinBlock::first(Joiner::new(ALICE), &mut rng(seed)).unwrap()
}

pub(crate) fn a_private_key_is_wiped() {
    let key = PrivateKey::generate(&mut rng(1));
    let secret = seed_of(&key);
    takes_along(key, &secret);
}

pub(crate) fn a_private_key_that_was_moved_is_wiped() {
    let join = Box::new(join(2));
    let secret = seed_of(join.private_key());
    // Out of one place, through a list that grows, into another.
    let mut keys = vec![join.into_private_key()];
    keys.push(PrivateKey::generate(&mut rng(3)));
    keys.reserve(100);
    takes_along(Arc::new(keys.swap_remove(0)), &secret);
}

pub(crate) fn an_epoch_key_is_wiped() {
    let (key, secret) = epoch_key(&join(4));
    takes_along(Box::new(key), &secret);
}

fn epoch_key(join: &JoinBlock) -> (EpochKey, Pattern) {
    let chain = Chain::start_from(join.block()).unwrap();
    let key = chain.state().open_epoch_key(ALICE, join.private_key());
    let key = key.unwrap();
    let secret = Pattern::of(key.dangerous_bytes());
    (key, secret)
}

pub(crate) fn the_secret_that_two_keys_share_is_wiped() {
    let (ours, theirs) = (
        PrivateKey::generate(&mut rng(5)),
        PrivateKey::generate(&mut rng(6)),
    );
    let shared: Box<SharedSecret> = Box::new(ours.shared_secret(&theirs.public_key()).unwrap());
    let secret = Pattern::of(shared.dangerous_bytes());
    takes_along(shared, &secret);
}

pub(crate) fn a_cryptor_wipes_the_keys_of_its_epochs() {
    let join = join(7);
    let (key, plain) = epoch_key(&join);
    let derived = Pattern::of(&header_mac_state(&key));
    drop(key);
    let state = Chain::start_from(join.block()).unwrap().state().clone();
    let private = Arc::new(join.into_private_key());
    let cryptor = Cryptor::new(ALICE, Arc::clone(&private), RemovalGrace::WithGrace);
    let epoch = || Epoch {
        hash: state.hash(),
        key: state.open_epoch_key(ALICE, &private).unwrap(),
        participants: ParticipantKeys::new(state.group_state()),
    };
    cryptor.add_epoch(now(), epoch());
    // What the headers need is derived once, and the key itself is not kept.
    is_gone(&plain);
    assert_eq!(derived.count(), 4);
    cryptor.close();
    is_gone(&derived);
    drop(cryptor);

    let key_of_another = Arc::new(PrivateKey::generate(&mut rng(8)));
    let cryptor = Cryptor::new(BOB, key_of_another, RemovalGrace::WithGrace);
    cryptor.add_epoch(now(), epoch());
    takes_along(cryptor, &derived);
}

/// Half of the state in which the MAC of an epoch's headers is kept: that of SHA-512 after the masked key.
fn header_mac_state(key: &EpochKey) -> [u8; 32] {
    let masked = |key: &[u8], mask: u8| {
        let mut block = [mask; 128];
        block.iter_mut().zip(key).for_each(|(to, key)| *to ^= key);
        Sha512::new().chain_update(block)
    };
    let key = key.dangerous_bytes();
    let inner = masked(key, 0x36).chain_update(b"tde2e_encrypt_header");
    let outer = masked(key, 0x5c).chain_update(inner.finalize());
    let derived = outer.finalize();
    let state = masked(&derived[..32], 0x36).serialize();
    *state.first_chunk().unwrap()
}

pub(crate) fn a_membership_wipes_key_and_nonce() {
    let join = join(9);
    let block = join.block().clone();
    let key = seed_of(join.private_key());
    let start = |join: JoinBlock, rng: &mut ChaCha20Rng| {
        let key = join.into_private_key();
        Membership::start(now(), ALICE, key, &block, RemovalGrace::WithGrace, rng).unwrap()
    };
    let membership = Box::new(start(join, &mut rng(10)));
    // The nonce is the first thing that a membership draws.
    let mut nonce = [0; 32];
    rng(10).fill_bytes(&mut nonce);
    let nonce = Pattern::of(&nonce);
    assert_eq!(nonce.count(), 4);
    takes_along(membership, &key);
    is_gone(&nonce);
}

pub(crate) fn a_frame_and_its_one_time_secret_are_wiped() {
    let first = join(11);
    let tip = first.block().clone();
    let second = JoinBlock::add_self(&tip, Joiner::new(BOB), &mut rng(12)).unwrap();
    let mut chain = Chain::start_from(&tip).unwrap();
    let state = chain.apply(second.block()).unwrap();
    let member = |user, join: JoinBlock| {
        let epoch = Epoch {
            hash: state.hash(),
            key: state.open_epoch_key(user, join.private_key()).unwrap(),
            participants: ParticipantKeys::new(state.group_state()),
        };
        let key = Arc::new(join.into_private_key());
        let cryptor = Cryptor::new(user, key, RemovalGrace::WithGrace);
        cryptor.add_epoch(now(), epoch);
        cryptor
    };
    let (alice, bob) = (member(ALICE, first), member(BOB, second));
    let mut frame = [0; 32];
    rng(13).fill_bytes(&mut frame);
    let secret = Pattern::of(&frame);
    let main = ChannelId::MAIN;
    // The one-time secret is the first thing that a packet draws.
    let mut one_time = [0; 32];
    rng(14).fill_bytes(&mut one_time);
    let one_time = Pattern::of(&one_time);
    let packet = alice.seal(now(), main, 0, &frame, &mut rng(14)).unwrap();
    is_gone(&secret);
    is_gone(&one_time);
    takes_along(bob.open(now(), ALICE, &packet).unwrap(), &secret);
    is_gone(&one_time);
    // Refused as a replay after it was decrypted.
    bob.open(now(), ALICE, &packet).unwrap_err();
    is_gone(&secret);

    let mut packet = alice.seal(now(), main, 0, &frame, &mut rng(14)).unwrap();
    bob.open_in_place(now(), ALICE, &mut packet).unwrap();
    assert_eq!(secret.count(), 4);
    packet.fill(0);
    // The frame was moved to the start, and nothing of it is left where it was decrypted.
    is_gone(&secret);
    drop(black_box(packet));
}
