//! Events of every kind, and views of a call.

use std::sync::Arc;
use std::time::Duration;

use confcall::fault::{AnswerFault, GiveUpReason, StartError};
use confcall::join::api::{
    AccessHash, ActiveCall, CallId, CallMessageId, CallRef, CallSettings, Invitation,
    InvitationState, MessageId, Method, Peer, PeerLabel, PeerPhoto, PhoneCallId, RpcError, Update,
};
use confcall::join::engine::{
    CallInfo, CommandFailure, CommandId, CommandKind, EmojiOverdue, EndReason, Ended, Event,
    Joined, MediaConnection, OtherKind, OwnState, ParticipantChange, PayloadReason, RejoinReason,
    StreamState, Suspicion, Trouble,
};
use confcall::join::joining::{InvitationEvent, Invitations};
use confcall::join::labels::Labels;
use confcall::join::membership::{Break, Gap, LastKnown, MembershipEnd};
use confcall::join::message::{
    DocumentId, Entity, EntityKind, GroupMessage, MessageError, RandomId,
};
use confcall::join::policy::CallKind;
use confcall::join::stream::{Quality, StreamPart, Track, WantedVideo};
use confcall::state::verification::Phase;
use confcall::{
    BlockHash, Conference, EmojiHash, GroupCall, Height, IncomingCall, InviteLink, MigratedCall,
    Missed, Notice, Slug, Target, UserId, View,
};
use confcall_server::loopback::Hub;
use confcall_server::{Server, ServerOptions, WorldDescription};
use serde_json::json;

const USER: UserId = UserId::new(i64::MAX);
const METHOD: Method = Method::JoinGroupCall;

/// A call that was joined, with its credentials.
pub(crate) struct Call {
    joined: Arc<Joined>,
    views: Vec<Arc<View>>,
    pub(crate) link: String,
    pub(crate) access_hash: String,
    pub(crate) password: String,
    pub(crate) server_password: String,
}

/// The call of one user on a server in this process.
pub(crate) fn call() -> Call {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let hub = Hub::new(Server::new(ServerOptions::default()));
        let conference = Conference::join(hub.connect(USER), Target::Create).await;
        let conference = conference.unwrap();
        conference.emoji().await.unwrap();
        let (joined, view) = (conference.joined().await.unwrap(), conference.view());
        let credentials = &view.connection.as_ref().unwrap().transport.credentials;
        Call {
            link: conference.link().unwrap().as_str().to_owned(),
            access_hash: joined.call.access_hash.to_string(),
            password: joined.payload.credentials().pwd().to_owned(),
            server_password: credentials.pwd().to_owned(),
            joined,
            views: vec![Arc::default(), view],
        }
    })
}

pub(crate) fn views() -> Vec<Arc<View>> {
    let mut views = call().views;
    views.push(of_video_chat());
    views
}

/// The view of a video chat of which all is known.
fn of_video_chat() -> Arc<View> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let world = WorldDescription::example();
        let server = Server::with_world(ServerOptions::default(), &world).unwrap();
        let hub = Hub::new(server);
        let call = GroupCall::join(hub.connect(USER), "t.me/walkers?videochat").await;
        let call = call.unwrap();
        while call.view().info.is_none() || call.participants().len() < 2 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        call.view()
    })
}

/// A message of another user.
pub(crate) fn message(text: &str) -> Event {
    let entity = |kind| Entity {
        kind,
        offset: 0,
        length: 1,
    };
    let document_id = DocumentId::new(i64::MIN);
    let entities = vec![
        entity(EntityKind::Bold),
        entity(EntityKind::Italic),
        entity(EntityKind::Underline),
        entity(EntityKind::Strike),
        entity(EntityKind::Spoiler),
        entity(EntityKind::Code),
        entity(EntityKind::CustomEmoji { document_id }),
    ];
    let id = RandomId::new(-1).unwrap();
    Event::Message {
        from: Peer::User(USER),
        encrypted: true,
        message: GroupMessage::new(id, text, entities).unwrap(),
        posted: None,
    }
}

