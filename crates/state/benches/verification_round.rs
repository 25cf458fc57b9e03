//! Receiving all commits and reveals of a block, down to the emoji.
//!
//! Floor, for each broadcast: one signature verification under a key that is parsed already. A first round parses
//! each member's key in addition; later ones find it parsed.

use std::error::Error;
use std::hint::black_box;

use confcall_bench_support::{PARTICIPANTS, call, compare_calls, rng, signed_bytes};
use confcall_state::keys::Signature;
use confcall_state::verification::{BroadcastError, EarlyBroadcasts, RoundCounts};
use confcall_state::wire::{Broadcast, BroadcastContent};
use confcall_state::{Chain, ChainState, EmojiHash, PrivateKey};
use ed25519_dalek::{Signature as BareSignature, SignatureError, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = rng();
    for members in PARTICIPANTS {
        let (keys, block) = call(members, &mut rng);
        let chain = Chain::start_from(&block)?;
        let state = chain.state();
        let broadcasts = broadcasts(&keys, state);
        let received: Vec<_> = broadcasts.iter().map(Broadcast::to_server).collect();
        let signed = broadcasts.iter().zip(keys.iter().cycle()).map(bare);
        let signed: Vec<_> = signed.collect::<Result<_, _>>()?;
        let floor = || {
            let all = signed.iter();
            all.for_each(|(key, message, signature)| {
                black_box(key.verify(black_box(message), signature).is_ok());
            });
        };
        let mut counts = RoundCounts::new(EarlyBroadcasts::Keep);
        let emoji_hash = round(&mut counts, state, &received)?;
        assert!(emoji_hash.is_some(), "everybody has revealed");
        let fresh = || {
            let mut counts = RoundCounts::new(EarlyBroadcasts::Keep);
            round(&mut counts, state, &received)
        };
        compare_calls("first_round", members, fresh, floor);
        let again = || round(&mut counts, state, &received);
        compare_calls("verification_round", members, again, floor);
    }
    Ok(())
}

fn round(
    counts: &mut RoundCounts,
    state: &ChainState,
    received: &[Vec<u8>],
) -> Result<Option<EmojiHash>, BroadcastError> {
    counts.restart(state);
    for bytes in received {
        counts.receive(&Broadcast::from_server(black_box(bytes))?)?;
    }
    Ok(counts.emoji_hash())
}

/// All commits, then all reveals, in the order of the keys.
fn broadcasts(keys: &[PrivateKey], state: &ChainState) -> Vec<Broadcast> {
    let members = || {
        let participants = &state.group_state().participants;
        participants
            .iter()
            .zip(keys)
            .zip((0..=u8::MAX).cycle().map(|at| [at; 32]))
    };
    let say = |user_id, key, content| {
        let unsigned = Broadcast {
            signature: Signature::ZERO,
            user_id,
            height: state.height(),
            block_hash: state.hash(),
            content,
        };
        unsigned.sign(key)
    };
    let commits = members().map(|((one, key), nonce)| {
        let nonce_hash = Sha256::digest(nonce).into();
        say(one.user_id, key, BroadcastContent::Commit { nonce_hash })
    });
    let reveals = members()
        .map(|((one, key), nonce)| say(one.user_id, key, BroadcastContent::Reveal { nonce }));
    commits.chain(reveals).collect()
}

/// What the floor verifies: the parsed key, the signed bytes, the signature.
fn bare(
    (broadcast, key): (&Broadcast, &PrivateKey),
) -> Result<(VerifyingKey, Vec<u8>, BareSignature), SignatureError> {
    let parsed = VerifyingKey::from_bytes(key.public_key().as_bytes())?;
    let signed = signed_bytes(&broadcast.to_bytes());
    let signature = BareSignature::from_bytes(broadcast.signature.as_bytes());
    // The floor verifies what is signed.
    parsed.verify(&signed, &signature)?;
    Ok((parsed, signed, signature))
}
