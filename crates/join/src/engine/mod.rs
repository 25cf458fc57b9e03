//! The engine: a whole life in a call, from a link to a clean leave, without I/O.
//!
//! ```text
//!                 ┌──────────────── lost, or asked for: a new key ─────────────┐
//!                 ▼                                                            │
//! Engine::new ─▶ Entering ────── our block is in the chain ─────▶ Member ──────┤
//!                 │    │                                            │          │
//!                 │    └─ leave, a join is under way ─▶ Withdrawing │ leave    │ removed, refused,
//!                 │                                      │          │          │ joined elsewhere
//!                 │                       answer to the join        │          │
//!                 │                                      ▼          │          │
//!                 ├─ leave, a join may be carried out ─▶ Leaving ◀──┘          │
//!                 │                                      │                     │
//!                 │ leave                 the server knows                     │
//!                 ▼                                      ▼                     │
//!               Ended ◀──────────────────────────────────┴─────────────────────┘
//! ```
//!
//! | layer | files |
//! |---|---|
//! | the engine as its user holds it | `handle.rs` |
//! | the states, and what leads from one to another | `machine.rs`; entering `entry/`, member `member/`, leaving `leaving.rs`; for calls that are no conference `group/` |
//! | the parts of a member | `parts/`; those of every kind of call together `presence/` |
//! | requests under way, timers, randomness, the way out | `context.rs`, `requests.rs`, `timers.rs` |
//! | inputs, outputs, events, commands, ends | `io.rs`, `event.rs`, `participant.rs`, `command.rs`, `end.rs` |
//!
//! Each layer uses only those below it. Entering also ends by itself, where the server refuses for good or the attempts
//! are used up. Withdrawing ends without leaving where the join was certainly not carried out. A member can be written
//! down at any time, and another engine goes on from there.
//!
//! An engine takes [`Input`]s and gives [`Output`]s; time and randomness come from the caller. So the same seed and the
//! same inputs always give the same outputs, and a test runs minutes of a call in milliseconds.
//!
//! Implements `spec/protocol.md`, 6 to 8 and 11.2.

mod abilities;
mod backoff;
mod call_info;
pub mod checkpoint;
mod command;
mod config;
mod context;
mod declines;
mod departure;
mod end;
mod entering;
mod entry;
mod event;
mod exit;
pub(crate) mod fact;
mod failure;
mod generator;
mod group;
mod handle;
mod identity;
mod in_call;
mod io;
mod leaving;
mod lines;
mod machine;
mod member;
mod own_state;
mod participant;
mod parts;
mod past;
mod posted;
mod presence;
mod purpose;
mod rejoins;
mod requests;
mod secrets;
mod streak;
#[cfg(any(test, fuzzing, confcall_testing))]
mod testing;
mod timers;

pub use call_info::CallInfo;
pub use command::{Command, CommandFailure, CommandId, CommandKind, MediaState, VideoLayout};
pub use config::{Config, EmptyCall, Family, Payloads};
pub use end::{Advice, EndReason, Ended, OtherKind, RejoinReason};
pub use event::{EmojiOverdue, Event, Joined, StreamState, Suspicion, Trouble};
pub use handle::{Engine, Restored};
pub use io::{Input, Outcome, Output, RequestId};
pub use machine::Misuse;
pub use own_state::{MediaConnection, MediaMode, OwnMedia, OwnState, PayloadReason};
pub use participant::{
    Microphone, Participant, ParticipantChange, ParticipantField, Picture, Volume, VolumeSetter,
};
pub use posted::Posted;
