//! Calls of groups and channels over the network, as their users see them.

use std::time::Duration;

use confcall_join::api::{
    CallText, FilePart, GetFile, GetFullChannel, GetGroupCallStreamChannels, InputPeer,
    JoinGroupCall, Peer, ResolveUsername, SendGroupCallMessage, StreamVideo, Update, Updates,
};
use confcall_join::stream::Chunk;
use confcall_mtproto_server::Config;
use confcall_server::{Server, ServerOptions, WorldDescription};

use crate::client::{Client, refusal};
use crate::scene::{ALICE, BOB, Scene};

async fn scene(config: Config) -> Scene {
    let options = ServerOptions::default();
    let server = Server::with_world(options, &WorldDescription::example()).unwrap();
    Scene::around(server, config).await
}

/// The request to join the call of a chat with a public name, muted and without a picture.
async fn joining(client: &mut Client, username: &str) -> JoinGroupCall {
    let username = username.to_owned();
    let answer = client.ask(ResolveUsername { username }).await.unwrap();
    let found = answer.into_resolved_peer().unwrap();
    let Peer::Channel(id) = found.peer else {
        panic!("{found:?}")
    };
    let access_hash = found.labels[0].access_hash.unwrap();
    let answer = client
        .ask(GetFullChannel { id, access_hash })
        .await
        .unwrap();
    let call = answer.into_full_chat().unwrap().call.unwrap();
    JoinGroupCall {
        muted: true,
        video_stopped: true,
        call: call.into(),
        join_as: InputPeer::SelfUser,
        invite_hash: None,
        public_key: None,
        block: None,
        params: client.payload().to_params(),
    }
}

#[tokio::test]
async fn clients_find_and_join_a_video_chat_and_read_what_is_written_there() {
    let scene = scene(Config::default()).await;
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    let request = joining(&mut alice, "walkers").await;
    alice.ask(request).await.unwrap();
    let request = joining(&mut bob, "walkers").await;
    let call = request.call.clone();
    let answer = bob.ask(request).await.unwrap().into_updates().unwrap();
    let shown = answer.0.iter().find_map(|update| match update {
        Update::GroupCall { call, .. } => call.active(),
        _ => None,
    });
    assert_eq!(shown.unwrap().participants_count, 3);
    let joined = alice.receive(|update| match update {
        Update::Participants(change) => {
            let mut changed = change.participants.into_iter();
            changed.find(|one| one.peer == Peer::User(BOB))
        }
        _ => None,
    });
    assert!(joined.await.just_joined);
    let message = SendGroupCallMessage {
        call,
        random_id: 7,
        message: CallText {
            text: "Hello".to_owned(),
            entities: Vec::new(),
        },
        allow_paid_stars: None,
        send_as: None,
    };
    let Updates(sent) = bob.ask(message).await.unwrap().into_updates().unwrap();
    assert!(
        sent.iter()
            .any(|update| matches!(update, Update::Message(_)))
    );
    let received = alice.receive(|update| match update {
        Update::Message(message) => Some(message),
        _ => None,
    });
    let received = received.await;
    assert_eq!(
        (received.text.text.as_str(), received.from),
        ("Hello", Peer::User(BOB))
    );
    scene.stop().await;
}

#[tokio::test]
async fn a_viewer_fetches_the_parts_of_a_stream() {
    let scene = scene(Config::default()).await;
    let mut bob = scene.client(BOB);
    let request = joining(&mut bob, "lighthouse").await;
    let call = request.call.clone();
    let channels = GetGroupCallStreamChannels { call: call.clone() };
    let early = bob.ask(channels.clone()).await;
    assert_eq!(refusal(early), (400, "GROUPCALL_JOIN_MISSING".to_owned()));
    bob.ask(request).await.unwrap();
    let channels = bob
        .ask(channels)
        .await
        .unwrap()
        .into_stream_channels()
        .unwrap();
    let part = GetFile {
        call,
        time_ms: channels[0].last_timestamp_ms - 2000,
        scale: channels[0].scale,
        video: Some(StreamVideo {
            channel: channels[0].channel,
            quality: 2,
        }),
        offset: 0,
        limit: 128 << 10,
    };
    let part = bob.ask(part).await.unwrap().into_file_part().unwrap();
    let FilePart::Bytes(bytes) = part else {
        panic!("{part:?}")
    };
    assert_eq!(Chunk::parse(&bytes).unwrap().header.container, "mp4");
    scene.stop().await;
}

#[tokio::test]
async fn who_has_no_connection_is_out_of_a_video_chat_and_who_needs_none_is_not() {
    let config = Config {
        silence: Duration::from_millis(300),
        ..Config::default()
    };
    let scene = scene(config).await;
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    for client in [&mut alice, &mut bob] {
        let request = joining(client, "walkers").await;
        client.ask(request).await.unwrap();
    }
    bob.disconnect();
    let gone = alice.receive(|update| match update {
        Update::Participants(change) => {
            let mut left = change.participants.into_iter().filter(|one| one.left);
            left.next()
        }
        _ => None,
    });
    assert_eq!(gone.await.peer, Peer::User(BOB));
    let server = scene.stop().await;
    let mut calls = server.hosted_calls();
    let walkers = calls
        .find(|call| call.title() == Some("Where to next"))
        .unwrap();
    let users: Vec<_> = walkers.members().map(|one| one.user_id().value()).collect();
    assert_eq!(users, [1, 901]);
}
