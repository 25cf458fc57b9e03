//! The commands of a conference that have an outcome.

use confcall_join::api::{InputPhoneCall, InputUser, MessageId, Peer, Ssrc};
use confcall_join::engine::{Command, CommandFailure};
use confcall_join::joining::JoinPayload;
use confcall_join::message::GroupMessage;

use crate::conference::Conference;
use crate::inputs::IntoUser;

/// The commands; each is answered once it is done or has failed ([`Command`]).
impl Conference {
    /// Removes users from the call against their will.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn kick(
        &self,
        users: impl IntoIterator<Item: IntoUser>,
    ) -> Result<(), CommandFailure> {
        let users = users.into_iter().map(IntoUser::into_user).collect();
        self.command(Command::Kick { users }).await
    }

    /// Invites a user, to a call with video or without.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn invite(&self, user: InputUser, video: bool) -> Result<(), CommandFailure> {
        self.command(Command::Invite { user, video }).await
    }

    /// Declines an invitation, which need not be to this call.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn decline(&self, message: MessageId) -> Result<(), CommandFailure> {
        self.command(Command::Decline { message }).await
    }

    /// Ends a call with another user by moving it to this conference, which was created for that
    /// ([`Target::Create`](crate::Target::Create)); the other side gets [`IncomingCall::Migrated`](crate::IncomingCall).
    ///
    /// `duration` is that of the call in seconds, `video` whether a side had a camera on, and `connection_id` the number of its
    /// media connection.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`], among them [`CommandFailure::NoLink`].
    pub async fn upgrade(
        &self,
        phone_call: InputPhoneCall,
        duration: i32,
        video: bool,
        connection_id: i64,
    ) -> Result<(), CommandFailure> {
        self.command(Command::Migrate {
            phone_call,
            duration,
            video,
            connection_id,
        })
        .await
    }

    /// Sends a message or a reaction to all members of the call.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn send_message(&self, message: GroupMessage) -> Result<(), CommandFailure> {
        self.command(Command::Send(message)).await
    }

    /// Asks whose these sources are, which the roster does not say yet; [`Conference::user_of`] knows then.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn resolve(&self, sources: Vec<Ssrc>) -> Result<(), CommandFailure> {
        self.command(Command::Resolve { sources }).await
    }

    /// Replaces the link of the call by a new one; for its creator.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn revoke_link(&self) -> Result<(), CommandFailure> {
        self.command(Command::RevokeLink).await
    }

    /// Turns the messages of the members on or off; for the creator of the call.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn set_messages_enabled(&self, enabled: bool) -> Result<(), CommandFailure> {
        self.command(Command::SetMessagesEnabled { enabled }).await
    }

    /// Has those who join begin muted, or not any more; for the creator of the call.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn set_join_muted(&self, muted: bool) -> Result<(), CommandFailure> {
        self.command(Command::SetJoinMuted { muted }).await
    }

    /// Ends the call for all its members; for its creator.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn discard(&self) -> Result<(), CommandFailure> {
        self.command(Command::Discard).await
    }

    /// Gives up the membership for a new one of the same call, with another key and other sources.
    ///
    /// It is done once we are in again; the events show the new membership.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn rejoin(&self) -> Result<(), CommandFailure> {
        self.command(Command::Rejoin).await
    }

    /// Turns our microphone off or on, also for a later join.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`], above all [`CommandFailure::Silenced`].
    pub async fn set_muted(&self, muted: bool) -> Result<(), CommandFailure> {
        self.command(Command::SetMuted { muted }).await
    }

    /// Turns our camera on or off, also for a later join.
    ///
    /// # Errors
    ///
    /// As [`Conference::set_muted`]
    pub async fn set_video(&self, on: bool) -> Result<(), CommandFailure> {
        self.command(Command::SetVideo { on }).await
    }

    /// Pauses our camera, which stays listed, or goes on.
    ///
    /// # Errors
    ///
    /// As [`Conference::set_muted`]
    pub async fn set_video_paused(&self, paused: bool) -> Result<(), CommandFailure> {
        self.command(Command::SetVideoPaused { paused }).await
    }

    /// Turns the microphone of another participant off for all, or lets it speak again; for the creator of the call.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn mute(&self, peer: impl Into<Peer>, muted: bool) -> Result<(), CommandFailure> {
        let peer = peer.into();
        self.command(Command::Mute { peer, muted }).await
    }

    /// Mutes another participant for ourselves only, or not any more.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn mute_for_me(
        &self,
        peer: impl Into<Peer>,
        muted: bool,
    ) -> Result<(), CommandFailure> {
        let peer = peer.into();
        self.command(Command::MuteForMe { peer, muted }).await
    }

    /// Sets the volume of another participant, in hundredths of a percent from 1 to 20000: for ourselves, or, as the creator of
    /// the call, for all who did not choose their own.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn set_volume(
        &self,
        peer: impl Into<Peer>,
        volume: i32,
    ) -> Result<(), CommandFailure> {
        let peer = peer.into();
        self.command(Command::SetVolume { peer, volume }).await
    }

    /// Shares a screen, by a media connection of its own with this payload; [`View::presentation`](crate::View::presentation)
    /// has its parameters then.
    ///
    /// Its frames are sealed on [`ChannelId::SCREEN`](crate::ChannelId::SCREEN).
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn start_presentation(&self, payload: JoinPayload) -> Result<(), CommandFailure> {
        self.command(Command::StartPresentation { payload }).await
    }

    /// Pauses the screen that we share, which stays listed, or goes on.
    ///
    /// # Errors
    ///
    /// As [`Conference::set_muted`]
    pub async fn set_presentation_paused(&self, paused: bool) -> Result<(), CommandFailure> {
        self.command(Command::SetPresentationPaused { paused })
            .await
    }

    /// Shares no screen any more.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn stop_presentation(&self) -> Result<(), CommandFailure> {
        self.command(Command::StopPresentation).await
    }
}
