use confcall_state::UserId;
use confcall_state::keys::PublicKey;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::api::{
    AccessHash, CallId, ChannelId, ChatId, DataJson, InputGroupCall, InputPeer, InputUser,
    MessageId, Removal, Slug, Ssrc, SubChain,
};

/// Hexadecimal, with spaces between fields.
fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}

fn by_id() -> InputGroupCall {
    InputGroupCall::Id {
        id: CallId::new(0x0102_0304_0506_0708),
        access_hash: AccessHash::new(-2),
    }
}

fn assert_pinned(request: &Request, expected: &str) {
    assert_eq!(hex::encode(request.to_tl()), hex::encode(bytes(expected)));
    assert_eq!(Request::from_tl(&bytes(expected)).as_ref(), Ok(request));
}

#[test]
fn a_conference_join_has_exactly_these_bytes() {
    let join = JoinGroupCall {
        muted: true,
        video_stopped: true,
        call: InputGroupCall::Slug(Slug::new("abc-_1").unwrap()),
        join_as: InputPeer::SelfUser,
        invite_hash: None,
        public_key: Some(PublicKey::from_bytes([0xaa; 32])),
        block: Some(vec![1, 2, 3, 4, 5]),
        params: DataJson::new("{}"),
    };
    let key = "aa".repeat(32);
    let expected = format!(
        "5730b58f 0d000000 3f8206fe 06 6162632d5f31 00 c97ea07d {key} 05 0102030405 0000 048d747d 02 7b7d 00"
    );
    assert_pinned(&join.into(), &expected);
}

#[test]
fn a_video_chat_join_has_exactly_these_bytes() {
    let join = JoinGroupCall {
        muted: true,
        video_stopped: false,
        call: by_id(),
        join_as: InputPeer::Channel {
            id: ChannelId::new(5),
            access_hash: AccessHash::new(6),
        },
        invite_hash: Some("xyz".to_owned()),
        public_key: None,
        block: None,
        params: DataJson::new("{}"),
    };
    let expected = "5730b58f 03000000 0f84aad8 0807060504030201 feffffffffffffff \
        fcbbbc27 0500000000000000 0600000000000000 03 78797a 048d747d 02 7b7d 00";
    assert_pinned(&join.into(), expected);
}

#[test]
fn a_creation_has_exactly_these_bytes() {
    let mut create = CreateConferenceCall {
        muted: false,
        video_stopped: true,
        random_id: -3,
        public_key: Some(PublicKey::from_bytes([0xbb; 32])),
        block: Some(vec![7; 254]),
        params: Some(DataJson::new("{ }")),
    };
    let (key, block) = ("bb".repeat(32), "07".repeat(254));
    let expected =
        format!("bb44047d 0c000000 fdffffff {key} fe fe0000 {block} 0000 048d747d 03 7b207d");
    assert_pinned(&create.clone().into(), &expected);
    (create.public_key, create.block, create.params) = (None, None, None);
    assert_pinned(&create.into(), "bb44047d 04000000 fdffffff");
}

#[test]
fn a_tip_request_has_exactly_these_bytes() {
    let request = GetGroupCallChainBlocks::tip(InputGroupCall::InviteMessage(MessageId::new(9)));
    let expected = "a6889fee 3f60108c 09000000 00000000 ffffffff 01000000";
    assert_pinned(&request.into(), expected);
}

