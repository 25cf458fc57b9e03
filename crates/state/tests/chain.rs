//! What the chain accepts, refuses and computes, where other clients went wrong.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_state::chain::MissingPermission;
use confcall_state::keys::Signature;
use confcall_state::trie::{Trie, TrieKey};
use confcall_state::wire::{BlockFields, Change, GroupState, Participant, Permissions, SharedKey};
use confcall_state::{
    Block, BlockHash, Chain, ChainError, EpochKeyError, GroupChangeError, Height, JoinBlock,
    Joiner, KvHash, PrivateKey, PublicKey, ReferenceCode, UserId,
};

const ALICE: UserId = UserId::new(1);
const BOB: UserId = UserId::new(i64::MAX);
const CAROL: UserId = UserId::new(-3);

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([1; 32])
}

/// Alice's call, and Bob's block on it.
fn call_of_two() -> (JoinBlock, JoinBlock) {
    let mut rng = rng();
    let alice = JoinBlock::first(Joiner::new(ALICE), &mut rng).unwrap();
    let bob = JoinBlock::add_self(alice.block(), Joiner::new(BOB), &mut rng).unwrap();
    (alice, bob)
}

fn participant(user_id: UserId, key: &PrivateKey, permissions: u32) -> Participant {
    Participant {
        user_id,
        public_key: key.public_key(),
        permissions: Permissions::from_bits(permissions),
        version: 1,
    }
}

fn group(participants: Vec<Participant>) -> Change {
    Change::SetGroupState(Arc::new(GroupState {
        participants,
        external_permissions: Permissions::from_bits(3),
    }))
}

/// A copy of a block with other fields, signed by `key`: malformed, and honestly signed.
fn resigned(block: &Block, key: &PrivateKey, change: impl FnOnce(&mut BlockFields)) -> Block {
    let mut fields = block.fields().clone();
    change(&mut fields);
    fields.sign(key)
}

#[test]
fn a_block_has_the_ids_of_the_wire_and_bare_vectors() {
    let (alice, _) = call_of_two();
    let bytes = alice.block().bytes();
    // block, then after signature, flags and parent: one change, a group state of one participant.
    assert_eq!(bytes[..4], 0x639a_3db6_u32.to_le_bytes());
    let words: Vec<u32> = bytes[104..124]
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
        .collect();
    assert_eq!(words, [2, 0x2cf1_7146, 0x1ddc_7584, 1, 0x18f3_971f]);
}

#[test]
fn block_0_has_the_hash_of_the_empty_trie_and_not_zero() {
    let (alice, _) = call_of_two();
    assert_eq!(alice.block().fields().state_proof.kv_hash, KvHash::EMPTY);
    assert_eq!(Trie::new().hash(), KvHash::EMPTY);
    let zero = resigned(alice.block(), alice.private_key(), |fields| {
        fields.state_proof.kv_hash = KvHash::from_bytes([0; 32]);
    });
    assert!(matches!(
        Chain::full().apply(&zero),
        Err(ChainError::KvHash { .. })
    ));
}

#[test]
fn version_0_takes_the_raw_key_and_version_1_mixes_it_with_the_block() {
    let (alice, bob) = call_of_two();
    let chain = Chain::start_from(bob.block()).unwrap();
    let raw = chain
        .state()
        .shared_key()
        .open(BOB, bob.private_key())
        .unwrap();
    let epoch = chain
        .state()
        .open_epoch_key(BOB, bob.private_key())
        .unwrap();
    assert_eq!(epoch.dangerous_bytes(), raw.dangerous_bytes());
    assert_ne!(raw.epoch_key(1, &chain.state().hash()), epoch);
    assert_ne!(
        raw.epoch_key(1, &chain.state().hash()),
        raw.epoch_key(1, &alice.block().hash())
    );
}

