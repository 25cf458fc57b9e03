//! The states of participants, over TCP: who is there, who is heard, and what is shown.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::network::count;
use common::tcp::{Scene, in_time, link_of, sees, shown};
use common::{ALICE, BOB, CAROL, Member, options, pass, rng};
use confcall::api::VideoLayers;
use confcall::{
    CommandFailure, Conference, Event, JoinPayload, MediaConnection, Microphone, Participant,
    PayloadReason, Payloads, UserId, VolumeSetter,
};
use confcall_join::api::Method;
use confcall_join::joining::Fingerprint;
use confcall_server::{Server, ServerOptions};
use futures_util::future::join_all;

const USERS: [UserId; 3] = [ALICE, BOB, CAROL];

async fn scene() -> Scene {
    Scene::around(Server::new(ServerOptions::default())).await
}

/// The payload of a stranger, with sources that no member has.
fn payload(seed: u8) -> JoinPayload {
    let fingerprint = Fingerprint::sha256([8; 32]);
    JoinPayload::generate(fingerprint, None, &mut rng(UserId::new(seed.into())))
}

#[tokio::test]
async fn each_sees_the_two_others_with_names_and_states() {
    let mut server = Server::new(ServerOptions::default());
    let names = ["Alice A.", "Bob B.", "Carol C."];
    for (user, name) in USERS.into_iter().zip(names) {
        server.set_name(user, name);
    }
    let mut scene = Scene::around(server).await;
    let members = scene.call(USERS).await;
    let [_, bob, carol] = &members;
    bob.conference.set_muted(true).await.unwrap();
    let share = carol.conference.start_presentation(payload(9));
    share.await.unwrap();
    for viewer in &members {
        for (user, name) in USERS.into_iter().zip(names) {
            let microphone = match user {
                BOB => Microphone::Muted,
                _ => Microphone::On,
            };
            let is_so = |one: &Participant| {
                one.label.as_ref().is_some_and(|label| label.name == name)
                    && one.microphone == microphone
                    && one.screen.is_some() == (user == CAROL)
                    && one.in_chain
            };
            let listed = sees(&viewer.conference, user, is_so).await;
            assert_eq!(
                viewer.conference.user_of(listed.source.unwrap()),
                Some(user)
            );
        }
    }
}

#[tokio::test]
async fn a_microphone_that_is_toggled_fast_takes_two_requests() {
    let mut scene = scene().await;
    let [alice] = scene.call([ALICE]).await;
    // So slow that all is wanted before the first answer.
    let device = scene.device(BOB).await.delayed(Duration::from_millis(200));
    let sent = Arc::clone(&device.sent);
    let bob = Member::over(device, options(link_of(&alice), BOB)).await;
    let bob = bob.unwrap().conference;
    let toggles = (0..20).map(|number| bob.set_muted(number % 2 == 0));
    let toggled = in_time(join_all(toggles)).await;
    assert!(toggled.iter().all(Result::is_ok), "{toggled:?}");
    assert_eq!(count(&sent, Method::EditGroupCallParticipant), 2);
    assert!(!bob.view().own.unwrap().confirmed.muted);
    let alice = &alice.conference;
    sees(alice, BOB, |bob| bob.microphone == Microphone::On).await;
}

#[tokio::test]
async fn a_participant_whom_an_admin_silenced_speaks_once_it_is_allowed_again() {
    let mut scene = scene().await;
    let [alice] = scene.call([ALICE]).await;
    let device = scene.device(BOB).await;
    let sent = Arc::clone(&device.sent);
    let bob = Member::over(device, options(link_of(&alice), BOB)).await;
    let (alice, bob) = (alice.conference, bob.unwrap().conference);
    alice.mute(BOB, true).await.unwrap();
    let own = shown(&bob, |view| view.own.filter(|own| !own.can_unmute)).await;
    assert!(own.wanted.muted && own.confirmed.muted);
    let refused = bob.set_muted(false).await;
    assert_eq!(refused, Err(CommandFailure::Silenced));
    let refused = bob.mute(ALICE, true).await;
    assert_eq!(refused, Err(CommandFailure::NotAllowed));
    assert_eq!(count(&sent, Method::EditGroupCallParticipant), 0);

    alice.mute(BOB, false).await.unwrap();
    sees(&bob, BOB, |bob| bob.microphone == Microphone::Muted).await;
    bob.set_muted(false).await.unwrap();
    sees(&alice, BOB, |bob| bob.microphone == Microphone::On).await;
    assert_eq!(count(&sent, Method::EditGroupCallParticipant), 1);
}

#[tokio::test]
async fn a_volume_is_for_the_one_who_chose_it_and_that_of_the_creator_for_the_others() {
    let mut scene = scene().await;
    let [alice, bob, carol] = scene.call(USERS).await;
    bob.conference.set_volume(CAROL, 5_000).await.unwrap();
    let volume = |level, set_by| {
        move |one: &Participant| (one.volume.level, one.volume.set_by) == (level, set_by)
    };
    let by_bob = volume(5_000, VolumeSetter::Us);
    sees(&bob.conference, CAROL, by_bob).await;
    alice.conference.set_volume(CAROL, 20_000).await.unwrap();
    let by_alice = volume(20_000, VolumeSetter::Admin);
    sees(&carol.conference, CAROL, by_alice).await;
    sees(&bob.conference, CAROL, by_bob).await;
    let refused = bob.conference.set_volume(CAROL, 20_001).await;
    assert_eq!(refused, Err(CommandFailure::Volume(20_001)));

    bob.conference.mute_for_me(ALICE, true).await.unwrap();
    sees(&bob.conference, ALICE, |alice| alice.muted_by_us).await;
    sees(&carol.conference, ALICE, |alice| {
        !alice.muted_by_us && alice.microphone == Microphone::On
    })
    .await;
}

