use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use confcall_state::keys::PublicKey;
use confcall_state::{JoinBlock, Joiner, UserId};
use proptest::prelude::*;

use super::*;
use crate::api::{
    AccessHash, CallText, DataJson, DeclineConferenceCallInvite, DeleteConferenceCallParticipants,
    DeleteGroupCallMessages, DiscardGroupCall, EditGroupCallParticipant, EditGroupCallTitle,
    ExportGroupCallInvite, GetFile, GetGroupCallChainBlocks, GetGroupCallStreamChannels,
    InputGroupCall, InputUser, InviteConferenceCallParticipant, InviteToGroupCall,
    JoinGroupCallPresentation, LeaveGroupCallPresentation, MessageId, Removal,
    SendConferenceCallBroadcast, SendGroupCallEncryptedMessage, StartScheduledGroupCall,
    ToggleGroupCallRecord, ToggleGroupCallStartSubscription, VideoLayers,
};
use crate::joining::{CheckedJoin, Fingerprint, InviteHash, PayloadError};

fn payload(video: Option<VideoLayers>) -> JoinPayload {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    JoinPayload::generate(Fingerprint::sha256([1; 32]), video, &mut rng)
}

fn call() -> InputGroupCall {
    InputGroupCall::InviteMessage(MessageId::new(1))
}

fn somebody() -> InputPeer {
    InputPeer::User {
        id: UserId::new(1),
        access_hash: AccessHash::new(2),
    }
}

fn block_0() -> CheckedJoin {
    let mut rng = ChaCha20Rng::seed_from_u64(8);
    let join = JoinBlock::first(Joiner::new(UserId::new(1)), &mut rng).unwrap();
    CheckedJoin::new(None, &join).unwrap()
}

fn conference() -> JoinGroupCall {
    let join = ConferenceJoin {
        call: call(),
        block: block_0(),
        media: Media {
            payload: payload(Some(VideoLayers::One)),
            muted: false,
            video_stopped: false,
        },
    };
    join.into_request()
}

fn creation() -> CreateConferenceCall {
    let join = FirstJoin {
        block: block_0(),
        media: Media {
            payload: payload(None),
            muted: true,
            video_stopped: true,
        },
    };
    let creation = ConferenceCreation {
        random_id: 1,
        join: Some(join),
    };
    creation.into_request()
}

#[test]
fn a_conference_join_with_an_invite_hash_is_refused() {
    for hash in ["hash", ""] {
        let mut join = conference();
        join.invite_hash = Some(hash.to_owned());
        let expected = PolicyViolation::InviteHashForbidden(CallKind::Conference);
        assert_eq!(check(CallKind::Conference, &join), Err(expected));
        assert_eq!(
            check_bytes(CallKind::Conference, &join.to_tl()),
            Err(expected)
        );
    }
}

#[test]
fn a_conference_join_as_somebody_else_is_refused() {
    let mut join = conference();
    join.join_as = somebody();
    let expected = PolicyViolation::JoinAsNotSelf(CallKind::Conference);
    assert_eq!(check(CallKind::Conference, &join), Err(expected));
}

#[test]
fn a_join_without_ssrc_is_refused_before_it_is_sent() {
    let mut join = conference();
    join.params = DataJson::new("{}");
    for kind in CallKind::ALL {
        if kind != CallKind::Conference {
            (join.public_key, join.block) = (None, None);
            (join.muted, join.video_stopped) = (true, true);
        }
        let expected = PolicyViolation::Payload(PayloadError::MissingSsrc);
        assert_eq!(check(kind, &join), Err(expected), "{kind}");
    }
}

/// The table of `spec/protocol.md`, 14, row by row: `!` required, `?` optional, `-` never.
const TABLE: [(&str, &str); 7] = [
    ("join_as somebody", "-??-"),
    ("invite_hash", "-??-"),
    ("public_key", "!---"),
    ("block", "!---"),
    ("muted", "??!!"),
    ("video_stopped", "??!!"),
    ("ssrc-groups", "??--"),
];

/// The fields of the table that a request breaks for the kind in this column.
fn broken(column: usize, present: [bool; 7]) -> Vec<&'static str> {
    let rows = TABLE.iter().zip(present);
    let broken = rows.filter(|((_, cells), present)| {
        let cell = cells.chars().nth(column).unwrap();
        (cell == '!' && !present) || (cell == '-' && *present)
    });
    broken.map(|((field, _), _)| *field).collect()
}

