//! The chain as a member sees it, and the rules by which a block is applied (`spec/protocol.md`, 2).

use crate::block::{Block, Change, Group, Parent, Rights, SharedKey};
use crate::check::{Check, Checks};

/// The chain at its newest block.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chain {
    /// The newest block.
    pub(crate) head: Block,
    /// The group.
    pub(crate) group: Group,
    /// The shared key in force.
    pub(crate) shared: SharedKey,
}

impl Chain {
    /// The chain that a block shows by itself; neither its signature nor its parent is looked at (2.3).
    pub(crate) fn start(block: &Block) -> Self {
        Self {
            head: block.clone(),
            group: block.group.clone(),
            shared: block.shared.clone(),
        }
    }

    /// The chain after a block, unless a rule refuses it (2.2).
    pub(crate) fn apply(&self, block: &Block, checks: Checks) -> Option<Self> {
        let stands = block.parent == Parent::Of(self.head.clone());
        let passes = |check, holds| holds || !checks.make(check);
        let may = block.height == self.head.height + 1
            && passes(Check::Parent, stands)
            && passes(Check::Signature, block.signer == block.signed_by);
        if !may {
            return None;
        }
        match block.change {
            Change::Group => permits(&self.group, block, checks).then(|| Self::start(block)),
            Change::Value => {
                let holds = passes(Check::GroupProof, block.group == self.group)
                    && passes(Check::KeyProof, block.shared == self.shared);
                holds.then(|| Self {
                    head: block.clone(),
                    ..self.clone()
                })
            }
        }
    }

    /// True if a block is the newest one, or follows it by blocks that all rules permit.
    pub(crate) fn leads_to(&self, block: &Block) -> bool {
        let mut path = vec![block];
        while let Some(last) = path.last()
            && **last != self.head
        {
            match &last.parent {
                Parent::Of(parent) if last.height > self.head.height => path.push(parent),
                _ => return false,
            }
        }
        let mut rest = path.into_iter().rev().skip(1);
        rest.try_fold(self.clone(), |chain, block| {
            chain.apply(block, Checks::all())
        })
        .is_some()
    }
}

/// The rules of a change of the group, by the permissions of the signer that the block names.
fn permits(now: &Group, block: &Block, checks: Checks) -> bool {
    let (next, signer) = (&block.group, block.signer);
    let rights = now.rights_of(signer);
    let passes = |check, holds| holds || !checks.make(check);
    let is_in = |group: &Group, one| group.entries.iter().any(|other| other.is_same(one));
    let removes = now.entries.iter().any(|one| !is_in(next, one));
    let adds = next.entries.iter().any(|one| !is_in(now, one));
    let kept = now.entries.iter().filter_map(|old| {
        let one = next.entries.iter().find(|one| one.is_same(old))?;
        Some((old.rights, one.rights))
    });
    let kept: Vec<_> = kept.collect();
    let added = next.entries.iter().filter(|one| !is_in(now, one));
    let given = added.map(|one| one.rights);
    let given = given.chain(kept.iter().map(|(old, new)| new.without(*old)));
    let given = given.fold(Rights::NONE, |all, one| all | one);
    let changes = kept.iter().any(|(old, new)| old != new);
    let stays = next.by_key(signer).map(|entry| entry.rights);
    passes(Check::ExternalNeverGrows, now.external.holds(next.external))
        && (!removes || rights.holds(Rights::REMOVE))
        && passes(Check::MayAdd, !adds || rights.holds(Rights::ADD))
        && passes(Check::MayChange, !changes || rights.holds(Rights::BOTH))
        && passes(Check::GivesOwn, rights.holds(given))
        && passes(
            Check::SignerStays,
            stays.is_some_and(|rights| rights != Rights::NONE),
        )
}

/// The group as it came about by blocks of those who were permitted to, whatever a member made of them.
///
/// Each block counts for who made its signature, and for the state for which it was made.
pub(crate) fn rightful(before: &Group, head: &Block, block: &Block) -> Group {
    if block.change == Change::Value {
        return before.clone();
    }
    let author = block.signed_by;
    let is_for_this = block.parent == Parent::Of(head.clone());
    let rights = match is_for_this {
        true => before.rights_of(author),
        false => Rights::NONE,
    };
    let entries = block.group.entries.iter().filter_map(|one| {
        let old = before.entries.iter().find(|old| old.is_same(one));
        let gains = match old {
            Some(_) => rights.holds(Rights::BOTH),
            None => rights.holds(Rights::ADD),
        };
        let had = old.map(|old| old.rights);
        let given = if gains { rights } else { Rights::NONE };
        let may = had.unwrap_or(Rights::NONE) | given;
        let mut entry = *one;
        entry.rights = one.rights & may;
        (had.is_some() || gains).then_some(entry)
    });
    Group {
        entries: entries.collect(),
        external: before.external & block.group.external,
    }
}