#[tokio::test]
async fn a_camera_is_turned_on_paused_and_turned_off() {
    let mut scene = scene().await;
    let [alice] = scene.call([ALICE]).await;
    let mut options = options(link_of(&alice), BOB);
    let (fingerprint, layers) = (Fingerprint::sha256([7; 32]), Some(VideoLayers::Three));
    options.config.media.payload = JoinPayload::generate(fingerprint, layers, &mut rng(BOB));
    let bob = Member::over(scene.device(BOB).await, options).await;
    let (alice, bob) = (alice.conference, bob.unwrap().conference);
    sees(&alice, BOB, |bob| bob.camera.is_none()).await;
    bob.set_video(true).await.unwrap();
    let camera = sees(&alice, BOB, |bob| bob.camera.is_some()).await.camera;
    let camera = camera.unwrap();
    let payload = bob.view().payload.clone().unwrap();
    assert_eq!(camera.source_groups, payload.ssrc_groups());
    assert!(!camera.paused);
    bob.set_video_paused(true).await.unwrap();
    let is_paused = |one: &Participant| one.camera.as_ref().is_some_and(|c| c.paused);
    sees(&alice, BOB, is_paused).await;
    bob.set_video_paused(false).await.unwrap();
    sees(&alice, BOB, |bob| bob.camera.is_some() && !is_paused(bob)).await;
    bob.set_video(false).await.unwrap();
    sees(&alice, BOB, |bob| bob.camera.is_none()).await;

    // Without a camera in the payload there is none to turn on.
    assert!(alice.set_video(true).await.is_err());
}

#[tokio::test]
async fn a_screen_has_its_own_connection_and_is_shared_again_after_a_rejoin() {
    let mut scene = scene().await;
    let [alice, bob] = scene.call([ALICE, BOB]).await;
    let (alice, bob) = (alice.conference, bob.conference);
    let screen = payload(9);
    bob.start_presentation(screen.clone()).await.unwrap();
    let own = shown(&bob, |view| view.presentation.clone()).await;
    assert_ne!(Some(own), bob.view().connection.clone());
    let seen = sees(&alice, BOB, |bob| bob.screen.is_some()).await.screen;
    assert_eq!(seen.unwrap().audio_source, Some(screen.ssrc()));
    bob.set_presentation_paused(true).await.unwrap();
    sees(&alice, BOB, |bob| {
        bob.screen.as_ref().is_some_and(|s| s.paused)
    })
    .await;

    bob.rejoin().await.unwrap();
    let is_new = |one: &Participant| {
        let shown = one.screen.as_ref();
        shown.is_some_and(|shown| shown.audio_source != Some(screen.ssrc()))
    };
    sees(&alice, BOB, is_new).await;
    shown(&bob, |view| view.presentation.clone()).await;
    bob.stop_presentation().await.unwrap();
    sees(&alice, BOB, |bob| bob.screen.is_none()).await;
    assert!(bob.view().presentation.is_none());
    assert!(!bob.view().own.unwrap().is_presenting);
}

/// Waits until a payload is wanted for a reason, and supplies one.
async fn supply(bob: &mut Member, reason: PayloadReason, payload: &JoinPayload) {
    let wanted = |event: &Event| match event {
        Event::PayloadWanted {
            connection, why, ..
        } if *why == reason => Some(*connection),
        _ => None,
    };
    let connection = in_time(bob.until(wanted)).await;
    assert_eq!(connection, MediaConnection::Main);
    bob.conference.supply(connection, payload.clone()).await;
}

#[tokio::test]
async fn a_client_supplies_another_payload_for_a_source_that_is_taken_and_for_a_rejoin() {
    let mut scene = scene().await;
    let [alice] = scene.call([ALICE]).await;
    let mut options = options(link_of(&alice), BOB);
    let taken = alice.conference.view().payload.clone().unwrap();
    options.config.media.payload = taken.clone();
    let within = Duration::from_secs(8);
    options.config.payloads = Payloads::Client { within };
    let bob = Conference::start(scene.device(BOB).await, options);
    let mut bob = Member::from(bob);
    let [first, second] = [payload(8), payload(9)];
    supply(&mut bob, PayloadReason::SourceTaken, &first).await;
    in_time(bob.conference.joined()).await.unwrap();
    assert_eq!(bob.conference.view().payload.as_ref(), Some(&first));
    let has_source = |payload: &JoinPayload| {
        let source = payload.ssrc();
        move |one: &Participant| one.source == Some(source)
    };
    sees(&alice.conference, BOB, has_source(&first)).await;

    let again = bob.conference.clone();
    let rejoin = tokio::spawn(async move { again.rejoin().await });
    supply(&mut bob, PayloadReason::Rejoin, &second).await;
    in_time(rejoin).await.unwrap().unwrap();
    sees(&alice.conference, BOB, has_source(&second)).await;
    sees(&alice.conference, ALICE, has_source(&taken)).await;
}

#[tokio::test]
async fn a_client_that_supplies_no_payload_in_time_is_not_in_the_call() {
    let mut scene = scene().await;
    let [alice] = scene.call([ALICE]).await;
    let mut options = options(link_of(&alice), BOB);
    let taken = alice.conference.view().payload.clone().unwrap();
    options.config.media.payload = taken;
    let within = Duration::from_millis(300);
    options.config.payloads = Payloads::Client { within };
    let joined = Member::over(scene.device(BOB).await, options);
    assert!(in_time(joined).await.is_err());
    pass(Duration::from_millis(100)).await;
    assert_eq!(alice.conference.participants().len(), 1);
}
