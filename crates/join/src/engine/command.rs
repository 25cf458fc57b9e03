//! The commands of a caller, and the ways in which they fail.

use core::fmt;
use core::time::Duration;

use confcall_state::UserId;
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use super::own_state::{MediaConnection, Switch};
use crate::api::traced;
use crate::api::{
    CallMessageId, InputPeer, InputPhoneCall, InputUser, MessageId, Peer, RpcError, Ssrc,
};
use crate::joining::JoinPayload;
use crate::message::{GroupMessage, RandomId, traced as traced_message};
use crate::policy::CallKind;
use crate::shown::{self, Form};
use crate::stream::Quality;

/// The time for the effect of a command to come, after the server said yes.
pub(super) const EFFECT: Duration = Duration::from_secs(15);

/// A command of the caller.
///
/// A command of a [kind](Command::kind) is answered once, by an [`Event::Done`](super::Event::Done) or an
/// [`Event::Failed`](super::Event::Failed) with the id that it came with. The answers come in any order, also those to
/// commands of one kind; the last ones come before [`Event::Ended`](super::Event::Ended), and a command after the end has
/// none. With its membership everything fails that still waits in it, as [`CommandFailure::Unanswered`] if the server may
/// have carried it out. The commands without a kind are carried out at once, and have no answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Leave the call, or give up entering it.
    Leave,
    /// Remove users from the call against their will, all or none.
    ///
    /// It is done once a block without them is in our chain, which another member may have written. It fails at once if
    /// one of them is not in the chain, and 15 s after the server took our block if no such block has come.
    Kick {
        /// The users.
        #[serde(with = "traced::users")]
        users: Vec<UserId>,
    },
    /// Invite a user.
    ///
    /// It is done once the server has accepted it; nothing in the call shows an invitation.
    Invite {
        /// The user.
        user: InputUser,
        /// True if to a call with video.
        video: bool,
    },
    /// Decline an invitation, which need not be to this call.
    ///
    /// It is done once the server has accepted it, or does not know the invitation any more.
    Decline {
        /// The message that invites.
        message: MessageId,
    },
    /// Replace the link of the call by a new one; for its creator, and in the call of a group or channel for admins.
    ///
    /// It is done once the server has accepted it and shown another link, and fails if none comes within 15 s.
    RevokeLink,
    /// Turn the messages in the call on or off, if the server lets us.
    ///
    /// It is done once the server shows it, and fails if that does not come within 15 s after it accepted. While they are off,
    /// sending fails as [`CommandFailure::MessagesDisabled`].
    SetMessagesEnabled {
        /// True if messages can be sent.
        enabled: bool,
    },
    /// Have those muted who join from now on, or not any more, if the server lets us; conferences do not have that.
    ///
    /// It is done once the server shows it, as [`Command::SetMessagesEnabled`].
    SetJoinMuted {
        /// True if they are muted.
        muted: bool,
    },
    /// End the call for everyone; for its creator, and in the call of a group or channel for admins.
    ///
    /// It is done once the server shows the call as over, and fails if that does not come within 15 s after it accepted. A
    /// server that says that the call was over before has done it, too.
    Discard,
    /// Send a message or a reaction to all in the call.
    ///
    /// It is done once the server has accepted it, which does not send us what we wrote.
    Send(#[serde(with = "traced_message")] GroupMessage),
    /// Ask for the users of these sources, which the roster does not show yet.
    ///
    /// It is done with the answer, whether it has a user for each of them or not.
    Resolve {
        /// The sources.
        sources: Vec<Ssrc>,
    },
    /// Load more of the roster of a large call, of which only the first hundred participants and those who change are listed by
    /// themselves.
    ///
    /// It is done once they are listed. The roster of a conference is always loaded whole.
    LoadParticipants {
        /// True for all; else the next hundred.
        all: bool,
    },
    /// Give up the membership for a new one of the same call, with another key and other sources.
    ///
    /// It is done once we are in again. It counts as every other rejoin does, so that it fails if there were too many
    /// lately.
    Rejoin,
    /// Note that the media connection is up or down.
    Media(MediaState),
    /// Turn our microphone off or on.
    ///
    /// As the other switches of our media: it is done once the server has accepted it, at once while we enter the call, and
    /// also if another wish has taken its place. It counts for every later join, and after a rejoin it is sent again. Fails as
    /// [`CommandFailure::Silenced`] while an admin does not let us speak.
    SetMuted {
        /// True if it is off.
        muted: bool,
    },
    /// Turn our camera on or off, as [`Command::SetMuted`] the microphone.
    SetVideo {
        /// True if it is on.
        on: bool,
    },
    /// Pause our camera, which stays listed, or go on.
    SetVideoPaused {
        /// True if it is paused.
        paused: bool,
    },
    /// Pause the screen that we share, which stays listed, or go on.
    SetPresentationPaused {
        /// True if it is paused.
        paused: bool,
    },
    /// Turn the microphone of another participant off for all, or let a participant speak again; for the creator of a
    /// conference, and for the admins of any other call.
    ///
    /// It is done once the server has accepted it. Who is let speak unmutes itself.
    Mute {
        /// The participant.
        peer: Peer,
        /// True if it is muted.
        muted: bool,
    },
    /// Set the volume of another participant: for the creator of the call for all who did not choose their own, for others for
    /// themselves.
    ///
    /// It is done once the server has accepted it.
    SetVolume {
        /// The participant.
        peer: Peer,
        /// The volume, in hundredths of a percent, from 1 to 20000.
        volume: i32,
    },
    /// Mute another participant for ourselves only, or not any more.
    ///
    /// It is done at once. The server is not asked; for the creator of the call its request would mute for all.
    MuteForMe {
        /// The participant.
        peer: Peer,
        /// True if it is muted.
        muted: bool,
    },
    /// Share a screen, by a media connection of its own with this payload; with another payload if one is shared.
    ///
    /// It is done once the server has accepted it; the parameters of the connection come right after. It is shared again after a
    /// rejoin. Its frames are sealed on [`ChannelId::SCREEN`](confcall_media::ChannelId::SCREEN).
    StartPresentation {
        /// The payload, with sources of its own.
        #[serde(with = "traced::payload")]
        payload: JoinPayload,
    },
    /// Share no screen any more.
    ///
    /// It is done once the server has accepted it, or has no screen of ours.
    StopPresentation,
    /// Supply the payload that [`Event::PayloadWanted`](super::Event::PayloadWanted) asked for.
    Supply {
        /// The connection.
        connection: MediaConnection,
        /// The payload.
        #[serde(with = "traced::payload")]
        payload: JoinPayload,
    },
    /// End a call between two users by moving it to this conference, of which the other user learns by the link.
    ///
    /// It is done once the server has accepted it.
    Migrate {
        /// The call between the two users.
        phone_call: InputPhoneCall,
        /// Its duration, in seconds.
        duration: i32,
        /// True if a side had video.
        video: bool,
        /// The number of its media connection.
        connection_id: i64,
    },
    /// Raise our hand where we are not allowed to speak, or take it down.
    ///
    /// Hands are of video chats and livestreams. It is done once the server has accepted it.
    RaiseHand {
        /// True if it is raised.
        raised: bool,
    },
    /// Take the hand of another participant down; for admins.
    ///
    /// It is done once the server has accepted it.
    LowerHand {
        /// The participant.
        peer: Peer,
    },
    /// Change the title of the call; for admins. An empty one is the chat's own.
    ///
    /// It is done once the server has accepted it.
    SetTitle {
        /// The title.
        #[serde(with = "traced::label")]
        title: String,
    },
    /// Record the call; for admins. The file goes to the admin, and everyone in the call sees that it is recorded.
    ///
    /// It is done once the server has accepted it.
    StartRecording {
        /// The title of the recording.
        #[serde(with = "traced::optional_label")]
        title: Option<String>,
        /// Set to record video too.
        video: Option<VideoLayout>,
    },
    /// Record the call no more; for admins.
    ///
    /// It is done once the server has accepted it.
    StopRecording,
    /// Begin a call that is announced; for admins.
    ///
    /// It is done once the server has accepted it, and the engine joins then.
    StartScheduled,
    /// Have the server tell us when a call that is announced begins, or not any more.
    ///
    /// It is done once the server has accepted it.
    SubscribeStart {
        /// True if it tells us.
        subscribed: bool,
    },
    /// Delete messages of a call without encryption: our own, or any for admins.
    ///
    /// It is done once the server has accepted it.
    DeleteMessages {
        /// Their numbers.
        messages: Vec<CallMessageId>,
        /// True to report their writers as well.
        report_spam: bool,
    },
    /// Delete all that a participant wrote in a call without encryption; for admins.
    ///
    /// It is done once the server has accepted it.
    DeleteMessagesOf {
        /// The participant.
        peer: Peer,
        /// True to report the participant as well.
        report_spam: bool,
    },
    /// Ask users to the call of a group or channel by a message there, ten in a request; to a conference one invites by
    /// [`Command::Invite`].
    ///
    /// It is done once the server has accepted all, and fails with the first refusal.
    InviteUsers {
        /// The users, at most a hundred.
        users: Vec<InputUser>,
    },
    /// Get a link to the call of a public group or channel, which comes as [`Event::Link`](super::Event::Link).
    ///
    /// It is done once the link is there.
    ExportLink {
        /// True for a link by which one may speak although newcomers are muted; for admins.
        can_self_unmute: bool,
    },
    /// Give up the membership for one as another peer.
    ///
    /// It is done once we are in again. Where the server refuses that peer it fails, and we are in again as before. It counts as
    /// every other rejoin does.
    JoinAs {
        /// The peer.
        #[serde(with = "traced::input_peer")]
        peer: InputPeer,
    },
    /// Get a picture of a call that is shown as a stream, from the next second on, in this size; for a few.
    ///
    /// It counts until [`Command::StopVideo`], also after a rejoin.
    WantVideo {
        /// The name by which the media server knows it.
        endpoint: String,
        /// Its size.
        quality: Quality,
    },
    /// Get a picture of a stream no more.
    StopVideo {
        /// The name by which the media server knows it.
        endpoint: String,
    },
    /// Stop without leaving, for a planned restart: [`Engine::suspend`](super::Engine::suspend) takes the checkpoint before.
    ///
    /// Outside the call it does nothing.
    Suspend,
}

