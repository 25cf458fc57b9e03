use confcall_state::UserId;
use serde::Deserialize;
use thiserror::Error;

/// The description of a world: its users, groups and channels, their calls, and the stories that are live.
///
/// It is read from TOML, which people write without a manual and Cargo has taught them:
///
/// ```
/// use confcall_server::WorldDescription;
///
/// let world = WorldDescription::from_toml(
///     r#"
///     [[user]]
///     id = 901
///     name = "Dora"
///
///     [[chat]]
///     kind = "supergroup"
///     id = 501
///     title = "The Walkers"
///     username = "walkers"
///     open = true
///     admins = [1]
///     call.title = "Where to next"
///     call.speakers = [901]
///     "#,
/// )?;
/// assert_eq!(world.chat.len(), 1);
/// # Ok::<(), confcall_server::WorldError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldDescription {
    /// The users who have more than a number.
    pub user: Vec<DescribedUser>,
    /// The groups and channels.
    pub chat: Vec<DescribedChat>,
    /// The stories that are live.
    pub story: Vec<DescribedStory>,
}

/// A user who has more than a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribedUser {
    /// The id.
    pub id: i64,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// The public name, without `@`.
    #[serde(default)]
    pub username: Option<String>,
    /// The stars that the user can spend.
    #[serde(default)]
    pub stars: i64,
}

/// The kinds of chats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatKind {
    /// A basic group, which has no public name.
    Group,
    /// A supergroup.
    #[default]
    Supergroup,
    /// A channel, whose calls are livestreams.
    Channel,
}

/// A group or channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribedChat {
    /// The kind.
    pub kind: ChatKind,
    /// The id.
    pub id: i64,
    /// The title.
    pub title: String,
    /// The public name, without `@`; a chat without one is private.
    #[serde(default)]
    pub username: Option<String>,
    /// True to make everyone a member who asks for the chat.
    #[serde(default)]
    pub open: bool,
    /// The members beside the admins.
    #[serde(default)]
    pub members: Vec<i64>,
    /// The members who may manage calls; the first owns the chat.
    #[serde(default)]
    pub admins: Vec<i64>,
    /// The admins who may join as the chat.
    #[serde(default)]
    pub anonymous: Vec<i64>,
    /// The call that goes on.
    #[serde(default)]
    pub call: Option<DescribedCall>,
}

/// A call of a chat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DescribedCall {
    /// The title; the chat's own without one.
    pub title: Option<String>,
    /// The seconds from the first moment of the server to the time for which it is announced, from 10 to 8 days; without them it
    /// goes on. An announced call begins when an admin says so, and nobody is in it before.
    pub starts_in: Option<i32>,
    /// True if a program feeds it by RTMP.
    pub rtmp: bool,
    /// True to mute those who join.
    pub join_muted: bool,
    /// True to count those who may not speak, and not to list them.
    pub listeners_hidden: bool,
    /// The number of participants from which on those who may not speak are served a stream; 100 without one.
    pub stream_above: Option<usize>,
    /// Users who take part without a client, and speak.
    pub speakers: Vec<i64>,
    /// Those of them who show a picture.
    pub cameras: Vec<i64>,
}

/// A story that is live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribedStory {
    /// The number among the stories of its peer.
    pub id: i32,
    /// The user whose story it is, and who publishes it without a client.
    #[serde(default)]
    pub user: Option<i64>,
    /// The supergroup or channel whose story it is.
    #[serde(default)]
    pub chat: Option<i64>,
    /// True if a program feeds it by RTMP.
    #[serde(default)]
    pub rtmp: bool,
    /// The least price of a comment, in stars.
    #[serde(default)]
    pub price: Option<i64>,
}

/// A description makes no world.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The text is no description.
    #[error("the description of the world cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// A public name that cannot be one, or that two peers have.
    #[error("@{0} cannot be a public name, or is another's too")]
    Username(String),
    /// Two chats, stories or speakers have one id.
    #[error("{what} {id} is described twice")]
    Twice {
        /// The described thing.
        what: &'static str,
        /// The id.
        id: i64,
    },
    /// A basic group has what only other chats have.
    #[error("the basic group {0} has no public name, and is joined by its members")]
    BasicGroup(i64),
    /// A call is announced for a time that is too near or too far, or somebody is in it before.
    #[error(
        "the call of {0} is announced for 10 seconds to 8 days from the start, and nobody speaks in it before"
    )]
    Announced(i64),
    /// A story belongs to no user and no supergroup or channel of the world, or to several.
    #[error("story {0} is neither of one user nor of one supergroup or channel of this world")]
    Story(i32),
}

impl WorldDescription {
    /// Reads a description.
    ///
    /// # Errors
    ///
    /// [`WorldError::Unreadable`], with the place; what is wrong in it otherwise is said when a server is made of it.
    pub fn from_toml(text: &str) -> Result<Self, WorldError> {
        Ok(toml::from_str(text)?)
    }

    /// The world of `confcall serve`: a video chat, a livestream, an RTMP livestream, an announced call, a chat without a call and two
    /// live stories, one of them fed by RTMP; all public.
    pub fn example() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "a test reads the file that is compiled in"
        )]
        Self::from_toml(include_str!("example.toml")).expect("the described example")
    }
}

impl DescribedStory {
    /// The user whose story it is, if it is a user's alone.
    pub(super) fn owner(&self) -> Option<UserId> {
        let user = self.user.filter(|_| self.chat.is_none());
        user.map(UserId::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_not_known_is_refused_with_its_place() {
        let text = "[[chat]]\nkind = \"channel\"\nid = 1\ntitle = \"a\"\nuser_name = \"a\"\n";
        let error = WorldDescription::from_toml(text).unwrap_err();
        assert!(error.to_string().contains("line 5"), "{error}");
    }

    #[test]
    fn the_example_has_every_kind_of_call() {
        let world = WorldDescription::example();
        let calls: Vec<_> = world.chat.iter().flat_map(|chat| &chat.call).collect();
        assert!(calls.iter().any(|call| call.rtmp));
        assert!(calls.iter().any(|call| !call.rtmp && !call.join_muted));
        assert!(calls.iter().any(|call| !call.rtmp && call.join_muted));
        assert!(calls.iter().any(|call| call.starts_in.is_some()));
        assert!(world.story.iter().any(|story| story.rtmp));
        assert!(world.story.iter().any(|story| !story.rtmp));
    }
}
