//! Being in a call, of whatever kind: the parts that all kinds have, and their inputs.
//!
//! ```text
//! timer, answer, update, command ──▶ kind of the call ──┬──▶ parts of the kind
//!                                         ▲             └──▶ Presence ──▶ parts of all kinds
//!                                         └──── sequel ────────┘
//! ```
//!
//! The kind routes every input: to a part that it alone has, or in here. What an input leads to beyond these parts comes back
//! as a [`Sequel`], because it depends on the kind: whether a chain says more about a doubt, and what else is in an answer.

mod controls;

use super::command::{Command, Order};
use super::context::Context;
use super::departure::{Departure, Flow};
use super::end::{EndReason, RejoinReason};
use super::event::{Event, Suspicion};
use super::failure::Failure;
use super::identity::Identity;
use super::own_state::{MediaConnection, OwnState};
use super::parts::commands::{Commands, Effect};
use super::parts::liveness::{CatchUp, Liveness};
use super::parts::reference::Reference;
use super::parts::roster::Standing;
use super::parts::roster_sync::RosterSync;
use super::parts::settings::{Setting, Settings};
use super::purpose::Purpose;
use super::requests::{Answer, Ticket};
use super::timers::Timer;
use crate::api::reaction::Reaction;
use crate::api::{
    DiscardGroupCall, GetGroupParticipants, GroupCall, Method, Participants, Peer, Response,
    RpcError, ToggleGroupCallSettings, Update, Updates,
};
use crate::joining::JoinPayload;
use crate::limits;
use crate::policy::CallKind;
pub(super) use controls::Controls;

/// The parts that a call of every kind has.
#[derive(Clone, Debug)]
pub(super) struct Presence {
    kind: CallKind,
    /// The peer as whom we are in the call.
    us: Peer,
    pub(super) reference: Reference,
    pub(super) controls: Controls,
    pub(super) liveness: Liveness,
    pub(super) roster: RosterSync,
    pub(super) settings: Settings,
    pub(super) commands: Commands,
}

/// The rest of what an answer asks for.
#[derive(Debug)]
pub(super) enum Sequel {
    /// Take in the updates that came with it.
    TakeIn(Updates),
    /// Doubt that we are in the call, for this reason.
    Doubt(RejoinReason),
    /// Compare with the roster, which is complete.
    RosterIsComplete,
    /// Nothing.
    Nothing,
}

/// The views.
impl Presence {
    /// The presence of a peer who knows nothing of the call but by what it is named.
    pub(super) fn new(
        kind: CallKind,
        us: Peer,
        reference: Reference,
        controls: Controls,
        liveness: Liveness,
    ) -> Self {
        Self {
            kind,
            us,
            reference,
            controls,
            liveness,
            roster: match kind {
                CallKind::Conference => RosterSync::whole(us),
                CallKind::VideoChat | CallKind::RtmpViewer | CallKind::LiveStoryListener => {
                    RosterSync::in_pages(us)
                }
            },
            settings: Settings::default(),
            commands: Commands::default(),
        }
    }

    /// Our place in the call.
    pub(super) fn identity(&self) -> Identity {
        Identity {
            call: self.reference.call(),
            peer: self.us,
            source: self.payload().ssrc(),
        }
    }

    pub(super) fn payload(&self) -> &JoinPayload {
        self.controls.payload()
    }

    /// The state of our own media.
    pub(super) fn own_state(&self, ctx: &Context) -> OwnState {
        self.controls.own_state(ctx)
    }

    /// Answers what waits in a membership that ends.
    pub(super) fn close(&mut self, ctx: &mut Context, departure: &Departure) {
        let is_over = matches!(departure, Departure::End(EndReason::Discarded));
        self.commands.give_up(ctx, is_over);
        self.roster.give_up(ctx);
        self.controls.give_up(ctx);
    }
}

/// The inputs.
impl Presence {
    /// Goes on where a timer of these parts is due.
    pub(super) fn handle_timer(&mut self, ctx: &mut Context, timer: Timer) -> Flow {
        let us = self.identity();
        match timer {
            Timer::Check => {
                let screen = self.controls.screen_source(ctx);
                self.liveness.check_is_due(ctx, us, screen);
            }
            Timer::Reference => self.reference.look_up(ctx),
            Timer::Call => self.settings.ask(ctx, us.call),
            Timer::Roster | Timer::QuietRoster | Timer::RosterGap => {
                self.roster.load(ctx, us.call);
            }
            Timer::Connection => return Err(RejoinReason::NoConnection.into()),
            Timer::Edit => self.controls.edit_again(),
            Timer::Presentation => self.controls.handle_screen_timer(ctx, us),
            // To settle is all that they are for, or they are those of a kind, or of other states.
            _ => {}
        }
        Ok(())
    }

