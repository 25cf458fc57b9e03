//! The laws, and what must be able to happen so that they say anything.

use std::fmt;

use stateright::Property;

use crate::block::Group;
use crate::model::{Model, Shown, State};
use crate::person::Member;
use crate::term::{Secret, Term};

/// Something that holds in every state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// Whoever shows the same emoji holds the same members, keys and block.
    SameEmoji,
    /// Whoever is shown other keys than before, or another chain, was told: of the change at least, and where the chain does not
    /// lead on from what was seen, to compare the emoji.
    Told,
    /// The key of an epoch in which no key is the attacker's is unknown to it, and so to everybody who was removed.
    Secrecy,
    /// Nobody is in the chain of a member, or may do anything in it, but by blocks of those who were permitted to, from the tip on
    /// which the member joined.
    Permitted,
    /// The key of an epoch whose emoji are the same for two honest users, none of them in a group with the attacker, is unknown to it.
    Compared,
    /// No nonce that counts was chosen by somebody who knew that of the member who counts it.
    Unground,
}

impl Law {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SameEmoji,
        Self::Told,
        Self::Secrecy,
        Self::Compared,
        Self::Permitted,
        Self::Unground,
    ];

    /// The name of its property.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameEmoji => "SameEmoji",
            Self::Told => "Told",
            Self::Secrecy => "Secrecy",
            Self::Compared => "Compared",
            Self::Permitted => "Permitted",
            Self::Unground => "Unground",
        }
    }

    pub(crate) fn property(self) -> Property<Model> {
        Property::always(
            self.name(),
            match self {
                Self::SameEmoji => |_, state| same_emoji(state),
                Self::Told => |_, state| state.people().iter().all(|person| !person.is_misled),
                Self::Secrecy => |_, state| {
                    let mut members = members(state);
                    members.all(|member| is_secret(state, &member.chain.group, member.held))
                },
                Self::Compared => |_, state| {
                    let mut same = compared(state).map(|(one, _)| one);
                    same.all(|one| is_secret(state, &one.group, one.secret))
                },
                Self::Permitted => |_, state| members(state).all(is_permitted),
                Self::Unground => |_, state| members(state).all(|member| !member.round.is_ground()),
            },
        )
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something that happens in some state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// Alice and Bob are members of one call, by the same block.
    BothIn,
    /// A member has removed the last key of the attacker.
    Removed,
    /// Alice and Bob show the same emoji.
    Verified,
    /// A member comes back, and was told nothing because nothing was wrong.
    BackUnalarmed,
}

impl Sight {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::BothIn,
        Self::Removed,
        Self::Verified,
        Self::BackUnalarmed,
    ];

    /// The name of its property.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BothIn => "BothIn",
            Self::Removed => "Removed",
            Self::Verified => "Verified",
            Self::BackUnalarmed => "BackUnalarmed",
        }
    }

    pub(crate) fn property(self) -> Property<Model> {
        Property::sometimes(
            self.name(),
            match self {
                Self::BothIn => |_, state| both_in(state),
                Self::Removed => |_, state| state.has_removed,
                Self::Verified => |_, state| compared(state).next().is_some(),
                Self::BackUnalarmed => |_, state| {
                    let alice = state.alice.member();
                    alice.is_some_and(|alice| alice.key.number > 0) && !state.alice.is_misled
                },
            },
        )
    }
}

fn members(state: &State) -> impl Iterator<Item = &Member> {
    state
        .people()
        .into_iter()
        .filter_map(|person| person.member())
}

/// Those who were shown the same emoji, two by two.
fn compared(state: &State) -> impl Iterator<Item = (&Shown, &Shown)> {
    // They are sorted by emoji.
    let pairs = state.shown.iter().zip(state.shown.iter().skip(1));
    pairs.filter(|(one, other)| one.emoji == other.emoji)
}

fn same_emoji(state: &State) -> bool {
    compared(state).all(|(one, other)| {
        let parts = |shown: &Shown| (shown.block.clone(), shown.group.clone(), shown.secret);
        parts(one) == parts(other)
    })
}

/// True unless the attacker knows the key of a group in which it has no place.
fn is_secret(state: &State, group: &Group, secret: Secret) -> bool {
    let mut entries = group.entries.iter();
    let is_attacked = entries.any(|entry| !entry.key.owner.is_honest());
    is_attacked || !state.knowledge.can_make(&Term::Secret(secret))
}

fn is_permitted(member: &Member) -> bool {
    let (group, rightful) = (&member.chain.group, &member.rightful);
    rightful.external.holds(group.external)
        && group.entries.iter().all(|one| {
            let mut same = rightful.entries.iter().filter(|other| other.is_same(one));
            same.any(|other| other.rights.holds(one.rights))
        })
}

fn both_in(state: &State) -> bool {
    match (state.alice.member(), state.bob.member()) {
        (Some(alice), Some(bob)) => alice.chain.head == bob.chain.head,
        _ => false,
    }
}
