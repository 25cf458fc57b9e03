//! What the verification counts, refuses and says, where other clients went wrong.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_state::keys::Signature;
use confcall_state::verification::{
    BroadcastError, Dropped, EarlyBroadcasts, Fault, Phase, Received, RoundCounts, words,
};
use confcall_state::wire::{Broadcast, BroadcastContent, Change, GroupState, SharedKey};
use confcall_state::{
    Block, BlockHash, Chain, ChainState, EmojiHash, Height, JoinBlock, Joiner, PrivateKey,
    ReferenceCode, UserId, Verification,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256, Sha512};

/// A call with the keys of its members, whose ids are 1, 2 and so on.
struct Call {
    chain: Chain,
    keys: Vec<PrivateKey>,
    rng: ChaCha20Rng,
}

impl Call {
    fn of(members: i64) -> Self {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let mut join = JoinBlock::first(Joiner::new(UserId::new(1)), &mut rng).unwrap();
        let mut chain = Chain::start_from(join.block()).unwrap();
        let mut keys = Vec::new();
        for user in 2..=members {
            let joiner = Joiner::new(UserId::new(user));
            let next = JoinBlock::add_self(join.block(), joiner, &mut rng).unwrap();
            chain.apply(next.block()).unwrap();
            keys.push(join.into_private_key());
            join = next;
        }
        keys.push(join.into_private_key());
        Self { chain, keys, rng }
    }

    fn state(&self) -> &ChainState {
        self.chain.state()
    }

    fn start(&mut self, user: i64) -> Verification {
        let key = &self.keys[user as usize - 1];
        Verification::start(UserId::new(user), self.chain.state(), key, &mut self.rng)
    }

    fn key(&self, user: i64) -> &PrivateKey {
        &self.keys[user as usize - 1]
    }

    fn counts(&self) -> RoundCounts {
        let mut counts = RoundCounts::new(EarlyBroadcasts::Keep);
        counts.restart(self.state());
        counts
    }

    /// The first member writes a block that leaves out these.
    fn next_block(&mut self, without: &[i64]) -> Block {
        let mut group = GroupState::clone(self.state().group_state());
        group
            .participants
            .retain(|one| !without.contains(&one.user_id.value()));
        let shared_key = SharedKey::for_participants(&group.participants, &mut self.rng).unwrap();
        let changes = vec![
            Change::SetGroupState(Arc::new(group)),
            Change::SetSharedKey(Arc::new(shared_key)),
        ];
        let block = self.chain.build(changes, &self.keys[0]).unwrap();
        self.chain.apply(&block).unwrap();
        block
    }

    fn said(&self, user: i64, content: BroadcastContent) -> Broadcast {
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: UserId::new(user),
            height: self.state().height(),
            block_hash: self.state().hash(),
            content,
        };
        broadcast.sign(self.key(user))
    }

    fn commit(&self, user: i64) -> Broadcast {
        let nonce_hash = Sha256::digest(nonce(user)).into();
        self.said(user, BroadcastContent::Commit { nonce_hash })
    }

    fn reveal(&self, user: i64) -> Broadcast {
        let nonce = nonce(user);
        self.said(user, BroadcastContent::Reveal { nonce })
    }
}

fn nonce(user: i64) -> [u8; 32] {
    [user as u8; 32]
}

/// Everything that can be seen of a counts.
fn seen(counts: &RoundCounts) -> String {
    format!("{counts:?}")
}

fn ids(users: impl Iterator<Item = UserId>) -> Vec<i64> {
    users.map(UserId::value).collect()
}

/// Expects an error that has this code and changes nothing.
fn refused(counts: &mut RoundCounts, broadcast: &Broadcast, code: ReferenceCode) {
    let before = seen(counts);
    let error = counts.receive(broadcast).unwrap_err();
    assert_eq!(error.reference_code(), Some(code), "{error}");
    assert_eq!(seen(counts), before);
}