/// Notices of every kind, with reasons of every kind.
pub(crate) fn notices() -> Vec<Notice> {
    let call = call();
    let joined = || (*call.joined).clone();
    let mut events = vec![
        Event::Joined(joined()),
        Event::Rejoined(joined()),
        Event::Resumed(joined()),
        Event::CheckpointDue,
        Event::Connection {
            connection: MediaConnection::Presentation,
            parameters: joined().connection.unwrap(),
        },
        Event::Link(InviteLink::new(call.link.as_str())),
    ];
    events.extend(of_chats());
    events.extend(of_the_chain());
    events.extend(suspicions().into_iter().map(Event::Suspicious));
    events.extend(troubles().into_iter().map(|why| Event::Retrying {
        why,
        pause: Duration::from_millis(1500),
        attempt: 2,
    }));
    events.extend(of_commands());
    let known = call.views.last().unwrap().last_known.clone();
    events.extend(ends(known).into_iter().map(Event::Ended));
    let mut notices = vec![
        Notice::Lagged { missed: 3 },
        Notice::ConnectionLost,
        Notice::ConnectionBack,
    ];
    notices.extend(events.into_iter().map(Notice::Event));
    notices
}

/// An invitation that we sent to a user with a name.
fn invitation() -> InvitationEvent {
    let mut labels = Labels::new();
    let peer = Peer::User(UserId::new(-1));
    labels.learn(&[PeerLabel {
        peer,
        name: "\u{1b}[31m".to_owned(),
        username: None,
        access_hash: None,
        photo: Some(PeerPhoto {
            id: i64::MIN,
            data_centre: 2,
        }),
    }]);
    let update = Update::Invitation(Invitation {
        message: MessageId::new(1),
        call_id: CallId::new(i64::MAX),
        from: USER,
        to: UserId::new(-1),
        video: false,
        date: 0,
        state: InvitationState::Pending,
    });
    let mut events = Invitations::new(USER).handle_update(&update, &labels, 0);
    events.pop().unwrap()
}

/// The events of calls that are no conferences.
fn of_chats() -> Vec<Event> {
    let named = CallRef {
        id: CallId::new(1),
        access_hash: AccessHash::new(2),
    };
    let mut call = ActiveCall::new(named);
    call.title = Some("\u{1b}[31m".to_owned());
    call.message_price = Some(i64::MAX);
    call.default_send_as = Some(Peer::User(USER));
    let bare = CallInfo::new(CallKind::RtmpViewer, &ActiveCall::new(named));
    let posted = json!({"id": 1, "date": 2, "from_admin": true, "paid_stars": 5});
    let video = WantedVideo {
        endpoint: "edge".to_owned(),
        quality: Quality::Full,
    };
    let part = |track| StreamPart {
        track,
        time_ms: 1000,
        duration_ms: 1000,
        bytes: vec![0; 3],
    };
    vec![
        Event::Scheduled(bare.clone()),
        Event::Call(bare),
        Event::Call(CallInfo::new(CallKind::VideoChat, &call)),
        Event::Message {
            from: Peer::User(USER),
            encrypted: false,
            message: GroupMessage::new(RandomId::new(1).unwrap(), "hello", Vec::new()).unwrap(),
            posted: Some(serde_json::from_value(posted).unwrap()),
        },
        Event::MessagesDeleted {
            messages: vec![CallMessageId::new(1)],
        },
        Event::StreamPart(part(Track::Unified)),
        Event::StreamPart(part(Track::Sound)),
        Event::StreamPart(part(Track::Picture(video))),
        Event::Stream(StreamState::NobodyPublishes),
        Event::Stream(StreamState::Resynchronised),
        Event::Stream(StreamState::Unreachable { data_centre: 4 }),
    ]
}

