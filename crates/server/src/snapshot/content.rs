use confcall_join::Ssrc;
use confcall_join::api::{InvitationState, SsrcGroup};
use serde::{Deserialize, Serialize, Serializer};

/// A server in the plain numbers and bytes that are written.
///
/// Facts that follow from the rest are left out: the state of the chains, the keys of members, the owners of sources.
#[derive(Serialize, Deserialize)]
pub(super) struct Content<'a> {
    pub(super) seed: u64,
    /// The number of draws of names.
    pub(super) drawn: u64,
    #[serde(borrow)]
    pub(super) calls: Vec<SavedCall<'a>>,
    pub(super) creations: Vec<SavedCreation>,
    pub(super) invitations: Vec<SavedInvitation>,
    /// The number of the last message that invited.
    pub(super) last_message: i32,
    pub(super) phone_calls: Vec<SavedPhoneCall>,
    /// The ids and access hashes of calls that ended, the oldest first.
    pub(super) ended: Vec<(i64, i64)>,
    /// The users who were given names.
    #[serde(borrow)]
    pub(super) people: Vec<(i64, &'a str)>,
    /// The time, in seconds since 1970.
    pub(super) now: i32,
    /// In seconds and nanoseconds.
    pub(super) ring_timeout: (u64, u32),
    #[serde(borrow)]
    pub(super) world: SavedWorld<'a>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedCall<'a> {
    pub(super) slug: &'a str,
    #[serde(borrow)]
    pub(super) room: SavedRoom<'a>,
    pub(super) creator: Option<i64>,
    /// In server form.
    #[serde(borrow)]
    pub(super) blocks: Vec<Bytes<'a>>,
    /// The number of broadcasts that were dropped before those that are left.
    pub(super) dropped: usize,
    /// In server form.
    #[serde(borrow)]
    pub(super) broadcasts: Vec<Bytes<'a>>,
    pub(super) kicked: Vec<i64>,
    /// True if the call was not empty all the time since idle calls were last looked for.
    pub(super) attended: bool,
}

/// The participants of a call of any kind, and the server's end of their media.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedRoom<'a> {
    pub(super) id: i64,
    pub(super) access_hash: i64,
    pub(super) members: Vec<SavedMember>,
    pub(super) roster_version: i32,
    pub(super) hides_listeners: bool,
    pub(super) voices: SavedVoices,
    #[serde(borrow)]
    pub(super) media: SavedMedia<'a>,
    pub(super) screens: SavedMedia<'a>,
    pub(super) messages_enabled: bool,
    pub(super) created: i32,
}

impl<'a> SavedCall<'a> {
    /// All blocks and broadcasts.
    pub(super) fn items(&self) -> impl Iterator<Item = &Bytes<'a>> {
        self.blocks.iter().chain(&self.broadcasts)
    }
}

/// A member, without its key, which stands in the chain.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedMember {
    pub(super) user_id: i64,
    pub(super) peer: SavedPeer,
    pub(super) source: Ssrc,
    pub(super) muted: bool,
    pub(super) hand: Option<i64>,
    pub(super) camera: SavedCamera,
    pub(super) screen: Option<SavedScreen>,
    pub(super) date: i32,
    pub(super) active_date: Option<i32>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedCamera {
    pub(super) groups: Vec<SsrcGroup>,
    pub(super) is_stopped: bool,
    pub(super) is_paused: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedScreen {
    pub(super) source: Ssrc,
    pub(super) groups: Vec<SsrcGroup>,
    pub(super) is_paused: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedVoices {
    pub(super) silenced: Vec<i64>,
    /// Each with its user.
    pub(super) volumes: Vec<(i64, i32)>,
    pub(super) choices: Vec<SavedChoice>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedChoice {
    pub(super) viewer: i64,
    pub(super) user_id: i64,
    pub(super) muted: bool,
    pub(super) volume: Option<i32>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedMedia<'a> {
    pub(super) ufrag: &'a str,
    pub(super) pwd: &'a str,
    #[serde(borrow)]
    pub(super) fingerprint: Bytes<'a>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedCreation {
    pub(super) creator: i64,
    pub(super) random_id: i32,
    pub(super) call: i64,
    pub(super) joined_with: Option<[u8; 32]>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedInvitation {
    pub(super) call: i64,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) received: i32,
    pub(super) sent: Option<i32>,
    pub(super) video: bool,
    pub(super) date: i32,
    pub(super) state: InvitationState,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedPhoneCall {
    pub(super) id: i64,
    /// The two users, each with its access hash.
    pub(super) sides: [(i64, i64); 2],
    pub(super) is_over: bool,
}

/// What belongs to groups and channels; messages are left out, since nobody reads old ones.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedWorld<'a> {
    /// The number of draws of names.
    pub(super) drawn: u64,
    #[serde(borrow)]
    pub(super) users: Vec<SavedPerson<'a>>,
    #[serde(borrow)]
    pub(super) chats: Vec<SavedChat<'a>>,
    #[serde(borrow)]
    pub(super) calls: Vec<SavedHostedCall<'a>>,
    /// The ids and access hashes of calls that ended, the oldest first.
    pub(super) ended: Vec<(i64, i64)>,
    pub(super) residents: Vec<i64>,
    /// Each with the user and the number of the request that made the call.
    pub(super) creations: Vec<(i64, i32, i64)>,
    /// Each with whose stream it is, and whether that is a story.
    #[serde(borrow)]
    pub(super) keys: Vec<(SavedPeer, bool, &'a str)>,
}

/// A user, group or channel.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum SavedPeer {
    User(i64),
    Chat(i64),
    Channel(i64),
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedPerson<'a> {
    pub(super) id: i64,
    pub(super) username: Option<&'a str>,
    pub(super) stars: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedChat<'a> {
    pub(super) peer: SavedPeer,
    pub(super) is_broadcast: bool,
    pub(super) title: &'a str,
    pub(super) username: Option<&'a str>,
    pub(super) is_open: bool,
    pub(super) members: Vec<i64>,
    pub(super) owner: Option<i64>,
    pub(super) admins: Vec<i64>,
    pub(super) anonymous: Vec<i64>,
    pub(super) join_as: Vec<(i64, SavedPeer)>,
    pub(super) call: Option<i64>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedHostedCall<'a> {
    #[serde(borrow)]
    pub(super) room: SavedRoom<'a>,
    pub(super) peer: SavedPeer,
    pub(super) story: Option<i32>,
    pub(super) creator: Option<i64>,
    pub(super) title: Option<&'a str>,
    pub(super) rtmp: bool,
    pub(super) is_published: bool,
    pub(super) join_muted: bool,
    pub(super) invite_hash: Option<&'a str>,
    /// The date, and those who are told of the beginning.
    pub(super) schedule: Option<(i32, Vec<i64>)>,
    /// The time of its beginning, and whether it has video.
    pub(super) recording: Option<(i32, bool)>,
    pub(super) price: Option<i64>,
    pub(super) last_message: i32,
    pub(super) stream_above: usize,
    pub(super) invited: Vec<i64>,
}

/// Bytes that are written and read as a whole.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(self.0)
    }
}

impl AsRef<[u8]> for Bytes<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}
