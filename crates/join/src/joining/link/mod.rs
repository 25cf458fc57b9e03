//! Links to calls.
//!
//! ```text
//! https://t.me/call/<slug>                    tg://call?slug=<slug>
//! https://t.me/<username>?videochat[=<hash>]  tg://resolve?domain=<username>&videochat[=<hash>]
//! https://t.me/<username>/s/live
//! ```
//!
//! `livestream` and `voicechat` stand for `videochat` too; `http://` and no scheme at all for `https://`; and
//! `telegram.me` and `telegram.dog` for `t.me`. Other parameters and fragments are ignored. Implements
//! `spec/protocol.md`, 12.

mod names;

use core::fmt;
use core::str::FromStr;

use thiserror::Error;
use url::{Host, Url};

pub use names::{InviteHash, Username};

use crate::api::{Slug, SlugError};
use crate::limits;

const HOSTS: [&str; 3] = ["t.me", "telegram.me", "telegram.dog"];
const VIDEO_CHAT_WORDS: [&str; 3] = ["videochat", "livestream", "voicechat"];

/// A link to a call; `Display` gives its `https` form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// To a conference.
    Conference(Slug),
    /// To the video chat or livestream of a group or channel.
    VideoChat {
        /// The group or channel.
        username: Username,
        /// The hash of an invitation, which a request carries as `invite_hash`.
        invite_hash: Option<InviteHash>,
    },
    /// To the live story of a user or channel.
    LiveStory {
        /// The user or channel.
        username: Username,
    },
}

/// A text is no link to a call.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The text is too long to be a link.
    #[error("a link has at most {max} bytes, not {length}", max = limits::LINK_BYTES)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The text is no URL, or has a space or a control character in it.
    #[error("this is no link")]
    NotALink,
    /// The link has another scheme than `https`, `http` and `tg`.
    #[error("a link starts with https, http or tg")]
    UnknownScheme,
    /// The link leads elsewhere, or holds a user, a password or a port.
    #[error("a link to a call leads to t.me, telegram.me or telegram.dog")]
    UnknownHost,
    /// The link leads to no call.
    #[error("the link does not lead to a call")]
    NotACall,
    /// The link leads to conferences and says not to which one.
    #[error("the link has no slug")]
    MissingSlug,
    /// The slug is not valid.
    #[error(transparent)]
    Slug(#[from] SlugError),
    /// The name of the group, channel or user is not valid.
    #[error("a username is a letter and up to 31 letters, digits and '_'")]
    InvalidUsername,
    /// The hash of an invitation is not valid.
    #[error("an invitation's hash is 1 to 64 letters, digits, '_' and '-'")]
    InvalidInviteHash,
}

impl Link {
    /// Reads a link; white space around it is ignored.
    ///
    /// # Errors
    ///
    /// [`LinkError`]
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if text.len() > limits::LINK_BYTES {
            return Err(LinkError::TooLong { length: text.len() });
        }
        // The parser would drop line breaks from the middle of a link.
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(LinkError::NotALink);
        }
        let url = if has_scheme(text) {
            Url::parse(text)
        } else {
            Url::parse(&format!("https://{text}"))
        };
        let url = url.map_err(|_| LinkError::NotALink)?;
        match url.scheme() {
            "https" | "http" => parse_web(&url),
            "tg" => parse_app(&url),
            _ => Err(LinkError::UnknownScheme),
        }
    }
}

/// Whether a link starts with a scheme; another link can stand in its parameters.
fn has_scheme(text: &str) -> bool {
    let start = text.split_once("://").map(|(start, _)| start);
    start.is_some_and(|start| !start.contains(['.', '/', '?', '#']))
}

fn parse_web(url: &Url) -> Result<Link, LinkError> {
    let bare = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    match url.host() {
        Some(Host::Domain(host)) if bare && HOSTS.contains(&host) => {}
        _ => return Err(LinkError::UnknownHost),
    }
    let path = url.path().trim_start_matches('/').trim_end_matches('/');
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["call"] => Err(LinkError::MissingSlug),
        ["call", slug] => Ok(Link::Conference(Slug::new(slug)?)),
        [username, "s", "live"] => Ok(Link::LiveStory {
            username: Username::new(username)?,
        }),
        [username] => parse_video_chat(username, url),
        _ => Err(LinkError::NotACall),
    }
}

fn parse_app(url: &Url) -> Result<Link, LinkError> {
    if !matches!(url.path(), "" | "/") {
        return Err(LinkError::NotACall);
    }
    match url.host_str() {
        Some("call") => {
            let slug = parameter(url, "slug").ok_or(LinkError::MissingSlug)?;
            Ok(Link::Conference(Slug::new(&slug)?))
        }
        Some("resolve") => {
            let username = parameter(url, "domain").ok_or(LinkError::NotACall)?;
            parse_video_chat(&username, url)
        }
        _ => Err(LinkError::NotACall),
    }
}

