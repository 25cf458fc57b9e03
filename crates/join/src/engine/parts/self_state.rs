//! Our own side of the media: the payload that the server took, the parameters of the connection, and the switches.
//!
//! ```text
//! command ──▶ wanted ── differs, no edit under way ──▶ edit ── yes ──▶ confirmed
//!               ▲                                        │                ▲
//!               └──────── off, if nothing newer ◀─────── no               │
//!               └────────── off, by an admin or the server ───────────────┘
//! ```
//!
//! Implements `spec/protocol.md`, 8.2.

use core::time::Duration;

use super::edits::{Change, Edits};
use crate::api::reaction::Reaction;
use crate::api::{CallConnection, GroupCallParticipant, Method};
use crate::engine::command::{CommandFailure, Order};
use crate::engine::context::Context;
use crate::engine::event::Event;
use crate::engine::failure::Failure;
use crate::engine::identity::Identity;
use crate::engine::own_state::{MediaConnection, OwnMedia, OwnState, Switch};
use crate::engine::timers::Timer;
use crate::joining::{Answer, ConnectionParameters, JoinPayload};

/// The time after a lost answer until we rejoin for the parameters of the connection that were in it.
const CONNECTION: Duration = Duration::from_secs(5);

/// The pause until an edit of ourselves that was lost is sent again.
const AGAIN: Duration = Duration::from_secs(2);

/// Our payload, the parameters of the media connection, and the switches of our media.
///
/// What the caller wants is in [`Wishes`](crate::engine::own_state::Wishes), which outlive the membership.
#[derive(Clone, Debug)]
pub(in crate::engine) struct SelfState {
    payload: JoinPayload,
    /// The newest parameters of the main connection.
    connection: Option<Box<ConnectionParameters>>,
    confirmed: OwnMedia,
    can_unmute: bool,
    /// Our entry of the roster as it was shown last.
    entry: Option<Entry>,
    sent: Option<Sent>,
    /// The switches of which the server may have another value than was confirmed, because an answer was lost.
    doubtful: Vec<Switch>,
    /// The switches that the server refused to turn as wanted, until another thing is wanted or shown.
    refused: Vec<Switch>,
    /// True once the server was told again of a camera that it does not show.
    has_told_again: bool,
    /// The commands that wait for an edit to be sent.
    orders: Vec<(Switch, Order)>,
    /// True until a pause ends after which a lost edit is sent again.
    is_pausing: bool,
    /// The state that the caller was shown last.
    shown: Option<OwnState>,
}

/// The edit of ourselves that is under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    switch: Switch,
    value: bool,
    /// Whether our entry was shown since it was sent.
    is_overtaken: bool,
}

/// The parts of our own entry of the roster that are about switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    muted: bool,
    can_unmute: bool,
    /// Whether the camera is paused, if it is shown.
    video_paused: Option<bool>,
    /// Whether the screen is paused, if it is shown.
    presentation_paused: Option<bool>,
    hand_raised: bool,
}

impl From<&GroupCallParticipant> for Entry {
    fn from(entry: &GroupCallParticipant) -> Self {
        Self {
            muted: entry.muted,
            can_unmute: entry.can_self_unmute || !entry.muted,
            video_paused: entry.video.as_ref().map(|video| video.paused),
            presentation_paused: entry.presentation.as_ref().map(|screen| screen.paused),
            hand_raised: entry.raise_hand_rating.is_some(),
        }
    }
}

impl SelfState {
    /// The state of one whom the server has as it was announced.
    pub(in crate::engine) fn new(
        payload: JoinPayload,
        connection: Option<Box<ConnectionParameters>>,
        announced: OwnMedia,
    ) -> Self {
        Self {
            payload,
            connection,
            confirmed: announced,
            can_unmute: true,
            entry: None,
            sent: None,
            doubtful: Vec::new(),
            refused: Vec::new(),
            has_told_again: false,
            orders: Vec::new(),
            is_pausing: false,
            shown: None,
        }
    }

