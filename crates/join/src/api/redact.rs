//! Pseudonyms for traces, in the place of credentials: the same for the same, so that a trace can still be followed.
//!
//! To redact what is redacted already changes nothing. So the outputs of a replayed engine, which was handed only what is
//! redacted, are written like those of the engine that was recorded.

use serde_json::Value;

use super::{AccessHash, DataJson, InputPeer, Slug};
use crate::joining::Link;
use crate::limits;

/// The start of redacted slugs and links.
const PREFIX: &str = "trace-";
/// The number of hexadecimal digits behind it.
const DIGITS: usize = 16;
/// The upper half of a redacted access hash, `trac`.
const MARK: u32 = 0x7472_6163;
/// The names of fields whose texts are secret.
const CREDENTIALS: [&str; 2] = ["ufrag", "pwd"];

/// A number of 64 bits for a text or number, which does not lead back to it.
fn pseudonym(bytes: &[u8]) -> [u8; 8] {
    let mut pseudonym = [0; 8];
    // Slugs are short, but who has the link of a call need not guess; the purpose keeps other uses of BLAKE3 apart.
    let mut hasher = blake3::Hasher::new_derive_key("confcall 2025 trace pseudonym");
    hasher.update(bytes);
    hasher.finalize_xof().fill(&mut pseudonym);
    pseudonym
}

/// The length of the pseudonym of a short text.
pub(super) const SHORTEST: usize = PREFIX.len() + DIGITS;

/// The pseudonym of a text that is all secret, as long as the text, but not shorter than [`SHORTEST`]: what takes up room
/// takes it up in a replay, too.
pub(crate) fn text(text: &str) -> String {
    if is_pseudonym(text) {
        return text.to_owned();
    }
    let rest = text.len().saturating_sub(SHORTEST);
    format!("{}{}", short(text), "x".repeat(rest))
}

/// A pseudonym of [`SHORTEST`] characters.
fn short(text: &str) -> String {
    format!("{PREFIX}{}", hex::encode(pseudonym(text.as_bytes())))
}

fn is_pseudonym(text: &str) -> bool {
    let rest = text.strip_prefix(PREFIX);
    let parts = rest.and_then(|rest| rest.split_at_checked(DIGITS));
    parts.is_some_and(|(digits, rest)| {
        let is_digit = |letter: u8| matches!(letter, b'0'..=b'9' | b'a'..=b'f');
        digits.bytes().all(is_digit) && rest.bytes().all(|letter| letter == b'x')
    })
}

/// The pseudonym of a slug, which is all that it takes to join.
pub(crate) fn slug(slug: &Slug) -> Slug {
    // A pseudonym has letters, digits and dashes only.
    Slug::new(&text(slug.as_str())).unwrap_or_else(|_| slug.clone())
}

/// A link to a conference by the pseudonym of its slug; any other text by its own.
///
/// One in another form than the usual has a parameter more, so that two texts stay two.
pub(crate) fn link(link: &str) -> String {
    let Ok(Link::Conference(found)) = Link::parse(link) else {
        return text(link);
    };
    let redacted = Link::Conference(slug(&found)).to_string();
    let rest = link.strip_prefix(&Link::Conference(found).to_string());
    let parameter = rest.and_then(|rest| rest.strip_prefix('?'));
    match (rest, parameter) {
        (Some(""), _) => redacted,
        (_, Some(parameter)) if is_pseudonym(parameter) => format!("{redacted}?{parameter}"),
        _ => format!("{redacted}?{}", short(link)),
    }
}

/// A peer as a request names it, by the pseudonyms of its access hashes.
pub(crate) fn peer(peer: &InputPeer) -> InputPeer {
    let mut redacted = peer.clone();
    match &mut redacted {
        InputPeer::User {
            access_hash: hash, ..
        }
        | InputPeer::Channel {
            access_hash: hash, ..
        } => *hash = access_hash(*hash),
        InputPeer::UserFromMessage { chat, .. } | InputPeer::ChannelFromMessage { chat, .. } => {
            **chat = self::peer(chat);
        }
        InputPeer::SelfUser | InputPeer::Empty | InputPeer::Chat(_) => {}
    }
    redacted
}

/// The pseudonym of an access hash, which is of use to its account only.
pub(crate) fn access_hash(hash: AccessHash) -> AccessHash {
    let number = hash.value().cast_unsigned();
    // Redacted already. One real hash in 2^32 is taken for that, and shown.
    if number >> 32 == u64::from(MARK) {
        return hash;
    }
    let pseudonym = u64::from_be_bytes(pseudonym(&number.to_be_bytes()));
    let number = u64::from(MARK) << 32 | pseudonym >> 32;
    AccessHash::new(number.cast_signed())
}

