//! Who sent bad broadcasts, and how many.

use std::collections::BTreeMap;

use confcall_state::UserId;

use crate::limits;

/// A count that is told of: then at every tenfold of it.
const FIRST_TOLD: u32 = 5;

/// The bad broadcasts of one membership, by who certainly said them.
///
/// Where nobody certainly did, only the server is to blame, which can put any name on anything.
#[derive(Clone, Debug, Default)]
pub(super) struct Blame(BTreeMap<Option<UserId>, u32>);

impl Blame {
    /// Notes a bad broadcast; gives the count where it is one to tell of.
    pub(super) fn note(&mut self, said_by: Option<UserId>) -> Option<u32> {
        if self.0.len() >= limits::BLAMED && !self.0.contains_key(&said_by) {
            return None;
        }
        let count = self.0.entry(said_by).or_default();
        *count = count.saturating_add(1);
        let mut told = FIRST_TOLD;
        while told < *count {
            told = told.saturating_mul(10);
        }
        (told == *count).then_some(*count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bad_broadcasts_of_so_many_users_are_counted_whoever_comes_later() {
        let mut blame = Blame::default();
        let users = (1..=2 * limits::BLAMED as i64).map(UserId::new);
        users.for_each(|user| assert_eq!(blame.note(Some(user)), None));
        assert_eq!(blame.0.len(), limits::BLAMED);
        let counts = [(); 4].map(|()| blame.note(Some(UserId::new(1))));
        assert_eq!(counts, [None, None, None, Some(FIRST_TOLD)]);
    }
}
