//! A conference that is created without being joined.

use core::time::Duration;

use confcall_join::api::{CallRef, GroupCall, InviteLink, Response, RpcError, Update};
use confcall_join::engine::EmptyCall;
use confcall_join::joining::Target;
use confcall_join::policy::{CallKind, CheckedRequest, ConferenceCreation, PolicyViolation};
use confcall_transport::{CallError, Transport};
use thiserror::Error;
use tokio::time::timeout;

use crate::conference::Conference;
use crate::options::Options;

/// The number of times that a creation without an answer is sent: it has one number, so that there is one call.
const TRIES: u32 = 3;
/// The time for each answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A conference that was created, and that nobody is in yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Created {
    /// The call by its id.
    pub call: CallRef,
    /// The link of the call, if the server gave one.
    pub link: Option<InviteLink>,
}

/// A conference was not created.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The server refused.
    #[error("the server refused: {0}")]
    Refused(RpcError),
    /// There was no answer; the call may have been created, and ends by itself if nobody joins it.
    #[error("the server did not answer")]
    Unanswered,
    /// The server's answer shows no conference.
    #[error("the answer of the server shows no conference")]
    NoCall,
    /// The clock of the device is ahead of the server's.
    #[error("the clock of this device is {} s ahead of the server's", by.as_secs())]
    ClockAhead {
        /// By how much.
        by: Duration,
    },
    /// The request was not sent: it breaks the policy.
    #[error("the request was not sent: {0}")]
    Policy(#[from] PolicyViolation),
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
        let request = CheckedRequest::new(CallKind::Conference, &request)?;
        for _ in 0..TRIES {
            match timeout(PATIENCE, transport.call(request.clone())).await {
                Ok(Ok(response)) => return read(response),
                Ok(Err(CallError::Rpc(error))) => return Err(CreateError::Refused(error)),
                Ok(Err(CallError::ClockAhead { by })) => {
                    return Err(CreateError::ClockAhead { by });
                }
                // It is for the account's own data centre.
                Ok(Err(CallError::Lost { .. } | CallError::OtherDataCentre { .. })) | Err(_) => {}
            }
        }
        Err(CreateError::Unanswered)
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