fn parse_video_chat(username: &str, url: &Url) -> Result<Link, LinkError> {
    let mut words = VIDEO_CHAT_WORDS.iter();
    let hash = words
        .find_map(|word| parameter(url, word))
        .ok_or(LinkError::NotACall)?;
    let username = Username::new(username)?;
    let invite_hash = match hash.as_str() {
        "" => None,
        hash => Some(InviteHash::new(hash)?),
    };
    Ok(Link::VideoChat {
        username,
        invite_hash,
    })
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        Self::parse(text)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conference(slug) => write!(f, "https://t.me/call/{slug}"),
            Self::VideoChat {
                username,
                invite_hash,
            } => {
                write!(f, "https://t.me/{username}?videochat")?;
                match invite_hash {
                    Some(hash) => write!(f, "={hash}"),
                    None => Ok(()),
                }
            }
            Self::LiveStory { username } => write!(f, "https://t.me/{username}/s/live"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(text: &str) -> Result<String, LinkError> {
        Link::parse(text).map(|link| link.to_string())
    }

    #[test]
    fn every_form_of_a_conference_link_is_read() {
        for text in [
            "https://t.me/call/Ab_-1",
            "http://t.me/call/Ab_-1",
            "t.me/call/Ab_-1",
            "HTTPS://T.ME/call/Ab_-1",
            "telegram.me/call/Ab_-1",
            "https://telegram.dog/call/Ab_-1/",
            "  t.me/call/Ab_-1\n",
            "https://t.me:443/call/Ab_-1?single#top",
            "t.me/call/Ab_-1?from=https://example.org",
            "tg://call?slug=Ab_-1",
            "TG://call/?more=1&slug=Ab_-1",
        ] {
            assert_eq!(
                canonical(text).as_deref(),
                Ok("https://t.me/call/Ab_-1"),
                "{text}"
            );
        }
    }

    #[test]
    fn every_form_of_a_video_chat_link_is_read() {
        for text in [
            "https://t.me/some_1?videochat",
            "t.me/some_1?livestream=",
            "t.me/some_1/?voicechat",
            "tg://resolve?domain=some_1&videochat",
        ] {
            assert_eq!(
                canonical(text).as_deref(),
                Ok("https://t.me/some_1?videochat"),
                "{text}"
            );
        }
        for text in [
            "https://t.me/some_1?videochat=h-1",
            "t.me/some_1?x=y&livestream=h-1",
            "tg://resolve?voicechat=h-1&domain=some_1",
        ] {
            assert_eq!(
                canonical(text).as_deref(),
                Ok("https://t.me/some_1?videochat=h-1"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_live_story_link_is_read() {
        assert_eq!(
            canonical("t.me/some/s/live").as_deref(),
            Ok("https://t.me/some/s/live")
        );
    }

    #[test]
    fn a_text_that_is_no_link_to_a_call_is_refused_by_its_rule() {
        let (found, offset) = ('.', 1);
        let dot = LinkError::Slug(SlugError::InvalidCharacter { found, offset });
        let (found, offset) = ('%', 1);
        let escape = LinkError::Slug(SlugError::InvalidCharacter { found, offset });
        let length = 2049;
        for (text, expected) in [
            ("", LinkError::NotALink),
            ("t.me/call/a b", LinkError::NotALink),
            ("t.me/ca\nll/a", LinkError::NotALink),
            ("ftp://t.me/call/a", LinkError::UnknownScheme),
            ("https://example.org/call/a", LinkError::UnknownHost),
            ("https://t.me@example.org/call/a", LinkError::UnknownHost),
            ("https://user@t.me/call/a", LinkError::UnknownHost),
            ("https://t.me:8443/call/a", LinkError::UnknownHost),
            ("https://t.me.example.org/call/a", LinkError::UnknownHost),
            ("https://192.0.2.1/call/a", LinkError::UnknownHost),
            ("t.me/call", LinkError::MissingSlug),
            ("t.me/call/?videochat", LinkError::MissingSlug),
            ("tg://call", LinkError::MissingSlug),
            ("tg://call?slug=", LinkError::Slug(SlugError::Empty)),
            ("t.me/call/a.", dot),
            ("t.me/call/a%62", escape),
            ("t.me/call/a/b", LinkError::NotACall),
            ("t.me/some", LinkError::NotACall),
            ("t.me/", LinkError::NotACall),
            ("t.me/some/s/dead", LinkError::NotACall),
            ("tg://resolve?domain=some", LinkError::NotACall),
            ("tg://resolve?videochat", LinkError::NotACall),
            ("tg://join?invite=a", LinkError::NotACall),
            ("tg://call/more?slug=a", LinkError::NotACall),
            ("t.me/1some?videochat", LinkError::InvalidUsername),
            ("t.me/+some?videochat", LinkError::InvalidUsername),
            ("t.me/some?videochat=a.b", LinkError::InvalidInviteHash),
            (&"a".repeat(length), LinkError::TooLong { length }),
        ] {
            assert_eq!(Link::parse(text), Err(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_read_back(
            slug in "[A-Za-z0-9_-]{1,64}",
            name in "[A-Za-z][A-Za-z0-9_]{0,31}",
            hash in proptest::option::of("[A-Za-z0-9_-]{1,64}"),
        ) {
            prop_assume!(name != "call");
            let username = Username::new(&name).unwrap();
            let invite_hash = hash.map(|hash| InviteHash::new(&hash).unwrap());
            for link in [
                Link::Conference(Slug::new(&slug).unwrap()),
                Link::VideoChat { username: username.clone(), invite_hash },
                Link::LiveStory { username },
            ] {
                prop_assert_eq!(Link::parse(&link.to_string()), Ok(link));
            }
        }

        #[test]
        fn an_arbitrary_text_is_read_or_refused(
            text in "\\PC*|(https://|tg://)?(t\\.me|call|resolve)[/?]\\PC*|.*",
        ) {
            if let Ok(link) = Link::parse(&text) {
                prop_assert_eq!(Link::parse(&link.to_string()), Ok(link));
            }
        }
    }
}
