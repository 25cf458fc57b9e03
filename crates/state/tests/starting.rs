//! What one block alone shows of the state after it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use common::*;
use confcall_state::chain::{GroupStateFault, RecipientFault};
use confcall_state::wire::{BlockFields, Change, GroupState, Participant, SharedKey};
use confcall_state::{Block, BlockHash, Chain, ChainError, Height, KvHash};

fn members() -> [Participant; 2] {
    [1, 2].map(|number| member(number, ALL))
}

/// The usual block of a call, as far as it goes.
fn usual() -> Vec<Change> {
    vec![set_group(&members(), ADD), set_key(&members())]
}

/// A block of height 5 with these changes, a proof of nothing, and what `edit` makes of them.
fn shown(changes: Vec<Change>, edit: impl FnOnce(&mut BlockFields)) -> Block {
    let before = keyed_call(&members(), ALL);
    let mut fields = fields(before.state(), changes, 1);
    fields.height = Height::new(5);
    fields.state_proof.group_state = None;
    fields.state_proof.shared_key = None;
    edit(&mut fields);
    fields.into_block()
}

/// Writes a part of the proof.
type Prove = fn(&mut BlockFields);

fn refused(changes: Vec<Change>, edit: impl FnOnce(&mut BlockFields)) -> ChainError {
    Chain::start_from(&shown(changes, edit)).unwrap_err()
}

fn prove_group(fields: &mut BlockFields) {
    fields.state_proof.group_state = Some(Arc::new(group(&members(), REMOVE)));
}

fn prove_key(fields: &mut BlockFields) {
    fields.state_proof.shared_key = Some(Arc::new(shared_key(&members())));
}

fn prove_both(fields: &mut BlockFields) {
    prove_group(fields);
    prove_key(fields);
}

#[test]
fn the_state_is_what_the_changes_set_and_what_the_proof_tells_of_the_rest() {
    let kv_hash = KvHash::from_bytes([9; 32]);
    let keyed = shared_key(&members());
    let proven = group(&members(), REMOVE);
    let set = group(&members(), ADD);
    let cases: [(Vec<Change>, Prove, &GroupState, SharedKey); 5] = [
        (usual(), |_| (), &set, keyed.clone()),
        (vec![set_value()], prove_both, &proven, keyed.clone()),
        (
            vec![set_key(&members()), set_value()],
            prove_group,
            &proven,
            keyed.clone(),
        ),
        (
            vec![set_group(&members(), ADD)],
            |_| (),
            &set,
            SharedKey::empty(),
        ),
        // A change of the group takes away the key that was set before it.
        (
            vec![set_key(&members()), set_group(&members(), ADD)],
            |_| (),
            &set,
            SharedKey::empty(),
        ),
    ];
    for (changes, prove, group_state, shared_key) in cases {
        // Neither the signature nor the parent is looked at.
        let block = shown(changes, |fields| {
            fields.prev_block_hash = BlockHash::from_bytes([8; 32]);
            fields.state_proof.kv_hash = kv_hash;
            prove(fields);
        });
        let chain = Chain::start_from(&block).unwrap();
        let state = chain.state();
        assert_eq!(
            (state.height(), state.hash()),
            (Height::new(5), block.hash())
        );
        assert_eq!(state.kv_hash(), kv_hash);
        assert_eq!(**state.group_state(), *group_state);
        assert_eq!(**state.shared_key(), shared_key);
        assert!(chain.values().is_none());
    }
}

#[test]
fn of_several_changes_of_a_kind_the_last_counts_whatever_was_permitted() {
    let outsiders = [member(3, ALL), member(4, NOTHING)];
    let changes = vec![
        set_group(&outsiders, ALL),
        set_key(&outsiders),
        set_group(&members(), ALL),
        set_key(&members()[..1]),
        set_key(&members()),
    ];
    let chain = Chain::start_from(&shown(changes, |_| ())).unwrap();
    assert_eq!(**chain.state().group_state(), group(&members(), ALL));
    assert_eq!(**chain.state().shared_key(), shared_key(&members()));
}

#[test]
fn a_chain_starts_at_any_height_but_a_negative_one() {
    for height in [0, 1, i32::MAX] {
        let block = shown(usual(), |fields| fields.height = Height::new(height));
        assert!(Chain::start_from(&block).is_ok());
    }
    for height in [-1, i32::MIN] {
        let found = Height::new(height);
        // It comes before every other fault.
        let error = refused(vec![], |fields| fields.height = found);
        assert_eq!(error, ChainError::NegativeHeight { found });
    }
}

#[test]
fn what_the_block_does_not_show_is_missed_the_group_first() {
    let value = || vec![set_value()];
    assert_eq!(refused(value(), |_| ()), ChainError::GroupStateProof);
    assert_eq!(refused(value(), prove_key), ChainError::GroupStateProof);
    assert_eq!(refused(value(), prove_group), ChainError::SharedKeyProof);
    let key = vec![set_key(&members()), set_value()];
    assert_eq!(refused(key, |_| ()), ChainError::GroupStateProof);
}

#[test]
fn block_0_need_not_show_the_group_before_it_and_must_prove_it() {
    let at_0 = |fields: &mut BlockFields| fields.height = Height::new(0);
    let error = refused(vec![set_value()], at_0);
    assert_eq!(error, ChainError::SharedKeyProof);
    let empty_key = |fields: &mut BlockFields| {
        at_0(fields);
        fields.state_proof.shared_key = Some(Arc::new(SharedKey::empty()));
    };
    let error = refused(vec![set_value()], empty_key);
    assert_eq!(error, ChainError::GroupStateProof);
    let block = shown(vec![set_value()], |fields| {
        empty_key(fields);
        fields.state_proof.group_state = Some(Arc::new(GroupState::before_first()));
    });
    assert!(Chain::start_from(&block).is_ok());
}

#[test]
fn a_proof_beside_a_change_and_a_block_without_changes_are_refused() {
    assert_eq!(refused(usual(), prove_group), ChainError::GroupStateProof);
    assert_eq!(refused(usual(), prove_key), ChainError::SharedKeyProof);
    assert_eq!(refused(vec![], prove_both), ChainError::NoChanges);
    let only_key = vec![set_key(&members())];
    assert_eq!(refused(only_key, prove_group), ChainError::NoChanges);
}

#[test]
fn the_state_that_is_shown_is_well_formed() {
    let unknown = GroupStateFault::UnknownExternalPermissions;
    let error = refused(vec![set_group(&members(), 8)], |_| ());
    assert_eq!(error, ChainError::GroupState(unknown));
    let twice = [member(1, ALL), rekeyed(1, ALL)];
    let error = refused(vec![set_group(&twice, 0)], |_| ());
    let duplicate = GroupStateFault::DuplicateUser(user(1));
    assert_eq!(error, ChainError::GroupState(duplicate));
    let changes = vec![set_group(&members(), 0), set_key(&twice)];
    let fault = RecipientFault::NotTheParticipants;
    assert_eq!(refused(changes, |_| ()), ChainError::Recipients(fault));
}
