//! The forms in which events and views are serialised, for programs and bindings (`spec/events.md`).
//!
//! The functions are for `#[serde(serialize_with = "..")]`. In formats that people can read, ids of 64 bits are strings, since
//! many programs read numbers as floating point; hashes are hexadecimal digits, times are milliseconds. An enum is an object
//! with its variant under `event` or `kind`, in snake case.
//!
//! What is serialised so is not read back. Traces have [forms of their own](crate::trace).

mod forms;
mod list;
mod printable;

use core::fmt::Display;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

pub use list::List;
pub use printable::{Printable, is_acted_on};

/// A value that is shown in a form of its own.
pub trait Form {
    /// Writes the form.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;
}

/// A value that serialises as its form.
pub(crate) struct Formed<'a, T>(pub(crate) &'a T);

impl<T: Form> Serialize for Formed<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}

impl<T: Form> Form for Option<T> {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Formed).serialize(to)
    }
}

impl<T: Form> Form for Vec<T> {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Formed))
    }
}

/// Writes a number of 64 bits: as a string for people, as a number for machines.
///
/// # Errors
///
/// Those of the serializer.
pub fn id<N: Display + Serialize, S: Serializer>(number: N, to: S) -> Result<S::Ok, S::Error> {
    match to.is_human_readable() {
        true => to.collect_str(&number),
        false => number.serialize(to),
    }
}

/// Writes the form of a value.
///
/// # Errors
///
/// Those of the serializer.
pub fn form<T: Form, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    value.write(to)
}

/// Writes a reason as an object, with its words under `message`.
///
/// # Errors
///
/// Those of the serializer.
pub fn with_message<T: Serialize + Display, S: Serializer>(
    reason: &T,
    to: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct WithMessage<'a, T> {
        #[serde(flatten)]
        reason: &'a T,
        message: String,
    }

    let message = reason.to_string();
    WithMessage { reason, message }.serialize(to)
}

/// Writes the words of a value.
///
/// # Errors
///
/// Those of the serializer.
pub fn words<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

/// The forms of variants that hold one value without a name, which gets one here.
pub(crate) mod field {
    use super::*;

    fn named<T: Serialize, S: Serializer>(
        name: &'static str,
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct(name, 1)?;
        object.serialize_field(name, value)?;
        object.end()
    }

    /// A user, under `user`.
    pub(crate) fn user<T: Form, S: Serializer>(user: &T, to: S) -> Result<S::Ok, S::Error> {
        named("user", &Formed(user), to)
    }

    /// A user, group or channel, under `peer`.
    pub(crate) fn peer<T: Form, S: Serializer>(peer: &T, to: S) -> Result<S::Ok, S::Error> {
        named("peer", &Formed(peer), to)
    }

    /// The number of a message, under `random_id`.
    pub(crate) fn random_id<T: Form, S: Serializer>(id: &T, to: S) -> Result<S::Ok, S::Error> {
        named("random_id", &Formed(id), to)
    }

    /// An error of the server, under `error`.
    pub(crate) fn error<T: Serialize, S: Serializer>(error: &T, to: S) -> Result<S::Ok, S::Error> {
        named("error", error, to)
    }

    /// A reason, under `reason`.
    pub(crate) fn reason<T: Serialize + Display, S: Serializer>(
        reason: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        struct Reason<'a, T>(&'a T);

        impl<T: Serialize + Display> Serialize for Reason<'_, T> {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                with_message(self.0, to)
            }
        }

        named("reason", &Reason(reason), to)
    }
}
