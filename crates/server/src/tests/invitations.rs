use confcall_join::api::{
    AccessHash, DeclineConferenceCallInvite, DiscardGroupCall, GetGroupCallChainBlocks, InputUser,
    Invitation, InvitationState, InviteConferenceCallParticipant, MessageId,
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

/// The only message that an update, or each of several, is about.
#[track_caller]
fn message(update: &Update) -> Invitation {
    match update {
        Update::Invitation(invitation) => *invitation,
        other => panic!("{other:?}"),
    }
}

/// Has one user invite another, and gives the message as each of them has it.
#[track_caller]
fn invite_by(scene: &mut Scene, from: UserId, user: UserId) -> [Invitation; 2] {
    scene.pushed();
    let request = invitation(scene, to(user));
    let answer = scene.send(from, request).unwrap();
    let pushed = scene.pushed();
    assert_eq!((answer.0.len(), pushed.len(), pushed[0].0), (1, 1, user));
    [message(&answer.0[0]), message(&pushed[0].1)]
}

/// Has Alice invite a user, and gives the message as that has it.
fn invite(scene: &mut Scene, user: UserId) -> Invitation {
    let [_, received] = invite_by(scene, ALICE, user);
    received
}

/// The pushed states of messages, each with its reader and its number.
fn states(scene: &mut Scene) -> Vec<(UserId, MessageId, InvitationState)> {
    let pushed = scene.pushed().into_iter();
    let edits = pushed.filter_map(|(to, update)| match update {
        Update::Invitation(one) => Some((to, one.message, one.state)),
        _ => None,
    });
    edits.collect()
}

/// The same state for both sides of a message.
fn both(
    [sent, received]: [Invitation; 2],
    state: InvitationState,
) -> [(UserId, MessageId, InvitationState); 2] {
    [
        (received.to, received.message, state),
        (sent.from, sent.message, state),
    ]
}

fn decline(message: MessageId) -> DeclineConferenceCallInvite {
    DeclineConferenceCallInvite { message }
}

#[test]
fn an_invitation_is_pushed_to_its_user_who_joins_by_it() {
    let mut scene = Scene::with(&[ALICE]);
    scene.server.set_time(1_700_000_000);
    let [sent, received] = invite_by(&mut scene, ALICE, BOB);
    assert_eq!((sent.from, sent.to, sent.video), (ALICE, BOB, true));
    assert_eq!((sent.call_id, sent.date), (scene.call, 1_700_000_000));
    assert_eq!(sent.state, InvitationState::Pending);
    // One message, which has a number of its own in the box of each.
    assert_ne!(sent.message, received.message);
    let message = received.message;
    assert_eq!(Invitation { message, ..sent }, received);
    let attempt = scene.attempt(BOB);
    let mut request = scene.request(&attempt);
    request.call = InputGroupCall::InviteMessage(message);
    scene.send(BOB, request).unwrap();
    assert!(scene.call().member(BOB).is_some());
}

#[test]
fn an_invitation_is_active_once_its_user_is_in_on_whatever_way_and_over_when_the_call_is() {
    let mut scene = Scene::with(&[ALICE]);
    scene.server.set_time(100);
    let invited = invite_by(&mut scene, ALICE, BOB);
    // By the link, on another device than the one that rings.
    scene.join(BOB).unwrap();
    assert_eq!(states(&mut scene), both(invited, InvitationState::Active));
    scene.refused(BOB, decline(invited[1].message), "MESSAGE_ID_INVALID");
    // Another device joins in its place, which changes nothing of the message.
    scene.join(BOB).unwrap();
    assert_eq!(states(&mut scene), []);
    scene.server.set_time(160);
    let call = scene.call().reference();
    scene.send(ALICE, DiscardGroupCall { call }).unwrap();
    // The call was created when no time was set.
    let over = InvitationState::Over { duration: 160 };
    assert_eq!(states(&mut scene), both(invited, over));
}

#[test]
fn whoever_is_invited_again_after_a_call_gets_another_message() {
    let mut scene = Scene::with(&[ALICE]);
    let first = invite(&mut scene, BOB);
    assert_eq!(invite(&mut scene, BOB), first);
    scene.join(BOB).unwrap();
    scene.leave(BOB);
    assert_ne!(invite(&mut scene, BOB).message, first.message);
}

#[test]
fn a_declined_invitation_leads_nowhere() {
    let mut scene = Scene::with(&[ALICE]);
    let invited = invite_by(&mut scene, ALICE, BOB);
    let message = invited[1].message;
    scene.refused(CAROL, decline(message), "MESSAGE_ID_INVALID");
    assert_eq!(scene.send(BOB, decline(message)), Ok(Updates::default()));
    assert_eq!(states(&mut scene), both(invited, InvitationState::Missed));
    let tip = GetGroupCallChainBlocks::tip(InputGroupCall::InviteMessage(message));
    scene.refused(BOB, tip, "GROUPCALL_INVALID");
    scene.refused(BOB, decline(message), "MESSAGE_ID_INVALID");
    assert_ne!(invite(&mut scene, BOB).message, message);
}

#[test]
fn each_of_several_invitations_to_one_call_is_declined_by_itself() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let by_alice = invite_by(&mut scene, ALICE, CAROL);
    let by_bob = invite_by(&mut scene, BOB, CAROL);
    for invited in [by_alice, by_bob] {
        scene.send(CAROL, decline(invited[1].message)).unwrap();
        assert_eq!(states(&mut scene), both(invited, InvitationState::Missed));
    }
}

