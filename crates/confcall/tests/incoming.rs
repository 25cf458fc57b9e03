//! The calls that come to a user.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::time::Duration;

use common::{ALICE, BOB, CAROL, Member, hub, members, options};
use confcall::{Incoming, IncomingCall, Target};
use confcall_join::api::{AccessHash, InputUser};
use confcall_join::joining::{InvitationChange, InvitationEvent};
use confcall_server::Server;
use confcall_server::loopback::Hub;
use confcall_state::UserId;
use tokio::time::timeout;

fn incoming(hub: &Hub<Server>, user: UserId) -> Incoming {
    Incoming::new(&hub.connect(user), user)
}

async fn next(incoming: &mut Incoming) -> IncomingCall {
    let next = timeout(Duration::from_secs(100), incoming.next()).await;
    next.unwrap().unwrap()
}

async fn invitation(incoming: &mut Incoming) -> InvitationEvent {
    match next(incoming).await {
        IncomingCall::Invitation(invitation) => invitation,
        other => panic!("{other:?}"),
    }
}

fn bob() -> InputUser {
    InputUser::User {
        id: BOB,
        access_hash: AccessHash::new(BOB.value()),
    }
}

#[tokio::test(start_paused = true)]
async fn an_invitation_rings_with_a_name_and_is_answered_on_another_device_too() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let (mut phone, mut tablet) = (incoming(&hub, BOB), incoming(&hub, BOB));
    alice.conference.invite(bob(), false).await.unwrap();
    for device in [&mut phone, &mut tablet] {
        let rings = invitation(device).await;
        assert_eq!(
            (rings.change, rings.from),
            (InvitationChange::Ringing, ALICE)
        );
        assert_eq!(rings.label.unwrap().name, "User 1");
    }
    let call = phone.invitations().ringing().next().unwrap();
    let [message] = phone.invitations().pending(call)[..] else {
        panic!("one message");
    };
    let mut answer = options(Target::Create, BOB);
    answer.config.target = Target::Invitation(message);
    let _bob = Member::over(hub.connect(BOB), answer).await.unwrap();
    assert_eq!(members(&hub), [ALICE, BOB]);
    for device in [&mut phone, &mut tablet] {
        let answered = invitation(device).await;
        assert_eq!(answered.change, InvitationChange::Answered);
        assert_eq!(device.invitations().ringing().count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_declined_by_all_the_messages_that_invite_to_it() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let carol = Member::join(&hub, CAROL).await;
    let mut calls = incoming(&hub, BOB);
    for member in [&alice, &carol] {
        member.conference.invite(bob(), false).await.unwrap();
    }
    let rings = invitation(&mut calls).await;
    // The second message comes while it rings.
    while calls.invitations().pending(rings.call).len() < 2 {
        let waits = timeout(Duration::from_millis(10), calls.next()).await;
        assert!(waits.is_err(), "{waits:?}");
    }
    calls.decline(&hub.connect(BOB), rings.call).await.unwrap();
    assert_eq!(
        invitation(&mut calls).await.change,
        InvitationChange::Missed
    );
    assert_eq!(calls.invitations().pending(rings.call), []);
}

#[tokio::test(start_paused = true)]
async fn a_call_of_two_goes_on_as_a_conference_on_both_sides() {
    let hub = hub();
    let [of_alice, of_bob] = hub.with(|server| server.phone_call(ALICE, BOB));
    let [other, _] = hub.with(|server| server.phone_call(ALICE, BOB));
    let mut calls = incoming(&hub, BOB);
    calls.in_phone_call(Some(of_bob.id));
    let alice = Member::create(&hub, ALICE).await;
    // A call in which the user is not moves nobody.
    let upgrade = async |call| alice.conference.upgrade(call, 60, false, 7).await;
    upgrade(other).await.unwrap();
    let waits = timeout(Duration::from_secs(1), calls.next()).await;
    assert!(waits.is_err(), "{waits:?}");
    upgrade(of_alice).await.unwrap();
    let moved = next(&mut calls).await;
    let IncomingCall::Migrated(call) = &moved else {
        panic!("{moved:?}");
    };
    assert_eq!(call.phone_call, of_alice.id);
    let mut join = options(Target::Create, BOB);
    assert!(moved.prepare(&mut join));
    let _bob = Member::over(hub.connect(BOB), join).await.unwrap();
    assert_eq!(members(&hub), [ALICE, BOB]);
}
