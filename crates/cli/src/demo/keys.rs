use std::io::Write;

use anyhow::Context as _;
use confcall::Chain;
use confcall::state::Block;

use super::broken::DidNotHold;
use super::joining::JoinedCall;
use super::recorded::RecordedCall;
use super::show::Show;

/// Lets every recorded member follow our block from the tip before it, and open its key with its own.
pub(super) fn check(
    recorded: &RecordedCall,
    tip: &Block,
    joined: &JoinedCall,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<()> {
    let mut chain = Chain::start_from(tip)?;
    for block in &joined.blocks {
        let followed = chain.apply(block);
        followed.context("a member refuses our block")?;
    }
    let state = chain.state();
    let mut checked = 0;
    for (user_id, key) in recorded.members(state.group_state())? {
        let epoch_key = state.open_epoch_key(user_id, &key);
        let epoch_key = epoch_key.with_context(|| format!("user {user_id} cannot open the key"))?;
        if epoch_key != joined.epoch_key {
            return Err(DidNotHold::SameKey(user_id).into());
        }
        let name = show.name(user_id);
        let text = format!("{name} opens the new shared key: the same as ours");
        show.line("key", &text)?;
        checked += 1;
    }
    // A member whose recorded key is missing would be passed over above, so the number is checked too.
    let others = state.group_state().participants.len().saturating_sub(1);
    if checked != others {
        return Err(DidNotHold::AllChecked { checked, others }.into());
    }
    let text = format!("we and all {checked} others hold one key, and the server never had it");
    show.proof(&text)?;
    Ok(())
}
