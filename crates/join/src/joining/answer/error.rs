use thiserror::Error;

use crate::joining::payload::IceError;
use crate::limits;

/// Something is not an answer that can be used, or not one for this kind of call; the error holds none of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The text is too long to be an answer.
    #[error("an answer has at most {max} bytes, not {length}", max = limits::ANSWER_BYTES)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The text is no JSON object.
    #[error("the answer is no JSON object")]
    NotAnObject,
    /// A part is missing without which no connection is possible.
    #[error("the answer has no {0}")]
    Missing(#[from] MissingPart),
    /// The ICE credentials of the server are not valid.
    #[error("the answer's {0}")]
    Ice(#[from] IceError),
    /// A conference was answered with a stream.
    #[error("a conference is never answered with a stream")]
    StreamInConference,
}

/// A part of an answer without which no connection is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MissingPart {
    /// The server's end of the connection.
    #[error("transport")]
    Transport,
    /// The server's ICE name.
    #[error("ufrag")]
    Ufrag,
    /// The server's ICE password.
    #[error("pwd")]
    Pwd,
    /// A fingerprint by which the server's certificate can be recognised.
    #[error("usable fingerprint")]
    Fingerprint,
}