fn field(violation: PolicyViolation) -> (&'static str, CallKind) {
    match violation {
        PolicyViolation::JoinAsNotSelf(kind) => ("join_as somebody", kind),
        PolicyViolation::InviteHashForbidden(kind) => ("invite_hash", kind),
        PolicyViolation::KeyMissing(kind) | PolicyViolation::KeyForbidden(kind) => {
            ("public_key", kind)
        }
        PolicyViolation::BlockMissing(kind) | PolicyViolation::BlockForbidden(kind) => {
            ("block", kind)
        }
        PolicyViolation::NotMuted(kind) => ("muted", kind),
        PolicyViolation::VideoNotStopped(kind) => ("video_stopped", kind),
        PolicyViolation::SsrcGroupsForbidden(kind) => ("ssrc-groups", kind),
        other => panic!("{other}"),
    }
}

#[test]
fn every_combination_of_fields_is_judged_by_the_table() {
    let plain = payload(None).to_params();
    let grouped = payload(Some(VideoLayers::One)).to_params();
    for bits in 0..1_u32 << 7 {
        let present: [bool; 7] = core::array::from_fn(|i| bits >> i & 1 == 1);
        let [other, hash, key, block, muted, video_stopped, groups] = present;
        let join = JoinGroupCall {
            muted,
            video_stopped,
            call: call(),
            join_as: if other {
                somebody()
            } else {
                InputPeer::SelfUser
            },
            invite_hash: hash.then(|| "hash".to_owned()),
            public_key: key.then_some(PublicKey::from_bytes([1; 32])),
            block: block.then(|| vec![1]),
            params: if groups {
                grouped.clone()
            } else {
                plain.clone()
            },
        };
        for (column, kind) in CallKind::ALL.into_iter().enumerate() {
            let broken = broken(column, present);
            match check(kind, &join) {
                Ok(()) => assert!(broken.is_empty(), "{kind} {present:?} breaks {broken:?}"),
                Err(violation) => assert_eq!(
                    (broken.first(), kind),
                    (Some(&field(violation).0), field(violation).1),
                    "{present:?}"
                ),
            }
            if key == block {
                let read = check_bytes(kind, &join.to_tl());
                assert_eq!(read.map(drop), check(kind, &join));
            }
        }
    }
}

#[test]
fn what_the_types_build_is_allowed() {
    let groups = || payload(Some(VideoLayers::Three));
    let invite_hash = Some(InviteHash::new("hash").unwrap());
    let video_chat = VideoChatJoin {
        call: call(),
        join_as: somebody(),
        invite_hash: invite_hash.clone(),
        payload: groups(),
        muted: false,
        video_stopped: false,
    };
    let rtmp = RtmpJoin {
        call: call(),
        join_as: somebody(),
        invite_hash,
        payload: groups(),
    };
    let live_story = LiveStoryJoin {
        call: call(),
        payload: groups(),
    };
    assert_eq!(check(CallKind::Conference, &conference()), Ok(()));
    assert_eq!(
        check(CallKind::VideoChat, &video_chat.into_request()),
        Ok(())
    );
    assert_eq!(check(CallKind::RtmpViewer, &rtmp.into_request()), Ok(()));
    assert_eq!(
        check(CallKind::LiveStoryListener, &live_story.into_request()),
        Ok(())
    );
    assert_eq!(check_creation(&creation()), Ok(()));
}

#[test]
fn a_creation_joins_with_everything_or_with_nothing() {
    for bits in 0..8 {
        let mut create = creation();
        create.public_key = create.public_key.filter(|_| bits & 1 != 0);
        create.block = create.block.filter(|_| bits & 2 != 0);
        create.params = create.params.filter(|_| bits & 4 != 0);
        let kind = CallKind::Conference;
        let expected = match bits {
            0 | 7 => Ok(()),
            3 => Err(PolicyViolation::PayloadMissing(kind)),
            1 | 5 => Err(PolicyViolation::BlockMissing(kind)),
            _ => Err(PolicyViolation::KeyMissing(kind)),
        };
        assert_eq!(check_creation(&create), expected, "{bits}");
    }
    let mut create = creation();
    create.params = Some(DataJson::new("{}"));
    let expected = PolicyViolation::Payload(PayloadError::MissingSsrc);
    assert_eq!(check_creation(&create), Err(expected));
}

