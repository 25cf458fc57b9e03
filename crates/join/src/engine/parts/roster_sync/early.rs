use std::collections::BTreeMap;

use crate::api::{GroupCallParticipant, Participants, Ssrc, cut_label, label_weight};
use crate::limits;

/// The changes that came before others, by their versions.
#[derive(Clone, Debug, Default)]
pub(super) struct Early(pub(super) BTreeMap<i32, Vec<GroupCallParticipant>>);

impl Early {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps a change, if there is room; the load that follows finds what is not kept.
    pub(super) fn keep(&mut self, change: &Participants) {
        let kept = self.0.values().map(|participants| weight(participants));
        if kept.sum::<usize>() + weight(&change.participants) <= limits::EARLY_ROSTER_BYTES {
            let mut participants = change.participants.clone();
            for about in participants.iter_mut().filter_map(|one| one.about.as_mut()) {
                about.truncate(cut_label(about).len());
                about.shrink_to_fit();
            }
            self.0.insert(change.version, participants);
        }
    }

    /// Takes the change that follows a version, and drops those that do not come after it.
    pub(super) fn take_behind(&mut self, version: i32) -> Option<(i32, Vec<GroupCallParticipant>)> {
        self.0.retain(|early, _| *early > version);
        let next = version.checked_add(1)?;
        Some((next, self.0.remove(&next)?))
    }
}

/// About the number of bytes that participants take up.
fn weight(participants: &[GroupCallParticipant]) -> usize {
    let text = |one: &GroupCallParticipant| {
        let pictures = one.video.iter().chain(&one.presentation);
        let endpoints = pictures.map(|picture| picture.endpoint.len());
        one.about.as_deref().map_or(0, label_weight) + endpoints.sum::<usize>()
    };
    let sources = |one: &GroupCallParticipant| one.sources().count() * size_of::<Ssrc>();
    let of_one = |one| size_of::<GroupCallParticipant>() + text(one) + sources(one);
    participants.iter().map(of_one).sum()
}
