use confcall_join::api::{GetFullChat, GetPeerStories, GetStoriesById, StoryId};

use super::*;

#[test]
fn a_public_name_leads_to_the_chat_and_the_chat_to_its_call() {
    let mut stage = Stage::new();
    let walkers = stage.channel(EVE, "Walkers");
    let call = stage.full(EVE, &walkers).unwrap();
    assert_eq!(InputGroupCall::from(call), stage.reference(11));
    let quiet = stage.channel(EVE, "quiet");
    assert_eq!(stage.full(EVE, &quiet), None);
    let username = "nobody".to_owned();
    stage.refused(
        EVE,
        ResolveUsername { username },
        400,
        "USERNAME_NOT_OCCUPIED",
    );
}

#[test]
fn the_access_hash_of_a_channel_is_for_one_account() {
    let mut stage = Stage::new();
    let InputPeer::Channel { id, access_hash } = stage.channel(ALICE, "walkers") else {
        panic!("a channel")
    };
    let request = GetFullChannel { id, access_hash };
    assert!(stage.ask(ALICE, request).is_ok());
    stage.refused(BOB, request, 400, "CHANNEL_INVALID");
}

#[test]
fn a_private_chat_is_for_its_members() {
    let mut stage = Stage::new();
    let chat = confcall_join::api::ChatId::new(14);
    let answer = stage.ask(BOB, GetFullChat { chat }).unwrap();
    let full = answer.into_full_chat().unwrap();
    assert_eq!(
        full.call.map(InputGroupCall::from),
        Some(stage.reference(14))
    );
    assert_eq!(full.labels[0].name, "The Family");
    stage.refused(EVE, GetFullChat { chat }, 400, "CHANNEL_PRIVATE");
    let chat = confcall_join::api::ChatId::new(99);
    stage.refused(EVE, GetFullChat { chat }, 400, "PEER_ID_INVALID");
    let request = stage.joining(14);
    stage.refused(EVE, request, 403, "GROUPCALL_FORBIDDEN");
}

#[test]
fn whoever_asks_for_an_open_chat_is_a_member_of_it() {
    let described = WorldDescription::example();
    let server = Server::with_world(ServerOptions::default(), &described).unwrap();
    let rng = ChaCha20Rng::seed_from_u64(3);
    let mut stage = Stage { server, rng };
    stage.channel(EVE, "walkers");
    stage.join(ALICE, 501);
    let title = confcall_join::api::EditGroupCallTitle {
        call: stage.reference(501),
        title: "Home".to_owned(),
    };
    stage.send(ALICE, title);
    let pushed = stage.pushed();
    assert!(pushed.iter().any(|(to, _)| *to == EVE), "{pushed:?}");
}

#[test]
fn a_live_story_is_found_by_its_user_and_by_its_number() {
    let mut stage = Stage::new();
    let username = "dora".to_owned();
    let answer = stage.ask(BOB, ResolveUsername { username }).unwrap();
    assert_eq!(answer.into_resolved_peer().unwrap().peer, Peer::User(DORA));
    let answer = stage.ask(BOB, GetPeerStories { peer: user(DORA) }).unwrap();
    let stories = answer.into_live_stories().unwrap();
    assert_eq!(stories.labels[0].name, "Dora");
    let story = stories.live[0];
    assert_eq!(InputGroupCall::from(story.call), stage.reference(901));
    for (id, count) in [(7, 1), (8, 0)] {
        let ids = vec![StoryId::new(id)];
        let peer = user(DORA);
        let answer = stage.ask(BOB, GetStoriesById { peer, ids }).unwrap();
        assert_eq!(answer.into_live_stories().unwrap().live.len(), count);
    }
}

#[test]
fn every_call_with_a_public_name_has_a_link() {
    let stage = Stage::new();
    let link = |number| {
        let link = stage.server.hosted_link(stage.call(number).id());
        link.map(|link| link.to_string())
    };
    assert_eq!(link(11).as_deref(), Some("https://t.me/walkers?videochat"));
    assert_eq!(link(12).as_deref(), Some("https://t.me/harbour?livestream"));
    assert_eq!(link(901).as_deref(), Some("https://t.me/dora/s/live"));
    assert_eq!((link(13), link(14)), (None, None));
}

#[test]
fn what_only_chats_have_is_none_of_a_conference_or_of_no_call() {
    let mut stage = Stage::new();
    let conference = stage.server.create_empty(ALICE).unwrap();
    let call = stage.server.call(conference).unwrap().reference();
    let title = |call| confcall_join::api::EditGroupCallTitle {
        call,
        title: "Tea".to_owned(),
    };
    stage.refused(ALICE, title(call), 400, "INPUT_METHOD_INVALID");
    let nowhere = InputGroupCall::Id {
        id: conference,
        access_hash: AccessHash::new(1),
    };
    stage.refused(ALICE, title(nowhere), 400, "GROUPCALL_INVALID");
}
