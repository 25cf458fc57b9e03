//! The bodies of the fuzz targets for links, payloads and answers; each panics where a law of its reader does not hold.

use serde_json::Value;

use super::{Answer, JoinAnswer, JoinPayload, Link, Target, Tip};
use crate::api::Updates;

/// A link has one canonical form, which is read as the same link.
pub fn link(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Ok(link) = Link::parse(text) {
        let again = Link::parse(&link.to_string());
        assert_eq!(again.as_ref(), Ok(&link));
        let _ = Target::from(link);
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

/// The server's answers to a join and to the question for the tip: the media's JSON, and whole updates as JSON.
///
/// The laws: what another writer makes of the JSON is read the same; what is taken has every part.
pub fn join_answer(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        connection(text);
    }
    let Ok(updates) = serde_json::from_slice::<Updates>(data) else {
        return;
    };
    if let Ok(answer) = JoinAnswer::read(updates.clone(), None) {
        assert!(!answer.blocks.blocks.is_empty());
        assert!(
            answer.blocks.first_offset().is_some() && answer.broadcasts.first_offset().is_some()
        );
        let _ = answer.participants().count();
        let own = Some(&answer.call);
        assert!(
            JoinAnswer::read(updates.clone(), own).is_ok(),
            "it is about its own call"
        );
        if let Ok(Some(tip)) = Tip::from_answer(updates, &answer.call) {
            assert_eq!(tip.chain.state().hash(), tip.block.hash());
        }
    }
}

fn connection(text: &str) {
    let Ok(answer) = Answer::from_json(text) else {
        return;
    };
    // Numbers that are no field of ours may be too large for another reader.
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        let written = value.to_string();
        assert_eq!(Answer::from_json(&written), Ok(answer));
    }
}
