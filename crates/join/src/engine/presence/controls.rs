//! The controls of media: our switches, the screen that we share, and the edits of other participants.
//!
//! ```text
//! commands ─┬─▶ switches ── one edit of ourselves at a time ─┐
//!           ├─▶ edits ◀──────────────────────────────────────┘ ──▶ requests
//!           └─▶ screen ──▶ requests
//! our entry ─┬─▶ switches ── silenced by an admin ──▶ screen stops
//!            └─▶ screen
//! ```

use crate::api::{
    CallConnection, EditGroupCallParticipant, GroupCallParticipant, InputPeer, Peer, Response,
    Ssrc, Updates,
};
use crate::engine::command::{Command, CommandFailure, Order};
use crate::engine::context::Context;
use crate::engine::failure::Failure;
use crate::engine::identity::Identity;
use crate::engine::own_state::{OwnState, Switch};
use crate::engine::parts::edits::{Change, Edited, Edits};
use crate::engine::parts::presentation::Presentation;
use crate::engine::parts::roster::Roster;
use crate::engine::parts::self_state::SelfState;
use crate::engine::requests::Ticket;
use crate::joining::JoinPayload;

/// The controls of media.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Controls {
    /// True for one who only listens, by the kind of the call.
    is_listener: bool,
    switches: SelfState,
    screen: Presentation,
    edits: Edits,
}

impl Controls {
    pub(in crate::engine) fn new(switches: SelfState, screen: Presentation, us: InputPeer) -> Self {
        Self {
            is_listener: false,
            switches,
            screen,
            edits: Edits::new(us),
        }
    }

    /// The controls of one who only listens, and sends no request about media.
    pub(in crate::engine) fn of_listener(switches: SelfState) -> Self {
        Self {
            is_listener: true,
            ..Self::new(switches, Presentation::default(), InputPeer::SelfUser)
        }
    }

    /// Waits for the parameters of the media connection, if the join did not bring them.
    pub(in crate::engine) fn await_connection(&mut self, ctx: &mut Context) {
        self.switches.await_connection(ctx);
    }

    /// Shares the screen of the membership before again, once our own entry is read: it may say that we are not to.
    pub(in crate::engine) fn share_again(&mut self, ctx: &mut Context, us: Identity) {
        if !self.is_listener {
            self.screen.start_again(ctx, us);
        }
    }

    /// True if an admin does not let us speak.
    pub(in crate::engine) fn is_silenced(&self) -> bool {
        self.switches.is_silenced()
    }

    /// The payload of the main connection.
    pub(super) fn payload(&self) -> &JoinPayload {
        self.switches.payload()
    }

    /// The state of our own media.
    pub(super) fn own_state(&self, ctx: &Context) -> OwnState {
        self.switches.state(ctx, self.screen.is_shared())
    }

    /// The source of the screen's connection, while the server has it.
    pub(super) fn screen_source(&self, ctx: &Context) -> Option<Ssrc> {
        self.screen.source(ctx)
    }

    /// Answers the commands that wait in a membership that ends.
    pub(super) fn give_up(&mut self, ctx: &mut Context) {
        self.switches.give_up(ctx);
        self.screen.give_up(ctx);
        self.edits.give_up(ctx);
    }
}

