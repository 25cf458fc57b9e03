//! The requests of commands in a call that is no conference.

use crate::api::{
    CallRef, DeleteGroupCallMessages, DeleteGroupCallParticipantMessages, EditGroupCallTitle,
    ExportGroupCallInvite, InputUser, InviteToGroupCall, Request, StartScheduledGroupCall,
    ToggleGroupCallRecord, ToggleGroupCallStartSubscription, cut_label,
};
use crate::engine::command::{Command, CommandFailure, VideoLayout};
use crate::engine::parts::chat::Chat;
use crate::engine::parts::roster::Roster;
use crate::labels::Labels;

/// The most users of one request to ask them to a call.
const SLICE: usize = 10;

/// The requests that ask users to a call, so many in each.
pub(super) fn invitations(call: CallRef, users: &[InputUser]) -> Vec<Request> {
    let slices = users.chunks(SLICE).map(|users| InviteToGroupCall {
        call: call.into(),
        users: users.to_vec(),
    });
    slices.map(Request::from).collect()
}

/// The request of a command that is one; `None` for a command of the parts that all kinds have.
pub(super) fn request(
    call: CallRef,
    roster: &Roster,
    labels: &Labels,
    command: &Command,
) -> Option<Result<Request, CommandFailure>> {
    let named = call.into();
    Some(Ok(match command {
        Command::Send(message) => Chat::request(call, message).into(),
        Command::SetTitle { title } => EditGroupCallTitle {
            call: named,
            title: cut_label(title).to_owned(),
        }
        .into(),
        Command::StartRecording { title, video } => ToggleGroupCallRecord {
            start: true,
            call: named,
            title: title.as_deref().map(cut_label).map(str::to_owned),
            video_portrait: video.map(|layout| layout == VideoLayout::Portrait),
        }
        .into(),
        Command::StopRecording => ToggleGroupCallRecord {
            start: false,
            call: named,
            title: None,
            video_portrait: None,
        }
        .into(),
        Command::StartScheduled => StartScheduledGroupCall { call: named }.into(),
        Command::SubscribeStart { subscribed } => ToggleGroupCallStartSubscription {
            call: named,
            subscribed: *subscribed,
        }
        .into(),
        Command::DeleteMessages {
            messages,
            report_spam,
        } => DeleteGroupCallMessages {
            report_spam: *report_spam,
            call: named,
            messages: messages.clone(),
        }
        .into(),
        Command::DeleteMessagesOf { peer, report_spam } => match roster.input_peer(labels, *peer) {
            Some(participant) => DeleteGroupCallParticipantMessages {
                report_spam: *report_spam,
                call: named,
                participant,
            }
            .into(),
            None => return Some(Err(CommandFailure::UnknownPeer(*peer))),
        },
        Command::ExportLink { can_self_unmute } => ExportGroupCallInvite {
            can_self_unmute: *can_self_unmute,
            call: named,
        }
        .into(),
        _ => return None,
    }))
}
