//! The users, groups and channels of a server, and the calls that belong to them.
//!
//! ```text
//! WorldDescription ──▶ World { users, chats, calls } ◀── Asked, Request
//!                        │                    └──▶ Circle, the people around one call
//!                        └──▶ HostedCall { room, settings, messages } ──▶ Served
//! ```
//!
//! A conference belongs to nobody, so it is no part of the world.

mod building;
mod chat;
mod circle;
mod description;
mod hosted_call;
mod messages;
mod peers;
mod schedule;
mod served;
mod state;
mod stream;

pub(crate) use self::building::build;
pub(crate) use self::chat::Chat;
pub(crate) use self::circle::Host;
pub use self::description::{
    ChatKind, DescribedCall, DescribedChat, DescribedStory, DescribedUser, WorldDescription,
    WorldError,
};
pub use self::hosted_call::HostedCall;
pub(crate) use self::hosted_call::Recording;
pub(crate) use self::messages::Messages;
pub(crate) use self::peers::Person;
pub(crate) use self::schedule::Schedule;
pub(crate) use self::served::{Asked, Served};
pub(crate) use self::state::{StreamOf, World};