    pub(in crate::engine) fn payload(&self) -> &JoinPayload {
        &self.payload
    }

    /// Rejoins soon if the answer to the join, and the parameters with it, were lost.
    pub(in crate::engine) fn await_connection(&self, ctx: &mut Context) {
        if self.connection.is_none() {
            ctx.after(Timer::Connection, CONNECTION);
        }
    }

    /// Shows the parameters of the media connection that came in an answer to us, if they are other ones.
    pub(in crate::engine) fn take_connection(
        &mut self,
        ctx: &mut Context,
        connection: &CallConnection,
    ) {
        let Ok(parameters) = Answer::of_conference(&connection.params) else {
            return;
        };
        ctx.timers.cancel(Timer::Connection);
        let parameters = Box::new(parameters);
        let known = self.connection.replace(parameters.clone());
        if known.as_ref() != Some(&parameters) {
            let connection = MediaConnection::Main;
            ctx.event(Event::Connection {
                connection,
                parameters,
            });
        }
    }
}

/// The switches.
impl SelfState {
    /// The state of our media.
    pub(in crate::engine) fn state(&self, ctx: &Context, is_presenting: bool) -> OwnState {
        OwnState {
            wanted: ctx.wishes.media,
            confirmed: self.confirmed,
            can_unmute: self.can_unmute,
            is_presenting,
            hand_raised: self.entry.is_some_and(|entry| entry.hand_raised),
        }
    }

    /// True if an admin does not let us speak.
    pub(in crate::engine) fn is_silenced(&self) -> bool {
        self.confirmed.muted && !self.can_unmute
    }

    /// Turns a switch; the command is answered with the edit that brings it about.
    pub(in crate::engine) fn turn(
        &mut self,
        ctx: &mut Context,
        switch: Switch,
        value: bool,
        order: Order,
    ) {
        let turns_on = !value && matches!(switch, Switch::Muted | Switch::VideoStopped);
        if turns_on && self.is_silenced() {
            return ctx.failed(order, CommandFailure::Silenced);
        }
        ctx.wishes.media.set(switch, value);
        // Whether a camera can be paused depends on whether it is on.
        let depends = |refused| switch == Switch::VideoStopped && refused == Switch::VideoPaused;
        let stays = |refused: &Switch| *refused != switch && !depends(*refused);
        self.refused.retain(stays);
        // Another wish has taken the place of theirs. So no more wait than there are switches, and muting is never too much.
        let is_same = |(turned, _): &mut (Switch, Order)| *turned == switch;
        for (_, replaced) in self.orders.extract_if(.., is_same) {
            ctx.done(replaced);
        }
        self.orders.push((switch, order));
    }

    /// Sends the first switch that differs from what the server has, if no edit is under way; commands for which nothing differs
    /// are done. The microphone comes first, and each has an edit of its own, so that a refusal is about one.
    pub(in crate::engine) fn send_due(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        edits: &mut Edits,
    ) {
        self.take_back(ctx, edits);
        if !edits.are_free() || self.is_pausing {
            return;
        }
        let due: Vec<_> = Switch::ALL
            .into_iter()
            .filter(|one| self.is_due(ctx, *one))
            .collect();
        for (_, order) in self
            .orders
            .extract_if(.., |(switch, _)| !due.contains(switch))
        {
            ctx.done(order);
        }
        let Some(&switch) = due.first() else {
            return;
        };
        let value = ctx.wishes.media.get(switch);
        let orders = self.orders.extract_if(.., |(turned, _)| *turned == switch);
        let orders = orders.map(|(_, order)| order).collect();
        self.sent = Some(Sent {
            switch,
            value,
            is_overtaken: false,
        });
        edits.send_own(ctx, us, Change::turn(switch, value), orders);
    }

