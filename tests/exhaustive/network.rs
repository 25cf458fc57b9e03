use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use confcall::UserId;
use confcall::join::api::Service as _;
use confcall::join::engine::{Engine, Input, Outcome};
use confcall::media::Moment;
use confcall_server::Server;

use crate::client::{Asked, Client};
use crate::pool::{Pool, Printed};

/// A client of a run, with what is on its way from it and to it; all by their numbers in the pools.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    pub(crate) client: u32,
    pub(crate) asked: VecDeque<u32>,
    pub(crate) told: VecDeque<Told>,
    /// How often an answer may still overtake pushes, or a push answers.
    pub(crate) overtakes: u8,
}

/// So often as there is something to overtake.
pub(crate) const ALWAYS: u8 = u8::MAX;

/// What the server tells a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Told {
    Answer(u32),
    Push(u32),
}

impl Line {
    pub(crate) fn is_quiet(&self) -> bool {
        self.asked.is_empty() && self.told.is_empty()
    }

    /// Where the first of those is that may overtake the first of all.
    pub(crate) fn overtaking(&self) -> Option<usize> {
        let is_answer = |told: &Told| matches!(told, Told::Answer(_));
        let first = is_answer(self.told.front().filter(|_| self.overtakes > 0)?);
        self.told.iter().position(|told| is_answer(told) != first)
    }
}

/// What a step of a client comes to.
#[derive(Clone)]
struct ClientStep {
    client: u32,
    asked: Vec<u32>,
}

/// What a step of the server comes to.
#[derive(Clone)]
struct ServerStep {
    server: u32,
    answer: u32,
    pushes: Vec<(UserId, u32)>,
}

/// Every client, server and message that was met, and what became of each of them by each step.
///
/// An engine and the server are values, so a step from the same value with the same input is taken once, in
/// however many runs it occurs.
pub(crate) struct Network {
    pub(crate) clients: Pool<Client>,
    pub(crate) servers: Pool<Server>,
    pub(crate) asked: Pool<Asked>,
    pub(crate) inputs: Pool<Input>,
    client_steps: HashMap<(u32, Duration, u32), ClientStep>,
    server_steps: HashMap<(u32, UserId, u32), ServerStep>,
    /// The clients that were met since they were last taken.
    fresh: Vec<u32>,
}

impl Network {
    pub(crate) fn new() -> Self {
        Self {
            clients: Pool::new(),
            servers: Pool::new(),
            asked: Pool::new(),
            inputs: Pool::new(),
            client_steps: HashMap::new(),
            server_steps: HashMap::new(),
            fresh: Vec::new(),
        }
    }

    /// The clients that were met for the first time since the last call.
    pub(crate) fn take_fresh(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.fresh)
    }

    pub(crate) fn put_server(&mut self, server: Server) -> u32 {
        let fingerprint = Printed::of(&server).fingerprint();
        self.servers.put(fingerprint, server).0
    }

    pub(crate) fn put_input(&mut self, input: Input) -> u32 {
        let fingerprint = Printed::of(&input).fingerprint();
        self.inputs.put(fingerprint, input).0
    }

    /// A client that begins, with what it asks.
    pub(crate) fn begin(&mut self, engine: Engine) -> Line {
        let (client, asked) = Client::begin(engine);
        let ClientStep { client, asked } = self.put_client(client, asked);
        Line {
            client,
            asked: asked.into(),
            told: VecDeque::new(),
            overtakes: 0,
        }
    }

    fn put_client(&mut self, client: Client, asked: Vec<Asked>) -> ClientStep {
        let fingerprint = client.printed().fingerprint();
        let (client, is_new) = self.clients.put(fingerprint, client);
        self.fresh.extend(is_new.then_some(client));
        let asked = asked.into_iter().map(|asked| {
            let fingerprint = Printed::of(&asked).fingerprint();
            self.asked.put(fingerprint, asked).0
        });
        ClientStep {
            client,
            asked: asked.collect(),
        }
    }

    /// Hands an input to a client.
    pub(crate) fn give(&mut self, now: Duration, line: &mut Line, input: u32) {
        let key = (line.client, now, input);
        let step = match self.client_steps.get(&key) {
            Some(step) => step.clone(),
            None => {
                let input = self.inputs.of(input).clone();
                let before = self.clients.of(line.client);
                let (client, asked) = before.after(Moment::new(now), input);
                let step = self.put_client(client, asked);
                self.client_steps.insert(key, step.clone());
                step
            }
        };
        line.client = step.client;
        line.asked.extend(step.asked);
    }

    /// Lets the server carry out the first request of a user; gives the server after it.
    pub(crate) fn serve(
        &mut self,
        server: u32,
        users: &[UserId],
        lines: &mut [Line],
        at: usize,
    ) -> u32 {
        let asked = lines[at].asked.pop_front().expect("something was asked");
        let step = self.served(server, users[at], asked);
        lines[at].told.push_back(Told::Answer(step.answer));
        for (user, push) in step.pushes {
            let to = users.iter().position(|one| *one == user);
            lines[to.expect("a known user")]
                .told
                .push_back(Told::Push(push));
        }
        step.server
    }

    fn served(&mut self, server: u32, user: UserId, asked: u32) -> ServerStep {
        let key = (server, user, asked);
        if let Some(step) = self.server_steps.get(&key) {
            return step.clone();
        }
        let mut next = self.servers.of(server).clone();
        let Asked { request, bytes } = self.asked.of(asked).clone();
        let outcome = match next.handle(user, &bytes) {
            Ok(response) => Outcome::Done(response),
            Err(error) => Outcome::Refused(error),
        };
        let answer = self.put_input(Input::Answer { request, outcome });
        let mut pushes = Vec::new();
        while let Some((user, update)) = next.poll_push() {
            pushes.push((user, self.put_input(Input::Update(update))));
        }
        let server = self.put_server(next);
        let step = ServerStep {
            server,
            answer,
            pushes,
        };
        self.server_steps.insert(key, step.clone());
        step
    }
}
