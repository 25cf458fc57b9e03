use std::sync::Arc;

use confcall_join::api::{
    AccessHash, DeleteConferenceCallParticipants, GetGroupCallChainBlocks, GetGroupParticipants,
    InputUser, InviteConferenceCallParticipant, Removal,
};
use confcall_state::chain::RemovalFault;
use confcall_state::wire::{Change, GroupState, Permissions, SharedKey};
use confcall_state::{Chain, PrivateKey};

use super::*;
use crate::Refusal;

impl Scene {
    /// A removal by `remover` whose block leaves the group as `edit` makes it.
    fn removal_with(
        &mut self,
        remover: UserId,
        removal: Removal,
        ids: &[UserId],
        edit: impl FnOnce(&mut GroupState),
    ) -> DeleteConferenceCallParticipants {
        let chain = Chain::start_from(&self.tip().unwrap()).unwrap();
        let mut group = GroupState::clone(chain.state().group_state());
        edit(&mut group);
        let key = SharedKey::for_participants(&group.participants, &mut self.rng).unwrap();
        let changes = vec![
            Change::SetGroupState(Arc::new(group)),
            Change::SetSharedKey(Arc::new(key)),
        ];
        let block = chain.build(changes, &self.keys[&remover]).unwrap();
        DeleteConferenceCallParticipants {
            removal,
            call: self.call().reference(),
            ids: ids.to_vec(),
            block: block.bytes().to_vec(),
        }
    }

    pub(super) fn removal(
        &mut self,
        remover: UserId,
        removal: Removal,
        ids: &[UserId],
    ) -> DeleteConferenceCallParticipants {
        self.removal_with(remover, removal, ids, |group| {
            group.participants.retain(|one| !ids.contains(&one.user_id));
        })
    }

    fn kick(&mut self, remover: UserId, user: UserId) -> Updates {
        let request = self.removal(remover, Removal::Kick, &[user]);
        self.send(remover, request).unwrap()
    }
}

#[test]
fn a_kick_takes_a_member_out_of_chain_and_roster() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let answer = scene.kick(BOB, ALICE);
    let blocks = items(&answer, SubChain::Blocks);
    assert_eq!((blocks.blocks.len(), blocks.next_offset), (1, 4));
    let left = roster(&answer.0[1]);
    assert_eq!((left.participants.len(), left.version), (1, 4));
    let call = scene.call();
    assert_eq!((call.members().len(), call.member(ALICE)), (2, None));
    assert_eq!(call.chain_state().group_state().by_user(ALICE), None);
    assert_eq!(call.blocks()[3..], blocks.blocks);
}

#[test]
fn the_kicked_one_and_the_others_are_pushed_the_block_and_who_left() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    scene.kick(ALICE, BOB);
    let pushed = scene.pushed();
    let to: Vec<_> = pushed.iter().map(|(to, _)| *to).collect();
    assert_eq!(to, [BOB, BOB, CAROL, CAROL]);
    let removal = scene.call().blocks()[3].clone();
    for (updates, is_own) in pushed.chunks(2).zip([true, false]) {
        let [(_, Update::ChainBlocks(blocks)), (_, left)] = updates else {
            panic!("{updates:?}")
        };
        assert_eq!(
            (&blocks.blocks[..], blocks.next_offset),
            (&[removal.clone()][..], 4)
        );
        let gone = &roster(left).participants[0];
        assert_eq!(
            (gone.user_id(), gone.own, gone.left),
            (Some(BOB), is_own, true)
        );
    }
}

#[test]
fn each_of_several_who_are_kicked_is_pushed_the_block_and_who_left_before_gets_nothing() {
    let dora = UserId::new(4);
    let mut scene = Scene::with(&[ALICE, BOB, CAROL, dora]);
    scene.leave(dora);
    let request = scene.removal(ALICE, Removal::Kick, &[BOB, CAROL, dora]);
    scene.send(ALICE, request).unwrap();
    let pushed = scene.pushed();
    let blocks = pushed
        .iter()
        .filter(|(_, one)| matches!(one, Update::ChainBlocks(_)));
    let to: Vec<_> = blocks.map(|(to, _)| *to).collect();
    assert_eq!((to, pushed.len()), (vec![BOB, CAROL], 4));
}

#[test]
fn a_kicked_member_is_one_no_more() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let removal = scene.removal(BOB, Removal::Kick, &[ALICE]);
    scene.kick(ALICE, BOB);
    scene.refused_with(403, BOB, removal, "GROUPCALL_FORBIDDEN");
    let call = scene.call().reference();
    let page = GetGroupParticipants::page(call.clone(), "", 10);
    scene.refused_with(403, BOB, page, "GROUPCALL_FORBIDDEN");
    let all = GetGroupCallChainBlocks {
        call,
        sub_chain: SubChain::Blocks,
        offset: 0,
        limit: 100,
    };
    let answer = scene.send(BOB, all).unwrap();
    assert_eq!(items(&answer, SubChain::Blocks).blocks.len(), 1);
    let attempt = scene.attempt(BOB);
    let request = scene.request(&attempt);
    scene.refused_with(403, BOB, request, "GROUPCALL_FORBIDDEN");
}

