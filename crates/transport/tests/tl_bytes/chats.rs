//! The requests about the calls of groups, channels and stories.

use confcall_join::api::{
    AccessHash, CallMessageId, CallText, ChannelId, ChatId, CreateGroupCall,
    DeleteGroupCallMessages, DeleteGroupCallParticipantMessages, EditGroupCallTitle,
    ExportGroupCallInvite, GetFile, GetFullChannel, GetFullChat, GetGroupCallJoinAs,
    GetGroupCallStreamChannels, GetGroupCallStreamRtmpUrl, GetPeerStories, GetStoriesById,
    InviteToGroupCall, ResolveUsername, SaveDefaultGroupCallJoinAs, SendGroupCallMessage,
    StartScheduledGroupCall, StoryId, StreamVideo, ToggleGroupCallRecord,
    ToggleGroupCallStartSubscription,
};
use confcall_join::message::{DocumentId, Entity, EntityKind};
use grammers_tl_types::functions::{channels, contacts, messages, phone, stories, upload};
use grammers_tl_types::{enums, types};

use super::{BOTH, Pair, call, calls, known_peers, pair, peers, texts, users};

pub(super) fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    ways_to_a_call(&mut pairs);
    peers_to_join_as(&mut pairs);
    beginnings(&mut pairs);
    hosting(&mut pairs);
    plain_messages(&mut pairs);
    streams(&mut pairs);
    pairs
}

fn ways_to_a_call(pairs: &mut Vec<Pair>) {
    for username in texts() {
        let ours = ResolveUsername {
            username: username.clone(),
        };
        let theirs = contacts::ResolveUsername {
            username,
            referer: None,
        };
        pairs.push(pair(ours, &theirs));
    }
    let (channel_id, access_hash) = (1 << 41, -5);
    let ours = GetFullChannel {
        id: ChannelId::new(channel_id),
        access_hash: AccessHash::new(access_hash),
    };
    let channel = types::InputChannel {
        channel_id,
        access_hash,
    };
    let theirs = channels::GetFullChannel {
        channel: channel.into(),
    };
    pairs.push(pair(ours, &theirs));
    let chat = ChatId::new(7);
    pairs.push(pair(
        GetFullChat { chat },
        &messages::GetFullChat { chat_id: 7 },
    ));
    for (peer, their_peer) in peers() {
        for ids in [vec![], vec![1], vec![i32::MIN, 0, i32::MAX]] {
            let ours = GetStoriesById {
                peer: peer.clone(),
                ids: ids.iter().copied().map(StoryId::new).collect(),
            };
            let theirs = stories::GetStoriesById {
                peer: their_peer.clone(),
                id: ids,
            };
            pairs.push(pair(ours, &theirs));
        }
        let theirs = stories::GetPeerStories { peer: their_peer };
        pairs.push(pair(GetPeerStories { peer }, &theirs));
    }
}

fn peers_to_join_as(pairs: &mut Vec<Pair>) {
    for (peer, their_peer) in peers() {
        for (join_as, their_join_as) in known_peers() {
            let ours = SaveDefaultGroupCallJoinAs {
                peer: peer.clone(),
                join_as,
            };
            let theirs = phone::SaveDefaultGroupCallJoinAs {
                peer: their_peer.clone(),
                join_as: their_join_as,
            };
            pairs.push(pair(ours, &theirs));
        }
        let theirs = phone::GetGroupCallJoinAs { peer: their_peer };
        pairs.push(pair(GetGroupCallJoinAs { peer }, &theirs));
    }
}

fn beginnings(pairs: &mut Vec<Pair>) {
    for (peer, their_peer) in peers() {
        for flags in 0..8_u8 {
            let [title, date, rtmp_stream] = [1, 2, 4].map(|bit| flags & bit != 0);
            let title = title.then(|| "a title".to_owned());
            let schedule_date = date.then_some(i32::MAX);
            let ours = CreateGroupCall {
                rtmp_stream,
                peer: peer.clone(),
                random_id: i32::MIN,
                title: title.clone(),
                schedule_date,
            };
            let theirs = phone::CreateGroupCall {
                rtmp_stream,
                peer: their_peer.clone(),
                random_id: i32::MIN,
                title,
                schedule_date,
            };
            pairs.push(pair(ours, &theirs));
        }
    }
    for (call, their_call) in calls() {
        for subscribed in BOTH {
            let ours = ToggleGroupCallStartSubscription {
                call: call.clone(),
                subscribed,
            };
            let theirs = phone::ToggleGroupCallStartSubscription {
                call: their_call.clone(),
                subscribed,
            };
            pairs.push(pair(ours, &theirs));
        }
        let theirs = phone::StartScheduledGroupCall { call: their_call };
        pairs.push(pair(StartScheduledGroupCall { call }, &theirs));
    }
}

fn hosting(pairs: &mut Vec<Pair>) {
    let (ours, theirs) = call();
    let (call, their_call) = (|| ours.clone(), || theirs.clone());
    for title in texts() {
        let ours = EditGroupCallTitle {
            call: call(),
            title: title.clone(),
        };
        let theirs = phone::EditGroupCallTitle {
            call: their_call(),
            title,
        };
        pairs.push(pair(ours, &theirs));
    }
    for start in BOTH {
        for title in [None, Some("a title".to_owned())] {
            for video_portrait in [None, Some(false), Some(true)] {
                let ours = ToggleGroupCallRecord {
                    start,
                    call: call(),
                    title: title.clone(),
                    video_portrait,
                };
                let theirs = phone::ToggleGroupCallRecord {
                    start,
                    video: video_portrait.is_some(),
                    call: their_call(),
                    title: title.clone(),
                    video_portrait,
                };
                pairs.push(pair(ours, &theirs));
            }
        }
    }
    for can_self_unmute in BOTH {
        let ours = ExportGroupCallInvite {
            can_self_unmute,
            call: call(),
        };
        let theirs = phone::ExportGroupCallInvite {
            can_self_unmute,
            call: their_call(),
        };
        pairs.push(pair(ours, &theirs));
    }
    let (some, their_some): (Vec<_>, Vec<_>) = users().into_iter().unzip();
    for (users, their_users) in [(vec![], vec![]), (some, their_some)] {
        let ours = InviteToGroupCall {
            call: call(),
            users,
        };
        let theirs = phone::InviteToGroupCall {
            call: their_call(),
            users: their_users,
        };
        pairs.push(pair(ours, &theirs));
    }
}

