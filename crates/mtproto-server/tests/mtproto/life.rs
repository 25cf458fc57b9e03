//! The life of a participant, asked for by the functions of grammers and shown in its types.

use core::time::Duration;

use confcall_join::Slug;
use confcall_join::api::{InputGroupCall, Peer, Update};
use confcall_mtproto_server::Config;
use confcall_server::{Limits, Server, ServerOptions};
use confcall_state::UserId;
use grammers_tl_types::{enums, functions, types};

use crate::client::{Client, refusal};
use crate::scene::{ALICE, BOB, Scene};

fn reference(call: &InputGroupCall) -> enums::InputGroupCall {
    let InputGroupCall::Id { id, access_hash } = call else {
        panic!("{call:?}")
    };
    enums::InputGroupCall::Call(types::InputGroupCall {
        id: id.value(),
        access_hash: access_hash.value(),
    })
}

fn edit(
    call: &InputGroupCall,
    participant: enums::InputPeer,
) -> functions::phone::EditGroupCallParticipant {
    functions::phone::EditGroupCallParticipant {
        call: reference(call),
        participant,
        muted: None,
        volume: None,
        raise_hand: None,
        video_stopped: None,
        video_paused: None,
        presentation_paused: None,
    }
}

fn peer(user: UserId) -> enums::InputPeer {
    enums::InputPeer::User(types::InputPeerUser {
        user_id: user.value(),
        access_hash: user.value(),
    })
}

/// The entry of a user, if an update shows one that nobody came or left by.
fn edited(update: &enums::Update, user: UserId) -> Option<types::GroupCallParticipant> {
    let enums::Update::GroupCallParticipants(change) = update else {
        return None;
    };
    let mut entries = change.participants.iter();
    entries.find_map(|entry| {
        let enums::GroupCallParticipant::Participant(entry) = entry;
        let is_user = entry.peer
            == types::PeerUser {
                user_id: user.value(),
            }
            .into();
        (is_user && !entry.just_joined && !entry.left).then(|| entry.clone())
    })
}

/// Two who are in one call.
async fn call_of_two(scene: &Scene) -> (Client, Client, InputGroupCall) {
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    let (call, slug) = alice.create().await;
    bob.join(&InputGroupCall::Slug(slug)).await;
    (alice, bob, call)
}

#[tokio::test]
async fn the_creator_silences_a_participant_who_cannot_undo_it() {
    let scene = Scene::new().await;
    let (alice, mut bob, call) = call_of_two(&scene).await;
    let silence = functions::phone::EditGroupCallParticipant {
        muted: Some(true),
        ..edit(&call, peer(BOB))
    };
    alice.invoke(&silence).await.unwrap();
    let entry = bob.receive_raw(|update| edited(update, BOB)).await;
    assert!(entry.muted && !entry.can_self_unmute && entry.versioned && entry.is_self);
    assert!(entry.date > 1_700_000_000, "{}", entry.date);
    let unmute = functions::phone::EditGroupCallParticipant {
        muted: Some(false),
        ..edit(&call, enums::InputPeer::PeerSelf)
    };
    bob.invoke(&unmute).await.unwrap();
    let louder = functions::phone::EditGroupCallParticipant {
        volume: Some(20_001),
        ..edit(&call, peer(BOB))
    };
    let refused = refusal(alice.invoke(&louder).await);
    assert_eq!(refused, (400, "USER_VOLUME_INVALID".to_owned()));
    let louder = functions::phone::EditGroupCallParticipant {
        volume: Some(20_000),
        ..edit(&call, peer(BOB))
    };
    alice.invoke(&louder).await.unwrap();
    let louder = |update: &_| edited(update, BOB).filter(|entry| entry.volume.is_some());
    let entry = bob.receive_raw(louder).await;
    assert!(entry.muted && !entry.can_self_unmute && !entry.versioned);
    assert_eq!((entry.volume, entry.volume_by_admin), (Some(20_000), true));
}

