use std::net::SocketAddr;
use std::time::Duration;

use confcall_server::tl::{Layer, Occasion};
use confcall_state::UserId;
use confcall_state::tl::{ReadError, ReadErrorKind, Reader};
use grammers_tl_types::{Identifiable as _, enums, types};

use crate::mtproto::salt::seconds;

/// The number of the only data centre.
pub(crate) const DC: i32 = 1;

/// For how long a client may believe the configuration, in seconds.
const EXPIRY: u64 = 3600;

/// The user who asks, the address of the server that was reached, and the time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requester {
    pub(crate) user: UserId,
    pub(crate) address: SocketAddr,
    /// The layer in which the client reads.
    pub(crate) layer: Layer,
    /// Since the epoch.
    pub(crate) now: Duration,
}

impl Requester {
    /// Now, in seconds since the epoch.
    pub(crate) fn date(self) -> i32 {
        seconds(self.now.as_secs())
    }

    /// What an answer is written for.
    pub(crate) fn occasion(self) -> Occasion {
        Occasion {
            viewer: self.user,
            date: self.date(),
            layer: self.layer,
        }
    }

    /// The end of what a client may believe from now on, in seconds since the epoch.
    pub(crate) fn expiry(self) -> i32 {
        seconds(self.now.as_secs().saturating_add(EXPIRY))
    }

    /// Nothing has happened that a client could have missed: the server keeps no messages.
    pub(crate) fn state(self) -> enums::updates::State {
        enums::updates::State::State(types::updates::State {
            pts: 0,
            qts: 0,
            date: self.date(),
            seq: 0,
            unread_count: 0,
        })
    }

    /// Reads a user as the requester names it.
    pub(crate) fn read_user(self, reader: &mut Reader<'_>) -> Result<UserId, ReadError> {
        let what = "a user";
        match reader.u32(what)? {
            types::InputUserSelf::CONSTRUCTOR_ID => Ok(self.user),
            types::InputUser::CONSTRUCTOR_ID => {
                let user = reader.i64(what)?;
                reader.i64(what)?;
                Ok(UserId::new(user))
            }
            found => {
                let kind = ReadErrorKind::UnexpectedConstructor { what, found };
                Err(reader.error_before(4, kind))
            }
        }
    }
}
