use serde::Serializer;

use super::{AccessHash, CallId, InputGroupCall};
use crate::shown::Form;

/// A group call that is known by its id, with the access hash that this account has for it.
///
/// A call that was joined is always known so, however it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallRef {
    /// The id of the call.
    pub id: CallId,
    /// The access hash for it.
    pub access_hash: AccessHash,
}

impl CallRef {
    /// The call of a reference that holds the id; `None` for one by slug or by invitation.
    pub fn of(call: &InputGroupCall) -> Option<Self> {
        match *call {
            InputGroupCall::Id { id, access_hash } => Some(Self { id, access_hash }),
            InputGroupCall::Slug(_) | InputGroupCall::InviteMessage(_) => None,
        }
    }
}

/// By its id; the access hash is for this account alone.
impl Form for CallRef {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.id.write(to)
    }
}

impl From<CallRef> for InputGroupCall {
    fn from(call: CallRef) -> Self {
        let CallRef { id, access_hash } = call;
        Self::Id { id, access_hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Slug;

    #[test]
    fn only_a_reference_by_id_names_a_known_call() {
        let call = CallRef {
            id: CallId::new(7),
            access_hash: AccessHash::new(-8),
        };
        assert_eq!(CallRef::of(&InputGroupCall::from(call)), Some(call));
        let slug = Slug::new("Wx5f-8PqKJk").unwrap();
        assert_eq!(CallRef::of(&InputGroupCall::Slug(slug)), None);
    }
}