#[test]
fn everybody_comes_to_the_same_emoji_through_the_server() {
    let mut call = Call::of(4);
    let mut members: Vec<_> = (1..=4).map(|user| call.start(user)).collect();
    for phase in [Phase::Commit, Phase::Reveal] {
        assert!(members.iter().all(|one| one.counts().phase() == phase));
        let sent = members.iter_mut().flat_map(Verification::take_outbound);
        let sent: Vec<_> = sent.map(|broadcast| broadcast.to_server()).collect();
        assert_eq!(sent.len(), 4);
        for bytes in &sent {
            for (member, key) in members.iter_mut().zip(&call.keys) {
                let received = member.receive_from_server(bytes, key);
                assert_eq!(received, Ok(Received::Counted));
            }
        }
    }
    let hashes: Vec<EmojiHash> = members
        .iter()
        .map(|one| one.counts().emoji_hash().unwrap())
        .collect();
    assert!(hashes.iter().all(|hash| *hash == hashes[0]));
    assert_eq!(hashes[0].emoji(), hashes[3].emoji());
    assert!(members.iter_mut().all(|one| one.take_outbound().is_empty()));
}

#[test]
fn the_emoji_hash_is_of_the_nonces_in_their_own_order_and_the_block() {
    let call = Call::of(3);
    let mut counts = call.counts();
    let nonces = [[9; 32], [1; 32], [5; 32]];
    let said = |content: fn([u8; 32]) -> BroadcastContent| {
        let everybody = (1..=3).zip(nonces);
        everybody.map(move |(user, nonce)| (user, content(nonce)))
    };
    let commits = said(|nonce| BroadcastContent::Commit {
        nonce_hash: Sha256::digest(nonce).into(),
    });
    let reveals = said(|nonce| BroadcastContent::Reveal { nonce });
    for (user, content) in commits.chain(reveals) {
        counts.receive(&call.said(user, content)).unwrap();
    }
    let key = [[1; 32], [5; 32], [9; 32]].concat();
    let mut mac = Hmac::<Sha512>::new_from_slice(&key).unwrap();
    mac.update(call.state().hash().as_bytes());
    let expected: [u8; 64] = mac.finalize().into_bytes().into();
    assert_eq!(counts.emoji_hash(), Some(EmojiHash::from_bytes(expected)));
}

#[test]
fn broadcasts_that_come_before_their_block_count_when_it_comes() {
    let mut call = Call::of(2);
    let mut late = call.counts();
    call.next_block(&[]);
    call.next_block(&[]);
    let early = [
        call.commit(2),
        call.commit(1),
        call.reveal(1),
        call.reveal(2),
    ];
    for broadcast in &early {
        assert_eq!(late.receive(broadcast), Ok(Received::Kept));
    }
    assert_eq!((late.phase(), late.committed().count()), (Phase::Commit, 0));

    let mut between = Call::of(2);
    between.next_block(&[]);
    assert_eq!(late.restart(between.state()), []);
    assert_eq!((late.phase(), late.committed().count()), (Phase::Commit, 0));

    assert_eq!(late.restart(call.state()), []);
    assert_eq!(late.phase(), Phase::End);
    let mut punctual = call.counts();
    for broadcast in &early {
        assert_eq!(punctual.receive(broadcast), Ok(Received::Counted));
    }
    assert_eq!(late.emoji_hash(), punctual.emoji_hash());
}

#[test]
fn a_bad_early_commit_keeps_no_member_from_the_emoji_whoever_signed_it() {
    let mut call = Call::of(2);
    let late = call.counts();
    call.next_block(&[]);
    let another = Broadcast {
        content: BroadcastContent::Commit {
            nonce_hash: [9; 32],
        },
        block_hash: BlockHash::from_bytes([9; 32]),
        ..call.commit(2)
    };
    let forged = Broadcast {
        signature: Signature::ZERO,
        ..call.commit(2)
    };
    for bad in [another.sign(call.key(2)), forged] {
        for place in 0..=4 {
            let mut late = late.clone();
            let mut early = vec![
                call.commit(1),
                call.commit(2),
                call.reveal(1),
                call.reveal(2),
            ];
            early.insert(place, bad);
            for broadcast in &early {
                assert_eq!(late.receive(broadcast), Ok(Received::Kept));
            }
            let faults = late.restart(call.state());
            assert_eq!(faults.len(), 1, "{bad:?} at {place}");
            assert!(late.emoji_hash().is_some(), "{bad:?} at {place}");
        }
    }
}