fn entities() -> (Vec<Entity>, Vec<enums::MessageEntity>) {
    let (offset, length, document_id) = (0, 1, i64::MIN);
    let pairs = [
        (
            EntityKind::Bold,
            types::MessageEntityBold { offset, length }.into(),
        ),
        (
            EntityKind::Italic,
            types::MessageEntityItalic { offset, length }.into(),
        ),
        (
            EntityKind::Underline,
            types::MessageEntityUnderline { offset, length }.into(),
        ),
        (
            EntityKind::Strike,
            types::MessageEntityStrike { offset, length }.into(),
        ),
        (
            EntityKind::Spoiler,
            types::MessageEntitySpoiler { offset, length }.into(),
        ),
        (
            EntityKind::Code,
            types::MessageEntityCode { offset, length }.into(),
        ),
        (
            EntityKind::CustomEmoji {
                document_id: DocumentId::new(document_id),
            },
            types::MessageEntityCustomEmoji {
                offset,
                length,
                document_id,
            }
            .into(),
        ),
    ];
    let ours = |(kind, theirs)| {
        let (offset, length) = (0, 1);
        let entity = Entity {
            kind,
            offset,
            length,
        };
        (entity, theirs)
    };
    pairs.into_iter().map(ours).unzip()
}

fn plain_messages(pairs: &mut Vec<Pair>) {
    let (ours, theirs) = call();
    let (call, their_call) = (|| ours.clone(), || theirs.clone());
    let (entities, their_entities) = entities();
    for text in texts() {
        for stars in [None, Some(i64::MIN)] {
            let ours = SendGroupCallMessage {
                call: call(),
                random_id: -1,
                message: CallText {
                    text: text.clone(),
                    entities: entities.clone(),
                },
                allow_paid_stars: stars,
                send_as: None,
            };
            let their_text = types::TextWithEntities {
                text: text.clone(),
                entities: their_entities.clone(),
            };
            let theirs = phone::SendGroupCallMessage {
                call: their_call(),
                random_id: -1,
                message: their_text.into(),
                allow_paid_stars: stars,
                send_as: None,
            };
            pairs.push(pair(ours.clone(), &theirs));
            for (peer, their_peer) in known_peers() {
                let ours = SendGroupCallMessage {
                    send_as: Some(peer),
                    ..ours.clone()
                };
                let theirs = phone::SendGroupCallMessage {
                    send_as: Some(their_peer),
                    ..theirs.clone()
                };
                pairs.push(pair(ours, &theirs));
            }
        }
    }
    for report_spam in BOTH {
        let messages = vec![i32::MIN, 5];
        let ours = DeleteGroupCallMessages {
            report_spam,
            call: call(),
            messages: messages.iter().copied().map(CallMessageId::new).collect(),
        };
        let theirs = phone::DeleteGroupCallMessages {
            report_spam,
            call: their_call(),
            messages,
        };
        pairs.push(pair(ours, &theirs));
        for (participant, their_participant) in peers() {
            let ours = DeleteGroupCallParticipantMessages {
                report_spam,
                call: call(),
                participant,
            };
            let theirs = phone::DeleteGroupCallParticipantMessages {
                report_spam,
                call: their_call(),
                participant: their_participant,
            };
            pairs.push(pair(ours, &theirs));
        }
    }
}

fn streams(pairs: &mut Vec<Pair>) {
    for (call, their_call) in calls() {
        for video in [None, Some((1, 2)), Some((i32::MIN, i32::MAX))] {
            let ours = GetFile {
                call: call.clone(),
                time_ms: i64::MAX,
                scale: -5,
                video: video.map(|(channel, quality)| StreamVideo { channel, quality }),
                offset: 0,
                limit: 1 << 17,
            };
            let location = types::InputGroupCallStream {
                call: their_call.clone(),
                time_ms: i64::MAX,
                scale: -5,
                video_channel: video.map(|(channel, _)| channel),
                video_quality: video.map(|(_, quality)| quality),
            };
            let theirs = upload::GetFile {
                precise: false,
                cdn_supported: false,
                location: location.into(),
                offset: 0,
                limit: 1 << 17,
            };
            pairs.push(pair(ours, &theirs));
        }
        let theirs = phone::GetGroupCallStreamChannels { call: their_call };
        pairs.push(pair(GetGroupCallStreamChannels { call }, &theirs));
    }
    for (peer, their_peer) in peers() {
        for (live_story, revoke) in BOTH.into_iter().zip(BOTH).chain([(true, false)]) {
            let ours = GetGroupCallStreamRtmpUrl {
                live_story,
                peer: peer.clone(),
                revoke,
            };
            let theirs = phone::GetGroupCallStreamRtmpUrl {
                live_story,
                peer: their_peer.clone(),
                revoke,
            };
            pairs.push(pair(ours, &theirs));
        }
    }
}
