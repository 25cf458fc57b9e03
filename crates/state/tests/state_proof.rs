//! What a block sets and what it proves of the state after it, and for whom a shared key is.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use common::*;
use confcall_state::chain::RecipientFault;
use confcall_state::wire::{BlockFields, Change, GroupState, Participant, Permissions, SharedKey};
use confcall_state::{Chain, ChainError, KvHash, PublicKey};

fn members() -> [Participant; 3] {
    [1, 2, 3].map(|number| member(number, ALL))
}

/// The call of three with a key.
fn chain() -> Chain {
    keyed_call(&members(), ALL)
}

/// What the chain says to a block of user 1 with these changes, whose other fields are as `edit` leaves them.
fn judge(
    chain: &Chain,
    changes: Vec<Change>,
    edit: impl Fn(&mut BlockFields),
) -> Result<(), ChainError> {
    let mut fields = fields(chain.state(), changes, 1);
    edit(&mut fields);
    chain.stage(&fields.sign(&key(1))).map(|_| ())
}

fn set_this_key(shared_key: SharedKey) -> Change {
    Change::SetSharedKey(Arc::new(shared_key))
}

#[test]
fn a_block_sets_a_value_or_a_group_state() {
    let (keyed, keyless) = (chain(), call(&members(), ALL));
    let noop = Change::Noop { nonce: [7; 32] };
    for changes in [vec![], vec![noop.clone(), noop.clone()]] {
        assert_eq!(judge(&keyed, changes, |_| ()), Err(ChainError::NoChanges));
    }
    let only_key = vec![set_key(&members())];
    assert_eq!(
        judge(&keyless, only_key, |_| ()),
        Err(ChainError::NoChanges)
    );
    for change in [set_value(), set_group(&members(), ALL)] {
        assert_eq!(judge(&keyed, vec![noop.clone(), change], |_| ()), Ok(()));
    }
}

#[test]
fn what_the_changes_do_not_tell_is_proven_exactly() {
    let chain = chain();
    let with_group = |edit: fn(&mut GroupState)| {
        judge(&chain, vec![set_value()], |fields| {
            let group_state = fields.state_proof.group_state.as_mut().unwrap();
            edit(Arc::make_mut(group_state));
        })
    };
    assert_eq!(with_group(|_| ()), Ok(()));
    let edits: [fn(&mut GroupState); 4] = [
        |group| group.participants.reverse(),
        |group| group.participants.truncate(2),
        |group| {
            group
                .participants
                .iter_mut()
                .for_each(|one| one.version = 1)
        },
        |group| group.external_permissions = Permissions::from_bits(ADD),
    ];
    for edit in edits {
        assert_eq!(with_group(edit), Err(ChainError::GroupStateProof));
    }
    let other_key = judge(&chain, vec![set_value()], |fields| {
        let shared_key = fields.state_proof.shared_key.as_mut().unwrap();
        Arc::make_mut(shared_key).encrypted_shared_key.push(0);
    });
    assert_eq!(other_key, Err(ChainError::SharedKeyProof));
}

#[test]
fn a_proof_is_missed_where_no_change_tells_and_refused_where_one_does() {
    let (keyed, keyless) = (chain(), call(&members(), ALL));
    let no_group = |fields: &mut BlockFields| fields.state_proof.group_state = None;
    let no_key = |fields: &mut BlockFields| fields.state_proof.shared_key = None;
    let neither = |fields: &mut BlockFields| {
        no_group(fields);
        no_key(fields);
    };
    let group_too = |fields: &mut BlockFields| {
        fields.state_proof.group_state = Some(Arc::new(group(&members(), ALL)));
    };
    let key_too = |fields: &mut BlockFields| {
        fields.state_proof.shared_key = Some(Arc::new(shared_key(&members())));
    };
    let empty_key_too = |fields: &mut BlockFields| {
        fields.state_proof.shared_key = Some(Arc::new(SharedKey::empty()));
    };
    let (group_fault, key_fault) = (
        Err(ChainError::GroupStateProof),
        Err(ChainError::SharedKeyProof),
    );

    let value = || vec![set_value()];
    assert_eq!(judge(&keyed, value(), no_group), group_fault);
    assert_eq!(judge(&keyed, value(), no_key), key_fault);
    assert_eq!(judge(&keyed, value(), neither), group_fault);

    let key = || vec![set_key(&members()), set_value()];
    assert_eq!(judge(&keyless, key(), |_| ()), Ok(()));
    assert_eq!(judge(&keyless, key(), no_group), group_fault);
    assert_eq!(judge(&keyless, key(), key_too), key_fault);

    let group = || vec![set_group(&members(), ALL)];
    assert_eq!(judge(&keyed, group(), |_| ()), Ok(()));
    assert_eq!(judge(&keyed, group(), group_too), group_fault);
    assert_eq!(judge(&keyed, group(), empty_key_too), key_fault);

    let both = || vec![set_group(&members(), ALL), set_key(&members())];
    assert_eq!(judge(&keyed, both(), |_| ()), Ok(()));
    assert_eq!(judge(&keyed, both(), group_too), group_fault);
    assert_eq!(judge(&keyed, both(), key_too), key_fault);
}

