//! Our bytes are those of `grammers-tl-types`: of every method, of every form that its fields have.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod chats;

use std::collections::BTreeSet;

use confcall_join::api::{
    AccessHash, CallId, ChannelId, ChatId, CheckGroupCall, CreateConferenceCall, DataJson,
    DeclineConferenceCallInvite, DeleteConferenceCallParticipants, DiscardCall, DiscardGroupCall,
    DiscardReason, EditGroupCallParticipant, GetAppConfig, GetGroupCall, GetGroupCallChainBlocks,
    GetGroupParticipants, InputGroupCall, InputPeer, InputPhoneCall, InputUser,
    InviteConferenceCallParticipant, JoinGroupCall, JoinGroupCallPresentation, LeaveGroupCall,
    LeaveGroupCallPresentation, MessageId, Method, PhoneCallId, Removal, Request,
    SendConferenceCallBroadcast, SendGroupCallEncryptedMessage, SubChain, ToggleGroupCallSettings,
};
use confcall_join::{Slug, Ssrc};
use confcall_state::UserId;
use confcall_state::keys::PublicKey;
use grammers_tl_types::functions::{help, phone};
use grammers_tl_types::{Serializable, enums, name_for_id, types};

const API: &str = include_str!("../../../../spec/api.tl");
const BOTH: [bool; 2] = [false, true];
/// Lengths around the steps by which TL writes the length of a string.
const LENGTHS: [usize; 8] = [0, 1, 2, 3, 253, 254, 255, 70_000];

/// A request of ours and the bytes of theirs.
type Pair = (Request, Vec<u8>);

fn pair(ours: impl Into<Request>, theirs: &impl Serializable) -> Pair {
    (ours.into(), theirs.to_bytes())
}

fn calls() -> [(InputGroupCall, enums::InputGroupCall); 3] {
    let (id, access_hash) = (i64::MIN + 5, -7);
    let slug = "aZ09_-";
    [
        (
            InputGroupCall::Id {
                id: CallId::new(id),
                access_hash: AccessHash::new(access_hash),
            },
            types::InputGroupCall { id, access_hash }.into(),
        ),
        (
            InputGroupCall::Slug(Slug::new(slug).unwrap()),
            types::InputGroupCallSlug { slug: slug.into() }.into(),
        ),
        (
            InputGroupCall::InviteMessage(MessageId::new(-9)),
            types::InputGroupCallInviteMessage { msg_id: -9 }.into(),
        ),
    ]
}

fn call() -> (InputGroupCall, enums::InputGroupCall) {
    let [by_id, ..] = calls();
    by_id
}

/// The peers that are not from a message.
fn known_peers() -> Vec<(InputPeer, enums::InputPeer)> {
    let (id, access_hash) = (1 << 40, i64::MIN);
    vec![
        (InputPeer::SelfUser, enums::InputPeer::PeerSelf),
        (InputPeer::Empty, enums::InputPeer::Empty),
        (
            InputPeer::User {
                id: UserId::new(id),
                access_hash: AccessHash::new(access_hash),
            },
            types::InputPeerUser {
                user_id: id,
                access_hash,
            }
            .into(),
        ),
        (
            InputPeer::Chat(ChatId::new(id)),
            types::InputPeerChat { chat_id: id }.into(),
        ),
        (
            InputPeer::Channel {
                id: ChannelId::new(id),
                access_hash: AccessHash::new(access_hash),
            },
            types::InputPeerChannel {
                channel_id: id,
                access_hash,
            }
            .into(),
        ),
    ]
}

fn peers() -> Vec<(InputPeer, enums::InputPeer)> {
    let (message, id) = (77, 1 << 35);
    let from_message = known_peers().into_iter().flat_map(|(chat, peer)| {
        let user = InputPeer::UserFromMessage {
            chat: Box::new(chat.clone()),
            message: MessageId::new(message),
            id: UserId::new(id),
        };
        let channel = InputPeer::ChannelFromMessage {
            chat: Box::new(chat),
            message: MessageId::new(message),
            id: ChannelId::new(id),
        };
        let their_user = types::InputPeerUserFromMessage {
            peer: peer.clone(),
            msg_id: message,
            user_id: id,
        };
        let their_channel = types::InputPeerChannelFromMessage {
            peer,
            msg_id: message,
            channel_id: id,
        };
        [(user, their_user.into()), (channel, their_channel.into())]
    });
    known_peers().into_iter().chain(from_message).collect()
}

