//! The screen that we share: a media connection of its own, with a payload of its own.
//!
//! ```text
//! start ──▶ joining ── yes ──▶ shared ── stop, silenced ──▶ leaving ── yes ──▶ off
//!              ▲ │ └─ a source is taken: another payload      ▲ │ └─ lost: again
//!              └─┘                                            └─┘
//!                        a rejoin begins at joining, with another payload
//! ```
//!
//! The wish to share outlives a membership: it is in [`Wishes`](crate::engine::own_state::Wishes). Implements
//! `spec/protocol.md`, 10.

use core::time::Duration;

use crate::api::reaction::Reaction;
use crate::api::{
    CallConnection, GroupCallParticipant, JoinGroupCallPresentation, LeaveGroupCallPresentation,
    Method, Response, Ssrc, Updates,
};
use crate::engine::backoff::Backoff;
use crate::engine::command::{CommandFailure, Order};
use crate::engine::context::Context;
use crate::engine::event::Event;
use crate::engine::failure::Failure;
use crate::engine::identity::Identity;
use crate::engine::own_state::{MediaConnection, PayloadReason};
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::engine::timers::Timer;
use crate::joining::{Answer, JoinPayload};
use crate::limits;

/// The least time until the end of sharing is asked for again, after the first tries.
const AGAIN: Duration = Duration::from_secs(5);

/// The screen that we share.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Presentation {
    state: State,
    /// The command to start, until the server has said yes or no.
    start: Option<Order>,
    /// The commands to stop, until the server has said yes.
    stops: Vec<Order>,
    backoff: Backoff,
    /// True if the roster showed our screen.
    is_shown: bool,
    /// True for a screen of before a restart, until a check shows that the server still has it.
    is_resumed: bool,
}

#[derive(Clone, Debug)]
enum State {
    Off,
    /// The client is asked for a payload.
    Asking,
    /// The server is asked, with this payload.
    Joining(Ticket, JoinPayload),
    /// The pause until it is asked again.
    Pausing,
    Shared,
    /// The server is asked to end it; `None` in the pause until it is asked again.
    Leaving(Option<Ticket>),
}

impl Default for Presentation {
    fn default() -> Self {
        Self {
            state: State::Off,
            start: None,
            stops: Vec::new(),
            backoff: Backoff::new(Duration::from_millis(250), Duration::from_secs(4), 5),
            is_shown: false,
            is_resumed: false,
        }
    }
}

impl Presentation {
    /// The screen of a membership that goes on after a restart; a check shows whether the server still has it.
    pub(in crate::engine) fn resumed(ctx: &Context) -> Self {
        let state = match ctx.wishes.screen {
            Some(_) => State::Shared,
            None => State::Off,
        };
        Self {
            is_resumed: matches!(state, State::Shared),
            state,
            ..Self::default()
        }
    }

    /// True while the server has our screen.
    pub(in crate::engine) fn is_shared(&self) -> bool {
        matches!(self.state, State::Shared)
    }

    /// The source of the screen's connection, while the server has it.
    pub(in crate::engine) fn source(&self, ctx: &Context) -> Option<Ssrc> {
        let screen = ctx.wishes.screen.as_ref()?;
        self.is_shared().then(|| screen.ssrc())
    }

    /// Begins to share a screen, or goes on with another payload.
    pub(in crate::engine) fn start(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        payload: JoinPayload,
        order: Order,
    ) {
        if let Some(replaced) = self.start.replace(order) {
            ctx.failed(replaced, CommandFailure::Stopped);
        }
        ctx.wishes.screen = Some(payload);
        self.backoff.reset();
        // What is under way comes to its end first, so that the server has one request at a time; what is still to be sent gives way.
        let is_under_way = match self.state {
            State::Joining(ticket, _) => !ctx.take_back(ticket),
            State::Leaving(_) => true,
            State::Off | State::Asking | State::Pausing | State::Shared => false,
        };
        if !is_under_way {
            self.join(ctx, us);
        }
    }