#[tokio::test]
async fn a_screen_is_shared_and_ended() {
    let scene = Scene::new().await;
    let (mut alice, mut bob, call) = call_of_two(&scene).await;
    let payload = bob.payload();
    let share = functions::phone::JoinGroupCallPresentation {
        call: reference(&call),
        params: enums::DataJson::Json(types::DataJson {
            data: payload.to_json(),
        }),
    };
    let answer = bob.invoke(&share).await.unwrap();
    let enums::Updates::Updates(answer) = answer else {
        panic!("{answer:?}")
    };
    let is_connection = |update: &enums::Update| match update {
        enums::Update::GroupCallConnection(connection) => connection.presentation,
        _ => false,
    };
    assert!(answer.updates.iter().any(is_connection));
    let screen = alice.receive_raw(|update| edited(update, BOB)).await;
    let Some(enums::GroupCallParticipantVideo::Video(screen)) = screen.presentation else {
        panic!("{screen:?}")
    };
    assert_eq!(screen.audio_source, Some(payload.ssrc().signed()));
    let unshare = functions::phone::LeaveGroupCallPresentation {
        call: reference(&call),
    };
    bob.invoke(&unshare).await.unwrap();
    let entry = alice.receive_raw(|update| edited(update, BOB)).await;
    assert_eq!(entry.presentation, None);
}

#[tokio::test]
async fn messages_are_turned_off_for_all() {
    let scene = Scene::new().await;
    let (alice, mut bob, call) = call_of_two(&scene).await;
    let off = functions::phone::ToggleGroupCallSettings {
        reset_invite_hash: false,
        call: reference(&call),
        join_muted: None,
        messages_enabled: Some(false),
        send_paid_messages_stars: None,
    };
    alice.invoke(&off).await.unwrap();
    // A client of grammers also receives what its own answers hold, here that to the join.
    bob.receive_raw(|update| match update {
        enums::Update::GroupCall(update) => match &update.call {
            enums::GroupCall::Call(call) => (!call.messages_enabled).then_some(()),
            enums::GroupCall::Discarded(_) => None,
        },
        _ => None,
    })
    .await;
    let message = functions::phone::SendGroupCallEncryptedMessage {
        call: reference(&call),
        encrypted_message: vec![1],
    };
    let refused = refusal(bob.invoke(&message).await);
    assert_eq!(refused, (403, "CHAT_WRITE_FORBIDDEN".to_owned()));
    let refused = refusal(alice.invoke(&off).await);
    assert_eq!(refused, (400, "GROUPCALL_NOT_MODIFIED".to_owned()));
}

fn invite_bob(call: &InputGroupCall) -> functions::phone::InviteConferenceCallParticipant {
    functions::phone::InviteConferenceCallParticipant {
        video: true,
        call: reference(call),
        user_id: enums::InputUser::User(types::InputUser {
            user_id: BOB.value(),
            access_hash: BOB.value(),
        }),
    }
}

/// The message of an update, with its number, if it is a new one or an edited one as wanted.
fn invitation(
    update: &enums::Update,
    is_new: bool,
) -> Option<(i32, types::MessageActionConferenceCall)> {
    let message = match update {
        enums::Update::NewMessage(new) if is_new => &new.message,
        enums::Update::EditMessage(edit) if !is_new => &edit.message,
        _ => return None,
    };
    let enums::Message::Service(message) = message else {
        return None;
    };
    match &message.action {
        enums::MessageAction::ConferenceCall(action) => Some((message.id, action.clone())),
        _ => None,
    }
}

#[tokio::test]
async fn a_declined_invitation_is_edited_for_both() {
    let scene = Scene::new().await;
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    let (call, _) = alice.create().await;
    // A client hears of what happens from its first request on.
    assert!(bob.ask(crate::client::look_up_nothing()).await.is_err());
    let invite = invite_bob(&call);
    let answer = alice.invoke(&invite).await.unwrap();
    let enums::Updates::Updates(answer) = answer else {
        panic!("{answer:?}")
    };
    let sent = answer.updates.iter().find_map(|one| invitation(one, true));
    let (sent, _) = sent.unwrap();
    let (received, action) = bob.receive_raw(|update| invitation(update, true)).await;
    assert!(sent != received && action.video && !action.missed);
    let decline = functions::phone::DeclineConferenceCallInvite { msg_id: received };
    bob.invoke(&decline).await.unwrap();
    for (client, number) in [(&mut alice, sent), (&mut bob, received)] {
        let (message, action) = client.receive_raw(|update| invitation(update, false)).await;
        assert_eq!((message, action.missed), (number, true));
    }
}

