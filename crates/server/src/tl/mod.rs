//! Answers and pushes as the bytes of layer 230 (`spec/protocol.md`, 11.1), or of the [`Layer`] that a client speaks.
//!
//! ```text
//! bytes    ──▶ read_request   ──▶ Request
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
mod request;
mod stream;
mod update;
mod users;

use confcall_join::api::{
    GroupCallInfo, Method, ParticipantsPage, Response, RpcError, Update, Updates,
};
use grammers_tl_types::{Identifiable as _, Serializable as _, types};

pub use layer::Layer;
pub use occasion::Occasion;
pub use people::{write_user, write_users};
pub use request::read_request;

use people::{People, write_head};

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
            let mut bytes = types::UpdateShort::CONSTRUCTOR_ID.to_bytes();
            bytes.extend(update);
            occasion.date.serialize(&mut bytes);
            bytes
        }
        None => all(updates, occasion),
    }
}

// What can hold a type that differs between the layers is written by hand, in the order of the API.

fn all(updates: &[Update], occasion: Occasion) -> Vec<u8> {
    let written = updates
        .iter()
        .filter_map(|one| update::write(one, occasion));
    let written: Vec<_> = written.collect();
    let mut bytes = types::Updates::CONSTRUCTOR_ID.to_bytes();
    write_head(written.len(), &mut bytes);
    written.into_iter().for_each(|update| bytes.extend(update));
    let people = People::of_updates(updates, occasion.viewer);
    people.write_users(occasion.layer, &mut bytes);
    people.write_chats(occasion.layer, &mut bytes);
    let seq = 0_i32;
    occasion.date.serialize(&mut bytes);
    seq.serialize(&mut bytes);
    bytes
}

fn group_call(info: &GroupCallInfo, occasion: Occasion) -> Vec<u8> {
    let layer = occasion.layer;
    let mut bytes = types::phone::GroupCall::CONSTRUCTOR_ID.to_bytes();
    call::write(&info.call, layer, &mut bytes);
    participant::write_all(&info.participants, layer, &mut bytes);
    offset(info.next_offset.as_deref()).serialize(&mut bytes);
    People::of(&info.labels, occasion.viewer).write(layer, &mut bytes);
    bytes
}

fn participants(page: &ParticipantsPage, occasion: Occasion) -> Vec<u8> {
    let layer = occasion.layer;
    let mut bytes = types::phone::GroupParticipants::CONSTRUCTOR_ID.to_bytes();
    page.count.serialize(&mut bytes);
    participant::write_all(&page.participants, layer, &mut bytes);
    offset(page.next_offset.as_deref()).serialize(&mut bytes);
    People::of(&page.labels, occasion.viewer).write(layer, &mut bytes);
    page.version.serialize(&mut bytes);
    bytes
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
mod schema;
#[cfg(test)]
mod tests;
