//! Requests to a data centre that is not the account's home, such as the one that has the parts of a stream.

use grammers_mtsender::{InvocationError, SenderPoolFatHandle};
use grammers_tl_types::{Serializable as _, enums, functions};

use crate::adapter::CallError;
use crate::tl::read_whole;

/// The code of refusals that are about the account: the data centre does not know it.
const UNAUTHORIZED: i32 = 401;

/// Sends a request to the data centre `data_centre`, which gets to know the account by its home if it does not yet.
///
/// What it refuses about the account says nothing of the account's own session, so that it is no refusal here.
pub(super) async fn send(
    pool: &SenderPoolFatHandle,
    home: i32,
    data_centre: i32,
    request: Vec<u8>,
) -> Result<Vec<u8>, CallError> {
    let known = pool.session.dc_option(data_centre);
    if known.map_err(InvocationError::Session)?.is_none() {
        return Err(CallError::OtherDataCentre { data_centre });
    }
    match attempt(pool, data_centre, request.clone()).await {
        Err(CallError::OtherDataCentre { .. }) => {}
        answer => return answer,
    }
    introduce(pool, home, data_centre).await?;
    attempt(pool, data_centre, request).await
}

/// Has the home data centre vouch for the account.
async fn introduce(
    pool: &SenderPoolFatHandle,
    home: i32,
    data_centre: i32,
) -> Result<(), CallError> {
    let export = functions::auth::ExportAuthorization { dc_id: data_centre };
    let answer = pool.raw_invoke_in_dc(home, export.to_bytes()).await?;
    let exported = read_whole(&answer).map_err(|fault| CallError::Lost {
        reason: format!("the answer cannot be read: {fault}"),
    })?;
    let enums::auth::ExportedAuthorization::Authorization(exported) = exported;
    let import = functions::auth::ImportAuthorization {
        id: exported.id,
        bytes: exported.bytes,
    };
    match attempt(pool, data_centre, import.to_bytes()).await {
        // Whatever it has against this account, it is not for the one who sent the request to wait out.
        Err(CallError::Rpc(error)) => {
            tracing::debug!(data_centre, %error, "another data centre does not take the account");
            Err(CallError::OtherDataCentre { data_centre })
        }
        answer => answer.map(|_| ()),
    }
}

async fn attempt(
    pool: &SenderPoolFatHandle,
    data_centre: i32,
    request: Vec<u8>,
) -> Result<Vec<u8>, CallError> {
    let answer = pool.raw_invoke_in_dc(data_centre, request).await;
    answer.map_err(|error| match error.into() {
        CallError::Rpc(error) if error.code == UNAUTHORIZED => {
            CallError::OtherDataCentre { data_centre }
        }
        error => error,
    })
}
