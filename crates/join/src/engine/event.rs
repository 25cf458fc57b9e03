//! The events that an engine shows to a client's interface.

use core::time::Duration;
use std::sync::Arc;

use confcall_media::Cryptor;
use confcall_state::verification::{EmojiHash, Phase};
use confcall_state::{BlockHash, Height, UserId};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::call_info::CallInfo;
use super::command::{CommandFailure, CommandId, CommandKind};
use super::end::{Ended, RejoinReason};
use super::own_state::{MediaConnection, MediaMode, OwnState, PayloadReason};
use super::participant::{Participant, ParticipantChange};
use super::posted::Posted;
use crate::api::{CallMessageId, CallRef, CallSettings, InviteLink, Method, Peer, RpcError};
use crate::joining::{ConnectionParameters, InvitationEvent, JoinPayload};
use crate::membership::{Break, Gap};
use crate::message::{GroupMessage, MessageError};
use crate::policy::CallKind;
use crate::shown;
use crate::stream::{StreamPart, Track};

/// Something that a client's interface can show.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// We are in the call.
    Joined(Joined),
    /// We are in the call again, with another key and another source.
    Rejoined(Joined),
    /// We go on in the call after a restart, and know what happened meanwhile.
    ///
    /// Key, source and payload are those of before; the parameters of the media connection are for the client to keep.
    Resumed(Joined),
    /// A checkpoint should be taken: the one before would lose more than a second or so, or is old.
    ///
    /// A caller that takes none passes over it.
    CheckpointDue,
    /// The parameters of the media connection have changed, or became known after the join.
    ///
    /// They are taken from answers to us alone: parameters that are pushed name no call, and may be those of another call of
    /// the account.
    Connection {
        /// The connection.
        connection: MediaConnection,
        /// The parameters.
        parameters: Box<ConnectionParameters>,
    },
    /// The link of the call has changed.
    Link(#[serde(skip)] InviteLink),
    /// The settings of the call became known, or have changed.
    Settings(CallSettings),
    /// The call is announced and has not begun, or its description while we wait is another one.
    ///
    /// The engine joins once it begins. [`Command::StartScheduled`](super::Command::StartScheduled) begins it, and
    /// [`Command::SubscribeStart`](super::Command::SubscribeStart) has the server tell us of it.
    Scheduled(CallInfo),
    /// The description of a call that is no conference became known, or is another one.
    Call(CallInfo),
    /// A block came.
    EpochStarted {
        /// The block's height.
        #[serde(serialize_with = "shown::form")]
        height: Height,
        /// The block's hash, which names the epoch.
        #[serde(serialize_with = "shown::form")]
        hash: BlockHash,
    },
    /// The members of the chain changed.
    MembersChanged {
        /// Those who came.
        #[serde(serialize_with = "shown::form")]
        added: Vec<UserId>,
        /// Those who are gone.
        #[serde(serialize_with = "shown::form")]
        removed: Vec<UserId>,
        /// Those who stayed, under another key.
        #[serde(serialize_with = "shown::form")]
        rekeyed: Vec<UserId>,
        /// The signer of the block, if there was only one and it was a member before it or is one after.
        #[serde(serialize_with = "shown::form")]
        by: Option<UserId>,
    },
    /// We enter a call in which we were before, and it went on without us: compare the emoji again.
    ///
    /// Before the event that we are in.
    Gap(Gap),
    /// Frames of H.264 cannot be sealed from now on, or can again: send VP8 meanwhile (`spec/protocol.md`, 4.1).
    ///
    /// The reason is the hash of a block that another member wrote. They can at first.
    H264 {
        /// True if they can be sealed.
        is_permitted: bool,
    },
    /// The state of our own media is another one: the server took what we wanted, or corrected it, as an admin who mutes us does.
    OwnState(OwnState),
    /// A media connection needs another payload, where the client supplies them ([`Config::payloads`](super::Config::payloads)):
    /// answer by [`Command::Supply`](super::Command::Supply).
    PayloadWanted {
        /// The connection.
        connection: MediaConnection,
        /// The reason.
        why: PayloadReason,
        /// The time until it is too late.
        #[serde(rename = "within_ms", serialize_with = "shown::form")]
        within: Duration,
    },
    /// An invitation to the call that we sent goes on.
    ///
    /// For those that come from others, [`Invitations`](crate::joining::Invitations) takes the same updates without an engine.
    Invitation(InvitationEvent),
    /// The participants changed, or their labels, and with them perhaps the user of a source.
    ///
    /// A membership begins with nobody listed, so that after a rejoin all come as joined again. The place of participants in
    /// the chain is no change of theirs: [`Event::MembersChanged`], [`Event::Verification`] and [`Event::Emoji`] say that.
    ParticipantsChanged {
        /// Those who came.
        joined: Vec<Participant>,
        /// Those who left, as they were.
        left: Vec<Participant>,
        /// Those who are other than before.
        changed: Vec<ParticipantChange>,
        /// The number of others who came, left or are other than before, and for whom an event has no room.
        ///
        /// It is zero but for rosters that are larger than those of conferences: [`Engine::participants`](super::Engine::participants)
        /// has all.
        more: u32,
    },
    /// The verification of the newest block has come this far.
    Verification {
        /// The block's height.
        #[serde(serialize_with = "shown::form")]
        height: Height,
        /// The phase.
        #[serde(serialize_with = "shown::form")]
        phase: Phase,
        /// Those who hold the phase up.
        #[serde(serialize_with = "shown::form")]
        missing: Vec<UserId>,
        /// For how long the block has been verified.
        #[serde(rename = "since_ms", serialize_with = "shown::form")]
        since: Duration,
    },
    /// All have shown their nonces; compare the emoji.
    Emoji {
        /// The block's height.
        #[serde(serialize_with = "shown::form")]
        height: Height,
        /// The hash that the emoji are made of.
        #[serde(flatten, serialize_with = "shown::form")]
        hash: EmojiHash,
    },
    /// The emoji are overdue: blocks have ended five rounds of the verification in a row before them, or 30 s have passed
    /// without emoji that stood for 10 s.
    ///
    /// It comes once until emoji have stood for 10 s, also over rejoins. Many people who come and go have the same effect as a server that wants no
    /// comparison of emoji, so that it is no suspicion.
    EmojiOverdue(EmojiOverdue),
    /// A message or a reaction.
    ///
    /// In a call without encryption our own come back too.
    Message {
        /// The sender.
        #[serde(serialize_with = "shown::form")]
        from: Peer,
        /// True for one that only members can read; else the server reads it, and can write in any name.
        encrypted: bool,
        /// The message itself.
        #[serde(flatten)]
        message: GroupMessage,
        /// The server's account of one that is not encrypted.
        posted: Option<Posted>,
    },
    /// Messages of a call without encryption were deleted.
    MessagesDeleted {
        /// Their numbers.
        messages: Vec<CallMessageId>,
    },
    /// A member wrote something that cannot be shown, as a newer client can.
    MessageNotShown {
        /// The sender.
        #[serde(serialize_with = "shown::form")]
        from: UserId,
        /// The reason.
        #[serde(rename = "message", serialize_with = "shown::words")]
        why: MessageError,
    },
    /// A part of the media of a call that is shown as a stream.
    ///
    /// [`Joined::mode`] says whether it is. The parts of each track come in the order of their times.
    StreamPart(#[serde(serialize_with = "stream_part")] StreamPart),
    /// The state of the stream is another one.
    Stream(StreamState),
    /// Something that an honest server and honest members would not do.
    Suspicious(#[serde(serialize_with = "shown::with_message")] Suspicion),
    /// Something failed and is tried again.
    Retrying {
        /// The reason.
        #[serde(serialize_with = "shown::with_message")]
        why: Trouble,
        /// The time until then.
        #[serde(rename = "pause_ms", serialize_with = "shown::form")]
        pause: Duration,
        /// The number of the attempt that follows, from 2.
        attempt: u32,
    },
    /// A command was carried out.
    Done {
        /// The caller's number for it.
        #[serde(serialize_with = "shown::form")]
        id: CommandId,
        /// The command.
        command: CommandKind,
    },
    /// A command failed.
    Failed {
        /// The caller's number for it.
        #[serde(serialize_with = "shown::form")]
        id: CommandId,
        /// The command.
        command: CommandKind,
        /// The reason.
        #[serde(serialize_with = "shown::with_message")]
        why: CommandFailure,
    },
    /// The end; there is no event after it.
    Ended(Ended),
}

/// A membership that has begun.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Joined {
    /// The call.
    #[serde(serialize_with = "shown::form")]
    pub call: CallRef,
    /// The kind of the call.
    pub kind: CallKind,
    /// As whom we are in it.
    #[serde(serialize_with = "shown::form")]
    pub own: Peer,
    /// The way in which its media comes to us.
    pub mode: MediaMode,
    /// The parameters of the media connection.
    ///
    /// `None` if the answer to our join was lost: unless another answer brings them, as [`Event::Connection`], we join again
    /// after some seconds, and [`Event::Rejoined`] has them. `None` after a restart as well, where those of before hold, and where
    /// the media comes as a stream.
    pub connection: Option<Box<ConnectionParameters>>,
    /// The payload that the server took, with the source of our sound.
    pub payload: JoinPayload,
    /// The link of the call, if the server named it.
    #[serde(skip)]
    pub invite_link: Option<InviteLink>,
    /// The sealer and opener of frames, for media threads; each membership has its own. `None` in a call without encryption.
    #[serde(skip)]
    pub cryptor: Option<Arc<Cryptor>>,
    /// The number of times that a join was sent; none after a restart.
    pub attempts: u32,
}

/// The state of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StreamState {
    /// Nobody publishes; the engine goes on asking.
    NobodyPublishes,
    /// The time was found anew: parts may be missing, and the times of those that follow may be earlier.
    Resynchronised,
    /// The data centre that has the parts cannot be reached, so that none come.
    Unreachable {
        /// The data centre.
        data_centre: i32,
    },
}

