//! What stands in a trace for what must not: the same for the same, so that a trace can still be followed.
//!
//! Veiling what is veiled already changes nothing. So the outputs of a replayed engine, which was told only what is
//! veiled, are written like those of the engine that was recorded.

use super::mask::mask;
use crate::api::{AccessHash, DataJson, InputGroupCall, InputPeer, InputUser, Request, Slug};
use crate::joining::Link;

/// How veiled slugs and links start.
const VEIL: &str = "trace-";
/// The upper half of a veiled access hash.
const VEILED: u32 = 0x7472_6163;

/// A number of 64 bits for a text or number, which does not lead back to it.
fn pseudonym(bytes: &[u8]) -> [u8; 8] {
    let mut pseudonym = [0; 8];
    let mut hasher = blake3::Hasher::new_derive_key("confcall 2025 trace pseudonym");
    hasher.update(bytes);
    hasher.finalize_xof().fill(&mut pseudonym);
    pseudonym
}

fn veiled_text(text: &str) -> String {
    match text.strip_prefix(VEIL) {
        Some(rest) if rest.len() == 16 => text.to_owned(),
        _ => format!("{VEIL}{}", hex::encode(pseudonym(text.as_bytes()))),
    }
}

/// The slug of a link is all that it takes to join.
pub(crate) fn slug(slug: &Slug) -> Slug {
    // What `veiled_text` gives has letters, digits and dashes only.
    Slug::new(&veiled_text(slug.as_str())).unwrap_or_else(|_| slug.clone())
}

/// A link by the pseudonym of its slug; any other text by its own.
pub(crate) fn link(text: &str) -> String {
    match Link::parse(text) {
        Ok(link @ Link::Conference(_)) if link.to_string() != text => veiled_text(text),
        Ok(Link::Conference(found)) => Link::Conference(slug(&found)).to_string(),
        _ => veiled_text(text),
    }
}

/// An access hash is of use to its account only, and nobody else's business.
pub(crate) fn access_hash(hash: AccessHash) -> AccessHash {
    let number = hash.value().cast_unsigned();
    if number >> 32 == u64::from(VEILED) {
        return hash;
    }
    let pseudonym = u64::from_be_bytes(pseudonym(&number.to_be_bytes()));
    let number = u64::from(VEILED) << 32 | pseudonym >> 32;
    AccessHash::new(number.cast_signed())
}

/// How to connect, without the credentials.
pub(crate) fn params(params: &DataJson) -> DataJson {
    DataJson::new(mask(params.as_str()))
}

fn call(call: &mut InputGroupCall) {
    match call {
        InputGroupCall::Id {
            access_hash: hash, ..
        } => *hash = access_hash(*hash),
        InputGroupCall::Slug(found) => *found = slug(found),
        InputGroupCall::InviteMessage(_) => {}
    }
}

fn peer(peer: &mut InputPeer) {
    match peer {
        InputPeer::User {
            access_hash: hash, ..
        }
        | InputPeer::Channel {
            access_hash: hash, ..
        } => {
            *hash = access_hash(*hash);
        }
        InputPeer::UserFromMessage { chat, .. } | InputPeer::ChannelFromMessage { chat, .. } => {
            self::peer(chat);
        }
        InputPeer::SelfUser | InputPeer::Empty | InputPeer::Chat(_) => {}
    }
}

/// A request as it would be sent if all that is secret in it were its pseudonym.
pub(crate) fn request(request: &Request) -> Request {
    let mut veiled = request.clone();
    match &mut veiled {
        Request::Create(creation) => {
            creation.params = creation.params.as_ref().map(params);
        }
        Request::Join(join) => {
            call(&mut join.call);
            peer(&mut join.join_as);
            join.invite_hash = join.invite_hash.as_deref().map(veiled_text);
            join.params = params(&join.params);
        }
        Request::Invite(invite) => {
            call(&mut invite.call);
            if let InputUser::User {
                access_hash: hash, ..
            } = &mut invite.user
            {
                *hash = access_hash(*hash);
            }
        }
        Request::Participants(asked) => {
            call(&mut asked.call);
            asked.ids.iter_mut().for_each(peer);
        }
        Request::ChainBlocks(request) => call(&mut request.call),
        Request::Broadcast(request) => call(&mut request.call),
        Request::Remove(request) => call(&mut request.call),
        Request::Message(request) => call(&mut request.call),
        Request::GroupCall(request) => call(&mut request.call),
        Request::Check(request) => call(&mut request.call),
        Request::Leave(request) => call(&mut request.call),
        Request::Discard(request) => call(&mut request.call),
        Request::Settings(request) => call(&mut request.call),
        Request::DeclineInvite(_) => {}
    }
    veiled
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_link_is_veiled_by_its_slug() {
        let found = Slug::new("Wx5f-8PqKJk").unwrap();
        let veiled = slug(&found);
        assert_ne!(veiled, found);
        assert_eq!(
            link("https://t.me/call/Wx5f-8PqKJk"),
            format!("https://t.me/call/{veiled}")
        );
        // Two texts stay two texts.
        assert_ne!(
            link("t.me/call/Wx5f-8PqKJk"),
            link("https://t.me/call/Wx5f-8PqKJk")
        );
    }

    proptest! {
        #[test]
        fn veiling_twice_is_veiling_once(number: i64, text: String) {
            let hash = access_hash(AccessHash::new(number));
            prop_assert_eq!(access_hash(hash), hash);
            let veiled = link(&text);
            prop_assert_eq!(link(&veiled), veiled);
        }
    }
}