fn of_the_chain() -> Vec<Event> {
    let (height, users) = (Height::new(3), vec![USER, UserId::new(-1)]);
    let hash = EmojiHash::from_bytes([7; 64]);
    let mut gap = Gap::default();
    gap.blocks = 1;
    gap.joined.clone_from(&users);
    let mut overdue = EmojiOverdue::default();
    overdue.writers.clone_from(&users);
    let views = views();
    let participants: Vec<_> = views
        .iter()
        .flat_map(|view| view.participants.clone())
        .collect();
    let changed = participants.iter().cloned().map(|now| ParticipantChange {
        before: now.clone(),
        now,
    });
    vec![
        Event::EpochStarted {
            height,
            hash: BlockHash::ZERO,
        },
        Event::MembersChanged {
            added: users.clone(),
            removed: users.clone(),
            rekeyed: Vec::new(),
            by: Some(USER),
        },
        Event::Gap(gap),
        Event::Settings(CallSettings::default()),
        Event::Invitation(invitation()),
        Event::H264 { is_permitted: true },
        Event::OwnState(own_state()),
        Event::PayloadWanted {
            connection: MediaConnection::Presentation,
            why: PayloadReason::SourceTaken,
            within: Duration::from_secs(8),
        },
        Event::ParticipantsChanged {
            joined: participants.clone(),
            left: participants.clone(),
            changed: changed.collect(),
            more: 0,
        },
        Event::Verification {
            height,
            phase: Phase::Commit,
            missing: users,
            since: Duration::from_secs(1),
        },
        Event::Emoji { height, hash },
        Event::EmojiOverdue(overdue),
        message("hello"),
        Event::MessageNotShown {
            from: USER,
            why: MessageError::Empty,
        },
    ]
}

/// A member whom an admin muted.
fn own_state() -> OwnState {
    let media = json!({
        "muted": true,
        "video_stopped": false,
        "video_paused": true,
        "presentation_paused": false,
    });
    serde_json::from_value(json!({
        "wanted": media,
        "confirmed": media,
        "can_unmute": false,
        "is_presenting": true,
        "hand_raised": true,
    }))
    .unwrap()
}

fn error() -> RpcError {
    RpcError::new(400, "GROUPCALL_INVALID")
}

fn suspicions() -> Vec<Suspicion> {
    let height = Height::new(3);
    vec![
        Suspicion::UnlistedMember(USER),
        Suspicion::Fork {
            height,
            what: "another block".to_owned(),
        },
        Suspicion::ForeignKeys {
            by: USER,
            users: vec![USER],
        },
        Suspicion::Swapped(Break::Fork { height }),
        Suspicion::BadBroadcasts {
            from: None,
            count: 2,
        },
        Suspicion::BroadcastRefused(error()),
        Suspicion::KindChanged {
            from: CallKind::VideoChat,
        },
        Suspicion::Endless { read: 1000 },
    ]
}

fn rejoin_reasons() -> Vec<RejoinReason> {
    let (offset, ours) = (1, 2);
    vec![
        RejoinReason::Membership(MembershipEnd::Left),
        RejoinReason::Rewound { offset, ours },
        RejoinReason::Skipped { offset, ours },
        RejoinReason::OtherBlock {
            height: Height::new(3),
        },
        RejoinReason::Forbidden(error()),
        RejoinReason::Removed { by: None },
        RejoinReason::NotJoined,
        RejoinReason::Silence,
        RejoinReason::NonceLost,
        RejoinReason::Requested,
        RejoinReason::OtherPeer,
        RejoinReason::MaySpeak,
        RejoinReason::StreamLost,
        RejoinReason::OtherMedia,
        RejoinReason::Stale(error()),
        RejoinReason::NoConnection,
    ]
}

fn troubles() -> Vec<Trouble> {
    let error = error();
    let mut troubles = vec![
        Trouble::Race,
        Trouble::SourceTaken,
        Trouble::NoBlockYet,
        Trouble::WentBack,
        Trouble::Flood { method: METHOD },
        Trouble::Refused {
            method: METHOD,
            error,
        },
        Trouble::Unanswered { method: METHOD },
    ];
    troubles.extend(rejoin_reasons().into_iter().map(Trouble::Rejoining));
    troubles
}

