use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::{Fields, flag, optional, read_bool, strict_flags, write_bool};
use super::{InputGroupCall, Method};

const JOIN_MUTED: u32 = 1;
const RESET_INVITE_HASH: u32 = 1 << 1;
const MESSAGES_ENABLED: u32 = 1 << 2;
const SEND_PAID_MESSAGES_STARS: u32 = 1 << 3;
const KNOWN: u32 = JOIN_MUTED | RESET_INVITE_HASH | MESSAGES_ENABLED | SEND_PAID_MESSAGES_STARS;

/// The request `phone.toggleGroupCallSettings` (`spec/protocol.md`, 11.1 and 12).
///
/// What is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ToggleGroupCallSettings {
    /// True to replace the link, which only the creator of a conference may do.
    pub reset_invite_hash: bool,
    /// The call.
    pub call: InputGroupCall,
    /// True to mute those who join from now on.
    pub join_muted: Option<bool>,
    /// True if messages can be sent.
    pub messages_enabled: Option<bool>,
    /// The price of a message, in stars.
    pub send_paid_messages_stars: Option<i64>,
}

impl ToggleGroupCallSettings {
    /// A request that changes nothing yet.
    pub fn nothing(call: InputGroupCall) -> Self {
        Self {
            reset_invite_hash: false,
            call,
            join_muted: None,
            messages_enabled: None,
            send_paid_messages_stars: None,
        }
    }

    /// Replaces the link of a conference, so that the old one leads nowhere.
    pub fn revoke_link(call: InputGroupCall) -> Self {
        Self {
            reset_invite_hash: true,
            ..Self::nothing(call)
        }
    }
}

impl Fields for ToggleGroupCallSettings {
    const ID: u32 = 0x9743_92f2;
    const METHOD: Method = Method::ToggleGroupCallSettings;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(
            flag(self.join_muted.is_some(), JOIN_MUTED)
                | flag(self.reset_invite_hash, RESET_INVITE_HASH)
                | flag(self.messages_enabled.is_some(), MESSAGES_ENABLED)
                | flag(
                    self.send_paid_messages_stars.is_some(),
                    SEND_PAID_MESSAGES_STARS,
                ),
        );
        self.call.write(writer);
        let switches = [self.join_muted, self.messages_enabled];
        // Only those that change are on the wire, in the order of their flags.
        let switches = switches.into_iter().flatten();
        switches.for_each(|value| write_bool(writer, value));
        if let Some(stars) = self.send_paid_messages_stars {
            writer.i64(stars);
        }
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let flags = strict_flags(reader, KNOWN, "the flags of phone.toggleGroupCallSettings")?;
        Ok(Self {
            reset_invite_hash: flags & RESET_INVITE_HASH != 0,
            call: InputGroupCall::read(reader)?,
            join_muted: optional(reader, flags, JOIN_MUTED, |r| read_bool(r, "join_muted"))?,
            messages_enabled: optional(reader, flags, MESSAGES_ENABLED, |r| {
                read_bool(r, "messages_enabled")
            })?,
            send_paid_messages_stars: optional(reader, flags, SEND_PAID_MESSAGES_STARS, |r| {
                r.i64("send_paid_messages_stars")
            })?,
        })
    }
}
