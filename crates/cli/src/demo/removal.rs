use core::time::Duration;
use std::io::Write;

use chacha20::ChaCha20Rng;
use confcall::join::api::{DeleteConferenceCallParticipants, Removal};
use confcall::media::{Codec, OpenError, OpenFrameError};
use confcall::state::EmojiHash;
use confcall::{BlockRefused, MembershipEnd, Moment, UserId};

use super::broken::DidNotHold;
use super::frame::{Frame, Voice};
use super::frames;
use super::people::People;
use super::person::Person;
use super::show::Show;
use super::verification;

/// The life of a replaced epoch (`spec/protocol.md`, 4).
const GRACE: Duration = Duration::from_secs(10);

/// Removes the last of the others, and lets the rest go on without it.
///
/// The removed member keeps its keys and goes on listening, as a changed client could.
pub(super) async fn remove_last(
    people: &mut People,
    before: EmojiHash,
    now: Moment,
    rng: &mut ChaCha20Rng,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<()> {
    let mut removed = people.others.pop().ok_or(DidNotHold::Company)?;
    let name = show.name(removed.user_id());
    show.title(&format!("{name} is removed, and goes on listening"))?;
    remove(people, removed.user_id(), now, rng, show).await?;
    if verification::verify(people, show).await? == before {
        return Err(DidNotHold::NewEmoji.into());
    }
    let later = format!(
        "{} s after the removal the old keys are gone",
        GRACE.as_secs()
    );
    show.line("later", &later)?;
    // The packets of the old epoch stay readable for the grace, so the check is made at its end.
    check_keys_moved(people, &removed, now + GRACE, rng, show)?;
    check_removed(&mut removed, people.us.user_id(), now, rng, show).await
}

/// Sends the block without the user, which all others then follow.
async fn remove(
    people: &mut People,
    user_id: UserId,
    now: Moment,
    rng: &mut ChaCha20Rng,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<()> {
    let us = &people.us;
    let block = us.membership.remove(&[user_id], rng)?;
    let request = DeleteConferenceCallParticipants {
        removal: Removal::Kick,
        call: us.call().clone(),
        ids: vec![user_id],
        block: block.bytes().to_vec(),
    };
    us.send(request).await?;
    let (height, hash) = (block.height(), block.hash());
    let name = show.name(user_id);
    let text = format!("{name}, by our block of height {height}, hash {hash}");
    show.line("remove", &text)?;
    for person in people.all_mut() {
        person.follow(now, rng).await?;
        if person.membership.state().hash() != hash {
            return Err(DidNotHold::Followed(person.user_id()).into());
        }
    }
    Ok(())
}

/// Checks that once the old epoch has ended the removed user neither hears nor is heard.
fn check_keys_moved(
    people: &People,
    removed: &Person,
    now: Moment,
    rng: &mut ChaCha20Rng,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<()> {
    let user_id = removed.user_id();
    let frame = Frame::opus(rng);
    let packet = frames::send(&frame, &people.us, people, now, rng, show)?;
    check_no_key(&packet, people.us.user_id(), removed.voice(), now)?;
    let name = show.name(user_id);
    let text = format!("{name}, who keeps the old keys, has none for that frame");
    show.line("removed", &text)?;

    let packet = frame.seal(removed.voice(), now, rng)?;
    for to in people.all() {
        check_no_key(&packet, user_id, to.voice(), now)?;
    }
    let count = people.count();
    let text = format!("{name} sends a frame under the old keys; none of {count} opens it");
    show.line("removed", &text)?;
    show.proof("once removed, one can neither hear nor be heard")?;
    Ok(())
}

/// Checks that a member has no key for the packet, and that nothing else is wrong with it.
pub(super) fn check_no_key(
    packet: &[u8],
    from: UserId,
    to: Voice<'_>,
    now: Moment,
) -> Result<(), DidNotHold> {
    let opened = to.cryptor.open_frame(now, from, Codec::Opus, packet);
    match opened {
        Err(OpenFrameError::Open(OpenError::UnknownEpoch { .. })) => Ok(()),
        _ => Err(DidNotHold::NoKey(to.user_id)),
    }
}

/// Lets the removed user read the chain, which shows who removed it.
async fn check_removed(
    removed: &mut Person,
    us: UserId,
    now: Moment,
    rng: &mut ChaCha20Rng,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<()> {
    let user_id = removed.user_id();
    let end = match removed.follow(now, rng).await {
        Ok(()) => None,
        Err(error) => match error.downcast()? {
            BlockRefused::Ended(end) => Some(end),
            refused => return Err(refused.into()),
        },
    };
    match end {
        Some(end @ MembershipEnd::Removed { by: Some(by), .. }) if by == us => {
            let (name, by) = (show.name(user_id), show.name(by));
            let text = format!("{name} reads \"{end}\" in the chain, by {by}");
            show.line("removed", &text)?;
            show.proof("who removed whom is signed, and stands in the chain for all")?;
            Ok(())
        }
        end => Err(DidNotHold::RemovedByUs { user_id, end }.into()),
    }
}
