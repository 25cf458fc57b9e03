//! The commands of the caller that wait for an answer of the server, or for what the answer promises.
//!
//! ```text
//! sent ── yes ──▶ done                          the answer is all there is to see
//!            └──▶ promised ── it comes ──▶ done
//!                         └── 15 s ──────▶ failed
//! ```

use std::collections::BTreeMap;

use confcall_media::Moment;

use super::settings::Setting;
use crate::api::reaction::Reaction;
use crate::api::{CallSettings, InviteLink, Method, Request, Response};
use crate::engine::command::{CommandFailure, CommandKind, EFFECT, Order};
use crate::engine::context::Context;
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::engine::timers::Timer;
use crate::joining::Link;
use crate::limits;

/// The commands that wait.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Commands(BTreeMap<Ticket, Waiting>);

#[derive(Clone, Debug)]
struct Waiting {
    order: Order,
    effect: Effect,
    /// The last moment for the effect to come, once the server said yes.
    promised: Option<Moment>,
    /// The first request of a command that takes several.
    part_of: Option<Ticket>,
}

/// The sign by which a command is known to be carried out, after the server said yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Effect {
    /// The answer itself.
    Answer,
    /// Another link of the call than this; if none is known, one that is shown after the server said yes.
    LinkOtherThan(Option<InviteLink>),
    /// A setting that is shown.
    Setting(Setting),
    /// The end of the call.
    Over,
}

impl Commands {
    /// Sends the request of a command, unless too much waits already.
    pub(in crate::engine) fn send(
        &mut self,
        ctx: &mut Context,
        order: Order,
        effect: Effect,
        body: impl Into<Request>,
    ) {
        self.replace(ctx, order.kind);
        if self.0.len() < limits::COMMANDS {
            let ticket = ctx.send(Purpose::Command, body);
            let waiting = Waiting {
                order,
                effect,
                promised: None,
                part_of: None,
            };
            self.0.insert(ticket, waiting);
        } else {
            ctx.failed(order, CommandFailure::Busy);
        }
    }

    /// Has what a newer command wants otherwise take no effect after it: what is still to be sent gives way, and what was sent is not
    /// sent again.
    fn replace(&mut self, ctx: &mut Context, newer: CommandKind) {
        let mut taken_back = Vec::new();
        self.0.retain(|ticket, one| {
            if one.promised.is_some() || !replaces(newer, one.order.kind) {
                return true;
            }
            let is_sent = ctx.abandon(*ticket);
            if !is_sent {
                taken_back.push(one.order);
            }
            is_sent
        });
        for order in taken_back {
            ctx.failed(order, CommandFailure::Stopped);
        }
    }

    /// Sends the requests of a command that takes several, unless too much waits already; it is done once all are.
    pub(in crate::engine) fn send_all(
        &mut self,
        ctx: &mut Context,
        order: Order,
        bodies: Vec<Request>,
    ) {
        if bodies.is_empty() {
            return ctx.done(order);
        }
        if self.0.len().saturating_add(bodies.len()) > limits::COMMANDS {
            return ctx.failed(order, CommandFailure::Busy);
        }
        let all = ctx.next_ticket();
        for body in bodies {
            let ticket = ctx.send(Purpose::Command, body);
            let waiting = Waiting {
                order,
                effect: Effect::Answer,
                promised: None,
                part_of: Some(all),
            };
            self.0.insert(ticket, waiting);
        }
    }

    /// True if another request of the same command waits.
    fn has_others(&self, one: &Waiting) -> bool {
        let same = |other: &Waiting| other.part_of == one.part_of;
        one.part_of.is_some() && self.0.values().any(same)
    }

