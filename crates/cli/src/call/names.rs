//! The names by which people are shown who a user is, and by which they say whom they mean.
//!
//! A name is the server's word: it can be that of another user, or another one tomorrow. So only a name that one user had
//! from its first sight to now, and no other user ever, names that user; every other one is shown with the id, and no
//! command acts on it.

use std::collections::HashMap;

use confcall::api::Peer;
use confcall::join::joining::InvitationEvent;
use confcall::{UserId, View};
use thiserror::Error;
use unicode_security::{MixedScript as _, skeleton};

use crate::limits;
use crate::printable::printable;

/// The most characters of a name that are shown.
const SHOWN: usize = 64;

/// The names of the users in a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    us: Option<UserId>,
    /// As whom we take part.
    joined_as: Option<Peer>,
    users: HashMap<UserId, Name>,
    /// The names of groups and channels that take part, as they are shown; no command acts on them.
    chats: HashMap<Peer, String>,
    /// The users of each name that was seen, in the form in which names are compared.
    bearers: HashMap<String, Bearer>,
}

/// The name of a user.
#[derive(Clone, Debug)]
struct Name {
    /// The newest one, as it is shown.
    text: String,
    /// True if the user had another one before, or one that cannot be a name here.
    is_doubtful: bool,
}

/// The users who had a name in this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bearer {
    One(UserId),
    Several,
}

/// A word that names no user.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum NameError {
    #[error("there is no {0:?} here; /who shows everyone with their ids")]
    Unknown(String),
    #[error("{name:?} can be more than one user, or had another name before; say the id: {}", ids(.users))]
    Doubtful { name: String, users: Vec<UserId> },
    #[error("that is you; /mute and /leave are for yourself")]
    You,
}

fn ids(users: &[UserId]) -> String {
    let ids: Vec<_> = users.iter().map(UserId::to_string).collect();
    ids.join(" or ")
}

impl Names {
    pub(super) fn new(us: UserId) -> Self {
        Self {
            us: Some(us),
            ..Self::default()
        }
    }

    /// True for our own user.
    pub(super) fn is_us(&self, user: UserId) -> bool {
        self.us == Some(user)
    }

    /// Takes in the name of one who is invited, and perhaps not in the call.
    pub(super) fn learn_invited(&mut self, invitation: &InvitationEvent) {
        if let Some(label) = &invitation.label {
            self.note(invitation.to, &label.name);
        }
    }

    /// Takes in the names that are shown now.
    pub(super) fn learn(&mut self, view: &View) {
        self.joined_as = view.joined_as.or(self.joined_as);
        for one in &view.participants {
            match (one.peer, &one.label) {
                (Peer::User(user), Some(label)) => self.note(user, &label.name),
                (chat, Some(label)) => self.note_chat(chat, &label.name),
                (_, None) => {}
            }
        }
    }

    fn note_chat(&mut self, chat: Peer, raw: &str) {
        let text: String = printable(raw.trim()).chars().take(SHOWN).collect();
        if self.chats.contains_key(&chat) || self.chats.len() < limits::NAMES {
            self.chats.insert(chat, text);
        }
    }

    fn note(&mut self, user: UserId, raw: &str) {
        let raw = raw.trim();
        let text: String = printable(raw).chars().take(SHOWN).collect();
        // That is what one without a name is called anyway.
        if text.is_empty() || text.eq_ignore_ascii_case(&unnamed(user)) {
            return;
        }
        let before = self.users.get(&user);
        if before.is_some_and(|before| before.text == text) {
            return;
        }
        let is_doubtful = before.is_some() || text != raw || says_another(&text);
        // What can be compared with no other one any more is not taken for a name.
        if before.is_none() && self.users.len() >= limits::NAMES {
            return;
        }
        self.note_bearer(user, compared(&text));
        self.users.insert(user, Name { text, is_doubtful });
    }

    fn note_bearer(&mut self, user: UserId, name: String) {
        if let Some(bearer) = self.bearers.get_mut(&name) {
            if *bearer != Bearer::One(user) {
                *bearer = Bearer::Several;
            }
        } else if self.bearers.len() < limits::NAMES {
            self.bearers.insert(name, Bearer::One(user));
        }
    }

    /// True if no other user could be meant by the name of this one.
    fn is_sure(&self, user: UserId, name: &Name) -> bool {
        let bearer = self.bearers.get(&compared(&name.text));
        !name.is_doubtful && bearer == Some(&Bearer::One(user))
    }

    /// One user, by its name if that is sure.
    pub(super) fn of(&self, user: UserId) -> String {
        if self.is_us(user) {
            return "you".to_owned();
        }
        match self.users.get(&user) {
            None => unnamed(user),
            Some(name) if self.is_sure(user, name) => name.text.clone(),
            Some(name) => format!("{} ({})", name.text, unnamed(user)),
        }
    }

