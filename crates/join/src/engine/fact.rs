use confcall_state::EpochKeyError;
use confcall_state::wire::Broadcast;

use crate::message::{MessageError, RandomId};

/// The public part of a result that took a secret.
///
/// With its facts and its inputs an engine comes to the same outputs without any secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A join block was built and signed, in canonical form.
    Join(Vec<u8>),
    /// The key of a block was to be opened with ours.
    Opened(Result<(), EpochKeyError>),
    /// The verification had something to say.
    Said(Vec<Broadcast>),
    /// A block without some users was to be built: its canonical form, or what is wrong.
    Removal(Result<Vec<u8>, String>),
    /// A message was to be sealed: the packet, or what is wrong.
    Sealed(Result<Vec<u8>, String>),
    /// A packet was to be opened as a message; of one that opened the id and the length of its text, or the reason why it
    /// cannot be shown.
    Read(Option<Result<(RandomId, usize), MessageError>>),
}
