use confcall_state::UserId;
use confcall_state::keys::PublicKey;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::api::{
    AccessHash, CallId, ChannelId, ChatId, DataJson, InputGroupCall, InputPeer, MessageId, SubChain,
};
use crate::slug::Slug;

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
        what: "a conference request",
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

proptest! {
    #[test]
    fn a_written_request_is_read_back(request in prop_oneof![join(), create(), chain_blocks()]) {
        prop_assert_eq!(Request::from_tl(&request.to_tl()), Ok(request));
    }

    #[test]
    fn a_request_cut_anywhere_is_refused(
        request in prop_oneof![join(), create(), chain_blocks()],
        at: prop::sample::Index,
    ) {
        let written = request.to_tl();
        prop_assert!(Request::from_tl(&written[..at.index(written.len())]).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_read_or_refused(
        id in prop_oneof![
            Just(JoinGroupCall::ID), Just(CreateConferenceCall::ID), Just(GetGroupCallChainBlocks::ID)
        ],
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
