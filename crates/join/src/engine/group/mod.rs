//! Being in a call that is no conference: the parts that every kind of call has, and those that only these have.
//!
//! ```text
//! updates, answers ─┬─▶ Presence ─── our entry: silenced, may speak ──▶ rejoin, where the media is a stream
//!                   ├─▶ Description ──▶ title, schedule, recording
//!                   ├─▶ Chat ──▶ messages that the server reads
//!                   └─▶ Stream ──▶ parts of the media
//! ```
//!
//! There is no chain, so that a doubt has the server asked whether we are joined, and its no leads to a rejoin. A server that
//! shows the call as a conference all at once is told of, and the engine ends.
//!
//! Implements `spec/group-calls.md`.

mod commands;
mod entry;

use core::time::Duration;

use confcall_media::Moment;

use super::abilities;
use super::command::{Command, CommandFailure, MediaState, Order};
use super::context::Context;
use super::departure::{Departure, Flow};
use super::end::{EndReason, RejoinReason};
use super::event::{Event, Joined};
use super::failure::Failure;
use super::identity::Identity;
use super::own_state::{MediaMode, OwnState};
use super::participant::Participant;
use super::parts::chat::Chat;
use super::parts::commands::Effect;
use super::parts::description::Description;
use super::parts::liveness::Liveness;
use super::parts::presentation::Presentation;
use super::parts::reference::Reference;
use super::parts::roster::{Roster, Standing};
use super::parts::self_state::SelfState;
use super::parts::stream::Stream;
use super::presence::{Controls, Presence, Sequel};
use super::purpose::Purpose;
use super::requests::{Answer, Ticket};
use super::timers::Timer;
use crate::api::reaction::Reaction;
use crate::api::{
    ActiveCall, CallSettings, GroupCall, InputPeer, Method, Peer, Response, RpcError, Update,
    Updates,
};
use crate::joining::{Answer as Media, ConnectionParameters, JoinPayload};
use crate::policy::CallKind;
pub(super) use entry::{Accepted, Entry, Exit, Standpoint};

/// The pause before a call is joined once more for a connection, which the server gave as a stream again although we may speak.
const VOICE_PAUSE: Duration = Duration::from_secs(300);

/// A participant of a call that is no conference.
#[derive(Clone, Debug)]
pub(super) struct Attendance {
    kind: CallKind,
    from: Standpoint,
    /// The group or channel whose call it is, once it is known.
    host: Option<Peer>,
    mode: MediaMode,
    presence: Presence,
    description: Description,
    chat: Chat,
    /// The stream of the call; that of before is played until the media is connected.
    stream: Option<Stream>,
    /// The moment from which on a join again gives us a connection if we may speak and the media is a stream.
    voice_from: Moment,
}

