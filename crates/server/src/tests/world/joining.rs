use confcall_join::api::{
    CheckGroupCall, GetGroupCall, GetGroupCallJoinAs, GetGroupParticipants, LeaveGroupCall,
    SaveDefaultGroupCallJoinAs, ToggleGroupCallSettings, VideoLayers,
};

use super::*;

#[test]
fn the_answer_to_a_join_has_connection_call_and_the_own_entry() {
    let mut stage = Stage::with(11, &[ALICE]);
    let answer = stage.join(BOB, 11);
    assert_eq!(answer.len(), 3);
    assert!(params(&answer).contains("transport"));
    let call = shown(&answer);
    assert_eq!(call.title.as_deref(), Some("Where to next"));
    assert_eq!(call.participants_count, 3);
    assert!(!call.conference && !call.rtmp_stream && !call.min);
    let own = entry(&answer);
    assert!(own.own && own.just_joined && own.muted && own.can_self_unmute);
    let [(to, update)] = &stage.pushed()[..] else {
        panic!("one push")
    };
    let theirs = entry(core::slice::from_ref(update));
    assert_eq!(
        (*to, theirs.peer, theirs.own),
        (ALICE, Peer::User(BOB), false)
    );
    assert!(theirs.just_joined && theirs.versioned);
}

#[test]
fn a_join_with_a_key_is_none_of_a_video_chat() {
    let mut stage = Stage::new();
    let mut request = stage.joining(11);
    request.block = Some(vec![1]);
    request.public_key = Some(confcall_state::PublicKey::from_bytes([7; 32]));
    assert!(stage.ask(BOB, request).is_err());
    let mut request = stage.joining(901);
    request.muted = false;
    assert!(stage.ask(BOB, request).is_err());
}

#[test]
fn a_source_belongs_to_one_participant() {
    let mut stage = Stage::new();
    let request = stage.joining(11);
    stage.send(ALICE, request.clone());
    stage.refused(BOB, request, 400, "GROUPCALL_SSRC_DUPLICATE_MUCH");
}

#[test]
fn who_comes_into_a_muted_call_may_speak_by_the_hash_or_as_an_admin() {
    let mut stage = Stage::new();
    let settings = ToggleGroupCallSettings {
        join_muted: Some(true),
        ..ToggleGroupCallSettings::nothing(stage.reference(11))
    };
    stage.send(ALICE, settings);
    let may_speak = |answer: &[Update]| entry(answer).can_self_unmute;
    assert!(may_speak(&stage.join(ALICE, 11)));
    assert!(!may_speak(&stage.join(BOB, 11)));
    let export = confcall_join::api::ExportGroupCallInvite {
        call: stage.reference(11),
        can_self_unmute: true,
    };
    let link = stage
        .ask(ALICE, export.clone())
        .unwrap()
        .into_invite_link()
        .unwrap();
    let hash = link.as_str().split_once("videochat=").unwrap().1.to_owned();
    // Only admins get a hash.
    let plain = stage.ask(BOB, export).unwrap().into_invite_link().unwrap();
    assert_eq!(plain.as_str(), "https://t.me/walkers?videochat");
    let mut request = stage.joining(11);
    request.invite_hash = Some(hash.clone());
    assert!(may_speak(&stage.send(CAROL, request.clone())));
    // A new hash takes the right of the old one away from those who come later.
    let reset = ToggleGroupCallSettings::revoke_link(stage.reference(11));
    stage.send(ALICE, reset);
    let mut request = stage.joining(11);
    request.invite_hash = Some(hash);
    assert!(!may_speak(&stage.send(EVE, request)));
}

#[test]
fn one_joins_as_those_who_one_may_be() {
    let mut stage = Stage::new();
    let anonymous = UserId::new(4);
    let peer = stage.channel(anonymous, "walkers");
    let asked = GetGroupCallJoinAs { peer: peer.clone() };
    let answer = stage
        .ask(anonymous, asked)
        .unwrap()
        .into_join_as_peers()
        .unwrap();
    let walkers = Peer::Channel(ChannelId::new(11));
    assert_eq!(answer.peers, [Peer::User(anonymous), walkers]);
    let mut request = stage.joining(11);
    request.join_as = peer.clone();
    assert_eq!(entry(&stage.send(anonymous, request)).peer, walkers);
    let as_bob = stage.channel(BOB, "walkers");
    let mut request = stage.joining(11);
    request.join_as = as_bob.clone();
    stage.refused(BOB, request, 400, "JOIN_AS_PEER_INVALID");
    let save = SaveDefaultGroupCallJoinAs {
        peer: peer.clone(),
        join_as: peer.clone(),
    };
    assert!(stage.ask(anonymous, save).unwrap().into_bool().unwrap());
    let InputPeer::Channel { id, access_hash } = peer else {
        panic!("a channel")
    };
    let full = stage
        .ask(anonymous, GetFullChannel { id, access_hash })
        .unwrap();
    assert_eq!(
        full.into_full_chat().unwrap().default_join_as,
        Some(walkers)
    );
    let save = SaveDefaultGroupCallJoinAs {
        peer: as_bob.clone(),
        join_as: as_bob,
    };
    stage.refused(BOB, save, 400, "JOIN_AS_PEER_INVALID");
}