    /// Takes an edit back that is still to be sent and is not wanted any more.
    fn take_back(&mut self, ctx: &mut Context, edits: &mut Edits) {
        let unwanted = |sent: &Sent| ctx.wishes.media.get(sent.switch) != sent.value;
        let Some(sent) = self.sent.filter(unwanted) else {
            return;
        };
        let Some(orders) = edits.take_back_own(ctx) else {
            return;
        };
        self.sent = None;
        let is_silenced = self.is_silenced() && !sent.value;
        for order in orders {
            match is_silenced {
                true => ctx.failed(order, CommandFailure::Silenced),
                // Another wish has taken its place.
                false => ctx.done(order),
            }
        }
    }

    /// Keeps all switches off, as those who only listen have them; no request says so.
    pub(in crate::engine) fn stay_off(&mut self, ctx: &mut Context) {
        (ctx.wishes.media.muted, ctx.wishes.media.video_stopped) = (true, true);
        for (_, order) in core::mem::take(&mut self.orders) {
            ctx.done(order);
        }
    }

    /// True for a switch that the server is to turn.
    fn is_due(&self, ctx: &Context, switch: Switch) -> bool {
        let wanted = ctx.wishes.media;
        let counts = match switch {
            Switch::Muted | Switch::VideoStopped => true,
            // A server refuses to pause what is not there.
            Switch::VideoPaused => !wanted.video_stopped,
            Switch::PresentationPaused => ctx.wishes.screen.is_some(),
        };
        let differs = wanted.get(switch) != self.confirmed.get(switch);
        counts && (differs || self.doubtful.contains(&switch)) && !self.refused.contains(&switch)
    }

    /// Takes the outcome of an edit of ourselves; gives whether an admin silences us from now on.
    pub(in crate::engine) fn edited(
        &mut self,
        ctx: &mut Context,
        outcome: Result<(), &Failure>,
    ) -> bool {
        let Some(sent) = self.sent.take() else {
            return false;
        };
        let (switch, value) = (sent.switch, sent.value);
        self.doubtful.retain(|doubtful| *doubtful != switch);
        match outcome {
            Ok(()) => self.confirmed.set(switch, value),
            Err(failure) if may_pass(failure) => {
                self.doubtful.push(switch);
                self.is_pausing = true;
                let pause = ctx.spread(AGAIN);
                ctx.after(Timer::Edit, pause);
            }
            // What was wished since is tried all the same.
            Err(_) if ctx.wishes.media.get(switch) == value => self.give_in(ctx, switch, value),
            Err(_) => {}
        }
        // What was shown meanwhile may be newer than the answer.
        match self.entry {
            Some(entry) if sent.is_overtaken => self.apply(ctx, entry),
            _ => false,
        }
    }

    /// Takes a refusal. What is not turned off stays wanted: our media is off, whatever the server shows.
    fn give_in(&mut self, ctx: &mut Context, switch: Switch, sent: bool) {
        match sent {
            true => self.refused.push(switch),
            false => ctx.wishes.media.set(switch, true),
        }
    }

    /// Sends again what was lost.
    pub(in crate::engine) fn go_on(&mut self) {
        self.is_pausing = false;
    }

    /// Takes our own entry of the roster; gives whether an admin silences us from now on.
    ///
    /// What the server turned off is not turned on again: the caller sees it and may wish otherwise. What it shows as on, and is to
    /// be off, is turned off again: no server turns our media on.
    pub(in crate::engine) fn take_entry(
        &mut self,
        ctx: &mut Context,
        entry: &GroupCallParticipant,
    ) -> bool {
        let entry = Entry::from(entry);
        let hides_video = entry.video_paused.is_none() && !self.confirmed.video_stopped;
        let is_known = self.entry == Some(entry) && self.confirmed.muted == entry.muted;
        if is_known && (!hides_video || self.has_told_again) {
            return false;
        }
        if let Some(sent) = &mut self.sent {
            sent.is_overtaken = true;
        }
        let is_silenced = self.apply(ctx, entry);
        // A server that has lost what it accepted is told once more; one that shows cameras later stays as it is.
        let still_hides = hides_video && !self.confirmed.video_stopped;
        if still_hides && !core::mem::replace(&mut self.has_told_again, still_hides) {
            self.doubtful.push(Switch::VideoStopped);
        }
        is_silenced
    }

