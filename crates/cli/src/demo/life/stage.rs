//! The stage of the acts after the first call: a world of clients, what is on their disks, and the screen.

use core::time::Duration;
use std::io::Write;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall::join::engine::{Command, Config, EndReason, Event};
use confcall::join::joining::Fingerprint;
use confcall::{JoinPayload, Joiner, Media, Moment, Target, UserId};
use confcall_server::{Call, Server, ServerOptions, WorldDescription, WorldError};
use confcall_simulator::{Faults, Node, World};

use super::super::broken::DidNotHold;
use super::super::show::Show;
use super::client::Client;
use super::disk::Disk;
use super::news;

/// A network without faults, at this distance from the server.
pub(super) const LATENCY: Duration = Faults::NONE.latency;
/// The virtual time within which everything has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// The start of every act on the server's clock, in seconds since 1970.
const START: i32 = 1_700_000_000;

/// Clients, the world in which they are, and the screen.
pub(in super::super) struct Stage<'a, W> {
    pub(in super::super) world: World,
    clients: Vec<Client>,
    pub(in super::super) rng: ChaCha20Rng,
    /// The traces of engines that were replaced.
    traces: Vec<(UserId, String)>,
    show: Show<'a, W>,
}

impl<'a, W: Write> Stage<'a, W> {
    /// A stage with an empty server.
    pub(super) fn new(mut rng: ChaCha20Rng, show: Show<'a, W>) -> Self {
        let options = options(&mut rng);
        let seed = options.seed;
        Self::on(Server::new(options), seed, rng, show)
    }

    /// A stage whose server has a world.
    pub(in super::super) fn with_world(
        world: &WorldDescription,
        mut rng: ChaCha20Rng,
        show: Show<'a, W>,
    ) -> Result<Self, WorldError> {
        let options = options(&mut rng);
        let seed = options.seed;
        let server = Server::with_world(options, world)?;
        Ok(Self::on(server, seed, rng, show))
    }

    fn on(server: Server, seed: u64, rng: ChaCha20Rng, show: Show<'a, W>) -> Self {
        let mut world = World::with_server(server, seed, Faults::NONE);
        world.server.set_time(START);
        // The act ends before the server would miss anyone.
        world.silence = None;
        Self {
            world,
            clients: Vec::new(),
            rng,
            traces: Vec::new(),
            show,
        }
    }

    /// A line that says when.
    pub(in super::super) fn line(&mut self, label: &str, text: &str) -> anyhow::Result<()> {
        Ok(self.show.line_at(self.world.now(), label, text)?)
    }

    /// The title of the next act.
    pub(in super::super) fn title(&mut self, title: &str) -> anyhow::Result<()> {
        Ok(self.show.title(title)?)
    }

    /// What the lines before it prove.
    pub(in super::super) fn proof(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(self.show.proof(text)?)
    }

    /// The name of a user.
    pub(in super::super) fn name(&self, user: UserId) -> String {
        self.show.name(user)
    }

    /// Names in a line.
    pub(super) fn list(&self, users: &[UserId]) -> String {
        self.show.list(users)
    }

    pub(super) fn now(&self) -> Moment {
        self.world.moment()
    }

    /// The call on the server.
    pub(super) fn call(&self) -> Result<&Call, DidNotHold> {
        let call = self.world.server.calls().next();
        call.ok_or(DidNotHold::OnServer)
    }

    /// The client of a user.
    pub(super) fn client(&mut self, user_id: UserId) -> Result<&mut Client, DidNotHold> {
        let mut clients = self.clients.iter_mut();
        let client = clients.find(|client| client.user_id() == user_id);
        client.ok_or(DidNotHold::InTheCall(user_id))
    }

    /// The node of a user's client.
    pub(in super::super) fn node(&self, user_id: UserId) -> Result<&Node, DidNotHold> {
        let mut nodes = self.world.nodes.iter();
        let node = nodes.find(|node| node.user == user_id);
        node.ok_or(DidNotHold::InTheCall(user_id))
    }

    /// The users in the call beside one.
    pub(super) fn others(&self, user_id: UserId) -> Vec<UserId> {
        let inside = self.world.nodes.iter().filter(|node| node.ended.is_none());
        let users = inside.map(|node| node.user);
        users.filter(|user| *user != user_id).collect()
    }