#[test]
fn the_smallest_announced_version_decides() {
    let key = PrivateKey::generate(&mut rng());
    let mut group = GroupState::before_first();
    assert_eq!(group.protocol_version(), 0);
    for (version, smallest) in [(700, 255), (2, 2), (9, 2), (-5, 0)] {
        let mut one = participant(ALICE, &key, 3);
        one.version = version;
        group.participants.push(one);
        assert_eq!(group.protocol_version(), smallest);
    }
}

#[test]
fn a_refused_block_changes_neither_the_trie_nor_a_proof_of_it() {
    let mut rng = rng();
    let alice = PrivateKey::generate(&mut rng);
    let set = |key: u8, value: u8| Change::SetValue {
        key: vec![key; 32],
        value: vec![value],
    };
    let mut full = Chain::full();
    let members = group(vec![participant(ALICE, &alice, 7)]);
    let block_0 = full.build(vec![members, set(1, 1)], &alice).unwrap();
    full.apply(&block_0).unwrap();
    let mut client = Chain::start_from(&block_0).unwrap();
    let proof = full
        .values()
        .unwrap()
        .prove(&[TrieKey::from_bytes([1; 32])])
        .unwrap();
    client.add_proof(proof).unwrap();

    let good = full.build(vec![set(1, 2)], &alice).unwrap();
    let too_many = |fields: &mut BlockFields| {
        let stranger = PrivateKey::generate(&mut ChaCha20Rng::from_seed([8; 32]));
        fields
            .changes
            .push(group(vec![participant(BOB, &stranger, 7)]));
    };
    let refused = [
        resigned(&good, &alice, too_many),
        resigned(&good, &alice, |fields| {
            fields.state_proof.group_state = None
        }),
    ];
    for mut chain in [full, client] {
        let before = (chain.state().clone(), chain.values().cloned());
        for block in &refused {
            chain.apply(block).unwrap_err();
            assert_eq!((chain.state().clone(), chain.values().cloned()), before);
        }
        chain.apply(&good).unwrap();
    }
}

#[test]
fn a_refused_block_changes_nothing() {
    let (alice, bob) = call_of_two();
    let stranger = PrivateKey::generate(&mut ChaCha20Rng::from_seed([9; 32]));
    let block = bob.block();
    let key = bob.private_key();
    let refused = [
        (
            resigned(block, &stranger, |_| ()),
            ReferenceCode::InvalidSignature,
        ),
        (
            resigned(block, key, |fields| {
                fields.prev_block_hash = BlockHash::ZERO
            }),
            ReferenceCode::HashMismatch,
        ),
        (
            resigned(block, key, |fields| fields.height = Height::new(2)),
            ReferenceCode::HeightMismatch,
        ),
        (
            resigned(block, &stranger, |fields| {
                fields.signature_public_key = Some(stranger.public_key());
            }),
            ReferenceCode::NoPermissions,
        ),
        (
            resigned(block, key, |fields| fields.changes.truncate(0)),
            ReferenceCode::NoChanges,
        ),
        (
            resigned(block, key, |fields| {
                fields.state_proof.shared_key = Some(SharedKey::empty().into());
            }),
            ReferenceCode::SharedKeyProof,
        ),
    ];
    for mut chain in [Chain::full(), Chain::client()] {
        chain.apply(alice.block()).unwrap();
        let before = chain.state().clone();
        for (block, code) in &refused {
            assert_eq!(
                chain.apply(block).unwrap_err().reference_code(),
                Some(*code)
            );
            assert_eq!(*chain.state(), before);
        }
        assert_eq!(chain.apply(block).unwrap().height(), Height::new(1));
    }
}

#[test]
fn unknown_participant_flags_survive_being_written_again() {
    let (alice, _) = call_of_two();
    let odd = resigned(alice.block(), alice.private_key(), |fields| {
        let mut one = participant(ALICE, alice.private_key(), 0x7fff_0003);
        one.version = -9;
        fields.changes[0] = group(vec![one]);
    });
    let again = Block::from_server(&odd.to_server()).unwrap();
    assert_eq!(again, odd);
    assert_eq!(
        Chain::client().apply(&odd).unwrap_err().reference_code(),
        Some(ReferenceCode::InvalidGroupState)
    );
}

