//! Lines of a user during a call: messages, and commands that begin with `/`.

use confcall::UserId;
use confcall::join::api::{AccessHash, InputUser};
use thiserror::Error;

/// The text of `/help`, which `--help` has too.
pub(super) const HELP: &str = "\
A line is a message to all members; / begins a command, and // a message that begins with /.
  /kick ID…           remove users from the call
  /invite ID [HASH]   invite a user; Telegram wants the access hash too
  /members            show who has the key of the call
  /who                show everyone in the call, and how they are
  /emoji              show the emoji and words to compare again
  /link               show the link of the call
  /revoke             replace the link by a new one, if the call is ours
  /rejoin             come in again, with a new key
  /leave              leave the call
  /discard            end the call for all, if it is ours
  /seal TEXT          show TEXT sealed as if it were an Opus frame, in hexadecimal
  /open ID HEX        open such a frame that a user sealed
  /help               show this";

/// A parsed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UserCommand {
    Message(String),
    Kick(Vec<UserId>),
    Invite(InputUser),
    Members,
    Who,
    Emoji,
    Link,
    Revoke,
    Rejoin,
    Leave,
    Discard,
    Seal(String),
    Open { from: UserId, packet: Vec<u8> },
    Help,
}

/// A line that cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum UserCommandError {
    #[error("there is no command /{typed}; {}/help shows all", did_you_mean(.meant))]
    Unknown {
        typed: String,
        /// The command that it is nearest to.
        meant: Option<&'static str>,
    },
    #[error("{command} needs {needs}")]
    Needs {
        command: &'static str,
        needs: &'static str,
    },
    #[error("{0:?} is not the id of a user, which is a whole number")]
    NotAUser(String),
    #[error("{0:?} is not an access hash, which is a whole number")]
    NotAHash(String),
    #[error("the packet is not hexadecimal digits")]
    NotHex,
}

fn did_you_mean(meant: &Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!("did you mean /{meant}? "))
}

/// The names of all commands.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    usages().filter_map(|usage| usage.split_whitespace().next())
}

/// True if a command takes the ids of users.
pub(super) fn takes_users(command: &str) -> bool {
    usages().any(|usage| {
        let mut words = usage.split_whitespace();
        words.next() == Some(command) && words.next().is_some_and(|word| word.starts_with("ID"))
    })
}

/// The lines of the help, from the names of the commands on.
fn usages() -> impl Iterator<Item = &'static str> {
    HELP.lines().filter_map(|line| line.strip_prefix("  /"))
}

