use std::sync::Arc;

use confcall_state::chain::{MemberChangeFault, SelfAddFault};
use confcall_state::keys::Signature;
use confcall_state::wire::{Change, GroupState, Participant, Permissions, SharedKey};
use confcall_state::{KvHash, PrivateKey, PublicKey};

use super::*;
use crate::Refusal;

/// Changes the group state of a join block, and writes its key for the participants that it has then.
pub(super) fn edit_group(fields: &mut BlockFields, edit: impl FnOnce(&mut GroupState)) {
    let [Change::SetGroupState(group), Change::SetSharedKey(key)] = &mut fields.changes[..] else {
        panic!("not a join block")
    };
    let group = Arc::make_mut(group);
    edit(group);
    let mut rng = ChaCha20Rng::seed_from_u64(99);
    *key = Arc::new(SharedKey::for_participants(&group.participants, &mut rng).unwrap());
}

fn participant(user: i64) -> Participant {
    Participant {
        user_id: UserId::new(user),
        public_key: PrivateKey::from_seed(&[9; 32]).public_key(),
        permissions: Permissions::from_bits(3),
        version: 0,
    }
}

/// Tries a block that the chain itself accepts, and gives the rule that the server says it breaks.
#[track_caller]
fn fault(forge: impl Fn(&mut BlockFields)) -> SelfAddFault {
    let mut scene = Scene::with(&[ALICE, BOB]);
    scene.forged(CAROL, &forge, "BLOCK_INVALID");
    let attempt = scene.attempt(CAROL);
    let mut request = scene.request(&attempt);
    let mut fields = attempt.block().fields().clone();
    forge(&mut fields);
    request.block = Some(fields.sign(attempt.private_key()).bytes().to_vec());
    match scene.server.answer(CAROL, &request.into()) {
        Err(Refusal::NotASelfAdd(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_zero_block_with_a_zero_kv_hash_is_refused() {
    let zero = KvHash::from_bytes([0; 32]);
    Scene::empty().forged(
        ALICE,
        |fields| fields.state_proof.kv_hash = zero,
        "BLOCK_INVALID",
    );
    Scene::empty().join(ALICE).unwrap();
}

#[test]
fn a_zero_block_with_somebody_else_in_it_is_refused() {
    let add = |fields: &mut BlockFields| {
        edit_group(fields, |group| group.participants.insert(0, participant(9)))
    };
    Scene::empty().forged(ALICE, add, "BLOCK_INVALID");
}

#[test]
fn a_join_that_adds_somebody_else_too_is_refused() {
    let before = |fields: &mut BlockFields| {
        edit_group(fields, |group| group.participants.insert(2, participant(9)))
    };
    let after = |fields: &mut BlockFields| {
        edit_group(fields, |group| group.participants.push(participant(9)))
    };
    assert_eq!(fault(before), SelfAddFault::Others);
    assert_eq!(fault(after), SelfAddFault::NotLast);
}

#[test]
fn a_join_under_another_user_id_is_refused() {
    let rename = |group: &mut GroupState| group.participants[2].user_id = UserId::new(9);
    assert_eq!(
        fault(|fields| edit_group(fields, rename)),
        SelfAddFault::NotLast
    );
}

#[test]
fn a_join_that_removes_moves_or_changes_somebody_is_refused() {
    let edits: [fn(&mut GroupState); 6] = [
        |group| group.participants.retain(|one| one.user_id != ALICE),
        |group| group.participants.swap(0, 1),
        |group| group.participants[0].version = 1,
        |group| group.participants[1].permissions = Permissions::ADD_USERS,
        |group| group.participants[0].public_key = participant(1).public_key,
        |group| group.participants[0].user_id = UserId::new(9),
    ];
    for edit in edits {
        assert_eq!(
            fault(|fields| edit_group(fields, edit)),
            SelfAddFault::Others
        );
    }
}

#[test]
fn a_join_that_is_not_last_is_refused() {
    let rotate = |group: &mut GroupState| group.participants.rotate_right(1);
    assert_eq!(
        fault(|fields| edit_group(fields, rotate)),
        SelfAddFault::NotLast
    );
}

#[test]
fn a_join_that_narrows_the_external_permissions_is_refused() {
    let narrow = |group: &mut GroupState| group.external_permissions = Permissions::ADD_USERS;
    assert_eq!(
        fault(|fields| edit_group(fields, narrow)),
        MemberChangeFault::ExternalPermissions.into()
    );
}

#[test]
fn a_group_change_without_a_key_is_refused() {
    assert_eq!(
        fault(|fields| fields.changes.truncate(1)),
        MemberChangeFault::NoSharedKey.into()
    );
    let empty = || Change::SetSharedKey(Arc::new(SharedKey::empty()));
    assert_eq!(
        fault(|fields| fields.changes[1] = empty()),
        MemberChangeFault::NoSharedKey.into()
    );
}

#[test]
fn a_join_with_a_further_change_is_refused() {
    let noop = Change::Noop { nonce: [1; 32] };
    assert_eq!(
        fault(|fields| fields.changes.push(noop.clone())),
        MemberChangeFault::Changes.into()
    );
}

#[test]
fn a_block_in_server_form_is_refused() {
    let mut scene = Scene::with(&[ALICE]);
    let attempt = scene.attempt(BOB);
    let mut request = scene.request(&attempt);
    request.block = Some(attempt.block().to_server());
    scene.refused(BOB, request.clone(), "BLOCK_INVALID");
    request.block = Some(Vec::new());
    scene.refused(BOB, request, "BLOCK_INVALID");
}

#[test]
fn a_block_with_a_broken_signature_is_refused() {
    let mut scene = Scene::with(&[ALICE]);
    let attempt = scene.attempt(BOB);
    let mut request = scene.request(&attempt);
    request.block.as_mut().unwrap()[10] ^= 1;
    scene.refused(BOB, request, "BLOCK_INVALID");
}

#[test]
fn a_block_that_is_too_large_is_refused() {
    let size = Scene::empty().attempt(ALICE).block().bytes().len();
    for (block_size, joined) in [(size, true), (size - 1, false)] {
        let mut scene = Scene::limited(Limits {
            block_size,
            ..Limits::default()
        });
        let attempt = scene.attempt(ALICE);
        let request = scene.request(&attempt);
        if joined {
            scene.send(ALICE, request).unwrap();
        } else {
            scene.refused(ALICE, request, "BLOCK_INVALID");
        }
    }
}

#[test]
fn a_block_that_the_announced_key_did_not_sign_is_refused() {
    let mut scene = Scene::with(&[ALICE]);
    let attempt = scene.attempt(BOB);
    let mut request = scene.request(&attempt);
    request.public_key = Some(PublicKey::from_bytes([5; 32]));
    scene.refused(BOB, request, "PUBLIC_KEY_INVALID");
    scene.forged(
        BOB,
        |fields| fields.signature_public_key = None,
        "PUBLIC_KEY_INVALID",
    );
}

#[test]
fn nobody_comes_in_with_a_key_that_would_lock_the_call() {
    let mut scene = Scene::with(&[ALICE]);
    // The identity as public key: with R the identity and S zero, a signature over any message.
    let identity = PublicKey::from_bytes(core::array::from_fn(|index| u8::from(index == 0)));
    let mut signature = [0; 64];
    signature[0] = 1;
    let attempt = scene.attempt(BOB);
    let mut request = scene.request(&attempt);
    let mut fields = attempt.block().fields().clone();
    fields.signature = Signature::from_bytes(signature);
    fields.signature_public_key = Some(identity);
    if let Some(Change::SetGroupState(group)) = fields.changes.first_mut() {
        let mut changed = GroupState::clone(group);
        changed.participants[1].public_key = identity;
        *group = changed.into();
    }
    request.public_key = Some(identity);
    request.block = Some(fields.into_block().bytes().to_vec());
    let refused = scene.server.answer(BOB, &Request::from(request.clone()));
    assert_eq!(refused, Err(Refusal::KeyUnusable(identity)));
    scene.refused(BOB, request, "PUBLIC_KEY_INVALID");
}
