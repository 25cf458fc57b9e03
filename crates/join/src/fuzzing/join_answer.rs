use serde_json::Value;

use crate::answer::Answer;
use crate::api::Updates;
use crate::joined::{JoinAnswer, Tip};

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
