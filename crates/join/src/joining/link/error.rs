use thiserror::Error;

use super::names::NameError;
use crate::api::SlugError;
use crate::limits;

/// A text is no link to a call.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The text is too long to be a link.
    #[error("a link has at most {max} bytes, not {length}", max = limits::LINK_BYTES)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The text has a space or a control character in it.
    #[error("a link has no spaces and control characters, and this has {found:?} at byte {offset}")]
    Space {
        /// The character.
        found: char,
        /// Its place, in bytes.
        offset: usize,
    },
    /// The text names no host.
    #[error("this is no link")]
    NotALink,
    /// The link has another scheme than `https`, `http` and `tg`.
    #[error("a link starts with https, http or tg")]
    UnknownScheme,
    /// The link leads elsewhere, or holds a user, a password or a port.
    #[error("a link to a call leads to t.me, telegram.me or telegram.dog")]
    UnknownHost,
    /// The link leads to no call.
    #[error("the link does not lead to a call")]
    NotACall,
    /// The link leads to conferences and says not to which one.
    #[error("the link has no slug")]
    MissingSlug,
    /// The slug is not valid.
    #[error(transparent)]
    Slug(#[from] SlugError),
    /// The name of the group, channel or user is not valid.
    #[error("a username is a letter and up to 31 letters, digits and '_': {0}")]
    InvalidUsername(NameError),
    /// The hash of an invitation is not valid.
    #[error("an invitation's hash is 1 to 64 letters, digits, '_' and '-': {0}")]
    InvalidInviteHash(NameError),
}