#[test]
fn what_only_conferences_have_is_refused_for_the_other_kinds() {
    let requests: [Request; 7] = [
        creation().into(),
        GetGroupCallChainBlocks::tip(call()).into(),
        SendConferenceCallBroadcast {
            call: call(),
            broadcast: vec![1],
        }
        .into(),
        DeleteConferenceCallParticipants {
            removal: Removal::Kick,
            call: call(),
            ids: vec![UserId::new(1)],
            block: vec![1],
        }
        .into(),
        InviteConferenceCallParticipant {
            video: false,
            call: call(),
            user: InputUser::SelfUser,
        }
        .into(),
        DeclineConferenceCallInvite {
            message: MessageId::new(1),
        }
        .into(),
        SendGroupCallEncryptedMessage {
            call: call(),
            encrypted_message: vec![1],
        }
        .into(),
    ];
    for kind in CallKind::ALL {
        for request in &requests {
            let expected = match kind {
                CallKind::Conference => Ok(()),
                _ => Err(PolicyViolation::NotAConference(kind)),
            };
            assert_eq!(check_bytes(kind, &request.to_tl()).map(drop), expected);
        }
        let of_any_kind = DiscardGroupCall { call: call() };
        assert!(check_bytes(kind, &of_any_kind.to_tl()).is_ok());
    }
}

#[test]
fn who_only_listens_edits_no_participant_and_shares_no_screen() {
    let params = DataJson::new(payload(None).to_json());
    let requests: [Request; 3] = [
        EditGroupCallParticipant::new(call(), InputPeer::SelfUser).into(),
        JoinGroupCallPresentation {
            call: call(),
            params,
        }
        .into(),
        LeaveGroupCallPresentation { call: call() }.into(),
    ];
    for kind in CallKind::ALL {
        for request in &requests {
            let expected = match kind {
                CallKind::Conference | CallKind::VideoChat => Ok(()),
                _ => Err(PolicyViolation::NotForPublishers(kind)),
            };
            assert_eq!(check_bytes(kind, &request.to_tl()).map(drop), expected);
        }
    }
}

#[test]
fn a_screen_is_shared_by_a_payload_that_is_valid() {
    let join = JoinGroupCallPresentation {
        call: call(),
        params: DataJson::new("{}"),
    };
    let refused = check_bytes(CallKind::Conference, &join.to_tl());
    let expected = PolicyViolation::Payload(PayloadError::MissingSsrc);
    assert_eq!(refused, Err(expected));
}

#[test]
fn hands_are_raised_in_video_chats_and_volumes_have_bounds() {
    let edit = EditGroupCallParticipant::new(call(), somebody());
    let hand = EditGroupCallParticipant {
        raise_hand: Some(false),
        ..edit.clone()
    };
    let kind = CallKind::Conference;
    let refused = check_bytes(kind, &hand.to_tl());
    assert_eq!(refused, Err(PolicyViolation::HandForbidden(kind)));
    assert!(check_bytes(CallKind::VideoChat, &hand.to_tl()).is_ok());
    for (volume, is_allowed) in [(0, false), (1, true), (20_000, true), (20_001, false)] {
        let edit = EditGroupCallParticipant {
            volume: Some(volume),
            ..edit.clone()
        };
        let expected = match is_allowed {
            true => Ok(()),
            false => Err(PolicyViolation::VolumeOutOfRange(volume)),
        };
        assert_eq!(check_bytes(kind, &edit.to_tl()).map(drop), expected);
    }
}

#[test]
fn each_kind_has_settings_of_its_own() {
    let settings = ToggleGroupCallSettings {
        reset_invite_hash: false,
        ..ToggleGroupCallSettings::revoke_link(call())
    };
    let join_muted = ToggleGroupCallSettings {
        join_muted: Some(true),
        ..settings.clone()
    };
    let price = ToggleGroupCallSettings {
        send_paid_messages_stars: Some(1),
        ..settings.clone()
    };
    let messages = ToggleGroupCallSettings {
        messages_enabled: Some(false),
        ..settings
    };
    for kind in CallKind::ALL {
        let allows = |request: &ToggleGroupCallSettings| check_bytes(kind, &request.to_tl());
        assert!(allows(&messages).is_ok());
        assert_eq!(allows(&join_muted).is_ok(), kind == CallKind::VideoChat);
        assert_eq!(allows(&price).is_ok(), kind == CallKind::LiveStoryListener);
    }
}

