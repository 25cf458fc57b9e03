use crate::api::Request;
use crate::link::Link;
use crate::message::GroupMessage;
use crate::payload::JoinPayload;
use crate::policy::{self, CallKind};
use crate::target::Target;

/// A message that is read is written as one that is read the same.
pub fn message_json(data: &[u8]) {
    if let Ok(message) = GroupMessage::from_json(data) {
        let written = message.to_json();
        let again = GroupMessage::from_json(written.as_bytes());
        assert_eq!(again.as_ref(), Ok(&message));
        assert_eq!(again.map(|again| again.to_json()), Ok(written));
        let _ = message.reaction();
    }
}

/// A link has one canonical form, which is read as the same link.
pub fn link(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Ok(link) = Link::parse(text) {
        let again = Link::parse(&link.to_string());
        assert_eq!(again.as_ref(), Ok(&link));
        let _ = Target::try_from(link);
    }
}

/// A payload that is read is written as one that is read the same.
pub fn payload(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Ok(payload) = JoinPayload::from_json(text) {
        let written = payload.to_json();
        let again = JoinPayload::from_json(&written);
        assert_eq!(again.as_ref(), Ok(&payload));
        assert_eq!(again.map(|again| again.to_json()), Ok(written));
    }
}

/// A request that is read is written as one that is read the same, and the policy says the same of both.
pub fn request(data: &[u8]) {
    match Request::from_tl(data) {
        Ok(request) => {
            let written = request.to_tl();
            assert_eq!(Request::from_tl(&written).as_ref(), Ok(&request));
            for kind in CallKind::ALL {
                let verdict = policy::check_bytes(kind, data);
                assert_eq!(policy::check_bytes(kind, &written), verdict);
                assert!(verdict.is_err() || verdict == Ok(request.clone()));
            }
        }
        Err(error) => assert!(error.offset <= data.len(), "{error}"),
    }
}
