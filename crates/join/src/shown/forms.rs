//! The forms of the types of other crates.

use core::time::Duration;

use confcall_state::verification::{EmojiHash, Phase};
use confcall_state::{BlockHash, Height, UserId};
use serde::Serializer;
use serde::ser::SerializeStruct as _;

use super::{Form, id};

/// A number of 64 bits.
impl Form for i64 {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        id(*self, to)
    }
}

impl Form for UserId {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        id(self.value(), to)
    }
}

impl Form for Height {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i32(self.value())
    }
}

impl Form for BlockHash {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl Form for Phase {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// In whole milliseconds.
impl Form for Duration {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(self.as_millis()).unwrap_or(u64::MAX))
    }
}

/// The hash, and the four emoji that are made of it.
impl Form for EmojiHash {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct("EmojiHash", 2)?;
        object.serialize_field("hash", &hex::encode(self.as_bytes()))?;
        object.serialize_field("emoji", &self.emoji())?;
        object.end()
    }
}