/// Parameters of a connection with as many `x` in the place of the ICE credentials.
///
/// A reader comes to the same result as with the original. So a text that is not read, because it is no JSON or too long,
/// becomes one of its length that is not read either.
pub(crate) fn params(params: &DataJson) -> DataJson {
    let text = params.as_str();
    let value = Some(text).filter(|text| text.len() <= limits::ANSWER_BYTES);
    match value.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        Some(mut value) => {
            redact(&mut value, false);
            DataJson::new(value.to_string())
        }
        None => DataJson::new("x".repeat(text.len())),
    }
}

/// Replaces the letters of every text that stands under the name of a credential.
fn redact(value: &mut Value, is_secret: bool) {
    match value {
        // A character that no credentials have stays, so that what was wrong is still wrong.
        Value::String(text) if is_secret => {
            let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
            *text = text.replace(is_letter, "x");
        }
        Value::Array(elements) => elements.iter_mut().for_each(|one| redact(one, is_secret)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, field)| {
            redact(field, is_secret || CREDENTIALS.contains(&name.as_str()));
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::label;
    use proptest::prelude::*;

    #[test]
    fn a_link_is_redacted_by_its_slug() {
        let found = Slug::new("Wx5f-8PqKJk").unwrap();
        let redacted = slug(&found);
        assert_ne!(redacted, found);
        assert_eq!(
            link("https://t.me/call/Wx5f-8PqKJk"),
            format!("https://t.me/call/{redacted}")
        );
        // Two texts stay two texts.
        assert_ne!(
            link("t.me/call/Wx5f-8PqKJk"),
            link("https://t.me/call/Wx5f-8PqKJk")
        );
    }

    fn redacted(json: &str) -> String {
        params(&DataJson::new(json)).as_str().to_owned()
    }

    #[test]
    fn credentials_are_redacted_and_nothing_else_changes() {
        let json = r#"{"a":"pwd","b":"pwd","pwd":"Ab+/9 é","x":[{"p\u0077d":["secret"],"ufrag":"q\u0041"}]}"#;
        let expected =
            r#"{"a":"pwd","b":"pwd","pwd":"xxxxx é","x":[{"pwd":["xxxxxx"],"ufrag":"xx"}]}"#;
        assert_eq!(redacted(json), expected);
    }

    #[test]
    fn what_is_not_read_shows_its_length_alone() {
        let long = format!("\"{}\"", "a".repeat(limits::ANSWER_BYTES));
        for text in [r#"{"pwd":"secret""#, "secret", "", &long] {
            let redacted = redacted(text);
            assert_eq!(redacted, "x".repeat(text.len()));
            assert!(serde_json::from_str::<Value>(&redacted).is_err());
        }
    }

    #[test]
    fn a_pseudonym_takes_the_room_that_its_text_takes() {
        for length in [0, 3, SHORTEST, SHORTEST + 1, limits::LABEL_BYTES] {
            let text = "n".repeat(length);
            let redacted = super::text(&text);
            assert_ne!(redacted, text);
            assert_eq!(label::weight(&redacted), label::weight(&text));
            assert_eq!(super::text(&redacted), redacted);
        }
    }

    #[test]
    fn a_name_that_begins_as_a_pseudonym_does_is_replaced() {
        let name = "trace-Jane Q. Doe 1234";
        assert!(!super::text(name).contains("Jane"));
    }

    #[test]
    fn a_link_in_any_form_leads_a_replay_to_a_conference_too_and_not_to_ours() {
        for text in [
            "https://t.me/call/Wx5f-8PqKJk",
            "http://t.me/call/Wx5f-8PqKJk?a=b",
            "telegram.me/call/Wx5f-8PqKJk",
            "tg://call?slug=Wx5f-8PqKJk",
        ] {
            let redacted = link(text);
            assert!(!redacted.contains("Wx5f"), "{redacted}");
            let own = Link::Conference(slug(&Slug::new("Wx5f-8PqKJk").unwrap()));
            assert_eq!(Link::parse(&redacted).unwrap(), own);
        }
    }

    proptest! {
        #[test]
        fn redacting_twice_is_redacting_once(
            number: i64,
            text: String,
            json in r#"[{}:,"a-cpwdu\\0-9 \]\[]{0,60}|\{"pwd":"[ -~é]{0,9}"\}"#,
        ) {
            let once = redacted(&json);
            prop_assert_eq!(redacted(&once), once);
            let hash = access_hash(AccessHash::new(number));
            prop_assert_eq!(access_hash(hash), hash);
            let redacted = link(&text);
            prop_assert_eq!(link(&redacted), redacted);
        }
    }
}
