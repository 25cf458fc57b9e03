//! Links to calls.
//!
//! ```text
//! https://t.me/call/<slug>                    tg://call?slug=<slug>
//! https://t.me/<username>?videochat[=<hash>]  tg://resolve?domain=<username>&videochat[=<hash>]
//! https://t.me/<username>?livestream[=<hash>] tg://resolve?domain=<username>&livestream[=<hash>]
//! https://t.me/<username>/s/live              tg://resolve?domain=<username>&story=live
//! ```
//!
//! `voicechat` stands for `videochat` too; `http://` and no scheme at all for `https://`; `tg:` for `tg://`;
//! `telegram.me`, `telegram.dog` and each of them behind `www.` for `t.me`; `<username>.t.me` for `t.me/<username>`; and
//! `web.telegram.org/#?tgaddr=<link>` for the `tg` link in it. Hosts and the words of a path are read in either case. Other
//! parameters and fragments are ignored. Implements `spec/protocol.md`, 12.

mod error;
mod names;
mod url;

use core::fmt;
use core::str::FromStr;

pub use error::LinkError;
pub use names::{InviteHash, NameError, Username};

use self::url::Url;
use crate::api::Slug;
use crate::limits;

const HOSTS: [&str; 3] = ["t.me", "telegram.me", "telegram.dog"];
/// The hosts of the web applications.
const WEB: [&str; 4] = [
    "web.telegram.org",
    "weba.telegram.org",
    "webk.telegram.org",
    "webz.telegram.org",
];

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
        /// True if the link calls it a livestream; the server knows what it is.
        livestream: bool,
    },
    /// To the live story of a user or channel.
    LiveStory {
        /// The user or channel.
        username: Username,
    },
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
        let mut characters = text.char_indices();
        if let Some((offset, found)) = characters.find(|(_, c)| c.is_whitespace() || c.is_control())
        {
            return Err(LinkError::Space { found, offset });
        }
        let url = Url::split(text);
        match url.scheme.map(str::to_ascii_lowercase).as_deref() {
            // Without a host there is nothing to say about its scheme.
            _ if url.authority.is_empty() => Err(LinkError::NotALink),
            Some("https") | None => parse_web(&url, "443"),
            Some("http") => parse_web(&url, "80"),
            Some("tg") => parse_app(&url),
            Some(_) => Err(LinkError::UnknownScheme),
        }
    }
}

fn parse_web(url: &Url<'_>, own_port: &str) -> Result<Link, LinkError> {
    let (host, port) = url.host_and_port().ok_or(LinkError::UnknownHost)?;
    // A port or a user in front of the host is how a link that only looks like ours is made.
    if port.is_some_and(|port| port != own_port) {
        return Err(LinkError::UnknownHost);
    }
    let name = host.to_ascii_lowercase();
    if WEB.contains(&name.as_str()) {
        return parse_address(url);
    }
    let name = name.strip_prefix("www.").unwrap_or(&name);
    let segments: Vec<_> = url.segments().collect();
    let segments = segments.iter().map(AsRef::as_ref);
    match name.strip_suffix(".t.me") {
        // The name of a user keeps its case.
        Some(user) if name.len() == host.len() => {
            let user = host.get(..user.len()).unwrap_or(user);
            parse_page(&[user].into_iter().chain(segments).collect::<Vec<_>>(), url)
        }
        None if HOSTS.contains(&name) => parse_path(&segments.collect::<Vec<_>>(), url),
        _ => Err(LinkError::UnknownHost),
    }
}

/// The link of the application that a web application is to follow.
fn parse_address(url: &Url<'_>) -> Result<Link, LinkError> {
    let address = url.parameter("tgaddr");
    let address = address.or_else(|| url.fragment_parameter("tgaddr"));
    let address = address.ok_or(LinkError::NotACall)?;
    // Only a link of the application: one that leads on to another page could go round in circles.
    let url = Url::split(&address);
    match url.scheme {
        Some(scheme) if scheme.eq_ignore_ascii_case("tg") => parse_app(&url),
        _ => Err(LinkError::UnknownScheme),
    }
}

fn parse_path(path: &[&str], url: &Url<'_>) -> Result<Link, LinkError> {
    match path {
        [call] if is_word(call, "call") => Err(LinkError::MissingSlug),
        [call, slug] if is_word(call, "call") => Ok(Link::Conference(Slug::new(slug)?)),
        page => parse_page(page, url),
    }
}

/// The page of a group, channel or user, whose name is the first of its parts.
fn parse_page(page: &[&str], url: &Url<'_>) -> Result<Link, LinkError> {
    match page {
        [username, s, live] if is_word(s, "s") && is_word(live, "live") => live_story(username),
        [username] => parse_video_chat(username, url),
        _ => Err(LinkError::NotACall),
    }
}

fn parse_app(url: &Url<'_>) -> Result<Link, LinkError> {
    if !matches!(url.path, "" | "/") {
        return Err(LinkError::NotACall);
    }
    if is_word(url.authority, "call") {
        let slug = url.parameter("slug").ok_or(LinkError::MissingSlug)?;
        return Ok(Link::Conference(Slug::new(&slug)?));
    }
    if !is_word(url.authority, "resolve") {
        return Err(LinkError::NotACall);
    }
    let username = url.parameter("domain").ok_or(LinkError::NotACall)?;
    match url.parameter("story") {
        Some(story) if is_word(&story, "live") => live_story(&username),
        _ => parse_video_chat(&username, url),
    }
}

fn live_story(username: &str) -> Result<Link, LinkError> {
    let username = Username::new(username).map_err(LinkError::InvalidUsername)?;
    Ok(Link::LiveStory { username })
}

