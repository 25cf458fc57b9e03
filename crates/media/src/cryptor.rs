use core::fmt;
use std::sync::{Arc, PoisonError};

use confcall_state::{BlockHash, PrivateKey, UserId};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::channel::ChannelId;
use crate::counters::{CounterTable, Counters};
use crate::epochs::{Epoch, Epochs, NewEpoch, RemovalGrace, ReplayFloor};
use crate::error::{OpenError, SealError};
use crate::moment::Moment;
use crate::open::{Opened, PacketInfo, open_packet};
use crate::seal::{Plain, write_packet};
use crate::sync::RwLock;

/// Seals and opens the packets of one membership, from any thread.
///
/// ```text
/// add_epoch, forget_epoch, close        what a membership knows
///               │
///               ▼
/// frame ── seal ──▶ packet              every kept epoch is addressed
/// packet ── open ──▶ frame              under the first epoch that is known
/// ```
///
/// A lock is held for taking or changing a set of epochs and for recording a seqno, never while something is
/// derived, encrypted or decrypted. There is no way to send in clear, and none by which a packet that is not authentic gives any
/// content.
///
/// # Time
///
/// The caller's time goes into each call. An epoch that was replaced or forgotten ends 10 s later, and its key
/// is wiped by the first call that notices; [`Self::next_expiry`] says when a call of [`Self::prune`] is due
/// for a member who neither sends nor receives.
///
/// # Memory
///
/// An epoch takes 16 bytes for each member, and 120 more for one whose key is in no other kept epoch, 340 while that key is
/// parsed. A replay window takes about 140 bytes and is made by the first authentic packet of a key on a channel, so a
/// hostile member can make us keep 1024 of them, 140 kB, until its key has left every kept epoch: 28 MB if all of 200
/// members are hostile.
///
/// Implements `spec/protocol.md`, 4.
pub struct Cryptor {
    user_id: UserId,
    key: Arc<PrivateKey>,
    removal_grace: RemovalGrace,
    /// `None` from the end of the membership on.
    epochs: RwLock<Option<Arc<Epochs>>>,
    counters: CounterTable,
}

/// The place of an epoch that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedEpoch {
    /// It is the newest now, and those before it end after the grace time.
    Newest,
    /// An epoch of this hash is kept already: nothing has changed.
    AlreadyKnown,
    /// The membership ended before: nothing has changed.
    Closed,
}

impl Cryptor {
    /// A member who knows no epoch yet.
    pub fn new(user_id: UserId, key: Arc<PrivateKey>, removal_grace: RemovalGrace) -> Self {
        Self {
            user_id,
            key,
            removal_grace,
            epochs: RwLock::new(Some(Arc::default())),
            counters: CounterTable::new(),
        }
    }

    /// Adds the epoch of a new block; those before it end 10 s later, and the oldest at once if 15 are kept.
    ///
    /// Epochs are added in the order of their blocks. A hash that is known already changes nothing, whatever
    /// key comes with it: a block that is applied twice neither gives another key to an epoch nor makes an
    /// old one the newest.
    pub fn add_epoch(&self, now: Moment, epoch: Epoch) -> AddedEpoch {
        let removal_grace = self.removal_grace;
        // Before the lock: the derivation is a dozen hashes, for which no frame should wait.
        let epoch = NewEpoch::from(epoch);
        let added = self.change(|epochs| {
            epochs.prune(now);
            // Whether by a poll or a push, a block can come twice; another key under its hash would last for ever.
            if epochs.find(epoch.hash.as_bytes()).is_some() {
                return AddedEpoch::AlreadyKnown;
            }
            epochs.add(now, epoch, removal_grace);
            AddedEpoch::Newest
        });
        added.unwrap_or(AddedEpoch::Closed)
    }

    /// Lets an epoch end 10 s from now, unless it ends earlier; a hash that is not known changes nothing.
    ///
    /// The replay windows of a key are forgotten with the last epoch that has it: packets that were sealed for the
    /// forgotten epoch and for one that is added later can then be replayed once.
    pub fn forget_epoch(&self, now: Moment, hash: &BlockHash) {
        self.change(|epochs| {
            epochs.prune(now);
            epochs.forget(now, hash);
        });
    }