#[test]
fn every_peer_has_exactly_these_bytes() {
    let (id, access_hash) = (UserId::new(1), AccessHash::new(2));
    let (message, chat_id) = (MessageId::new(4), ChatId::new(3));
    let chat = Box::new(InputPeer::Chat(chat_id));
    let (one, two) = ("0100000000000000", "0200000000000000");
    let from_chat = "b95ca935 0300000000000000 04000000";
    let channel = ChannelId::new(1);
    for (join_as, expected) in [
        (InputPeer::SelfUser, "c97ea07d".to_owned()),
        (InputPeer::Empty, "ea183b7f".to_owned()),
        (
            InputPeer::User { id, access_hash },
            format!("4ca5e8dd {one} {two}"),
        ),
        (
            InputPeer::Chat(chat_id),
            "b95ca935 0300000000000000".to_owned(),
        ),
        (
            InputPeer::Channel {
                id: channel,
                access_hash,
            },
            format!("fcbbbc27 {one} {two}"),
        ),
        (
            InputPeer::UserFromMessage {
                chat: chat.clone(),
                message,
                id,
            },
            format!("1c0a7ba8 {from_chat} {one}"),
        ),
        (
            InputPeer::ChannelFromMessage {
                chat,
                message,
                id: channel,
            },
            format!("40082abd {from_chat} {one}"),
        ),
    ] {
        let join = JoinGroupCall {
            muted: false,
            video_stopped: false,
            call: InputGroupCall::InviteMessage(MessageId::new(1)),
            join_as,
            invite_hash: None,
            public_key: None,
            block: None,
            params: DataJson::new(""),
        };
        let expected = format!("5730b58f 00000000 3f60108c 01000000 {expected} 048d747d 00000000");
        assert_pinned(&join.into(), &expected);
    }
}

fn by_message() -> InputGroupCall {
    InputGroupCall::InviteMessage(MessageId::new(9))
}

fn source(value: i32) -> Ssrc {
    Ssrc::from_signed(value).unwrap()
}

/// The start of [`by_message`] and of a vector.
const CALL: &str = "3f60108c 09000000";
const VECTOR: &str = "15c4b51c";

#[test]
fn a_broadcast_and_a_message_have_exactly_these_bytes() {
    let call = by_message();
    let broadcast = SendConferenceCallBroadcast {
        call: call.clone(),
        broadcast: vec![1, 2, 3],
    };
    assert_pinned(&broadcast.into(), &format!("001970c6 {CALL} 03 010203"));
    let message = SendGroupCallEncryptedMessage {
        call,
        encrypted_message: vec![4, 5, 6, 7],
    };
    assert_pinned(
        &message.into(),
        &format!("6da5afe5 {CALL} 04 04050607 000000"),
    );
}

#[test]
fn a_removal_has_exactly_these_bytes_and_one_of_its_flags() {
    let (one, minus_two) = ("0100000000000000", "feffffffffffffff");
    for (removal, flags) in [(Removal::OnlyLeft, "01000000"), (Removal::Kick, "02000000")] {
        let remove = DeleteConferenceCallParticipants {
            removal,
            call: by_message(),
            ids: vec![UserId::new(1), UserId::new(-2)],
            block: vec![7],
        };
        let expected =
            format!("2505a68c {flags} {CALL} {VECTOR} 02000000 {one} {minus_two} 01 07 0000");
        assert_pinned(&remove.into(), &expected);
    }
    for flags in ["00000000", "03000000", "05000000"] {
        let text = format!("2505a68c {flags} {CALL} {VECTOR} 00000000 00000000");
        assert_eq!(Request::from_tl(&bytes(&text)).unwrap_err().offset, 4);
    }
}

#[test]
fn an_invitation_and_its_refusal_have_exactly_these_bytes() {
    let other = InputUser::User {
        id: UserId::new(1),
        access_hash: AccessHash::new(2),
    };
    for (video, user, flags, expected) in [
        (false, InputUser::Empty, "00000000", "cf8688b9"),
        (true, InputUser::SelfUser, "01000000", "3fb1c1f7"),
        (
            true,
            other,
            "01000000",
            "c65811f2 0100000000000000 0200000000000000",
        ),
    ] {
        let call = by_message();
        let invite = InviteConferenceCallParticipant { video, call, user };
        assert_pinned(
            &invite.into(),
            &format!("8526f2bc {flags} {CALL} {expected}"),
        );
    }
    let message = MessageId::new(-5);
    let decline = DeclineConferenceCallInvite { message };
    assert_pinned(&decline.into(), "7199473c fbffffff");
}