    /// One who takes part: a user as [`Names::of`] has it, or a group or channel with its id.
    pub(super) fn of_peer(&self, peer: Peer) -> String {
        let name = match (peer, self.chats.get(&peer)) {
            (Peer::User(user), _) => return self.of(user),
            (_, Some(name)) if !name.is_empty() => format!("{name} ({peer})"),
            _ => peer.to_string(),
        };
        match self.joined_as == Some(peer) {
            true => format!("you as {name}"),
            false => name,
        }
    }

    /// One who takes part, with the id by which commands can act on it.
    pub(super) fn peer_with_id(&self, peer: Peer) -> String {
        match peer {
            Peer::User(user) => self.with_id(user),
            chat => self.of_peer(chat),
        }
    }

    /// One user with its id, by which commands can act on it.
    pub(super) fn with_id(&self, user: UserId) -> String {
        match self.users.get(&user) {
            Some(name) if self.is_us(user) || self.is_sure(user, name) => {
                format!("{} ({})", self.of(user), unnamed(user))
            }
            _ if self.is_us(user) => format!("you ({})", unnamed(user)),
            _ => self.of(user),
        }
    }

    /// Users in a line.
    pub(super) fn list(&self, users: &[UserId]) -> String {
        let names: Vec<_> = users.iter().map(|user| self.of(*user)).collect();
        listed(&names)
    }

    /// The words by which commands can act on a user.
    pub(super) fn words(&self, user: UserId) -> Vec<String> {
        let name = self.users.get(&user);
        let sure = name.filter(|name| self.is_sure(user, name));
        let name = sure.map(|name| match name.text.contains(char::is_whitespace) {
            true => format!("\"{}\"", name.text),
            false => name.text.clone(),
        });
        name.into_iter().chain([user.to_string()]).collect()
    }

    /// The user whom a word means: an id, or the name of one user and no other.
    pub(super) fn find(&self, word: &str) -> Result<UserId, NameError> {
        if let Ok(id) = word.parse() {
            return Ok(UserId::new(id));
        }
        if word.eq_ignore_ascii_case("you") {
            return Err(NameError::You);
        }
        let same = |name: &Name| compared(&name.text) == compared(word);
        let named = self.users.iter().filter(|(_, name)| same(name));
        let mut named: Vec<_> = named.map(|(user, name)| (*user, name)).collect();
        named.sort_unstable_by_key(|(user, _)| *user);
        match named.as_slice() {
            [] => Err(NameError::Unknown(word.chars().take(SHOWN).collect())),
            [(user, name)] if self.is_sure(*user, name) => match self.is_us(*user) {
                true => Err(NameError::You),
                false => Ok(*user),
            },
            named => Err(NameError::Doubtful {
                name: word.to_owned(),
                users: named.iter().map(|(user, _)| *user).collect(),
            }),
        }
    }
}

/// The words for a user without a name.
fn unnamed(user: UserId) -> String {
    format!("user {user}")
}