#[test]
fn a_member_who_is_40_blocks_behind_comes_to_the_emoji() {
    let mut call = Call::of(3);
    let mut late = call.counts();
    for _ in 0..40 {
        call.next_block(&[]);
        for user in 1..=3 {
            assert_eq!(late.receive(&call.commit(user)), Ok(Received::Kept));
        }
        for user in 1..=3 {
            assert_eq!(late.receive(&call.reveal(user)), Ok(Received::Kept));
        }
    }
    assert_eq!(late.restart(call.state()), []);
    assert_eq!(late.phase(), Phase::End);
}

#[test]
fn what_was_kept_and_does_not_count_is_reported_with_its_sender() {
    let mut call = Call::of(2);
    let mut counts = call.counts();
    call.next_block(&[]);
    let forged = Broadcast {
        signature: Signature::ZERO,
        ..call.commit(2)
    };
    let early = [call.reveal(1), call.commit(1), forged];
    for broadcast in &early {
        assert_eq!(counts.receive(broadcast), Ok(Received::Kept));
    }
    let faults = counts.restart(call.state());
    let [
        Fault { user_id, error },
        Fault {
            user_id: named,
            error: BroadcastError::Signature(_),
        },
    ] = faults.as_slice()
    else {
        panic!("{faults:?}");
    };
    assert_eq!((user_id.value(), named.value()), (1, 2));
    assert_eq!(*error, BroadcastError::NotInReveal(Phase::Commit));
    assert!(!error.is_signed());
    assert_eq!(ids(counts.committed()), [1]);
}

#[test]
fn a_kept_broadcast_of_a_member_who_comes_back_with_another_key_is_refused_then() {
    let mut call = Call::of(2);
    let mut counts = call.counts();
    let tip = call.next_block(&[2]);
    let joiner = Joiner::new(UserId::new(2));
    let join = JoinBlock::add_self(&tip, joiner, &mut call.rng).unwrap();
    call.chain.apply(join.block()).unwrap();
    let with_old_key = call.commit(2);
    assert_eq!(counts.receive(&with_old_key), Ok(Received::Kept));
    let faults = counts.restart(call.state());
    assert!(matches!(faults[0].error, BroadcastError::Signature(_)));
    assert_eq!(counts.committed().count(), 0);
}

#[test]
fn all_pending_messages_are_taken_in_order_and_once() {
    let call = Call::of(1);
    let user = UserId::new(1);
    let start = || {
        let mut rng = ChaCha20Rng::from_seed([8; 32]);
        Verification::start(user, call.state(), call.key(1), &mut rng)
    };
    let (mut ours, mut twin) = (start(), start());
    let [commit] = twin.take_outbound()[..] else {
        panic!("a commit is pending");
    };
    ours.receive(&commit, call.key(1)).unwrap();
    let pending = ours.take_outbound();
    let [first, second] = pending[..] else {
        panic!("{pending:?}");
    };
    assert_eq!(first, commit);
    assert!(matches!(second.content, BroadcastContent::Reveal { .. }));
    assert!(ours.take_outbound().is_empty());
    ours.receive(&second, call.key(1)).unwrap();
    assert_eq!(ours.counts().phase(), Phase::End);
}