    fn apply(&mut self, ctx: &mut Context, entry: Entry) -> bool {
        let was_silenced = self.is_silenced();
        self.has_told_again &= entry.video_paused.is_none();
        let showed_video = self
            .entry
            .replace(entry)
            .is_some_and(|e| e.video_paused.is_some());
        self.can_unmute = entry.can_unmute;
        self.confirm(ctx, Switch::Muted, entry.muted);
        if let Some(paused) = entry.video_paused {
            self.confirm(ctx, Switch::VideoStopped, false);
            self.confirm(ctx, Switch::VideoPaused, paused);
        } else if showed_video {
            self.confirm(ctx, Switch::VideoStopped, true);
        }
        if let Some(paused) = entry.presentation_paused {
            self.confirm(ctx, Switch::PresentationPaused, paused);
        }
        let is_new = self.is_silenced() && !was_silenced;
        if is_new {
            self.silence(ctx);
        }
        is_new
    }

    /// Notes what the server shows. A wish that is not carried out yet stays, and what is to be off stays off.
    fn confirm(&mut self, ctx: &mut Context, switch: Switch, shown: bool) {
        let was = self.confirmed.get(switch);
        let is_under_way = self.sent.is_some_and(|sent| sent.switch == switch);
        let has_wish = is_under_way || ctx.wishes.media.get(switch) != was;
        if shown && !has_wish {
            ctx.wishes.media.set(switch, true);
        }
        self.confirmed.set(switch, shown);
        self.doubtful.retain(|doubtful| *doubtful != switch);
        self.refused.retain(|refused| *refused != switch);
    }

    /// Stops sound and camera, also for a later join; who becomes allowed to speak again stays muted.
    fn silence(&mut self, ctx: &mut Context) {
        let media = &mut ctx.wishes.media;
        (media.muted, media.video_stopped) = (true, true);
        let turns = |switch: &Switch| matches!(switch, Switch::Muted | Switch::VideoStopped);
        let (void, rest) = core::mem::take(&mut self.orders)
            .into_iter()
            .partition(|(switch, _)| turns(switch));
        self.orders = rest;
        for (_, order) in void {
            ctx.failed(order, CommandFailure::Silenced);
        }
    }

    /// Shows the state if it is another one than the caller was shown.
    pub(in crate::engine) fn show(&mut self, ctx: &mut Context, is_presenting: bool) {
        let state = self.state(ctx, is_presenting);
        if self.shown.replace(state) != Some(state) {
            ctx.event(Event::OwnState(state));
        }
    }

    /// Answers the commands that wait in a membership that ends.
    pub(in crate::engine) fn give_up(&mut self, ctx: &mut Context) {
        for (_, order) in core::mem::take(&mut self.orders) {
            ctx.failed(order, CommandFailure::NotJoined);
        }
    }
}