    /// Takes the answer to a command; gives what the server said, for the member to take in.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        method: Method,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Option<Response> {
        let waiting = self.0.remove(&ticket)?;
        let order = waiting.order;
        match result {
            Ok(response) => {
                if let Some(why) = failure_of(method, &response) {
                    self.failed(ctx, &waiting, why);
                    return None;
                }
                self.accepted(ctx, ticket, waiting);
                return Some(response);
            }
            Err(failure) => match failure.reaction(method) {
                Some(Reaction::TreatAsSuccess) => match waiting.effect {
                    // What is so already is not shown again.
                    Effect::Setting(_) => ctx.done(order),
                    // That the call is so already is the server's word, as its yes is.
                    _ => self.accepted(ctx, ticket, waiting),
                },
                _ => self.failed(ctx, &waiting, failure),
            },
        }
        None
    }

    /// Fails a command, whatever becomes of its other requests.
    fn failed(&mut self, ctx: &mut Context, one: &Waiting, why: impl Into<CommandFailure>) {
        if one.part_of.is_some() {
            self.0.retain(|_, other| other.part_of != one.part_of);
        }
        ctx.failed(one.order, why);
    }

    /// Answers a command to which the server said yes, or waits for its effect.
    fn accepted(&mut self, ctx: &mut Context, ticket: Ticket, mut waiting: Waiting) {
        if waiting.effect == Effect::Answer {
            if !self.has_others(&waiting) {
                ctx.done(waiting.order);
            }
        } else {
            waiting.promised = Some(ctx.now + EFFECT);
            self.0.insert(ticket, waiting);
        }
    }

    /// Notes the link that the server has just shown.
    pub(in crate::engine) fn link_is_shown(&mut self, link: &InviteLink) {
        for one in self.0.values_mut() {
            one.see_link(link);
        }
    }

    /// Notes the settings as they are shown.
    pub(in crate::engine) fn settings_are(&mut self, settings: CallSettings) {
        for one in self.0.values_mut().filter(|one| one.promised.is_some()) {
            if let Effect::Setting(setting) = one.effect
                && setting.is_so(settings)
            {
                one.effect = Effect::Answer;
            }
        }
    }

    /// Answers the commands whose effect has come, or had its time to.
    pub(in crate::engine) fn settle(&mut self, ctx: &mut Context) {
        self.0.retain(|_, one| match one.promised {
            Some(_) if one.effect == Effect::Answer => {
                ctx.done(one.order);
                false
            }
            Some(until) if until <= ctx.now => {
                ctx.failed(one.order, CommandFailure::NoEffect);
                false
            }
            _ => true,
        });
        match self.0.values().filter_map(|one| one.promised).min() {
            Some(until) => ctx.timers.set(Timer::Command, until),
            None => ctx.timers.cancel(Timer::Command),
        }
    }

    /// Answers the commands that wait in a membership that ends, perhaps because the call is over.
    pub(in crate::engine) fn give_up(&mut self, ctx: &mut Context, is_over: bool) {
        while let Some((ticket, one)) = self.0.pop_first() {
            // A command that takes several requests is answered with the last.
            if self.has_others(&one) {
                continue;
            }
            if is_over && one.effect == Effect::Over {
                ctx.done(one.order);
            } else if one.promised.is_some() {
                ctx.failed(one.order, CommandFailure::NoEffect);
            } else if ctx.holds_back(ticket) {
                ctx.failed(one.order, CommandFailure::NotJoined);
            } else {
                ctx.failed(one.order, CommandFailure::Unanswered);
            }
        }
    }
}

impl Waiting {
    /// Waits for no more than the answer, once a link shows that the old one is replaced.
    fn see_link(&mut self, link: &InviteLink) {
        let is_new = match &self.effect {
            Effect::LinkOtherThan(Some(old)) => !leads_to_the_same(link, old),
            // What is shown before may be the old link, for the first time.
            Effect::LinkOtherThan(None) => self.promised.is_some(),
            Effect::Answer | Effect::Setting(_) | Effect::Over => false,
        };
        if is_new {
            self.effect = Effect::Answer;
        }
    }
}

/// True for two forms of one link.
fn leads_to_the_same(link: &InviteLink, other: &InviteLink) -> bool {
    let parse = |link: &InviteLink| Link::parse(link.as_str()).ok();
    link == other || parse(link).is_some_and(|link| parse(other) == Some(link))
}

