//! The ways into a call and out of it, over TCP: invitations, calls of two, settings, restarts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;

use common::network::{Network, count};
use common::tcp::{Scene, in_time, link_of, sees, shown};
use common::{ALICE, BOB, CAROL, Member, message, options, options_again, said};
use confcall::api::InputUser;
use confcall::join::joining::{InvitationChange, InvitationEvent};
use confcall::transport::grammers::GrammersTransport;
use confcall::{
    CallKind, CheckedRequest, CommandFailure, Conference, EndReason, Event, Incoming, IncomingCall,
    Target, Transport as _, UserId,
};
use confcall_join::api::{GetAppConfig, Method};
use confcall_server::{Limits, Server, ServerOptions};

async fn scene() -> Scene {
    Scene::around(named()).await
}

/// A server that has a name for each user.
fn named() -> Server {
    let mut server = Server::new(ServerOptions::default());
    server.set_name(ALICE, "Alice A.");
    server.set_name(BOB, "Bob B.");
    server
}

/// A device of a user that is in no call, and rings.
struct Phone {
    network: Network<GrammersTransport>,
    incoming: Incoming,
}

impl Phone {
    async fn new(scene: &mut Scene, user: UserId) -> Self {
        let network = scene.device(user).await;
        let incoming = Incoming::new(&network, user);
        // A device hears of what happens from its first request on.
        let request = CheckedRequest::new(CallKind::Conference, &GetAppConfig.into()).unwrap();
        in_time(network.call(request)).await.unwrap();
        Self { network, incoming }
    }

    /// The next call that comes.
    async fn next(&mut self) -> IncomingCall {
        in_time(self.incoming.next()).await.unwrap()
    }

    /// The next change of an invitation.
    async fn rings(&mut self) -> InvitationEvent {
        match self.next().await {
            IncomingCall::Invitation(invitation) => invitation,
            other => panic!("{other:?}"),
        }
    }

    fn is_silent(&self) -> bool {
        self.incoming.invitations().ringing().count() == 0
    }
}

/// The next change of an invitation that a member sent.
async fn next_invitation(member: &mut Member) -> InvitationEvent {
    let shows = |event: &Event| match event {
        Event::Invitation(invitation) => Some(invitation.clone()),
        _ => None,
    };
    in_time(member.until(shows)).await
}

/// A user as the server lets it be named.
fn named_user(user: UserId) -> InputUser {
    InputUser::User {
        id: user,
        access_hash: confcall::AccessHash::new(user.value()),
    }
}

/// A member invites a user, for whom it rings with the name of the member.
async fn invite(from: &mut Member, phone: &mut Phone, user: UserId) -> InvitationEvent {
    from.conference
        .invite(named_user(user), true)
        .await
        .unwrap();
    assert_eq!(
        next_invitation(from).await.change,
        InvitationChange::Created
    );
    let ringing = phone.rings().await;
    assert_eq!(ringing.change, InvitationChange::Ringing);
    assert_eq!((ringing.from, ringing.to), (ALICE, user));
    assert_eq!(ringing.label.as_ref().unwrap().name, "Alice A.");
    assert!(ringing.video);
    ringing
}

#[tokio::test]
async fn an_invitation_rings_and_is_declined() {
    let mut scene = scene().await;
    let [mut alice] = scene.call([ALICE]).await;
    let mut phone = Phone::new(&mut scene, BOB).await;
    let ringing = invite(&mut alice, &mut phone, BOB).await;
    let decline = phone.incoming.decline(&phone.network, ringing.call);
    in_time(decline).await.unwrap();
    let missed = next_invitation(&mut alice).await;
    assert_eq!((missed.change, missed.to), (InvitationChange::Missed, BOB));
    assert_eq!(missed.label.unwrap().name, "Bob B.");
    assert_eq!(phone.rings().await.change, InvitationChange::Missed);
    assert!(phone.is_silent());
}

