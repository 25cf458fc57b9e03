use super::content::Content;
use super::error::{SnapshotError, VERSION};

const MAGIC: [u8; 8] = *b"confsnap";
const HASH: &str = "confcall 2026-11 server snapshot";

pub(super) fn seal(content: &Content<'_>) -> Vec<u8> {
    #[expect(
        clippy::expect_used,
        reason = "lists know their lengths, and a vector takes any bytes"
    )]
    let bytes = postcard::to_extend(content, Vec::new()).expect("a content that can be written");
    sealed(&bytes)
}

/// Puts before a content what shows that it is whole.
#[allow(
    unreachable_pub,
    reason = "the fuzz target of snapshots reaches it from outside"
)]
pub fn sealed(content: &[u8]) -> Vec<u8> {
    [&MAGIC[..], &[VERSION], &hash(content), content].concat()
}

pub(super) fn open(bytes: &[u8]) -> Result<Content<'_>, SnapshotError> {
    let length = bytes.len();
    let rest = bytes.strip_prefix(&MAGIC);
    let rest = rest.ok_or(SnapshotError::NotASnapshot { length })?;
    let (&version, rest) = rest.split_first().ok_or(SnapshotError::Damaged)?;
    // Before the hash: a newer form is no damaged one.
    if version != VERSION {
        return Err(SnapshotError::Version { version });
    }
    let (written, content) = rest.split_first_chunk().ok_or(SnapshotError::Damaged)?;
    if *written != hash(content) {
        return Err(SnapshotError::Damaged);
    }
    match postcard::take_from_bytes(content) {
        Ok((content, [])) => Ok(content),
        _ => Err(SnapshotError::Content {
            what: "it cannot be read",
        }),
    }
}

/// The hash of a content.
fn hash(content: &[u8]) -> [u8; 32] {
    // Under a context of its own, so that no hash of other bytes is one of a snapshot.
    blake3::derive_key(HASH, content)
}
