use std::collections::BTreeSet;

use confcall_join::api::{
    AccessHash, GroupCallParticipant, Peer, PeerLabel, Response, Update, Updates,
};

use confcall_state::UserId;

use crate::people::People;
use crate::world::World;

/// The names of those whom answers and updates are about, as one user sees them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Introductions<'a> {
    pub(crate) people: &'a People,
    pub(crate) world: &'a World,
    pub(crate) viewer: UserId,
}

impl Introductions<'_> {
    /// A peer as the viewer sees it.
    pub(crate) fn label(&self, peer: Peer) -> PeerLabel {
        let known = self.world.peers.label(peer, self.viewer);
        known.unwrap_or_else(|| {
            let user = peer.user();
            let name = user.and_then(|user| self.people.name(user));
            let name = name.map(str::to_owned);
            PeerLabel {
                peer,
                name: name.unwrap_or_else(|| match user {
                    Some(user) => format!("User {user}"),
                    None => String::new(),
                }),
                username: self.world.peers.username(peer).map(str::to_owned),
                // The id again, since this server asks for no access hash of a user.
                access_hash: user.map(|user| AccessHash::new(user.value())),
                photo: None,
            }
        })
    }

    /// Those whom updates are about, each once.
    pub(crate) fn of_updates(&self, updates: &[Update]) -> Vec<PeerLabel> {
        self.labels(updates.iter().flat_map(subjects))
    }

    /// Puts the names of those whom an answer is about where the API has them.
    pub(crate) fn introduce(&self, response: &mut Response) {
        match response {
            Response::Updates(Updates(updates)) => {
                let labels = self.of_updates(updates);
                if !labels.is_empty() {
                    // Before the updates that they are about.
                    updates.insert(0, Update::Labels(labels));
                }
            }
            Response::GroupCall(info) => info.labels = self.labels(peers(&info.participants)),
            Response::Participants(page) => page.labels = self.labels(peers(&page.participants)),
            Response::FullChat(chat) => chat.labels = self.named(&chat.labels),
            Response::LiveStories(stories) => stories.labels = self.named(&stories.labels),
            Response::ResolvedPeer(resolved) => resolved.labels = self.labels([resolved.peer]),
            Response::JoinAsPeers(answer) => {
                answer.labels = self.labels(answer.peers.iter().copied());
            }
            _ => {}
        }
    }

    /// The names of peers that are named already.
    fn named(&self, labels: &[PeerLabel]) -> Vec<PeerLabel> {
        self.labels(labels.iter().map(|label| label.peer))
    }

    fn labels(&self, of: impl IntoIterator<Item = Peer>) -> Vec<PeerLabel> {
        let of: BTreeSet<_> = of.into_iter().collect();
        of.into_iter().map(|peer| self.label(peer)).collect()
    }
}

/// Those whom an update is about.
fn subjects(update: &Update) -> Vec<Peer> {
    match update {
        Update::Participants(change) => peers(&change.participants).collect(),
        Update::EncryptedMessage(message) => vec![message.from],
        Update::Message(message) => vec![message.from],
        Update::GroupCall { peer, .. } => peer.iter().copied().collect(),
        Update::Invitation(invitation) => vec![invitation.from.into(), invitation.to.into()],
        _ => Vec::new(),
    }
}

fn peers(participants: &[GroupCallParticipant]) -> impl Iterator<Item = Peer> {
    participants.iter().map(|participant| participant.peer)
}
