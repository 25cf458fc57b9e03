//! The epochs that are kept, from oldest to newest.
//!
//! ```text
//! add ─▶ newest ── the next is added, or forget ──▶ ends in 10 s ── time, or 15 newer ──▶ gone, key wiped
//! ```
//!
//! A set of epochs never changes: what changes it makes another one, which shares what stays. So a thread can
//! work on the set that it took without holding a lock.

use core::time::Duration;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use confcall_state::encryption::HeaderKey;
use confcall_state::{BlockHash, EpochKey, ParticipantKey, ParticipantKeys, PublicKey, UserId};

use crate::channel::ChannelId;
use crate::limits;
use crate::moment::Moment;
use crate::replay::Windows;

/// The time for which a replaced epoch is kept.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// The epoch that a new block starts: a key, for the members of its group.
#[derive(Debug)]
pub struct Epoch {
    /// The block that started the epoch and names it.
    pub hash: BlockHash,
    /// The key of the epoch.
    pub key: EpochKey,
    /// The members after the block, shared with the verification, which needs the same keys.
    pub participants: ParticipantKeys,
}

/// The newest packets of a member that were opened, for a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayFloor {
    /// The key of the sender.
    pub sender: PublicKey,
    /// The newest seqno of each channel that it used, at most 1024.
    pub newest: Vec<(ChannelId, u32)>,
}

/// The epochs under which a member seals after a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalGrace {
    /// Under every epoch that is kept, as the reference does: who was removed can listen for up to 10 s more.
    WithGrace,
    /// Not under an epoch that a removed member knows. Members who have not applied the
    /// newest block yet cannot open what is sent meanwhile.
    Strict,
}

/// An epoch with what is derived from it once.
pub(crate) struct KeptEpoch {
    pub(crate) hash: BlockHash,
    pub(crate) header_key: HeaderKey,
    pub(crate) participants: ParticipantKeys,
    /// In the order of the participants; epochs with the same key share its windows, and with the last epoch they go.
    windows: Box<[Arc<Windows>]>,
}

/// An epoch that is to be added, with the derivation for it done before the lock is taken.
pub(crate) struct NewEpoch {
    pub(crate) hash: BlockHash,
    header_key: HeaderKey,
    participants: ParticipantKeys,
}

impl From<Epoch> for NewEpoch {
    fn from(epoch: Epoch) -> Self {
        Self {
            hash: epoch.hash,
            header_key: HeaderKey::from(&epoch.key),
            participants: epoch.participants,
        }
    }
}

impl KeptEpoch {
    /// The key of a member, and the replay windows of that key.
    pub(crate) fn member(&self, user_id: UserId) -> Option<(&ParticipantKey, &Windows)> {
        let (at, member) = self.participants.place_of(user_id)?;
        Some((member, &**self.windows.get(at)?))
    }

    /// The keys of all members, each with its windows.
    fn windows(&self) -> impl Iterator<Item = (PublicKey, &Arc<Windows>)> {
        let keys = self.participants.iter().map(|one| *one.public_key());
        keys.zip(&self.windows)
    }
}

/// The term of an epoch: its end, if that is known, and its use until then.
#[derive(Clone)]
struct Term {
    epoch: Arc<KeptEpoch>,
    ends: Option<Moment>,
    /// Packets are sealed for it; they are opened under it in any case.
    seals: bool,
}

impl Term {
    fn is_live(&self, now: Moment) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }

    fn end_after_grace(&mut self, now: Moment) {
        // The first replacement counts: later blocks do not prolong a key that a removed member knows.
        self.ends.get_or_insert(now + GRACE);
    }
}

/// The epochs that are kept.
#[derive(Clone, Default)]
pub(crate) struct Epochs(Vec<Term>);

impl Epochs {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The epochs to seal under, oldest first.
    pub(crate) fn sealing(&self) -> impl Iterator<Item = &KeptEpoch> + Clone {
        let sealing = self.0.iter().filter(|term| term.seals);
        sealing.map(|term| &*term.epoch)
    }

    /// True if packets for the epochs to seal under can carry H.264.
    pub(crate) fn permit_h264(&self) -> bool {
        BlockHash::all_permit_h264(self.sealing().map(|epoch| &epoch.hash))
    }

    pub(crate) fn find(&self, hash: &[u8; 32]) -> Option<&KeptEpoch> {
        let mut epochs = self.0.iter().map(|term| &*term.epoch);
        epochs.find(|epoch| epoch.hash.as_bytes() == hash)
    }