#[test]
fn nothing_is_revealed_while_any_commit_is_missing() {
    let mut call = Call::of(3);
    let mut ours = call.start(1);
    let commit = ours.take_outbound()[0];
    for (echoed, missing) in [(commit, 2), (call.commit(2), 1)] {
        ours.receive(&echoed, call.key(1)).unwrap();
        assert_eq!(ours.counts().missing().count(), missing);
        assert_eq!(ours.take_outbound(), []);
    }
    ours.receive(&call.commit(3), call.key(1)).unwrap();
    let [reveal] = ours.take_outbound()[..] else {
        panic!("our reveal is due");
    };
    assert!(matches!(reveal.content, BroadcastContent::Reveal { .. }));
}

#[test]
fn our_own_commit_counts_only_when_it_is_echoed() {
    let mut call = Call::of(2);
    let mut ours = call.start(1);
    let commit = ours.take_outbound()[0];
    assert_eq!(ours.counts().committed().count(), 0);
    let theirs = call.commit(2);
    ours.receive(&theirs, call.key(1)).unwrap();
    assert_eq!(ours.counts().phase(), Phase::Commit);
    assert_eq!(ids(ours.counts().missing()), [1]);
    assert!(ours.take_outbound().is_empty());

    ours.receive(&commit, call.key(1)).unwrap();
    assert_eq!(ours.counts().phase(), Phase::Reveal);
    let reveal = ours.take_outbound();
    assert_eq!(reveal.len(), 1);
    assert_eq!(ours.counts().revealed().count(), 0);
    ours.receive(&call.reveal(2), call.key(1)).unwrap();
    assert!(ours.take_outbound().is_empty());
    assert_eq!(ids(ours.counts().missing()), [1]);
    ours.receive(&reveal[0], call.key(1)).unwrap();
    assert!(ours.counts().emoji_hash().is_some());
}

#[test]
fn a_bad_broadcast_changes_nothing_and_the_verification_goes_on() {
    let call = Call::of(2);
    let mut counts = call.counts();
    counts.receive(&call.commit(1)).unwrap();
    let mut outsider = call.commit(2);
    outsider.user_id = UserId::new(9);
    let unsigned = Broadcast {
        signature: Signature::ZERO,
        ..call.commit(2)
    };
    refused(
        &mut counts,
        &outsider,
        ReferenceCode::BroadcastUnknownUserId,
    );
    refused(&mut counts, &unsigned, ReferenceCode::InvalidSignature);
    refused(
        &mut counts,
        &call.commit(1),
        ReferenceCode::BroadcastAlreadyApplied,
    );
    counts.receive(&call.commit(2)).unwrap();
    let other_nonce = call.said(1, BroadcastContent::Reveal { nonce: [0; 32] });
    refused(
        &mut counts,
        &other_nonce,
        ReferenceCode::BroadcastInvalidReveal,
    );
    assert!(counts.receive(&other_nonce).unwrap_err().is_signed());
    counts.receive(&call.reveal(1)).unwrap();
    counts.receive(&call.reveal(2)).unwrap();
    assert_eq!(counts.phase(), Phase::End);
}

#[test]
fn the_first_broken_rule_decides_which_error_it_is() {
    let call = Call::of(2);
    let mut counts = call.counts();
    counts.receive(&call.commit(1)).unwrap();

    // Each of these breaks every rule that the ones after it break.
    let mut broadcast = call.said(1, BroadcastContent::Reveal { nonce: [0; 32] });
    broadcast.user_id = UserId::new(9);
    broadcast.block_hash = BlockHash::ZERO;
    refused(
        &mut counts,
        &broadcast,
        ReferenceCode::BroadcastInvalidBlockHash,
    );
    broadcast.block_hash = call.state().hash();
    refused(&mut counts, &broadcast, ReferenceCode::BroadcastNotInReveal);
    counts.receive(&call.commit(2)).unwrap();
    counts.receive(&call.reveal(1)).unwrap();
    let commit = Broadcast {
        content: call.commit(1).content,
        ..broadcast
    };
    refused(&mut counts, &commit, ReferenceCode::BroadcastNotInCommit);
    refused(
        &mut counts,
        &broadcast,
        ReferenceCode::BroadcastUnknownUserId,
    );
    broadcast.user_id = UserId::new(1);
    broadcast.signature = Signature::ZERO;
    refused(&mut counts, &broadcast, ReferenceCode::InvalidSignature);
    let second = broadcast.sign(call.key(1));
    refused(&mut counts, &second, ReferenceCode::BroadcastAlreadyApplied);
}

