//! Being in a call: who may speak, hands, messages, other peers, and the ends.

use core::time::Duration;

use confcall::UserId;
use confcall::join::api::{
    AccessHash, ActiveCall, CallMessage, CallMessageId, CallSettings, CallText, ChannelId, ChatId,
    GroupCall, GroupCallParticipant, InputPeer, InputUser, InviteLink, ParticipantsPage, Peer,
    Request, Ssrc, Update, Updates,
};
use confcall::join::engine::checkpoint::CheckpointError;
use confcall::join::engine::{
    Command, CommandFailure, EndReason, Event, MediaState, RejoinReason, Suspicion, Trouble,
};
use confcall::join::joining::GroupCallTarget;
use confcall::join::message::{GroupMessage, RandomId};
use confcall::join::policy::CallKind;

use super::desk::{BOB, CALL, CHANNEL, CONNECT, Desk, RTMP, US, config, label, payload, roster};

fn message(text: &str) -> Command {
    let id = RandomId::new(7).unwrap();
    Command::Send(GroupMessage::new(id, text, Vec::new()).unwrap())
}

fn posted(id: i32, from: Peer, text: &str) -> CallMessage {
    CallMessage {
        call: CALL.into(),
        id: CallMessageId::new(id),
        from,
        date: 1,
        text: CallText {
            text: text.to_owned(),
            entities: Vec::new(),
        },
        from_admin: false,
        paid_stars: None,
    }
}

#[test]
fn who_is_muted_by_an_admin_raises_a_hand_and_stays_muted_when_it_may_speak() {
    let mut desk = Desk::joined();
    let silenced = desk.entry(true, false);
    desk.push(roster(2, vec![silenced.clone()]));
    let state = desk.engine.own_state().unwrap();
    assert!(!state.can_unmute && state.wanted.muted);
    desk.command(Command::SetMuted { muted: false });
    assert_eq!(desk.outcome(), Some(CommandFailure::Silenced));

    desk.command(Command::RaiseHand { raised: true });
    let edit = desk.take(|one| matches!(one, Request::EditParticipant(_)));
    let Request::EditParticipant(body) = &edit.body else {
        panic!();
    };
    assert_eq!((body.raise_hand, body.muted), (Some(true), None));
    let raised = GroupCallParticipant {
        raise_hand_rating: Some(9),
        ..silenced
    };
    desk.done(&edit, Updates(vec![roster(3, vec![raised])]));
    assert_eq!(desk.outcome(), None);
    assert!(desk.engine.own_state().unwrap().hand_raised);

    let allowed = desk.entry(true, true);
    desk.push(roster(4, vec![allowed]));
    let state = desk.engine.own_state().unwrap();
    assert!(state.can_unmute && state.wanted.muted && !state.hand_raised);
    assert!(!desk.asks(|one| matches!(one, Request::EditParticipant(_) | Request::Join(_))));
}

#[test]
fn messages_come_once_each_are_marked_as_not_encrypted_and_can_be_deleted() {
    let on = CallSettings {
        messages_enabled: true,
        ..CallSettings::default()
    };
    let call = ActiveCall {
        settings: on,
        ..ActiveCall::new(CALL)
    };
    let mut desk = Desk::joined_by(config(GroupCallTarget::chat(CHANNEL)), call, CONNECT);
    desk.command(message("hello"));
    let send = desk.take(|one| matches!(one, Request::PlainMessage(_)));
    let echo = posted(3, Peer::User(US), "hello");
    desk.done(&send, Updates(vec![Update::Message(echo.clone())]));
    desk.push(Update::Message(echo));
    desk.push(Update::Message(posted(
        4,
        Peer::Channel(ChannelId::new(9)),
        "from a channel",
    )));
    let shown: Vec<_> = desk
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Message {
                from,
                encrypted: false,
                message,
                posted: Some(_),
            } => Some((*from, message.text().to_owned())),
            _ => None,
        })
        .collect();
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[0], (Peer::User(US), "hello".to_owned()));
    desk.command(Command::DeleteMessages {
        messages: vec![CallMessageId::new(3)],
        report_spam: false,
    });
    let delete = desk.take(|one| matches!(one, Request::DeleteMessages(_)));
    let deleted = Update::MessagesDeleted {
        call: CALL.into(),
        messages: vec![CallMessageId::new(3)],
    };
    desk.done(&delete, Updates(vec![deleted]));
    assert!(desk.saw(|event| matches!(event, Event::MessagesDeleted { .. })));
}