    /// Hands an answer to the part that waits for it.
    pub(super) fn handle_answer(
        &mut self,
        ctx: &mut Context,
        answer: Answer,
    ) -> Result<Sequel, EndReason> {
        let us = self.identity();
        let Answer {
            ticket,
            sent,
            method,
            result,
            ..
        } = answer;
        Ok(match answer.purpose {
            Purpose::Roster => match self.roster.answered(ctx, us, ticket, result)? {
                true => Sequel::RosterIsComplete,
                false => Sequel::Nothing,
            },
            Purpose::Check => {
                let joined = result.as_ref().ok().and_then(Response::sources);
                // Without us in the call the screen comes after the rejoin.
                if let Some(joined) = joined.filter(|joined| joined.contains(&us.source)) {
                    let asked = self.liveness.checked_screen();
                    self.controls.checked(ctx, us, asked, joined);
                }
                let doubt = self.liveness.checked(ctx, us, sent, result);
                doubt.map_or(Sequel::Nothing, Sequel::Doubt)
            }
            Purpose::Call => {
                self.call_answered(ctx, result)?;
                Sequel::Nothing
            }
            Purpose::Reference => {
                self.reference.answered(ctx, result)?;
                Sequel::Nothing
            }
            Purpose::Command => match self.commands.answered(ctx, method, ticket, result) {
                Some(Response::Updates(updates)) => Sequel::TakeIn(updates),
                Some(Response::Participants(page)) => {
                    self.roster.learn(&page.participants);
                    Sequel::Nothing
                }
                _ => Sequel::Nothing,
            },
            Purpose::Edit => Sequel::TakeIn(self.controls.edit_answered(ctx, us, ticket, result)),
            Purpose::Presentation => {
                Sequel::TakeIn(self.controls.screen_answered(ctx, us, ticket, result))
            }
            // They are those of a kind, or of other states.
            _ => Sequel::Nothing,
        })
    }

    fn call_answered(
        &mut self,
        ctx: &mut Context,
        result: Result<Response, Failure>,
    ) -> Result<(), EndReason> {
        match result.map(Response::into_group_call) {
            Ok(Ok(info)) if self.reference.names(&info.call.reference()) => {
                self.take_call(ctx, info.call)
            }
            _ => {
                self.settings.ask_later(ctx);
                Ok(())
            }
        }
    }

    /// Does what a refusal means for the membership itself, whatever was refused; gives the reason to doubt that we are in the
    /// call.
    pub(super) fn refused(
        &mut self,
        ctx: &mut Context,
        ticket: Ticket,
        method: Method,
        error: RpcError,
    ) -> Result<Option<RejoinReason>, EndReason> {
        match error.reaction(method) {
            Reaction::Rejoin => return Ok(Some(RejoinReason::Forbidden(error))),
            Reaction::RefreshReferenceOnce => self.reference.refresh(ctx, ticket, error)?,
            _ => {}
        }
        Ok(None)
    }

    /// Reads the roster soon, because updates were missed; after many gaps in a row once for all.
    pub(super) fn handle_gap(&mut self, ctx: &mut Context) -> CatchUp {
        let catch_up = self.liveness.missed(ctx.now);
        if catch_up.is_first {
            // The pages that were read may be older than what was missed.
            self.roster.stop(ctx);
        }
        self.roster.load_after(ctx, catch_up.from);
        catch_up
    }

    /// Takes a command that is not answered.
    pub(super) fn handle_notice(&mut self, ctx: &mut Context, command: Command) -> Flow {
        match command {
            Command::Leave => return Err(Departure::Leave),
            Command::Suspend => return Err(EndReason::Suspended.into()),
            Command::Media(media) => self.liveness.media_is(ctx, media),
            Command::Supply {
                connection: MediaConnection::Presentation,
                payload,
            } => self.controls.supply(ctx, self.identity(), payload),
            // A payload for a membership that is there already, and the commands that are answered.
            _ => {}
        }
        Ok(())
    }

