use core::time::Duration;
use std::sync::Arc;

use confcall_join::Ssrc;
use confcall_join::api::{InputUser, MessageId};
use confcall_join::engine::checkpoint::CheckpointError;
use confcall_join::engine::{Command, CommandFailure, EndReason, Ended, Engine, MediaState};
use confcall_join::joining::Target;
use confcall_join::message::GroupMessage;
use confcall_media::{Cryptor, Moment};
use confcall_state::UserId;
use confcall_state::keys::Seed;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::Instrument as _;

use super::clock::Clock;
use super::driver::Driver;
use super::inbox::Inbox;
use super::log;
use super::notices::{self, Events};
use super::options::Options;
use super::orders::Order;
use super::outlet::Outlet;
use super::requests::Requests;
use super::view::{Published, View};
use super::wishes::{Announced, Wishes};
use crate::limits;
use confcall_transport::Transport;

/// A handle to one user's stay in a call; clones are cheap and are handles to the same.
///
/// Dropping the last handle leaves the call in the background; [`Conference::close`] waits for it.
///
/// # Cancellation
///
/// Every future here may be dropped at any await. A command whose future was dropped is carried out all the same, if
/// it was polled once and fewer than 64 others were waiting; what became of it is told to nobody then.
#[derive(Clone, Debug)]
pub struct Conference(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    orders: mpsc::Sender<Order>,
    wishes: watch::Sender<Wishes>,
    published: watch::Receiver<Published>,
    clock: Clock,
}

