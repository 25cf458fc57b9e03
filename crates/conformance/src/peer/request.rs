use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::objects::Peer;
use super::refusal::Refusal;
use crate::shapes::CodedError;

/// Runs one operation on its request.
pub(super) type Operation = fn(&mut Peer, &Request<'_>) -> Result<Value, Refusal>;

/// A line of input, as far as all requests are the same.
///
/// A field that an operation does not know is ignored, one that stands twice is refused.
pub(super) struct Request<'a> {
    line: &'a str,
    head: Head<'a>,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    op: Option<&'a RawValue>,
}

/// Keeps a `null` apart from a field that is missing.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

impl<'a> Request<'a> {
    pub(super) fn read(line: &'a str) -> Result<Self, Refusal> {
        // The parser would take a list for an object whose fields stand in order.
        if !line.trim_ascii_start().starts_with('{') {
            return Err(Refusal::driver(&"a request is a JSON object"));
        }
        let head = serde_json::from_str(line).map_err(|error| Refusal::driver(&error))?;
        Ok(Self { line, head })
    }

    /// The request's id, as it was written.
    // As text: an id comes back as it was written, also a number beyond 64 bits.
    pub(super) fn id(&self) -> Option<&'a RawValue> {
        self.head.id
    }

    /// The name of the operation that is asked for.
    pub(super) fn operation(&self) -> Result<String, Refusal> {
        let name = self.head.op.map(|op| serde_json::from_str(op.get()));
        match name {
            Some(Ok(name)) => Ok(name),
            Some(Err(_)) => Err(Refusal::driver(&"op is not a string")),
            None => Err(Refusal::driver(&"op is missing")),
        }
    }

    /// Reads the request of one operation and runs it.
    pub(super) fn run<Q: DeserializeOwned, A: Serialize>(
        &self,
        peer: &mut Peer,
        operation: impl FnOnce(&mut Peer, Q) -> Result<A, Refusal>,
    ) -> Result<Value, Refusal> {
        // Read once more into the type of the operation: only now its fields are known.
        let request = serde_json::from_str(self.line).map_err(|error| Refusal::driver(&error))?;
        let result = operation(peer, request)?;
        serde_json::to_value(result).map_err(|error| Refusal::uncoded(&error))
    }
}

/// A request or result without any field.
#[derive(Serialize, Deserialize)]
pub(super) struct Nothing {}

/// A line of output.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Answer<'a> {
    Ok {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RawValue>,
        ok: Value,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RawValue>,
        error: CodedError,
    },
}

impl<'a> Answer<'a> {
    pub(super) fn new(id: Option<&'a RawValue>, outcome: Result<Value, Refusal>) -> Self {
        match outcome {
            Ok(ok) => Self::Ok { id, ok },
            Err(refusal) => Self::Error {
                id,
                error: refusal.into_error(),
            },
        }
    }
}

/// Lists the functions of a family as its operations, by their names.
macro_rules! operations {
    ($($name:ident)*) => {
        /// The operations of this family.
        pub(super) const OPERATIONS: &[(&str, crate::peer::request::Operation)] = &[
            $((stringify!($name), |peer, request| request.run(peer, $name)),)*
        ];
    };
}
pub(super) use operations;