/// The start of a membership.
impl Attendance {
    /// Takes up the membership that the server gave; the stream of the one before goes on until a connection is up.
    pub(super) fn take_up(
        ctx: &mut Context,
        join: Accepted,
        before: Option<Stream>,
    ) -> (Self, Flow) {
        let (mode, connection) = match join.media {
            Media::Connect(parameters) => (MediaMode::WebRtc, Some(parameters)),
            Media::Stream { rtmp: true } => (MediaMode::Rtmp, None),
            Media::Stream { rtmp: false } => (MediaMode::Stream, None),
        };
        let reference = Reference::new(join.call, None, None);
        let is_listener = join.kind != CallKind::VideoChat;
        let switches = SelfState::new(join.payload.clone(), connection.clone(), join.announced);
        let controls = match is_listener {
            true => Controls::of_listener(switches),
            false => Controls::new(switches, Presentation::default(), join.from.join_as()),
        };
        let liveness = Liveness::new(ctx.now, Some(ctx.now));
        let presence = Presence::new(join.kind, join.own, reference, controls, liveness);
        let voice_from = match join.is_rejoin {
            true => ctx.now + VOICE_PAUSE,
            false => ctx.now,
        };
        let mut from = join.from;
        from.fallback = None;
        let group = match from.chat {
            Some(InputPeer::Chat(id)) => Some(Peer::Chat(id)),
            _ => None,
        };
        let mut attendance = Self {
            kind: join.kind,
            from,
            host: group.or(join.host),
            mode,
            presence,
            description: Description::default(),
            chat: Chat::default(),
            stream: before.filter(|_| !mode.is_stream()),
            voice_from,
        };
        // One who has just joined has done so now; one that was there before may keep the older date.
        let is_fresh = !join.is_rejoin && join.attempts == 1;
        let entries = join.rosters.iter().flat_map(|roster| &roster.participants);
        let mut ours = entries.filter(|one| one.peer == join.own && one.just_joined);
        if let Some(own) = ours.next().filter(|own| is_fresh && own.date > 0) {
            ctx.server_says(own.date, join.sent);
        }
        let joined = attendance.joined(connection, join.payload, join.attempts);
        ctx.event(match join.is_rejoin {
            true => Event::Rejoined(joined),
            false => Event::Joined(joined),
        });
        let flow = attendance.begin(ctx, join.shown);
        let mut rosters = join.rosters.iter();
        let flow = flow.and_then(|()| {
            rosters.try_for_each(|roster| {
                let has_left = attendance.presence.take_roster(ctx, roster)?;
                attendance.check_left(ctx, has_left);
                Ok(())
            })
        });
        let flow = flow.and_then(|()| {
            attendance.play(ctx);
            attendance.settle(ctx)?;
            if mode == MediaMode::WebRtc {
                let us = attendance.identity();
                attendance.presence.controls.share_again(ctx, us);
            }
            Ok(())
        });
        (attendance, flow)
    }

    fn begin(&mut self, ctx: &mut Context, shown: Option<GroupCall>) -> Flow {
        let us = self.identity();
        if self.mode == MediaMode::WebRtc {
            self.presence.liveness.start(ctx);
        }
        self.presence.roster.load_soon(ctx);
        if let Some(call) = shown {
            self.take_call(ctx, call)?;
        }
        self.presence.settings.ask(ctx, us.call);
        Ok(())
    }

    /// The membership as the caller sees it.
    fn joined(
        &self,
        connection: Option<Box<ConnectionParameters>>,
        payload: JoinPayload,
        attempts: u32,
    ) -> Joined {
        let us = self.identity();
        Joined {
            call: us.call,
            kind: self.kind,
            own: us.peer,
            mode: self.mode,
            connection,
            payload,
            invite_link: None,
            cryptor: None,
            attempts,
        }
    }

    /// Plays the stream, if the media is one: anew, since that of before may have ended.
    fn play(&mut self, ctx: &mut Context) {
        if self.mode.is_stream() {
            let server_ms = self.server_ms(ctx);
            self.stream = Some(Stream::new(ctx, self.mode, server_ms));
        }
    }

    /// The server's time in Unix milliseconds: by a clock, or by the moment at which the server has us join.
    fn server_ms(&self, ctx: &Context) -> Option<i64> {
        let by_entry = || {
            let seconds = self.presence.roster.own_date()?;
            Some(i64::from(seconds).saturating_mul(1000))
        };
        ctx.server_ms().or_else(by_entry)
    }
}

/// The views.
impl Attendance {
    pub(super) fn identity(&self) -> Identity {
        self.presence.identity()
    }

    pub(super) fn roster(&self) -> &Roster {
        self.presence.roster.roster()
    }

    /// The participants in the order in which they are shown.
    pub(super) fn participants(&self) -> Vec<Participant> {
        let us = self.identity().peer;
        self.roster().participants(&Standing::without_chain(us))
    }

    pub(super) fn own_state(&self, ctx: &Context) -> OwnState {
        self.presence.own_state(ctx)
    }

    pub(super) fn settings(&self) -> Option<CallSettings> {
        self.presence.settings.shown()
    }

    /// Answers what waits in a membership that ends.
    pub(super) fn close(&mut self, ctx: &mut Context, departure: &Departure) {
        self.presence.close(ctx, departure);
        if let Some(stream) = &mut self.stream {
            stream.close(ctx);
        }
    }

