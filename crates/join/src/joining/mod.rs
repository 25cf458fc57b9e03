//! Everything between a link and the membership that starts from the answer to a join.
//!
//! ```text
//! text ─▶ Link ─▶ Target ─▶ InputGroupCall ─┐
//! JoinPayload ──────────────────────────────┼─▶ the join ─▶ JoinAnswer ─▶ ConnectionParameters, first block
//! tip, JoinBlock ─▶ CheckedJoin ────────────┘
//! ```
//!
//! Implements `spec/protocol.md`, 6, 10 and 12.

mod answer;
#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing;
mod group_target;
mod invitations;
mod join_check;
mod joined;
mod link;
mod payload;
mod target;

pub use answer::{
    Answer, AnswerError, Candidate, ConnectionParameters, Feedback, HeaderExtension,
    MediaParameters, MissingPart, PayloadType, Transport,
};
pub use group_target::{CallPlace, GroupCallTarget};
pub use invitations::{InvitationChange, InvitationEvent, Invitations};
pub use join_check::{CheckedJoin, PresendError};
pub(crate) use joined::GroupJoinAnswer;
pub use joined::{AnswerFault, JoinAnswer, Tip};
pub use link::{InviteHash, Link, LinkError, NameError, Username};
pub use payload::{
    Fingerprint, FingerprintError, FingerprintHash, IceCredentials, IceError, JoinPayload,
    PayloadError, Setup,
};
pub use target::Target;