#[test]
fn a_value_key_of_a_bad_size_is_an_error_and_not_a_crash() {
    let (alice, _) = call_of_two();
    let mut chain = Chain::start_from(alice.block()).unwrap();
    let before = chain.state().clone();
    for key in [vec![], vec![7; 31], vec![7; 33], vec![0; 32]] {
        let block = BlockFields {
            signature: Signature::ZERO,
            prev_block_hash: before.hash(),
            changes: vec![Change::SetValue {
                key,
                value: vec![1],
            }],
            height: Height::new(1),
            state_proof: confcall_state::wire::StateProof {
                kv_hash: KvHash::EMPTY,
                group_state: Some(before.group_state().clone()),
                shared_key: Some(before.shared_key().clone()),
            },
            signature_public_key: Some(alice.public_key()),
        };
        let error = chain.apply(&block.sign(alice.private_key())).unwrap_err();
        assert_eq!(error.reference_code(), None);
        assert_eq!(*chain.state(), before);
    }
}

#[test]
fn a_group_state_without_a_key_is_a_block_that_opens_to_nobody() {
    let (alice, _) = call_of_two();
    let mut chain = Chain::start_from(alice.block()).unwrap();
    let changes = vec![group(vec![participant(ALICE, alice.private_key(), 3)])];
    let keyless = chain.build(changes, alice.private_key()).unwrap();
    chain.apply(&keyless).unwrap();
    assert!(chain.state().shared_key().is_empty());
    assert_eq!(
        chain.state().open_epoch_key(ALICE, alice.private_key()),
        Err(EpochKeyError::NotRecipient { user_id: ALICE })
    );
}

#[test]
fn the_order_of_participants_decides_who_signs_without_being_named() {
    let (alice, bob) = call_of_two();
    let mut chain = Chain::start_from(bob.block()).unwrap();
    let changes = vec![group(vec![participant(ALICE, alice.private_key(), 3)])];
    let named = chain.build(changes, alice.private_key()).unwrap();
    let unnamed = |key| resigned(&named, key, |fields| fields.signature_public_key = None);
    assert_eq!(
        chain
            .apply(&unnamed(bob.private_key()))
            .unwrap_err()
            .reference_code(),
        Some(ReferenceCode::InvalidSignature)
    );
    chain.apply(&unnamed(alice.private_key())).unwrap();
}

#[test]
fn block_0_without_a_signer_is_an_error() {
    let (alice, _) = call_of_two();
    let unnamed = resigned(alice.block(), alice.private_key(), |fields| {
        fields.signature_public_key = None;
    });
    assert_eq!(
        Chain::full().apply(&unnamed).unwrap_err(),
        ChainError::NoSigner
    );
    assert_eq!(
        Chain::client().apply(&unnamed).unwrap_err(),
        ChainError::NoSigner
    );
}

#[test]
fn joining_keeps_everybody_else_as_they_are_and_replaces_a_stale_entry() {
    let mut rng = rng();
    let alice = PrivateKey::generate(&mut rng);
    let bob = PrivateKey::generate(&mut rng);
    let mut one = participant(ALICE, &alice, 7);
    one.version = 5;
    let two = participant(BOB, &bob, 1);
    let changes = |participants: Vec<Participant>, external, rng: &mut ChaCha20Rng| {
        let key = SharedKey::for_participants(&participants, rng).unwrap();
        let external_permissions = Permissions::from_bits(external);
        vec![
            Change::SetGroupState(Arc::new(GroupState {
                participants,
                external_permissions,
            })),
            Change::SetSharedKey(Arc::new(key)),
        ]
    };
    let block_0 = Chain::client()
        .build(changes(vec![two, one], 7, &mut rng), &alice)
        .unwrap();
    let bob = JoinBlock::add_self(&block_0, Joiner::new(BOB), &mut rng).unwrap();
    let mut chain = Chain::start_from(&block_0).unwrap();
    let state = chain.apply(bob.block()).unwrap();
    let group = state.group_state();
    assert_eq!(group.external_permissions, Permissions::from_bits(7));
    assert_eq!(group.participants.len(), 2);
    assert_eq!(group.participants[0], one);
    assert_eq!(group.participants[1].user_id, BOB);
    assert_eq!(group.participants[1].public_key, bob.public_key());
    assert_eq!(
        state.open_epoch_key(ALICE, &alice),
        state.open_epoch_key(BOB, bob.private_key())
    );
}