#[test]
fn nothing_is_sent_while_messages_are_off() {
    let mut desk = Desk::joined();
    desk.command(message("hello"));
    assert_eq!(desk.outcome(), Some(CommandFailure::MessagesDisabled));
}

#[test]
fn who_joins_as_a_channel_is_that_channel_and_edits_itself_as_it() {
    let mut desk = Desk::joined();
    let channel = InputPeer::Channel {
        id: ChannelId::new(77),
        access_hash: confcall::join::api::AccessHash::new(1),
    };
    desk.command(Command::JoinAs {
        peer: channel.clone(),
    });
    desk.wait(Duration::from_millis(100));
    let join = desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    let Request::Join(body) = &join.body else {
        panic!();
    };
    assert_eq!(body.join_as, channel);
    assert_eq!(desk.outcome(), None);
    let Some(Event::Rejoined(joined)) = desk
        .events
        .iter()
        .find(|event| matches!(event, Event::Rejoined(_)))
    else {
        panic!();
    };
    assert_eq!(joined.own, Peer::Channel(ChannelId::new(77)));
    desk.command(Command::SetMuted { muted: true });
    let edit = desk.take(|one| matches!(one, Request::EditParticipant(_)));
    assert!(matches!(&edit.body, Request::EditParticipant(edit) if edit.participant == channel));
}

#[test]
fn a_peer_that_is_refused_leaves_us_in_the_call_as_before() {
    let mut desk = Desk::joined();
    desk.command(Command::JoinAs {
        peer: InputPeer::Chat(ChatId::new(4)),
    });
    desk.wait(Duration::from_millis(100));
    let join = desk.take_join();
    desk.refuse(&join, 400, "JOIN_AS_PEER_INVALID");
    assert_eq!(desk.outcome(), Some(CommandFailure::NotAsThisPeer));
    let again = desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    assert!(matches!(&again.body, Request::Join(join) if join.join_as == InputPeer::SelfUser));
    assert!(desk.is_in());
}

#[test]
fn a_peer_that_nobody_finds_leaves_us_in_the_call_as_before() {
    let mut desk = Desk::joined();
    desk.command(Command::JoinAs {
        peer: InputPeer::Channel {
            id: ChannelId::new(504),
            access_hash: AccessHash::new(1),
        },
    });
    desk.wait(Duration::from_millis(100));
    let join = desk.take_join();
    desk.refuse(&join, 400, "CHANNEL_INVALID");
    assert_eq!(desk.outcome(), Some(CommandFailure::NotAsThisPeer));
    desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    assert!(desk.is_in());
}

#[test]
fn who_comes_is_counted_once_by_the_server_or_by_us() {
    let counted = |desk: &Desk| {
        let mut events = desk.events.iter().rev();
        events.find_map(|event| match event {
            Event::Call(info) => Some(info.participants),
            _ => None,
        })
    };
    let comes = |peer: Peer, source: Option<Ssrc>| GroupCallParticipant {
        just_joined: true,
        versioned: true,
        ..GroupCallParticipant::new(peer, source)
    };
    let mut desk = Desk::new(config(GroupCallTarget::chat(CHANNEL)));
    desk.answer_found();
    desk.answer_call(ActiveCall::new(CALL));
    // The call as it is after we came, and beside it that we came.
    let call = ActiveCall {
        participants_count: 2,
        version: 5,
        ..ActiveCall::new(CALL)
    };
    desk.answer_join(
        call.clone(),
        CONNECT,
        vec![comes(Peer::User(US), Some(payload(1).ssrc()))],
    );
    assert_eq!(counted(&desk), Some(2));
    desk.push(roster(6, vec![comes(Peer::User(BOB), Ssrc::new(77))]));
    assert_eq!(counted(&desk), Some(3));
    // A description that was made before is no news.
    desk.push(Update::from(GroupCall::from(call)));
    assert_eq!(counted(&desk), Some(3));
}