#[test]
fn a_far_future_commit_parks_nothing() {
    let mut call = Call::of(2);
    let mut counts = call.counts();
    for ahead in [65, 1000, i32::MAX - call.state().height().value()] {
        let height = Height::new(call.state().height().value() + ahead);
        let commit = Broadcast {
            height,
            ..call.commit(1)
        };
        let before = seen(&counts);
        let received = counts.receive(&commit.sign(call.key(1)));
        assert_eq!(received, Ok(Received::Dropped(Dropped::TooFarAhead)));
        assert_eq!(seen(&counts), before);
    }
    for _ in 0..2 {
        for user in [1, 2] {
            assert_eq!(counts.receive(&call.commit(user)), Ok(Received::Counted));
        }
        for user in [1, 2] {
            assert_eq!(counts.receive(&call.reveal(user)), Ok(Received::Counted));
        }
        assert!(counts.emoji_hash().is_some());
        call.next_block(&[]);
        counts.restart(call.state());
        assert_eq!(counts.emoji_hash(), None);
    }
}

#[test]
fn what_is_for_an_earlier_block_is_ignored() {
    let mut call = Call::of(2);
    let old = call.commit(1);
    call.next_block(&[]);
    let mut counts = call.counts();
    let before = seen(&counts);
    assert_eq!(counts.receive(&old), Ok(Received::Old));
    assert_eq!(seen(&counts), before);
}

#[test]
fn before_the_first_block_nothing_counts_and_later_ones_are_kept_or_refused() {
    let call = Call::of(1);
    let mut counts = RoundCounts::new(EarlyBroadcasts::Keep);
    assert_eq!((counts.phase(), counts.height().value()), (Phase::End, -1));
    assert_eq!(counts.receive(&call.commit(1)), Ok(Received::Kept));
    assert_eq!(counts.restart(call.state()), []);
    assert_eq!(counts.phase(), Phase::Reveal);

    let mut counts = RoundCounts::new(EarlyBroadcasts::Refuse);
    let commit = call.commit(1);
    refused(&mut counts, &commit, ReferenceCode::BroadcastInFuture);
}

#[test]
fn a_new_block_drops_what_is_pending_and_draws_another_nonce() {
    let mut call = Call::of(2);
    let mut ours = call.start(1);
    call.next_block(&[]);
    let faults = ours.restart(call.chain.state(), &call.keys[0], &mut call.rng);
    assert_eq!(faults, []);
    let first = ours.take_outbound();
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].block_hash, call.state().hash());
    call.next_block(&[]);
    ours.restart(call.chain.state(), &call.keys[0], &mut call.rng);
    let second = ours.take_outbound();
    assert_ne!(first[0].content, second[0].content);
}

#[test]
fn the_silent_hold_up_the_phase_until_they_are_removed() {
    let mut call = Call::of(3);
    let mut counts = call.counts();
    assert_eq!(ids(counts.missing()), [1, 2, 3]);
    counts.receive(&call.commit(1)).unwrap();
    counts.receive(&call.commit(3)).unwrap();
    assert_eq!(ids(counts.missing()), [2]);
    assert_eq!(ids(counts.committed()), [1, 3]);

    call.next_block(&[2]);
    counts.restart(call.state());
    for user in [3, 1] {
        counts.receive(&call.commit(user)).unwrap();
    }
    counts.receive(&call.reveal(1)).unwrap();
    assert_eq!(ids(counts.revealed()), [1]);
    assert_eq!(ids(counts.missing()), [3]);
    counts.receive(&call.reveal(3)).unwrap();
    assert_eq!(counts.missing().count(), 0);
    assert!(counts.emoji_hash().is_some());
}