    /// Carries out a command that is answered, and that calls of all kinds have.
    pub(super) fn handle_command(&mut self, ctx: &mut Context, order: Order, command: Command) {
        let us = self.identity();
        let call = us.call.into();
        match command {
            Command::RevokeLink => {
                let settings = ToggleGroupCallSettings::revoke_link(call);
                let effect = match self.kind {
                    CallKind::Conference => Effect::LinkOtherThan(self.reference.known_link()),
                    // Nothing shows another hash.
                    _ => Effect::Answer,
                };
                self.commands.send(ctx, order, effect, settings);
            }
            Command::SetMessagesEnabled { enabled } => {
                self.set(ctx, order, Setting::MessagesEnabled(enabled));
            }
            Command::SetJoinMuted { muted } => self.set(ctx, order, Setting::JoinMuted(muted)),
            Command::Discard => {
                let discard = DiscardGroupCall { call };
                self.commands.send(ctx, order, Effect::Over, discard);
            }
            Command::Resolve { mut sources } => {
                sources.truncate(limits::RESOLVED_SOURCES);
                let by_sources = GetGroupParticipants::by_sources(call, sources);
                self.commands.send(ctx, order, Effect::Answer, by_sources);
            }
            Command::LoadParticipants { all } => self.roster.load_more(ctx, us.call, all, order),
            command => {
                // Elsewhere admins may, who are not shown as such.
                let may_mute = self.kind != CallKind::Conference || self.reference.is_creator();
                let roster = self.roster.roster();
                self.controls
                    .handle_command(ctx, us, may_mute, roster, order, command);
            }
        }
    }

    fn set(&mut self, ctx: &mut Context, order: Order, setting: Setting) {
        let call = self.reference.call();
        match self.settings.change(self.kind, call, setting) {
            Ok(change) => self
                .commands
                .send(ctx, order, Effect::Setting(setting), change),
            Err(why) => ctx.failed(order, why),
        }
    }
}

/// The updates, pushed or in an answer; one about another call changes nothing.
impl Presence {
    /// Takes an update of those that calls of all kinds have; gives whether it says that we left.
    pub(super) fn take_update(
        &mut self,
        ctx: &mut Context,
        update: Update,
    ) -> Result<bool, EndReason> {
        match update {
            Update::Connection(connection) => self.controls.take_connection(ctx, &connection),
            Update::Participants(change) if self.reference.names(&change.call) => {
                return self.take_roster(ctx, &change);
            }
            Update::GroupCall { call, .. } if self.reference.names(&call.reference()) => {
                self.take_call(ctx, call)?;
            }
            _ => {}
        }
        Ok(false)
    }

    /// Takes in what the server says of the call itself, unless that is older than what we know.
    pub(super) fn take_call(
        &mut self,
        ctx: &mut Context,
        call: GroupCall,
    ) -> Result<(), EndReason> {
        self.check_kind(ctx, &call)?;
        if self.settings.take(ctx, &call) {
            self.roster.call_is_shown(ctx, &call);
            self.reference.take(ctx, call)?;
        }
        Ok(())
    }

    /// Ends where a call is shown as encrypted that was not, or the other way round.
    fn check_kind(&self, ctx: &mut Context, call: &GroupCall) -> Result<(), EndReason> {
        let from = self.kind;
        let is_conference = from == CallKind::Conference;
        match call.active() {
            Some(call) if call.conference != is_conference => {
                ctx.event(Event::Suspicious(Suspicion::KindChanged { from }));
                Err(EndReason::KindChanged { from })
            }
            _ => Ok(()),
        }
    }

    /// Takes a change of the roster; gives whether it says that we left.
    pub(super) fn take_roster(
        &mut self,
        ctx: &mut Context,
        change: &Participants,
    ) -> Result<bool, EndReason> {
        self.roster.take_change(ctx, self.identity(), change)
    }

    /// Asks the server whether we are still joined.
    pub(super) fn check(&mut self, ctx: &mut Context) {
        let screen = self.controls.screen_source(ctx);
        self.liveness.check(ctx, self.identity(), screen);
    }
}

/// The rest of every input.
impl Presence {
    /// Brings everything up to date; `standing` is asked only if participants have changed.
    pub(super) fn settle(&mut self, ctx: &mut Context, standing: impl FnOnce() -> Standing) {
        let us = self.identity();
        if let Some(link) = self.reference.take_shown_link() {
            self.commands.link_is_shown(&link);
        }
        if let Some(settings) = self.settings.shown() {
            self.commands.settings_are(settings);
        }
        self.commands.settle(ctx);
        if let Some(entry) = self.roster.take_own() {
            self.controls.take_entry(ctx, us, &entry);
        }
        self.controls.settle(ctx, us);
        self.roster.show(ctx, standing);
    }
}
