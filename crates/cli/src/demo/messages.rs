use core::time::Duration;
use std::io::Write;

use chacha20::ChaCha20Rng;
use confcall::join::api::{Peer, SendGroupCallEncryptedMessage, Update};
use confcall::join::message::RandomId;
use confcall::transport::UpdateStream;
use confcall::{GroupMessage, Moment, UserId};
use tokio::time::timeout;

use super::broken::DidNotHold;
use super::people::People;
use super::person::Person;
use super::show::Show;

/// The most that a push takes inside one process.
const PUSH: Duration = Duration::from_secs(1);

/// Writes a message from us to the others and one back, both through the server.
pub(super) async fn exchange(
    people: &People,
    now: Moment,
    rng: &mut ChaCha20Rng,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<()> {
    let speakers = people.speakers()?;
    for (from, text) in speakers.into_iter().zip(["Hello!", "Welcome 👋"]) {
        let message = GroupMessage::new(RandomId::generate(rng), text, Vec::new())?;
        let others = people.besides(from);
        // Subscribed before the message is written, so that no push can be missed.
        let mut inboxes: Vec<_> = others.iter().map(|to| to.updates()).collect();
        write(&message, from, now, rng).await?;
        for (to, inbox) in others.iter().zip(&mut inboxes) {
            let packet = pushed(inbox, from.user_id()).await;
            let packet = packet.ok_or(DidNotHold::MessagePushed(to.user_id()))?;
            let read = GroupMessage::open(now, to.voice().cryptor, from.user_id(), &packet)?;
            if read != message {
                return Err(DidNotHold::SameMessage(to.user_id()).into());
            }
        }
        let (from, others) = (show.name(from.user_id()), others.len());
        let text = format!("{from} writes {text:?}; {others} others read it");
        show.line("message", &text)?;
    }
    show.proof("the server passes messages on, and cannot read them")?;
    Ok(())
}

async fn write(
    message: &GroupMessage,
    from: &Person,
    now: Moment,
    rng: &mut ChaCha20Rng,
) -> anyhow::Result<()> {
    let request = SendGroupCallEncryptedMessage {
        call: from.call().clone(),
        encrypted_message: message.seal(now, from.voice().cryptor, rng)?,
    };
    if from.send(request).await?.into_bool()? {
        Ok(())
    } else {
        Err(DidNotHold::MessageTaken(from.user_id()).into())
    }
}

/// The next message that an inbox brings, if it is of this sender and comes in time.
async fn pushed(inbox: &mut UpdateStream, from: UserId) -> Option<Vec<u8>> {
    let message = async {
        loop {
            // Other updates, such as those that name users, can come before it.
            if let Update::EncryptedMessage(message) = inbox.next().await?.ok()? {
                return (message.from == Peer::User(from)).then_some(message.encrypted_message);
            }
        }
    };
    timeout(PUSH, message).await.ok()?
}