#[test]
fn a_participant_whose_key_shares_no_secret_is_named() {
    let mut rng = rng();
    let alice = PrivateKey::generate(&mut rng);
    let mut odd = participant(CAROL, &alice, 3);
    odd.public_key = PublicKey::from_bytes([0; 32]);
    let mut changes = vec![group(vec![participant(ALICE, &alice, 3), odd])];
    changes.push(Change::SetSharedKey(Arc::new(SharedKey {
        recipients: vec![ALICE, CAROL],
        headers: [[0; 32]; 2].into_iter().collect(),
        ..SharedKey::empty()
    })));
    let tip = Chain::client().build(changes, &alice).unwrap();
    match JoinBlock::add_self(&tip, Joiner::new(BOB), &mut rng) {
        Err(error @ GroupChangeError::Participant(named)) => {
            assert_eq!(named.user_id, CAROL);
            assert_eq!(error.reference_code(), None);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_join_that_the_chain_would_refuse_has_the_code_of_the_refusal() {
    let unknown = Joiner {
        permissions: Permissions::from_bits(8),
        ..Joiner::new(ALICE)
    };
    let error = JoinBlock::first(unknown, &mut rng()).unwrap_err();
    let code = ReferenceCode::InvalidGroupState;
    assert_eq!(error.reference_code(), Some(code));
}

#[test]
fn nothing_is_built_that_the_chain_would_refuse() {
    let (alice, bob) = call_of_two();
    let chain = Chain::start_from(alice.block()).unwrap();
    let outsider = vec![group(vec![participant(CAROL, alice.private_key(), 3)])];
    assert_eq!(
        chain.build(outsider, bob.private_key()).unwrap_err(),
        ChainError::NotPermitted {
            change: 0,
            missing: MissingPermission::MemberAfterwards
        }
    );
    let value = vec![Change::SetValue {
        key: vec![1; 32],
        value: vec![2],
    }];
    assert_eq!(
        chain.build(value, alice.private_key()).unwrap_err(),
        ChainError::ValuesUnknown
    );
}

#[test]
fn a_client_with_a_proof_builds_the_block_that_a_full_chain_builds() {
    let mut rng = rng();
    let alice = PrivateKey::generate(&mut rng);
    let founding = vec![group(vec![participant(ALICE, &alice, 7)])];
    let mut full = Chain::full();
    let block_0 = full.build(founding, &alice).unwrap();
    full.apply(&block_0).unwrap();
    let mut client = Chain::start_from(&block_0).unwrap();
    let set = |value: u8| {
        vec![Change::SetValue {
            key: vec![1; 32],
            value: vec![value],
        }]
    };

    let key = TrieKey::from_bytes([1; 32]);
    let proof = full.values().unwrap().prove(&[key]).unwrap();
    client
        .add_proof(Trie::from_network(&proof.to_network()).unwrap())
        .unwrap();
    let block_1 = client.build(set(1), &alice).unwrap();
    assert_eq!(full.build(set(1), &alice).unwrap(), block_1);
    full.apply(&block_1).unwrap();
    client.apply(&block_1).unwrap();
    assert_eq!(client.state(), full.state());

    assert!(
        client.values().is_none(),
        "a proof ends with the next block"
    );
    assert!(matches!(
        client.add_proof(proof),
        Err(ChainError::KvHash { .. })
    ));
    assert_eq!(
        client.build(set(2), &alice).unwrap_err(),
        ChainError::ValuesUnknown
    );
}

#[test]
fn a_block_staged_before_the_chain_moved_is_not_merged() {
    let (alice, bob) = call_of_two();
    let mut chain = Chain::start_from(alice.block()).unwrap();
    let staged = chain.stage(bob.block()).unwrap();
    chain.apply(bob.block()).unwrap();
    let before = chain.state().clone();
    assert_eq!(chain.merge(staged).unwrap_err(), ChainError::Stale);
    assert_eq!(*chain.state(), before);

    let staged = Chain::client().stage(alice.block()).unwrap();
    assert_eq!(Chain::full().merge(staged).unwrap_err(), ChainError::Stale);
}

#[test]
fn the_order_of_faults_decides_whose_membership_ends_how() {
    let (alice, bob) = call_of_two();
    let chain = Chain::start_from(bob.block()).unwrap();
    let stranger = PrivateKey::generate(&mut ChaCha20Rng::from_seed([9; 32]));
    let code = |user_id, key: &PrivateKey| {
        chain
            .state()
            .open_epoch_key(user_id, key)
            .unwrap_err()
            .reference_code()
    };
    assert_eq!(code(ALICE, &stranger), Some(ReferenceCode::NotParticipant));
    assert_eq!(
        code(BOB, alice.private_key()),
        Some(ReferenceCode::WrongUserId)
    );
}

#[test]
fn secrets_are_not_printed() {
    let (alice, bob) = call_of_two();
    let chain = Chain::start_from(bob.block()).unwrap();
    let epoch = chain
        .state()
        .open_epoch_key(BOB, bob.private_key())
        .unwrap();
    let raw = chain
        .state()
        .shared_key()
        .open(BOB, bob.private_key())
        .unwrap();
    let shared = alice
        .private_key()
        .shared_secret(&bob.public_key())
        .unwrap();
    assert_eq!(
        format!("{:?} {epoch:?} {raw:?} {shared:?}", alice.private_key()),
        "PrivateKey(..) EpochKey(..) RawKey(..) SharedSecret(..)"
    );
}

/// Everybody twice as a user, and once as a key, for groups that are compared pairwise and that are sorted.
#[test]
fn nobody_is_in_a_group_twice_however_large_it_is() {
    let mut rng = rng();
    let alice = PrivateKey::generate(&mut rng);
    for size in [2, 9, 10, 40] {
        let mut everybody = vec![participant(ALICE, &alice, 3)];
        everybody.extend((2..=size).map(|id| {
            participant(
                UserId::new(1000 - 13 * id),
                &PrivateKey::generate(&mut rng),
                3,
            )
        }));
        let build = |everybody: &[Participant]| {
            Chain::client().build(vec![group(everybody.to_vec())], &alice)
        };
        build(&everybody).unwrap();
        for (from, to) in [(0, everybody.len() - 1), (everybody.len() - 1, 0)] {
            let mut same_user = everybody.clone();
            same_user[to].user_id = everybody[from].user_id;
            let mut same_key = everybody.clone();
            same_key[to].public_key = everybody[from].public_key;
            for twice in [same_user, same_key] {
                let error = build(&twice).unwrap_err();
                assert_eq!(
                    error.reference_code(),
                    Some(ReferenceCode::InvalidGroupState)
                );
            }
        }
    }
}

#[test]
fn no_block_that_we_write_keeps_a_call_from_h264() {
    let mut rng = rng();
    for _ in 0..700 {
        let first = JoinBlock::first(Joiner::new(UserId::new(1)), &mut rng).unwrap();
        let second = Joiner::new(UserId::new(2));
        let joined = JoinBlock::add_self(first.block(), second, &mut rng).unwrap();
        let chain = Chain::start_from(joined.block()).unwrap();
        let mut alone = GroupState::clone(chain.state().group_state());
        alone.participants.pop();
        let removal = chain.build_group_change(alone, first.private_key(), &mut rng);
        for block in [first.block(), joined.block(), &removal.unwrap()] {
            assert!(block.hash().permits_h264(), "{}", block.hash());
        }
    }
}