#[test]
fn whom_the_server_lost_it_has_again_by_a_check_or_a_refusal() {
    let mut desk = Desk::joined();
    desk.wait(Duration::from_secs(5));
    let check = desk.take(|one| matches!(one, Request::Check(_)));
    desk.done(&check, Vec::<Ssrc>::new());
    desk.wait(Duration::from_millis(100));
    let join = desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    assert!(matches!(join.body, Request::Join(_)));
    assert!(desk.saw(|event| matches!(event, Event::Rejoined(_))));

    // Late news of the membership before are no news.
    let before = desk.events.len();
    let old = GroupCallParticipant {
        left: true,
        versioned: true,
        ..GroupCallParticipant::new(Peer::User(BOB), None)
    };
    desk.push(roster(2, vec![old]));
    assert!(!desk.events[before..].iter().any(|event| matches!(
        event,
        Event::Retrying {
            why: Trouble::Rejoining(_),
            ..
        }
    )));

    // What is refused to outsiders has us ask whether we are in.
    desk.command(Command::Media(MediaState::Connected));
    desk.command(Command::Mute {
        peer: Peer::User(BOB),
        muted: true,
    });
    assert_eq!(
        desk.outcome(),
        Some(CommandFailure::UnknownPeer(Peer::User(BOB)))
    );
    desk.push(Update::Labels(vec![label(Peer::User(BOB), "Bob")]));
    desk.command(Command::Mute {
        peer: Peer::User(BOB),
        muted: true,
    });
    let edit = desk.take(|one| matches!(one, Request::EditParticipant(_)));
    desk.refuse(&edit, 403, "GROUPCALL_FORBIDDEN");
    let check = desk.take(|one| matches!(one, Request::Check(_)));
    desk.refuse(&check, 403, "GROUPCALL_FORBIDDEN");
    assert!(desk.saw(|event| matches!(
        event,
        Event::Retrying {
            why: Trouble::Rejoining(RejoinReason::Forbidden(_)),
            ..
        }
    )));
}

#[test]
fn an_own_entry_with_a_source_that_was_never_ours_is_another_device() {
    let mut desk = Desk::joined();
    let elsewhere = GroupCallParticipant {
        source: Ssrc::new(4242),
        ..desk.entry(true, true)
    };
    desk.push(roster(2, vec![elsewhere]));
    assert_eq!(desk.end(), Some(&EndReason::JoinedElsewhere));
    assert!(!desk.asks(|one| matches!(one, Request::Leave(_))));
}

#[test]
fn the_description_is_shown_as_it_changes_and_admins_change_it() {
    let mut desk = Desk::joined();
    desk.command(Command::SetTitle {
        title: "News".to_owned(),
    });
    let title = desk.take(|one| matches!(one, Request::Title(_)));
    let shown = ActiveCall {
        version: 2,
        title: Some("News".to_owned()),
        recorded_since: Some(5),
        ..ActiveCall::new(CALL)
    };
    desk.done(&title, Updates(vec![GroupCall::from(shown).into()]));
    assert_eq!(desk.outcome(), None);
    assert!(desk.saw(|event| matches!(
        event,
        Event::Call(info) if info.title.as_deref() == Some("News") && info.recorded_since == Some(5)
    )));

    desk.command(Command::ExportLink {
        can_self_unmute: true,
    });
    let export = desk.take(|one| matches!(one, Request::ExportInvite(_)));
    desk.done(&export, InviteLink::new("https://t.me/some?videochat=h"));
    assert!(desk.saw(|event| matches!(event, Event::Link(_))));

    let users = (0..25).map(|user| InputUser::User {
        id: UserId::new(100 + user),
        access_hash: confcall::join::api::AccessHash::new(1),
    });
    desk.command(Command::InviteUsers {
        users: users.collect(),
    });
    for expected in [10, 10, 5] {
        let invite = desk.take(|one| matches!(one, Request::InviteToCall(_)));
        assert!(matches!(&invite.body, Request::InviteToCall(one) if one.users.len() == expected));
        desk.done(&invite, Updates(Vec::new()));
    }
    assert_eq!(desk.outcome(), None);
}

#[test]
fn a_call_that_becomes_another_ends_with_what_it_became() {
    let mut desk = Desk::joined();
    let rtmp = ActiveCall {
        version: 2,
        rtmp_stream: true,
        ..ActiveCall::new(CALL)
    };
    desk.push(GroupCall::from(rtmp).into());
    let to = CallKind::RtmpViewer;
    assert_eq!(desk.end(), Some(&EndReason::Converted { to }));

    let mut desk = Desk::joined();
    desk.push(GroupCall::from(ActiveCall::conference(CALL)).into());
    let from = CallKind::VideoChat;
    assert_eq!(desk.end(), Some(&EndReason::KindChanged { from }));
    assert!(desk.saw(|event| matches!(event, Event::Suspicious(Suspicion::KindChanged { .. }))));

    let chat = config(GroupCallTarget::chat(InputPeer::Chat(ChatId::new(4))));
    let mut desk = Desk::new(chat);
    let full = desk.take(|one| matches!(one, Request::FullChat(_)));
    desk.done(
        &full,
        confcall::join::api::FullChat {
            call: Some(CALL),
            default_join_as: None,
            labels: Vec::new(),
        },
    );
    desk.answer_call(ActiveCall::new(CALL));
    desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    let to = Peer::Channel(ChannelId::new(9));
    desk.push(Update::GroupCall {
        call: ActiveCall::new(CALL).into(),
        peer: Some(to),
        live_story: false,
    });
    assert_eq!(desk.end(), Some(&EndReason::ChatMigrated { to }));
}

