//! The members of the chain come to the same emoji for its newest block.

use std::collections::BTreeSet;
use std::io::Write;

use confcall::UserId;
use confcall::state::EmojiHash;

use super::super::broken::DidNotHold;
use super::super::verification;
use super::client;
use super::stage::Stage;

/// Waits until these users, and no others, are in the chain and have emoji; checks that they are the same.
pub(super) fn verify(
    users: &[UserId],
    stage: &mut Stage<'_, impl Write>,
) -> anyhow::Result<EmojiHash> {
    let not_verified = DidNotHold::Verified(users.to_vec());
    stage.wait_for(|stage| are_verified(users, stage), not_verified)?;
    let counts = users.iter().map(|user_id| {
        let node = stage.node(*user_id)?;
        Ok((*user_id, client::counts(node)?))
    });
    let counts = counts.collect::<Result<Vec<_>, DidNotHold>>()?;
    let (_, emoji) = verification::common(counts)?;
    let height = stage.call()?.chain_state().height();
    let names = stage.list(users);
    stage.line("members", &format!("{names} in block {height}"))?;
    stage.line("emoji", &verification::line(&emoji))?;
    Ok(emoji)
}

/// The same after the members have changed, which must bring other emoji.
pub(super) fn verify_again(
    users: &[UserId],
    before: EmojiHash,
    stage: &mut Stage<'_, impl Write>,
) -> anyhow::Result<EmojiHash> {
    let emoji = verify(users, stage)?;
    if emoji == before {
        return Err(DidNotHold::NewEmoji.into());
    }
    Ok(emoji)
}

fn are_verified(users: &[UserId], stage: &Stage<'_, impl Write>) -> Option<()> {
    let tip = stage.call().ok()?.chain_state();
    let members = tip.group_state().participants.iter();
    let members: BTreeSet<_> = members.map(|member| member.user_id).collect();
    let are_these = members == users.iter().copied().collect();
    let are_there = users.iter().all(|user_id| {
        let counts = stage.node(*user_id).and_then(client::counts);
        counts
            .is_ok_and(|counts| counts.block_hash() == tip.hash() && counts.emoji_hash().is_some())
    });
    (are_these && are_there).then_some(())
}