/// The failure that an answer amounts to; `None` for the server's yes.
fn failure_of(method: Method, response: &Response) -> Option<CommandFailure> {
    match (method, response) {
        (Method::SendGroupCallEncryptedMessage, Response::Bool(false)) => {
            Some(CommandFailure::NotTaken)
        }
        (Method::SendGroupCallEncryptedMessage, Response::Bool(true))
        | (Method::GetGroupParticipants, Response::Participants(_))
        | (
            Method::InviteConferenceCallParticipant
            | Method::ToggleGroupCallSettings
            | Method::DiscardGroupCall
            | Method::DiscardCall
            | Method::SendGroupCallMessage
            | Method::DeleteGroupCallMessages
            | Method::DeleteGroupCallParticipantMessages
            | Method::EditGroupCallTitle
            | Method::ToggleGroupCallRecord
            | Method::StartScheduledGroupCall
            | Method::ToggleGroupCallStartSubscription
            | Method::InviteToGroupCall,
            Response::Updates(_),
        )
        | (Method::ExportGroupCallInvite, Response::InviteLink(_)) => None,
        // An answer to something else says nothing of this.
        _ => Some(CommandFailure::Unanswered),
    }
}

/// True for commands about the same thing, of which the last counts.
fn replaces(newer: CommandKind, older: CommandKind) -> bool {
    use CommandKind::{
        SetJoinMuted, SetMessagesEnabled, SetTitle, StartRecording, StopRecording, SubscribeStart,
    };
    matches!(
        (newer, older),
        (SetMessagesEnabled, SetMessagesEnabled)
            | (SetJoinMuted, SetJoinMuted)
            | (SetTitle, SetTitle)
            | (SubscribeStart, SubscribeStart)
            | (
                StartRecording | StopRecording,
                StartRecording | StopRecording
            )
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{DiscardGroupCall, ToggleGroupCallSettings, Updates};
    use crate::engine::command::{CommandId, CommandKind};
    use crate::engine::testing::{CALL, advance, answers, context, refused};

    const METHOD: Method = Method::DiscardGroupCall;

    fn discard(commands: &mut Commands, ctx: &mut Context) -> Option<Ticket> {
        let (id, kind) = (CommandId::new(1), CommandKind::Discard);
        let call = CALL.into();
        let (order, discard) = (Order { id, kind }, DiscardGroupCall { call });
        commands.send(ctx, order, Effect::Over, discard);
        commands.0.keys().next_back().copied()
    }

    #[test]
    fn a_command_is_answered_once_and_not_by_the_servers_word_that_the_call_is_already_so() {
        let (mut commands, mut ctx) = (Commands::default(), context());
        let ticket = discard(&mut commands, &mut ctx).unwrap();
        let already = || refused(400, "GROUPCALL_ALREADY_DISCARDED");
        for _ in 0..2 {
            commands.answered(&mut ctx, METHOD, ticket, already());
        }
        assert_eq!(answers(&mut ctx), []);
        for _ in 0..2 {
            commands.give_up(&mut ctx, true);
        }
        assert_eq!(answers(&mut ctx), [None]);
    }

    #[test]
    fn an_answer_of_another_type_is_none() {
        let (mut commands, mut ctx) = (Commands::default(), context());
        let ticket = discard(&mut commands, &mut ctx).unwrap();
        commands.answered(&mut ctx, METHOD, ticket, Ok(Response::Bool(true)));
        assert_eq!(answers(&mut ctx), [Some(CommandFailure::Unanswered)]);
    }

    #[test]
    fn what_waits_when_the_membership_ends_fails_unless_the_end_is_what_it_asked_for() {
        for (is_over, expected) in [(true, None), (false, Some(CommandFailure::Unanswered))] {
            let (mut commands, mut ctx) = (Commands::default(), context());
            discard(&mut commands, &mut ctx);
            commands.give_up(&mut ctx, is_over);
            assert_eq!(answers(&mut ctx), [expected]);
        }
    }

    #[test]
    fn commands_beyond_the_bound_are_too_many() {
        let (mut commands, mut ctx) = (Commands::default(), context());
        for _ in 0..=limits::COMMANDS {
            discard(&mut commands, &mut ctx);
        }
        assert_eq!(answers(&mut ctx), [Some(CommandFailure::Busy)]);
    }

    #[test]
    fn a_link_is_replaced_when_another_one_is_seen_and_not_by_the_servers_word() {
        let [old, new] = ["https://t.me/call/old", "https://t.me/call/new"].map(InviteLink::new);
        let order = Order {
            id: CommandId::new(1),
            kind: CommandKind::RevokeLink,
        };
        for (seen, expected) in [(&new, None), (&old, Some(CommandFailure::NoEffect))] {
            let (mut commands, mut ctx) = (Commands::default(), context());
            let effect = Effect::LinkOtherThan(Some(old.clone()));
            let revoke = ToggleGroupCallSettings::revoke_link(CALL.into());
            commands.send(&mut ctx, order, effect, revoke);
            let ticket = *commands.0.keys().next().unwrap();
            let yes = Ok(Updates::default().into());
            commands.answered(&mut ctx, Method::ToggleGroupCallSettings, ticket, yes);
            commands.link_is_shown(&old);
            commands.settle(&mut ctx);
            assert_eq!(answers(&mut ctx), []);
            assert!(ctx.timers.is_set(Timer::Command));
            advance(&mut ctx, EFFECT);
            commands.link_is_shown(seen);
            commands.settle(&mut ctx);
            assert_eq!(answers(&mut ctx), [expected]);
        }
    }

    #[test]
    fn a_link_that_is_known_by_nobody_is_replaced_when_one_is_seen_after_the_servers_yes() {
        let [old, new] = ["https://t.me/call/old", "https://t.me/call/new"].map(InviteLink::new);
        let order = Order {
            id: CommandId::new(1),
            kind: CommandKind::RevokeLink,
        };
        let (mut commands, mut ctx) = (Commands::default(), context());
        let revoke = ToggleGroupCallSettings::revoke_link(CALL.into());
        commands.send(&mut ctx, order, Effect::LinkOtherThan(None), revoke);
        let ticket = *commands.0.keys().next().unwrap();
        // An update that was on its way shows the old one for the first time.
        commands.link_is_shown(&old);
        commands.settle(&mut ctx);
        let yes = Ok(Updates::default().into());
        commands.answered(&mut ctx, Method::ToggleGroupCallSettings, ticket, yes);
        commands.settle(&mut ctx);
        assert_eq!(answers(&mut ctx), []);
        commands.link_is_shown(&new);
        commands.settle(&mut ctx);
        assert_eq!(answers(&mut ctx), [None]);
    }

    #[test]
    fn a_setting_is_made_when_it_is_shown_and_not_by_the_servers_word() {
        let shown = |messages_enabled| CallSettings {
            messages_enabled,
            ..CallSettings::default()
        };
        let order = Order {
            id: CommandId::new(1),
            kind: CommandKind::SetMessagesEnabled,
        };
        let method = Method::ToggleGroupCallSettings;
        let sent = || {
            let (mut commands, mut ctx) = (Commands::default(), context());
            let effect = Effect::Setting(Setting::MessagesEnabled(false));
            let toggle = ToggleGroupCallSettings::nothing(CALL.into());
            commands.send(&mut ctx, order, effect, toggle);
            let ticket = *commands.0.keys().next().unwrap();
            (commands, ctx, ticket)
        };
        for (is_off, expected) in [(true, None), (false, Some(CommandFailure::NoEffect))] {
            let (mut commands, mut ctx, ticket) = sent();
            let yes = Ok(Updates::default().into());
            commands.answered(&mut ctx, method, ticket, yes);
            commands.settings_are(shown(true));
            commands.settle(&mut ctx);
            assert_eq!(answers(&mut ctx), []);
            advance(&mut ctx, EFFECT);
            commands.settings_are(shown(!is_off));
            commands.settle(&mut ctx);
            assert_eq!(answers(&mut ctx), [expected]);
        }
        let (mut commands, mut ctx, ticket) = sent();
        let already = refused(400, "GROUPCALL_NOT_MODIFIED");
        commands.answered(&mut ctx, method, ticket, already);
        assert_eq!(answers(&mut ctx), [None]);
    }

    #[test]
    fn a_call_is_ended_when_its_end_is_seen_and_not_by_the_servers_word() {
        for (is_over, expected) in [(true, None), (false, Some(CommandFailure::NoEffect))] {
            let (mut commands, mut ctx) = (Commands::default(), context());
            let ticket = discard(&mut commands, &mut ctx).unwrap();
            let yes = Ok(Updates::default().into());
            commands.answered(&mut ctx, METHOD, ticket, yes);
            advance(&mut ctx, EFFECT / 2);
            commands.settle(&mut ctx);
            assert_eq!(answers(&mut ctx), []);
            if is_over {
                commands.give_up(&mut ctx, true);
            } else {
                advance(&mut ctx, EFFECT / 2);
                commands.settle(&mut ctx);
            }
            assert_eq!(answers(&mut ctx), [expected]);
        }
    }
}