#[test]
fn of_several_faults_of_a_proof_the_first_is_named() {
    let chain = {
        let mut chain = Chain::full();
        let block = chain.build(vec![set_group(&members(), ALL)], &key(1));
        chain.apply(&block.unwrap()).unwrap();
        chain
    };
    let found = KvHash::from_bytes([9; 32]);
    let bad = |fields: &mut BlockFields| {
        fields.state_proof.group_state = None;
        fields.state_proof.shared_key = None;
    };
    let worse = |fields: &mut BlockFields| {
        bad(fields);
        fields.state_proof.kv_hash = found;
    };
    let expected = KvHash::EMPTY;
    let kv_hash = ChainError::KvHash { expected, found };
    assert_eq!(judge(&chain, vec![], worse), Err(kv_hash));
    assert_eq!(judge(&chain, vec![], bad), Err(ChainError::NoChanges));
}

#[test]
fn a_client_takes_over_the_hash_of_a_trie_that_it_does_not_know() {
    let mut chain = chain();
    let kv_hash = KvHash::from_bytes([9; 32]);
    let mut fields = fields(chain.state(), vec![set_value()], 1);
    fields.state_proof.kv_hash = kv_hash;
    chain.apply(&fields.sign(&key(1))).unwrap();
    assert_eq!(chain.state().kv_hash(), kv_hash);
    let next = chain
        .build(vec![set_group(&members(), ALL)], &key(1))
        .unwrap();
    assert_eq!(next.fields().state_proof.kv_hash, kv_hash);
}

#[test]
fn a_shared_key_is_for_every_participant_once_in_any_order() {
    let [one, two, three] = members();
    let set = |recipients: &[Participant], headers: usize| {
        let key = SharedKey {
            headers: (0..headers).map(|_| [0; 32]).collect(),
            ..shared_key(recipients)
        };
        let changes = vec![set_group(&members(), ALL), set_this_key(key)];
        judge(&chain(), changes, |_| ())
    };
    for recipients in [[one, two, three], [three, one, two], [two, one, three]] {
        assert_eq!(set(&recipients, 3), Ok(()));
    }
    for recipients in [[one, two, two], [one, two, member(4, ALL)]] {
        let fault = RecipientFault::NotTheParticipants;
        assert_eq!(set(&recipients, 3), Err(ChainError::Recipients(fault)));
    }
    let four = [one, two, three, member(4, ALL)];
    for (recipients, headers) in [(2, 2), (2, 3), (3, 2), (3, 4), (4, 4), (0, 0)] {
        let fault = RecipientFault::Count {
            recipients,
            headers,
            participants: 3,
        };
        let set = set(&four[..recipients], headers);
        assert_eq!(set, Err(ChainError::Recipients(fault)));
    }
}

#[test]
fn nothing_less_than_every_field_empty_is_the_empty_key() {
    let set = |key| {
        let changes = vec![set_group(&members(), ALL), set_this_key(key)];
        judge(&chain(), changes, |_| ())
    };
    assert_eq!(set(SharedKey::empty()), Ok(()));
    let ephemeral_key = PublicKey::from_bytes([1; 32]);
    let encrypted_shared_key = vec![0];
    let nearly = [
        SharedKey {
            ephemeral_key,
            ..SharedKey::empty()
        },
        SharedKey {
            encrypted_shared_key,
            ..SharedKey::empty()
        },
    ];
    for key in nearly {
        assert!(matches!(set(key), Err(ChainError::Recipients(_))));
    }
}

#[test]
fn a_shared_key_is_set_where_none_is() {
    let (keyed, keyless) = (chain(), call(&members(), ALL));
    let empty = || set_this_key(SharedKey::empty());
    let already = |change| Err(ChainError::SharedKeyAlreadySet { change });
    let new = || set_key(&members());
    let changes = vec![new(), set_value()];
    assert_eq!(judge(&keyed, changes.clone(), |_| ()), already(0));
    assert_eq!(judge(&keyless, changes, |_| ()), Ok(()));
    let twice = vec![set_value(), new(), new()];
    assert_eq!(judge(&keyless, twice, |_| ()), already(2));
    // The empty key leaves it not set, and cannot take the place of one that is.
    let changes = vec![empty(), new(), set_value()];
    assert_eq!(judge(&keyless, changes, |_| ()), Ok(()));
    let changes = vec![empty(), set_value()];
    assert_eq!(judge(&keyed, changes, |_| ()), already(0));
    // A change of the group takes the key away.
    let changes = vec![set_group(&members(), ALL), new()];
    assert_eq!(judge(&keyed, changes, |_| ()), Ok(()));
}
