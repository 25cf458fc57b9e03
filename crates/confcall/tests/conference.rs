//! Members of a call over the loopback.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::network::{Network, count};
use common::{
    ALICE, BOB, CAROL, Member, hub, link, members, message, options, pass, rng, said,
    seals_for_removed, within,
};
use confcall_join::api::{AccessHash, InputUser, Method, Request, RpcError, VideoLayers};
use confcall_join::engine::{CommandFailure, EndReason, Event, MediaState};
use confcall_join::joining::{Fingerprint, JoinPayload, Target};
use confcall_media::{ChannelId, Codec, EncodedFrame, RemovalGrace, SealError, SealFrameError};

#[tokio::test(start_paused = true)]
async fn two_members_see_the_same_emoji_and_each_other() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    assert_eq!(alice.emoji_at(1).await, bob.emoji_at(1).await);
    for one in [&alice, &bob] {
        let view = one.conference.view();
        assert_eq!(view.members, [ALICE, BOB]);
        assert_eq!(view.connected, [ALICE, BOB]);
        assert_eq!(view.height.map(|height| height.value()), Some(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_of_one_is_opened_by_the_other_who_knows_whose_its_source_is() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    let source = bob
        .until(|event| match event {
            Event::Joined(joined) => Some(joined.payload.ssrc()),
            _ => None,
        })
        .await;
    alice.emoji_at(1).await;

    let (sealing, opening) = (bob.conference.clone(), alice.conference.clone());
    // Media threads are no tasks of the runtime.
    let opened = std::thread::spawn(move || {
        let cryptor = sealing.cryptor().unwrap();
        let frame = EncodedFrame::Vp8(b"a frame");
        let now = sealing.now();
        let packet = cryptor
            .seal_frame(now, ChannelId::MAIN, frame, &mut rng(BOB))
            .unwrap();
        let from = opening.user_of(source).unwrap();
        assert_eq!(from, BOB);
        let cryptor = opening.cryptor().unwrap();
        let opened = cryptor.open_frame(opening.now(), from, Codec::Vp8, &packet);
        opened.unwrap().frame.to_vec()
    });
    assert_eq!(opened.join().unwrap(), b"a frame");
}

#[tokio::test(start_paused = true)]
async fn messages_arrive_and_their_senders_learn_it() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    bob.emoji_at(1).await;
    let both = async {
        tokio::join!(
            alice.conference.send_message(message(1, "one")),
            alice.conference.send_message(message(2, "two")),
        )
    };
    assert_eq!(within(both).await, (Ok(()), Ok(())));
    assert_eq!(bob.until(said).await, (ALICE, "one".to_owned()));
    assert_eq!(bob.until(said).await, (ALICE, "two".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn each_of_two_kicks_learns_what_became_of_it() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    let mut carol = Member::join(&hub, CAROL).await;
    carol.emoji_at(2).await;
    let both = async {
        tokio::join!(
            alice.conference.kick(vec![BOB]),
            alice.conference.kick(vec![ALICE]),
        )
    };
    let (kicked, failed) = within(both).await;
    assert_eq!(kicked, Ok(()));
    assert!(matches!(failed, Err(CommandFailure::Block(_))));
    assert_eq!(
        bob.end().await.reason,
        EndReason::Removed { by: Some(ALICE) }
    );
    assert!(bob.conference.cryptor().is_none());
    let removed = |event: &Event| match event {
        Event::MembersChanged { removed, by, .. } => Some((removed.clone(), *by)),
        _ => None,
    };
    assert_eq!(carol.until(removed).await, (vec![BOB], Some(ALICE)));
    assert_eq!(members(&hub), [ALICE, CAROL]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_command_says_what_the_server_says() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let _bob = Member::join(&hub, BOB).await;
    let bob = InputUser::User {
        id: BOB,
        access_hash: AccessHash::new(0),
    };
    let error = RpcError::new(400, "USER_ALREADY_PARTICIPANT");
    let refused = alice.conference.invite(bob, false).await;
    assert_eq!(refused, Err(CommandFailure::Refused(error)));
}

#[tokio::test(start_paused = true)]
async fn rejoining_gives_another_cryptor_and_closes_the_old_one() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    let emoji = bob.emoji_at(1).await;
    assert_eq!(alice.emoji_at(1).await, emoji);

    let old = bob.conference.cryptor().unwrap();
    assert_eq!(within(bob.conference.rejoin()).await, Ok(()));
    let new = bob.conference.cryptor().unwrap();
    assert!(!Arc::ptr_eq(&old, &new));
    let frame = EncodedFrame::Vp8(b"a frame");
    let now = bob.conference.now();
    let sealed = old.seal_frame(now, ChannelId::MAIN, frame, &mut rng(BOB));
    assert_eq!(sealed, Err(SealFrameError::Seal(SealError::UnknownEpoch)));

    let joined = |event: &Event| match event {
        Event::Rejoined(joined) => joined.cryptor.clone(),
        _ => None,
    };
    assert!(Arc::ptr_eq(&bob.until(joined).await, &new));
    assert_eq!(members(&hub), [ALICE, BOB]);
    assert_eq!(alice.emoji_at(2).await, bob.emoji_at(2).await);
}

#[tokio::test(start_paused = true)]
async fn everything_ends_when_the_call_is_discarded() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    assert_eq!(alice.conference.discard().await, Ok(()));
    for one in [&mut alice, &mut bob] {
        assert_eq!(one.end().await.reason, EndReason::Discarded);
        assert!(one.events.next().await.is_none());
        assert!(one.conference.cryptor().is_none());
        let late = one.conference.send_message(message(1, "too late")).await;
        assert_eq!(late, Err(CommandFailure::NotJoined));
    }
    assert_eq!(alice.conference.close().await.reason, EndReason::Discarded);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_cannot_enter_learns_why() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let target = link(&hub);
    alice.conference.discard().await.unwrap();
    let refused = Member::enter(&hub, target, BOB).await;
    assert!(matches!(
        refused.map(|_| ()).unwrap_err().reason,
        EndReason::NotFound(_) | EndReason::Discarded
    ));
}

#[tokio::test(start_paused = true)]
async fn the_server_is_asked_whether_we_are_joined_while_the_media_is_down() {
    let hub = hub();
    let network = Network::new(hub.connect(ALICE));
    let sent = Arc::clone(&network.sent);
    let alice = Member::over(network, options(Target::Create, ALICE)).await;
    let alice = alice.unwrap().conference;
    let minute = Duration::from_secs(60);
    let checks = async || {
        sent.lock().unwrap().clear();
        pass(minute).await;
        count(&sent, Method::CheckGroupCall)
    };
    assert!(checks().await > 10);
    alice.media(MediaState::Connected);
    pass(minute).await;
    assert_eq!(checks().await, 0);
    alice.media(MediaState::Disconnected);
    assert!(checks().await > 10);
}

#[tokio::test(start_paused = true)]
async fn a_new_membership_learns_that_its_media_is_up_as_that_of_the_old_one_did() {
    let hub = hub();
    let network = Network::new(hub.connect(ALICE));
    let sent = Arc::clone(&network.sent);
    let alice = Member::over(network, options(Target::Create, ALICE)).await;
    let alice = alice.unwrap().conference;
    let _bob = Member::join(&hub, BOB).await;
    let minute = Duration::from_secs(60);
    let checks = async || {
        sent.lock().unwrap().clear();
        pass(minute).await;
        count(&sent, Method::CheckGroupCall)
    };
    alice.media(MediaState::Connected);
    pass(minute).await;
    alice.rejoin().await.unwrap();
    // To switch the microphone says nothing of the media connection.
    alice.set_muted(true).await.unwrap();
    assert!(checks().await > 10);
    alice.media(MediaState::Connected);
    pass(minute).await;
    assert_eq!(checks().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_later_join_announces_what_was_switched_meanwhile() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let network = Network::new(hub.connect(BOB));
    let sent = Arc::clone(&network.sent);
    let mut options = options(link(&hub), BOB);
    let (certificate, layers) = (Fingerprint::sha256([7; 32]), Some(VideoLayers::One));
    options.config.media.payload = JoinPayload::generate(certificate, layers, &mut rng(BOB));
    let bob = Member::over(network, options).await;
    let bob = bob.unwrap().conference;
    bob.set_muted(true).await.unwrap();
    bob.set_video(true).await.unwrap();
    bob.rejoin().await.unwrap();
    let sent = sent.lock().unwrap();
    let announced = sent.iter().filter_map(|request| match request {
        Request::Join(join) => Some((join.muted, join.video_stopped)),
        _ => None,
    });
    assert_eq!(
        announced.collect::<Vec<_>>(),
        [(false, true), (true, false)]
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_removal_only_a_strict_member_seals_for_none_but_those_who_stayed() {
    for grace in [RemovalGrace::WithGrace, RemovalGrace::Strict] {
        let hub = hub();
        let mut options = options(Target::Create, ALICE);
        options.config.removal_grace = grace;
        let mut alice = Member::over(hub.connect(ALICE), options).await.unwrap();
        let _bob = Member::join(&hub, BOB).await;
        let _carol = Member::join(&hub, CAROL).await;
        alice.emoji_at(2).await;
        let is_sealed_for_more = seals_for_removed(&mut alice, BOB).await;
        assert_eq!(is_sealed_for_more, grace == RemovalGrace::WithGrace);
    }
}