impl Command {
    /// The kind of the command, in the event that answers it; the commands without one are not answered.
    pub fn kind(&self) -> Option<CommandKind> {
        Some(match self {
            Self::Kick { .. } => CommandKind::Kick,
            Self::Invite { .. } => CommandKind::Invite,
            Self::Decline { .. } => CommandKind::Decline,
            Self::RevokeLink => CommandKind::RevokeLink,
            Self::SetMessagesEnabled { .. } => CommandKind::SetMessagesEnabled,
            Self::SetJoinMuted { .. } => CommandKind::SetJoinMuted,
            Self::Discard => CommandKind::Discard,
            Self::Send(message) => CommandKind::Send(message.random_id()),
            Self::Resolve { .. } => CommandKind::Resolve,
            Self::LoadParticipants { .. } => CommandKind::LoadParticipants,
            Self::Rejoin => CommandKind::Rejoin,
            Self::SetMuted { .. } => CommandKind::SetMuted,
            Self::SetVideo { .. } => CommandKind::SetVideo,
            Self::SetVideoPaused { .. } => CommandKind::SetVideoPaused,
            Self::SetPresentationPaused { .. } => CommandKind::SetPresentationPaused,
            Self::Mute { .. } => CommandKind::Mute,
            Self::SetVolume { .. } => CommandKind::SetVolume,
            Self::MuteForMe { .. } => CommandKind::MuteForMe,
            Self::StartPresentation { .. } => CommandKind::StartPresentation,
            Self::StopPresentation => CommandKind::StopPresentation,
            Self::Migrate { .. } => CommandKind::Migrate,
            Self::RaiseHand { .. } => CommandKind::RaiseHand,
            Self::LowerHand { .. } => CommandKind::LowerHand,
            Self::SetTitle { .. } => CommandKind::SetTitle,
            Self::StartRecording { .. } => CommandKind::StartRecording,
            Self::StopRecording => CommandKind::StopRecording,
            Self::StartScheduled => CommandKind::StartScheduled,
            Self::SubscribeStart { .. } => CommandKind::SubscribeStart,
            Self::DeleteMessages { .. } => CommandKind::DeleteMessages,
            Self::DeleteMessagesOf { .. } => CommandKind::DeleteMessagesOf,
            Self::InviteUsers { .. } => CommandKind::InviteUsers,
            Self::ExportLink { .. } => CommandKind::ExportLink,
            Self::JoinAs { .. } => CommandKind::JoinAs,
            Self::Leave
            | Self::Media(_)
            | Self::Supply { .. }
            | Self::WantVideo { .. }
            | Self::StopVideo { .. }
            | Self::Suspend => return None,
        })
    }

