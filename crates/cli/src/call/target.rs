//! The names of calls on the command line.

use core::str::FromStr;

use anyhow::Context as _;
use confcall::join::api::MessageId;
use confcall::join::joining::{CallPlace, GroupCallTarget, LinkError, NameError};
use confcall::join::{Slug, SlugError};
use confcall::{Link, Target, Username};
use thiserror::Error;

use super::standard_input;

/// The prefix of the id of a message.
const MESSAGE: &str = "message:";
/// The prefix of a public name.
const NAME: char = '@';

/// A call as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TargetArg {
    Target(Target),
    /// On the first line of standard input: the command line of a process is public on most systems.
    StandardInput,
}

impl TargetArg {
    /// The call, which may have to be read first.
    pub(super) fn read(&self) -> anyhow::Result<Target> {
        match self {
            Self::Target(target) => Ok(target.clone()),
            Self::StandardInput => {
                let line = standard_input::read_line()?;
                let target = parse(&line);
                Ok(target.context("the first line of standard input is no call")?)
            }
        }
    }
}

impl FromStr for TargetArg {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        match text {
            "-" => Ok(Self::StandardInput),
            text => parse(text).map(Self::Target),
        }
    }
}

/// A text names no call.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum TargetError {
    #[error(
        "{0}; give a link such as https://t.me/call/SLUG, the slug alone, @NAME, or message:ID"
    )]
    Link(#[from] LinkError),
    #[error("{0}; give the public name of a group or channel, as in @NAME")]
    Name(#[from] NameError),
    #[error("{0}; copy the slug whole, as it ends the link")]
    Slug(#[from] SlugError),
    #[error("the id of a message is a whole number, as in message:42")]
    Message,
}

/// Reads a link, a slug, the public name of a group or channel, or the message of an invitation.
pub(super) fn parse(text: &str) -> Result<Target, TargetError> {
    let text = text.trim();
    // Before links, whose schemes also end with a colon.
    if let Some(id) = text.strip_prefix(MESSAGE) {
        let id = id.parse().map_err(|_| TargetError::Message)?;
        return Ok(Target::Invitation(MessageId::new(id)));
    }
    if let Some(name) = text.strip_prefix(NAME) {
        return Ok(GroupCallTarget::name(Username::new(name)?).into());
    }
    // Every link has one of these, and no slug does.
    if text.contains(['/', '.', ':']) {
        return Ok(Link::parse(text)?.into());
    }
    Ok(Target::Slug(Slug::new(text)?))
}

/// The target as it is shown, which [`parse`] reads again.
pub(super) fn name(target: &Target) -> String {
    match target {
        Target::Slug(slug) => Link::Conference(slug.clone()).to_string(),
        Target::Invitation(message) => format!("{MESSAGE}{message}"),
        Target::Call { id, .. } => format!("call {id}"),
        Target::Create => "a new call".to_owned(),
        Target::Group(target) => place(target),
    }
}

fn place(target: &GroupCallTarget) -> String {
    match target.place() {
        CallPlace::Name(username) => match target.invite_hash() {
            None => format!("{NAME}{username}"),
            hash => Link::VideoChat {
                username: username.clone(),
                invite_hash: hash.cloned(),
                livestream: false,
            }
            .to_string(),
        },
        CallPlace::StoryOfName(username) => {
            let username = username.clone();
            Link::LiveStory { username }.to_string()
        }
        CallPlace::Call(call) => format!("call {}", call.id),
        _ => "the call of a chat".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_by_its_link_its_slug_or_the_message_that_invites() {
        let slug = Target::Slug(Slug::new("Wx5f-8PqKJk").unwrap());
        for text in [
            "https://t.me/call/Wx5f-8PqKJk",
            "t.me/call/Wx5f-8PqKJk",
            "tg://call?slug=Wx5f-8PqKJk",
            " Wx5f-8PqKJk\n",
        ] {
            assert_eq!(parse(text), Ok(slug.clone()), "{text}");
        }
        let invitation = Target::Invitation(MessageId::new(42));
        assert_eq!(parse("message:42"), Ok(invitation.clone()));
        let username = Username::new("some_chat").unwrap();
        let chat = Target::from(GroupCallTarget::name(username.clone()));
        for text in [
            "@some_chat",
            "https://t.me/some_chat?videochat",
            "t.me/some_chat?livestream",
        ] {
            assert_eq!(parse(text), Ok(chat.clone()), "{text}");
        }
        let story = Target::from(GroupCallTarget::story_of_name(username));
        assert_eq!(parse("t.me/some_chat/s/live"), Ok(story.clone()));
        let invited = parse("t.me/some_chat?videochat=hash").unwrap();
        for target in [slug, invitation, chat, story, invited] {
            assert_eq!(parse(&name(&target)), Ok(target));
        }
    }

    #[test]
    fn what_names_no_call_says_what_to_give() {
        for (text, says) in [
            ("", "at least one character"),
            ("a b", "copy the slug whole"),
            ("https://example.org/call/abc", "give a link such as"),
            ("@a b", "as in @NAME"),
            ("message:x", "as in message:42"),
            ("message:99999999999", "as in message:42"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
