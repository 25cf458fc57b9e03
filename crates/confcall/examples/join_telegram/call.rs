use anyhow::{Context as _, bail};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::conference::{Conference, Notice, Options};
use confcall_join::engine::{Ended, Event};
use confcall_join::joining::{Fingerprint, JoinPayload, Target};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_join::policy::Media;
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};
use confcall_transport::Transport;
use tokio::signal::ctrl_c;

use crate::servers::Servers;
use crate::{terminal, words};

/// Is in a call until it ends, or until Ctrl-C.
pub(crate) async fn stay(
    transport: impl Transport + 'static,
    target: Target,
    own: UserId,
    servers: Servers,
) -> anyhow::Result<Ended> {
    let mut rng = ChaCha20Rng::from_seed(random()?);
    let options = options(own, servers, &mut rng)?;
    let (conference, mut events) = Conference::start(transport, target, options);
    let mut lines = terminal::lines();
    let mut leaving = false;
    loop {
        tokio::select! {
            notice = events.next() => match notice.context("the call ended without a reason")? {
                // The server may have to hear of it yet, before the connection is closed.
                Notice::Event(Event::Ended(_)) => return Ok(conference.close().await),
                notice => println!("{}", words::of(&notice)),
            },
            Some(line) = lines.recv() => send(&conference, &line, &mut rng),
            pressed = ctrl_c() => {
                pressed?;
                if leaving {
                    bail!("gave up leaving; the server notices later that we are gone");
                }
                println!("leaving; again Ctrl-C to give up");
                conference.leave();
                leaving = true;
            }
        }
    }
}

/// Joins without sound and picture.
fn options(own: UserId, servers: Servers, rng: &mut ChaCha20Rng) -> anyhow::Result<Options> {
    let certificate = Fingerprint::sha256(random()?);
    let media = Media {
        payload: JoinPayload::generate(certificate, None, rng),
        muted: true,
        video_stopped: true,
    };
    let mut options = Options::new(Joiner::new(own), media, Seed::try_fill_with(fill)?);
    options.size_limit = servers.size_limit();
    Ok(options)
}

/// Sends a line in the background, for the answer may take a while.
fn send(conference: &Conference, line: &str, rng: &mut ChaCha20Rng) {
    if line.is_empty() {
        return;
    }
    let message = match GroupMessage::new(RandomId::generate(rng), line, Vec::new()) {
        Ok(message) => message,
        Err(error) => return println!("not sent: {error}"),
    };
    let conference = conference.clone();
    tokio::spawn(async move {
        if let Err(error) = conference.send_message(message).await {
            println!("not sent: {error}");
        }
    });
}

fn random() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    Ok(bytes)
}

fn fill(bytes: &mut [u8; 32]) -> anyhow::Result<()> {
    getrandom::fill(bytes).context("the system gives no randomness")
}
