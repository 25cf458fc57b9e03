//! The media connection of a Telegram group call: WebRTC without sockets, and without a C compiler.
//!
//! | feature | brings |
//! |---|---|
//! | `files` | [`files`], which are played into a call and recorded |

#[cfg(feature = "files")]
pub mod files;
pub mod limits;
