//! Going on with a verification after a restart.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_state::verification::{Phase, Progress, Received};
use confcall_state::wire::{Broadcast, BroadcastContent, Change, GroupState, SharedKey};
use confcall_state::{Chain, JoinBlock, Joiner, PrivateKey, UserId, Verification};
use sha2::{Digest as _, Sha256};

const ALICE: UserId = UserId::new(1);
const BOB: UserId = UserId::new(2);

struct Call {
    chain: Chain,
    keys: [PrivateKey; 2],
    rng: ChaCha20Rng,
}

impl Call {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let alice = JoinBlock::first(Joiner::new(ALICE), &mut rng).unwrap();
        let bob = JoinBlock::add_self(alice.block(), Joiner::new(BOB), &mut rng).unwrap();
        Self {
            chain: Chain::start_from(bob.block()).unwrap(),
            keys: [alice.into_private_key(), bob.into_private_key()],
            rng,
        }
    }

    fn start(&mut self) -> (Verification, Verification) {
        let (state, [alice, bob]) = (self.chain.state(), &self.keys);
        (
            Verification::start(ALICE, state, alice, &mut self.rng),
            Verification::start(BOB, state, bob, &mut self.rng),
        )
    }

    /// Alice after a restart.
    fn resume(&mut self, progress: Progress) -> Verification {
        let (state, key) = (self.chain.state(), &self.keys[0]);
        Verification::resume(ALICE, state, key, progress, &mut self.rng)
    }

    fn hear(&self, alice: &mut Verification, all: &[Broadcast]) {
        for one in all {
            let received = alice.receive(one, &self.keys[0]);
            assert_eq!(received, Ok(Received::Counted));
        }
    }

    fn next_block(&mut self) {
        let group = GroupState::clone(self.chain.state().group_state());
        let shared_key = SharedKey::for_participants(&group.participants, &mut self.rng).unwrap();
        let changes = vec![
            Change::SetGroupState(Arc::new(group)),
            Change::SetSharedKey(Arc::new(shared_key)),
        ];
        let block = self.chain.build(changes, &self.keys[0]).unwrap();
        self.chain.apply(&block).unwrap();
    }
}

fn is_commit(broadcast: &Broadcast) -> bool {
    matches!(broadcast.content, BroadcastContent::Commit { .. })
}

#[test]
fn a_verification_goes_on_from_the_reveals_and_comes_to_the_same_emoji() {
    let mut call = Call::new();
    let (mut alice, mut bob) = call.start();
    let commits = [alice.take_outbound(), bob.take_outbound()].concat();
    call.hear(&mut alice, &commits);
    let revealed = alice.take_outbound();

    let mut resumed = call.resume(alice.progress());
    assert_eq!(resumed.counts().phase(), Phase::Reveal);
    // The server may not have it: the very same is said again.
    assert_eq!(resumed.take_outbound(), revealed);
    for one in &commits {
        bob.receive(one, &call.keys[1]).unwrap();
    }
    let reveals = [revealed, bob.take_outbound()].concat();
    call.hear(&mut resumed, &reveals[..1]);

    let mut again = call.resume(resumed.progress());
    assert_eq!(again.take_outbound(), []);
    call.hear(&mut again, &reveals[1..]);
    for one in &reveals {
        bob.receive(one, &call.keys[1]).unwrap();
    }
    let emoji = bob.counts().emoji_hash();
    assert!(emoji.is_some());
    assert_eq!(again.counts().emoji_hash(), emoji);

    let done = call.resume(again.progress());
    assert_eq!(done.counts().emoji_hash(), emoji);
    let twice = call.resume(done.progress());
    assert_eq!(twice.counts().emoji_hash(), emoji);
    assert!(!twice.has_lost_nonce());
}

#[test]
fn before_our_commit_counts_another_one_takes_its_place() {
    let mut call = Call::new();
    let (mut alice, mut bob) = call.start();
    call.hear(&mut alice, &bob.take_outbound());
    let progress = alice.progress();
    assert_eq!(progress.nonce, None);

    let mut resumed = call.resume(progress);
    let said = resumed.take_outbound();
    assert_ne!(said, alice.take_outbound());
    call.hear(&mut resumed, &said);
    assert_eq!(resumed.counts().phase(), Phase::Reveal);
    assert_eq!(resumed.take_outbound().len(), 1);
}

