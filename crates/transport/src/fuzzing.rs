//! The body of the fuzz target for answers of the server.

use confcall_join::api::{Method, ResponseKind, Update, Updates};
use confcall_join::joining::JoinAnswer;
use confcall_state::UserId;

use crate::tl::read_response;

/// An answer to a request of any method.
///
/// The laws: it has the type that the method has; the first item of a subchain has a place that is not negative; what
/// is no answer to a join is refused as one.
pub fn tl_answer(data: &[u8]) {
    for method in Method::ALL {
        let Ok(response) = read_response(*method, data, UserId::new(1)) else {
            continue;
        };
        let kind = response.kind();
        match response.into_updates() {
            Ok(updates) => check_updates(updates),
            Err(_) => assert_ne!(kind, ResponseKind::Updates),
        }
    }
}

fn check_updates(updates: Updates) {
    let items = updates.0.iter().filter_map(|update| match update {
        Update::ChainBlocks(items) => Some(items),
        _ => None,
    });
    let mut first = items.filter_map(|items| Some((items.first_offset()?, items.next_offset)));
    assert!(first.all(|(first, next)| (0..=next).contains(&first)));
    if let Ok(answer) = JoinAnswer::read(updates, None) {
        assert!(!answer.blocks.blocks.is_empty());
    }
}