#[tokio::test]
async fn an_invitation_that_nobody_answers_is_missed_in_time() {
    let server = Server::new(ServerOptions {
        ring_timeout: Duration::from_secs(1),
        ..ServerOptions::default()
    });
    let config = Config {
        // The server looks three times in that time.
        silence: Duration::from_millis(300),
        ..Config::default()
    };
    let scene = Scene::around(server, config).await;
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    let (call, _) = alice.create().await;
    assert!(bob.ask(crate::client::look_up_nothing()).await.is_err());
    let invite = invite_bob(&call);
    alice.invoke(&invite).await.unwrap();
    let (_, action) = bob.receive_raw(|update| invitation(update, false)).await;
    assert!(action.missed);
}

#[tokio::test]
async fn a_call_of_two_moves_to_a_conference() {
    let mut server = Server::new(ServerOptions::default());
    let [of_alice, _] = server.phone_call(ALICE, BOB);
    let scene = Scene::around(server, Config::default()).await;
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    assert!(bob.ask(crate::client::look_up_nothing()).await.is_err());
    let (_, slug) = alice.create().await;
    let discard = functions::phone::DiscardCall {
        video: true,
        peer: enums::InputPhoneCall::Call(types::InputPhoneCall {
            id: of_alice.id.value(),
            access_hash: of_alice.access_hash.value(),
        }),
        duration: 5,
        reason: types::PhoneCallDiscardReasonMigrateConferenceCall {
            slug: slug.to_string(),
        }
        .into(),
        connection_id: 0,
    };
    let refused = refusal(bob.invoke(&discard).await);
    assert_eq!(refused, (400, "CALL_PEER_INVALID".to_owned()));
    alice.invoke(&discard).await.unwrap();
    let found = bob.receive_raw(|update| match update {
        enums::Update::PhoneCall(update) => match &update.phone_call {
            enums::PhoneCall::Discarded(call) => Some(call.clone()),
            _ => None,
        },
        _ => None,
    });
    let found = found.await;
    assert_eq!((found.id, found.video), (of_alice.id.value(), true));
    let Some(enums::PhoneCallDiscardReason::MigrateConferenceCall(reason)) = found.reason else {
        panic!("{found:?}")
    };
    let slug = Slug::new(&reason.slug).unwrap();
    bob.join(&InputGroupCall::Slug(slug)).await;
}

#[tokio::test]
async fn a_user_who_was_given_a_name_has_it_for_all_who_read_of_it() {
    let mut server = Server::new(ServerOptions::default());
    server.set_name(BOB, "Bob Smith");
    let scene = Scene::around(server, Config::default()).await;
    let (mut alice, bob, _) = call_of_two(&scene).await;
    let name = alice.receive(|update| match update {
        Update::Labels(labels) => {
            let mut labels = labels.into_iter();
            let label = labels.find(|label| label.peer == Peer::User(BOB));
            label.map(|label| label.name)
        }
        _ => None,
    });
    assert_eq!(name.await, "Bob Smith");
    let id = vec![enums::InputUser::UserSelf];
    let users = bob
        .invoke(&functions::users::GetUsers { id })
        .await
        .unwrap();
    let [enums::User::User(user)] = &users[..] else {
        panic!("{users:?}")
    };
    assert_eq!(user.first_name.as_deref(), Some("Bob Smith"));
}

#[tokio::test]
async fn the_configuration_is_a_json_object() {
    let limits = Limits {
        participants: 5,
        ..Limits::default()
    };
    let server = Server::new(ServerOptions {
        limits,
        ..ServerOptions::default()
    });
    let scene = Scene::around(server, Config::default()).await;
    let alice = scene.client(ALICE);
    let config = functions::help::GetAppConfig { hash: 0 };
    let config = alice.invoke(&config).await.unwrap();
    let enums::help::AppConfig::Config(config) = config else {
        panic!("{config:?}")
    };
    let enums::Jsonvalue::JsonObject(object) = config.config else {
        panic!("{config:?}")
    };
    let fields = object.value.into_iter().map(|field| {
        let enums::JsonobjectValue::JsonObjectValue(field) = field;
        match field.value {
            enums::Jsonvalue::JsonNumber(number) => (field.key, number.value as i64),
            other => panic!("{other:?}"),
        }
    });
    let expected = [
        ("conference_call_size_limit".to_owned(), 5),
        ("call_ring_timeout_ms".to_owned(), 45_000),
    ];
    assert_eq!(fields.collect::<Vec<_>>(), expected);
}