impl Conference {
    /// Begins to enter a call in the background, and goes on whatever happens until the end; the events tell how.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose timer is enabled (`enable_time` or `enable_all`), as everything that starts.
    pub fn start<T: Transport + 'static>(
        transport: T,
        target: Target,
        options: Options,
    ) -> (Self, Events) {
        let (config, seed, answer_timeout) = options.for_engine(target);
        let engine = Engine::new(config, seed, Moment::default());
        Self::drive(transport, engine, answer_timeout)
    }

    /// Enters a call, and waits until we are in it.
    ///
    /// Dropping the future gives entering up; if the server may have carried the join out, it is told that we leave.
    ///
    /// # Errors
    ///
    /// [`Ended`], if the call cannot be entered.
    ///
    /// # Panics
    ///
    /// As [`Conference::start`]
    pub async fn join<T: Transport + 'static>(
        transport: T,
        target: Target,
        options: Options,
    ) -> Result<(Self, Events), Ended> {
        let (conference, events) = Self::start(transport, target, options);
        let is_decided = |now: &Published| now.ended.is_some() || now.view.cryptor.is_some();
        conference.wait(is_decided).await.map_or(Ok(()), Err)?;
        Ok((conference, events))
    }

    /// Drives an engine to its end.
    pub(super) fn drive<T: Transport + 'static>(
        transport: T,
        engine: Engine,
        answer_timeout: Duration,
    ) -> (Self, Events) {
        let clock = Clock::start();
        let (orders, taken_orders) = mpsc::channel(limits::ORDERS);
        let (wishes, seen_wishes) = watch::channel(Wishes::default());
        let (publisher, published) = watch::channel(Published::default());
        let (notices, events) = notices::channel();
        // From before the first request, so that nothing that follows from it is missed.
        let updates = transport.updates();
        let driver = Driver {
            engine,
            clock,
            transport: Arc::new(transport),
            answer_timeout,
            inbox: Inbox::new(taken_orders, seen_wishes, updates),
            outlet: Outlet::new(notices, publisher),
            requests: Requests::new(),
            wake: None,
        };
        tokio::spawn(driver.run().instrument(log::span()));
        let handle = Handle {
            orders,
            wishes,
            published,
            clock,
        };
        (Self(Arc::new(handle)), events)
    }

    /// Waits until something holds; gives the end, if that came first.
    async fn wait(&self, holds: impl FnMut(&Published) -> bool) -> Option<Ended> {
        let mut published = self.0.published.clone();
        let now = published.wait_for(holds).await;
        now.map_or_else(|_| Some(EndReason::Stopped.into()), |now| now.ended.clone())
    }

    /// What the call is like now.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.0.published.borrow().view)
    }

    /// What seals and opens frames in the current membership, for media threads.
    ///
    /// `None` while there is none, and after a restart until we have caught up. Each membership has its own; that of
    /// an old one is closed.
    pub fn cryptor(&self) -> Option<Arc<Cryptor>> {
        self.0.published.borrow().view.cryptor.clone()
    }

    /// Whose media source this is, as far as the roster tells; [`Conference::resolve`] asks for it.
    ///
    /// A frame of a source that nobody is known to have must be dropped.
    pub fn user_of(&self, source: Ssrc) -> Option<UserId> {
        self.0.published.borrow().view.user_of(source)
    }

    /// The time on the clock that the cryptor is told.
    pub fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// Removes users from the call against their will.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn kick(&self, users: Vec<UserId>) -> Result<(), CommandFailure> {
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

    /// Sends a message or a reaction to everybody in the call.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn send_message(&self, message: GroupMessage) -> Result<(), CommandFailure> {
        self.command(Command::Send(message)).await
    }

    /// Asks whose these sources are, which the roster does not tell yet; [`Conference::user_of`] knows then.
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

    /// Ends the call for everybody; for its creator.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn discard(&self) -> Result<(), CommandFailure> {
        self.command(Command::Discard).await
    }

    /// Gives up the membership for a new one of the same call, with another key and other sources.
    ///
    /// It is done once we are in again; the events tell of the new membership.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn rejoin(&self) -> Result<(), CommandFailure> {
        self.command(Command::Rejoin).await
    }

    /// Tells that the media connection of the current membership is up or down; a new one begins without.
    pub fn media(&self, state: MediaState) {
        self.wish(|wishes| wishes.tell_media(state));
    }

    /// Tells that the microphone or the camera was switched, so that a later join announces it.
    pub fn announce(&self, muted: bool, video_stopped: bool) {
        let announced = Announced {
            muted,
            video_stopped,
        };
        self.wish(|wishes| wishes.announced = Some(announced));
    }

    /// Writes down what is needed to go on after a restart, sealed under the caller's key.
    ///
    /// `number` is higher than that of every checkpoint before; who stores it, and what a restart cannot save, is said
    /// in [`confcall_join::checkpoint`].
    ///
    /// # Errors
    ///
    /// [`CheckpointError`], above all while we are not in the call.
    pub async fn checkpoint(
        &self,
        key: &[u8; 32],
        number: u64,
    ) -> Result<Vec<u8>, CheckpointError> {
        let (done, result) = oneshot::channel();
        // A channel wipes nothing of what went through it, so the key travels in a place of its own.
        let key = Seed::copy_of(key);
        let order = Order::Checkpoint { key, number, done };
        if self.0.orders.send(order).await.is_err() {
            return Err(CheckpointError::NotAMember);
        }
        result.await.unwrap_or(Err(CheckpointError::NotAMember))
    }

    /// Begins to leave the call, or gives entering it up, also for all other handles.
    pub fn leave(&self) {
        self.wish(|wishes| wishes.leave = true);
    }

    /// Leaves the call and waits until the server knows, or cannot be reached for some seconds.
    ///
    /// Gives the reason of the end, which can be another than that we left. Dropping the future does not take the
    /// leaving back.
    pub async fn close(self) -> Ended {
        self.leave();
        let end = self.wait(|now| now.ended.is_some()).await;
        end.unwrap_or_else(|| EndReason::Stopped.into())
    }

    async fn command(&self, command: Command) -> Result<(), CommandFailure> {
        let (done, result) = oneshot::channel();
        let order = Order::Command { command, done };
        if self.0.orders.send(order).await.is_err() {
            return Err(CommandFailure::NotJoined);
        }
        result.await.unwrap_or(Err(CommandFailure::NotJoined))
    }

    fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        self.0.wishes.send_modify(change);
    }
}