    /// The place from which the call is joined again, as the peer that is asked for if one is.
    pub(super) fn standpoint(&self, as_peer: Option<InputPeer>) -> Standpoint {
        let us = self.identity();
        let mut from = self.from.clone();
        from.call = Some(us.call);
        from.source = Some(us.source);
        if let Some(peer) = as_peer {
            from.fallback = Some(from.join_as());
            from.join_as = Some(peer);
        }
        from
    }

    pub(super) fn payload(&self) -> &JoinPayload {
        self.presence.payload()
    }

    /// Takes the stream of a membership that ends, which goes on until the media of the next is connected.
    pub(super) fn take_stream(&mut self) -> Option<Stream> {
        self.stream.take()
    }
}

/// The inputs.
impl Attendance {
    pub(super) fn handle_timer(&mut self, ctx: &mut Context, timer: Timer) -> Flow {
        match timer {
            // To settle is all that it is for.
            Timer::Stream => {}
            // Where the media is a stream, its parts are the check.
            Timer::Check if self.mode.is_stream() => {}
            timer => self.presence.handle_timer(ctx, timer)?,
        }
        self.settle(ctx)
    }

    pub(super) fn handle_answer(&mut self, ctx: &mut Context, answer: Answer) -> Flow {
        let least = answer.purpose.least_reach();
        if let Some(reason) = least.and_then(|least| answer.end(least)) {
            // No part tries again; only a command that met it is answered with what the server said.
            if answer.purpose.is_of_command() {
                self.route(ctx, answer)?;
            }
            return Err(reason.into());
        }
        let refusal = match &answer.result {
            // The clock of a stream knows what its refusals mean.
            Err(Failure::Refused(error)) if answer.purpose.least_reach().is_some() => {
                Some((answer.purpose, answer.ticket, answer.method, error.clone()))
            }
            _ => None,
        };
        let is_for_members = answer.result.is_ok() && is_for_members(answer.method);
        let sent = answer.sent;
        self.route(ctx, answer)?;
        if is_for_members {
            self.presence.liveness.answered(ctx.now, sent);
        }
        if let Some((purpose, ticket, method, error)) = refusal {
            self.refused(ctx, purpose, ticket, method, error)?;
        }
        self.settle(ctx)
    }

    fn route(&mut self, ctx: &mut Context, answer: Answer) -> Flow {
        if let Purpose::StreamChannels | Purpose::StreamPart = answer.purpose {
            if let Some(stream) = &mut self.stream {
                stream.answered(ctx, answer);
            }
            return Ok(());
        }
        match &answer.result {
            Ok(Response::InviteLink(link)) => ctx.event(Event::Link(link.clone())),
            Ok(Response::GroupCall(info)) => self.describe(ctx, &info.call)?,
            _ => {}
        }
        match self.presence.handle_answer(ctx, answer)? {
            Sequel::TakeIn(updates) => self.take_updates(ctx, updates),
            Sequel::Doubt(reason) => Err(reason.into()),
            Sequel::RosterIsComplete | Sequel::Nothing => Ok(()),
        }
    }

    /// Does what a refusal means for the membership itself.
    fn refused(
        &mut self,
        ctx: &mut Context,
        purpose: Purpose,
        ticket: Ticket,
        method: Method,
        error: RpcError,
    ) -> Flow {
        // A stale reference is found again where the call was found.
        let is_stale = error.reaction(method) == Reaction::RefreshReferenceOnce;
        if is_stale && self.from.chat.is_some() {
            return Err(RejoinReason::Stale(error).into());
        }
        let Some(reason) = self.presence.refused(ctx, ticket, method, error)? else {
            return Ok(());
        };
        match purpose {
            // It is the answer to the question whether we are joined.
            Purpose::Check => Err(reason.into()),
            // Who asks for what only admins may be refused is in the call all the same.
            _ => {
                self.presence.check(ctx);
                Ok(())
            }
        }
    }

    pub(super) fn handle_update(&mut self, ctx: &mut Context, update: Update) -> Flow {
        // Connection parameters name no call: those that are pushed may be of another call of the account.
        if !matches!(update, Update::Connection(_)) {
            self.take_update(ctx, update)?;
        }
        self.settle(ctx)
    }

