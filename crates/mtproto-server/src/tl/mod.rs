//! Answers and pushes as the bytes of layer 230 (`spec/protocol.md`, 11.1).
//!
//! ```text
//! Response ──▶ write_response ──▶ updates, Bool, Vector<int>, phone.groupCall or phone.groupParticipants
//! Update   ──▶ write_push     ──▶ updateShort, or updates where users are named
//! ```
//!
//! The server knows nothing of users but their ids, so every [`users`] entry is made up from one. It keeps no
//! state of messages either: `pts` and `seq` are zero, by which clients see that an update stands for itself.

mod call;
mod occasion;
mod participant;
mod update;
mod users;

use confcall_join::api::{GroupCallInfo, ParticipantsPage, Response, Update, Updates};
use grammers_tl_types::{Serializable as _, enums, types};

pub(crate) use occasion::Occasion;
pub(crate) use users::user;

use users::{of_participants, of_updates};

/// Writes the answer to a request; `None` for a type that this layer has no bytes for.
pub(crate) fn write_response(response: &Response, occasion: Occasion) -> Option<Vec<u8>> {
    Some(match response {
        Response::Updates(Updates(updates)) => all(updates, occasion).to_bytes(),
        Response::Bool(value) => value.to_bytes(),
        Response::Sources(sources) => participant::signed(sources).to_bytes(),
        Response::GroupCall(info) => group_call(info, occasion).to_bytes(),
        Response::Participants(page) => participants(page, occasion).to_bytes(),
        _ => return None,
    })
}

/// Writes what is pushed to a user as the API's `Updates`.
pub(crate) fn write_push(update: &Update, occasion: Occasion) -> Vec<u8> {
    let updates = core::slice::from_ref(update);
    match (
        update::write(update, occasion),
        of_updates(updates, occasion),
    ) {
        (Some(update), users) if users.is_empty() => {
            let date = occasion.date;
            enums::Updates::UpdateShort(types::UpdateShort { update, date })
        }
        _ => all(updates, occasion),
    }
    .to_bytes()
}

fn all(updates: &[Update], occasion: Occasion) -> enums::Updates {
    let written = updates
        .iter()
        .filter_map(|one| update::write(one, occasion));
    enums::Updates::Updates(types::Updates {
        updates: written.collect(),
        users: of_updates(updates, occasion),
        chats: Vec::new(),
        date: occasion.date,
        seq: 0,
    })
}

fn group_call(info: &GroupCallInfo, occasion: Occasion) -> enums::phone::GroupCall {
    enums::phone::GroupCall::Call(types::phone::GroupCall {
        call: call::write(&info.call),
        participants: participant::write_all(&info.participants),
        participants_next_offset: offset(info.next_offset.as_deref()),
        chats: Vec::new(),
        users: of_participants(&info.participants, occasion),
    })
}

fn participants(page: &ParticipantsPage, occasion: Occasion) -> enums::phone::GroupParticipants {
    enums::phone::GroupParticipants::Participants(types::phone::GroupParticipants {
        count: page.count,
        participants: participant::write_all(&page.participants),
        next_offset: offset(page.next_offset.as_deref()),
        chats: Vec::new(),
        users: of_participants(&page.participants, occasion),
        version: page.version,
    })
}

/// An empty offset says that no page follows.
fn offset(next: Option<&str>) -> String {
    next.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;