#[test]
fn what_the_calls_of_chats_have_is_refused_for_the_kinds_that_have_it_not() {
    let of_chats: [Request; 6] = [
        EditGroupCallTitle {
            call: call(),
            title: "a title".to_owned(),
        }
        .into(),
        ToggleGroupCallRecord {
            start: true,
            call: call(),
            title: None,
            video_portrait: None,
        }
        .into(),
        StartScheduledGroupCall { call: call() }.into(),
        ToggleGroupCallStartSubscription {
            call: call(),
            subscribed: true,
        }
        .into(),
        InviteToGroupCall {
            call: call(),
            users: vec![],
        }
        .into(),
        ExportGroupCallInvite {
            can_self_unmute: false,
            call: call(),
        }
        .into(),
    ];
    let without_encryption: [Request; 4] = [
        plain_message().into(),
        DeleteGroupCallMessages {
            report_spam: false,
            call: call(),
            messages: vec![],
        }
        .into(),
        GetGroupCallStreamChannels { call: call() }.into(),
        GetFile {
            call: call(),
            time_ms: 1000,
            scale: 0,
            video: None,
            offset: 0,
            limit: 1 << 17,
        }
        .into(),
    ];
    for kind in CallKind::ALL {
        let refused = Err(PolicyViolation::OnlyInChats(kind));
        let is_of_chat = matches!(kind, CallKind::VideoChat | CallKind::RtmpViewer);
        for request in &of_chats {
            let expected = if is_of_chat { Ok(()) } else { refused };
            assert_eq!(check_bytes(kind, &request.to_tl()).map(drop), expected);
        }
        for request in &without_encryption {
            let is_encrypted = kind == CallKind::Conference;
            let expected = if is_encrypted { refused } else { Ok(()) };
            assert_eq!(check_bytes(kind, &request.to_tl()).map(drop), expected);
        }
    }
}

fn plain_message() -> SendGroupCallMessage {
    SendGroupCallMessage {
        call: call(),
        random_id: 1,
        message: CallText {
            text: "hello".to_owned(),
            entities: vec![],
        },
        allow_paid_stars: None,
        send_as: None,
    }
}

#[test]
fn only_a_live_story_is_commented_on_for_stars_or_as_somebody_else() {
    let paid = SendGroupCallMessage {
        allow_paid_stars: Some(1),
        ..plain_message()
    };
    let as_another = SendGroupCallMessage {
        send_as: Some(somebody()),
        ..plain_message()
    };
    for kind in [CallKind::VideoChat, CallKind::RtmpViewer] {
        let verdict = |request: &SendGroupCallMessage| check_bytes(kind, &request.to_tl());
        let payment = PolicyViolation::PaymentForbidden(kind);
        assert_eq!(verdict(&paid).map(drop), Err(payment));
        let send_as = PolicyViolation::SendAsForbidden(kind);
        assert_eq!(verdict(&as_another).map(drop), Err(send_as));
    }
    for request in [paid, as_another] {
        assert!(check_bytes(CallKind::LiveStoryListener, &request.to_tl()).is_ok());
    }
}

#[test]
fn a_request_to_another_data_centre_is_the_same_request() {
    let request = Request::from(GetGroupCallStreamChannels { call: call() });
    let checked = CheckedRequest::new(CallKind::RtmpViewer, &request).unwrap();
    assert_eq!(checked.data_centre(), None);
    let elsewhere = checked.clone().to_data_centre(Some(4));
    assert_eq!(elsewhere.data_centre(), Some(4));
    assert_eq!(elsewhere.bytes(), checked.bytes());
}

#[test]
fn a_request_that_breaks_the_policy_is_never_a_checked_one() {
    let mut creation = creation();
    creation.params = Some(DataJson::new("{}"));
    let refused = CheckedRequest::new(CallKind::Conference, &creation.into());
    assert!(matches!(refused, Err(PolicyViolation::Payload(_))));

    let request = DiscardGroupCall { call: call() }.into();
    let checked = CheckedRequest::new(CallKind::Conference, &request).unwrap();
    assert_eq!(checked.request(), &request);
    assert_eq!(checked.bytes(), request.to_tl());
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_checked_or_refused(bytes: Vec<u8>) {
        for kind in CallKind::ALL {
            prop_assert!(check_bytes(kind, &bytes).is_err());
        }
    }
}