#[test]
fn what_reads_a_call_and_its_roster_has_exactly_these_bytes() {
    let get = GetGroupCall {
        call: by_id(),
        limit: 3,
    };
    assert_pinned(
        &get.into(),
        "db451804 0f84aad8 0807060504030201 feffffffffffffff 03000000",
    );
    let page = GetGroupParticipants::page(by_message(), "7", 50);
    let nothing = format!("{VECTOR} 00000000");
    assert_pinned(
        &page.clone().into(),
        &format!("abd858c5 {CALL} {nothing} {nothing} 01 37 0000 32000000"),
    );
    let ids = vec![InputPeer::SelfUser, InputPeer::Chat(ChatId::new(3))];
    let sources = vec![source(-1)];
    let asked = GetGroupParticipants {
        ids,
        sources: sources.clone(),
        ..page
    };
    let ids = format!("{VECTOR} 02000000 c97ea07d b95ca935 0300000000000000");
    let ours = format!("{VECTOR} 01000000 ffffffff");
    assert_pinned(
        &asked.into(),
        &format!("abd858c5 {CALL} {ids} {ours} 01 37 0000 32000000"),
    );
    let of_whom = GetGroupParticipants::by_sources(by_message(), sources.clone());
    assert_eq!((of_whom.offset.as_str(), of_whom.limit), ("", 1));
    let check = CheckGroupCall {
        call: by_message(),
        sources,
    };
    assert_pinned(&check.into(), &format!("77f99cb5 {CALL} {ours}"));
}

#[test]
fn what_ends_or_changes_a_call_has_exactly_these_bytes() {
    let call = by_message();
    let leave = |source| LeaveGroupCall {
        call: call.clone(),
        source,
    };
    let own = leave(Some(source(-2)));
    assert_pinned(&own.into(), &format!("f9770350 {CALL} feffffff"));
    assert_pinned(&leave(None).into(), &format!("f9770350 {CALL} 00000000"));
    let discard = DiscardGroupCall { call: call.clone() };
    assert_pinned(&discard.into(), &format!("3571777a {CALL}"));
    let revoke = ToggleGroupCallSettings::revoke_link(call);
    assert_pinned(&revoke.clone().into(), &format!("f2924397 02000000 {CALL}"));
    let settings = ToggleGroupCallSettings {
        reset_invite_hash: false,
        join_muted: Some(true),
        messages_enabled: Some(false),
        send_paid_messages_stars: Some(1),
        ..revoke
    };
    let expected = format!("f2924397 0d000000 {CALL} b5757299 379779bc 0100000000000000");
    assert_pinned(&settings.into(), &expected);
}

#[test]
fn a_key_without_a_block_is_not_written() {
    let mut join = JoinGroupCall::from_tl(&bytes(
        "5730b58f 00000000 3f60108c 01000000 c97ea07d 048d747d 00000000",
    ))
    .unwrap();
    let written = join.to_tl();
    join.public_key = Some(PublicKey::from_bytes([1; 32]));
    assert_eq!(join.to_tl(), written);
}

#[test]
fn trailing_bytes_are_refused() {
    let mut request = GetGroupCallChainBlocks::tip(by_id()).to_tl();
    let offset = request.len();
    request.push(0);
    let kind = ReadErrorKind::TrailingBytes {
        what: "a request about group calls",
        count: 1,
    };
    assert_eq!(Request::from_tl(&request), Err(ReadError { offset, kind }));
}

