//! Lines of a user during a call: messages, and commands that begin with `/`.

use confcall::UserId;
use confcall::join::api::{AccessHash, CallMessageId, ChannelId, InputUser, Peer};
use thiserror::Error;

use super::aside::Key;
use super::names::{NameError, Names};

/// The text of `/help`, which `--help` has too.
pub(super) const HELP: &str = "\
A line is a message to all members; / begins a command, and // a message that begins with /.
A USER is an id, or the name of one who has it alone: Bob, or \"Bob Smith\"; a channel that takes part is channel:ID.
  /who [all]                show everyone in the call, and how they are; in a large one first load all
  /members                  show who has the key of the call
  /emoji                    show the emoji and words to compare again
  /link [speak]             show the link of the call; or, as an admin, one by which newcomers may speak
  /mute [USER…]             turn your microphone off, or, if you may, those of others for all
  /unmute [USER…]           turn it on again, or let others speak
  /mute-for-me USER…        mute others for yourself only
  /unmute-for-me USER…      hear them again
  /volume USER PERCENT      set how loud a user is, from 1 to 200
  /video on|off             show that your camera is on or off
  /screen on|off            share a screen, or share it no more
  /hand [down [USER…]]      raise your hand, to be allowed to speak; lower it, or, as an admin, those of others
  /as [me|NAME]             show as whom you may take part; or take part as yourself, or as one of those, by name or number
  /title [TEXT]             give the call a title, or that of its chat again
  /record on|off [TITLE]    have the server record the call for you, or end that
  /key [new]                show where a program publishes the stream, with its secret key, if you may; or replace the key
  /remind on|off            be told when an announced call begins
  /start                    begin an announced call
  /delete NUMBER…           delete messages that are not encrypted, by the numbers that they are shown with
  /invite USER [HASH]       invite a user; Telegram wants the access hash too
  /kick USER…               remove users from the call
  /messages on|off          let messages be written or not, if you may
  /revoke                   replace the link by a new one, if you may
  /rejoin                   come in again, to a conference with a new key
  /leave                    leave the call
  /discard                  end the call for all, if you may
  /seal TEXT                show TEXT sealed as if it were an Opus frame, in hexadecimal
  /open USER HEX            open such a frame that a user sealed
  /help                     show this";

/// A parsed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UserCommand {
    Message(String),
    Who,
    /// Everyone, also those whom the server shows only if they are asked for.
    WhoAll,
    Members,
    Emoji,
    Link,
    /// A link by which those may speak who are muted else.
    LinkToSpeak,
    /// Our own microphone.
    Mute(Switch),
    /// The microphones of others, for all.
    MuteOthers(Switch, Vec<Peer>),
    /// Others, for ourselves.
    MuteForMe(Switch, Vec<Peer>),
    Volume {
        peer: Peer,
        /// In hundredths of a percent.
        level: i32,
    },
    Video(Switch),
    Screen(Switch),
    /// Our own hand.
    Hand(Switch),
    /// The hands of others, which can only be taken down.
    LowerHands(Vec<Peer>),
    /// Those as whom we may take part.
    OwnPeers,
    /// One of them, by name or number.
    As(String),
    Title(String),
    Record {
        switch: Switch,
        title: Option<String>,
    },
    /// The address and key of the program that publishes.
    Key(Key),
    Remind(Switch),
    Start,
    /// Messages that the server numbers, as it does those that are not encrypted.
    Delete(Vec<CallMessageId>),
    /// Messages of all.
    Messages(Switch),
    Invite(InputUser),
    Kick(Vec<UserId>),
    Revoke,
    Rejoin,
    Leave,
    Discard,
    Seal(String),
    Open {
        from: UserId,
        packet: Vec<u8>,
    },
    Help,
}

/// The state that a switch is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    On,
    Off,
}

impl Switch {
    pub(super) fn is_on(self) -> bool {
        self == Self::On
    }
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
    #[error("/{command} needs {needs}")]
    Needs {
        command: &'static str,
        needs: &'static str,
    },
    #[error(transparent)]
    User(#[from] NameError),
    #[error("{0:?} is not an access hash, which is a whole number")]
    NotAHash(String),
    #[error("{0:?} is not the id of a channel, which is a whole number")]
    NotAChannel(String),
    #[error("{0:?} is not the number of a message, which stands before its text")]
    NotANumber(String),
    #[error("a volume is from 1 to 200 percent, not {0:?}")]
    NotAVolume(String),
    #[error("the packet is not hexadecimal digits")]
    NotHex,
}

fn did_you_mean(meant: &Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!("did you mean /{meant}? "))
}

