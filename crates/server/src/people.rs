use std::collections::{BTreeMap, BTreeSet};

use confcall_join::api::{
    AccessHash, GroupCallParticipant, Peer, PeerLabel, Response, Update, Updates,
};
use confcall_state::UserId;

/// The names of users.
///
/// Users need not be known: one who was never given a name has one by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct People(BTreeMap<UserId, String>);

impl People {
    /// Users with the names that they were given.
    pub(crate) fn new(named: impl IntoIterator<Item = (UserId, String)>) -> Self {
        Self(named.into_iter().collect())
    }

    /// The users who were given names.
    pub(crate) fn named(&self) -> impl ExactSizeIterator<Item = (UserId, &str)> {
        self.0.iter().map(|(user_id, name)| (*user_id, &**name))
    }

    pub(crate) fn set_name(&mut self, user_id: UserId, name: String) {
        self.0.insert(user_id, name);
    }

    /// A user as the others see it.
    pub(crate) fn label(&self, user_id: UserId) -> PeerLabel {
        let name = self.0.get(&user_id).cloned();
        PeerLabel {
            peer: Peer::User(user_id),
            name: name.unwrap_or_else(|| format!("User {user_id}")),
            username: None,
            // The id again, since this server asks for no access hash of a user.
            access_hash: Some(AccessHash::new(user_id.value())),
            photo: None,
        }
    }

    /// The users whom updates are about, each once.
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
            Response::GroupCall(info) => {
                info.labels = self.labels(users(&info.participants));
            }
            Response::Participants(page) => {
                page.labels = self.labels(users(&page.participants));
            }
            _ => {}
        }
    }

    fn labels(&self, of: impl IntoIterator<Item = UserId>) -> Vec<PeerLabel> {
        let of: BTreeSet<_> = of.into_iter().collect();
        of.into_iter().map(|user_id| self.label(user_id)).collect()
    }
}

/// The users whom an update is about.
fn subjects(update: &Update) -> Vec<UserId> {
    match update {
        Update::Participants(change) => users(&change.participants).collect(),
        Update::EncryptedMessage(message) => message.from.user().into_iter().collect(),
        Update::Invitation(invitation) => vec![invitation.from, invitation.to],
        _ => Vec::new(),
    }
}

fn users(participants: &[GroupCallParticipant]) -> impl Iterator<Item = UserId> {
    let participants = participants.iter();
    participants.filter_map(GroupCallParticipant::user_id)
}
