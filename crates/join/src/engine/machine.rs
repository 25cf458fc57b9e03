use core::time::Duration;

use confcall_media::Moment;
use confcall_state::UserId;
use thiserror::Error;

use super::abilities;
use super::command::{Command, CommandFailure, CommandId, Order};
use super::config::Config;
use super::context::Context;
use super::declines::Declines;
use super::departure::{Departure, Flow};
use super::end::{EndReason, Ended, RejoinReason};
use super::entering::{Accepted, Entering, Exit};
use super::event::{Event, Trouble};
use super::in_call::InCall;
use super::io::{Input, Outcome, Output, RequestId};
use super::leaving::{Leaving, Withdrawal};
use super::member;
use super::own_state::{MediaConnection, OwnState};
use super::parts::stream::Stream;
use super::purpose::Purpose;
use super::requests::Answer;
use super::secrets::Secrets;
use super::timers::Timer;
use crate::api::{InputPeer, LeaveGroupCall, Method, Update};
use crate::engine::checkpoint::{CheckpointError, Content, RestoreError};
use crate::joining::Target;
use crate::labels::Labels;
use crate::membership::LastKnown;
use crate::policy::CallKind;

/// The state of an engine.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
enum State {
    Entering(Entering),
    Member(InCall),
    /// The caller wants to leave, and a join is under way that may be carried out.
    Withdrawing(Withdrawal),
    Leaving(Leaving),
    Ended,
}

/// The engine was used against its contract; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// Outputs are waiting: poll until [`Output::Timeout`] before the next input.
    #[error("outputs are waiting; poll until the timeout before the next input")]
    OutputPending,
    /// The time went backwards.
    #[error("the time went backwards")]
    TimeWentBack,
}

/// The states of an engine, and all that they share.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct Machine {
    ctx: Context,
    state: State,
    /// The command that waits for the next membership.
    rejoin: Option<Order>,
    /// The stream of the membership before, which goes on until the media of the next is connected.
    stream: Option<Stream>,
    declines: Declines,
}

impl Machine {
    /// Begins to enter the call of the configuration.
    pub(super) fn begin(ctx: Context) -> Self {
        let mut machine = Self::in_state(ctx, State::Ended);
        match Entering::first(&mut machine.ctx) {
            Ok(entering) => machine.state = State::Entering(entering),
            Err(exit) => machine.exit(exit),
        }
        machine
    }

    /// Goes on from what a checkpoint holds.
    pub(super) fn resume(mut ctx: Context, content: Content) -> Result<Self, RestoreError> {
        check_config(&ctx.config, &content)?;
        let (member, flow) = member::checkpoint::resume(&mut ctx, content)?;
        let mut machine = Self::in_state(ctx, State::Member(InCall::Conference(Box::new(member))));
        machine.go_on(flow);
        Ok(machine)
    }

    /// The content of a checkpoint; there is none outside the call, and of no call but a conference.
    pub(super) fn save(&self) -> Result<Content, CheckpointError> {
        let in_call = self.in_call().ok_or(CheckpointError::NotAMember)?;
        let member = in_call.member().ok_or(CheckpointError::NotAConference)?;
        Ok(member::checkpoint::save(member, &self.ctx))
    }

    fn in_state(ctx: Context, state: State) -> Self {
        Self {
            ctx,
            state,
            rejoin: None,
            stream: None,
            declines: Declines::default(),
        }
    }