    /// Drops every key at once and for good: from now on sealing is `401` and opening is `400`.
    pub fn close(&self) {
        *self.epochs.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Drops the epochs that have expired.
    pub fn prune(&self, now: Moment) {
        self.epochs(now);
    }

    /// The number of epochs that a frame would be sealed for, each of which makes its packet longer by 64 bytes.
    ///
    /// An encoder of audio makes shorter frames while there are many, as a packet has to fit into one datagram.
    pub fn epoch_count(&self, now: Moment) -> usize {
        self.epochs(now)
            .map_or(0, |epochs| epochs.sealing().count())
    }

    /// The moment at which the next epoch expires, if any is to.
    pub fn next_expiry(&self) -> Option<Moment> {
        self.current()?.next_expiry()
    }

    /// The last seqno of each channel that was used, for a checkpoint.
    pub fn counters(&self) -> Counters {
        self.counters.snapshot()
    }

    /// The newest seqnos of the members of the newest epoch, for a checkpoint.
    pub fn replay_floors(&self) -> Vec<ReplayFloor> {
        self.current()
            .map(|epochs| epochs.replay_floors())
            .unwrap_or_default()
    }

    /// Refuses from the members of the newest epoch what they had sent before a checkpoint.
    ///
    /// A late packet looks like a replay then: up to the newest seqno of each channel everything is refused. A packet
    /// that was opened after the checkpoint can be replayed once.
    pub fn restore_replay_floors(&self, floors: &[ReplayFloor]) {
        if let Some(epochs) = self.current() {
            epochs.restore_replay_floors(floors);
        }
    }

    /// Goes on from a checkpoint, `ahead` numbers after it on every channel.
    ///
    /// `ahead` must be at least the number of packets that can have been sent on any channel since the
    /// checkpoint was taken: a seqno that is used twice is refused by all who saw it before.
    pub fn resume(&self, counters: &Counters, ahead: u32) {
        self.counters.resume(counters, ahead);
    }

    /// Seals a frame whose first `prefix` bytes stay in clear.
    ///
    /// # Errors
    ///
    /// [`SealError`], in the order of its variants.
    pub fn seal(
        &self,
        now: Moment,
        channel: ChannelId,
        prefix: usize,
        frame: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>, SealError> {
        let mut packet = Vec::new();
        self.seal_into(now, channel, prefix, frame, rng, &mut packet)?;
        Ok(packet)
    }

    /// Seals as [`Self::seal`] does, into a buffer of the caller's whose content is replaced.
    ///
    /// It allocates only if the buffer is too small for the packet, and for a signature by AWS-LC.
    ///
    /// # Errors
    ///
    /// [`SealError`], in the order of its variants; `out` is empty then.
    pub fn seal_into(
        &self,
        now: Moment,
        channel: ChannelId,
        prefix: usize,
        frame: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
        out: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        out.clear();
        let sealing = self.start_sealing(now, channel, Plain::new(frame, prefix, &[])?)?;
        sealing.write(rng, out);
        Ok(())
    }

    /// Checks that a frame could be sealed now on some channel, and takes no seqno.
    ///
    /// That is for callers whose channel is any number: the reference looks at it after all of this
    /// (`spec/protocol.md`, 4).
    ///
    /// # Errors
    ///
    /// [`SealError`], in the order of its variants.
    pub fn check_seal(&self, now: Moment, prefix: usize, frame: &[u8]) -> Result<(), SealError> {
        Plain::new(frame, prefix, &[])?;
        self.sealing_epochs(now).map(drop)
    }

    /// True if frames of H.264 can be sealed now, as far as it depends on the epochs.
    ///
    /// The hash of a block that another member wrote can hold a start code. Every packet for its epoch has that hash in
    /// clear, so that no frame of H.264 can be sent until the epoch has ended: send VP8 meanwhile. It changes only with
    /// the epochs, so ask after each block and each [expiry](Self::next_expiry); an engine has an event for it.
    pub fn permits_h264(&self, now: Moment) -> bool {
        self.epochs(now).is_none_or(|epochs| epochs.permit_h264())
    }

    /// Takes a seqno for a packet.
    pub(crate) fn start_sealing<'a>(
        &'a self,
        now: Moment,
        channel: ChannelId,
        plain: Plain<'a>,
    ) -> Result<Sealing<'a>, SealError> {
        // Before a seqno is taken: a refused frame leaves no gap.
        let epochs = self.sealing_epochs(now)?;
        let seqno = self.counters.take(channel);
        Ok(Sealing {
            cryptor: self,
            epochs,
            channel,
            seqno: seqno.ok_or(SealError::CounterUsedUp { channel })?,
            plain,
        })
    }