/// The inputs.
impl Controls {
    /// Carries out a command about media; `may_mute` is true for one whom the server may let mute others.
    pub(super) fn handle_command(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        may_mute: bool,
        roster: &Roster,
        order: Order,
        command: Command,
    ) {
        if let Some((switch, value)) = command.switch() {
            return self.switches.turn(ctx, switch, value, order);
        }
        match command {
            // Of us there is one wish only.
            Command::Mute { peer, muted } if peer == us.peer => {
                self.switches.turn(ctx, Switch::Muted, muted, order);
            }
            Command::Mute { .. } if !may_mute => ctx.failed(order, CommandFailure::NotAllowed),
            Command::Mute { peer, muted } => {
                self.edit(ctx, roster, order, peer, Change::turn(Switch::Muted, muted));
            }
            Command::SetVolume { peer, volume } => {
                match EditGroupCallParticipant::VOLUMES.contains(&volume) {
                    true => self.edit(ctx, roster, order, peer, Change::volume(volume)),
                    false => ctx.failed(order, CommandFailure::Volume(volume)),
                }
            }
            Command::RaiseHand { raised } => self.edits.add_hand(ctx, raised, order),
            Command::LowerHand { peer } => {
                self.edit(ctx, roster, order, peer, Change::hand(false));
            }
            Command::MuteForMe { peer, muted } => match ctx.wishes.mute_for_us(peer, muted) {
                true => ctx.done(order),
                false => ctx.failed(order, CommandFailure::Busy),
            },
            Command::StartPresentation { .. } if self.switches.is_silenced() => {
                ctx.failed(order, CommandFailure::Silenced);
            }
            Command::StartPresentation { payload } => self.screen.start(ctx, us, payload, order),
            Command::StopPresentation => self.screen.stop(ctx, us, Some(order)),
            // They are those of the member and of the engine.
            _ => {}
        }
    }

    /// Changes another participant.
    fn edit(
        &mut self,
        ctx: &mut Context,
        roster: &Roster,
        order: Order,
        peer: Peer,
        change: Change,
    ) {
        match roster.input_peer(&ctx.labels, peer) {
            Some(participant) => self.edits.add(ctx, participant, change, order),
            None => ctx.failed(order, CommandFailure::UnknownPeer(peer)),
        }
    }

    /// Takes the payload of the screen that the client was asked for.
    pub(super) fn supply(&mut self, ctx: &mut Context, us: Identity, payload: JoinPayload) {
        self.screen.supply(ctx, us, payload);
    }

    /// Sends again the edit of ourselves that was lost.
    pub(super) fn edit_again(&mut self) {
        self.switches.go_on();
    }

    /// Goes on with the screen after a pause.
    pub(super) fn handle_screen_timer(&mut self, ctx: &mut Context, us: Identity) {
        self.screen.handle_timer(ctx, us);
    }

    /// Takes the answer to an edit; gives what the server showed with it.
    pub(super) fn edit_answered(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Updates {
        let Some(Edited { is_own, outcome }) = self.edits.answered(ctx, ticket, result) else {
            return Updates::default();
        };
        if is_own {
            let is_silenced = self.switches.edited(ctx, outcome.as_ref().map(drop));
            self.silenced(ctx, us, is_silenced);
        }
        outcome.unwrap_or_default()
    }

    /// Takes an answer about the screen; gives what the server showed with it.
    pub(super) fn screen_answered(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Updates {
        self.screen.answered(ctx, us, ticket, result)
    }

    /// Takes the sources that the server counts as joined, of those that were asked for, the screen's too if it was.
    pub(super) fn checked(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        screen: Option<Ssrc>,
        joined: &[Ssrc],
    ) {
        self.screen.checked(ctx, us, screen, joined);
    }

    /// Shows the parameters of a media connection that came in an answer to us.
    pub(super) fn take_connection(&mut self, ctx: &mut Context, connection: &CallConnection) {
        match connection.presentation {
            true => self.screen.take_connection(ctx, connection),
            false => self.switches.take_connection(ctx, connection),
        }
    }

    /// Takes our own entry of the roster.
    pub(super) fn take_entry(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        entry: &GroupCallParticipant,
    ) {
        let is_silenced = self.switches.take_entry(ctx, entry);
        if !self.is_listener {
            self.screen.take_entry(ctx, us, entry);
            self.silenced(ctx, us, is_silenced);
        }
    }

    /// Stops sharing the screen of one whom an admin silences.
    fn silenced(&mut self, ctx: &mut Context, us: Identity, is_silenced: bool) {
        if is_silenced {
            self.screen.stop(ctx, us, None);
        }
    }

    /// Sends what is due, our own switches first, and shows the state of our media if it has changed.
    pub(super) fn settle(&mut self, ctx: &mut Context, us: Identity) {
        match self.is_listener {
            true => self.switches.stay_off(ctx),
            false => {
                self.switches.send_due(ctx, us, &mut self.edits);
                self.edits.send_due(ctx, us);
            }
        }
        self.switches.show(ctx, self.screen.is_shared());
    }
}