fn parse_video_chat(username: &str, url: &Url<'_>) -> Result<Link, LinkError> {
    let words = [
        ("videochat", false),
        ("livestream", true),
        ("voicechat", false),
    ];
    let mut found = words.iter().filter_map(|(word, livestream)| {
        let hash = url.parameter(word)?;
        Some((hash, *livestream))
    });
    let (hash, livestream) = found.next().ok_or(LinkError::NotACall)?;
    let username = Username::new(username).map_err(LinkError::InvalidUsername)?;
    let hash = Some(hash).filter(|hash| !hash.is_empty());
    let hash = hash.map(|hash| InviteHash::new(&hash)).transpose();
    Ok(Link::VideoChat {
        username,
        invite_hash: hash.map_err(LinkError::InvalidInviteHash)?,
        livestream,
    })
}

fn is_word(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
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
                livestream,
            } => {
                let word = if *livestream {
                    "livestream"
                } else {
                    "videochat"
                };
                write!(f, "https://t.me/{username}?{word}")?;
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
    use crate::api::SlugError;
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
            "tg:call?slug=Ab_-1",
            "TG://CALL?slug=Ab_-1",
            "t.me/CALL/Ab_-1/",
            "https://www.t.me/call/Ab_-1",
            "WWW.Telegram.Me/call/Ab_-1",
            "t.me/call/%41b%5F-1",
            "t.me/%63all/Ab_-1",
            "https://web.telegram.org/k/#?tgaddr=tg%3A%2F%2Fcall%3Fslug%3DAb_-1",
            "https://web.telegram.org/a/?tgaddr=tg%3Acall%3Fslug%3DAb_-1",
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
            "t.me/some_1?videochat=",
            "t.me/some_1/?voicechat",
            "tg://resolve?domain=some_1&videochat",
            "tg:resolve?domain=some_1&videochat",
            "TG://Resolve?domain=some_1&videochat",
            "https://some_1.t.me?videochat",
            "some_1.T.ME/?videochat",
            "www.telegram.dog/some_1?videochat",
            "https://webk.telegram.org/#?tgaddr=tg%3A%2F%2Fresolve%3Fdomain%3Dsome_1%26videochat",
        ] {
            assert_eq!(
                canonical(text).as_deref(),
                Ok("https://t.me/some_1?videochat"),
                "{text}"
            );
        }
        for text in [
            "https://t.me/some_1?videochat=h-1",
            "t.me/some_1?x=y&videochat=h-1",
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
    fn a_link_to_a_livestream_stays_one() {
        for (text, expected) in [
            ("t.me/some_1?livestream=", "https://t.me/some_1?livestream"),
            (
                "Some_1.t.me?livestream=h-1",
                "https://t.me/Some_1?livestream=h-1",
            ),
            (
                "tg://resolve?domain=some_1&livestream=h-1",
                "https://t.me/some_1?livestream=h-1",
            ),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn every_form_of_a_live_story_link_is_read() {
        for text in [
            "t.me/some/s/live",
            "t.me/some/S/Live/",
            "some.t.me/s/live",
            "tg://resolve?domain=some&story=live",
            "https://web.telegram.org/#?tgaddr=tg%3A%2F%2Fresolve%3Fdomain%3Dsome%26story%3Dlive",
        ] {
            assert_eq!(
                canonical(text).as_deref(),
                Ok("https://t.me/some/s/live"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_text_that_is_no_link_to_a_call_is_refused_by_its_rule() {
        let (found, offset) = ('.', 1);
        let dot = LinkError::Slug(SlugError::InvalidCharacter { found, offset });
        let (found, offset) = ('%', 1);
        let escape = LinkError::Slug(SlugError::InvalidCharacter { found, offset });
        let (found, offset) = ('/', 1);
        let slash = LinkError::Slug(SlugError::InvalidCharacter { found, offset });
        let space = |found, offset| LinkError::Space { found, offset };
        let name =
            |found, offset| LinkError::InvalidUsername(NameError::Character { found, offset });
        let hash = LinkError::InvalidInviteHash(NameError::Character {
            found: '.',
            offset: 1,
        });
        let length = 2049;
        for (text, expected) in [
            ("", LinkError::NotALink),
            ("t.me/call/a b", space(' ', 11)),
            ("t.me/ca\nll/a", space('\n', 7)),
            ("https://", LinkError::NotALink),
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
            ("t.me/call/a%6", escape),
            ("t.me/call/a%2Fb", slash),
            ("https://web.telegram.org/k/", LinkError::NotACall),
            (
                "https://web.telegram.org/#?tgaddr=https%3A%2F%2Ft.me",
                LinkError::UnknownScheme,
            ),
            ("call.example.t.me/a?videochat", LinkError::NotACall),
            ("a-b.t.me?videochat", name('-', 1)),
            ("t.me/call/a/b", LinkError::NotACall),
            ("t.me/some", LinkError::NotACall),
            ("t.me/", LinkError::NotACall),
            ("t.me/some/s/dead", LinkError::NotACall),
            ("tg://resolve?domain=some", LinkError::NotACall),
            ("tg://resolve?videochat", LinkError::NotACall),
            ("tg://join?invite=a", LinkError::NotACall),
            ("tg://call/more?slug=a", LinkError::NotACall),
            ("t.me/1some?videochat", name('1', 0)),
            ("t.me/+some?videochat", name('+', 0)),
            ("t.me/some?videochat=a.b", hash),
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
            livestream: bool,
        ) {
            prop_assume!(!name.eq_ignore_ascii_case("call"));
            let username = Username::new(&name).unwrap();
            let invite_hash = hash.map(|hash| InviteHash::new(&hash).unwrap());
            for link in [
                Link::Conference(Slug::new(&slug).unwrap()),
                Link::VideoChat { username: username.clone(), invite_hash, livestream },
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
