//! Requests about the place of a call beside those of its engine: as whom one may take part, and where a program publishes.

use core::future::Future;
use core::pin::Pin;
use std::sync::Arc;

use confcall::api::{InputPeer, JoinAsPeers, Peer, PeerLabel, RtmpUrl};
use confcall::join::joining::GroupCallTarget;
use confcall::join::labels::Labels;
use confcall::{GroupCall, RequestError, RtmpFeed, Target, Transport, UserId};
use thiserror::Error;

/// The answer to such a request.
pub(super) type Answer<T> = Pin<Box<dyn Future<Output = Result<T, AsideError>> + Send>>;

/// One who asks the server about the place of a call.
pub(super) trait Aside: Send + Sync {
    /// Those as whom the user may take part.
    fn own_peers(self: Arc<Self>) -> Answer<JoinAsPeers>;

    /// The address and the key by which a program publishes; the key can be replaced first.
    fn stream_key(self: Arc<Self>, feed: RtmpFeed, key: Key) -> Answer<RtmpUrl>;
}

/// The key that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Current,
    /// A new one, in the place of the one before.
    New,
}

/// Such a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum AsideError {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("the server does not show the group, channel or story to which the call belongs")]
    NoPlace,
    #[error("you may not take part as {0:?}; /as alone lists those as whom you may")]
    NoSuchPeer(String),
    #[error("{0:?} is the name of several; say the number that /as lists")]
    Several(String),
}

impl AsideError {
    /// The name of the reason, for programs.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Request(_) => "other",
            Self::NoPlace => "no_place",
            Self::NoSuchPeer(_) => "no_such_peer",
            Self::Several(_) => "several",
        }
    }
}

/// The one who asks about a target; `None` for a conference, which belongs to no place.
pub(super) fn about<T: Transport + 'static>(
    transport: &Arc<T>,
    target: &Target,
) -> Option<Arc<dyn Aside>> {
    let Target::Group(target) = target else {
        return None;
    };
    Some(Arc::new(AtPlace {
        transport: Arc::clone(transport),
        target: target.clone(),
    }))
}

struct AtPlace<T> {
    transport: Arc<T>,
    target: GroupCallTarget,
}

impl<T: Transport> AtPlace<T> {
    async fn place(&self) -> Result<InputPeer, AsideError> {
        let place = GroupCall::place_of(&*self.transport, &self.target).await?;
        place.ok_or(AsideError::NoPlace)
    }
}

impl<T: Transport + 'static> Aside for AtPlace<T> {
    fn own_peers(self: Arc<Self>) -> Answer<JoinAsPeers> {
        Box::pin(async move {
            let place = self.place().await?;
            Ok(GroupCall::join_as_peers(&*self.transport, place).await?)
        })
    }

    fn stream_key(self: Arc<Self>, feed: RtmpFeed, key: Key) -> Answer<RtmpUrl> {
        Box::pin(async move {
            let place = self.place().await?;
            Ok(match key {
                Key::Current => GroupCall::rtmp_url(&*self.transport, place, feed).await?,
                Key::New => GroupCall::revoke_rtmp_key(&*self.transport, place, feed).await?,
            })
        })
    }
}

/// The word for the user itself.
pub(super) const ME: &str = "me";

/// The one that a word means of those as whom a user may take part: by its number, or by a name that is its alone.
pub(super) fn find(peers: &JoinAsPeers, user: UserId, word: &str) -> Result<InputPeer, AsideError> {
    if word == ME {
        return Ok(InputPeer::SelfUser);
    }
    let number = word.strip_prefix("channel:").unwrap_or(word);
    let is_numbered = |peer: Peer| number_of(peer).to_string() == number;
    let is_named = |peer: Peer| {
        let label = peers.labels.iter().find(|label| label.peer == peer);
        label.is_some_and(|label| is_called(label, word))
    };
    let all = || peers.peers.iter().copied();
    let numbered: Vec<_> = all().filter(|peer| is_numbered(*peer)).collect();
    let named = || all().filter(|peer| is_named(*peer)).collect();
    let meant: Vec<_> = match numbered.is_empty() {
        true => named(),
        false => numbered,
    };
    let unknown = || AsideError::NoSuchPeer(word.to_owned());
    match meant[..] {
        [Peer::User(own)] if own == user => Ok(InputPeer::SelfUser),
        [peer] => {
            let mut labels = Labels::new();
            labels.learn(&peers.labels);
            labels.input_peer(peer).ok_or_else(unknown)
        }
        [] => Err(unknown()),
        _ => Err(AsideError::Several(word.to_owned())),
    }
}

/// The number by which a peer is listed.
pub(super) fn number_of(peer: Peer) -> i64 {
    match peer {
        Peer::User(id) => id.value(),
        Peer::Chat(id) => id.value(),
        Peer::Channel(id) => id.value(),
    }
}

fn is_called(label: &PeerLabel, word: &str) -> bool {
    let name = label.name.trim().to_lowercase();
    let username = label.username.as_ref();
    let word = word.to_lowercase();
    name == word || username.is_some_and(|username| word == format!("@{}", username.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall::AccessHash;
    use confcall::api::ChannelId;

    const US: UserId = UserId::new(1);

    fn listed(channels: &[(i64, &str)]) -> JoinAsPeers {
        let label = |peer, name: &str| PeerLabel {
            peer,
            name: name.to_owned(),
            username: None,
            access_hash: Some(AccessHash::new(9)),
            photo: None,
        };
        let us = label(Peer::User(US), "Alice");
        let channels = channels.iter();
        let channels = channels.map(|(id, name)| label(Peer::Channel(ChannelId::new(*id)), name));
        let labels: Vec<_> = core::iter::once(us).chain(channels).collect();
        let peers = labels.iter().map(|label| label.peer).collect();
        JoinAsPeers { peers, labels }
    }

    #[test]
    fn one_of_those_who_are_listed_is_meant_by_its_number_or_by_its_name() {
        let peers = listed(&[(7, "Harbour News"), (8, "News"), (9, "7")]);
        let harbour = InputPeer::Channel {
            id: ChannelId::new(7),
            access_hash: AccessHash::new(9),
        };
        for word in ["7", "channel:7", "Harbour News", "harbour news"] {
            assert_eq!(find(&peers, US, word), Ok(harbour.clone()), "{word}");
        }
        for word in ["me", "Alice", "1"] {
            assert_eq!(find(&peers, US, word), Ok(InputPeer::SelfUser), "{word}");
        }
    }

    #[test]
    fn a_word_that_means_none_or_several_is_refused() {
        let peers = listed(&[(7, "News"), (8, "news")]);
        let refused = |word| find(&peers, US, word).unwrap_err();
        assert_eq!(refused("news"), AsideError::Several("news".to_owned()));
        assert_eq!(refused("9"), AsideError::NoSuchPeer("9".to_owned()));
    }
}