    /// The secrets, whose facts a trace keeps.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.ctx.secrets
    }

    /// The secrets, to take facts from them or to give them some.
    pub(super) fn secrets_mut(&mut self) -> &mut Secrets {
        &mut self.ctx.secrets
    }

    /// Takes in one input at a moment.
    pub(super) fn handle_input(&mut self, now: Moment, input: Input) -> Result<(), Misuse> {
        if self.ctx.has_output() {
            return Err(Misuse::OutputPending);
        }
        if now < self.ctx.now {
            return Err(Misuse::TimeWentBack);
        }
        self.ctx.now = now;
        match input {
            Input::Tick => {}
            Input::Answer { request, outcome } => self.handle_outcome(request, outcome),
            Input::Update(update) => {
                // Also while we enter, or enter again: the names are of peers, not of a membership.
                if let Update::Labels(labels) = &update {
                    self.ctx.labels.learn(labels);
                }
                self.handle_update(update);
            }
            Input::Missed => match &mut self.state {
                State::Entering(entering) => {
                    let step = entering.handle_gap(&mut self.ctx);
                    self.step(step);
                }
                _ => self.with_member(InCall::handle_gap),
            },
            Input::Command { id, command } => self.handle_command(id, command),
        }
        // The input first: it may be what a timer was set for.
        while let Some(timer) = self.ctx.timers.take_due(now) {
            self.handle_timer(timer);
        }
        Ok(())
    }

    /// The next output.
    pub(super) fn poll_output(&mut self) -> Output {
        self.ctx
            .take_output()
            .unwrap_or_else(|| Output::Timeout(self.ctx.timers.next()))
    }

    /// The last state that was seen of the call.
    pub(super) fn last_known(&self) -> Option<LastKnown> {
        let current = self.in_call().and_then(InCall::last_known);
        let Some(current) = current else {
            return self.ctx.past.last_known().cloned();
        };
        // A member from an older checkpoint has not reached it yet.
        let later = self.ctx.past.last_known_of(current.call());
        let later = later.filter(|known| known.height() > current.height());
        Some(later.cloned().unwrap_or(current))
    }

    /// The method of each request that waits because the server wants time to pass, and until when.
    pub(super) fn waits(&self) -> impl Iterator<Item = (Method, Moment)> {
        self.ctx.waits()
    }

    /// The names of peers.
    pub(super) fn labels(&self) -> &Labels {
        &self.ctx.labels
    }

    /// The kind of the call.
    pub(super) fn kind(&self) -> CallKind {
        self.ctx.kind()
    }

    /// The membership, while there is one.
    pub(super) fn in_call(&self) -> Option<&InCall> {
        match &self.state {
            State::Member(member) => Some(member),
            _ => None,
        }
    }

    /// The state of our own media, while we are a member.
    pub(super) fn own_state(&self) -> Option<OwnState> {
        Some(self.in_call()?.own_state(&self.ctx))
    }

    /// True once all is over.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }
}

/// The inputs, each for the state that takes it.
impl Machine {
    /// Hands an input to the member, if we are one, and goes on as it says.
    fn with_member(&mut self, input: impl FnOnce(&mut InCall, &mut Context) -> Flow) {
        if let State::Member(member) = &mut self.state {
            let flow = input(member, &mut self.ctx);
            self.go_on(flow);
        }
    }

    fn handle_update(&mut self, update: Update) {
        match &mut self.state {
            State::Entering(entering) => {
                let step = entering.handle_update(&mut self.ctx, &update);
                self.step(step);
            }
            _ => self.with_member(|member, ctx| member.handle_update(ctx, update)),
        }
    }

    fn handle_timer(&mut self, timer: Timer) {
        if timer == Timer::HeldBack {
            return self.ctx.send_held_back();
        }
        let ctx = &mut self.ctx;
        match &mut self.state {
            State::Entering(entering) => {
                let step = entering.handle_timer(ctx, timer);
                self.step(step);
            }
            State::Member(member) => {
                let flow = member.handle_timer(ctx, timer);
                self.go_on(flow);
            }
            State::Leaving(leaving) => {
                if leaving.handle_timer(ctx, timer) {
                    self.end(EndReason::Left);
                }
            }
            State::Withdrawing(_) | State::Ended => {}
        }
    }

    fn handle_outcome(&mut self, request: RequestId, outcome: Outcome) {
        if let Some(answer) = self.ctx.answered(request, outcome) {
            match answer.purpose {
                Purpose::Decline => {
                    self.declines.answered(&mut self.ctx, answer);
                    // The names that it brings are of participants too.
                    self.with_member(InCall::settle);
                }
                _ => self.handle_answer(answer),
            }
        } else {
            self.held_back();
        }
    }

    /// Looks at a request that the server wants later: it may be wanted otherwise, or not any more, since it was sent.
    fn held_back(&mut self) {
        match &mut self.state {
            State::Entering(entering) => {
                let step = entering.wish_changed(&mut self.ctx);
                self.step(step);
            }
            _ => self.with_member(InCall::settle),
        }
    }

    fn handle_answer(&mut self, answer: Answer) {
        let ctx = &mut self.ctx;
        match &mut self.state {
            State::Entering(entering) => {
                let step = entering.handle_answer(ctx, answer);
                self.step(step);
            }
            State::Member(member) => {
                let flow = member.handle_answer(ctx, answer);
                self.go_on(flow);
            }
            State::Withdrawing(withdrawal) => {
                let leave = withdrawal.leave(answer);
                self.leave(leave);
            }
            State::Leaving(leaving) => {
                if leaving.handle_answer(ctx, answer) {
                    self.end(EndReason::Left);
                }
            }
            State::Ended => {}
        }
    }