    /// Opens a packet that `sender` is said to have sent.
    ///
    /// # Errors
    ///
    /// [`OpenError`], in the order of its variants.
    pub fn open(&self, now: Moment, sender: UserId, packet: &[u8]) -> Result<Opened, OpenError> {
        let mut data = Zeroizing::new(packet.to_vec());
        let info = self.open_in_place(now, sender, &mut data)?;
        Ok(Opened { info, data })
    }

    /// Opens as [`Self::open`] does, and leaves prefix and payload where the packet was.
    ///
    /// It allocates only when a sender uses a channel for the first time.
    ///
    /// # Errors
    ///
    /// [`OpenError`], in the order of its variants; the packet is as it was then.
    pub fn open_in_place(
        &self,
        now: Moment,
        sender: UserId,
        packet: &mut Vec<u8>,
    ) -> Result<PacketInfo, OpenError> {
        // After the end no epoch is known, so every packet is a 400, as the reference answers.
        let epochs = self.epochs(now).unwrap_or_default();
        open_packet(&epochs, self.user_id, sender, packet)
    }

    /// The epochs that are kept at a moment, of which there is one to seal under.
    fn sealing_epochs(&self, now: Moment) -> Result<Arc<Epochs>, SealError> {
        let epochs = self.epochs(now);
        let epochs = epochs.filter(|epochs| epochs.sealing().next().is_some());
        epochs.ok_or(SealError::UnknownEpoch)
    }

    /// The epochs that are kept at a moment, unless the membership ended.
    fn epochs(&self, now: Moment) -> Option<Arc<Epochs>> {
        let epochs = self.current()?;
        if !epochs.has_expired(now) {
            return Some(epochs);
        }
        // The set that was read is shared with this thread until then, and changing it would copy it.
        drop(epochs);
        self.change(|epochs| epochs.prune(now))?;
        self.current()
    }

    fn current(&self) -> Option<Arc<Epochs>> {
        self.epochs
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts a changed set of epochs in the place of the one that is there, unless the membership ended.
    fn change<T>(&self, change: impl FnOnce(&mut Epochs) -> T) -> Option<T> {
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        // Threads that work on the old set keep it; the new one shares its epochs.
        epochs.as_mut().map(|epochs| change(Arc::make_mut(epochs)))
    }
}

/// Another cryptor of the same membership, which shares nothing that changes.
#[cfg(any(fuzzing, confcall_testing))]
impl Clone for Cryptor {
    fn clone(&self) -> Self {
        let epochs = self.current().map(|epochs| Arc::new(epochs.deep_clone()));
        Self {
            user_id: self.user_id,
            key: Arc::clone(&self.key),
            removal_grace: self.removal_grace,
            epochs: RwLock::new(epochs),
            counters: self.counters.clone(),
        }
    }
}

impl fmt::Debug for Cryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cryptor")
            .field("user_id", &self.user_id)
            .field("removal_grace", &self.removal_grace)
            .field("epochs", &self.current().map(|epochs| epochs.len()))
            .finish_non_exhaustive()
    }
}

/// A packet that has its seqno and is still to be written, once or several times.
pub(crate) struct Sealing<'a> {
    cryptor: &'a Cryptor,
    epochs: Arc<Epochs>,
    channel: ChannelId,
    seqno: u32,
    plain: Plain<'a>,
}

impl Sealing<'_> {
    /// Writes the packet with a fresh one-time secret; only one of those written may be sent.
    pub(crate) fn write(&self, rng: &mut (impl CryptoRng + ?Sized), out: &mut Vec<u8>) {
        let numbers = (self.channel, self.seqno);
        write_packet(
            &self.epochs,
            &self.cryptor.key,
            numbers,
            self.plain,
            rng,
            out,
        );
    }

    /// Gives the seqno back of a packet that is not sent.
    pub(crate) fn abandon(self) {
        self.cryptor.counters.give_back(self.channel, self.seqno);
    }
}
