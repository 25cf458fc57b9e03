//! The commands of a participant of a call that is no conference.

use super::Attendance;
use crate::api::{
    DeleteGroupCallMessages, DeleteGroupCallParticipantMessages, EditGroupCallTitle,
    ExportGroupCallInvite, InviteToGroupCall, Request, StartScheduledGroupCall,
    ToggleGroupCallRecord, ToggleGroupCallStartSubscription, cut_label,
};
use crate::engine::abilities;
use crate::engine::command::{Command, CommandFailure, Order, VideoLayout};
use crate::engine::context::Context;
use crate::engine::parts::chat::Chat;
use crate::engine::parts::commands::Effect;

/// The most users of one request to ask them to a call.
const SLICE: usize = 10;

impl Attendance {
    /// Carries out a command; who may is the server's to say.
    pub(super) fn carry_out(&mut self, ctx: &mut Context, order: Order, command: Command) {
        if !abilities::has(self.kind, &command) {
            return ctx.failed(order, CommandFailure::NotInThisKind(self.kind));
        }
        if !self.may_show(&command) {
            return ctx.failed(order, CommandFailure::NoVideo);
        }
        if let Command::Send(_) = command
            && self.presence.settings.forbid_messages()
        {
            return ctx.failed(order, CommandFailure::MessagesDisabled);
        }
        if let Command::InviteUsers { users } = command {
            let call = self.identity().call;
            let slices = users.chunks(SLICE).map(|users| InviteToGroupCall {
                call: call.into(),
                users: users.to_vec(),
            });
            let slices = slices.map(Request::from).collect();
            return self.presence.commands.send_all(ctx, order, slices);
        }
        match self.request(ctx, &command) {
            Some(Ok(request)) => {
                self.presence
                    .commands
                    .send(ctx, order, Effect::Answer, request);
            }
            Some(Err(why)) => ctx.failed(order, why),
            None => self.presence.handle_command(ctx, order, command),
        }
    }

    /// The request of a command that is one; `None` for a command of the parts that all kinds have.
    fn request(&self, ctx: &Context, command: &Command) -> Option<Result<Request, CommandFailure>> {
        let call = self.identity().call;
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
            Command::DeleteMessagesOf { peer, report_spam } => {
                match self.roster().input_peer(&ctx.labels, *peer) {
                    Some(participant) => DeleteGroupCallParticipantMessages {
                        report_spam: *report_spam,
                        call: named,
                        participant,
                    }
                    .into(),
                    None => return Some(Err(CommandFailure::UnknownPeer(*peer))),
                }
            }
            Command::ExportLink { can_self_unmute } => ExportGroupCallInvite {
                can_self_unmute: *can_self_unmute,
                call: named,
            }
            .into(),
            _ => return None,
        }))
    }

    /// False for a picture where the server lets nobody, or not us, begin one.
    fn may_show(&self, command: &Command) -> bool {
        let begins = matches!(
            command,
            Command::SetVideo { on: true } | Command::StartPresentation { .. }
        );
        let call = self.description.call().filter(|_| begins);
        call.is_none_or(|call| {
            let is_full = call
                .video_count
                .is_some_and(|count| call.video_limit > 0 && count >= call.video_limit);
            // What is shown to all says nothing of us.
            !is_full && (call.min || call.can_start_video)
        })
    }
}
