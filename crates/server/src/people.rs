use std::collections::BTreeMap;

use confcall_state::UserId;

/// The names of users.
///
/// Users need not be known: one who was never given a name has one by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct People(BTreeMap<UserId, String>);

impl People {
    /// Users with the names that they were given.
    pub(crate) fn new(named: impl IntoIterator<Item = (UserId, String)>) -> Self {
        Self(named.into_iter().collect())
    }

    /// The users who were given names.
    pub(crate) fn named(&self) -> impl ExactSizeIterator<Item = (UserId, &str)> {
        self.0.iter().map(|(user_id, name)| (*user_id, &**name))
    }

    pub(crate) fn set_name(&mut self, user_id: UserId, name: String) {
        self.0.insert(user_id, name);
    }

    /// The name that a user was given.
    pub(crate) fn name(&self, user_id: UserId) -> Option<&str> {
        self.0.get(&user_id).map(String::as_str)
    }
}
