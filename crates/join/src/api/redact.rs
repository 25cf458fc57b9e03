//! Pseudonyms for traces, in the place of credentials: the same for the same, so that a trace can still be followed.
//!
//! To redact what is redacted already changes nothing. So the outputs of a replayed engine, which was handed only what is
//! redacted, are written like those of the engine that was recorded.

use super::mask::mask;
use super::{AccessHash, DataJson, Slug};

/// The start of redacted slugs and links.
const PREFIX: &str = "trace-";
/// The start of a conference's link as the server writes it.
const CONFERENCE: &str = "https://t.me/call/";
/// The upper half of a redacted access hash, `trac`.
const MARK: u32 = 0x7472_6163;

/// A number of 64 bits for a text or number, which does not lead back to it.
fn pseudonym(bytes: &[u8]) -> [u8; 8] {
    let mut pseudonym = [0; 8];
    let mut hasher = blake3::Hasher::new_derive_key("confcall 2025 trace pseudonym");
    hasher.update(bytes);
    hasher.finalize_xof().fill(&mut pseudonym);
    pseudonym
}

pub(crate) fn text(text: &str) -> String {
    match text.strip_prefix(PREFIX) {
        Some(rest) if rest.len() == 16 => text.to_owned(),
        _ => format!("{PREFIX}{}", hex::encode(pseudonym(text.as_bytes()))),
    }
}

/// The pseudonym of a slug, which is all that it takes to join.
pub(crate) fn slug(slug: &Slug) -> Slug {
    // What [`text`] gives has letters, digits and dashes only.
    Slug::new(&text(slug.as_str())).unwrap_or_else(|_| slug.clone())
}

/// A link by the pseudonym of its slug; any other text by its own.
pub(crate) fn link(link: &str) -> String {
    let found = link.strip_prefix(CONFERENCE).map(Slug::new);
    match found {
        Some(Ok(found)) => format!("{CONFERENCE}{}", slug(&found)),
        _ => text(link),
    }
}

/// The pseudonym of an access hash, which is of use to its account only.
pub(crate) fn access_hash(hash: AccessHash) -> AccessHash {
    let number = hash.value().cast_unsigned();
    if number >> 32 == u64::from(MARK) {
        return hash;
    }
    let pseudonym = u64::from_be_bytes(pseudonym(&number.to_be_bytes()));
    let number = u64::from(MARK) << 32 | pseudonym >> 32;
    AccessHash::new(number.cast_signed())
}

/// How to connect, without the credentials.
pub(crate) fn params(params: &DataJson) -> DataJson {
    DataJson::new(mask(params.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
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

    proptest! {
        #[test]
        fn redacting_twice_is_redacting_once(number: i64, text: String) {
            let hash = access_hash(AccessHash::new(number));
            prop_assert_eq!(access_hash(hash), hash);
            let redacted = link(&text);
            prop_assert_eq!(link(&redacted), redacted);
        }
    }
}
