//! Everything that was met in any run, and what each step leads to.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use confcall::UserId;
use confcall::join::api::{Service as _, Update};
use confcall::join::engine::{Engine, Input};
use confcall::media::Moment;
use confcall_server::Server;
use confcall_simulator::outcome;

use crate::client::{Client, Query};
use crate::pool::{Pool, Printed};

/// A client of a run, with what is on its way from it and to it; all by their numbers in the pools.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    pub(crate) client: u32,
    pub(crate) queries: VecDeque<u32>,
    pub(crate) deliveries: VecDeque<Delivery>,
    /// The number of times that an answer may still overtake pushes, or a push answers.
    pub(crate) overtakes: u8,
}

/// So often as there is something to overtake.
pub(crate) const ALWAYS: u8 = u8::MAX;

/// An answer or a push on its way to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Delivery {
    Answer(u32),
    Push(u32),
}

impl Line {
    pub(crate) fn is_quiet(&self) -> bool {
        self.queries.is_empty() && self.deliveries.is_empty()
    }

    /// The place of the first one that may overtake the first of all.
    pub(crate) fn overtaking(&self) -> Option<usize> {
        let is_answer = |one: &Delivery| matches!(one, Delivery::Answer(_));
        let first = is_answer(self.deliveries.front().filter(|_| self.overtakes > 0)?);
        let mut deliveries = self.deliveries.iter();
        deliveries.position(|one| is_answer(one) != first)
    }
}

/// The result of a step of a client.
#[derive(Clone)]
struct ClientStep {
    client: u32,
    queries: Vec<u32>,
}

/// The result of a step of the server.
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
    pub(crate) queries: Pool<Query>,
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
            queries: Pool::new(),
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

    /// A client that begins, with its first requests.
    pub(crate) fn begin(&mut self, user: UserId, engine: Engine, now: Moment) -> Line {
        let (client, queries) = Client::begin(user, engine, now);
        let ClientStep { client, queries } = self.put_client(client, queries);
        Line {
            client,
            queries: queries.into(),
            deliveries: VecDeque::new(),
            overtakes: 0,
        }
    }

    fn put_client(&mut self, client: Client, queries: Vec<Query>) -> ClientStep {
        let fingerprint = client.printed().fingerprint();
        let (client, is_new) = self.clients.put(fingerprint, client);
        self.fresh.extend(is_new.then_some(client));
        let queries = queries.into_iter().map(|query| {
            let fingerprint = Printed::of(&query).fingerprint();
            self.queries.put(fingerprint, query).0
        });
        ClientStep {
            client,
            queries: queries.collect(),
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
                let (client, queries) = before.after(Moment::new(now), input);
                let step = self.put_client(client, queries);
                self.client_steps.insert(key, step.clone());
                step
            }
        };
        line.client = step.client;
        line.queries.extend(step.queries);
    }

    /// Lets the server carry out the first request of a user; gives the server after it.
    pub(crate) fn serve(
        &mut self,
        server: u32,
        users: &[UserId],
        lines: &mut [Line],
        at: usize,
    ) -> u32 {
        let query = lines[at]
            .queries
            .pop_front()
            .expect("a request is on its way");
        let step = self.served(server, users[at], query);
        lines[at]
            .deliveries
            .push_back(Delivery::Answer(step.answer));
        for (user, push) in step.pushes {
            let to = users.iter().position(|one| *one == user);
            lines[to.expect("a known user")]
                .deliveries
                .push_back(Delivery::Push(push));
        }
        step.server
    }

    fn served(&mut self, server: u32, user: UserId, query: u32) -> ServerStep {
        let key = (server, user, query);
        if let Some(step) = self.server_steps.get(&key) {
            return step.clone();
        }
        let mut next = self.servers.of(server).clone();
        let Query { request, bytes } = self.queries.of(query).clone();
        let outcome = outcome(next.handle(user, &bytes));
        let answer = self.put_input(Input::Answer { request, outcome });
        let mut pushes = Vec::new();
        while let Some((user, updates)) = next.poll_push() {
            // Names are shown and decide nothing: every order of them would be searched in vain.
            let is_name = |update: &Update| matches!(update, Update::Labels(_));
            let updates = updates.0.into_iter().filter(|update| !is_name(update));
            pushes.extend(updates.map(|update| (user, self.put_input(Input::Update(update)))));
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
