use core::convert::Infallible;
use core::time::Duration;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use confcall_join::Ssrc;
use confcall_join::api::{InputUser, InviteLink, Peer};
use confcall_join::engine::checkpoint::CheckpointError;
use confcall_join::engine::{
    Command, CommandFailure, EndReason, Ended, Engine, Family, Joined, MediaConnection, MediaState,
    Participant,
};
use confcall_join::joining::JoinPayload;
use confcall_join::message::GroupMessage;
use confcall_media::Moment;
use confcall_state::UserId;
use confcall_state::keys::Seed;
use confcall_transport::Transport;
use tokio::sync::oneshot;

use crate::driver::{self, Order, Reins, Then};
use crate::events::Events;
use crate::options::Options;
use crate::stream::StreamParts;
use crate::view::View;

/// A handle to one user's stay in a call of any kind; clones are cheap and are handles to the same.
///
/// [`Conference`](crate::Conference) has what only an end-to-end encrypted call has, and is used as a `Call` for everything
/// else. An engine runs in a task of its own, and the handles go to media threads as well:
///
/// ```text
///            ┌─ one task ──────────────────────────────────────────────────┐
///    Call    ── commands, settings ──▶           ── CheckedRequest ──▶     │
///  (clones)  ◀── results ────────────   Engine   ◀── answers ──────── Transport
///            ◀── View ───────────────            ◀── updates ─────────     │
///            └──────────────────────────┬──────────────────────────────────┘
///                                       └── Notice ──▶ Events (each reader its own)
/// ```
///
/// Neither a slow reader of the events nor a caller who stops waiting holds the task up, and what it keeps for them has
/// bounds. Dropping the last handle leaves the call in the background; [`Call::close`] waits for it.
///
/// The task logs by `tracing`, within a span `group_call` that names the call: never keys, and users only at the level `debug`.
///
/// # Cancellation
///
/// Every future here may be dropped at any await. A command whose future was dropped is carried out all the same, if
/// it was polled once and fewer than 64 others were waiting; its outcome is dropped then.
#[derive(Clone, Debug)]
pub struct Call(Arc<Reins>);

