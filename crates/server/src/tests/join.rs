use confcall_join::api::Peer;

use super::*;

#[test]
fn the_answer_to_a_join_has_connection_roster_call_and_both_subchains() {
    let mut scene = Scene::with(&[ALICE]);
    let attempt = scene.attempt(BOB);
    let request = scene.request(&attempt);
    let updates = scene.send(BOB, request).unwrap();
    let [
        Update::Connection(_),
        Update::Participants(roster),
        Update::GroupCall { call: shown, .. },
        Update::ChainBlocks(blocks),
        Update::ChainBlocks(broadcasts),
    ] = &updates.0[..]
    else {
        panic!("{updates:?}")
    };
    let own: Vec<_> = roster
        .participants
        .iter()
        .map(|one| (one.user_id().unwrap(), one.own))
        .collect();
    assert_eq!(own, [(ALICE, false), (BOB, true)]);
    let active = shown.active().unwrap();
    assert_eq!((active.participants_count, active.creator), (2, false));
    assert_eq!(shown.reference(), scene.call().reference());
    assert_eq!(
        (blocks.sub_chain, broadcasts.sub_chain),
        (SubChain::Blocks, SubChain::Broadcasts)
    );
    assert_eq!(blocks.blocks, [attempt.block().to_server()]);
    assert_eq!((blocks.next_offset, blocks.first_offset()), (2, Some(1)));
    assert_eq!((broadcasts.blocks.len(), broadcasts.next_offset), (0, 0));
}

#[test]
fn everybody_in_the_call_opens_the_same_key_after_a_join() {
    let mut scene = Scene::empty();
    let mut keys = Vec::new();
    for user in [ALICE, BOB, CAROL] {
        let attempt = scene.attempt(user);
        let request = scene.request(&attempt);
        scene.send(user, request).unwrap();
        keys.push((user, attempt.into_private_key()));
    }
    let state = scene.call().chain_state();
    let opened = keys
        .iter()
        .map(|(user, key)| state.open_epoch_key(*user, key).unwrap());
    let opened: Vec<_> = opened.collect();
    assert!(opened.iter().all(|key| *key == opened[0]));
}

#[test]
fn the_other_members_are_pushed_the_block_and_the_new_member() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    scene.join(CAROL).unwrap();
    let call = scene.call().clone();
    let mut pushed = scene.pushed().into_iter();
    for viewer in [ALICE, BOB] {
        let (to, update) = pushed.next().unwrap();
        let Update::ChainBlocks(blocks) = update else {
            panic!("{update:?}")
        };
        assert_eq!(
            (to, blocks.call, blocks.next_offset),
            (viewer, call.reference(), 3)
        );
        assert_eq!(blocks.blocks, call.blocks()[2..]);
        let (to, update) = pushed.next().unwrap();
        let Update::Participants(roster) = update else {
            panic!("{update:?}")
        };
        assert_eq!(
            (to, roster.participants.len(), roster.version),
            (viewer, 1, 3)
        );
        assert_eq!(
            (
                roster.participants[0].user_id(),
                roster.participants[0].just_joined
            ),
            (Some(CAROL), true)
        );
    }
    assert_eq!(pushed.next(), None);
}

#[test]
fn the_first_of_two_racing_joins_wins_and_the_other_reads_the_tip_again() {
    for users in [&[][..], &[ALICE]] {
        let mut scene = Scene::with(users);
        let (first, second) = (scene.attempt(BOB), scene.attempt(CAROL));
        let (first, second) = (scene.request(&first), scene.request(&second));
        scene.send(BOB, first).unwrap();
        scene.refused(CAROL, second, "CONF_WRITE_CHAIN_INVALID_204");
        scene.join(CAROL).unwrap();
        assert_eq!(scene.call().members().len(), users.len() + 2);
    }
}

#[test]
fn a_block_on_another_parent_is_refused_as_a_lost_race() {
    let mut scene = Scene::with(&[ALICE]);
    let elsewhere = Scene::with(&[CAROL]).attempt(BOB);
    let request = scene.request(&elsewhere);
    scene.refused(BOB, request, "CONF_WRITE_CHAIN_INVALID_203");
}

#[test]
fn a_full_call_takes_nobody_but_members_who_join_again() {
    let limits = Limits {
        participants: 2,
        ..Limits::default()
    };
    let mut scene = Scene::limited(limits);
    scene.join(ALICE).unwrap();
    scene.join(BOB).unwrap();
    let attempt = scene.attempt(CAROL);
    let request = scene.request(&attempt);
    scene.refused(CAROL, request, "GROUPCALL_PARTICIPANTS_TOO_MUCH");
    scene.join(ALICE).unwrap();
}

