//! Blocks and broadcasts in a line.

use confcall::state::EmojiHash;
use confcall::state::wire::BroadcastContent;

use crate::inspect::{Item, ItemContent, VisibleState};

/// The start of a hash, by which people tell one from another.
pub(super) fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

/// The emoji of a hash in hexadecimal, if it is one.
pub(super) fn emoji(hash: &str) -> Option<String> {
    let bytes = hex::decode(hash).ok()?.try_into().ok()?;
    Some(EmojiHash::from_bytes(bytes).emoji().concat())
}

/// An item of a subchain in words, as far as it shows by itself.
pub(super) fn explain(bytes: &[u8]) -> String {
    match Item::read(bytes).map(|item| item.content) {
        Ok(ItemContent::Block(block)) => {
            let (height, hash) = (block.height(), short(&block.hash().to_string()));
            let members = VisibleState::of(block.fields()).group().map(|group| {
                let members = group.participants.iter();
                let members: Vec<_> = members.map(|one| one.user_id.to_string()).collect();
                format!(", members {}", members.join(" "))
            });
            format!("block {height} {hash}{}", members.unwrap_or_default())
        }
        Ok(ItemContent::Broadcast(broadcast)) => {
            let what = match broadcast.content {
                BroadcastContent::Commit { .. } => "commit",
                BroadcastContent::Reveal { .. } => "reveal",
            };
            let (user, height) = (broadcast.user_id, broadcast.height);
            format!("{what} of user {user} for block {height}")
        }
        Err(malformed) => format!("{} bytes: {malformed}", bytes.len()),
    }
}