    fn handle_command(&mut self, id: CommandId, command: Command) {
        let kind = command.kind();
        let order = kind.map(|kind| Order { id, kind });
        if let Command::WantVideo { endpoint, quality } = &command {
            self.ctx.wishes.want_video(endpoint, Some(*quality));
        } else if let Command::StopVideo { endpoint } = &command {
            self.ctx.wishes.want_video(endpoint, None);
        }
        match (command, &mut self.state, order) {
            (_, State::Ended, _) => {}
            (Command::Decline { .. }, _, Some(order))
                if self.ctx.kind() != CallKind::Conference =>
            {
                let why = CommandFailure::NotInThisKind(self.ctx.kind());
                self.ctx.failed(order, why);
            }
            (Command::Decline { message }, _, Some(order)) => {
                self.declines.send(&mut self.ctx, order, message);
            }
            (Command::Rejoin, State::Member(_), Some(order)) => {
                self.rejoin_asked(order, RejoinReason::Requested, None);
            }
            (Command::JoinAs { peer }, State::Member(InCall::Group(_)), Some(order))
                if abilities::has(self.ctx.kind(), &Command::JoinAs { peer: peer.clone() }) =>
            {
                self.rejoin_asked(order, RejoinReason::OtherPeer, Some(peer));
            }
            (command, State::Member(member), Some(order)) => {
                let flow = member.handle_command(&mut self.ctx, order, command);
                self.go_on(flow);
            }
            (command, State::Member(member), None) => {
                let flow = member.handle_notice(&mut self.ctx, command);
                self.go_on(flow);
            }
            (Command::Leave, State::Entering(_), _) => self.withdraw(),
            (
                Command::Supply {
                    connection: MediaConnection::Main,
                    payload,
                },
                State::Entering(entering),
                _,
            ) => {
                let step = entering.supply(&mut self.ctx, payload);
                self.step(step);
            }
            (command, State::Entering(entering), Some(order)) => {
                // The join announces it, or the next membership takes it over.
                match note(&mut self.ctx, &command) {
                    Some(Ok(())) => {
                        self.ctx.done(order);
                        self.held_back();
                    }
                    Some(Err(why)) => self.ctx.failed(order, why),
                    None => entering.handle_command(&mut self.ctx, order, &command),
                }
            }
            (_, _, Some(order)) => self.ctx.failed(order, CommandFailure::NotJoined),
            (_, _, None) => {}
        }
    }

    /// Gives the membership up for a new one, unless that was done too often.
    fn rejoin_asked(&mut self, order: Order, reason: RejoinReason, as_peer: Option<InputPeer>) {
        if self.ctx.rejoins.are_enough(self.ctx.now, &reason) {
            return self.ctx.failed(order, CommandFailure::TooOften);
        }
        self.rejoin = Some(order);
        self.depart(reason.into(), as_peer);
    }
}

/// The transitions.
impl Machine {
    /// Goes on with entering, or does what its end demands.
    fn step(&mut self, step: Result<(), Exit>) {
        if let Err(exit) = step {
            return self.exit(exit);
        }
        // As the peer that was asked for we cannot be in the call; as the one before we shall be again.
        if let State::Entering(entering) = &mut self.state
            && entering.has_fallen_back()
            && let Some(order) = self.rejoin.take()
        {
            self.ctx.failed(order, CommandFailure::NotAsThisPeer);
        }
    }

    fn exit(&mut self, exit: Exit) {
        if let State::Entering(entering) = &mut self.state {
            entering.close(&mut self.ctx);
        }
        match exit {
            Exit::Accepted(join) => self.enter(join),
            Exit::Failed(reason, leave) => {
                let ended = match &self.state {
                    State::Entering(entering) => entering.end_of(reason),
                    _ => reason.into(),
                };
                self.end_and_leave(ended, leave);
            }
        }
    }

    fn enter(&mut self, join: Accepted) {
        let leave = join.leave();
        let stream = self.stream.take();
        match InCall::take_up(&mut self.ctx, join, stream) {
            Ok((member, flow)) => {
                if let Some(order) = self.rejoin.take() {
                    self.ctx.done(order);
                }
                self.state = State::Member(member);
                self.go_on(flow);
            }
            Err(reason) => self.end_and_leave(reason, Some(leave)),
        }
    }

    /// Goes on with a membership, or does what its end demands.
    fn go_on(&mut self, flow: Flow) {
        if let Err(departure) = flow {
            self.depart(departure, None);
        }
    }

