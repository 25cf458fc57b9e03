//! The table of `spec/protocol.md`, 14.

use super::row::Presence::{Never, Optional, Required};
use super::row::{Row, row};

//                                   conference  video chat  RTMP viewer  live story listener
pub(super) const OTHER_JOIN_AS: Row = row(Never,    Optional,   Optional,    Never);
pub(super) const INVITE_HASH:   Row = row(Never,    Optional,   Optional,    Never);
pub(super) const KEY_AND_BLOCK: Row = row(Required, Never,      Never,       Never);
pub(super) const MUTED:         Row = row(Optional, Optional,   Required,    Required);
pub(super) const VIDEO_STOPPED: Row = row(Optional, Optional,   Required,    Required);
pub(super) const SSRC_GROUPS:   Row = row(Optional, Optional,   Never,       Never);