/// Each of these is malformed at the place that stands beside it.
#[test]
fn a_malformed_request_is_refused_with_its_place() {
    for (offset, text) in [
        (0, "00000000"),
        (0, "5730b5"),
        // An unknown flag, and a negative flags field.
        (
            4,
            "5730b58f 10000000 3f60108c 01000000 c97ea07d 048d747d 00000000",
        ),
        (
            4,
            "5730b58f 00000080 3f60108c 01000000 c97ea07d 048d747d 00000000",
        ),
        (4, "bb44047d 02000000 fdffffff"),
        // A call that is none, a slug with a dot, a slug that is not text.
        (
            8,
            "5730b58f 00000000 3f60108d 01000000 c97ea07d 048d747d 00000000",
        ),
        (
            12,
            "5730b58f 00000000 3f8206fe 01 2e 0000 c97ea07d 048d747d 00000000",
        ),
        (
            12,
            "5730b58f 00000000 3f8206fe 01 ff 0000 c97ea07d 048d747d 00000000",
        ),
        // A peer from a message in a chat that is itself from a message.
        (
            20,
            "5730b58f 00000000 3f60108c 01000000 1c0a7ba8 1c0a7ba8 c97ea07d",
        ),
        // No third subchain.
        (12, "a6889fee 3f60108c 09000000 02000000 ffffffff 01000000"),
        // A payload that is not a dataJSON, and one that is not text.
        (
            20,
            "5730b58f 00000000 3f60108c 01000000 c97ea07d 00000000 00000000",
        ),
        (
            24,
            "5730b58f 00000000 3f60108c 01000000 c97ea07d 048d747d 01 ff 0000",
        ),
        // A vector that is not boxed, and one that cannot stand in what is left.
        (12, "77f99cb5 3f60108c 09000000 00000000 00000000"),
        (16, "77f99cb5 3f60108c 09000000 15c4b51c 05000000 01000000"),
        // A source that is zero, a user that is none, a Bool that is none.
        (20, "77f99cb5 3f60108c 09000000 15c4b51c 01000000 00000000"),
        (16, "8526f2bc 00000000 3f60108c 09000000 00000000"),
        (16, "f2924397 01000000 3f60108c 09000000 00000000"),
    ] {
        let error = Request::from_tl(&bytes(text)).unwrap_err();
        assert_eq!(error.offset, offset, "{text}: {error}");
    }
}

fn call() -> impl Strategy<Value = InputGroupCall> {
    prop_oneof![
        (any::<i64>(), any::<i64>()).prop_map(|(id, hash)| InputGroupCall::Id {
            id: CallId::new(id),
            access_hash: AccessHash::new(hash),
        }),
        "[A-Za-z0-9_-]{1,64}".prop_map(|slug| InputGroupCall::Slug(Slug::new(&slug).unwrap())),
        any::<i32>().prop_map(|id| InputGroupCall::InviteMessage(MessageId::new(id))),
    ]
}

fn known_peer() -> impl Strategy<Value = InputPeer> {
    let ids = || (any::<i64>(), any::<i64>().prop_map(AccessHash::new));
    prop_oneof![
        Just(InputPeer::SelfUser),
        Just(InputPeer::Empty),
        any::<i64>().prop_map(|id| InputPeer::Chat(ChatId::new(id))),
        ids().prop_map(|(id, access_hash)| InputPeer::User {
            id: UserId::new(id),
            access_hash
        }),
        ids().prop_map(|(id, access_hash)| InputPeer::Channel {
            id: ChannelId::new(id),
            access_hash
        }),
    ]
}

fn peer() -> impl Strategy<Value = InputPeer> {
    let from_message = (known_peer(), any::<i32>(), any::<i64>(), any::<bool>()).prop_map(
        |(chat, message, id, user)| {
            let (chat, message) = (Box::new(chat), MessageId::new(message));
            if user {
                let id = UserId::new(id);
                InputPeer::UserFromMessage { chat, message, id }
            } else {
                let id = ChannelId::new(id);
                InputPeer::ChannelFromMessage { chat, message, id }
            }
        },
    );
    prop_oneof![known_peer(), from_message]
}

fn key_and_block() -> impl Strategy<Value = (PublicKey, Vec<u8>)> {
    (
        any::<[u8; 32]>().prop_map(PublicKey::from_bytes),
        any::<Vec<u8>>(),
    )
}

fn join() -> impl Strategy<Value = Request> {
    let fields = (
        any::<(bool, bool)>(),
        call(),
        peer(),
        any::<Option<String>>(),
    );
    (fields, option::of(key_and_block()), any::<String>()).prop_map(
        |(((muted, video_stopped), call, join_as, invite_hash), key_and_block, params)| {
            let (public_key, block) = key_and_block.unzip();
            let params = DataJson::new(params);
            Request::Join(JoinGroupCall {
                muted,
                video_stopped,
                call,
                join_as,
                invite_hash,
                public_key,
                block,
                params,
            })
        },
    )
}

