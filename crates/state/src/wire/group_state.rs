use super::Permissions;
use super::boxed::Boxed;
use crate::keys::PublicKey;
use crate::tl::{ReadError, Reader, Writer};
use crate::types::UserId;

const GROUP_STATE: u32 = 0x1ddc_7584;
const PARTICIPANT: u32 = 0x18f3_971f;
/// The bytes that a participant takes.
const PARTICIPANT_SIZE: usize = 52;

/// One participant of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The user.
    pub user_id: UserId,
    /// The user's key in this call; together with the user it identifies the participant.
    pub public_key: PublicKey,
    /// The permissions of the participant.
    pub permissions: Permissions,
    /// The newest protocol version that the participant's client speaks.
    pub version: i32,
}

/// The participants of a call in the order of the chain, and the permissions of all others.
///
/// As a value on the wire it can be anything; the chain checks it (`spec/protocol.md`, 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupState {
    /// The participants; the order decides who signs a block that names no signer.
    pub participants: Vec<Participant>,
    /// The permissions of those who are not participants.
    pub external_permissions: Permissions,
}

impl GroupState {
    /// The group before the first block: empty, and everything is permitted.
    pub const fn before_first() -> Self {
        Self {
            participants: Vec::new(),
            external_permissions: Permissions::ALL,
        }
    }

    /// The participant with this key.
    pub fn by_key(&self, key: &PublicKey) -> Option<&Participant> {
        self.participants.iter().find(|one| one.public_key == *key)
    }

    /// The participant that this user is.
    pub fn by_user(&self, user_id: UserId) -> Option<&Participant> {
        self.participants.iter().find(|one| one.user_id == user_id)
    }

    /// The protocol version of the call: the smallest that a participant announces, within 0 to 255.
    ///
    /// 0 without participants (`spec/protocol.md`, 2.1).
    pub fn protocol_version(&self) -> u8 {
        let smallest = self.participants.iter().map(|one| one.version).min();
        // The number is any int32 on the wire; the official clients announce 0.
        smallest.map_or(0, |version| {
            u8::try_from(version.clamp(0, 255)).unwrap_or_default()
        })
    }
}

impl Boxed for Participant {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        reader.constructor(PARTICIPANT, "a participant")?;
        Ok(Self {
            user_id: UserId::new(reader.i64("a participant's user id")?),
            public_key: PublicKey::from_bytes(reader.raw("a participant's public key")?),
            // Unknown bits are kept here and refused by the chain; dropping them would change the hash (1.2).
            permissions: Permissions::from_bits(reader.flags("a participant")?),
            version: reader.i32("a participant's version")?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.u32(PARTICIPANT);
        writer.i64(self.user_id.value());
        writer.raw(self.public_key.as_bytes());
        writer.u32(self.permissions.bits());
        writer.i32(self.version);
    }
}

impl Boxed for GroupState {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        reader.constructor(GROUP_STATE, "a group state")?;
        let count = reader.count("participants")?;
        let mut participants = Vec::with_capacity(reader.capacity(count, PARTICIPANT_SIZE));
        for _ in 0..count {
            participants.push(Participant::read(reader)?);
        }
        Ok(Self {
            participants,
            external_permissions: Permissions::from_bits(reader.u32("external permissions")?),
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.u32(GROUP_STATE);
        writer.count(self.participants.len());
        self.participants.iter().for_each(|one| one.write(writer));
        writer.u32(self.external_permissions.bits());
    }
}
