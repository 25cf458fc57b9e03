//! The stage of the second act: clients, the network between them, and who is shown what happens.

use core::time::Duration;
use std::io::Write;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall::join::engine::{Command, CommandId, Config, EndReason, Input, Output};
use confcall::join::joining::Fingerprint;
use confcall::{JoinPayload, Joiner, Media, Moment, Target, UserId};
use confcall_server::{Call, ServerOptions};

use super::super::broken::DidNotHold;
use super::super::show::Show;
use super::client::Client;
use super::disk::Disk;
use super::network::{ClientId, Network, Recipient};
use super::news;

/// How long anything may take, in virtual time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clients, the network between them, and the screen.
pub(super) struct Stage<'a, W> {
    network: Network,
    clients: Vec<Client>,
    started: ClientId,
    /// Of the clients that have stopped.
    traces: Vec<(UserId, String)>,
    pub(super) rng: ChaCha20Rng,
    show: Show<'a, W>,
}

impl<'a, W: Write> Stage<'a, W> {
    pub(super) fn new(mut rng: ChaCha20Rng, show: Show<'a, W>) -> Self {
        let options = ServerOptions {
            seed: rng.next_u64(),
            ..ServerOptions::default()
        };
        Self {
            network: Network::new(options),
            clients: Vec::new(),
            started: 0,
            traces: Vec::new(),
            rng,
            show,
        }
    }

    /// A line that says when.
    pub(super) fn line(&mut self, label: &str, text: &str) -> anyhow::Result<()> {
        Ok(self.show.line_at(self.network.now(), label, text)?)
    }

    pub(super) fn now(&self) -> Moment {
        self.network.moment()
    }

    /// The call on the server.
    pub(super) fn call(&self) -> Result<&Call, DidNotHold> {
        self.network.call().ok_or(DidNotHold::OnServer)
    }

    pub(super) fn client(&self, user_id: UserId) -> Result<&Client, DidNotHold> {
        let mut clients = self.clients.iter();
        let client = clients.find(|client| client.user_id() == user_id);
        client.ok_or(DidNotHold::InTheCall(user_id))
    }

    /// Who is in the call beside a user.
    pub(super) fn others(&self, user_id: UserId) -> Vec<UserId> {
        let inside = self.clients.iter().filter(|one| one.told.end.is_none());
        let users = inside.map(Client::user_id);
        users.filter(|user| *user != user_id).collect()
    }

    /// The traces of all who were recorded.
    pub(super) fn into_traces(mut self) -> Vec<(UserId, String)> {
        let rest = self.clients.iter_mut().filter_map(Client::finish_trace);
        self.traces.extend(rest);
        self.traces.sort();
        self.traces
    }

    /// Starts a client of a user.
    pub(super) fn start(&mut self, user_id: UserId, target: Target) -> anyhow::Result<()> {
        let fingerprint = Fingerprint::sha256(self.seed());
        let media = Media {
            payload: JoinPayload::generate(fingerprint, None, &mut self.rng),
            muted: true,
            video_stopped: true,
        };
        let config = Config::new(target, Joiner::new(user_id), media);
        let (seed, disk, id) = (self.seed(), Disk::new(self.seed()), self.next_id());
        self.add(Client::start(id, config, seed, disk, self.network.moment()))
    }

    /// Adds a client, and does what it wants first.
    pub(super) fn add(&mut self, mut client: Client) -> anyhow::Result<()> {
        drain(&mut client, &mut self.network, &mut self.show)?;
        self.clients.push(client);
        Ok(())
    }

    /// Takes a client from the stage as it is, as a crash would.
    pub(super) fn stop(&mut self, user_id: UserId) -> Result<Client, DidNotHold> {
        let mut clients = self.clients.iter();
        let at = clients.position(|client| client.user_id() == user_id);
        let at = at.ok_or(DidNotHold::InTheCall(user_id))?;
        let mut client = self.clients.remove(at);
        self.traces.extend(client.finish_trace());
        Ok(client)
    }

    pub(super) fn next_id(&mut self) -> ClientId {
        self.started += 1;
        self.started
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
    pub(super) fn command(&mut self, user_id: UserId, command: Command) -> anyhow::Result<()> {
        // The demo waits for what commands lead to, and not for their answers.
        let id = CommandId::new(0);
        self.input(Recipient::User(user_id), Input::Command { id, command })
    }

    /// Lets time pass until there is something; it is an error if there is nothing in good time.
    pub(super) fn wait_for<T>(
        &mut self,
        something: impl Fn(&Self) -> Option<T>,
        otherwise: DidNotHold,
    ) -> anyhow::Result<T> {
        let until = self.network.now() + PATIENCE;
        loop {
            if let Some(found) = something(self) {
                return Ok(found);
            }
            let Some((to, input)) = self.network.next(until) else {
                return Err(otherwise.into());
            };
            self.input(to, input)?;
        }
    }

    /// Waits for the end of a client's life in the call.
    pub(super) fn end_of(&mut self, user_id: UserId) -> anyhow::Result<EndReason> {
        self.wait_for(
            |stage| stage.client(user_id).ok()?.told.end.clone(),
            DidNotHold::Ended(user_id),
        )
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = self.network.now() + time;
        while let Some((to, input)) = self.network.next(until) {
            self.input(to, input)?;
        }
        Ok(())
    }

    /// Hands an input to a client; what is for one that has stopped is lost.
    fn input(&mut self, to: Recipient, input: Input) -> anyhow::Result<()> {
        let now = self.network.moment();
        let client = self.clients.iter_mut().find(|client| match to {
            Recipient::Client(id) => client.id == id,
            Recipient::User(user_id) => client.user_id() == user_id,
        });
        match client {
            Some(client) if client.is_due(now) || !matches!(input, Input::Tick) => {
                client.handle_input(now, input)?;
                drain(client, &mut self.network, &mut self.show)
            }
            _ => Ok(()),
        }
    }
}

/// Does what a client wants.
fn drain(
    client: &mut Client,
    network: &mut Network,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<()> {
    let (id, user_id) = (client.id, client.user_id());
    loop {
        match client.poll_output() {
            Output::Request { request, body } => network.send(id, user_id, request, &body),
            Output::Event(event) => {
                if let Some((label, text)) = news::line(user_id, &event) {
                    show.line_at(network.now(), label, &text)?;
                }
                client.note(event)?;
            }
            Output::Timeout(None) => return Ok(()),
            Output::Timeout(Some(wake)) => {
                network.wake(id, wake);
                return Ok(());
            }
        }
    }
}
