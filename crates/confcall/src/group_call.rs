use core::ops::Deref;

use confcall_join::api::{CallMessageId, InputPeer, InputUser, InviteLink, Peer};
use confcall_join::engine::{Command, CommandFailure, Family, VideoLayout};
use confcall_join::stream::Quality;
use confcall_transport::Transport;

use crate::call::Call;
use crate::error::JoinError;
use crate::options::{IntoOptions, Options};
use crate::stream::StreamParts;

/// A [`Call`] that is no conference: the video chat or livestream of a group or channel, an RTMP stream as its viewer, or a live
/// story as its listener.
///
/// Nothing of it is end-to-end encrypted: the server hears, sees and reads everything. A function that takes a `&Call` takes a
/// `&GroupCall` too.
#[derive(Clone, Debug)]
pub struct GroupCall(Call);

impl Deref for GroupCall {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.0
    }
}

impl GroupCall {
    /// Begins to enter a call in the background, and goes on whatever happens until the end, as
    /// [`Conference::start`](crate::Conference::start) does.
    ///
    /// # Panics
    ///
    /// As [`Conference::start`](crate::Conference::start)
    pub fn start<T: Transport + 'static>(transport: T, options: Options) -> Self {
        Self(Call::enter(transport, options, Family::Chats))
    }

    /// Enters a call, and waits until we are in it: [`GroupCall::start`] and [`Call::joined`] in one.
    ///
    /// The call is a link as text or a [`GroupCallTarget`](crate::GroupCallTarget), which names it by its chat, its story, its public
    /// name or itself, and everything else is chosen; or it is [`Options`], which say all that can be said:
    /// [`Config::join_as`](crate::Config::join_as), and whether we come in muted.
    ///
    /// A call that is announced is waited for; [`View::info`](crate::View::info) shows it meanwhile.
    ///
    /// # Errors
    ///
    /// [`JoinError`]
    ///
    /// # Panics
    ///
    /// As [`GroupCall::start`]
    pub async fn join<T: Transport + 'static>(
        transport: T,
        call: impl IntoOptions,
    ) -> Result<Self, JoinError> {
        let options = call.into_options(transport.own_user())?;
        let group_call = Self::start(transport, options);
        group_call.joined().await?;
        Ok(group_call)
    }
}

impl GroupCall {
    /// A reader of the parts of the call from now on, where its media comes as a stream ([`View::mode`](crate::View::mode)).
    ///
    /// Where it comes by a connection there are none; they come as soon as the mode is another one.
    pub fn stream(&self) -> StreamParts {
        self.parts()
    }

    /// Wants the picture of an endpoint in a video chat that is shown as a stream, such as
    /// [`Participant::camera`](crate::Participant::camera) names, until [`GroupCall::stop_video`]; also after a rejoin.
    ///
    /// A stream that is fed by RTMP has one picture, which comes unasked.
    pub async fn want_video(&self, endpoint: impl Into<String>, quality: Quality) {
        let endpoint = endpoint.into();
        self.note(Command::WantVideo { endpoint, quality }).await;
    }

    /// Wants the picture of an endpoint no more.
    pub async fn stop_video(&self, endpoint: impl Into<String>) {
        let endpoint = endpoint.into();
        self.note(Command::StopVideo { endpoint }).await;
    }
}

/// The commands of these calls alone; each is answered once it is done or has failed ([`Command`]).
impl GroupCall {
    /// Raises our hand, so that an admin sees that we want to speak.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn raise_hand(&self) -> Result<(), CommandFailure> {
        self.command(Command::RaiseHand { raised: true }).await
    }

    /// Takes our hand down.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn lower_hand(&self) -> Result<(), CommandFailure> {
        self.command(Command::RaiseHand { raised: false }).await
    }

    /// Takes the hand of another participant down; for admins.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn lower_hand_of(&self, peer: impl Into<Peer>) -> Result<(), CommandFailure> {
        let peer = peer.into();
        self.command(Command::LowerHand { peer }).await
    }

    /// Gives up the membership for one as another peer, such as [`GroupCall::join_as_peers`] lists; what one writes is that
    /// peer's then.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn join_as(&self, peer: InputPeer) -> Result<(), CommandFailure> {
        self.command(Command::JoinAs { peer }).await
    }

    /// Gives the call a title, or by an empty one that of its chat; for admins.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn set_title(&self, title: impl Into<String>) -> Result<(), CommandFailure> {
        let title = title.into();
        self.command(Command::SetTitle { title }).await
    }

    /// Has the server record the call, with video if a layout is given; for admins.
    ///
    /// Everyone in the call sees that it is recorded, and the file goes to the admin.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn start_recording(
        &self,
        title: Option<String>,
        video: Option<VideoLayout>,
    ) -> Result<(), CommandFailure> {
        self.command(Command::StartRecording { title, video }).await
    }

    /// Ends the recording of the server; for admins.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn stop_recording(&self) -> Result<(), CommandFailure> {
        self.command(Command::StopRecording).await
    }

    /// Begins a call that is announced; for admins.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn start_scheduled(&self) -> Result<(), CommandFailure> {
        self.command(Command::StartScheduled).await
    }

    /// Has the server tell us when a call that is announced begins, or not any more.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn subscribe_start(&self, subscribed: bool) -> Result<(), CommandFailure> {
        self.command(Command::SubscribeStart { subscribed }).await
    }

    /// Deletes messages: our own, or any for admins.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn delete_messages(
        &self,
        messages: Vec<CallMessageId>,
        spam: Spam,
    ) -> Result<(), CommandFailure> {
        let report_spam = spam == Spam::Reported;
        let delete = Command::DeleteMessages {
            messages,
            report_spam,
        };
        self.command(delete).await
    }

    /// Deletes all that a participant wrote; for admins.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn delete_messages_of(
        &self,
        peer: impl Into<Peer>,
        spam: Spam,
    ) -> Result<(), CommandFailure> {
        let (peer, report_spam) = (peer.into(), spam == Spam::Reported);
        self.command(Command::DeleteMessagesOf { peer, report_spam })
            .await
    }

    /// Loads more of the roster of a large call, of which only a first page and those who change are listed by themselves.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn load_participants(&self, how_many: Load) -> Result<(), CommandFailure> {
        let all = how_many == Load::All;
        self.command(Command::LoadParticipants { all }).await
    }

    /// Asks users to the call by a message in its group or channel.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn invite_users(&self, users: Vec<InputUser>) -> Result<(), CommandFailure> {
        self.command(Command::InviteUsers { users }).await
    }

    /// A link to the call of a public group or channel; for admins, one by which one may speak where newcomers are muted.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn export_link(&self, speech: Newcomer) -> Result<InviteLink, CommandFailure> {
        let can_self_unmute = speech == Newcomer::Speaks;
        self.command(Command::ExportLink { can_self_unmute })
            .await?;
        self.link().ok_or(CommandFailure::NoLink)
    }
}

/// How much of a roster is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// The next hundred participants.
    NextPage,
    /// All of them.
    All,
}

/// The report to the service that goes with the deletion of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spam {
    /// Their writer is reported as one who sends spam.
    Reported,
    /// Nobody is reported.
    NotReported,
}

/// The right of those who follow an exported link into a call in which newcomers are muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newcomer {
    /// They listen until an admin lets them speak.
    Listens,
    /// They speak; only admins can export such a link.
    Speaks,
}
