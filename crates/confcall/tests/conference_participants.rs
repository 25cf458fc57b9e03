//! The participants of a conference, what they switch, and a planned restart.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::network::{Network, count};
use common::{ALICE, BOB, CAROL, Member, hub, link, members, options, options_again, pass, rng};
use confcall::{
    CommandFailure, Conference, Event, JoinPayload, Microphone, Notice, Participant, Payloads,
    Target, UserId, VolumeSetter,
};
use confcall_join::api::{Method, Update};
use confcall_join::engine::checkpoint::CheckpointError;
use confcall_join::engine::{Advice, EndReason};
use confcall_join::joining::Fingerprint;
use confcall_transport::Transport as _;

const SECOND: Duration = Duration::from_secs(1);
const KEY: [u8; 32] = [9; 32];

/// A participant as a conference lists it.
fn listed(conference: &Conference, user: UserId) -> Participant {
    let mut all = conference.participants().into_iter();
    all.find(|one| one.peer == user.into()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn participants_have_names_and_states() {
    let hub = hub();
    hub.with(|server| server.set_name(ALICE, "Alice A."));
    let alice = Member::create(&hub, ALICE).await.conference;
    let bob = Member::join(&hub, BOB).await.conference;
    pass(SECOND).await;
    let ours = listed(&bob, ALICE);
    assert_eq!(ours.label.unwrap().name, "Alice A.");
    assert!(ours.in_chain && !ours.own && listed(&bob, BOB).own);

    alice.set_muted(true).await.unwrap();
    pass(SECOND).await;
    assert_eq!(listed(&bob, ALICE).microphone, Microphone::Muted);
    alice.mute(BOB, true).await.unwrap();
    pass(SECOND).await;
    assert_eq!(listed(&bob, BOB).microphone, Microphone::MutedByAdmin);
    let silenced = bob.set_muted(false).await;
    assert_eq!(silenced, Err(CommandFailure::Silenced));
    let not_allowed = bob.mute(ALICE, true).await;
    assert_eq!(not_allowed, Err(CommandFailure::NotAllowed));

    bob.set_volume(ALICE, 5000).await.unwrap();
    bob.mute_for_me(ALICE, true).await.unwrap();
    let theirs = listed(&bob, ALICE);
    assert!(theirs.muted_by_us);
    assert_eq!(theirs.volume.level, 5000);
    assert_eq!(theirs.volume.set_by, VolumeSetter::Us);
    assert_eq!(
        bob.set_volume(ALICE, 0).await,
        Err(CommandFailure::Volume(0))
    );
}

#[tokio::test(start_paused = true)]
async fn a_screen_is_shared_paused_and_taken_away() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await.conference;
    let bob = Member::join(&hub, BOB).await.conference;
    let fingerprint = Fingerprint::sha256([8; 32]);
    let payload = JoinPayload::generate(fingerprint, None, &mut rng(CAROL));
    alice.start_presentation(payload).await.unwrap();
    pass(SECOND).await;
    assert!(alice.view().presentation.is_some());
    assert!(listed(&bob, ALICE).screen.is_some());
    alice.set_presentation_paused(true).await.unwrap();
    pass(SECOND).await;
    assert!(listed(&bob, ALICE).screen.unwrap().paused);
    alice.stop_presentation().await.unwrap();
    pass(SECOND).await;
    assert!(listed(&bob, ALICE).screen.is_none());
    assert!(alice.view().presentation.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_planned_restart_stops_without_leaving_and_goes_on() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let network = Network::new(hub.connect(BOB));
    let sent = Arc::clone(&network.sent);
    let mut bob = Member::over(network, options(link(&hub), BOB))
        .await
        .unwrap();
    bob.emoji_at(1).await;
    let blob = bob.conference.suspend(&KEY, 1).await.unwrap();
    let end = bob.end().await;
    assert_eq!(
        (end.reason, end.advice),
        (EndReason::Suspended, Advice::Nothing)
    );
    let again = bob.conference.suspend(&KEY, 2).await;
    assert_eq!(again, Err(CheckpointError::NotAMember));
    drop(bob);
    pass(5 * SECOND).await;
    assert_eq!(count(&sent, Method::LeaveGroupCall), 0);
    assert_eq!(members(&hub), [ALICE, BOB]);

    let restored = Conference::restore(&blob, &KEY, 1, options_again(link(&hub), BOB, 1)).unwrap();
    let bob = restored.start(hub.connect(BOB));
    bob.joined().await.unwrap();
    let text = common::message(1, "here I am again");
    bob.send_message(text).await.unwrap();
    let said = alice.until(common::said).await;
    assert_eq!(said, (BOB, "here I am again".to_owned()));
    assert_eq!(alice.conference.view().height.unwrap().value(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_conference_that_is_not_in_the_call_goes_on_when_it_is_to_be_suspended() {
    let hub = hub();
    let network = Network::new(hub.connect(ALICE)).delayed(SECOND);
    let alice = Conference::start(network, options(Target::Create, ALICE));
    let early = alice.suspend(&KEY, 1).await;
    assert_eq!(early, Err(CheckpointError::NotAMember));
    alice.joined().await.unwrap();
    assert_eq!(members(&hub), [ALICE]);
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_is_wanted_is_supplied() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let mut options = options(link(&hub), BOB);
    let within = 8 * SECOND;
    options.config.payloads = Payloads::Client { within };
    let bob = Conference::join(hub.connect(BOB), options).await.unwrap();
    let (supplier, mut events) = (bob.clone(), bob.events());
    let supplying = tokio::spawn(async move {
        while let Some(notice) = events.next().await {
            if let Notice::Event(Event::PayloadWanted { connection, .. }) = notice {
                let fingerprint = Fingerprint::sha256([8; 32]);
                let payload = JoinPayload::generate(fingerprint, None, &mut rng(CAROL));
                supplier.supply(connection, payload.clone()).await;
                return payload;
            }
        }
        panic!("no payload was wanted");
    });
    bob.rejoin().await.unwrap();
    let supplied = supplying.await.unwrap();
    assert_eq!(bob.view().payload.as_ref(), Some(&supplied));
}

#[tokio::test(start_paused = true)]
async fn a_call_of_two_moves_to_a_conference_for_both() {
    let hub = hub();
    let [phone_call, _] = hub.with(|server| server.phone_call(ALICE, BOB));
    let network = hub.connect(BOB);
    let mut pushed = network.updates();
    let alice = Member::create(&hub, ALICE).await.conference;
    alice.upgrade(phone_call, 60, false, 0).await.unwrap();
    let migrated = loop {
        match common::within(pushed.next()).await {
            Some(Ok(Update::Migrated(migrated))) => break migrated,
            Some(_) => {}
            None => panic!("nothing was pushed"),
        }
    };
    let bob = Conference::join(network, migrated).await.unwrap();
    assert_eq!(bob.view().members, [ALICE, BOB]);
    pass(SECOND).await;
    assert_eq!(alice.emoji().await, bob.emoji().await);
}