/// Answers the question for our own entry.
fn answer_own(desk: &mut Desk, page: ParticipantsPage, silenced: bool) {
    let source = desk.source();
    let own = desk.take(|one| matches!(one, Request::Participants(ask) if ask.sources == [source]));
    let page = ParticipantsPage {
        participants: vec![desk.entry(true, !silenced)],
        ..page
    };
    desk.done(&own, page);
}

#[test]
fn an_admin_who_mutes_us_while_changes_are_missed_is_known_of_however_large_the_roster_is() {
    let mut desk = Desk::joined();
    desk.wait(Duration::from_secs(2));
    let page = |version| ParticipantsPage {
        count: 250,
        participants: vec![GroupCallParticipant::new(Peer::User(BOB), Ssrc::new(77))],
        next_offset: Some("b".to_owned()),
        version,
        labels: Vec::new(),
    };
    let first = desk.take(|one| matches!(one, Request::Participants(_)));
    desk.done(&first, page(1));
    answer_own(&mut desk, page(1), false);
    assert!(desk.engine.own_state().unwrap().can_unmute);
    let later = GroupCallParticipant {
        versioned: true,
        ..GroupCallParticipant::new(Peer::User(BOB), Ssrc::new(77))
    };
    desk.push(roster(9, vec![later]));
    desk.wait(Duration::from_secs(3));
    let again = desk.take(|one| matches!(one, Request::Participants(_)));
    desk.done(&again, page(9));
    let us = Peer::User(US);
    let listed = desk.engine.participants();
    assert!(listed.iter().any(|one| one.peer == us));
    answer_own(&mut desk, page(9), true);
    assert!(!desk.engine.own_state().unwrap().can_unmute);
}

#[test]
fn a_group_that_moves_is_known_also_by_who_joined_by_the_call_alone() {
    let moved = |peer, version| Update::GroupCall {
        call: ActiveCall {
            version,
            ..ActiveCall::new(CALL)
        }
        .into(),
        peer: Some(peer),
        live_story: false,
    };
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(ActiveCall::new(CALL));
    desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    desk.push(moved(Peer::Chat(ChatId::new(4)), 2));
    assert!(desk.is_in());
    let to = Peer::Channel(ChannelId::new(9));
    desk.push(moved(to, 3));
    assert_eq!(desk.end(), Some(&EndReason::ChatMigrated { to }));
}

#[test]
fn who_is_no_admin_is_told_that_a_mute_is_for_itself_alone() {
    let mut desk = Desk::joined();
    let bob = |muted, muted_by_you, version| {
        let bob = GroupCallParticipant {
            muted,
            muted_by_you,
            versioned: true,
            ..GroupCallParticipant::new(Peer::User(BOB), Ssrc::new(77))
        };
        roster(version, vec![bob])
    };
    desk.push(Update::Labels(vec![label(Peer::User(BOB), "Bob")]));
    desk.push(bob(false, false, 2));
    let mute = || Command::Mute {
        peer: Peer::User(BOB),
        muted: true,
    };
    desk.command(mute());
    let edit = desk.take(|one| matches!(one, Request::EditParticipant(_)));
    desk.done(&edit, Updates(vec![bob(false, true, 3)]));
    assert_eq!(desk.outcome(), Some(CommandFailure::NotAllowed));
    desk.command(mute());
    let edit = desk.take(|one| matches!(one, Request::EditParticipant(_)));
    desk.done(&edit, Updates(vec![bob(true, false, 4)]));
    assert_eq!(desk.outcome(), None);
}

