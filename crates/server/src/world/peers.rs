use std::collections::BTreeMap;

use confcall_join::api::{AccessHash, InputPeer, Peer, PeerLabel};
use confcall_state::UserId;

use super::chat::{Chat, Standing};
use super::circle::{Circle, Host};
use super::description::ChatKind;
use crate::names::AccessHashes;
use crate::refusal::Refusal;

/// The users, groups and channels of a world, as accounts name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peers {
    pub(crate) users: BTreeMap<UserId, Person>,
    pub(crate) chats: BTreeMap<Peer, Chat>,
    hashes: AccessHashes,
}

/// A user as far as the world knows more than its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) username: Option<String>,
    pub(crate) stars: i64,
}

impl Peers {
    pub(super) fn new(hashes: AccessHashes) -> Self {
        Self {
            users: BTreeMap::new(),
            chats: BTreeMap::new(),
            hashes,
        }
    }

    /// The name of a group or channel for a user; `None` for one that is not there.
    pub(crate) fn label(&self, peer: Peer, viewer: UserId) -> Option<PeerLabel> {
        let chat = self.chats.get(&peer)?;
        Some(PeerLabel {
            peer,
            name: chat.title.clone(),
            username: chat.username.clone(),
            access_hash: self.access_hash(peer, viewer),
            photo: None,
        })
    }

    /// The public name of a peer.
    pub(crate) fn username(&self, peer: Peer) -> Option<&str> {
        let name = match peer {
            Peer::User(user) => self.users.get(&user)?.username.as_ref(),
            Peer::Chat(_) | Peer::Channel(_) => self.chats.get(&peer)?.username.as_ref(),
        };
        name.map(String::as_str)
    }

    /// The peer that has a public name.
    pub(super) fn find(&self, username: &str) -> Option<Peer> {
        let is_it = |name: &Option<String>| {
            let name = name.as_ref();
            name.is_some_and(|name| name.eq_ignore_ascii_case(username))
        };
        let mut chats = self.chats.values();
        let mut users = self.users.iter();
        let chat = chats.find(|chat| is_it(&chat.username));
        let chat = chat.map(|chat| chat.peer);
        chat.or_else(|| {
            let user = users.find(|(_, user)| is_it(&user.username));
            user.map(|(user, _)| Peer::User(*user))
        })
    }

    /// Those as whom a user may join the calls of a chat: itself, its own channels, and the chat for some of its admins.
    pub(super) fn may_be(&self, user_id: UserId, chat: Peer) -> impl Iterator<Item = Peer> {
        let others = self.chats.values().filter(move |one| {
            let is_own = one.kind == ChatKind::Channel && one.owner == Some(user_id);
            is_own || one.peer == chat && one.may_be(user_id)
        });
        core::iter::once(Peer::User(user_id)).chain(others.map(|one| one.peer))
    }

    /// The peer that a user names to join as, if it may be that.
    pub(super) fn own_peer(
        &self,
        from: UserId,
        chat: Peer,
        named: &InputPeer,
    ) -> Result<Peer, Refusal> {
        let peer = self.named_peer(from, named)?;
        match self.may_be(from, chat).any(|own| own == peer) {
            true => Ok(peer),
            false => Err(Refusal::JoinAs(peer)),
        }
    }

    /// The peer that a user names, with the access hash that it has for it.
    pub(super) fn named_peer(&self, from: UserId, named: &InputPeer) -> Result<Peer, Refusal> {
        let peer = named.peer(from).ok_or(Refusal::UnknownPeer)?;
        match named {
            InputPeer::Channel { access_hash, .. }
                if self.access_hash(peer, from) != Some(*access_hash) =>
            {
                Err(Refusal::UnknownChannel)
            }
            _ => Ok(peer),
        }
    }

    /// The group or channel that a user names, and may know of.
    pub(super) fn named_chat(&self, from: UserId, named: &InputPeer) -> Result<Peer, Refusal> {
        let peer = self.named_peer(from, named)?;
        let chat = self.chats.get(&peer).ok_or(Refusal::UnknownPeer)?;
        match chat.standing(from) {
            Standing::Barred => Err(Refusal::PrivateChat),
            Standing::Guest | Standing::Member | Standing::Admin => Ok(peer),
        }
    }

    /// The access hash of a supergroup or channel for an account.
    pub(super) fn access_hash(&self, peer: Peer, viewer: UserId) -> Option<AccessHash> {
        let Peer::Channel(id) = peer else {
            return None;
        };
        Some(self.hashes.of(id.value(), viewer))
    }

    /// The people around a call.
    pub(super) fn circle(&self, host: Host) -> Circle<'_> {
        let chat = self.chats.get(&host.peer);
        Circle { host, chat }
    }
}