#[test]
fn who_is_not_in_the_group_counts_and_says_nothing() {
    let mut call = Call::of(2);
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    let stranger = PrivateKey::generate(&mut rng);
    for user in [7, 1] {
        let user = UserId::new(user);
        let mut watching = Verification::start(user, call.state(), &stranger, &mut rng);
        for broadcast in [
            call.commit(1),
            call.commit(2),
            call.reveal(1),
            call.reveal(2),
        ] {
            watching.receive(&broadcast, &stranger).unwrap();
            assert!(watching.take_outbound().is_empty());
        }
        assert!(watching.counts().emoji_hash().is_some());
    }

    let mut removed = call.start(2);
    call.next_block(&[2]);
    removed.restart(call.chain.state(), &call.keys[1], &mut call.rng);
    assert!(removed.take_outbound().is_empty());
}

#[test]
fn a_nonce_is_not_printed() {
    let mut call = Call::of(1);
    let ours = call.start(1);
    assert!(format!("{ours:?}").contains("Committed(Nonce(..))"));
}

#[test]
fn people_in_different_calls_see_different_words() {
    let (one, mut other) = (Call::of(2), Call::of(2));
    assert_eq!(words(&one.state().hash()), words(&other.state().hash()));
    other.next_block(&[]);
    assert_ne!(words(&one.state().hash()), words(&other.state().hash()));
}

/// The ids 1 to 5 in any order.
fn any_order() -> impl Strategy<Value = Vec<i64>> {
    Just((1..=5).collect::<Vec<_>>()).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_order_that_the_server_could_echo_gives_the_same_emoji(
        commits in any_order(),
        reveals in any_order(),
        before_the_block in 0..=10_usize,
    ) {
        let mut call = Call::of(5);
        let mut counts = call.counts();
        let straight = Vec::from_iter(1..=5);
        call.next_block(&[]);
        let in_order = |commits: &[i64], reveals: &[i64]| {
            let commits = commits.iter().map(|user| call.commit(*user));
            commits.chain(reveals.iter().map(|user| call.reveal(*user))).collect::<Vec<_>>()
        };
        let mut expected = call.counts();
        for broadcast in in_order(&straight, &straight) {
            expected.receive(&broadcast).unwrap();
        }
        let echoed = in_order(&commits, &reveals);
        let (early, late) = echoed.split_at(before_the_block);
        for broadcast in early {
            prop_assert_eq!(counts.receive(broadcast), Ok(Received::Kept));
        }
        prop_assert_eq!(counts.restart(call.state()), []);
        for broadcast in late {
            prop_assert_eq!(counts.receive(broadcast), Ok(Received::Counted));
        }
        prop_assert_eq!(counts.emoji_hash(), expected.emoji_hash());
        prop_assert!(counts.emoji_hash().is_some());
    }

    #[test]
    fn a_flipped_bit_is_never_counted(bit in 0..144 * 8_usize, is_reveal: bool) {
        let call = Call::of(2);
        let mut counts = RoundCounts::new(EarlyBroadcasts::Refuse);
        counts.restart(call.state());
        let mut honest = call.commit(1);
        if is_reveal {
            counts.receive(&honest).unwrap();
            counts.receive(&call.commit(2)).unwrap();
            honest = call.reveal(1);
        }
        let mut bytes = honest.to_server();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let before = seen(&counts);
        let received = Broadcast::from_server(&bytes)
            .map_err(BroadcastError::from)
            .and_then(|broadcast| counts.receive(&broadcast));
        let is_lower_height = received == Ok(Received::Old);
        prop_assert!(received.is_err() || is_lower_height && (76..80).contains(&(bit / 8)));
        prop_assert_eq!(seen(&counts), before);
        prop_assert_eq!(counts.receive(&honest), Ok(Received::Counted));
    }
}
