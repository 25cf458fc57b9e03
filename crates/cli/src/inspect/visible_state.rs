//! The group and the key after a block, as the block shows them.

use confcall::state::wire::{BlockFields, Change, GroupState, SharedKey};

/// The place of a value in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In the change of this number.
    Change(usize),
    /// In the state proof.
    Proof,
}

impl Source {
    pub(super) fn words(self) -> String {
        match self {
            Self::Change(number) => format!("set by change {number}"),
            Self::Proof => "unchanged, repeated by the state proof".to_owned(),
        }
    }
}

/// The key after a block.
pub(super) enum VisibleKey<'a> {
    Key(&'a SharedKey, Source),
    /// A change of the group took it away and none was set after it.
    Cleared,
    Unknown,
}

/// The state after a block as the block shows it, also where no chain accepts it.
pub(crate) struct VisibleState<'a> {
    pub(super) group: Option<(&'a GroupState, Source)>,
    pub(super) key: VisibleKey<'a>,
}

impl<'a> VisibleState<'a> {
    pub(crate) fn of(fields: &'a BlockFields) -> Self {
        let proof = &fields.state_proof;
        let in_proof = |key| VisibleKey::Key(key, Source::Proof);
        let mut shown = Self {
            group: proof
                .group_state
                .as_deref()
                .map(|group| (group, Source::Proof)),
            key: proof
                .shared_key
                .as_deref()
                .map_or(VisibleKey::Unknown, in_proof),
        };
        for (number, change) in fields.changes.iter().enumerate() {
            match change {
                Change::SetGroupState(group) => {
                    shown.group = Some((&**group, Source::Change(number)));
                    // A new group has no key before a change sets one (`spec/protocol.md`, 2.2).
                    shown.key = VisibleKey::Cleared;
                }
                Change::SetSharedKey(key) => {
                    shown.key = VisibleKey::Key(key, Source::Change(number));
                }
                Change::Noop { .. } | Change::SetValue { .. } => {}
            }
        }
        shown
    }

    pub(crate) fn group(&self) -> Option<&'a GroupState> {
        self.group.map(|(group, _)| group)
    }
}