    /// Shares the screen of the membership before, with another payload, if there was one.
    pub(in crate::engine) fn start_again(&mut self, ctx: &mut Context, us: Identity) {
        self.renew(ctx, us, PayloadReason::Rejoin);
    }

    /// Takes the payload that the client was asked for.
    pub(in crate::engine) fn supply(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        payload: JoinPayload,
    ) {
        if matches!(self.state, State::Asking) {
            ctx.timers.cancel(Timer::Presentation);
            ctx.wishes.screen = Some(payload);
            self.join(ctx, us);
        }
    }

    /// Goes on after a pause, or without the payload that did not come.
    pub(in crate::engine) fn handle_timer(&mut self, ctx: &mut Context, us: Identity) {
        match self.state {
            State::Pausing => self.join(ctx, us),
            State::Leaving(None) => self.leave(ctx, us),
            State::Asking => {
                self.fail(ctx, &CommandFailure::NoPayload);
                // The server may still have the one before.
                self.leave(ctx, us);
            }
            State::Off | State::Joining(..) | State::Shared | State::Leaving(Some(_)) => {}
        }
    }

    /// Asks the server to share the screen that is wanted.
    fn join(&mut self, ctx: &mut Context, us: Identity) {
        let Some(payload) = ctx.wishes.screen.clone() else {
            self.state = State::Off;
            return;
        };
        let join = JoinGroupCallPresentation {
            call: us.call.into(),
            params: payload.to_params(),
        };
        let ticket = ctx.send(Purpose::Presentation, join);
        self.state = State::Joining(ticket, payload);
    }

    fn leave(&mut self, ctx: &mut Context, us: Identity) {
        let call = us.call.into();
        let ticket = ctx.send(Purpose::Presentation, LeaveGroupCallPresentation { call });
        self.state = State::Leaving(Some(ticket));
    }

    /// Takes another payload for the screen that is wanted, or asks the client for one.
    fn renew(&mut self, ctx: &mut Context, us: Identity, why: PayloadReason) {
        let Some(payload) = ctx.wishes.screen.clone() else {
            return;
        };
        let screen = MediaConnection::Presentation;
        match ctx.renewed(screen, payload, why, Timer::Presentation) {
            Some(payload) => {
                ctx.wishes.screen = Some(payload);
                self.join(ctx, us);
            }
            None => self.state = State::Asking,
        }
    }

    /// Stops sharing; done at once if nothing is shared.
    pub(in crate::engine) fn stop(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        order: Option<Order>,
    ) {
        ctx.wishes.screen = None;
        if let Some(start) = self.start.take() {
            ctx.failed(start, CommandFailure::Stopped);
        }
        match order {
            Some(order) if self.stops.len() >= limits::COMMANDS => {
                ctx.failed(order, CommandFailure::Busy);
            }
            order => self.stops.extend(order),
        }
        match self.state {
            State::Off => self.is_left(ctx),
            State::Leaving(_) => {}
            // A join that is under way may be carried out, and the screen before another payload may still be there.
            State::Asking | State::Joining(..) | State::Pausing | State::Shared => {
                if let State::Joining(ticket, _) = self.state {
                    // It is not sent, or not again.
                    ctx.abandon(ticket);
                }
                ctx.timers.cancel(Timer::Presentation);
                self.backoff.reset();
                self.leave(ctx, us);
            }
        }
    }

    fn is_left(&mut self, ctx: &mut Context) {
        self.state = State::Off;
        for order in core::mem::take(&mut self.stops) {
            ctx.done(order);
        }
    }

