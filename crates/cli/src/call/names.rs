//! The words by which people are shown who a user is.

use confcall::UserId;

/// The names of the users in a call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Names {
    us: Option<UserId>,
}

impl Names {
    pub(super) fn new(us: UserId) -> Self {
        Self { us: Some(us) }
    }

    /// True for our own user.
    pub(super) fn is_us(&self, user: UserId) -> bool {
        self.us == Some(user)
    }

    /// One user.
    pub(super) fn of(&self, user: UserId) -> String {
        match self.is_us(user) {
            true => "you".to_owned(),
            false => format!("user {user}"),
        }
    }

    /// Users in a line.
    pub(super) fn list(&self, users: &[UserId]) -> String {
        let names: Vec<_> = users.iter().map(|user| self.of(*user)).collect();
        match names.split_last() {
            None => "none".to_owned(),
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_listed_by_their_names_and_we_are_you() {
        let names = Names::new(UserId::new(1));
        let list = |users: &[i64]| {
            let users: Vec<_> = users.iter().copied().map(UserId::new).collect();
            names.list(&users)
        };
        assert_eq!(list(&[]), "none");
        assert_eq!(list(&[1]), "you");
        assert_eq!(list(&[2, 3, 1]), "user 2, user 3 and you");
    }
}
