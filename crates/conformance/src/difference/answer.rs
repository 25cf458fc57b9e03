use core::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::fault::Silence;

/// An answer as far as two implementations must agree on it.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Ok(Map<String, Value>),
    Error(Refused),
}

/// A refusal; its message is for people and free.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Refused {
    pub(super) code: i64,
    pub(super) name: String,
}

impl Refused {
    /// The code of a request that is not understood.
    const DRIVER: i64 = -1;
    /// The lowest code that has a name which is the reference's.
    const LOWEST_NAMED: i64 = 100;
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.is_empty() {
            true => write!(f, "code {}", self.code),
            false => write!(f, "code {} {}", self.code, self.name),
        }
    }
}

impl Answer {
    /// Reads a line.
    pub(super) fn read(line: &str) -> serde_json::Result<Self> {
        serde_json::from_str(line)
    }

    /// True if the request was not understood.
    pub(super) fn is_not_understood(&self) -> bool {
        matches!(self, Self::Error(refused) if refused.code == Refused::DRIVER)
    }

    /// The difference between our answer and that of another implementation.
    pub(super) fn difference(&self, other: &Self) -> Option<Kind> {
        match (self, other) {
            (Self::Ok(ours), Self::Ok(other)) => {
                let ours = Value::Object(ours.clone());
                let other = Value::Object(other.clone());
                (ours != other).then(|| Kind::Result(first_difference(&ours, &other)))
            }
            (Self::Error(ours), Self::Error(other)) => {
                let is_same = ours.code == other.code
                    && (ours.code < Refused::LOWEST_NAMED || ours.name == other.name);
                (!is_same).then(|| Kind::Reason(ours.to_string(), other.to_string()))
            }
            (Self::Error(ours), Self::Ok(_)) => Some(Kind::Accepted(ours.to_string())),
            (Self::Ok(_), Self::Error(other)) => Some(Kind::Refused(other.to_string())),
        }
    }
}

/// The way from the root of two values to the first place where they differ.
fn first_difference(ours: &Value, other: &Value) -> String {
    let step = |name: String, ours: &Value, other: &Value| {
        let rest = first_difference(ours, other);
        format!("/{name}{rest}")
    };
    match (ours, other) {
        (Value::Object(ours), Value::Object(other)) => {
            let names = ours.keys().chain(other.keys());
            let mut names = names.filter(|name| ours.get(*name) != other.get(*name));
            names.next().map_or_else(String::new, |name| {
                let value = |fields: &Map<_, _>| fields.get(name).cloned().unwrap_or_default();
                step(name.clone(), &value(ours), &value(other))
            })
        }
        (Value::Array(ours), Value::Array(other)) if ours.len() == other.len() => {
            let pairs = ours.iter().zip(other).enumerate();
            let mut pairs = pairs.filter(|(_, (ours, other))| ours != other);
            pairs
                .next()
                .map_or_else(String::new, |(at, (ours, other))| {
                    step(at.to_string(), ours, other)
                })
        }
        _ => String::new(),
    }
}

/// Kinds of differences.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// The other implementation accepts what ours refuses, with our reason.
    Accepted(String),
    /// The other implementation refuses what ours accepts, with its reason.
    Refused(String),
    /// Both refuse, ours with the first and the other with the second reason.
    Reason(String, String),
    /// Both accept, with results that differ first at this JSON pointer.
    Result(String),
    /// The other implementation answers with something that is no answer.
    NoAnswer(String),
    /// The other implementation does not answer.
    Silent(Silence),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(ours) => write!(f, "it accepts what the engine refuses ({ours})"),
            Self::Refused(other) => write!(f, "it refuses ({other}) what the engine accepts"),
            Self::Reason(ours, other) => {
                write!(f, "it refuses with {other}, the engine with {ours}")
            }
            Self::Result(path) => write!(f, "its result differs at {path}"),
            Self::NoAnswer(why) => write!(f, "its line is no answer of spec/interop.md: {why}"),
            Self::Silent(silence) => silence.fmt(f),
        }
    }
}