/// The prefix of the id of a channel that takes part.
const CHANNEL: &str = "channel:";

/// The names of all commands.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    usages().filter_map(|usage| usage.split_whitespace().next())
}

/// True if a command takes users.
pub(super) fn takes_users(command: &str) -> bool {
    usages().any(|usage| {
        let mut words = usage.split_whitespace();
        words.next() == Some(command) && words.next().is_some_and(|word| word.contains("USER"))
    })
}

/// The lines of the help, from the names of the commands on.
fn usages() -> impl Iterator<Item = &'static str> {
    HELP.lines().filter_map(|line| line.strip_prefix("  /"))
}

/// Reads a line; `None` if there is nothing on it.
pub(super) fn parse(line: &str, names: &Names) -> Result<Option<UserCommand>, UserCommandError> {
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
    parse_command(command, rest.trim(), names).map(Some)
}

fn parse_command(
    command: &str,
    rest: &str,
    names: &Names,
) -> Result<UserCommand, UserCommandError> {
    Ok(match command {
        "who" if rest == "all" => UserCommand::WhoAll,
        "who" => UserCommand::Who,
        "members" => UserCommand::Members,
        "emoji" => UserCommand::Emoji,
        "link" if rest == "speak" => UserCommand::LinkToSpeak,
        "link" => UserCommand::Link,
        "mute" if rest.is_empty() => UserCommand::Mute(Switch::On),
        "unmute" if rest.is_empty() => UserCommand::Mute(Switch::Off),
        "mute" => UserCommand::MuteOthers(Switch::On, peers("mute", rest, names)?),
        "unmute" => UserCommand::MuteOthers(Switch::Off, peers("unmute", rest, names)?),
        "mute-for-me" => UserCommand::MuteForMe(Switch::On, peers("mute-for-me", rest, names)?),
        "unmute-for-me" => {
            UserCommand::MuteForMe(Switch::Off, peers("unmute-for-me", rest, names)?)
        }
        "volume" => volume(rest, names)?,
        "video" => UserCommand::Video(switch("video", rest)?),
        "screen" => UserCommand::Screen(switch("screen", rest)?),
        "hand" => hand(rest, names)?,
        "as" if rest.is_empty() => UserCommand::OwnPeers,
        // A name is the whole rest, also without quotes.
        "as" => UserCommand::As(rest.trim_matches('"').to_owned()),
        "title" => UserCommand::Title(rest.to_owned()),
        "record" => record(rest)?,
        "key" => key(rest)?,
        "remind" => UserCommand::Remind(switch("remind", rest)?),
        "start" => UserCommand::Start,
        "delete" => UserCommand::Delete(messages(rest)?),
        "messages" => UserCommand::Messages(switch("messages", rest)?),
        "invite" => UserCommand::Invite(invited(rest, names)?),
        "kick" => UserCommand::Kick(users("kick", rest, names)?),
        "revoke" => UserCommand::Revoke,
        "rejoin" => UserCommand::Rejoin,
        "leave" => UserCommand::Leave,
        "discard" => UserCommand::Discard,
        "seal" => UserCommand::Seal(something("seal", "a text", rest)?.to_owned()),
        "open" => open(rest, names)?,
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

/// What a command needs, if there is anything.
fn something<'a>(
    command: &'static str,
    needs: &'static str,
    rest: &'a str,
) -> Result<&'a str, UserCommandError> {
    match rest.is_empty() {
        true => Err(UserCommandError::Needs { command, needs }),
        false => Ok(rest),
    }
}

/// The words of a text; one in quotes can have spaces.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            // A quote that is not closed yet goes to the end.
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}

fn users(
    command: &'static str,
    rest: &str,
    names: &Names,
) -> Result<Vec<UserId>, UserCommandError> {
    let rest = something(command, "users: their names, or their ids", rest)?;
    let users = words(rest).into_iter().map(|word| names.find(word));
    Ok(users.collect::<Result<_, _>>()?)
}

