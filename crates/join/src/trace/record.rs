use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event;
use super::fact::FactForm;
use super::header::Header;
use super::moment::nanoseconds;
use super::redact;
use crate::api::traced;
use crate::engine::{Input, Output};

/// The content of a line of a trace.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    /// The beginning of the engine; the first line.
    Header(Header),
    /// An input; the lines up to the next one are what became of it.
    Input { at: u64, what: Input },
    /// The public parts of what took a secret.
    Facts(Vec<FactForm>),
    /// The last line, with the number of inputs.
    End { inputs: usize },
    /// An output.
    #[serde(untagged)]
    Output(TracedOutput),
}

/// An output as a trace shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TracedOutput {
    /// A request.
    Request {
        /// Its number.
        id: u64,
        /// The name of its method.
        method: String,
        /// Its bytes.
        #[serde(with = "traced::bytes")]
        tl: Vec<u8>,
    },
    /// An event: an object with one field, which has the event's name and holds what there is to it.
    Event(Value),
    /// The moment at which the engine wants to be woken, in nanoseconds since the clock's origin; the last output of each input.
    Wake(Option<u64>),
}

impl TracedOutput {
    pub(super) fn of(output: &Output) -> Self {
        match output {
            Output::Request { request, body, .. } => Self::Request {
                id: request.value(),
                method: body.method().name().to_owned(),
                // The bytes that are sent, so that reading the trace needs no schema of ours.
                tl: redact::request(body).to_tl(),
            },
            Output::Event(event) => Self::Event(event::form(event)),
            Output::Timeout(wake) => Self::Wake(wake.map(nanoseconds)),
        }
    }

    /// The content of the event of a name, if it is one.
    pub fn event(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Event(event) => event.get(name),
            Self::Request { .. } | Self::Wake(_) => None,
        }
    }
}
