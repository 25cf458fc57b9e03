use confcall_join::api::{
    AccessHash, DeclineConferenceCallInvite, GetGroupCallChainBlocks, InputUser, Invitation,
    InviteConferenceCallParticipant, MessageId,
};

use super::*;

fn invitation(scene: &Scene, user: InputUser) -> InviteConferenceCallParticipant {
    InviteConferenceCallParticipant {
        video: true,
        call: scene.call().reference(),
        user,
    }
}

fn to(id: UserId) -> InputUser {
    let access_hash = AccessHash::new(5);
    InputUser::User { id, access_hash }
}

fn invite(scene: &mut Scene, user: UserId) -> Invitation {
    let request = invitation(scene, to(user));
    let answer = scene.send(ALICE, request).unwrap();
    match &answer.0[..] {
        [Update::Invitation(invitation)] => *invitation,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_invitation_is_pushed_to_its_user_who_joins_by_it() {
    let mut scene = Scene::with(&[ALICE]);
    let invited = invite(&mut scene, BOB);
    assert_eq!(
        (invited.from, invited.to, invited.video),
        (ALICE, BOB, true)
    );
    assert_eq!(invited.call_id, scene.call);
    assert_eq!(scene.pushed(), [(BOB, Update::Invitation(invited))]);
    let attempt = scene.attempt(BOB);
    let mut request = scene.request(&attempt);
    request.call = InputGroupCall::InviteMessage(invited.message);
    scene.send(BOB, request).unwrap();
    assert!(scene.call().member(BOB).is_some());
}

#[test]
fn a_declined_invitation_leads_nowhere() {
    let mut scene = Scene::with(&[ALICE]);
    let message = invite(&mut scene, BOB).message;
    let decline = DeclineConferenceCallInvite { message };
    scene.refused(CAROL, decline.clone(), "MESSAGE_ID_INVALID");
    assert_eq!(scene.send(BOB, decline.clone()), Ok(Updates::default()));
    let tip = GetGroupCallChainBlocks::tip(InputGroupCall::InviteMessage(message));
    scene.refused(BOB, tip, "GROUPCALL_INVALID");
    scene.refused(BOB, decline, "MESSAGE_ID_INVALID");
    assert_ne!(invite(&mut scene, BOB).message, message);
}

#[test]
fn nobody_is_invited_who_is_in_the_call_or_nobody() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    for (user, expected) in [
        (to(BOB), "USER_ALREADY_PARTICIPANT"),
        (InputUser::SelfUser, "USER_ALREADY_PARTICIPANT"),
        (InputUser::Empty, "USER_ID_INVALID"),
    ] {
        let request = invitation(&scene, user);
        scene.refused(ALICE, request, expected);
    }
    let request = invitation(&scene, to(UserId::new(9)));
    scene.refused_with(403, CAROL, request, "GROUPCALL_FORBIDDEN");
    let message = MessageId::new(1);
    scene.refused(
        ALICE,
        DeclineConferenceCallInvite { message },
        "MESSAGE_ID_INVALID",
    );
}

#[test]
fn there_are_no_more_invitations_than_the_limit() {
    let mut scene = Scene::limited(Limits {
        invitations: 1,
        ..Limits::default()
    });
    scene.join(ALICE).unwrap();
    let message = invite(&mut scene, BOB).message;
    let request = invitation(&scene, to(CAROL));
    scene.refused_with(500, ALICE, request, "GROUPCALL_INVITE_FAILED");
    let decline = DeclineConferenceCallInvite { message };
    scene.send(BOB, decline).unwrap();
    invite(&mut scene, CAROL);
}
