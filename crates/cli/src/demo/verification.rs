use std::io::Write;

use confcall::UserId;
use confcall::state::verification::{RoundCounts, words};
use confcall::state::{BlockHash, EmojiHash};

use super::broken::DidNotHold;
use super::people::People;
use super::show::Show;

/// Lets all members commit and then reveal through the server, and checks that all see the same emoji.
pub(super) async fn verify(
    people: &mut People,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<EmojiHash> {
    for label in ["commits", "reveals"] {
        let mut sent = 0;
        // All send before any reads: reveals may only follow once every commit has arrived (`spec/protocol.md`, 5).
        for person in people.all_mut() {
            sent += person.send_broadcasts().await?;
        }
        for person in people.all_mut() {
            person.read_broadcasts().await?;
        }
        let count = people.count();
        let text = format!("{sent} sent, and echoed by the server to all {count} members");
        show.line(label, &text)?;
    }
    let rounds = people.all();
    let rounds = rounds.map(|one| (one.user_id(), one.membership.verification()));
    let (block, emoji) = common(rounds)?;
    show.line("emoji", &line(&emoji))?;
    show.line("words", &words(&block).join(" "))?;
    show.proof(
        "no one stands between the members: each of them would see other emoji than the rest",
    )?;
    Ok(emoji)
}

/// The emoji to compare.
pub(super) fn line(emoji: &EmojiHash) -> String {
    format!("{}  the same for all members", emoji.emoji().join(" "))
}

/// The block and the emoji, which must be the same for all.
pub(super) fn common<'a>(
    rounds: impl IntoIterator<Item = (UserId, &'a RoundCounts)>,
) -> Result<(BlockHash, EmojiHash), DidNotHold> {
    let mut rounds = rounds.into_iter();
    let (user_id, counts) = rounds.next().ok_or(DidNotHold::Company)?;
    let first = seen(user_id, counts)?;
    for (user_id, counts) in rounds {
        if seen(user_id, counts)? != first {
            return Err(DidNotHold::SameEmoji(user_id));
        }
    }
    Ok(first)
}

fn seen(user_id: UserId, counts: &RoundCounts) -> Result<(BlockHash, EmojiHash), DidNotHold> {
    let missing = counts.missing().count();
    let emoji = counts.emoji_hash();
    let emoji = emoji.ok_or(DidNotHold::Emoji { user_id, missing })?;
    Ok((counts.block_hash(), emoji))
}