#[test]
fn a_nonce_that_may_be_known_is_never_revealed_to_other_commits() {
    let mut call = Call::new();
    let (mut alice, mut bob) = call.start();
    let own = alice.take_outbound();
    call.hear(&mut alice, &own);
    // Saved before all commits have come; afterwards Alice reveals, and then restarts.
    let progress = alice.progress();
    call.hear(&mut alice, &bob.take_outbound());
    assert!(!is_commit(&alice.take_outbound()[0]));

    let mut resumed = call.resume(progress);
    assert!(resumed.has_lost_nonce());
    assert_eq!(resumed.take_outbound(), []);
    // A server that shows other commits of Bob's gets no reveal.
    let (_, mut other_bob) = call.start();
    call.hear(&mut resumed, &other_bob.take_outbound());
    assert_eq!(resumed.take_outbound(), []);
}

#[test]
fn a_commit_from_before_the_restart_is_noticed_when_it_is_echoed() {
    let mut call = Call::new();
    let (mut alice, _) = call.start();
    let before = alice.progress();
    let own = alice.take_outbound();
    let mut resumed = call.resume(before);
    assert!(!resumed.has_lost_nonce());
    call.hear(&mut resumed, &own);
    assert!(resumed.has_lost_nonce());
    assert_eq!(resumed.take_outbound(), []);

    // So is one that waited for its block.
    let old = call.resume(Progress::default()).progress();
    call.next_block();
    let (mut alice, _) = call.start();
    let early = alice.take_outbound();
    let mut call_before = Call::new();
    let mut resumed = call_before.resume(old);
    assert_eq!(
        resumed.receive(&early[0], &call_before.keys[0]),
        Ok(Received::Kept)
    );
    resumed.restart(call.chain.state(), &call.keys[0], &mut call.rng);
    assert!(resumed.has_lost_nonce());
    assert_eq!(resumed.take_outbound(), []);
}

#[test]
fn what_waits_for_a_later_block_still_does_after_a_restart() {
    let mut call = Call::new();
    let (mut alice, _) = call.start();
    let mut later = Call::new();
    later.next_block();
    let (_, mut bob) = later.start();
    let early = bob.take_outbound();
    let kept = alice.receive(&early[0], &call.keys[0]);
    assert_eq!(kept, Ok(Received::Kept));
    let mut resumed = call.resume(alice.progress());
    resumed.restart(later.chain.state(), &later.keys[0], &mut later.rng);
    let committed: Vec<_> = resumed.counts().committed().collect();
    assert_eq!(committed, [BOB]);
}

/// The hash that stands for this nonce in a commit.
fn hash_of(nonce: [u8; 32]) -> [u8; 32] {
    Sha256::digest(nonce).into()
}

#[test]
fn what_nobody_can_have_said_by_then_is_left_out() {
    let mut call = Call::new();
    let (one, two) = ([1; 32], [2; 32]);
    let commits = vec![(ALICE, hash_of(one)), (BOB, hash_of(two))];
    let stranger = (UserId::new(3), hash_of(one));
    let counted = |resumed: &Verification| -> (Phase, Vec<UserId>, Vec<UserId>) {
        let counts = resumed.counts();
        let (committed, revealed) = (counts.committed(), counts.revealed());
        (counts.phase(), committed.collect(), revealed.collect())
    };

    let before_all_have_committed = call.resume(Progress {
        commits: vec![commits[0], stranger],
        reveals: vec![(ALICE, one), (stranger.0, one)],
        ..Progress::default()
    });
    let expected = (Phase::Commit, vec![ALICE], vec![]);
    assert_eq!(counted(&before_all_have_committed), expected);

    let with_another_nonce = call.resume(Progress {
        commits: commits.clone(),
        reveals: vec![(ALICE, one), (BOB, one)],
        ..Progress::default()
    });
    let expected = (Phase::Reveal, vec![ALICE, BOB], vec![ALICE]);
    assert_eq!(counted(&with_another_nonce), expected);

    let complete = call.resume(Progress {
        commits,
        reveals: vec![(BOB, two), (ALICE, one)],
        ..Progress::default()
    });
    let expected = (Phase::End, vec![ALICE, BOB], vec![ALICE, BOB]);
    assert_eq!(counted(&complete), expected);
}

#[test]
fn who_is_not_in_the_group_reveals_no_nonce_that_was_saved() {
    let mut call = Call::new();
    let (mut alice, mut bob) = call.start();
    let commits = [alice.take_outbound(), bob.take_outbound()].concat();
    call.hear(&mut alice, &commits);
    let progress = alice.progress();
    assert!(progress.nonce.is_some());
    let stranger = PrivateKey::generate(&mut call.rng);
    let (state, rng) = (call.chain.state(), &mut call.rng);
    let mut resumed = Verification::resume(ALICE, state, &stranger, progress, rng);
    assert_eq!(resumed.counts().phase(), Phase::Reveal);
    assert_eq!(resumed.take_outbound(), []);
}
