use std::io::Write;

use confcall::UserId;
use confcall::state::verification::{Tally, words};
use confcall::state::{BlockHash, EmojiHash};

use super::broken::DidNotHold;
use super::people::People;
use super::show::Show;

/// Lets everybody commit and then reveal through the server, and checks that all see the same emoji.
pub(super) async fn verify(
    people: &mut People,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<EmojiHash> {
    for label in ["commits", "reveals"] {
        let mut sent = 0;
        for person in people.all_mut() {
            sent += person.speak().await?;
        }
        for person in people.all_mut() {
            person.listen().await?;
        }
        let count = people.count();
        let text = format!("{sent} sent, and echoed by the server to all {count} members");
        show.line(label, &text)?;
    }
    let (block, emoji) = common(people)?;
    let text = format!("{}  the same for all members", emoji.emoji().join(" "));
    show.line("emoji", &text)?;
    show.line("words", &words(&block).join(" "))?;
    Ok(emoji)
}

/// The block and the emoji that everybody has come to.
fn common(people: &People) -> Result<(BlockHash, EmojiHash), DidNotHold> {
    let ours = seen(people.us.user_id(), people.us.membership.verification())?;
    for one in &people.others {
        let user_id = one.user_id();
        if seen(user_id, one.membership.verification())? != ours {
            return Err(DidNotHold::SameEmoji(user_id));
        }
    }
    Ok(ours)
}

fn seen(user_id: UserId, tally: &Tally) -> Result<(BlockHash, EmojiHash), DidNotHold> {
    let missing = tally.missing().count();
    let emoji = tally.emoji_hash();
    let emoji = emoji.ok_or(DidNotHold::Emoji { user_id, missing })?;
    Ok((tally.block_hash(), emoji))
}