    /// The switch of our media that the command turns, and how.
    pub(super) fn switch(&self) -> Option<(Switch, bool)> {
        Some(match *self {
            Self::SetMuted { muted } => (Switch::Muted, muted),
            Self::SetVideo { on } => (Switch::VideoStopped, !on),
            Self::SetVideoPaused { paused } => (Switch::VideoPaused, paused),
            Self::SetPresentationPaused { paused } => (Switch::PresentationPaused, paused),
            _ => return None,
        })
    }
}

/// The caller's number for a command.
///
/// The engine only hands it back. A caller that waits for several commands gives each a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(u64);

impl CommandId {
    /// A number.
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The number.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl From<u64> for CommandId {
    fn from(value: u64) -> Self {
        Self(value)
    }
}

impl From<CommandId> for u64 {
    fn from(id: CommandId) -> Self {
        id.0
    }
}

impl Form for CommandId {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        shown::id(self.value(), to)
    }
}

/// The layout of a video that is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoLayout {
    /// Wider than high.
    Landscape,
    /// Higher than wide.
    Portrait,
}

/// The state of the media connection, which is the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaState {
    /// It is connected.
    Connected,
    /// It is not, so that only the server can say whether we are still joined.
    Disconnected,
}

/// A command without what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CommandKind {
    /// Removing users.
    Kick,
    /// Inviting a user.
    Invite,
    /// Declining an invitation.
    Decline,
    /// Replacing the link.
    RevokeLink,
    /// Turning messages on or off.
    SetMessagesEnabled,
    /// Muting those who join, or not any more.
    SetJoinMuted,
    /// Ending the call.
    Discard,
    /// Sending a message.
    Send(#[serde(serialize_with = "shown::field::random_id")] RandomId),
    /// Asking for the users of sources.
    Resolve,
    /// Loading more of the roster.
    LoadParticipants,
    /// Joining again.
    Rejoin,
    /// Turning our microphone off or on.
    SetMuted,
    /// Turning our camera on or off.
    SetVideo,
    /// Pausing our camera.
    SetVideoPaused,
    /// Pausing our screen.
    SetPresentationPaused,
    /// Muting a participant for all.
    Mute,
    /// Setting the volume of a participant.
    SetVolume,
    /// Muting a participant for ourselves.
    MuteForMe,
    /// Sharing a screen.
    StartPresentation,
    /// Sharing no screen any more.
    StopPresentation,
    /// Moving a call between two users to this conference.
    Migrate,
    /// Raising our hand.
    RaiseHand,
    /// Taking a hand down.
    LowerHand,
    /// Changing the title.
    SetTitle,
    /// Beginning a recording.
    StartRecording,
    /// Ending a recording.
    StopRecording,
    /// Beginning a call that is announced.
    StartScheduled,
    /// Asking to be told of the beginning of a call.
    SubscribeStart,
    /// Deleting messages.
    DeleteMessages,
    /// Deleting the messages of a participant.
    DeleteMessagesOf,
    /// Asking users to the call.
    InviteUsers,
    /// Getting a link to the call.
    ExportLink,
    /// Joining as another peer.
    JoinAs,
}

