//! Comparing what two members saw of a call.
//!
//! Two members of one call hold the same block at each height, come to the same emoji and get the same broadcasts. Where
//! they do not, the server or a member shows them different things.

use std::collections::BTreeMap;

use super::history::{History, Said, Sighting};

/// The result of comparing two histories.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// There is no height at which both hold a block.
    NothingShared,
    /// Both saw the same.
    Same {
        /// The last height at which both hold a block.
        up_to: i32,
    },
    /// They saw different things.
    Differs(Divergence),
}

/// The first thing that two members saw differently, each with the line and moment in its own trace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Divergence {
    /// The chain forks: other blocks at one height.
    Block {
        /// The height.
        height: i32,
        /// The last height below it at which both hold the same block.
        same_up_to: Option<i32>,
        /// The block's hash in the first trace.
        left: Sighting,
        /// The block's hash in the second trace.
        right: Sighting,
    },
    /// Other broadcasts of one user in one phase.
    Broadcast {
        /// Which.
        said: Said,
        /// The broadcast in the first trace.
        left: Sighting,
        /// The broadcast in the second trace.
        right: Sighting,
    },
    /// Other emoji for one block.
    Emoji {
        /// The height of the block.
        height: i32,
        /// The emoji hash in the first trace.
        left: Sighting,
        /// The emoji hash in the second trace.
        right: Sighting,
    },
}

/// Finds the first thing that two members saw differently: the lowest height at which they hold other blocks; if there is
/// none, another broadcast or other emoji at the lowest height.
pub fn compare(left: &History, right: &History) -> Verdict {
    let shared = || {
        left.blocks
            .keys()
            .filter(|height| right.blocks.contains_key(height))
    };
    let Some(&up_to) = shared().next_back() else {
        return Verdict::NothingShared;
    };
    let differs = Verdict::Differs;
    if let Some((height, left, right)) = first_difference(&left.blocks, &right.blocks) {
        return differs(Divergence::Block {
            height,
            same_up_to: shared()
                .take_while(|other| **other < height)
                .last()
                .copied(),
            left,
            right,
        });
    }
    // Below the blocks: with the same chain, another broadcast is the cause of other emoji, so it is named first.
    let broadcast = first_difference(&left.broadcasts, &right.broadcasts);
    let emoji = first_difference(&left.emoji, &right.emoji);
    match (broadcast, emoji) {
        (Some((said, left, right)), emoji)
            if emoji
                .as_ref()
                .is_none_or(|(height, ..)| said.height <= *height) =>
        {
            differs(Divergence::Broadcast { said, left, right })
        }
        (_, Some((height, left, right))) => differs(Divergence::Emoji {
            height,
            left,
            right,
        }),
        _ => Verdict::Same { up_to },
    }
}

/// The first key at which both saw something and not the same.
fn first_difference<K: Ord + Copy>(
    left: &BTreeMap<K, Vec<Sighting>>,
    right: &BTreeMap<K, Vec<Sighting>>,
) -> Option<(K, Sighting, Sighting)> {
    left.iter().find_map(|(key, ours)| {
        // A member who came later or lost pushes saw less, which is no difference.
        let theirs = right.get(key)?;
        let only_in = |these: &[Sighting], those: &[Sighting]| {
            let mut these = these.iter();
            these
                .find(|one| those.iter().all(|other| other.what != one.what))
                .cloned()
        };
        let (ours_only, theirs_only) = (only_in(ours, theirs), only_in(theirs, ours));
        if ours_only.is_none() && theirs_only.is_none() {
            return None;
        }
        // One may have seen both: then the other one's is compared with its first.
        let left = ours_only.or_else(|| ours.first().cloned())?;
        let right = theirs_only.or_else(|| theirs.first().cloned())?;
        Some((*key, left, right))
    })
}