    pub(super) fn handle_gap(&mut self, ctx: &mut Context) -> Flow {
        self.presence.handle_gap(ctx);
        self.settle(ctx)
    }

    /// Takes a command that is not answered.
    pub(super) fn handle_notice(&mut self, ctx: &mut Context, command: Command) -> Flow {
        match command {
            // There is no checkpoint from which it could go on.
            Command::Suspend => {}
            Command::WantVideo { .. } | Command::StopVideo { .. } => {
                if let Some(stream) = &mut self.stream {
                    stream.want(ctx);
                }
            }
            command => {
                if let Command::Media(MediaState::Connected) = command
                    && self.mode == MediaMode::WebRtc
                    && let Some(mut stream) = self.stream.take()
                {
                    stream.close(ctx);
                }
                self.presence.handle_notice(ctx, command)?;
            }
        }
        self.settle(ctx)
    }

    /// Carries out a command that is answered.
    pub(super) fn handle_command(
        &mut self,
        ctx: &mut Context,
        order: Order,
        command: Command,
    ) -> Flow {
        match self.lacks_connection(&command) && abilities::has(self.kind, &command) {
            true => ctx.failed(order, CommandFailure::Silenced),
            false => self.carry_out(ctx, order, command),
        }
        self.settle(ctx)
    }
}

/// The commands; who may is the server's to say.
impl Attendance {
    fn carry_out(&mut self, ctx: &mut Context, order: Order, command: Command) {
        if !abilities::has(self.kind, &command) {
            return ctx.failed(order, CommandFailure::NotInThisKind(self.kind));
        }
        let shows = matches!(
            command,
            Command::SetVideo { on: true } | Command::StartPresentation { .. }
        );
        if shows && !self.description.may_show() {
            return ctx.failed(order, CommandFailure::NoVideo);
        }
        if let Command::Send(_) = command
            && self.presence.settings.forbid_messages()
        {
            return ctx.failed(order, CommandFailure::MessagesDisabled);
        }
        let call = self.identity().call;
        if let Command::InviteUsers { users } = command {
            let requests = commands::invitations(call, &users);
            return self.presence.commands.send_all(ctx, order, requests);
        }
        match commands::request(call, self.roster(), &ctx.labels, &command) {
            Some(Ok(request)) => {
                self.presence
                    .commands
                    .send(ctx, order, Effect::Answer, request);
            }
            Some(Err(why)) => ctx.failed(order, why),
            None => self.presence.handle_command(ctx, order, command),
        }
    }
}

/// The updates, pushed or in an answer; one about another call changes nothing.
impl Attendance {
    fn take_updates(&mut self, ctx: &mut Context, updates: Updates) -> Flow {
        let mut updates = updates.0.into_iter();
        updates.try_for_each(|update| self.take_update(ctx, update))
    }

    fn take_update(&mut self, ctx: &mut Context, update: Update) -> Flow {
        let reference = &self.presence.reference;
        match update {
            Update::GroupCall { call, peer, .. } if reference.names(&call.reference()) => {
                self.check_moved(peer)?;
                self.take_call(ctx, call)?;
            }
            Update::Message(message) if reference.names(&message.call) => {
                self.chat.take(ctx, message);
            }
            Update::MessagesDeleted { call, messages } if reference.names(&call) => {
                self.chat.deleted(ctx, messages);
            }
            update => {
                let has_left = self.presence.take_update(ctx, update)?;
                self.check_left(ctx, has_left);
            }
        }
        Ok(())
    }

    /// Ends where the group of the call is a supergroup by now.
    fn check_moved(&mut self, peer: Option<Peer>) -> Result<(), EndReason> {
        match (self.host, peer) {
            (Some(Peer::Chat(_)), Some(to @ Peer::Channel(_))) => {
                Err(EndReason::ChatMigrated { to })
            }
            (host, peer) => {
                self.host = host.or(peer);
                Ok(())
            }
        }
    }

    /// Takes in what the server says of the call itself.
    fn take_call(&mut self, ctx: &mut Context, call: GroupCall) -> Flow {
        self.describe(ctx, &call)?;
        Ok(self.presence.take_call(ctx, call)?)
    }

