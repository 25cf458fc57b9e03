//! The laws of trust, which every client keeps whatever its server and the other users do.
//!
//! ```text
//!            ┌────────────── one input ──────────────┐
//! begin ─────┼──▶ sent ── a request                  ├──▶ settle
//!            └──▶ see ─── an event                   ┘
//! ```
//!
//! They are written from `spec/protocol.md` and look at nothing but what goes into an engine, what comes out of it, and the
//! membership that it shows.

mod continuity;
mod edits;
mod kicks;
mod kinds;
mod rounds;
mod silence;

use confcall_join::api::Request;
use confcall_join::engine::{Engine, Event, Input, RequestId};
use confcall_join::membership::LastKnown;
use confcall_join::policy::CallKind;
use confcall_media::Moment;
use confcall_state::UserId;

use continuity::Continuity;
pub(crate) use continuity::shown;
use edits::Edits;
use kicks::Kicks;
use kinds::Kinds;
use rounds::Rounds;
use silence::Silence;

/// The laws of one client, over all its memberships and restarts.
#[derive(Clone, Debug)]
pub(crate) struct Laws {
    continuity: Continuity,
    rounds: Rounds,
    kicks: Kicks,
    edits: Edits,
    kinds: Kinds,
    silence: Silence,
}

impl Laws {
    /// The laws of a client that knows a call from before, or none.
    pub(crate) fn new(user: UserId, known: Option<LastKnown>) -> Self {
        Self {
            continuity: Continuity::new(user, known),
            rounds: Rounds::new(user),
            kicks: Kicks::new(user),
            edits: Edits::new(user),
            kinds: Kinds::new(user),
            silence: Silence::new(user),
        }
    }

    /// Takes down what an engine is about to get.
    pub(crate) fn begin(&mut self, engine: &Engine, input: &Input) {
        self.continuity.begin(engine, input);
        self.rounds.begin();
        self.kicks.begin(input);
        self.edits.begin(input);
        self.kinds.begin(engine, input);
        self.silence.begin(engine, input);
    }

    /// Takes down a request about a call of this kind.
    pub(crate) fn sent(&mut self, kind: CallKind, id: RequestId, body: &Request) {
        self.continuity.sent(body);
        self.edits.sent(body);
        self.kinds.sent(kind, id, body);
        self.silence.sent(body);
    }

    /// Takes down an event.
    pub(crate) fn see(&mut self, now: Moment, event: &Event) {
        self.continuity.see(event);
        self.rounds.see(now, event);
        self.kicks.see(event);
        self.edits.see(event);
        self.kinds.see(event);
        self.silence.see(event);
    }

    /// Checks the engine after an input, of which everything came out.
    pub(crate) fn settle(&mut self, now: Moment, engine: &Engine) {
        self.continuity.settle(engine);
        self.edits.settle(engine.own_state());
        self.kinds.settle(engine);
        self.silence.settle(engine);
        if let Some(membership) = engine.membership() {
            self.rounds.settle(now);
            self.kicks.settle(membership.state().group_state());
        }
    }
}