    /// Takes the answer to a request; gives what the server showed.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Updates {
        match &self.state {
            State::Leaving(Some(sent)) if *sent == ticket => self.stopped(ctx, us, result),
            State::Joining(sent, payload) if *sent == ticket => {
                let is_newest = ctx.wishes.screen.as_ref() == Some(payload);
                match result {
                    Ok(response) if is_newest => {
                        self.state = State::Shared;
                        self.backoff.reset();
                        if let Some(order) = self.start.take() {
                            ctx.done(order);
                        }
                        response.into_updates().unwrap_or_default()
                    }
                    Err(failure) if is_newest => {
                        self.refused(ctx, us, failure);
                        Updates::default()
                    }
                    // Another payload is wanted by now.
                    _ => {
                        self.join(ctx, us);
                        Updates::default()
                    }
                }
            }
            _ => Updates::default(),
        }
    }

    /// Takes the answer to the end of sharing, which is asked for until the server has said yes. One that refuses has no
    /// screen of ours.
    fn stopped(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        result: Result<Response, Failure>,
    ) -> Updates {
        let method = Method::LeaveGroupCallPresentation;
        let failure = result.as_ref().err();
        if failure.is_some_and(|failure| failure.is_in_doubt(method)) {
            let pause = self.backoff.next(&mut ctx.public_rng);
            let pause = pause.unwrap_or_else(|| ctx.spread(AGAIN));
            self.state = State::Leaving(None);
            ctx.after(Timer::Presentation, pause);
            return Updates::default();
        }
        self.is_left(ctx);
        // Another one is wanted by now.
        self.join(ctx, us);
        let response = result.ok();
        let updates = response.and_then(|response| response.into_updates().ok());
        updates.unwrap_or_default()
    }

    fn refused(&mut self, ctx: &mut Context, us: Identity, failure: Failure) {
        let method = Method::JoinGroupCallPresentation;
        let reaction = failure.reaction(method);
        let can_help = matches!(
            reaction,
            None | Some(
                Reaction::NewSsrc | Reaction::CheckTipFirst | Reaction::RefreshReferenceOnce
            )
        );
        let pause = self.backoff.next(&mut ctx.public_rng);
        match (pause.filter(|_| can_help), reaction) {
            (Some(_), Some(Reaction::NewSsrc)) => self.renew(ctx, us, PayloadReason::SourceTaken),
            (Some(pause), _) => {
                ctx.retrying(failure.trouble(method), pause, self.backoff.used() + 1);
                self.state = State::Pausing;
                ctx.after(Timer::Presentation, pause);
            }
            (None, None) => {
                self.fail(ctx, &failure.into());
                // It may have been carried out.
                self.leave(ctx, us);
            }
            (None, Some(_)) => self.fail(ctx, &failure.into()),
        }
    }

    /// Gives sharing up.
    fn fail(&mut self, ctx: &mut Context, why: &CommandFailure) {
        ctx.wishes.screen = None;
        self.state = State::Off;
        if let Some(order) = self.start.take() {
            ctx.failed(order, why.clone());
        }
    }

    /// Shows the parameters of the screen's connection.
    pub(in crate::engine) fn take_connection(
        &self,
        ctx: &mut Context,
        connection: &CallConnection,
    ) {
        if !self.is_shared() {
            return;
        }
        if let Ok(parameters) = Answer::of_conference(&connection.params) {
            ctx.event(Event::Connection {
                connection: MediaConnection::Presentation,
                parameters: Box::new(parameters),
            });
        }
    }

    /// Takes our own entry of the roster: a screen that was in there and is not any more is not shared any more.
    pub(in crate::engine) fn take_entry(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        entry: &GroupCallParticipant,
    ) {
        let was_shown = core::mem::replace(&mut self.is_shown, entry.presentation.is_some());
        if was_shown && !self.is_shown && self.is_shared() {
            self.fail(ctx, &CommandFailure::Stopped);
        }
        // A screen whose end the server did not hear of, as before a restart.
        if self.is_shown && matches!(self.state, State::Off) {
            self.leave(ctx, us);
        }
    }

    /// Shares the screen again if its source was asked for, and the server does not know it any more.
    pub(in crate::engine) fn checked(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        asked: Option<Ssrc>,
        joined: &[Ssrc],
    ) {
        let Some(source) = self.source(ctx).filter(|source| asked == Some(*source)) else {
            return;
        };
        let was_resumed = core::mem::take(&mut self.is_resumed);
        match (joined.contains(&source), was_resumed) {
            (true, _) => {}
            // What was shared before a crash is not shared again by itself: people may have forgotten it.
            (false, true) => self.fail(ctx, &CommandFailure::Stopped),
            (false, false) => self.renew(ctx, us, PayloadReason::Lost),
        }
    }

    /// Answers the commands that wait in a membership that ends.
    pub(in crate::engine) fn give_up(&mut self, ctx: &mut Context) {
        if let Some(order) = self.start.take() {
            ctx.failed(order, CommandFailure::Unanswered);
        }
        // With the membership the screen goes.
        for order in core::mem::take(&mut self.stops) {
            ctx.done(order);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Request;
    use crate::engine::command::{CommandId, CommandKind};
    use crate::engine::config::Payloads;
    use crate::engine::testing::{US, answers, connection, context, outputs, picture, refused};

    fn order(kind: CommandKind) -> Order {
        let id = CommandId::new(1);
        Order { id, kind }
    }

    /// A member who has asked to share a screen, and the request.
    fn started() -> (Presentation, Context, Ticket) {
        let (mut presentation, mut ctx) = (Presentation::default(), context());
        let (payload, ticket) = (ctx.config.media.payload.clone(), ctx.next_ticket());
        let order = order(CommandKind::StartPresentation);
        presentation.start(&mut ctx, US, payload, order);
        (presentation, ctx, ticket)
    }

    fn accept(presentation: &mut Presentation, ctx: &mut Context, ticket: Ticket) {
        presentation.answered(ctx, US, ticket, Ok(Updates::default().into()));
    }

    /// The payloads with which a screen is asked for now.
    fn asked(ctx: &mut Context) -> Vec<String> {
        let requests = outputs(ctx).0.into_iter();
        let joins = requests.filter_map(|request| match request {
            Request::JoinPresentation(join) => Some(join.params.as_str().to_owned()),
            _ => None,
        });
        joins.collect()
    }

    fn shows(presentation: &mut Presentation, ctx: &mut Context, is_shown: bool) {
        let entry = GroupCallParticipant {
            presentation: is_shown.then(picture),
            ..GroupCallParticipant::new(US.peer, None)
        };
        presentation.take_entry(ctx, US, &entry);
    }

    #[test]
    fn a_screen_is_shared_once_the_server_says_so_until_it_is_stopped() {
        let (mut presentation, mut ctx, ticket) = started();
        assert!(!presentation.is_shared());
        accept(&mut presentation, &mut ctx, ticket);
        assert_eq!(answers(&mut ctx), [None]);
        assert_eq!(
            presentation.source(&ctx),
            Some(ctx.config.media.payload.ssrc())
        );

        let ticket = ctx.next_ticket();
        let stop = order(CommandKind::StopPresentation);
        presentation.stop(&mut ctx, US, Some(stop));
        assert!(answers(&mut ctx).is_empty());
        // A server that has no screen of ours has carried it out.
        let refusal = refused(400, "GROUPCALL_JOIN_MISSING");
        presentation.answered(&mut ctx, US, ticket, refusal);
        assert_eq!(answers(&mut ctx), [None]);
        assert!(!presentation.is_shared() && ctx.wishes.screen.is_none());
    }

    #[test]
    fn a_source_that_is_taken_is_replaced_a_few_times_and_then_sharing_fails() {
        let (mut presentation, mut ctx, mut ticket) = started();
        let mut payloads = asked(&mut ctx);
        for _ in 0..5 {
            let next = ctx.next_ticket();
            let taken = refused(400, "GROUPCALL_SSRC_DUPLICATE_MUCH");
            presentation.answered(&mut ctx, US, ticket, taken);
            payloads.extend(asked(&mut ctx));
            ticket = next;
        }
        payloads.sort_unstable();
        payloads.dedup();
        assert_eq!(payloads.len(), 6);
        let taken = refused(400, "GROUPCALL_SSRC_DUPLICATE_MUCH");
        presentation.answered(&mut ctx, US, ticket, taken);
        assert!(matches!(
            answers(&mut ctx)[..],
            [Some(CommandFailure::Refused(_))]
        ));
    }

    #[test]
    fn a_client_that_has_a_media_stack_is_asked_for_the_payload_and_has_its_time() {
        for is_supplied in [true, false] {
            let (mut presentation, mut ctx, ticket) = started();
            ctx.config.payloads = Payloads::Client {
                within: Duration::from_secs(5),
            };
            outputs(&mut ctx);
            let taken = refused(400, "GROUPCALL_SSRC_DUPLICATE_MUCH");
            presentation.answered(&mut ctx, US, ticket, taken);
            let (requests, events) = outputs(&mut ctx);
            assert!(requests.is_empty() && ctx.timers.is_set(Timer::Presentation));
            assert!(matches!(
                events[..],
                [Event::PayloadWanted {
                    connection: MediaConnection::Presentation,
                    ..
                }]
            ));
            if is_supplied {
                let payload = ctx.config.media.payload.clone();
                presentation.supply(&mut ctx, US, payload);
                assert_eq!(asked(&mut ctx).len(), 1);
            } else {
                presentation.handle_timer(&mut ctx, US);
                assert_eq!(answers(&mut ctx), [Some(CommandFailure::NoPayload)]);
            }
        }
    }

    #[test]
    fn a_lost_answer_is_asked_for_again() {
        let (mut presentation, mut ctx, ticket) = started();
        asked(&mut ctx);
        presentation.answered(&mut ctx, US, ticket, Err(Failure::Lost));
        assert!(ctx.timers.is_set(Timer::Presentation));
        presentation.handle_timer(&mut ctx, US);
        assert_eq!(asked(&mut ctx).len(), 1);
    }

    #[test]
    fn a_screen_that_is_stopped_before_the_server_answers_is_left_all_the_same() {
        let (mut presentation, mut ctx, ticket) = started();
        asked(&mut ctx);
        presentation.stop(&mut ctx, US, None);
        let leaves = outputs(&mut ctx).0;
        assert!(matches!(leaves[..], [Request::LeavePresentation(_)]));
        accept(&mut presentation, &mut ctx, ticket);
        assert!(!presentation.is_shared());
    }

    #[test]
    fn a_screen_that_the_server_takes_out_of_the_roster_is_not_shared_any_more() {
        let (mut presentation, mut ctx, ticket) = started();
        accept(&mut presentation, &mut ctx, ticket);
        // The entry may come after the answer.
        shows(&mut presentation, &mut ctx, false);
        assert!(presentation.is_shared());
        shows(&mut presentation, &mut ctx, true);
        shows(&mut presentation, &mut ctx, false);
        assert!(!presentation.is_shared() && ctx.wishes.screen.is_none());
    }

    #[test]
    fn a_screen_whose_source_is_not_joined_any_more_is_shared_again() {
        let (mut presentation, mut ctx, ticket) = started();
        accept(&mut presentation, &mut ctx, ticket);
        let source = presentation.source(&ctx).unwrap();
        asked(&mut ctx);
        presentation.checked(&mut ctx, US, Some(source), &[source]);
        assert!(asked(&mut ctx).is_empty());
        // One that was sent before the screen was shared.
        presentation.checked(&mut ctx, US, None, &[]);
        assert!(asked(&mut ctx).is_empty());
        presentation.checked(&mut ctx, US, Some(source), &[]);
        assert_eq!(asked(&mut ctx).len(), 1);
    }

    #[test]
    fn the_end_of_sharing_is_asked_for_until_the_server_says_yes() {
        // By a command, and by an admin who silences us.
        for has_order in [true, false] {
            let (mut presentation, mut ctx, ticket) = started();
            accept(&mut presentation, &mut ctx, ticket);
            answers(&mut ctx);
            let stop = has_order.then(|| order(CommandKind::StopPresentation));
            let mut ticket = ctx.next_ticket();
            presentation.stop(&mut ctx, US, stop);
            for _ in 0..20 {
                outputs(&mut ctx);
                presentation.answered(&mut ctx, US, ticket, Err(Failure::Lost));
                assert!(ctx.timers.is_set(Timer::Presentation));
                ticket = ctx.next_ticket();
                presentation.handle_timer(&mut ctx, US);
                assert_eq!(outputs(&mut ctx).0.len(), 1);
            }
            accept(&mut presentation, &mut ctx, ticket);
            assert_eq!(answers(&mut ctx).len(), usize::from(has_order));
        }
    }

    #[test]
    fn a_screen_that_was_shared_is_left_also_while_another_payload_is_awaited() {
        let (mut presentation, mut ctx, ticket) = started();
        ctx.config.payloads = Payloads::Client {
            within: Duration::from_secs(5),
        };
        accept(&mut presentation, &mut ctx, ticket);
        let source = presentation.source(&ctx);
        presentation.checked(&mut ctx, US, source, &[]);
        outputs(&mut ctx);
        let stop = order(CommandKind::StopPresentation);
        presentation.stop(&mut ctx, US, Some(stop));
        assert_eq!(outputs(&mut ctx).0.len(), 1);
    }

    #[test]
    fn no_connection_of_a_screen_is_shown_to_one_who_shares_none() {
        let (presentation, mut ctx) = (Presentation::default(), context());
        presentation.take_connection(&mut ctx, &connection(true));
        assert!(outputs(&mut ctx).1.is_empty());
    }

    #[test]
    fn the_newest_payload_is_shared_after_one_request_at_a_time() {
        let (mut presentation, mut ctx, ticket) = started();
        let mut newest = ctx.config.media.payload.clone();
        for _ in 0..1000 {
            newest = newest.with_new_sources(&mut ctx.public_rng);
            let start = order(CommandKind::StartPresentation);
            presentation.start(&mut ctx, US, newest.clone(), start);
        }
        let (requests, events) = outputs(&mut ctx);
        assert_eq!((requests.len(), events.len()), (1, 1000));
        let next = ctx.next_ticket();
        accept(&mut presentation, &mut ctx, ticket);
        assert_eq!(asked(&mut ctx), [newest.to_params().as_str()]);
        accept(&mut presentation, &mut ctx, next);
        assert_eq!(answers(&mut ctx), [None]);
    }

    #[test]
    fn a_screen_that_is_wanted_again_while_it_is_left_is_shared_after_that() {
        let (mut presentation, mut ctx, ticket) = started();
        accept(&mut presentation, &mut ctx, ticket);
        outputs(&mut ctx);
        let ticket = ctx.next_ticket();
        presentation.stop(&mut ctx, US, None);
        let (payload, start) = (
            ctx.config.media.payload.clone(),
            order(CommandKind::StartPresentation),
        );
        presentation.start(&mut ctx, US, payload, start);
        assert!(asked(&mut ctx).is_empty());
        accept(&mut presentation, &mut ctx, ticket);
        assert_eq!(asked(&mut ctx).len(), 1);
    }

    #[test]
    fn a_screen_of_before_a_restart_that_the_server_has_lost_is_not_shared_again_by_itself() {
        for is_known in [true, false] {
            let mut ctx = context();
            ctx.wishes.screen = Some(ctx.config.media.payload.clone());
            let mut presentation = Presentation::resumed(&ctx);
            let source = presentation.source(&ctx).unwrap();
            let joined = [source];
            let joined = if is_known { &joined[..] } else { &[] };
            presentation.checked(&mut ctx, US, Some(source), joined);
            assert_eq!(presentation.is_shared(), is_known);
            assert!(asked(&mut ctx).is_empty());
        }
    }

    #[test]
    fn a_screen_that_the_server_shows_and_that_is_not_shared_is_ended() {
        let (mut presentation, mut ctx) = (Presentation::default(), context());
        for _ in 0..2 {
            shows(&mut presentation, &mut ctx, true);
        }
        let requests = outputs(&mut ctx).0;
        assert!(matches!(requests[..], [Request::LeavePresentation(_)]));
    }
}
