use super::{CallKind, PolicyViolation, check_bytes};
use crate::api::{Method, Request};

/// A request that keeps to the policy of its kind of call, with its bytes.
///
/// Adapters send nothing else, so that no request leaves unchecked, whichever adapter carries it. What was checked are the
/// bytes themselves: [`CheckedRequest::request`] is read from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedRequest {
    request: Request,
    bytes: Vec<u8>,
    data_centre: Option<i32>,
}

impl CheckedRequest {
    /// Checks a request about a call of this kind.
    ///
    /// # Errors
    ///
    /// Those of [`check_bytes`]
    pub fn new(kind: CallKind, request: &Request) -> Result<Self, PolicyViolation> {
        let bytes = request.to_tl();
        let request = check_bytes(kind, &bytes)?;
        Ok(Self {
            request,
            bytes,
            data_centre: None,
        })
    }

    /// The same request, to be sent to another data centre than that of the account; to that one without a number.
    pub fn to_data_centre(self, data_centre: Option<i32>) -> Self {
        Self {
            data_centre,
            ..self
        }
    }

    /// The data centre to send it to, if it is not that of the account.
    ///
    /// An adapter that cannot reach another one refuses the request, and sends it to no other.
    pub fn data_centre(&self) -> Option<i32> {
        self.data_centre
    }

    /// The method that is called.
    pub fn method(&self) -> Method {
        self.request.method()
    }

    /// The request, for adapters whose network has types of its own.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The bytes to send: one serialised method of the API, without `invokeWithLayer`.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes to send, as [`CheckedRequest::bytes`].
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
