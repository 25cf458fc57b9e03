//! `confcall join` and `confcall create`: one user in a call, from the arguments to the exit status.
//!
//! ```text
//! target, session ──▶ Transport ──▶ Attended ──▶ InteractiveCall ── until the end ──▶ exit status
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `args.rs`, `target.rs`, `account.rs`, `embedded.rs` | the arguments: the call, and the server that has it |
//! | `start.rs`, `attended.rs` | the way from the arguments to a call of either kind |
//! | `listen/` | `confcall listen`: a call that is shown as a stream, and its recording |
//! | `interactive.rs`, `history.rs` | the loop over everything that happens, and its memory |
//! | `terminal/`, `status.rs` | the input line of a terminal, and the line above it |
//! | `standard_input.rs`, `user_command.rs`, `run_command.rs`, `frames.rs`, `media.rs` | lines of standard input and their effects |
//! | `aside.rs` | requests about the place of a call, beside those of its engine |
//! | `observed.rs`, `report/`, `describe.rs`, `names.rs` | reports, for people and for programs |
//! | `last_known.rs` | the file that remembers a call between two times of being in it |
//! | `exit.rs` | the exit status of each end |

mod account;
mod args;
mod aside;
mod attended;
mod describe;
mod embedded;
mod entrance;
mod exit;
mod frames;
mod history;
mod interactive;
mod kinds;
mod last_known;
mod listen;
mod media;
mod names;
mod observed;
mod report;
mod run_command;
mod standard_input;
mod start;
mod status;
mod target;
#[cfg(unix)]
mod terminal;
#[cfg(not(unix))]
#[path = "terminal/absent.rs"]
mod terminal;
mod user_command;

pub(crate) use args::{CreateArgs, JoinArgs};
pub(crate) use exit::UnwantedEnd;
pub(crate) use listen::{ListenArgs, listen};
pub(crate) use start::{create, join};
