//! Everything that was met in any run, and what each step leads to.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use confcall::UserId;
use confcall::join::api::{Service as _, Update};
use confcall::join::engine::{Engine, Input, Outcome};
use confcall::media::Moment;
use confcall::state::PublicKey;
use confcall_server::Server;
use confcall_simulator::outcome;

use crate::attacker::Forgery;
use crate::client::{Client, Query};
use crate::pool::{Pool, Printed};

/// A client of a run, with what is on its way from it and to it; all by their numbers in the pools.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    pub(crate) user: UserId,
    pub(crate) client: u32,
    /// The world that the client is shown.
    pub(crate) world: usize,
    pub(crate) queries: VecDeque<u32>,
    pub(crate) deliveries: VecDeque<Delivery>,
    /// The number of times that an answer may still overtake pushes, or a push answers.
    pub(crate) overtakes: u8,
}

/// The server as it is shown to some of the clients, with the members that the attacker has in it.
///
/// An honest server shows one world to all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) server: u32,
    /// They act at once, as soon as something reaches them.
    pub(crate) insiders: Vec<Line>,
}

/// Takes over a step of a world's server, and sends its pushes to who is in that world.
fn show(step: &ServerStep, number: usize, world: &mut World, lines: &mut [Line]) {
    world.server = step.server;
    let shown = lines.iter_mut().filter(|line| line.world == number);
    for line in shown.chain(&mut world.insiders) {
        let pushes = step.pushes.iter().filter(|(user, _)| *user == line.user);
        line.deliveries
            .extend(pushes.map(|(_, push)| Delivery::Push(*push)));
    }
}

impl World {
    pub(crate) fn of(server: u32) -> Self {
        Self {
            server,
            insiders: Vec::new(),
        }
    }
}

/// An insider comes to rest within so many acts.
const MOST_ACTS: usize = 2_000;

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
    /// The keys under which somebody wanted to join, each with who it was.
    pub(crate) announced: HashSet<(UserId, PublicKey)>,
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
            announced: HashSet::new(),
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
            user,
            client,
            world: 0,
            queries: queries.into(),
            deliveries: VecDeque::new(),
            overtakes: 0,
        }
    }

    fn put_client(&mut self, client: Client, queries: Vec<Query>) -> ClientStep {
        let keys = queries.iter().filter_map(|query| query.public_key);
        self.announced
            .extend(keys.map(|key| (client.node.user, key)));
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

    /// Lets the server carry out the first request of a client in the client's world.
    pub(crate) fn serve(&mut self, worlds: &mut [World], lines: &mut [Line], at: usize) {
        let query = lines[at]
            .queries
            .pop_front()
            .expect("a request is on its way");
        let (user, number) = (lines[at].user, lines[at].world);
        let step = self.served(worlds[number].server, user, query);
        lines[at]
            .deliveries
            .push_back(Delivery::Answer(step.answer));
        show(&step, number, &mut worlds[number], lines);
    }

    /// Wakes the insiders of a world whose time has come.
    pub(crate) fn wake(&mut self, now: Duration, world: &mut World, tick: u32) {
        for insider in &mut world.insiders {
            let wake = self.clients.of(insider.client).node.wake;
            if wake.is_some_and(|wake| wake <= Moment::new(now)) {
                self.give(now, insider, tick);
            }
        }
    }

    /// Lets the insiders of a world act until nothing is left for them to do.
    pub(crate) fn settle(
        &mut self,
        now: Duration,
        worlds: &mut [World],
        lines: &mut [Line],
        number: usize,
    ) {
        for _ in 0..MOST_ACTS {
            let world = &mut worlds[number];
            let mut insiders = world.insiders.iter_mut();
            let Some(insider) = insiders.find(|one| !one.is_quiet()) else {
                return;
            };
            if let Some(delivery) = insider.deliveries.pop_front() {
                let (Delivery::Answer(input) | Delivery::Push(input)) = delivery;
                self.give(now, insider, input);
            } else if let Some(query) = insider.queries.pop_front() {
                let step = self.served(world.server, insider.user, query);
                insider.deliveries.push_back(Delivery::Answer(step.answer));
                show(&step, number, world, lines);
            }
        }
        panic!("an insider does not come to rest");
    }

    /// Loses the first request of a client, whose connection ends.
    pub(crate) fn lose(&mut self, line: &mut Line) {
        let query = line.queries.pop_front().expect("a request is on its way");
        let request = self.queries.of(query).request;
        let outcome = Outcome::Lost;
        let answer = self.put_input(Input::Answer { request, outcome });
        line.deliveries.push_back(Delivery::Answer(answer));
    }

    /// Has another server answer the first request of a client, which is carried out nowhere.
    pub(crate) fn answer_by(&mut self, server: u32, line: &mut Line) {
        let query = line.queries.pop_front().expect("a request is on its way");
        let step = self.served(server, line.user, query);
        line.deliveries.push_back(Delivery::Answer(step.answer));
    }

    /// Changes the blocks of the answer at this place; gives whether it has some.
    pub(crate) fn forge(&mut self, line: &mut Line, place: usize, forgery: Forgery) -> bool {
        let Delivery::Answer(answer) = line.deliveries[place] else {
            panic!("an answer is there");
        };
        let forged = forgery.of(self.inputs.of(answer));
        let is_forged = forged.is_some();
        if let Some(forged) = forged {
            line.deliveries[place] = Delivery::Answer(self.put_input(forged));
        }
        is_forged
    }

    fn served(&mut self, server: u32, user: UserId, query: u32) -> ServerStep {
        let key = (server, user, query);
        if let Some(step) = self.server_steps.get(&key) {
            return step.clone();
        }
        let mut next = self.servers.of(server).clone();
        let Query { request, bytes, .. } = self.queries.of(query).clone();
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
