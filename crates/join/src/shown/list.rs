use core::fmt;

use confcall_state::UserId;

/// Users or numbers in one line; `none` in place of an empty line.
#[derive(Clone, Copy, Debug)]
pub struct List<'a, T = UserId>(pub &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut users = self.0.iter();
        match users.next() {
            Some(first) => write!(f, "{first}")?,
            None => f.write_str("none")?,
        }
        users.try_for_each(|user| write!(f, " {user}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_stand_in_one_line_and_an_empty_line_says_so() {
        let users = [1, -2, 3].map(UserId::new);
        assert_eq!(List(&users).to_string(), "1 -2 3");
        assert_eq!(List::<UserId>(&[]).to_string(), "none");
    }
}