    /// Takes in what only calls of this side have.
    fn describe(&mut self, ctx: &mut Context, call: &GroupCall) -> Flow {
        let is_ours = self.presence.reference.names(&call.reference());
        let is_news = |call: &ActiveCall| !self.description.is_later_than(call.version);
        let call = call.active().filter(|call| is_ours && !call.conference);
        if let Some(call) = call.filter(|call| is_news(call)) {
            let kind = match (self.kind, call.rtmp_stream) {
                (CallKind::VideoChat, true) => CallKind::RtmpViewer,
                (CallKind::RtmpViewer, false) => CallKind::VideoChat,
                (kind, _) => kind,
            };
            if kind != self.kind {
                return Err(EndReason::Converted { to: kind }.into());
            }
            // A story stays one, and its media comes in another way, which only a join says.
            let before = self.description.call();
            if before.is_some_and(|before| before.rtmp_stream != call.rtmp_stream) {
                return Err(RejoinReason::OtherMedia.into());
            }
            self.description.take(call);
            ctx.stream_is_at(call.stream_dc.or(ctx.stream_place()));
        }
        Ok(())
    }

    /// Asks whether we are still in the call, if the roster says that we left: it may be late, and of a membership before.
    fn check_left(&mut self, ctx: &mut Context, has_left: bool) {
        if has_left {
            self.presence.check(ctx);
        }
    }
}

/// The rest of every input.
impl Attendance {
    /// Brings everything up to date.
    pub(super) fn settle(&mut self, ctx: &mut Context) -> Flow {
        let us = self.identity();
        let server_ms = self.server_ms(ctx);
        if let Some(stream) = &mut self.stream {
            stream.note_time(ctx, server_ms);
        }
        self.presence
            .settle(ctx, || Standing::without_chain(us.peer));
        if self.presence.roster.take_may_be_another_call() {
            self.presence.settings.ask_anew(ctx, us.call);
        }
        let count = self.presence.roster.count();
        if let Some(info) = self.description.changed(self.kind, count) {
            ctx.event(Event::Call(info));
        }
        self.check_voice(ctx)?;
        self.run_stream(ctx)
    }

    /// Goes on with the stream. One of before that is lost is given up alone: the connection that takes its place is not.
    fn run_stream(&mut self, ctx: &mut Context) -> Flow {
        let call = self.identity().call;
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        match stream.run(ctx, call) {
            Err(_) if !self.mode.is_stream() => {
                stream.close(ctx);
                self.stream = None;
                Ok(())
            }
            outcome => Ok(outcome?),
        }
    }

    /// Joins again once we may speak where the media is a stream: only a fresh join gives a connection.
    ///
    /// Where there were enough rejoins, a later input brings it about.
    fn check_voice(&mut self, ctx: &mut Context) -> Result<(), RejoinReason> {
        let us = self.identity();
        let is_shown = self.roster().peer_of(us.source) == Some(us.peer);
        if self.mode != MediaMode::Stream || !is_shown {
            return Ok(());
        }
        if self.presence.controls.is_silenced() {
            // What lets us speak from now on is newer than the join.
            self.voice_from = self.voice_from.min(ctx.now);
            return Ok(());
        }
        let reason = RejoinReason::MaySpeak;
        if ctx.now < self.voice_from || ctx.rejoins.are_enough(ctx.now, &reason) {
            return Ok(());
        }
        Err(reason)
    }

    /// True for a command to send media, for which a stream has no connection.
    fn lacks_connection(&self, command: &Command) -> bool {
        let us = self.identity().peer;
        let sends = match command {
            Command::SetMuted { muted: false }
            | Command::SetVideo { on: true }
            | Command::StartPresentation { .. } => true,
            Command::Mute { peer, muted: false } => *peer == us,
            _ => false,
        };
        sends && self.mode.is_stream()
    }
}

/// True for a method that the server carries out for participants only.
fn is_for_members(method: Method) -> bool {
    matches!(
        method,
        Method::GetGroupParticipants
            | Method::SendGroupCallMessage
            | Method::GetGroupCallStreamChannels
            | Method::GetFile
    )
}