#[test]
fn a_chain_that_is_full_takes_no_block() {
    let limits = Limits {
        chain_length: 1,
        ..Limits::default()
    };
    let mut scene = Scene::limited(limits);
    scene.join(ALICE).unwrap();
    let before = scene.server.clone();
    let error = scene.join(BOB).unwrap_err();
    assert_eq!(
        error,
        RpcError::new(500, "GROUPCALL_ADD_PARTICIPANTS_FAILED")
    );
    assert_eq!(scene.server, before);
}

#[test]
fn joining_again_replaces_the_membership() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let old = scene.call().member(ALICE).unwrap().clone();
    let attempt = scene.attempt(ALICE);
    let request = scene.request(&attempt);
    scene.send(ALICE, request).unwrap();
    let call = scene.call();
    let new = call.member(ALICE).unwrap();
    assert_eq!(new.public_key(), Some(attempt.public_key()));
    assert_ne!(new.source(), old.source());
    let participants = &call.chain_state().group_state().participants;
    let users: Vec<_> = participants.iter().map(|one| one.user_id).collect();
    assert_eq!((users, call.members().len()), (vec![BOB, ALICE], 2));
}

#[test]
fn a_source_that_a_rejoin_gave_up_is_free() {
    let mut scene = Scene::with(&[ALICE]);
    let old = scene.call().member(ALICE).unwrap().source();
    scene.join(ALICE).unwrap();
    let attempt = scene.attempt(BOB);
    let request = with_source(scene.request(&attempt), old);
    scene.send(BOB, request).unwrap();
}

#[test]
fn a_key_that_was_in_the_call_is_refused() {
    let mut scene = Scene::empty();
    let first = scene.attempt(ALICE);
    let mut first_request = scene.request(&first);
    scene.send(ALICE, first_request.clone()).unwrap();
    scene.refused(ALICE, first_request.clone(), "CONF_WRITE_CHAIN_INVALID_204");

    let again = scene.attempt(ALICE);
    let mut fields = again.block().fields().clone();
    super::forged_blocks::edit_group(&mut fields, |group| {
        group.participants[0].public_key = first.public_key();
    });
    fields.signature_public_key = Some(first.public_key());
    first_request.block = Some(fields.sign(first.private_key()).bytes().to_vec());
    scene.refused(ALICE, first_request, "PUBLIC_KEY_INVALID");
}

#[test]
fn a_call_is_found_by_id_slug_and_the_own_invitation() {
    let mut scene = Scene::with(&[ALICE]);
    let message = scene.server.invite(scene.call, BOB).unwrap();
    assert_eq!(scene.server.invite(scene.call, BOB), Ok(message));
    let invitation = InputGroupCall::InviteMessage(message);
    let slug = InputGroupCall::Slug(scene.call().slug().clone());
    for (user, reference) in [(BOB, invitation.clone()), (CAROL, slug)] {
        let attempt = scene.attempt(user);
        let mut request = scene.request(&attempt);
        request.call = reference;
        let updates = scene.send(user, request).unwrap();
        assert_eq!(named_call(&updates), scene.call().reference());
    }
    let outsider = UserId::new(9);
    let id = scene.call;
    let access_hash = AccessHash::new(scene.call().access_hash().value() ^ 1);
    for reference in [InputGroupCall::Id { id, access_hash }, invitation] {
        let attempt = scene.attempt(outsider);
        let mut request = scene.request(&attempt);
        request.call = reference;
        scene.refused(outsider, request, "GROUPCALL_INVALID");
    }
}

#[test]
fn whoever_joins_as_itself_may_name_itself_in_any_form_and_nobody_else() {
    let mut scene = Scene::with(&[ALICE]);
    for own in own_forms(BOB) {
        let attempt = scene.attempt(BOB);
        let mut request = scene.request(&attempt);
        request.join_as = own;
        if request.join_as != InputPeer::SelfUser {
            scene.refused(CAROL, request.clone(), "JOIN_AS_PEER_INVALID");
        }
        scene.send(BOB, request).unwrap();
        let joined = scene.call().member(BOB).unwrap();
        assert_eq!(joined.public_key(), Some(attempt.public_key()));
        assert_eq!(joined.peer(), Peer::User(BOB));
    }
}

#[test]
fn a_join_that_breaks_the_policy_is_refused_by_the_name_of_the_rule() {
    let mut scene = Scene::with(&[ALICE]);
    let attempt = scene.attempt(BOB);
    let request = scene.request(&attempt);
    let mut other = request.clone();
    other.join_as = InputPeer::Empty;
    scene.refused(BOB, other, "JOIN_AS_PEER_INVALID");
    let mut other = request.clone();
    other.invite_hash = Some("hash".to_owned());
    scene.refused(BOB, other, "INVITE_HASH_INVALID");
    let mut other = request;
    (other.public_key, other.block) = (None, None);
    scene.refused(BOB, other, "PUBLIC_KEY_INVALID");
}