    /// The traces of all engines that were recorded.
    pub(super) fn into_traces(mut self) -> Vec<(UserId, String)> {
        for node in 0..self.world.nodes.len() {
            self.keep_trace(node);
        }
        self.traces.sort();
        self.traces
    }

    fn keep_trace(&mut self, node: usize) {
        if let Some(node) = self.world.nodes.get_mut(node) {
            let trace = node.take_trace();
            self.traces
                .extend((!trace.is_empty()).then_some((node.user, trace)));
        }
    }

    /// Starts a client of a user.
    pub(in super::super) fn start(
        &mut self,
        user_id: UserId,
        target: Target,
    ) -> anyhow::Result<()> {
        let fingerprint = Fingerprint::sha256(self.seed());
        let media = Media {
            payload: JoinPayload::generate(fingerprint, None, &mut self.rng),
            muted: true,
            video_stopped: true,
        };
        let config = Config::new(target, Joiner::new(user_id), media);
        let (seed, disk) = (self.seed(), Disk::new(self.seed()));
        let node = self.world.start_recorded_from(config.clone(), seed);
        self.clients.push(Client {
            node,
            config,
            disk,
            shown: 0,
        });
        self.take_news()
    }

    /// Stops the client of a user without a word, as a crash does.
    pub(super) fn stop(&mut self, user_id: UserId) -> Result<(), DidNotHold> {
        let node = self.client(user_id)?.node;
        self.world.stop(node);
        self.keep_trace(node);
        Ok(())
    }

    /// A generator of its own for what is sealed outside the engines.
    pub(super) fn fresh_rng(&mut self) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(self.seed())
    }

    /// A fresh secret.
    pub(super) fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        seed
    }

    /// Gives a client a command.
    pub(in super::super) fn command(
        &mut self,
        user_id: UserId,
        command: Command,
    ) -> anyhow::Result<()> {
        let node = self.client(user_id)?.node;
        self.world.command(node, command);
        self.take_news()
    }

    /// Goes on to what happens next, with the clock of the server; false if nothing does until then.
    fn step(&mut self, until: Duration) -> bool {
        let has_stepped = self.world.step(until);
        let seconds = i32::try_from(self.world.now().as_secs()).unwrap_or(i32::MAX);
        self.world.server.set_time(START.saturating_add(seconds));
        has_stepped
    }

    /// Lets time pass until there is something; it is an error if there is nothing in good time.
    pub(in super::super) fn wait_for<T>(
        &mut self,
        something: impl Fn(&Self) -> Option<T>,
        otherwise: DidNotHold,
    ) -> anyhow::Result<T> {
        let until = self.world.now() + PATIENCE;
        loop {
            if let Some(found) = something(self) {
                return Ok(found);
            }
            if !self.step(until) {
                return Err(otherwise.into());
            }
            self.take_news()?;
        }
    }

    /// Waits for the end of a client's life in the call.
    pub(in super::super) fn end_of(&mut self, user_id: UserId) -> anyhow::Result<EndReason> {
        self.wait_for(
            |stage| {
                let ended = stage.node(user_id).ok()?.ended.as_ref()?;
                Some(ended.reason.clone())
            },
            DidNotHold::Ended(user_id),
        )
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = self.world.now() + time;
        while self.step(until) {
            self.take_news()?;
        }
        Ok(())
    }

    /// Shows what came out of the engines since the last time, and saves those that ask for it.
    pub(super) fn take_news(&mut self) -> anyhow::Result<()> {
        let Self {
            world,
            clients,
            show,
            ..
        } = self;
        for client in clients {
            let Some(node) = world.nodes.get(client.node) else {
                continue;
            };
            for event in node.events.iter().skip(client.shown) {
                if let Some((label, text)) = news::line(node.user, event, show) {
                    show.line_at(world.now(), label, &text)?;
                }
                if matches!(event, Event::CheckpointDue) {
                    client.disk.save(&node.engine)?;
                }
            }
            client.shown = node.events.len();
        }
        Ok(())
    }
}

fn options(rng: &mut ChaCha20Rng) -> ServerOptions {
    ServerOptions {
        seed: rng.next_u64(),
        ..ServerOptions::default()
    }
}
