//! The parts of a member: each owns its fields, its timers and its tests.
//!
//! A part takes inputs and what it needs to see of the membership, sends its requests and events through the context, and
//! returns what is left for the member to do. No part calls the member or a part beside it, so that a member of another kind
//! of call is another set of the same parts. Two have a smaller part inside, which they alone drive: [`roster_sync`] the
//! [`roster`] with its [`listing`]s, [`removals`] the [`absences`].
//!
//! | part | owns | without a chain |
//! |---|---|---|
//! | [`subchain`] | where we are in one of the two subchains, and its polls | |
//! | [`roster_sync`] | the roster, and its loads page by page | ✓ |
//! | [`removals`] | the blocks that remove, and in [`absences`] the members who are not listed | |
//! | [`broadcaster`] | our broadcasts, until the server has sent them back | |
//! | [`round`] | the reports of how far the verification is | |
//! | [`fork`] | the comparison of the server's block with ours | |
//! | [`liveness`] | the connection check, and the last answer to a member | ✓ |
//! | [`last_poll`] | the last poll before we give up | |
//! | [`settings`] | the settings of the call | ✓ |
//! | [`reference`] | the reference to the call, and its link | ✓ |
//! | [`self_state`] | our payload, the parameters of the media connection, and the switches of our media | ✓ |
//! | [`presentation`] | the screen that we share | ✓ |
//! | [`edits`] | the edits of participants, one at a time | ✓ |
//! | [`commands`] | the commands that wait for an answer | ✓ |
//! | [`description`] | the title, the schedule and the recording of a call that is no conference | only |
//! | [`chat`] | the messages without encryption | only |
//! | [`stream`] | the media of a call that is shown as a stream | only |
//! | [`checkpoints`] | the moments at which a checkpoint is due | |

mod absences;
pub(super) mod broadcaster;
pub(super) mod call_view;
pub(super) mod chat;
pub(super) mod checkpoints;
pub(super) mod commands;
pub(super) mod description;
pub(super) mod edits;
pub(super) mod fork;
pub(super) mod last_poll;
mod listing;
pub(super) mod liveness;
pub(super) mod presentation;
pub(super) mod reference;
pub(super) mod removals;
pub(super) mod roster;
mod roster_pages;
pub(super) mod roster_sync;
pub(super) mod round;
pub(super) mod self_state;
pub(super) mod settings;
pub(super) mod stream;
pub(super) mod subchain;