#[tokio::test]
async fn an_invitation_that_is_answered_on_another_device_is_over_with_the_call() {
    let mut scene = scene().await;
    let [mut alice] = scene.call([ALICE]).await;
    let mut phone = Phone::new(&mut scene, BOB).await;
    let ringing = invite(&mut alice, &mut phone, BOB).await;
    let target = Target::Invitation(ringing.message);
    let bob = scene.member(target, BOB).await;
    assert_eq!(phone.rings().await.change, InvitationChange::Answered);
    assert!(phone.is_silent());
    let answered = next_invitation(&mut alice).await.change;
    assert_eq!(answered, InvitationChange::Answered);
    assert_eq!(bob.conference.view().call, alice.conference.view().call);
    alice.conference.discard().await.unwrap();
    assert_eq!(phone.rings().await.change, InvitationChange::Over);
}

#[tokio::test]
async fn an_invitation_that_nobody_answered_is_missed_with_the_end_of_its_call() {
    let mut scene = scene().await;
    let [mut alice] = scene.call([ALICE]).await;
    let mut phone = Phone::new(&mut scene, CAROL).await;
    invite(&mut alice, &mut phone, CAROL).await;
    alice.conference.discard().await.unwrap();
    assert_eq!(phone.rings().await.change, InvitationChange::Missed);
    assert!(phone.is_silent());
}

#[tokio::test]
async fn a_call_of_two_goes_on_as_a_conference_on_both_sides() {
    let mut server = named();
    let [of_alice, of_bob] = server.phone_call(ALICE, BOB);
    let mut scene = Scene::around(server).await;
    let [alice] = scene.call([ALICE]).await;
    let mut phone = Phone::new(&mut scene, BOB).await;
    phone.incoming.in_phone_call(Some(of_bob.id));
    let upgrade = || alice.conference.upgrade(of_alice, 5, false, 0);
    upgrade().await.unwrap();
    let incoming = phone.next().await;
    let IncomingCall::Migrated(migrated) = &incoming else {
        panic!("{incoming:?}");
    };
    assert_eq!((migrated.phone_call, migrated.video), (of_bob.id, false));
    let mut joining = options(Target::Create, BOB);
    assert!(incoming.prepare(&mut joining));
    let bob = Member::over(phone.network, joining).await.unwrap();
    assert_eq!(bob.conference.view().call, alice.conference.view().call);
    // As after a lost answer.
    upgrade().await.unwrap();
}

#[tokio::test]
async fn the_creator_turns_messages_off_and_on() {
    let mut scene = scene().await;
    let [mut alice, bob] = scene.call([ALICE, BOB]).await;
    let settings = |enabled| {
        move |view: &confcall::View| {
            let settings = view.settings?;
            (settings.messages_enabled == enabled).then_some(settings)
        }
    };
    let ours = shown(&alice.conference, settings(true)).await;
    let theirs = shown(&bob.conference, settings(true)).await;
    assert!(ours.can_change_messages_enabled && !theirs.can_change_messages_enabled);
    let not_allowed = bob.conference.set_messages_enabled(false).await;
    assert_eq!(not_allowed, Err(CommandFailure::NotAllowed));
    // Conferences do not have that.
    let not_allowed = alice.conference.set_join_muted(true).await;
    assert_eq!(not_allowed, Err(CommandFailure::NotAllowed));

    alice.conference.set_messages_enabled(false).await.unwrap();
    shown(&bob.conference, settings(false)).await;
    let refused = bob.conference.send_message(message(1, "hello")).await;
    assert_eq!(refused, Err(CommandFailure::MessagesDisabled));
    alice.conference.set_messages_enabled(true).await.unwrap();
    shown(&bob.conference, settings(true)).await;
    let sent = bob.conference.send_message(message(2, "hello")).await;
    sent.unwrap();
    let said = in_time(alice.until(said)).await;
    assert_eq!(said, (BOB, "hello".to_owned()));
}