fn create() -> impl Strategy<Value = Request> {
    let join = option::of((key_and_block(), any::<String>()));
    (any::<(bool, bool)>(), any::<i32>(), join).prop_map(
        |((muted, video_stopped), random_id, join)| {
            let (key_and_block, params) = join.unzip();
            let (public_key, block) = key_and_block.unzip();
            let params = params.map(DataJson::new);
            Request::Create(CreateConferenceCall {
                muted,
                video_stopped,
                random_id,
                public_key,
                block,
                params,
            })
        },
    )
}

fn chain_blocks() -> impl Strategy<Value = Request> {
    let sub_chain = prop_oneof![Just(SubChain::Blocks), Just(SubChain::Broadcasts)];
    (call(), sub_chain, any::<i32>(), any::<i32>()).prop_map(|(call, sub_chain, offset, limit)| {
        Request::ChainBlocks(GetGroupCallChainBlocks {
            call,
            sub_chain,
            offset,
            limit,
        })
    })
}

fn sources() -> impl Strategy<Value = Vec<Ssrc>> {
    let source = any::<u32>().prop_filter_map("zero is no source", Ssrc::new);
    prop::collection::vec(source, 0..5)
}

fn remove() -> impl Strategy<Value = Request> {
    let removal = prop_oneof![Just(Removal::OnlyLeft), Just(Removal::Kick)];
    let ids = prop::collection::vec(any::<i64>().prop_map(UserId::new), 0..5);
    (removal, call(), ids, any::<Vec<u8>>()).prop_map(|(removal, call, ids, block)| {
        Request::Remove(DeleteConferenceCallParticipants {
            removal,
            call,
            ids,
            block,
        })
    })
}

fn participants() -> impl Strategy<Value = Request> {
    let ids = prop::collection::vec(peer(), 0..5);
    (call(), ids, sources(), any::<String>(), any::<i32>()).prop_map(
        |(call, ids, sources, offset, limit)| {
            Request::Participants(GetGroupParticipants {
                call,
                ids,
                sources,
                offset,
                limit,
            })
        },
    )
}

fn settings() -> impl Strategy<Value = Request> {
    let switches = any::<(bool, Option<bool>, Option<bool>, Option<i64>)>();
    (call(), switches).prop_map(|(call, (reset, muted, messages, stars))| {
        Request::Settings(ToggleGroupCallSettings {
            reset_invite_hash: reset,
            call,
            join_muted: muted,
            messages_enabled: messages,
            send_paid_messages_stars: stars,
        })
    })
}

/// A request of any kind that is not pinned by its bytes alone.
fn request() -> impl Strategy<Value = Request> {
    let check = (call(), sources()).prop_map(|(call, sources)| CheckGroupCall { call, sources });
    prop_oneof![
        join(),
        create(),
        chain_blocks(),
        remove(),
        participants(),
        settings(),
        check.prop_map(Request::from),
    ]
}

proptest! {
    #[test]
    fn a_written_request_is_read_back(request in request()) {
        prop_assert_eq!(Request::from_tl(&request.to_tl()), Ok(request));
    }

    #[test]
    fn a_request_cut_anywhere_is_refused(
        request in request(),
        at: prop::sample::Index,
    ) {
        let written = request.to_tl();
        prop_assert!(Request::from_tl(&written[..at.index(written.len())]).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_read_or_refused(
        id in prop::sample::select(vec![
            JoinGroupCall::ID,
            CreateConferenceCall::ID,
            GetGroupCallChainBlocks::ID,
            DeleteConferenceCallParticipants::ID,
            InviteConferenceCallParticipant::ID,
            ToggleGroupCallSettings::ID,
        ]),
        flags in 0_u32..32,
        rest: Vec<u8>,
    ) {
        let input = [&id.to_le_bytes()[..], &flags.to_le_bytes(), &rest].concat();
        if let Ok(request) = Request::from_tl(&input) {
            prop_assert_eq!(Request::from_tl(&request.to_tl()), Ok(request));
        }
        let _ = Request::from_tl(&rest);
    }
}