/// A part without its bytes, of which programs that read events have no use.
fn stream_part<S: Serializer>(part: &StreamPart, to: S) -> Result<S::Ok, S::Error> {
    let (track, video) = match &part.track {
        Track::Unified => ("unified", None),
        Track::Sound => ("sound", None),
        Track::Picture(video) => ("picture", Some(video)),
    };
    let mut object = to.serialize_struct("StreamPart", 6)?;
    object.serialize_field("track", track)?;
    object.serialize_field("endpoint", &video.map(|video| &video.endpoint))?;
    object.serialize_field("quality", &video.map(|video| video.quality))?;
    object.serialize_field("time_ms", &part.time_ms)?;
    object.serialize_field("duration_ms", &part.duration_ms)?;
    object.serialize_field("bytes", &part.bytes.len())?;
    object.end()
}

/// Emoji that are long in coming.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EmojiOverdue {
    /// The time since a block began the first round without emoji that stood.
    #[serde(rename = "since_ms", serialize_with = "shown::form")]
    pub since: Duration,
    /// The number of rounds in a row that a block has ended, before the emoji or less than 10 s after them.
    pub ended: u32,
    /// The signers of those blocks.
    #[serde(serialize_with = "shown::form")]
    pub writers: Vec<UserId>,
    /// Those who hold the round under way up.
    #[serde(serialize_with = "shown::form")]
    pub missing: Vec<UserId>,
}

