//! A conference that is created without being joined.

use confcall_join::api::{CallRef, GroupCall, InviteLink, Response, Update};
use confcall_join::engine::EmptyCall;
use confcall_join::joining::Target;
use confcall_join::policy::{CallKind, ConferenceCreation};
use confcall_transport::Transport;
use thiserror::Error;

use crate::asking::{RequestError, ask};
use crate::conference::Conference;
use crate::options::Options;

/// A conference that was created, and that nobody is in yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Created {
    /// The call by its id.
    pub call: CallRef,
    /// The link of the call, if the server gave one.
    pub link: Option<InviteLink>,
}

/// A call was not created.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The request was not carried out; without an answer there may be a call, and a conference ends by itself if nobody joins it.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The server's answer shows no call of the kind.
    #[error("the answer of the server shows no call of this kind")]
    NoCall,
    /// There is no randomness for the number of the request.
    #[cfg(feature = "os-rng")]
    #[error(transparent)]
    NoRandomness(#[from] crate::error::NoRandomness),
}

impl Created {
    /// The call as one to be joined. Who comes first writes the first block: [`Created::prepare`] says so.
    pub fn target(&self) -> Target {
        Target::Call {
            id: self.call.id,
            access_hash: self.call.access_hash,
        }
    }

    /// Sets in options what joining this call takes.
    pub fn prepare(&self, options: &mut Options) {
        options.config.target = self.target();
        options.config.empty_call = EmptyCall::Start;
    }
}

impl Conference {
    /// Creates a conference without joining it, under a number of the caller's.
    ///
    /// The same number again is the same call, for some minutes.
    ///
    /// # Errors
    ///
    /// [`CreateError`]
    pub async fn create_as<T: Transport>(
        transport: &T,
        random_id: i32,
    ) -> Result<Created, CreateError> {
        let creation = ConferenceCreation {
            random_id,
            join: None,
        };
        let request = creation.into_request().into();
        read(ask(transport, CallKind::Conference, &request).await?)
    }
}

fn read(response: Response) -> Result<Created, CreateError> {
    let updates = response.into_updates().map_err(|_| CreateError::NoCall)?;
    let shown = updates.0.into_iter().find_map(|update| match update {
        Update::GroupCall {
            call: GroupCall::Active(call),
            ..
        } if call.conference => Some((call.named(), call.invite_link)),
        _ => None,
    });
    let (call, link) = shown.ok_or(CreateError::NoCall)?;
    Ok(Created { call, link })
}