impl Call {
    /// Begins to enter a call of this family.
    pub(crate) fn enter<T: Transport + 'static>(
        transport: T,
        options: Options,
        family: Family,
    ) -> Self {
        let mut config = options.config;
        config.family = family;
        config.unix_ms = config.unix_ms.or_else(unix_ms);
        let engine = Engine::new(config, options.seed, Moment::default());
        Self::drive(transport, engine, options.answer_timeout)
    }

    /// Drives an engine, whose time begins now, to its end.
    pub(crate) fn drive<T: Transport + 'static>(
        transport: T,
        engine: Engine,
        answer_timeout: Duration,
    ) -> Self {
        Self(Arc::new(driver::spawn(transport, engine, answer_timeout)))
    }

    /// Waits until we are in the call, and gives the beginning of the current membership: call, link, payload, and the
    /// parameters of the media connection as the server gave them then.
    ///
    /// The [`View`] has what became of them.
    ///
    /// # Errors
    ///
    /// [`Ended`]
    pub async fn joined(&self) -> Result<Arc<Joined>, Ended> {
        self.shown(|view| view.joined.clone()).await
    }

    /// The newest state of the call.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.0.view.borrow())
    }

    /// The link of the call, if the server has given one.
    pub fn link(&self) -> Option<InviteLink> {
        self.0.view.borrow().link.clone()
    }

    /// The participants, as the roster lists them, in the order in which they are shown; none while we are not in the call.
    pub fn participants(&self) -> Vec<Participant> {
        self.0.view.borrow().participants.clone()
    }

    /// A reader of the events from now on.
    pub fn events(&self) -> Events {
        self.0.readers.later()
    }

    /// The reader of the events from the beginning, those on the way into the call among them; for the first who asks.
    ///
    /// `None` for all others, and once 256 events have gone by without one who asked.
    pub fn events_from_start(&self) -> Option<Events> {
        self.0.readers.first()
    }

    /// The user whose media source this is, as far as the roster says; [`Call::resolve`] asks for it.
    ///
    /// A frame of an unknown source must be dropped.
    pub fn user_of(&self, source: Ssrc) -> Option<UserId> {
        self.0.view.borrow().user_of(source)
    }

    /// The time on the clock that the cryptor takes.
    pub fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// Says that the media connection of the current membership is up or down; a new one begins without.
    pub fn media(&self, state: MediaState) {
        self.0
            .settings
            .media
            .send_replace(Some(Command::Media(state)));
    }

    /// Supplies the payload that [`Event::PayloadWanted`](crate::Event::PayloadWanted) asked for.
    ///
    /// What comes of it, the events show; nothing does outside the call.
    pub async fn supply(&self, connection: MediaConnection, payload: JoinPayload) {
        let supply = Command::Supply {
            connection,
            payload,
        };
        self.note(supply).await;
    }

    /// Has a command carried out that has no outcome.
    pub(crate) async fn note(&self, command: Command) {
        // Without a driver there is nothing that it would change.
        let _ = self.0.orders.send(Order::Note(command)).await;
    }

    /// A reader of the parts of a stream from now on.
    pub(crate) fn parts(&self) -> StreamParts {
        self.0.parts.later()
    }

    /// Begins to leave the call, or gives entering it up, also for all other handles.
    pub fn leave(&self) {
        self.0.settings.leave.send_replace(Some(Command::Leave));
    }

    /// Leaves the call and waits until the server knows, or cannot be reached for some seconds.
    ///
    /// Gives the reason of the end, which can be another than that we left. Dropping the future does not take the
    /// leaving back.
    pub async fn close(&self) -> Ended {
        self.leave();
        let Err(ended) = self.shown(|_| None::<Infallible>).await;
        ended
    }

    /// Waits until the view shows something; fails with the end, if that comes first.
    pub(crate) async fn shown<S>(&self, shows: impl Fn(&View) -> Option<S>) -> Result<S, Ended> {
        let mut view = self.0.view.clone();
        let is_decided = |view: &Arc<View>| view.ended.is_some() || shows(view).is_some();
        // Without a driver there is no end to wait for: the runtime was shut down.
        let stopped = || EndReason::Stopped.into();
        let now = view.wait_for(is_decided).await.map_err(|_| stopped())?;
        match &now.ended {
            Some(ended) => Err(ended.clone()),
            None => shows(&now).ok_or_else(stopped),
        }
    }

    /// Writes a checkpoint down, and goes on or stops.
    pub(crate) async fn write_down(
        &self,
        key: &[u8; 32],
        number: u64,
        then: Then,
    ) -> Result<Vec<u8>, CheckpointError> {
        let (done, result) = oneshot::channel();
        // A channel wipes nothing of what went through it, so the key travels in a place of its own.
        let key = Seed::copy_of(key);
        let order = Order::Checkpoint {
            key,
            number,
            then,
            done,
        };
        if self.0.orders.send(order).await.is_err() {
            return Err(CheckpointError::NotAMember);
        }
        result.await.unwrap_or(Err(CheckpointError::NotAMember))
    }

    /// Has a command carried out, and waits for its outcome.
    pub(crate) async fn command(&self, command: Command) -> Result<(), CommandFailure> {
        let (done, result) = oneshot::channel();
        let order = Order::Command { command, done };
        if self.0.orders.send(order).await.is_err() {
            return Err(CommandFailure::NotJoined);
        }
        result.await.unwrap_or(Err(CommandFailure::NotJoined))
    }
}

/// The commands; each is answered once it is done or has failed ([`Command`]).
impl Call {
    /// Invites a user, to a call with video or without.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn invite(&self, user: InputUser, video: bool) -> Result<(), CommandFailure> {
        self.command(Command::Invite { user, video }).await
    }

    /// Sends a message or a reaction to all members of the call.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn send_message(&self, message: GroupMessage) -> Result<(), CommandFailure> {
        self.command(Command::Send(message)).await
    }

    /// Asks whose these sources are, which the roster does not say yet; [`Call::user_of`] knows then.
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
    /// As [`Call::set_muted`]
    pub async fn set_video(&self, on: bool) -> Result<(), CommandFailure> {
        self.command(Command::SetVideo { on }).await
    }

    /// Pauses our camera, which stays listed, or goes on.
    ///
    /// # Errors
    ///
    /// As [`Call::set_muted`]
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
    /// As [`Call::set_muted`]
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

/// The time in milliseconds since 1970, by the clock of the device.
fn unix_ms() -> Option<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}