/// Those who take part: users, and channels by their ids.
fn peers(command: &'static str, rest: &str, names: &Names) -> Result<Vec<Peer>, UserCommandError> {
    let rest = something(command, "users: their names, or their ids", rest)?;
    words(rest)
        .into_iter()
        .map(|word| peer(word, names))
        .collect()
}

fn peer(word: &str, names: &Names) -> Result<Peer, UserCommandError> {
    match word.strip_prefix(CHANNEL) {
        Some(id) => channel(id).map(Peer::Channel),
        None => Ok(Peer::User(names.find(word)?)),
    }
}

fn channel(id: &str) -> Result<ChannelId, UserCommandError> {
    let number = id.parse().map(ChannelId::new);
    number.map_err(|_| UserCommandError::NotAChannel(id.to_owned()))
}

fn hand(rest: &str, names: &Names) -> Result<UserCommand, UserCommandError> {
    let (first, others) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match (first, others) {
        ("", _) => Ok(UserCommand::Hand(Switch::On)),
        ("down", "") => Ok(UserCommand::Hand(Switch::Off)),
        ("down", others) => Ok(UserCommand::LowerHands(peers("hand", others, names)?)),
        _ => {
            let (command, needs) = ("hand", "nothing more, or down");
            Err(UserCommandError::Needs { command, needs })
        }
    }
}

fn record(rest: &str) -> Result<UserCommand, UserCommandError> {
    let (first, title) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let title = title.trim();
    Ok(UserCommand::Record {
        switch: switch("record", first)?,
        title: (!title.is_empty()).then(|| title.to_owned()),
    })
}

fn key(rest: &str) -> Result<UserCommand, UserCommandError> {
    match rest {
        "" => Ok(UserCommand::Key(Key::Current)),
        "new" => Ok(UserCommand::Key(Key::New)),
        _ => {
            let (command, needs) = ("key", "nothing more, or new");
            Err(UserCommandError::Needs { command, needs })
        }
    }
}

fn messages(rest: &str) -> Result<Vec<CallMessageId>, UserCommandError> {
    let rest = something("delete", "the numbers of messages", rest)?;
    let number = |word: &str| {
        let number = word.trim_start_matches('#').parse();
        let number = number.map(CallMessageId::new);
        number.map_err(|_| UserCommandError::NotANumber(word.to_owned()))
    };
    words(rest).into_iter().map(number).collect()
}

fn switch(command: &'static str, rest: &str) -> Result<Switch, UserCommandError> {
    match rest {
        "on" => Ok(Switch::On),
        "off" => Ok(Switch::Off),
        _ => {
            let needs = "on or off";
            Err(UserCommandError::Needs { command, needs })
        }
    }
}

fn volume(rest: &str, names: &Names) -> Result<UserCommand, UserCommandError> {
    let (command, needs) = ("volume", "a user and a percentage");
    let [user, percent] = words(rest)[..] else {
        return Err(UserCommandError::Needs { command, needs });
    };
    let number = percent.trim_end_matches('%').parse().ok();
    let number = number.filter(|number: &i32| (1..=200).contains(number));
    let number = number.ok_or_else(|| UserCommandError::NotAVolume(percent.to_owned()))?;
    Ok(UserCommand::Volume {
        peer: peer(user, names)?,
        level: number.saturating_mul(100),
    })
}

fn invited(rest: &str, names: &Names) -> Result<InputUser, UserCommandError> {
    let (command, needs) = ("invite", "the id of a user");
    let (user, hash) = match words(rest)[..] {
        [user] => (user, "0"),
        [user, hash] => (user, hash),
        _ => return Err(UserCommandError::Needs { command, needs }),
    };
    Ok(InputUser::User {
        id: names.find(user)?,
        access_hash: access_hash(hash)?,
    })
}

fn access_hash(hash: &str) -> Result<AccessHash, UserCommandError> {
    let number = hash.parse().map(AccessHash::new);
    number.map_err(|_| UserCommandError::NotAHash(hash.to_owned()))
}