    /// Does what the end of a membership demands; the next one is as another peer, if one is asked for.
    fn depart(&mut self, departure: Departure, as_peer: Option<InputPeer>) {
        let State::Member(member) = &mut self.state else {
            return;
        };
        // The keys go before anything else happens, and what waits is answered before the end.
        member.close(&mut self.ctx, &departure);
        member.remember(&mut self.ctx);
        let leave = member.leave();
        match departure {
            Departure::Leave => self.leave(Some(leave)),
            Departure::End(reason) => self.end_and_leave(reason, Some(leave)),
            Departure::Rejoin(reason) => match self.ctx.rejoins.next(self.ctx.now, &reason) {
                Some(pause) => {
                    self.stream = member.take_stream();
                    let entering = rejoin(&mut self.ctx, member, reason, as_peer, pause);
                    self.state = State::Entering(entering);
                }
                None => self.end_and_leave(EndReason::from(reason), Some(leave)),
            },
        }
    }

    /// Gives up entering.
    fn withdraw(&mut self) {
        let State::Entering(entering) = &mut self.state else {
            return;
        };
        entering.close(&mut self.ctx);
        match entering.withdraw(&mut self.ctx) {
            Some(withdrawal) => self.state = State::Withdrawing(withdrawal),
            None => {
                let leave = entering.leave_in_doubt();
                self.leave(leave);
            }
        }
    }

    /// Leaves a call that we are in or may be in.
    fn leave(&mut self, leave: Option<LeaveGroupCall>) {
        match leave {
            Some(body) => self.state = State::Leaving(Leaving::start(&mut self.ctx, body)),
            None => self.end(EndReason::Left),
        }
    }

    /// Ends, and leaves if the server counts us as joined; its answer does not matter.
    fn end_and_leave(&mut self, ended: impl Into<Ended>, leave: Option<LeaveGroupCall>) {
        let ended = ended.into();
        if let Some(body) = leave.filter(|_| ended.reason.leaves_a_trace()) {
            self.ctx.send(Purpose::Leave, body);
        }
        self.end(ended);
    }

    fn end(&mut self, ended: impl Into<Ended>) {
        // No command is answered after the end.
        self.declines.give_up(&mut self.ctx);
        if let Some(order) = self.rejoin.take() {
            self.ctx.failed(order, CommandFailure::NotJoined);
        }
        self.ctx.forget_all();
        let last_known = self.ctx.past.last_known().cloned();
        self.ctx.event(Event::Ended(Ended {
            last_known,
            ..ended.into()
        }));
        self.state = State::Ended;
    }
}

/// Notes a wish that counts without a membership too, or says why it cannot be had; `None` for a command that is another one.
fn note(ctx: &mut Context, command: &Command) -> Option<Result<(), CommandFailure>> {
    let kind = ctx.kind();
    let can = abilities::has(kind, command);
    let wishes = &mut ctx.wishes;
    let turns_on = matches!(
        command,
        Command::SetMuted { muted: false } | Command::SetVideo { on: true }
    );
    match (command.switch(), command) {
        (Some(_), _) | (None, Command::StopPresentation) if !can => {
            return Some(Err(CommandFailure::NotInThisKind(kind)));
        }
        (Some(_), _) if turns_on && wishes.silenced => {
            return Some(Err(CommandFailure::Silenced));
        }
        (Some((switch, value)), _) => wishes.media.set(switch, value),
        (None, Command::StopPresentation) => wishes.screen = None,
        (None, Command::MuteForMe { peer, muted }) => {
            return wishes.mute_for_us(*peer, *muted).then_some(Ok(()));
        }
        (None, _) => return None,
    }
    Some(Ok(()))
}

/// Enters the call of a membership that is over again, after a pause.
fn rejoin(
    ctx: &mut Context,
    member: &InCall,
    reason: RejoinReason,
    as_peer: Option<InputPeer>,
    pause: Duration,
) -> Entering {
    // Late answers of the old membership say nothing about the new one.
    ctx.cancel_all();
    member.forget_source(ctx);
    ctx.wishes.silenced = !member.own_state(ctx).can_unmute;
    ctx.retrying(Trouble::Rejoining(reason.clone()), pause, 1);
    member.enter_again(ctx, reason, as_peer, pause)
}

fn check_config(config: &Config, content: &Content) -> Result<(), RestoreError> {
    let expected = config.joiner.user_id;
    let found = UserId::new(content.membership.user_id);
    if expected != found {
        return Err(RestoreError::OtherUser { expected, found });
    }
    // A call that was found by a link differs from another only by its id, and the other way round.
    match config.target {
        Target::Call { id, .. } if id.value() != content.call.0 => Err(RestoreError::OtherCall),
        Target::Group(_) => Err(RestoreError::OtherCall),
        _ => Ok(()),
    }
}

#[cfg(any(fuzzing, confcall_testing))]
impl Machine {
    /// The position of the secret generator and of the public one.
    pub(super) fn drawn(&self) -> [u128; 2] {
        let secret = self.ctx.secrets.position();
        [secret, self.ctx.public_rng.get_word_pos()]
    }
}
