use confcall_join::api::{
    DiscardGroupCall, GetGroupCallChainBlocks, GroupCall, InvitationState, ToggleGroupCallSettings,
};

use super::*;

fn shown(update: &Update) -> &GroupCall {
    match update {
        Update::GroupCall { call, .. } => call,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_revoked_link_leads_nowhere_and_the_new_one_to_the_call() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let old = InputGroupCall::Slug(scene.call().slug().clone());
    let request = ToggleGroupCallSettings::revoke_link(scene.call().reference());
    let answer = scene.send(ALICE, request).unwrap();
    let tip = |call: &InputGroupCall| GetGroupCallChainBlocks::tip(call.clone());
    scene.refused(CAROL, tip(&old), "GROUPCALL_INVALID");
    let new = InputGroupCall::Slug(scene.call().slug().clone());
    let answer_by_link = scene.send(CAROL, tip(&new)).unwrap();
    let found = &items(&answer_by_link, SubChain::Blocks).call;
    assert_eq!(*found, scene.call().reference());
    let link = scene.call().invite_link();
    let pushed = scene.pushed();
    for (update, is_creator) in [(&answer.0[0], true), (&pushed[0].1, false)] {
        let call = shown(update).active().unwrap();
        assert_eq!(
            (call.creator, call.invite_link.as_ref()),
            (is_creator, Some(&link))
        );
    }
}

#[test]
fn a_call_that_is_ended_is_gone_for_everybody() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let call = scene.call().reference();
    let slug = InputGroupCall::Slug(scene.call().slug().clone());
    let invitation = scene.server.invite(scene.call, CAROL).unwrap();
    let invitation = InputGroupCall::InviteMessage(invitation);
    let discard = DiscardGroupCall { call: call.clone() };
    let answer = scene.send(ALICE, discard.clone()).unwrap();
    assert!(matches!(shown(&answer.0[0]), GroupCall::Discarded { .. }));
    let mut pushed = scene.pushed();
    let Some((CAROL, Update::Invitation(missed))) = pushed.pop() else {
        panic!("{pushed:?}")
    };
    assert_eq!(missed.state, InvitationState::Missed);
    assert_eq!(pushed, [(BOB, answer.0[0].clone())]);
    assert_eq!(scene.server.calls().len(), 0);
    for (user, call) in [(BOB, call), (CAROL, slug), (CAROL, invitation)] {
        scene.refused(
            user,
            GetGroupCallChainBlocks::tip(call),
            "GROUPCALL_INVALID",
        );
    }
    scene.refused(ALICE, discard, "GROUPCALL_ALREADY_DISCARDED");
}

#[test]
fn an_ended_call_leaves_its_place_and_its_invitations_to_another_one() {
    let mut scene = Scene::limited(Limits {
        calls: 1,
        invitations: 1,
        ..Limits::default()
    });
    for _ in 0..3 {
        let call = scene.call().reference();
        scene.server.invite(scene.call, BOB).unwrap();
        scene.send(ALICE, DiscardGroupCall { call }).unwrap();
        scene.call = scene.server.create_empty(ALICE).unwrap();
    }
}

#[test]
fn only_the_creator_changes_or_ends_a_call() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let call = scene.call().reference();
    let settings = ToggleGroupCallSettings::revoke_link(call.clone());
    scene.refused(BOB, settings.clone(), "CHAT_ADMIN_REQUIRED");
    let discard = DiscardGroupCall { call };
    scene.refused(BOB, discard, "CHAT_ADMIN_REQUIRED");
    let nothing = ToggleGroupCallSettings {
        reset_invite_hash: false,
        join_muted: Some(true),
        ..settings
    };
    scene.refused(ALICE, nothing, "GROUPCALL_NOT_MODIFIED");
}