fn open(rest: &str, names: &Names) -> Result<UserCommand, UserCommandError> {
    let (command, needs) = ("open", "a user and a packet");
    let [from, packet] = words(rest)[..] else {
        return Err(UserCommandError::Needs { command, needs });
    };
    Ok(UserCommand::Open {
        from: names.find(from)?,
        packet: hex::decode(packet).map_err(|_| UserCommandError::NotHex)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<UserCommand>, UserCommandError> {
        super::parse(line, &Names::new(UserId::new(1)))
    }

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
        assert!(says("/kick 1 1.5").contains("there is no \"1.5\" here"));
        assert!(says("/kick").contains("/kick needs users"));
        assert!(says("/kick you").contains("that is you"));
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
    fn a_word_in_quotes_is_one_name() {
        assert_eq!(words(r#"Bob "Carol Ann" 3"#), ["Bob", "Carol Ann", "3"]);
        assert_eq!(words(r#""Carol An"#), ["Carol An"]);
        assert!(words("  ").is_empty());
    }

    #[test]
    fn switches_and_volumes_are_read() {
        let users = [2, 3].map(|user| Peer::User(UserId::new(user))).to_vec();
        assert_eq!(typed("/mute"), UserCommand::Mute(Switch::On));
        assert_eq!(
            typed("/mute 2 3"),
            UserCommand::MuteOthers(Switch::On, users.clone())
        );
        assert_eq!(
            typed("/unmute-for-me 2 3"),
            UserCommand::MuteForMe(Switch::Off, users)
        );
        assert_eq!(typed("/video off"), UserCommand::Video(Switch::Off));
        assert!(says("/screen").contains("/screen needs on or off"));
        let (peer, level) = (Peer::User(UserId::new(2)), 15_000);
        assert_eq!(typed("/volume 2 150%"), UserCommand::Volume { peer, level });
        for wrong in ["0", "201", "-5", "loud"] {
            assert!(says(&format!("/volume 2 {wrong}")).contains("from 1 to 200"));
        }
        assert!(says("/volume 2").contains("a user and a percentage"));
    }

    #[test]
    fn what_only_group_calls_have_is_read() {
        assert_eq!(typed("/hand"), UserCommand::Hand(Switch::On));
        assert_eq!(typed("/hand down"), UserCommand::Hand(Switch::Off));
        let (user, channel) = (Peer::User(UserId::new(2)), ChannelId::new(7));
        let lowered = UserCommand::LowerHands(vec![user, Peer::Channel(channel)]);
        assert_eq!(typed("/hand down 2 channel:7"), lowered);
        assert!(says("/hand please").contains("or down"));
        assert!(says("/mute channel:x").contains("\"x\" is not the id of a channel"));
        assert_eq!(typed("/as"), UserCommand::OwnPeers);
        for line in ["/as Harbour News", "/as \"Harbour News\""] {
            assert_eq!(typed(line), UserCommand::As("Harbour News".to_owned()));
        }
        let title = "A talk".to_owned();
        assert_eq!(typed("/title A talk"), UserCommand::Title(title.clone()));
        let (switch, title) = (Switch::On, Some(title));
        let record = UserCommand::Record { switch, title };
        assert_eq!(typed("/record on A talk"), record);
        assert!(says("/record").contains("on or off"));
        assert_eq!(typed("/key"), UserCommand::Key(Key::Current));
        assert_eq!(typed("/key new"), UserCommand::Key(Key::New));
        assert!(says("/key old").contains("or new"));
        assert_eq!(typed("/remind off"), UserCommand::Remind(Switch::Off));
        assert_eq!(typed("/start"), UserCommand::Start);
        let numbers = [3, 4].map(CallMessageId::new).to_vec();
        assert_eq!(typed("/delete #3 4"), UserCommand::Delete(numbers));
        assert!(says("/delete x").contains("stands before its text"));
    }

    #[test]
    fn every_command_of_the_help_is_known_and_no_other() {
        let mut count = 0;
        for command in names() {
            // What none of them takes together is fine for the one or the other.
            let arguments = ["", " on", " 2", " 2 00", " 2 100"];
            let parsed = arguments.map(|arguments| parse(&format!("/{command}{arguments}")));
            assert!(parsed.iter().any(Result::is_ok), "{command}: {parsed:?}");
            count += 1;
        }
        assert_eq!(count, 29);
        assert!(takes_users("kick") && takes_users("mute") && !takes_users("video"));
        let unknown = says(&format!("/{}", "x".repeat(1000)));
        assert!(unknown.contains("/help") && unknown.len() < 100);
    }
}