#[tokio::test]
async fn the_size_that_the_server_configures_counts_and_not_that_of_the_client() {
    let limits = Limits {
        participants: 2,
        ..Limits::default()
    };
    let server = Server::new(ServerOptions {
        limits,
        ..ServerOptions::default()
    });
    let mut scene = Scene::around(server).await;
    let [alice] = scene.call([ALICE]).await;
    let limited = |user| {
        let mut options = options(link_of(&alice), user);
        options.config.size_limit = 1;
        options
    };
    let device = scene.device(BOB).await;
    let sent = Arc::clone(&device.sent);
    let _bob = Member::over(device, limited(BOB)).await.unwrap();
    assert_eq!(count(&sent, Method::GetAppConfig), 1);
    let device = scene.device(CAROL).await;
    let sent = Arc::clone(&device.sent);
    let carol = Member::over(device, limited(CAROL)).await;
    assert_eq!(carol.map(|_| ()).unwrap_err().reason, EndReason::Full);
    assert_eq!(count(&sent, Method::JoinGroupCall), 0);
}

#[tokio::test]
async fn a_conference_that_was_created_without_joining_is_begun_by_who_comes_first() {
    let mut scene = scene().await;
    let device = scene.device(ALICE).await;
    let created = Conference::create_as(&device, 7).await.unwrap();
    assert!(created.link.is_some());
    let mut first = options(Target::Create, BOB);
    created.prepare(&mut first);
    let bob = Member::over(scene.device(BOB).await, first).await.unwrap();
    let alice = Member::over(device, options(created.target(), ALICE)).await;
    let alice = alice.unwrap();
    sees(&alice.conference, BOB, |bob| bob.in_chain).await;
    assert_eq!(bob.conference.view().call, Some(created.call));
    // Created by her, it is hers to end.
    alice.conference.discard().await.unwrap();
}

#[tokio::test]
async fn a_participant_with_a_screen_is_suspended_and_goes_on_in_the_state_of_before() {
    const KEY: [u8; 32] = [9; 32];
    let mut scene = scene().await;
    let [mut alice] = scene.call([ALICE]).await;
    let device = scene.device(BOB).await;
    let sent = Arc::clone(&device.sent);
    let bob = Member::over(device, options(link_of(&alice), BOB)).await;
    let bob = bob.unwrap().conference;
    let emoji = in_time(bob.emoji()).await.unwrap();
    bob.set_muted(true).await.unwrap();
    bob.mute_for_me(ALICE, true).await.unwrap();
    let screen = options(Target::Create, CAROL).config.media.payload;
    bob.start_presentation(screen).await.unwrap();
    let before = sees(&alice.conference, BOB, |bob| bob.screen.is_some()).await;
    let blob = bob.suspend(&KEY, 1).await.unwrap();
    assert_eq!(in_time(bob.close()).await.reason, EndReason::Suspended);
    assert_eq!(count(&sent, Method::LeaveGroupCall), 0);

    let again = options_again(link_of(&alice), BOB, 1);
    let restored = Conference::restore(&blob, &KEY, 1, again).unwrap();
    let bob = restored.start(scene.device(BOB).await);
    in_time(bob.joined()).await.unwrap();
    let own = shown(&bob, |view| view.own.filter(|own| own.is_presenting)).await;
    assert!(own.confirmed.muted && own.wanted == own.confirmed);
    assert_eq!(in_time(bob.emoji()).await.unwrap(), emoji);
    sees(&bob, ALICE, |alice| alice.muted_by_us).await;
    let listed = sees(&alice.conference, BOB, |bob| bob.screen.is_some()).await;
    assert_eq!(
        (listed.source, listed.microphone),
        (before.source, before.microphone)
    );
    bob.send_message(message(1, "here again")).await.unwrap();
    let said = in_time(alice.until(said)).await;
    assert_eq!(said, (BOB, "here again".to_owned()));
}