/// True for a failure that says nothing of the edit: it may have been carried out, or is to be tried again.
fn may_pass(failure: &Failure) -> bool {
    matches!(
        failure.reaction(Method::EditGroupCallParticipant),
        None | Some(Reaction::CheckTipFirst | Reaction::Rejoin | Reaction::RefreshReferenceOnce)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{EditGroupCallParticipant, InputPeer, Request, RpcError, Updates};
    use crate::engine::command::{CommandId, CommandKind};
    use crate::engine::testing::{US, answers_among, connection, context, outputs, picture};

    /// A member whose microphone and camera are off, and an edit queue.
    struct Scene {
        ctx: Context,
        state: SelfState,
        edits: Edits,
        /// The failures of the commands that were answered; `None` for one that is done.
        answers: Vec<Option<CommandFailure>>,
    }

    impl Scene {
        fn new() -> Self {
            let ctx = context();
            let payload = ctx.config.media.payload.clone();
            let state = SelfState::new(payload, None, ctx.wishes.media);
            Self {
                ctx,
                state,
                edits: Edits::new(InputPeer::SelfUser),
                answers: Vec::new(),
            }
        }

        fn turn(&mut self, switch: Switch, value: bool) {
            let (id, kind) = (CommandId::new(1), CommandKind::SetMuted);
            let order = Order { id, kind };
            self.state.turn(&mut self.ctx, switch, value, order);
        }

        /// Turns a switch, which the server accepts.
        fn turned(&mut self, switch: Switch, value: bool) {
            self.turn(switch, value);
            self.sent();
            self.answer(Ok(()));
        }

        /// The edits that are sent now.
        fn sent(&mut self) -> Vec<EditGroupCallParticipant> {
            self.state.send_due(&mut self.ctx, US, &mut self.edits);
            self.edits()
        }

        /// The edits that were sent.
        fn edits(&mut self) -> Vec<EditGroupCallParticipant> {
            let (requests, events) = outputs(&mut self.ctx);
            self.answers.extend(answers_among(events));
            let edits = requests.into_iter().filter_map(|request| match request {
                Request::EditParticipant(edit) => Some(edit),
                _ => None,
            });
            edits.collect()
        }

        /// Answers the edit that is under way.
        fn answer(&mut self, result: Result<(), Failure>) -> bool {
            let ticket = self.edits.ticket().unwrap();
            let result = result.map(|()| Updates::default().into());
            let edited = self.edits.answered(&mut self.ctx, ticket, result).unwrap();
            let outcome = edited.outcome.as_ref().map(drop);
            self.state.edited(&mut self.ctx, outcome)
        }

        fn show(&mut self, muted: bool, can_self_unmute: bool) -> bool {
            let entry = GroupCallParticipant {
                muted,
                can_self_unmute,
                ..GroupCallParticipant::new(US.peer, None)
            };
            self.state.take_entry(&mut self.ctx, &entry)
        }

        fn muted(&self) -> (bool, bool) {
            (self.ctx.wishes.media.muted, self.state.confirmed.muted)
        }
    }

    fn refused() -> Failure {
        Failure::Refused(RpcError::new(400, "VIDEO_STOP_FORBIDDEN"))
    }

    #[test]
    fn the_main_connection_is_shown_once_and_ends_the_wait_for_it() {
        let Scene {
            mut ctx, mut state, ..
        } = Scene::new();
        state.await_connection(&mut ctx);
        assert!(ctx.timers.is_set(Timer::Connection));
        for _ in 0..2 {
            state.take_connection(&mut ctx, &connection(false));
        }
        assert!(!ctx.timers.is_set(Timer::Connection));
        assert_eq!(outputs(&mut ctx).1.len(), 1);
    }

    #[test]
    fn a_switch_that_is_turned_fast_is_sent_as_it_ends() {
        let mut scene = Scene::new();
        scene.turn(Switch::Muted, false);
        assert_eq!(scene.sent()[0].muted, Some(false));
        for value in [true, false, true] {
            scene.turn(Switch::Muted, value);
        }
        assert!(scene.sent().is_empty());
        scene.answer(Ok(()));
        assert_eq!(scene.sent()[0].muted, Some(true));
        scene.answer(Ok(()));
        assert!(scene.sent().is_empty());
        assert_eq!(scene.answers, vec![None; 4]);
        assert_eq!(scene.muted(), (true, true));
    }

    #[test]
    fn a_wish_for_what_is_so_already_is_done_and_nothing_is_sent() {
        let mut scene = Scene::new();
        scene.turn(Switch::Muted, false);
        scene.turn(Switch::Muted, true);
        assert!(scene.sent().is_empty());
        assert_eq!(scene.answers, vec![None; 2]);
    }

    #[test]
    fn what_is_refused_goes_back_to_what_the_server_has_unless_something_newer_is_wanted() {
        for (newer, wanted) in [(false, true), (true, false)] {
            let mut scene = Scene::new();
            scene.turn(Switch::VideoStopped, false);
            scene.sent();
            if newer {
                scene.turn(Switch::Muted, false);
            }
            scene.answer(Err(refused()));
            assert!(scene.ctx.wishes.media.video_stopped);
            assert_eq!(scene.ctx.wishes.media.muted, wanted);
        }
    }

    #[test]
    fn an_edit_that_is_lost_is_sent_again_after_a_pause() {
        let mut scene = Scene::new();
        scene.turn(Switch::Muted, false);
        scene.sent();
        scene.answer(Err(Failure::Lost));
        assert!(scene.sent().is_empty() && scene.ctx.timers.is_set(Timer::Edit));
        scene.state.go_on();
        assert_eq!(scene.sent()[0].muted, Some(false));
    }

    #[test]
    fn an_admin_who_mutes_us_stops_sound_and_camera_and_unmuting_fails_until_it_is_allowed() {
        let mut scene = Scene::new();
        for switch in [Switch::Muted, Switch::VideoStopped] {
            scene.turned(switch, false);
        }
        assert!(scene.show(true, false));
        assert_eq!(scene.muted(), (true, true));
        let sent = scene.sent();
        assert_eq!((sent[0].muted, sent[0].video_stopped), (None, Some(true)));
        scene.turn(Switch::Muted, false);
        scene.edits();
        assert_eq!(scene.answers.last(), Some(&Some(CommandFailure::Silenced)));

        // Who is let speak stays muted.
        assert!(!scene.show(true, true));
        assert_eq!(scene.muted(), (true, true));
        scene.answer(Ok(()));
        scene.turn(Switch::Muted, false);
        assert_eq!(scene.sent()[0].muted, Some(false));
    }

    #[test]
    fn an_admin_who_mutes_us_while_we_unmute_wins_whatever_comes_first() {
        let mut scene = Scene::new();
        scene.turn(Switch::Muted, false);
        scene.sent();
        scene.show(true, false);
        scene.answer(Ok(()));
        assert_eq!(scene.muted(), (true, true));
        assert!(scene.state.is_silenced());
    }

    #[test]
    fn a_late_sign_of_what_we_sent_does_not_take_the_place_of_a_newer_wish() {
        let mut scene = Scene::new();
        scene.turn(Switch::Muted, false);
        scene.sent();
        scene.turn(Switch::Muted, true);
        // The server shows what we sent before.
        scene.show(false, true);
        assert_eq!(scene.muted(), (true, false));
        scene.answer(Ok(()));
        assert_eq!(scene.sent()[0].muted, Some(true));
    }

    #[test]
    fn a_mute_by_the_server_is_followed_and_shown_once() {
        let mut scene = Scene::new();
        scene.turned(Switch::Muted, false);
        scene.state.show(&mut scene.ctx, false);
        outputs(&mut scene.ctx);
        for _ in 0..2 {
            scene.show(true, true);
            scene.state.show(&mut scene.ctx, false);
        }
        assert_eq!(scene.muted(), (true, true));
        assert_eq!(outputs(&mut scene.ctx).1.len(), 1);
        assert!(scene.sent().is_empty());
    }

    #[test]
    fn no_server_turns_on_what_is_to_be_off() {
        let mut scene = Scene::new();
        let entry = GroupCallParticipant {
            muted: false,
            video: Some(picture()),
            ..GroupCallParticipant::new(US.peer, None)
        };
        for _ in 0..2 {
            scene.state.take_entry(&mut scene.ctx, &entry);
            let wanted = scene.ctx.wishes.media;
            assert!(wanted.muted && wanted.video_stopped);
        }
        // It is told so, once for each time that it shows it.
        assert_eq!(scene.sent()[0].muted, Some(true));
        scene.answer(Ok(()));
        assert_eq!(scene.sent()[0].video_stopped, Some(true));
        scene.answer(Ok(()));
        assert!(scene.sent().is_empty());
    }

    #[test]
    fn a_mute_that_is_refused_stays_wanted_and_is_not_sent_without_end() {
        let mut scene = Scene::new();
        scene.turned(Switch::Muted, false);
        scene.turn(Switch::Muted, true);
        scene.sent();
        // One that may pass is tried again.
        scene.answer(Err(Failure::Refused(RpcError::new(500, "INTERNAL"))));
        assert!(scene.ctx.wishes.media.muted && scene.sent().is_empty());
        scene.state.go_on();
        assert_eq!(scene.sent()[0].muted, Some(true));
        scene.answer(Err(refused()));
        assert!(scene.ctx.wishes.media.muted && scene.sent().is_empty());
        scene.turn(Switch::Muted, true);
        assert_eq!(scene.sent()[0].muted, Some(true));
    }

    #[test]
    fn an_unmute_whose_answer_is_lost_and_that_was_taken_back_is_taken_back_at_the_server_too() {
        let mut scene = Scene::new();
        scene.turn(Switch::Muted, false);
        scene.sent();
        scene.turn(Switch::Muted, true);
        scene.answer(Err(Failure::Lost));
        scene.state.go_on();
        assert_eq!(scene.sent()[0].muted, Some(true));
        // The lost edit was carried out, and its push comes.
        scene.show(false, true);
        assert!(scene.ctx.wishes.media.muted);
    }

    #[test]
    fn a_late_push_of_before_a_mute_does_not_undo_it() {
        let mut scene = Scene::new();
        scene.turned(Switch::Muted, false);
        scene.turn(Switch::Muted, true);
        scene.sent();
        scene.show(false, true);
        scene.answer(Ok(()));
        assert!(scene.ctx.wishes.media.muted);
    }

    #[test]
    fn a_mute_is_never_too_much() {
        let mut scene = Scene::new();
        scene.turn(Switch::Muted, false);
        scene.sent();
        for _ in 0..1000 {
            scene.turn(Switch::VideoPaused, true);
        }
        scene.turn(Switch::Muted, true);
        assert!(scene.ctx.wishes.media.muted);
        assert!(scene.state.orders.len() <= Switch::ALL.len());
    }

    #[test]
    fn a_refusal_of_one_switch_holds_up_no_other_and_what_is_not_there_is_not_paused() {
        let mut scene = Scene::new();
        for switch in [Switch::Muted, Switch::VideoStopped] {
            scene.turned(switch, false);
        }
        scene.turn(Switch::VideoPaused, true);
        scene.turn(Switch::Muted, true);
        let sent = scene.sent();
        assert_eq!((sent[0].muted, sent[0].video_paused), (Some(true), None));
        scene.answer(Ok(()));
        assert_eq!(scene.sent()[0].video_paused, Some(true));
        scene.answer(Err(refused()));
        assert_eq!(scene.muted(), (true, true));
        // No screen is shared.
        scene.turn(Switch::PresentationPaused, true);
        assert!(scene.sent().is_empty());
        assert_eq!(scene.answers.last(), Some(&None));
    }

    #[test]
    fn a_server_that_has_lost_a_camera_is_told_of_it_once_more() {
        let mut scene = Scene::new();
        scene.turned(Switch::VideoStopped, false);
        for _ in 0..3 {
            scene.show(true, true);
        }
        assert_eq!(scene.sent()[0].video_stopped, Some(false));
        scene.answer(Ok(()));
        for _ in 0..3 {
            scene.show(true, true);
            assert!(scene.sent().is_empty());
        }
        assert!(!scene.ctx.wishes.media.video_stopped);
    }
}