#[test]
fn a_large_roster_is_read_page_by_page_and_only_the_first_by_itself() {
    let mut desk = Desk::joined();
    desk.wait(Duration::from_secs(2));
    let page = |first: i64, next: Option<&str>| ParticipantsPage {
        count: 250,
        participants: (first..first + 100)
            .map(|user| {
                let source = Ssrc::new(u32::try_from(user).unwrap());
                GroupCallParticipant::new(Peer::User(UserId::new(user)), source)
            })
            .collect(),
        next_offset: next.map(str::to_owned),
        version: 1,
        labels: Vec::new(),
    };
    let first = desk.take(|one| matches!(one, Request::Participants(_)));
    desk.done(&first, page(1000, Some("b")));
    assert_eq!(desk.engine.participants().len(), 100);
    assert!(desk.saw(|event| matches!(event, Event::Call(info) if info.participants == 250)));
    // We are behind the page, and what an admin did to us with us.
    answer_own(&mut desk, page(1000, None), false);
    assert_eq!(desk.engine.participants().len(), 101);
    assert!(!desk.asks(|one| matches!(one, Request::Participants(_))));
    desk.command(Command::LoadParticipants { all: true });
    for (start, next) in [(1100, Some("c")), (1200, None)] {
        let more = desk.take(|one| matches!(one, Request::Participants(_)));
        desk.done(&more, page(start, next));
    }
    assert_eq!(desk.outcome(), None);
    assert_eq!(desk.engine.participants().len(), 301);
    // A change that was missed has the pages read again from the start, and who is in none of them has left.
    let gap = GroupCallParticipant {
        versioned: true,
        ..GroupCallParticipant::new(Peer::User(BOB), None)
    };
    desk.push(roster(9, vec![gap]));
    desk.wait(Duration::from_secs(3));
    let again = desk.take(|one| matches!(one, Request::Participants(_)));
    let newer = ParticipantsPage {
        version: 9,
        ..page(1000, None)
    };
    desk.done(&again, newer);
    assert_eq!(desk.engine.participants().len(), 100);
}

#[test]
fn leaving_names_the_source_and_discarding_ends_for_all() {
    let mut desk = Desk::joined();
    let source = desk.source();
    desk.command(Command::Leave);
    let leave = desk.take(|one| matches!(one, Request::Leave(_)));
    assert!(matches!(&leave.body, Request::Leave(leave) if leave.source == Some(source)));
    desk.done(&leave, Updates(Vec::new()));
    assert_eq!(desk.end(), Some(&EndReason::Left));
    desk.asked.clear();
    desk.command(Command::SetMuted { muted: true });
    desk.wait(Duration::from_secs(10));
    assert!(desk.asked.is_empty());

    let mut desk = Desk::joined();
    desk.command(Command::Discard);
    let discard = desk.take(|one| matches!(one, Request::Discard(_)));
    let over = GroupCall::Discarded {
        id: CALL.id,
        access_hash: CALL.access_hash,
        duration: 5,
    };
    desk.done(&discard, Updates(vec![over.into()]));
    assert_eq!(desk.end(), Some(&EndReason::Discarded));
}

#[test]
fn what_a_kind_has_not_fails_by_its_name_and_asks_nothing() {
    let mut desk = Desk::joined();
    desk.asked.clear();
    for command in [
        Command::Kick { users: vec![BOB] },
        Command::Decline {
            message: confcall::join::api::MessageId::new(1),
        },
    ] {
        desk.command(command);
        let kind = CallKind::VideoChat;
        assert_eq!(desk.outcome(), Some(CommandFailure::NotInThisKind(kind)));
    }
    let checkpoint = desk.engine.checkpoint(&[7; 32], 1);
    assert_eq!(checkpoint, Err(CheckpointError::NotAConference));

    let rtmp = ActiveCall {
        rtmp_stream: true,
        ..ActiveCall::new(CALL)
    };
    let mut desk = Desk::joined_by(config(GroupCallTarget::chat(CHANNEL)), rtmp, RTMP);
    for command in [
        Command::SetMuted { muted: false },
        Command::RaiseHand { raised: true },
        Command::StartPresentation {
            payload: payload(2),
        },
    ] {
        desk.command(command);
        let kind = CallKind::RtmpViewer;
        assert_eq!(desk.outcome(), Some(CommandFailure::NotInThisKind(kind)));
    }
    // A server that shows us as one who speaks has no say in it.
    let speaks = desk.entry(false, true);
    desk.push(roster(2, vec![speaks]));
    desk.wait(Duration::from_secs(10));
    assert!(!desk.asks(|one| matches!(one, Request::EditParticipant(_))));
}