#[test]
fn who_joins_as_itself_may_name_itself_in_any_form_in_calls_of_every_kind() {
    let mut stage = Stage::new();
    for number in [11, 12, 13, 14, 901] {
        for own in own_forms(BOB) {
            let mut request = stage.joining(number);
            request.join_as = own.clone();
            if own != InputPeer::SelfUser {
                stage.refused(ALICE, request.clone(), 400, "JOIN_AS_PEER_INVALID");
            }
            let joined = entry(&stage.send(BOB, request));
            assert_eq!(
                (joined.peer, joined.own),
                (Peer::User(BOB), true),
                "{own:?}"
            );
        }
    }
}

#[test]
fn who_takes_part_as_a_chat_finds_and_edits_itself_by_its_user_too() {
    let anonymous = UserId::new(4);
    let mut stage = Stage::with(11, &[ALICE, BOB]);
    let mut request = stage.joining(11);
    request.join_as = stage.channel(anonymous, "walkers");
    stage.send(anonymous, request);
    let walkers = Peer::Channel(ChannelId::new(11));
    for (own, muted) in own_forms(anonymous).into_iter().zip([false, true, false]) {
        let look = GetGroupParticipants {
            ids: vec![own.clone()],
            ..GetGroupParticipants::page(stage.reference(11), "", 1)
        };
        let page = stage.ask(anonymous, look.clone()).unwrap();
        assert_eq!(
            page.into_participants().unwrap().participants[0].peer,
            walkers
        );
        let mut edit = stage.edit(11, own.clone());
        edit.muted = Some(muted);
        let edited = entry(&stage.send(anonymous, edit));
        assert_eq!((edited.peer, edited.muted), (walkers, muted));
        if own != InputPeer::SelfUser {
            // To others it is the chat, and not the user.
            let page = stage.ask(BOB, look).unwrap();
            assert_eq!(page.into_participants().unwrap().participants, []);
        }
    }
}

#[test]
fn oneself_is_saved_as_the_peer_to_join_as_in_every_form() {
    let anonymous = UserId::new(4);
    let mut stage = Stage::new();
    let peer = stage.channel(anonymous, "walkers");
    let InputPeer::Channel { id, access_hash } = peer else {
        panic!("a channel")
    };
    for own in own_forms(anonymous) {
        for (join_as, expected) in [
            (peer.clone(), Peer::Channel(id)),
            (own.clone(), Peer::User(anonymous)),
        ] {
            let peer = peer.clone();
            let save = SaveDefaultGroupCallJoinAs { peer, join_as };
            assert!(stage.ask(anonymous, save).unwrap().into_bool().unwrap());
            let full = stage.ask(anonymous, GetFullChannel { id, access_hash });
            let saved = full.unwrap().into_full_chat().unwrap().default_join_as;
            assert_eq!(saved, Some(expected));
        }
    }
}

#[test]
fn who_joins_again_as_another_leaves_as_the_first() {
    let anonymous = UserId::new(4);
    let mut stage = Stage::with(11, &[ALICE, anonymous]);
    let mut request = stage.joining(11);
    request.join_as = stage.channel(anonymous, "walkers");
    stage.send(anonymous, request);
    let pushed = stage.pushed();
    let entries: Vec<_> = pushed
        .iter()
        .map(|(_, one)| entry(core::slice::from_ref(one)))
        .collect();
    let [left, joined] = &entries[..] else {
        panic!("{entries:?}")
    };
    assert_eq!((left.peer, left.left), (Peer::User(anonymous), true));
    let walkers = Peer::Channel(ChannelId::new(11));
    assert_eq!((joined.peer, joined.just_joined), (walkers, true));
    assert_eq!(stage.call(11).members().len(), 3);
}