fn of_commands() -> Vec<Event> {
    let id = CommandId::new(u64::MAX);
    let done = [
        CommandKind::Kick,
        CommandKind::Invite,
        CommandKind::Decline,
        CommandKind::RevokeLink,
        CommandKind::SetMessagesEnabled,
        CommandKind::SetJoinMuted,
        CommandKind::Discard,
        CommandKind::Send(RandomId::new(i64::MIN).unwrap()),
        CommandKind::Resolve,
        CommandKind::LoadParticipants,
        CommandKind::Rejoin,
        CommandKind::SetMuted,
        CommandKind::SetVideo,
        CommandKind::SetVideoPaused,
        CommandKind::SetPresentationPaused,
        CommandKind::Mute,
        CommandKind::SetVolume,
        CommandKind::MuteForMe,
        CommandKind::StartPresentation,
        CommandKind::StopPresentation,
        CommandKind::Migrate,
        CommandKind::RaiseHand,
        CommandKind::LowerHand,
        CommandKind::SetTitle,
        CommandKind::StartRecording,
        CommandKind::StopRecording,
        CommandKind::StartScheduled,
        CommandKind::SubscribeStart,
        CommandKind::DeleteMessages,
        CommandKind::DeleteMessagesOf,
        CommandKind::InviteUsers,
        CommandKind::ExportLink,
        CommandKind::JoinAs,
    ];
    let failed = [
        CommandFailure::NotJoined,
        CommandFailure::Refused(error()),
        CommandFailure::Unanswered,
        CommandFailure::NotTaken,
        CommandFailure::NoEffect,
        CommandFailure::NotAMember(USER),
        CommandFailure::Silenced,
        CommandFailure::MessagesDisabled,
        CommandFailure::NotAllowed,
        CommandFailure::UnknownPeer(Peer::User(USER)),
        CommandFailure::Volume(0),
        CommandFailure::NoPayload,
        CommandFailure::Stopped,
        CommandFailure::NotInThisKind(CallKind::RtmpViewer),
        CommandFailure::NotAsThisPeer,
        CommandFailure::NoVideo,
        CommandFailure::NoLink,
        CommandFailure::Block("no".to_owned()),
        CommandFailure::Message("no".to_owned()),
        CommandFailure::Busy,
        CommandFailure::TooOften,
    ];
    let done = done.map(|command| Event::Done { id, command });
    let failed = failed.map(|why| Event::Failed {
        id,
        command: CommandKind::Kick,
        why,
    });
    done.into_iter().chain(failed).collect()
}

fn ends(last_known: Option<LastKnown>) -> Vec<Ended> {
    let attempts = 3;
    let mut reasons = vec![
        EndReason::Left,
        EndReason::JoinedElsewhere,
        EndReason::KeyReplaced { by: USER },
        EndReason::Removed { by: Some(USER) },
        EndReason::Discarded,
        EndReason::Empty,
        EndReason::Full,
        EndReason::OtherKind(OtherKind::ChatOrStory),
        EndReason::OtherKind(OtherKind::Conference),
        EndReason::NoCallNow,
        EndReason::ChatMigrated {
            to: Peer::User(USER),
        },
        EndReason::Converted {
            to: CallKind::RtmpViewer,
        },
        EndReason::KindChanged {
            from: CallKind::VideoChat,
        },
        EndReason::NotFound(error()),
        EndReason::Refused {
            method: METHOD,
            error: error(),
            kind: Some(GiveUpReason::OverOrNotForUs),
        },
        EndReason::Raced { attempts },
        EndReason::BlockRefused { error: error() },
        EndReason::Exhausted {
            method: METHOD,
            attempts,
            last: "no answer".to_owned(),
        },
        EndReason::FloodWait { seconds: 60 },
        EndReason::Unusable(AnswerFault::NoBlock),
        EndReason::NoMembership(StartError::Ended(MembershipEnd::Left)),
        EndReason::Swapped(Break::AllReplaced { users: 2 }),
        EndReason::NoPayload,
        EndReason::Suspended,
        EndReason::ClockAhead { seconds: 60 },
        EndReason::Stopped,
    ];
    reasons.extend(rejoin_reasons().into_iter().map(EndReason::Broken));
    let ends = reasons.into_iter();
    ends.map(|reason| Ended::new(reason, last_known.clone()))
        .collect()
}

/// Everything that can come to a user.
pub(crate) fn incoming() -> Vec<IncomingCall> {
    let invitation = notices().into_iter().find_map(|notice| match notice {
        Notice::Event(Event::Invitation(invitation)) => Some(invitation),
        _ => None,
    });
    let slug = Slug::new("Wx5f-8PqKJk").unwrap();
    let moved = MigratedCall {
        phone_call: PhoneCallId::new(i64::MIN),
        slug,
        video: true,
    };
    vec![
        IncomingCall::Invitation(invitation.unwrap()),
        IncomingCall::Migrated(moved),
        IncomingCall::Missed(Missed { count: None }),
        IncomingCall::Missed(Missed { count: Some(7) }),
    ]
}