impl fmt::Display for CommandKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kick => "removing users",
            Self::Invite => "inviting a user",
            Self::Decline => "declining an invitation",
            Self::RevokeLink => "replacing the link",
            Self::SetMessagesEnabled => "turning messages on or off",
            Self::SetJoinMuted => "muting those who join",
            Self::Discard => "ending the call",
            Self::Send(_) => "sending a message",
            Self::Resolve => "asking for the users of sources",
            Self::LoadParticipants => "loading more of the roster",
            Self::Rejoin => "joining again",
            Self::SetMuted => "switching the microphone",
            Self::SetVideo => "switching the camera",
            Self::SetVideoPaused => "pausing the camera",
            Self::SetPresentationPaused => "pausing the screen",
            Self::Mute => "muting a participant",
            Self::SetVolume => "setting a volume",
            Self::MuteForMe => "muting a participant for ourselves",
            Self::StartPresentation => "sharing the screen",
            Self::StopPresentation => "sharing the screen no more",
            Self::Migrate => "moving a call to this conference",
            Self::RaiseHand => "raising our hand",
            Self::LowerHand => "taking a hand down",
            Self::SetTitle => "changing the title",
            Self::StartRecording => "beginning a recording",
            Self::StopRecording => "ending a recording",
            Self::StartScheduled => "beginning the call",
            Self::SubscribeStart => "asking to be told of the beginning",
            Self::DeleteMessages => "deleting messages",
            Self::DeleteMessagesOf => "deleting the messages of a participant",
            Self::InviteUsers => "asking users to the call",
            Self::ExportLink => "getting a link",
            Self::JoinAs => "joining as another peer",
        })
    }
}

