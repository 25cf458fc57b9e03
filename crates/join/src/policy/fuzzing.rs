//! The bodies of the fuzz targets for requests; each panics where a law of its reader does not hold.

use super::{CallKind, ClientRequest, check_bytes};
use crate::api::Request;

/// A request that is read is written as one that is read the same, and the policy says the same of both; as a client's own it
/// passes exactly if the policy of some kind of call says so.
pub fn request(data: &[u8]) {
    let passes = ClientRequest::new(data.to_vec()).is_ok();
    match Request::from_tl(data) {
        Ok(request) => {
            let written = request.to_tl();
            assert_eq!(Request::from_tl(&written).as_ref(), Ok(&request));
            let mut kinds = CallKind::ALL.into_iter();
            assert_eq!(passes, kinds.any(|kind| check_bytes(kind, data).is_ok()));
            for kind in CallKind::ALL {
                let verdict = check_bytes(kind, data);
                assert_eq!(check_bytes(kind, &written), verdict);
                assert!(verdict.is_err() || verdict == Ok(request.clone()));
            }
        }
        Err(error) => assert!(error.offset <= data.len(), "{error}"),
    }
}
