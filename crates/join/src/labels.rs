//! Labels of peers: the names, photos and access hashes that the server gives for users, groups and channels.
//!
//! ```text
//! names beside answers and updates ──▶ Labels ──┬──▶ Label, for people
//!                                               └──▶ InputPeer and InputUser, for requests
//! ```
//!
//! A label is the server's word, and says nothing about who holds a key.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use confcall_state::UserId;
use serde::Serialize;

use crate::api::{
    AccessHash, InputPeer, InputUser, Peer, PeerLabel, PeerPhoto, cut_label, label_weight,
};
use crate::limits;
use crate::shown::{self, Printable};

/// The label of a peer, as the server gives it.
///
/// The server can show any name for any peer, the same one for two, and another one tomorrow: nothing may be decided by it. It
/// can hold any characters, and is to be escaped where it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Label {
    /// First and last name of a user, or the title; empty for an account that was deleted.
    pub name: String,
    /// The public name, without `@`.
    pub username: Option<String>,
    /// The photo.
    #[serde(serialize_with = "shown::form")]
    pub photo: Option<PeerPhoto>,
}

impl Label {
    /// About the bytes that its texts take up.
    pub(crate) fn weight(&self) -> usize {
        let username = self.username.as_deref().map_or(0, label_weight);
        label_weight(&self.name) + username
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printable(&self.name).fmt(f)
    }
}

/// The labels that are known, those that were not shown for longest gone where there are too many.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    known: BTreeMap<Peer, Known>,
    /// The peers in the order in which they became known, or in which they were shown last since there are as many as are kept.
    order: VecDeque<Peer>,
    /// The number of texts that were cut.
    cut: u32,
    /// Those of them whose labels may be other ones than when this was last asked.
    moved: BTreeSet<Peer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    label: Arc<Label>,
    access_hash: Option<AccessHash>,
}

impl Labels {
    /// No labels.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes labels that the server has shown in place of those before.
    ///
    /// Texts of more than [`limits::LABEL_BYTES`] are cut. A peer that is shown in part keeps the access hash that is known.
    pub fn learn(&mut self, shown: &[PeerLabel]) {
        shown.iter().for_each(|one| self.learn_one(one));
    }

    fn learn_one(&mut self, shown: &PeerLabel) {
        let label = Label {
            name: self.cut(&shown.name),
            username: shown.username.as_deref().map(|name| self.cut(name)),
            photo: shown.photo,
        };
        let access_hash = shown.access_hash;
        self.renew(shown.peer);
        match self.known.get_mut(&shown.peer) {
            Some(known) => {
                known.access_hash = access_hash.or(known.access_hash);
                if *known.label != label {
                    known.label = Arc::new(label);
                    self.moved.insert(shown.peer);
                }
            }
            None => {
                let label = Arc::new(label);
                self.add(shown.peer, Known { label, access_hash });
            }
        }
    }

    /// Lets a label that is shown again outlast those that are not, once some have to go.
    fn renew(&mut self, peer: Peer) {
        if self.order.len() >= limits::LABELS
            && let Some(place) = self.order.iter().position(|known| *known == peer)
            && let Some(peer) = self.order.remove(place)
        {
            self.order.push_back(peer);
        }
    }