#[test]
fn an_invitation_that_rang_for_long_enough_is_missed_and_still_leads_to_the_call() {
    let mut scene = Scene::with(&[ALICE]);
    scene.server.set_time(1000);
    let invited = invite_by(&mut scene, ALICE, BOB);
    scene.server.set_time(1044);
    assert_eq!(states(&mut scene), []);
    scene.server.set_time(1045);
    assert_eq!(states(&mut scene), both(invited, InvitationState::Missed));
    scene.server.set_time(2000);
    assert_eq!(states(&mut scene), []);
    let tip = InputGroupCall::InviteMessage(invited[1].message);
    scene.send(BOB, GetGroupCallChainBlocks::tip(tip)).unwrap();
}

#[test]
fn an_invitation_that_nobody_answered_is_missed_when_the_call_ends() {
    let mut scene = Scene::with(&[ALICE]);
    let invited = invite_by(&mut scene, ALICE, BOB);
    let call = scene.call().reference();
    scene.send(ALICE, DiscardGroupCall { call }).unwrap();
    assert_eq!(states(&mut scene), both(invited, InvitationState::Missed));
}

#[test]
fn a_message_that_is_deleted_is_gone_for_both_and_leads_nowhere() {
    let mut scene = Scene::with(&[ALICE]);
    let [sent, received] = invite_by(&mut scene, ALICE, BOB);
    assert!(!scene.server.delete_invitation(BOB, sent.message));
    assert!(scene.server.delete_invitation(ALICE, sent.message));
    let deleted = |to, one: Invitation| (to, Update::Deleted(vec![one.message]));
    assert_eq!(
        scene.pushed(),
        [deleted(BOB, received), deleted(ALICE, sent)]
    );
    let tip = InputGroupCall::InviteMessage(received.message);
    scene.refused(BOB, GetGroupCallChainBlocks::tip(tip), "GROUPCALL_INVALID");
    assert!(!scene.server.delete_invitation(ALICE, sent.message));
}

#[test]
fn nobody_is_invited_who_is_in_the_call_or_nobody() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    for (user, expected) in [
        (to(BOB), "USER_ALREADY_PARTICIPANT"),
        (InputUser::SelfUser, "USER_ALREADY_PARTICIPANT"),
        (to(ALICE), "USER_ALREADY_PARTICIPANT"),
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