/// Reads a line; `None` if there is nothing on it.
pub(super) fn parse(line: &str) -> Result<Option<UserCommand>, UserCommandError> {
    let line = line.trim();
    let Some(rest) = line.strip_prefix('/') else {
        let message = (!line.is_empty()).then(|| UserCommand::Message(line.to_owned()));
        return Ok(message);
    };
    // A second slash escapes the first, so that every message can be written.
    if rest.starts_with('/') {
        return Ok(Some(UserCommand::Message(rest.to_owned())));
    }
    let (command, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    parse_command(command, rest.trim()).map(Some)
}

fn parse_command(command: &str, rest: &str) -> Result<UserCommand, UserCommandError> {
    let needs = |command, needs| Err(UserCommandError::Needs { command, needs });
    Ok(match command {
        "kick" if rest.is_empty() => return needs("/kick", "the ids of users"),
        "kick" => UserCommand::Kick(
            rest.split_whitespace()
                .map(user)
                .collect::<Result<_, _>>()?,
        ),
        "invite" if rest.is_empty() => return needs("/invite", "the id of a user"),
        "invite" => UserCommand::Invite(invited(rest)?),
        "members" => UserCommand::Members,
        "who" => UserCommand::Who,
        "emoji" => UserCommand::Emoji,
        "link" => UserCommand::Link,
        "revoke" => UserCommand::Revoke,
        "rejoin" => UserCommand::Rejoin,
        "leave" => UserCommand::Leave,
        "discard" => UserCommand::Discard,
        "seal" if rest.is_empty() => return needs("/seal", "a text"),
        "seal" => UserCommand::Seal(rest.to_owned()),
        "open" => match rest.split_once(char::is_whitespace) {
            Some((from, packet)) => UserCommand::Open {
                from: user(from)?,
                packet: hex::decode(packet.trim()).map_err(|_| UserCommandError::NotHex)?,
            },
            None => return needs("/open", "the id of a user and a packet"),
        },
        "help" => UserCommand::Help,
        unknown => return Err(self::unknown(unknown)),
    })
}

/// The most letters by which a mistyped command differs from the one that was meant.
const MISTYPED: usize = 2;

fn unknown(typed: &str) -> UserCommandError {
    // Shortened: the line may be a pasted text of any length.
    let typed: String = typed.chars().take(32).collect();
    let distance = |name: &&str| strsim::damerau_levenshtein(name, &typed);
    let nearest = names().min_by_key(distance);
    let meant = nearest.filter(|name| distance(name) <= MISTYPED && distance(name) < name.len());
    UserCommandError::Unknown { typed, meant }
}

fn user(text: &str) -> Result<UserId, UserCommandError> {
    let id = text.parse();
    id.map(UserId::new)
        .map_err(|_| UserCommandError::NotAUser(text.to_owned()))
}

fn invited(text: &str) -> Result<InputUser, UserCommandError> {
    let (id, hash) = text.split_once(char::is_whitespace).unwrap_or((text, "0"));
    let hash = hash.trim();
    let access_hash = hash
        .parse()
        .map_err(|_| UserCommandError::NotAHash(hash.to_owned()))?;
    Ok(InputUser::User {
        id: user(id)?,
        access_hash: AccessHash::new(access_hash),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> UserCommand {
        parse(line).unwrap().unwrap()
    }

    fn says(line: &str) -> String {
        parse(line).unwrap_err().to_string()
    }

    #[test]
    fn a_line_is_a_message_unless_it_begins_with_a_slash() {
        assert_eq!(
            typed(" Hello, /all \r\n"),
            UserCommand::Message("Hello, /all".to_owned())
        );
        assert_eq!(typed("//leave"), UserCommand::Message("/leave".to_owned()));
        assert_eq!(typed("/leave"), UserCommand::Leave);
        assert_eq!(parse("  \n"), Ok(None));
    }

    #[test]
    fn users_are_named_by_their_whole_ids() {
        let id = i64::from(i32::MAX) + 1;
        let kicked = UserCommand::Kick(vec![UserId::new(id), UserId::new(-2)]);
        assert_eq!(typed(&format!("/kick {id}  -2")), kicked);
        let access_hash = AccessHash::new(-9);
        let id = UserId::new(7);
        let invited = UserCommand::Invite(InputUser::User { id, access_hash });
        assert_eq!(typed("/invite 7 -9"), invited);
        assert!(says("/kick 1 1.5").contains("\"1.5\" is not the id of a user"));
        assert!(says("/invite 7 x").contains("\"x\" is not an access hash"));
    }

    #[test]
    fn a_mistyped_command_is_answered_with_the_one_that_was_meant() {
        for (typed, meant) in [("memers", "members"), ("lnik", "link"), ("leve", "leave")] {
            let says = says(&format!("/{typed}"));
            assert!(says.contains(&format!("did you mean /{meant}?")), "{says}");
        }
        assert!(!says("/dance").contains("did you mean"));
    }

    #[test]
    fn a_packet_is_opened_as_what_a_user_sealed() {
        let opened = UserCommand::Open {
            from: UserId::new(5),
            packet: vec![0, 0xff],
        };
        assert_eq!(typed("/open 5  00fF"), opened);
        assert!(says("/open 5").contains("/open needs"));
        assert!(says("/open 5 0").contains("not hexadecimal"));
    }

    #[test]
    fn every_command_of_the_help_is_known_and_no_other() {
        let commands = HELP
            .lines()
            .filter_map(|line| line.trim().strip_prefix('/'));
        let mut count = 0;
        for command in commands {
            let (command, _) = command.split_once(' ').unwrap();
            let parsed = parse(&format!("/{command} 1 00"));
            assert!(parsed.is_ok(), "{command}: {parsed:?}");
            count += 1;
        }
        assert_eq!(count, 13);
        assert_eq!(names().count(), count);
        let unknown = says(&format!("/{}", "x".repeat(1000)));
        assert!(unknown.contains("/help") && unknown.len() < 100);
    }
}
