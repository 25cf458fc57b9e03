//! A target that is no conference, as the header of a trace has it.

use serde::{Deserialize, Serialize};

use crate::api::redact;
use crate::api::traced;
use crate::api::{CallRef, InputPeer, StoryId};
use crate::joining::{CallPlace, GroupCallTarget, InviteHash, Username};

/// A call that is no conference.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct GroupForm {
    place: PlaceForm,
    /// The pseudonym of the invitation's hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invite_hash: Option<String>,
}

/// The place at which it is found; names are pseudonyms.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PlaceForm {
    Chat(#[serde(with = "traced::input_peer")] InputPeer),
    Name(String),
    Call(#[serde(with = "traced::call")] CallRef),
    Story {
        #[serde(with = "traced::input_peer")]
        peer: InputPeer,
        story: Option<StoryId>,
    },
    StoryOfName(String),
}

impl GroupForm {
    pub(super) fn of(target: &GroupCallTarget) -> Self {
        Self {
            place: match target.place() {
                CallPlace::Chat(peer) => PlaceForm::Chat(peer.clone()),
                CallPlace::Name(name) => PlaceForm::Name(redact::text(name.as_str())),
                CallPlace::Call(call) => PlaceForm::Call(*call),
                CallPlace::Story { peer, story } => PlaceForm::Story {
                    peer: peer.clone(),
                    story: *story,
                },
                CallPlace::StoryOfName(name) => PlaceForm::StoryOfName(redact::text(name.as_str())),
            },
            invite_hash: target.invite_hash().map(|hash| redact::text(hash.as_str())),
        }
    }

    pub(super) fn target(&self) -> Result<GroupCallTarget, String> {
        let place = match &self.place {
            PlaceForm::Chat(peer) => CallPlace::Chat(peer.clone()),
            PlaceForm::Name(name) => CallPlace::Name(Username::of_trace(name)),
            PlaceForm::Call(call) => CallPlace::Call(*call),
            PlaceForm::Story { peer, story } => CallPlace::Story {
                peer: peer.clone(),
                story: *story,
            },
            PlaceForm::StoryOfName(name) => CallPlace::StoryOfName(Username::of_trace(name)),
        };
        let hash = self.invite_hash.as_deref().map(InviteHash::new);
        let hash = hash.transpose().map_err(|error| error.to_string())?;
        Ok(GroupCallTarget::new(place).with_invite_hash(hash))
    }
}
