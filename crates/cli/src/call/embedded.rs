//! A server in this process, so that one can try a call alone: with three bots in a conference, or with the world of `confcall serve`.
//!
//! The bots verify as all members do, and the first answers messages. A bot that is removed stays away.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall::api::Peer;
use confcall::join::engine::Event;
use confcall::join::limits;
use confcall::{Conference, GroupMessage, Notice, Options, RandomId, Target, UserId};
use confcall_server::loopback::{Hub, LoopbackTransport};
use confcall_server::{Call, Server, ServerOptions, WorldDescription};
use tokio::time::{interval, sleep};

/// Our user on this server.
const US: UserId = UserId::new(1);
const BOTS: [UserId; 3] = [UserId::new(2), UserId::new(3), UserId::new(4)];
const NAMES: [&str; 3] = ["Ada", "Ben", "Cleo"];

/// The time between two settings of the server's clock, which counts seconds.
const TICK: Duration = Duration::from_millis(200);

/// The pause between two looks of the bots for a call.
const LOOK: Duration = Duration::from_millis(100);

/// Starts the server with its bots; returns our connection, our user and the call to enter.
pub(super) async fn open(
    target: Option<Target>,
    rng: &mut ChaCha20Rng,
) -> anyhow::Result<(LoopbackTransport<Server>, UserId, Target)> {
    // From our own generator, so that all randomness has one source.
    let options = ServerOptions {
        seed: rng.next_u64(),
        ..ServerOptions::default()
    };
    let target = match target {
        Some(target @ Target::Group(_)) => {
            let server = Server::with_world(options, &WorldDescription::example())?;
            let hub = Hub::new(server);
            tokio::spawn(keep_time(hub.clone()));
            return Ok((hub.connect(US), US, target));
        }
        Some(Target::Create) => Some(Target::Create),
        Some(_) => bail!(
            "a server in this process is new, and has no such call: give none, or @walkers, or the link of another call \
             of the world that `confcall serve --help` describes"
        ),
        None => None,
    };
    let mut server = Server::new(options);
    for (bot, name) in BOTS.into_iter().zip(NAMES) {
        server.set_name(bot, name);
    }
    let hub = Hub::new(server);
    let ours = hub.connect(US);
    let bots = Bots {
        hub,
        rng: ChaCha20Rng::from_rng(rng),
    };
    match target {
        Some(target) => {
            tokio::spawn(bots.follow());
            Ok((ours, US, target))
        }
        None => Ok((ours, US, bots.begin().await?)),
    }
}

/// Sets the server's clock, by which its streams go on, as long as this process lives.
async fn keep_time(hub: Hub<Server>) {
    let mut clock = interval(TICK);
    loop {
        clock.tick().await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs();
        hub.with(|server| server.set_time(i32::try_from(now).unwrap_or(i32::MAX)));
    }
}

/// The bots and their server.
struct Bots {
    hub: Hub<Server>,
    rng: ChaCha20Rng,
}

impl Bots {
    /// Creates a call with all bots in it.
    async fn begin(mut self) -> anyhow::Result<Target> {
        let [first, rest @ ..] = BOTS;
        self.enter(first, Target::Create).await?;
        let target = self.call().context("the bots have no call")?;
        for bot in rest {
            self.enter(bot, target.clone()).await?;
        }
        Ok(target)
    }

    /// Follows us into the call that we create.
    async fn follow(mut self) -> anyhow::Result<()> {
        let target = loop {
            match self.call() {
                Some(target) => break target,
                None => sleep(LOOK).await,
            }
        };
        for bot in BOTS {
            self.enter(bot, target.clone()).await?;
        }
        Ok(())
    }

    /// The call on the server, once there is one.
    fn call(&self) -> Option<Target> {
        let slug = |server: &mut Server| server.calls().next().map(Call::slug).cloned();
        self.hub.with(slug).map(Target::Slug)
    }

    async fn enter(&mut self, bot: UserId, target: Target) -> anyhow::Result<()> {
        let mut options = Options::new(target, bot)?;
        // One who answers can be heard.
        options.config.media.muted = false;
        let joined = Conference::join(self.hub.connect(bot), options).await;
        let conference = joined.with_context(|| format!("the bot that is user {bot}"))?;
        tokio::spawn(stay(bot, conference, self.rng.fork()));
        Ok(())
    }
}

/// Stays in the call as a bot.
async fn stay(bot: UserId, conference: Conference, mut rng: ChaCha20Rng) {
    let mut events = conference.events();
    while let Some(notice) = events.next().await {
        let Notice::Event(Event::Message {
            from: Peer::User(US),
            message,
            ..
        }) = notice
        else {
            continue;
        };
        let answer =
            GroupMessage::new(RandomId::generate(&mut rng), answer(message.text()), vec![]);
        if let Some(answer) = answer.ok().filter(|_| BOTS.first() == Some(&bot)) {
            // A lost answer is no failure of the bot: the person sees that it is missing.
            let _ = conference.send_message(answer).await;
        }
    }
}

/// The answer of a bot: the text it read, as far as a message can hold it.
fn answer(text: &str) -> String {
    let answer = format!("You wrote: {text}");
    answer.chars().take(limits::MESSAGE_CHARACTERS).collect()
}
