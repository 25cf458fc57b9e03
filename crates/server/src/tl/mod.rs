//! Answers and pushes as the bytes of layer 230 (`spec/protocol.md`, 11.1), or of the [`Layer`] that a client speaks.
//!
//! ```text
//! Response ──▶ write_response ──▶ updates, Bool, Vector<int>, phone.groupCall, messages.chatFull, upload.file, ...
//! Updates  ──▶ write_push     ──▶ updateShort, or updates where users are named
//! ```
//!
//! The names of users stand in the labels of an answer or among the updates. The server keeps no state of messages: `pts`
//! and `seq` are zero, by which clients see that an update stands for itself.

mod app_config;
mod call;
mod chats;
mod groups;
mod layer;
mod occasion;
mod participant;
mod people;
mod stream;
mod update;
mod users;

use confcall_join::api::{
    GroupCallInfo, Method, ParticipantsPage, Response, RpcError, Update, Updates,
};
use grammers_tl_types::{Serializable as _, enums, types};

pub use layer::Layer;
pub use occasion::Occasion;
pub use people::{write_user, write_users};

use people::{First, People};

/// Writes the answer to a request of this method.
///
/// # Errors
///
/// [`RpcError`] of the class 500 for a type that this layer has no bytes for; the server gives none such.
pub fn write_response(
    method: Method,
    response: &Response,
    occasion: Occasion,
) -> Result<Vec<u8>, RpcError> {
    Ok(match response {
        Response::Updates(Updates(updates)) => all(updates, occasion),
        Response::Bool(value) => value.to_bytes(),
        Response::Sources(sources) => participant::signed(sources).to_bytes(),
        Response::GroupCall(info) => group_call(info, occasion),
        Response::Participants(page) => participants(page, occasion),
        Response::AppConfig(config) => app_config::write(*config).to_bytes(),
        Response::ResolvedPeer(found) => chats::resolved(found, occasion),
        Response::FullChat(chat) => chats::full(chat, occasion),
        // The two requests for stories have answers of two types.
        Response::LiveStories(live) => match method {
            Method::GetPeerStories => chats::stories_of_peer(live, occasion),
            _ => chats::stories(live, occasion),
        },
        Response::JoinAsPeers(peers) => chats::join_as(peers, occasion),
        Response::InviteLink(link) => call::invite(link).to_bytes(),
        Response::StreamChannels(channels) => stream::channels(channels).to_bytes(),
        Response::RtmpUrl(address) => stream::rtmp_url(address).to_bytes(),
        Response::FilePart(part) => stream::part(part).to_bytes(),
        _ => return Err(RpcError::new(500, "ANSWER_NOT_WRITABLE")),
    })
}

/// Writes what is pushed to a user at once as the API's `Updates`.
pub fn write_push(updates: &Updates, occasion: Occasion) -> Vec<u8> {
    let Updates(updates) = updates;
    let single = match &updates[..] {
        [update] => update::write(update, occasion),
        _ => None,
    };
    match single {
        Some(update) => {
            let date = occasion.date;
            enums::Updates::UpdateShort(types::UpdateShort { update, date }).to_bytes()
        }
        None => all(updates, occasion),
    }
}

fn all(updates: &[Update], occasion: Occasion) -> Vec<u8> {
    let written = updates
        .iter()
        .filter_map(|one| update::write(one, occasion));
    let answer = enums::Updates::Updates(types::Updates {
        updates: written.collect(),
        users: Vec::new(),
        chats: Vec::new(),
        date: occasion.date,
        seq: 0,
    });
    let people = People::of_updates(updates, occasion.viewer);
    // Behind them stand the date and the number.
    people.write_into(&answer, First::Users, 8, occasion.layer)
}

fn group_call(info: &GroupCallInfo, occasion: Occasion) -> Vec<u8> {
    let answer = enums::phone::GroupCall::Call(types::phone::GroupCall {
        call: call::write(&info.call),
        participants: participant::write_all(&info.participants),
        participants_next_offset: offset(info.next_offset.as_deref()),
        chats: Vec::new(),
        users: Vec::new(),
    });
    let people = People::of(&info.labels, occasion.viewer);
    people.write_into(&answer, First::Chats, 0, occasion.layer)
}

fn participants(page: &ParticipantsPage, occasion: Occasion) -> Vec<u8> {
    let answer = enums::phone::GroupParticipants::Participants(types::phone::GroupParticipants {
        count: page.count,
        participants: participant::write_all(&page.participants),
        next_offset: offset(page.next_offset.as_deref()),
        chats: Vec::new(),
        users: Vec::new(),
        version: page.version,
    });
    let people = People::of(&page.labels, occasion.viewer);
    // Behind them stands the version.
    people.write_into(&answer, First::Chats, 4, occasion.layer)
}

/// An empty offset says that no page follows.
fn offset(next: Option<&str>) -> String {
    next.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod chat_round_trip;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;