    /// The newest seqnos of the members of the newest epoch, by their keys.
    pub(crate) fn replay_floors(&self) -> Vec<ReplayFloor> {
        // Keys of older epochs that are in the newest share their windows; the others are of members who left.
        let newest = self.0.last().into_iter();
        let windows = newest.flat_map(|term| term.epoch.windows());
        let floors = windows.map(|(sender, windows)| ReplayFloor {
            sender,
            newest: windows.newest(),
        });
        floors.filter(|one| !one.newest.is_empty()).collect()
    }

    /// Refuses what members of the newest epoch had sent before a restart.
    pub(crate) fn restore_replay_floors(&self, floors: &[ReplayFloor]) {
        let Some(newest) = self.0.last() else {
            return;
        };
        let windows: HashMap<_, _> = newest.epoch.windows().collect();
        for one in floors {
            if let Some(windows) = windows.get(&one.sender) {
                for (channel, seqno) in &one.newest {
                    windows.close_up_to(*channel, *seqno);
                }
            }
        }
    }

    /// True if any epoch has expired.
    pub(crate) fn has_expired(&self, now: Moment) -> bool {
        self.0.iter().any(|term| !term.is_live(now))
    }

    /// The moment at which the next epoch expires.
    pub(crate) fn next_expiry(&self) -> Option<Moment> {
        self.0.iter().filter_map(|term| term.ends).min()
    }

    /// Drops what has expired.
    pub(crate) fn prune(&mut self, now: Moment) {
        self.0.retain(|term| term.is_live(now));
    }

    /// Lets an epoch end after the grace time.
    pub(crate) fn forget(&mut self, now: Moment, hash: &BlockHash) {
        let term = self.0.iter_mut().find(|term| term.epoch.hash == *hash);
        if let Some(term) = term {
            term.end_after_grace(now);
        }
    }

    /// Adds an epoch of a hash that is not known, and lets those before it end.
    pub(crate) fn add(&mut self, now: Moment, epoch: NewEpoch, removal_grace: RemovalGrace) {
        let kept = Arc::new(self.keep(epoch));
        self.0.iter_mut().for_each(|term| term.end_after_grace(now));
        // Before the new epoch is among them: its members are the measure.
        if removal_grace == RemovalGrace::Strict {
            self.withhold_from_the_removed(&kept.participants);
        }
        self.0.push(Term {
            epoch: kept,
            ends: None,
            seals: true,
        });
        // The oldest go first, whatever is left of their grace: a packet can name no more (4).
        let surplus = self.0.len().saturating_sub(limits::EPOCHS);
        self.0.drain(..surplus);
    }

    fn keep(&self, epoch: NewEpoch) -> KeptEpoch {
        let NewEpoch {
            hash,
            header_key,
            participants,
        } = epoch;
        KeptEpoch {
            hash,
            header_key,
            windows: self.windows_of(&participants),
            participants,
        }
    }

    /// The windows of each member's key: those that it has in a kept epoch, or new ones.
    fn windows_of(&self, participants: &ParticipantKeys) -> Box<[Arc<Windows>]> {
        // By key, not by epoch: a packet for two epochs could be replayed under the second one.
        let kept = self.0.iter().flat_map(|term| term.epoch.windows());
        let kept: HashMap<_, _> = kept.collect();
        let keys = participants.iter().map(ParticipantKey::public_key);
        keys.map(|key| kept.get(key).copied().cloned().unwrap_or_default())
            .collect()
    }

    /// Stops sealing under the epochs that a user knows who is not in the new group.
    fn withhold_from_the_removed(&mut self, participants: &ParticipantKeys) {
        let pair =
            |one: &ParticipantKey| -> (UserId, PublicKey) { (one.user_id(), *one.public_key()) };
        let members: HashSet<_> = participants.iter().map(pair).collect();
        for term in &mut self.0 {
            let mut knowing = term.epoch.participants.iter().map(pair);
            term.seals = knowing.all(|one| members.contains(&one));
        }
    }
}

#[cfg(any(fuzzing, confcall_testing))]
impl Epochs {
    /// The same epochs with replay windows of their own, which share what they shared.
    pub(crate) fn deep_clone(&self) -> Self {
        let mut copies = HashMap::new();
        let terms = self.0.iter().map(|term| Term {
            epoch: Arc::new(term.epoch.deep_clone(&mut copies)),
            ..*term
        });
        Self(terms.collect())
    }
}

#[cfg(any(fuzzing, confcall_testing))]
impl KeptEpoch {
    fn deep_clone(&self, copies: &mut HashMap<PublicKey, Arc<Windows>>) -> Self {
        let windows = self.windows().map(|(key, windows)| {
            let copy = copies
                .entry(key)
                .or_insert_with(|| Arc::new(Windows::clone(windows)));
            Arc::clone(copy)
        });
        Self {
            hash: self.hash,
            header_key: self.header_key.clone(),
            participants: self.participants.clone(),
            windows: windows.collect(),
        }
    }
}
