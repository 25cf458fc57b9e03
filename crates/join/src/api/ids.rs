//! Newtypes for the numbers and texts that requests pass around.

use core::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::shown::{self, Form};

/// Defines a newtype for a number whose only meaning is to be itself.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $number:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($number);

        impl $name {
            /// Wraps the number as it stands on the wire.
            pub const fn new(value: $number) -> Self {
                Self(value)
            }

            /// The number as it stands on the wire.
            pub const fn value(self) -> $number {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// The id of a group call; the whole int64 range is used.
    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    CallId, i64
}

/// Ids that are shown as those of 64 bits.
macro_rules! shown_ids {
    ($($name:ty,)*) => {
        $(
            impl Form for $name {
                fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    shown::id(self.value(), to)
                }
            }
        )*
    };
}

shown_ids! { CallId, ChatId, ChannelId, }

id! {
    /// A number that the server handed to this account to show that it may use an id.
    AccessHash, i64
}

id! {
    /// The id of a basic group.
    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    ChatId, i64
}

id! {
    /// The id of a channel or supergroup.
    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    ChannelId, i64
}

id! {
    /// The id of a call between two users.
    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    PhoneCallId, i64
}

id! {
    /// The id of a message in the chat that the context names.
    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    MessageId, i32
}

id! {
    /// The number that the server gives to a message to a call without encryption.
    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    CallMessageId, i32
}

id! {
    /// The number of a story among those of its peer.
    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    StoryId, i32
}

/// Defines a newtype for a text that `Debug` does not show.
macro_rules! hidden_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Wraps a text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({} bytes)", stringify!($name), self.0.len())
            }
        }
    };
}

hidden_text! {
    /// The JSON text of a `dataJSON`.
    ///
    /// It is not checked here, and it can hold a password, so `Debug` shows only its length.
    DataJson
}

hidden_text! {
    /// The link of a call as the server gives it.
    ///
    /// It is not checked here; [`Link::parse`](crate::joining::Link::parse) reads it. It is all that it takes to join, so
    /// `Debug` shows only its length.
    InviteLink
}

hidden_text! {
    /// The secret that lets a program publish a stream.
    ///
    /// `Debug` shows only its length, and it is shown to nobody who did not ask for it.
    StreamKey
}

impl fmt::Display for InviteLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