#[test]
fn listeners_of_a_large_muted_call_get_a_stream_and_media_once_they_may_speak() {
    let mut stage = Stage::new();
    assert!(params(&stage.join(ALICE, 12)).contains("transport"));
    assert_eq!(params(&stage.join(BOB, 12)), r#"{"stream":true}"#);
    let mut allow = stage.edit(12, user(BOB));
    allow.muted = Some(false);
    stage.send(ALICE, allow);
    assert!(params(&stage.join(BOB, 12)).contains("transport"));
}

#[test]
fn hidden_listeners_are_counted_and_leave_no_gap_in_the_version() {
    let mut stage = Stage::with(12, &[ALICE]);
    let version = |stage: &mut Stage| {
        let look = GetGroupCall {
            call: stage.reference(12),
            limit: 10,
        };
        let info = stage.ask(ALICE, look).unwrap().into_group_call().unwrap();
        let call = info.call.active().unwrap().clone();
        (
            call.version,
            call.participants_count,
            info.participants.len(),
        )
    };
    let (before, ..) = version(&mut stage);
    let own = entry(&stage.join(BOB, 12));
    assert!(own.own && !own.can_self_unmute);
    assert_eq!(stage.pushed(), []);
    assert_eq!(version(&mut stage), (before, 3, 2));
    // A hand is seen, although its owner may not speak.
    let mut raise = stage.edit(12, InputPeer::SelfUser);
    raise.raise_hand = Some(true);
    stage.send(BOB, raise);
    assert_eq!(version(&mut stage), (before + 1, 3, 3));
    let (to, update) = stage.pushed().remove(0);
    assert_eq!(to, ALICE);
    assert!(entry(&[update]).min);
}

#[test]
fn every_viewer_of_an_rtmp_stream_gets_that_stream_and_is_counted() {
    let mut stage = Stage::new();
    for user in [ALICE, BOB] {
        let answer = stage.join(user, 13);
        assert_eq!(params(&answer), r#"{"stream":true,"rtmp":true}"#);
        let call = shown(&answer);
        assert!(call.rtmp_stream && call.listeners_hidden && call.stream_dc.is_some());
        assert!(!entry(&answer).can_self_unmute);
    }
    let mut unmute = stage.edit(13, InputPeer::SelfUser);
    unmute.muted = Some(false);
    stage.refused(BOB, unmute, 400, "INPUT_METHOD_INVALID");
}

#[test]
fn a_client_that_learns_only_by_the_answer_that_it_views_a_stream_is_let_in_and_sends_nothing() {
    let mut stage = Stage::new();
    let mut request = stage.joining(13);
    (request.muted, request.video_stopped) = (false, false);
    let layers = Some(VideoLayers::One);
    let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), layers, &mut stage.rng);
    request.params = payload.to_params();
    let answer = stage.send(CAROL, request);
    assert_eq!(params(&answer), r#"{"stream":true,"rtmp":true}"#);
    assert!(entry(&answer).muted && entry(&answer).video.is_none());
}

#[test]
fn the_listener_of_a_live_story_sees_the_publisher_and_itself() {
    let mut stage = Stage::with(901, &[BOB]);
    let answer = stage.join(CAROL, 901);
    assert!(params(&answer).contains("transport"));
    assert!(matches!(
        answer[1],
        Update::GroupCall {
            peer: Some(Peer::User(DORA)),
            live_story: true,
            ..
        }
    ));
    let look = GetGroupCall {
        call: stage.reference(901),
        limit: 10,
    };
    let info = stage.ask(CAROL, look).unwrap().into_group_call().unwrap();
    let peers: Vec<_> = info.participants.iter().map(|one| one.peer).collect();
    assert_eq!(peers, [Peer::User(CAROL), Peer::User(DORA)]);
    assert!(info.participants[1].video.is_some());
}

#[test]
fn source_zero_leaves_whatever_was_joined() {
    let mut stage = Stage::with(11, &[ALICE, BOB]);
    let call = stage.reference(11);
    let source = stage.call(11).member(ALICE).unwrap().source();
    let sources = vec![source];
    let check = CheckGroupCall {
        call: call.clone(),
        sources: sources.clone(),
    };
    let joined = stage
        .ask(ALICE, check.clone())
        .unwrap()
        .into_sources()
        .unwrap();
    assert_eq!(joined, sources);
    let of_bob = LeaveGroupCall {
        call: call.clone(),
        source: Some(source),
    };
    stage.refused(BOB, of_bob, 400, "GROUPCALL_JOIN_MISSING");
    let gone = entry(&stage.send(ALICE, LeaveGroupCall { call, source: None }));
    assert!(gone.left);
    stage.refused(ALICE, check, 400, "GROUPCALL_JOIN_MISSING");
    assert_eq!(stage.pushed().len(), 1);
}

#[test]
fn a_roster_is_read_in_pages_by_those_who_are_in() {
    let mut stage = Stage::with(11, &[ALICE, BOB, CAROL]);
    let page = GetGroupParticipants::page(stage.reference(11), "", 3);
    stage.refused(EVE, page.clone(), 403, "GROUPCALL_FORBIDDEN");
    let page = stage.ask(ALICE, page).unwrap().into_participants().unwrap();
    assert_eq!((page.count, page.participants.len()), (4, 3));
    let next = page.next_offset.unwrap();
    let next = GetGroupParticipants::page(stage.reference(11), next, 3);
    let page = stage.ask(ALICE, next).unwrap().into_participants().unwrap();
    assert_eq!(page.participants[0].peer, Peer::User(DORA));
    assert_eq!(page.labels[0].name, "Dora");
    assert_eq!(page.next_offset, None);
}
