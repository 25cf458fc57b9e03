//! Receiving all commits and reveals of a block, down to the emoji.
//!
//! Floor, for each broadcast: one signature verification under a key that is parsed already. A first round parses
//! each member's key in addition; later ones find it parsed.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench"
)]

mod paired;

use std::hint::black_box;

use confcall_state::keys::Signature;
use confcall_state::verification::{EarlyBroadcasts, RoundCounts};
use confcall_state::wire::{Broadcast, BroadcastContent};
use confcall_state::{Chain, ChainState, EmojiHash, PrivateKey};
use ed25519_dalek::{Signature as BareSignature, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

fn main() {
    let mut rng = paired::rng();
    for members in paired::PARTICIPANTS {
        let (keys, block) = paired::call(members, &mut rng);
        let chain = Chain::start_from(&block).expect("a whole state");
        let state = chain.state();
        let broadcasts = broadcasts(&keys, state);
        let received: Vec<_> = broadcasts.iter().map(Broadcast::to_server).collect();
        let signed: Vec<_> = broadcasts
            .iter()
            .zip(keys.iter().cycle())
            .map(bare)
            .collect();
        let floor = || {
            let all = signed.iter();
            all.for_each(|(key, message, signature)| {
                black_box(key.verify(black_box(message), signature).is_ok());
            });
        };
        let fresh = || {
            round(
                &mut RoundCounts::new(EarlyBroadcasts::Keep),
                state,
                &received,
            )
        };
        paired::compare("first_round", members, fresh, floor);
        let mut counts = RoundCounts::new(EarlyBroadcasts::Keep);
        let again = || round(&mut counts, state, &received);
        paired::compare("verification_round", members, again, floor);
    }
}

fn round(counts: &mut RoundCounts, state: &ChainState, received: &[Vec<u8>]) -> EmojiHash {
    counts.restart(state);
    for bytes in received {
        let broadcast = Broadcast::from_server(black_box(bytes)).expect("a broadcast");
        counts.receive(&broadcast).expect("each counts");
    }
    counts.emoji_hash().expect("everybody has revealed")
}

/// All commits, then all reveals, in the order of the keys.
fn broadcasts(keys: &[PrivateKey], state: &ChainState) -> Vec<Broadcast> {
    let participants = &state.group_state().participants;
    let broadcast = |at: usize, content| {
        let unsigned = Broadcast {
            signature: Signature::ZERO,
            user_id: participants[at].user_id,
            height: state.height(),
            block_hash: state.hash(),
            content,
        };
        unsigned.sign(&keys[at])
    };
    let nonce = |at: usize| [at as u8; 32];
    let commits = (0..keys.len()).map(|at| {
        let nonce_hash = Sha256::digest(nonce(at)).into();
        broadcast(at, BroadcastContent::Commit { nonce_hash })
    });
    let reveals = (0..keys.len()).map(|at| {
        let nonce = nonce(at);
        broadcast(at, BroadcastContent::Reveal { nonce })
    });
    commits.chain(reveals).collect()
}

/// What the floor verifies: the parsed key, the signed bytes, the signature.
fn bare((broadcast, key): (&Broadcast, &PrivateKey)) -> (VerifyingKey, Vec<u8>, BareSignature) {
    let parsed = VerifyingKey::from_bytes(key.public_key().as_bytes()).expect("a public key");
    let mut signed = broadcast.to_bytes();
    signed[4..68].fill(0);
    let signature = BareSignature::from_bytes(broadcast.signature.as_bytes());
    parsed
        .verify(&signed, &signature)
        .expect("the floor verifies what is signed");
    (parsed, signed, signature)
}