    fn add(&mut self, peer: Peer, known: Known) {
        if self.order.len() >= limits::LABELS
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
            self.moved.remove(&oldest);
        }
        self.order.push_back(peer);
        self.known.insert(peer, known);
        self.moved.insert(peer);
    }

    fn cut(&mut self, text: &str) -> String {
        let cut = cut_label(text);
        if cut.len() < text.len() {
            self.cut = self.cut.saturating_add(1);
        }
        cut.to_owned()
    }

    /// The label of a peer, if the server has shown one.
    pub fn of(&self, peer: Peer) -> Option<&Arc<Label>> {
        self.known.get(&peer).map(|known| &known.label)
    }

    /// The peer as a request names it; `None` if the server has not shown the access hash that it takes.
    pub fn input_peer(&self, peer: Peer) -> Option<InputPeer> {
        input_peer(peer, self.access_hash(peer))
    }

    /// What a request takes to name a peer, if the server has shown it.
    pub(crate) fn access_hash(&self, peer: Peer) -> Option<AccessHash> {
        self.known.get(&peer)?.access_hash
    }

    /// The user as a request names it; `None` if the server has not shown the access hash that it takes.
    pub fn input_user(&self, id: UserId) -> Option<InputUser> {
        let access_hash = self.known.get(&Peer::User(id))?.access_hash?;
        Some(InputUser::User { id, access_hash })
    }

    /// The number of texts that were too long, and cut.
    pub(crate) fn ignored(&self) -> u32 {
        self.cut
    }

    /// The peers whose labels may be other ones than when this was last asked.
    pub(crate) fn take_moved(&mut self) -> BTreeSet<Peer> {
        core::mem::take(&mut self.moved)
    }
}

/// A peer as a request names it, which takes an access hash for users and channels.
pub(crate) fn input_peer(peer: Peer, access_hash: Option<AccessHash>) -> Option<InputPeer> {
    Some(match peer {
        Peer::Chat(id) => InputPeer::Chat(id),
        Peer::User(id) => InputPeer::User {
            id,
            access_hash: access_hash?,
        },
        Peer::Channel(id) => InputPeer::Channel {
            id,
            access_hash: access_hash?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: UserId = UserId::new(1);

    fn label(user: UserId, name: &str, access_hash: Option<i64>) -> PeerLabel {
        PeerLabel {
            peer: Peer::User(user),
            name: name.to_owned(),
            username: None,
            access_hash: access_hash.map(AccessHash::new),
            photo: None,
        }
    }

    #[test]
    fn the_newest_name_counts_and_a_label_in_part_leaves_the_access_hash() {
        let mut labels = Labels::new();
        assert_eq!(labels.input_user(ALICE), None);
        labels.learn(&[label(ALICE, "Alice", Some(7))]);
        labels.learn(&[label(ALICE, "Alicia", None)]);
        let peer = Peer::User(ALICE);
        assert_eq!(labels.of(peer).unwrap().name, "Alicia");
        let access_hash = AccessHash::new(7);
        let id = ALICE;
        let user = InputUser::User { id, access_hash };
        assert_eq!(labels.input_user(id), Some(user));
        let user = InputPeer::User { id, access_hash };
        assert_eq!(labels.input_peer(peer), Some(user));
    }

    #[test]
    fn a_label_moves_only_if_people_would_see_it() {
        let mut labels = Labels::new();
        labels.learn(&[label(ALICE, "Alice", None)]);
        assert!(!labels.take_moved().is_empty());
        labels.learn(&[label(ALICE, "Alice", Some(7))]);
        assert!(labels.take_moved().is_empty());
    }

    #[test]
    fn there_are_so_many_labels_and_the_first_ones_go() {
        let mut labels = Labels::new();
        let last = limits::LABELS as i64 + 1;
        for id in 1..=last {
            labels.learn(&[label(UserId::new(id), "", None)]);
        }
        assert_eq!(labels.known.len(), limits::LABELS);
        assert_eq!(labels.of(Peer::User(ALICE)), None);
        assert!(labels.of(Peer::User(UserId::new(last))).is_some());
    }

    #[test]
    fn a_long_name_is_cut_between_two_characters_and_counted() {
        let mut labels = Labels::new();
        labels.learn(&[label(ALICE, &"é".repeat(limits::LABEL_BYTES), None)]);
        let name = &labels.of(Peer::User(ALICE)).unwrap().name;
        assert_eq!(*name, "é".repeat(limits::LABEL_BYTES / 2));
        assert_eq!(labels.ignored(), 1);
    }
}