/// A command that the caller waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) id: CommandId,
    pub(super) kind: CommandKind,
}

/// The reason why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CommandFailure {
    /// We are not in the call, yet or any more, or have not caught up after a restart.
    #[error("not in the call; wait until it is joined")]
    NotJoined,
    /// The server refused.
    #[error("the server refused: {0}")]
    Refused(#[serde(serialize_with = "shown::field::error")] RpcError),
    /// There is no answer; it may have been carried out.
    #[error("the server did not answer; it may have been carried out")]
    Unanswered,
    /// The server said no, and gave no reason.
    #[error("the server did not take it, and gave no reason")]
    NotTaken,
    /// The server said yes, and the block or update that it ends in did not come within 15 s, or before the end of the
    /// membership.
    #[error("the server accepted it, but nothing of it has come")]
    NoEffect,
    /// A user to be removed is not in the chain, and the block was not written.
    #[error("user {0} is not in the call")]
    NotAMember(#[serde(serialize_with = "shown::field::user")] UserId),
    /// We may not speak: an admin muted us, or the call is shown to us as a stream; only an admin can let us speak.
    #[error("we may not speak here, and only an admin can let us")]
    Silenced,
    /// Messages are turned off in the call.
    #[error("messages are turned off in the call")]
    MessagesDisabled,
    /// Only the creator of the call may do that, or an admin where it is the call of a group or channel.
    #[error("only the creator of the call or an admin may do that")]
    NotAllowed,
    /// No request can name the peer: the server did not show how.
    #[error("{0} is not known well enough to be named to the server")]
    UnknownPeer(#[serde(serialize_with = "shown::field::peer")] Peer),
    /// A volume is from 1 to 20000.
    #[error("a volume is from 1 to 20000 hundredths of a percent, not {0}")]
    Volume(#[serde(skip)] i32),
    /// The client supplied no payload in time.
    #[error("the client supplied no payload in time")]
    NoPayload,
    /// It was stopped meanwhile, by another command or by the server.
    #[error("it was stopped meanwhile")]
    Stopped,
    /// Calls of this kind do not have that.
    #[error("{0} does not have that")]
    NotInThisKind(#[serde(serialize_with = "call_kind")] CallKind),
    /// The server does not let us be in the call as the peer that was asked for.
    #[error("we cannot be in the call as this peer")]
    NotAsThisPeer,
    /// As many participants send video as may, or the server does not let us.
    #[error("no more participants may send video")]
    NoVideo,
    /// The call has no link that is known.
    #[error("no link of the call is known")]
    NoLink,
    /// No block can be built for it.
    #[error("no block can be built: {0}")]
    Block(#[serde(skip)] String),
    /// The message cannot be sealed.
    #[error("the message cannot be sealed: {0}")]
    Message(#[serde(skip)] String),
    /// Too much waits already.
    #[error("too much waits already; try again later")]
    Busy,
    /// The membership was given up for a new one too often lately.
    #[error("joined again too often lately; try again later")]
    TooOften,
}

fn call_kind<S: Serializer>(kind: &CallKind, to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Of {
        call_kind: CallKind,
    }
    Of { call_kind: *kind }.serialize(to)
}