fn users() -> [(InputUser, enums::InputUser); 3] {
    let (user_id, access_hash) = (1 << 33, -1);
    [
        (InputUser::Empty, enums::InputUser::Empty),
        (InputUser::SelfUser, enums::InputUser::UserSelf),
        (
            InputUser::User {
                id: UserId::new(user_id),
                access_hash: AccessHash::new(access_hash),
            },
            types::InputUser {
                user_id,
                access_hash,
            }
            .into(),
        ),
    ]
}

fn texts() -> impl Iterator<Item = String> {
    LENGTHS.iter().map(|&length| "x".repeat(length))
}

fn byte_strings() -> impl Iterator<Item = Vec<u8>> {
    LENGTHS.iter().map(|&length| vec![0xa5; length])
}

fn sources(signed: &[i32]) -> Vec<Ssrc> {
    let sources = signed.iter().map(|&source| Ssrc::from_signed(source));
    sources.collect::<Option<_>>().unwrap()
}

fn json(text: &str) -> (DataJson, enums::DataJson) {
    let data = text.to_owned();
    (DataJson::new(text), types::DataJson { data }.into())
}

fn creations(pairs: &mut Vec<Pair>) {
    for muted in BOTH {
        for video_stopped in BOTH {
            for join in BOTH {
                for block in byte_strings() {
                    let (params, their_params) = json(r#"{"ssrc":1}"#);
                    let ours = CreateConferenceCall {
                        muted,
                        video_stopped,
                        random_id: i32::MIN,
                        public_key: join.then(|| PublicKey::from_bytes([0xee; 32])),
                        block: join.then(|| block.clone()),
                        params: join.then_some(params),
                    };
                    let theirs = phone::CreateConferenceCall {
                        muted,
                        video_stopped,
                        join,
                        random_id: i32::MIN,
                        public_key: join.then_some([0xee; 32]),
                        block: join.then_some(block),
                        params: join.then_some(their_params),
                    };
                    pairs.push(pair(ours, &theirs));
                }
            }
        }
    }
}

/// A join of one call as one peer, with all its flags.
fn joins_as(
    pairs: &mut Vec<Pair>,
    (call, their_call): &(InputGroupCall, enums::InputGroupCall),
    (peer, their_peer): &(InputPeer, enums::InputPeer),
) {
    for flags in 0..16_u8 {
        let [muted, video_stopped, hash, key] = [1, 2, 4, 8].map(|bit| flags & bit != 0);
        let (params, their_params) = json("{}");
        let hash = hash.then(|| "abc".to_owned());
        let ours = JoinGroupCall {
            muted,
            video_stopped,
            call: call.clone(),
            join_as: peer.clone(),
            invite_hash: hash.clone(),
            public_key: key.then(|| PublicKey::from_bytes([0x11; 32])),
            block: key.then(|| vec![1, 2, 3]),
            params,
        };
        let theirs = phone::JoinGroupCall {
            muted,
            video_stopped,
            call: their_call.clone(),
            join_as: their_peer.clone(),
            invite_hash: hash,
            public_key: key.then_some([0x11; 32]),
            block: key.then(|| vec![1, 2, 3]),
            params: their_params,
        };
        pairs.push(pair(ours, &theirs));
    }
}

fn chain_requests(pairs: &mut Vec<Pair>, (ours, theirs): &(InputGroupCall, enums::InputGroupCall)) {
    let call = || theirs.clone();
    for (sub_chain, sub_chain_id) in [(SubChain::Blocks, 0), (SubChain::Broadcasts, 1)] {
        for (offset, limit) in [(-1, 1), (0, 100), (i32::MAX, i32::MIN)] {
            let read = GetGroupCallChainBlocks {
                call: ours.clone(),
                sub_chain,
                offset,
                limit,
            };
            let theirs = phone::GetGroupCallChainBlocks {
                call: call(),
                sub_chain_id,
                offset,
                limit,
            };
            pairs.push(pair(read, &theirs));
        }
    }
    for block in byte_strings() {
        let broadcast = SendConferenceCallBroadcast {
            call: ours.clone(),
            broadcast: block.clone(),
        };
        let theirs = phone::SendConferenceCallBroadcast {
            call: call(),
            block: block.clone(),
        };
        pairs.push(pair(broadcast, &theirs));
        let message = SendGroupCallEncryptedMessage {
            call: ours.clone(),
            encrypted_message: block.clone(),
        };
        let theirs = phone::SendGroupCallEncryptedMessage {
            call: call(),
            encrypted_message: block,
        };
        pairs.push(pair(message, &theirs));
    }
}

fn removals(pairs: &mut Vec<Pair>, (ours, theirs): &(InputGroupCall, enums::InputGroupCall)) {
    for removal in [Removal::OnlyLeft, Removal::Kick] {
        for ids in [vec![], vec![5], vec![i64::MIN, 0, i64::MAX]] {
            let remove = DeleteConferenceCallParticipants {
                removal,
                call: ours.clone(),
                ids: ids.iter().map(|&id| UserId::new(id)).collect(),
                block: vec![9; 5],
            };
            let theirs = phone::DeleteConferenceCallParticipants {
                only_left: removal == Removal::OnlyLeft,
                kick: removal == Removal::Kick,
                call: theirs.clone(),
                ids,
                block: vec![9; 5],
            };
            pairs.push(pair(remove, &theirs));
        }
    }
}

fn invitations(pairs: &mut Vec<Pair>, (ours, theirs): &(InputGroupCall, enums::InputGroupCall)) {
    for (user, user_id) in users() {
        for video in BOTH {
            let invite = InviteConferenceCallParticipant {
                video,
                call: ours.clone(),
                user,
            };
            let theirs = phone::InviteConferenceCallParticipant {
                video,
                call: theirs.clone(),
                user_id: user_id.clone(),
            };
            pairs.push(pair(invite, &theirs));
        }
    }
    let message = MessageId::new(i32::MAX);
    let theirs = phone::DeclineConferenceCallInvite { msg_id: i32::MAX };
    pairs.push(pair(DeclineConferenceCallInvite { message }, &theirs));
}

fn roster_pages(pairs: &mut Vec<Pair>) {
    let (call, their_call) = call();
    for offset in texts() {
        for signed in [vec![], vec![1], vec![-1, i32::MIN, i32::MAX]] {
            let (ids, their_ids) = peers().into_iter().unzip();
            let ours = GetGroupParticipants {
                call: call.clone(),
                ids,
                sources: sources(&signed),
                offset: offset.clone(),
                limit: 500,
            };
            let theirs = phone::GetGroupParticipants {
                call: their_call.clone(),
                ids: their_ids,
                sources: signed,
                offset: offset.clone(),
                limit: 500,
            };
            pairs.push(pair(ours, &theirs));
        }
    }
}

fn looks_and_ends(pairs: &mut Vec<Pair>, (ours, theirs): &(InputGroupCall, enums::InputGroupCall)) {
    let (call, their_call) = (|| ours.clone(), || theirs.clone());
    let look = GetGroupCall {
        call: call(),
        limit: 3,
    };
    let their_look = phone::GetGroupCall {
        call: their_call(),
        limit: 3,
    };
    pairs.push(pair(look, &their_look));
    for signed in [vec![], vec![-5], vec![6, i32::MIN]] {
        let check = CheckGroupCall {
            call: call(),
            sources: sources(&signed),
        };
        let theirs = phone::CheckGroupCall {
            call: their_call(),
            sources: signed,
        };
        pairs.push(pair(check, &theirs));
    }
    let [source] = sources(&[-3])[..] else {
        panic!("one source")
    };
    let leave = LeaveGroupCall {
        call: call(),
        source: Some(source),
    };
    let their_leave = phone::LeaveGroupCall {
        call: their_call(),
        source: -3,
    };
    pairs.push(pair(leave, &their_leave));
    let their_end = phone::DiscardGroupCall { call: their_call() };
    pairs.push(pair(DiscardGroupCall { call: call() }, &their_end));
}

fn settings(pairs: &mut Vec<Pair>) {
    let (call, their_call) = call();
    let switches = [None, Some(false), Some(true)];
    for reset_invite_hash in BOTH {
        for join_muted in switches {
            for messages_enabled in switches {
                for send_paid_messages_stars in [None, Some(i64::MIN)] {
                    let ours = ToggleGroupCallSettings {
                        reset_invite_hash,
                        call: call.clone(),
                        join_muted,
                        messages_enabled,
                        send_paid_messages_stars,
                    };
                    let theirs = phone::ToggleGroupCallSettings {
                        reset_invite_hash,
                        call: their_call.clone(),
                        join_muted,
                        messages_enabled,
                        send_paid_messages_stars,
                    };
                    pairs.push(pair(ours, &theirs));
                }
            }
        }
    }
}

fn edits(pairs: &mut Vec<Pair>) {
    let (call, their_call) = call();
    let switches = [None, Some(false), Some(true)];
    for (participant, their_participant) in peers() {
        let nothing = EditGroupCallParticipant::new(call.clone(), participant);
        let mut add = |ours: EditGroupCallParticipant| {
            let theirs = phone::EditGroupCallParticipant {
                call: their_call.clone(),
                participant: their_participant.clone(),
                muted: ours.muted,
                volume: ours.volume,
                raise_hand: ours.raise_hand,
                video_stopped: ours.video_stopped,
                video_paused: ours.video_paused,
                presentation_paused: ours.presentation_paused,
            };
            pairs.push(pair(ours, &theirs));
        };
        for (index, value) in (0..6).flat_map(|index| switches.map(|value| (index, value))) {
            let only = |at| value.filter(|_| at == index);
            add(EditGroupCallParticipant {
                muted: only(0),
                volume: only(5).map(|_| 20_000),
                raise_hand: only(1),
                video_stopped: only(2),
                video_paused: only(3),
                presentation_paused: only(4),
                ..nothing.clone()
            });
        }
        let all = Some(true);
        add(EditGroupCallParticipant {
            muted: all,
            volume: Some(-1),
            raise_hand: all,
            video_stopped: Some(false),
            video_paused: all,
            presentation_paused: all,
            ..nothing
        });
    }
}

fn screens(pairs: &mut Vec<Pair>) {
    for (call, their_call) in calls() {
        for text in texts() {
            let (params, their_params) = json(&text);
            let call = call.clone();
            let ours = JoinGroupCallPresentation { call, params };
            let theirs = phone::JoinGroupCallPresentation {
                call: their_call.clone(),
                params: their_params,
            };
            pairs.push(pair(ours, &theirs));
        }
        let ours = LeaveGroupCallPresentation { call };
        pairs.push(pair(
            ours,
            &phone::LeaveGroupCallPresentation { call: their_call },
        ));
    }
}

fn phone_calls(pairs: &mut Vec<Pair>) {
    use enums::PhoneCallDiscardReason as Reason;
    let slug = "aZ09_-";
    let migrate = types::PhoneCallDiscardReasonMigrateConferenceCall { slug: slug.into() };
    for (reason, their_reason) in [
        (DiscardReason::Missed, Reason::Missed),
        (DiscardReason::Disconnect, Reason::Disconnect),
        (DiscardReason::Hangup, Reason::Hangup),
        (DiscardReason::Busy, Reason::Busy),
        (
            DiscardReason::Migrate(Slug::new(slug).unwrap()),
            migrate.into(),
        ),
    ] {
        for video in BOTH {
            let (id, access_hash) = (i64::MIN, -3);
            let ours = DiscardCall {
                video,
                peer: InputPhoneCall {
                    id: PhoneCallId::new(id),
                    access_hash: AccessHash::new(access_hash),
                },
                duration: 77,
                reason: reason.clone(),
                connection_id: i64::MAX,
            };
            let theirs = phone::DiscardCall {
                video,
                peer: types::InputPhoneCall { id, access_hash }.into(),
                duration: 77,
                reason: their_reason.clone(),
                connection_id: i64::MAX,
            };
            pairs.push(pair(ours, &theirs));
        }
    }
}

fn all_pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    creations(&mut pairs);
    for call in &calls() {
        for peer in &peers() {
            joins_as(&mut pairs, call, peer);
        }
        chain_requests(&mut pairs, call);
        removals(&mut pairs, call);
        invitations(&mut pairs, call);
        looks_and_ends(&mut pairs, call);
    }
    roster_pages(&mut pairs);
    settings(&mut pairs);
    edits(&mut pairs);
    screens(&mut pairs);
    phone_calls(&mut pairs);
    pairs.extend(chats::pairs());
    pairs.push(pair(GetAppConfig, &help::GetAppConfig { hash: 0 }));
    pairs
}

#[test]
fn our_bytes_are_theirs_in_every_form_of_every_method() {
    let mut methods = BTreeSet::new();
    for (ours, theirs) in all_pairs() {
        methods.insert(ours.method());
        assert!(ours.to_tl() == theirs, "{ours:?}");
        assert_eq!(Request::from_tl(&theirs), Ok(ours));
    }
    assert_eq!(methods, Method::ALL.iter().copied().collect());
}

#[test]
fn every_constructor_of_the_specification_has_its_name_in_their_schema() {
    let mut count = 0;
    for line in API.lines().filter(|line| !line.starts_with("//")) {
        let Some((name, rest)) = line.split_once('#') else {
            continue;
        };
        let id = rest.split_whitespace().next().unwrap();
        let id = u32::from_str_radix(id, 16).unwrap();
        assert_eq!(name_for_id(id), name);
        count += 1;
    }
    assert!(count >= 30, "only {count} definitions found");
}