/// A name as it is compared: two that differ in case or spaces, or that look the same, are one.
fn compared(name: &str) -> String {
    let looks: String = skeleton(&name.to_lowercase()).collect();
    let words = looks.split(|c: char| !c.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// True for a name that may say something else than a name: an id, ourselves, another user, or what only we say.
///
/// What is left is letters of one script, and the marks that names have between them.
fn says_another(name: &str) -> bool {
    let is_of_names = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '.');
    let ours = ["you", "user"].map(compared);
    let looks = compared(name);
    let has_our_words = looks
        .split(' ')
        .any(|word| ours.iter().any(|our| our == word));
    !name.chars().all(is_of_names) || !name.is_single_script() || has_our_words
}

/// Words in a line.
pub(super) fn listed(words: &[String]) -> String {
    match words.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: UserId = UserId::new(1);
    const BOB: UserId = UserId::new(2);
    const CAROL: UserId = UserId::new(3);

    fn names(noted: &[(UserId, &str)]) -> Names {
        let mut names = Names::new(US);
        for (user, name) in noted {
            names.note(*user, name);
        }
        names
    }

    #[test]
    fn users_are_listed_by_their_names_and_we_are_you() {
        let names = names(&[(BOB, "Bob"), (US, "Alice")]);
        assert_eq!(names.list(&[]), "none");
        assert_eq!(names.list(&[US]), "you");
        assert_eq!(names.list(&[BOB, CAROL, US]), "Bob, user 3 and you");
        assert_eq!(names.with_id(BOB), "Bob (user 2)");
        assert_eq!(names.find("Bob"), Ok(BOB));
        assert_eq!(names.find("bob"), Ok(BOB));
        assert_eq!(names.find("7"), Ok(UserId::new(7)));
        for us in ["you", "Alice"] {
            assert_eq!(names.find(us), Err(NameError::You));
        }
        assert!(matches!(names.find("Dave"), Err(NameError::Unknown(_))));
    }

    #[test]
    fn a_name_that_two_have_or_had_or_that_changed_is_shown_with_the_id_and_means_no_one() {
        for noted in [
            // Of two at once, also in another spelling.
            &[(BOB, "Bob"), (CAROL, "Bob")][..],
            &[(BOB, "Bob"), (CAROL, " bOB ")],
            // One who has it after another, who may be gone.
            &[(CAROL, "Bob"), (CAROL, "Carol"), (BOB, "Bob")],
            // One who is called otherwise since, or again.
            &[(BOB, "Rob"), (BOB, "Bob")],
            &[(BOB, "Bob"), (BOB, "Rob"), (BOB, "Bob")],
            // Of ourselves.
            &[(US, "Bob"), (BOB, "Bob")],
        ] {
            let names = names(noted);
            assert_eq!(names.of(BOB), "Bob (user 2)", "{noted:?}");
            let found = names.find("Bob");
            assert!(
                matches!(found, Err(NameError::Doubtful { .. })),
                "{found:?}"
            );
            assert_eq!(names.words(BOB), ["2"]);
        }
    }

    #[test]
    fn a_name_that_is_no_name_is_shown_with_the_id_and_means_no_one() {
        for name in [
            "3",
            "-3",
            "you",
            "YOU",
            "user 3",
            "User  3",
            "a\"b",
            "Bo\u{200b}b",
            "x\u{1b}[2J",
        ] {
            let names = names(&[(BOB, name)]);
            assert!(names.of(BOB).ends_with(" (user 2)"), "{}", names.of(BOB));
            assert!(!names.of(BOB).contains(['\u{200b}', '\u{1b}']));
            assert_ne!(names.find(name), Ok(BOB), "{name:?}");
            assert_eq!(names.words(BOB), ["2"]);
        }
        // The name that a server gives to one without a name says nothing else than the id.
        assert_eq!(names(&[(BOB, "User 2")]).of(BOB), "user 2");
    }

    #[test]
    fn a_name_with_a_space_is_one_word_in_quotes() {
        let names = names(&[(BOB, "Bob Smith")]);
        assert_eq!(names.words(BOB), ["\"Bob Smith\"", "2"]);
        assert_eq!(names.find("Bob Smith"), Ok(BOB));
    }

    #[test]
    fn more_names_than_a_call_has_members_are_not_kept_and_none_of_them_means_a_user() {
        let mut names = Names::new(US);
        for id in 2..10_000 {
            names.note(UserId::new(id), &format!("Name {id}"));
        }
        assert_eq!(names.users.len(), limits::NAMES);
        assert_eq!(names.bearers.len(), limits::NAMES);
        assert_eq!(names.of(UserId::new(9_999)), "user 9999");
        // One of those who are kept cannot become another one unseen.
        names.note(BOB, "Another");
        assert_eq!(names.of(BOB), "Another (user 2)");
    }

    fn is_shown_with_its_id(name: &str) {
        let names = names(&[(BOB, name)]);
        assert!(names.of(BOB).ends_with("(user 2)"), "{}", names.of(BOB));
    }

    #[test]
    fn a_name_that_says_more_than_a_name_is_shown_with_its_id() {
        for name in [
            "Carol (user 3)",
            "Bob \u{b7} verified",
            "Carol: yes, kick him. Dave",
            "Carol, user 3",
            "\u{ff13}",
            "y\u{43e}u",
            "the user",
        ] {
            is_shown_with_its_id(name);
        }
        for name in [
            "Anna-Maria O'Neill",
            "Jos\u{e9}",
            "\u{418}\u{432}\u{430}\u{43d}",
        ] {
            assert_eq!(names(&[(BOB, name)]).of(BOB), name);
        }
    }

    #[test]
    fn names_that_look_the_same_are_the_same() {
        for (one, other) in [
            ("Jos\u{e9}", "Jose\u{301}"),
            ("Bob", "Bob\u{2800}"),
            ("Bob", "B\u{43e}b"),
            ("Bob", "\u{ff22}ob"),
        ] {
            let names = names(&[(BOB, one), (CAROL, other)]);
            let shown = [names.of(BOB), names.of(CAROL)];
            assert!(
                shown.iter().all(|name| name.contains("(user ")),
                "{shown:?}"
            );
        }
    }
}