/// A thing that is wrong with the server or a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Suspicion {
    /// A member of the chain, who can decrypt, has not been in the roster for longer than the removal of a member who left
    /// takes: for 30 s, or after the third removal that failed.
    UnlistedMember(#[serde(serialize_with = "shown::field::user")] UserId),
    /// The server shows another chain than the one that we follow.
    Fork {
        /// The height that we had reached.
        #[serde(serialize_with = "shown::form")]
        height: Height,
        /// The difference, in words.
        what: String,
    },
    /// A member wrote a block that gives other users keys, and may hold those keys itself: a user joins by a block of its own.
    ForeignKeys {
        /// The signer of the block.
        #[serde(serialize_with = "shown::form")]
        by: UserId,
        /// The users who came, or stayed under another key, by it.
        #[serde(serialize_with = "shown::form")]
        users: Vec<UserId>,
    },
    /// The call that is entered may be another one than the one that we were in.
    Swapped(#[serde(skip)] Break),
    /// Bad broadcasts keep coming.
    BadBroadcasts {
        /// The member in whose name they are, if they could be read; a signature need not have held.
        #[serde(serialize_with = "shown::form")]
        from: Option<UserId>,
        /// The number of them in this membership.
        count: u32,
    },
    /// The server does not take a broadcast of ours.
    BroadcastRefused(#[serde(serialize_with = "shown::field::error")] RpcError),
    /// The server shows the call as one of another kind than before: encrypted where it was not, or not where it was.
    KindChanged {
        /// The kind as which the call was entered.
        from: CallKind,
    },
    /// A list does not end.
    Endless {
        /// The number of participants or items that were read.
        read: usize,
    },
}

/// The reason why something is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trouble {
    /// Another block came first.
    Race,
    /// Our media source is taken.
    SourceTaken,
    /// The call has no block yet.
    NoBlockYet,
    /// The call's chain is shorter than when we saw it last.
    WentBack,
    /// The server wants some time to pass before the next request of this method.
    Flood {
        /// The method.
        method: Method,
    },
    /// The server refused a request for the time being.
    Refused {
        /// The method.
        method: Method,
        /// The server's error.
        error: RpcError,
    },
    /// A request has no answer.
    Unanswered {
        /// The method.
        method: Method,
    },
    /// The membership is lost, and we join again.
    Rejoining(#[serde(serialize_with = "shown::field::reason")] RejoinReason),
}