#[test]
fn only_the_creator_brings_a_kicked_member_back() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    scene.kick(BOB, CAROL);
    let invite = InviteConferenceCallParticipant {
        video: false,
        call: scene.call().reference(),
        user: InputUser::User {
            id: CAROL,
            access_hash: AccessHash::new(0),
        },
    };
    scene.refused(BOB, invite.clone(), "USER_WAS_KICKED");
    scene.send(ALICE, invite).unwrap();
    scene.join(CAROL).unwrap();
}

#[test]
fn a_prune_removes_only_those_who_left() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let request = scene.removal(ALICE, Removal::OnlyLeft, &[BOB]);
    scene.refused(ALICE, request, "BLOCK_INVALID");
    scene.leave(BOB);
    let request = scene.removal(ALICE, Removal::OnlyLeft, &[BOB, CAROL]);
    scene.refused(ALICE, request, "BLOCK_INVALID");
    let request = scene.removal(ALICE, Removal::OnlyLeft, &[BOB]);
    let answer = scene.send(ALICE, request).unwrap();
    assert_eq!(answer.0.len(), 1, "the roster has not changed");
    let group = scene.call().chain_state().group_state();
    assert_eq!(group.by_user(BOB), None);
    scene.join(BOB).unwrap();
}

#[test]
fn several_users_are_removed_by_one_block() {
    let users: Vec<_> = (1..=6).map(UserId::new).collect();
    for removal in [Removal::OnlyLeft, Removal::Kick] {
        let mut scene = Scene::with(&users);
        let gone = &users[2..];
        if removal == Removal::OnlyLeft {
            gone.iter().for_each(|user| scene.leave(*user));
        }
        let request = scene.removal(ALICE, removal, gone);
        let answer = scene.send(ALICE, request).unwrap();
        assert_eq!(items(&answer, SubChain::Blocks).blocks.len(), 1);
        let call = scene.call();
        assert_eq!((call.blocks().len(), call.members().len()), (7, 2));
        let participants = &call.chain_state().group_state().participants;
        let left = participants.iter().map(|one| one.user_id);
        assert_eq!(left.collect::<Vec<_>>(), [ALICE, BOB]);
    }
}

#[test]
fn a_removal_that_lost_a_race_learns_so_before_anything_else() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let (first, second) = (
        scene.removal(ALICE, Removal::Kick, &[CAROL]),
        scene.removal(BOB, Removal::OnlyLeft, &[CAROL]),
    );
    scene.send(ALICE, first).unwrap();
    scene.refused(BOB, second, "CONF_WRITE_CHAIN_INVALID_204");
}

#[test]
fn a_removal_by_somebody_else_than_its_signer_is_refused() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let request = scene.removal(ALICE, Removal::Kick, &[CAROL]);
    scene.refused(BOB, request.clone(), "BLOCK_INVALID");
    let outsider = UserId::new(9);
    scene.refused_with(403, outsider, request, "GROUPCALL_FORBIDDEN");
}

/// Tries a kick of Carol that the chain itself accepts, and gives the rule that the server says it breaks.
#[track_caller]
fn fault(ids: &[UserId], edit: impl FnOnce(&mut GroupState)) -> RemovalFault {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let request = scene.removal_with(ALICE, Removal::Kick, ids, edit);
    scene.refused(ALICE, request.clone(), "BLOCK_INVALID");
    match scene.server.answer(ALICE, &request.into()) {
        Err(Refusal::NotARemoval(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_removal_that_does_not_match_its_ids_is_refused() {
    let outsider = UserId::new(9);
    let without_carol = |group: &mut GroupState| group.participants.truncate(2);
    assert_eq!(fault(&[], |_| ()), RemovalFault::Nobody);
    assert_eq!(
        fault(&[CAROL, outsider], without_carol),
        RemovalFault::NotThere(outsider)
    );
    assert_eq!(fault(&[BOB], without_carol), RemovalFault::Others);
    assert_eq!(fault(&[CAROL], |_| ()), RemovalFault::Others);
    assert_eq!(
        fault(&[CAROL], |group| group.participants.truncate(1)),
        RemovalFault::Others
    );
}

#[test]
fn a_removal_that_changes_somebody_else_is_refused() {
    let edits: [fn(&mut GroupState); 4] = [
        |group| group.participants[1].version = 1,
        |group| group.participants[1].permissions = Permissions::ADD_USERS,
        |group| group.participants[1].public_key = PrivateKey::from_seed(&[9; 32]).public_key(),
        |group| group.participants.swap(0, 1),
    ];
    for edit in edits {
        let found = fault(&[CAROL], |group| {
            group.participants.truncate(2);
            edit(group);
        });
        assert_eq!(found, RemovalFault::Others);
    }
    let narrow = fault(&[CAROL], |group| {
        group.participants.truncate(2);
        group.external_permissions = Permissions::ADD_USERS;
    });
    assert!(matches!(narrow, RemovalFault::NotOfMembers(_)));
}
