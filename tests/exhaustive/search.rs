use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use confcall::UserId;
use confcall::join::engine::Input;
use confcall::media::Moment;

use crate::laws::Laws;
use crate::network::{Line, Network};
use crate::pool::{Fingerprint, fingerprint};
use crate::script::{Order, Script};

/// Within this virtual time a run must have come to rest.
const PATIENCE: Duration = Duration::from_secs(180);
/// More messages than this are not on their way at once to or from one client.
pub(crate) const MOST_UNDER_WAY: usize = 24;

/// One thing that can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The server carries out the first request of a client.
    Serve(usize),
    /// A client gets its next answer.
    Answer(usize),
    /// A client gets its next push.
    Push(usize),
    /// A user wants what the script says.
    Order(usize),
    /// Time passes until the first client wants to be woken.
    Time,
}

/// A call at one moment of one run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) now: Duration,
    pub(crate) server: u32,
    pub(crate) lines: Vec<Line>,
    /// Which orders were given.
    pub(crate) given: Vec<bool>,
    /// How often time may still pass although messages are on their way.
    pub(crate) slow: u8,
}

impl State {
    /// The messages that can arrive next.
    pub(crate) fn messages(&self) -> impl Iterator<Item = Choice> {
        let lines = self.lines.iter().enumerate();
        lines.flat_map(|(at, line)| {
            [
                (!line.asked.is_empty()).then_some(Choice::Serve(at)),
                (!line.answers.is_empty()).then_some(Choice::Answer(at)),
                (!line.pushes.is_empty()).then_some(Choice::Push(at)),
            ]
            .into_iter()
            .flatten()
        })
    }

    fn is_quiet(&self) -> bool {
        self.lines.iter().all(Line::is_quiet)
    }

    /// Everything that can happen next; nothing if the run is over.
    fn choices(&self, network: &Network, orders: &[Order]) -> Vec<Choice> {
        let possible = |at: &usize| !self.given[*at] && orders[*at].is_possible(network, self);
        let mut choices: Vec<_> = self.messages().collect();
        choices.extend((0..orders.len()).filter(possible).map(Choice::Order));
        let time_passes = match choices.is_empty() {
            true => !self.is_over(network, orders),
            false => self.slow > 0 && !self.is_quiet(),
        };
        choices.extend((time_passes && self.wake(network).is_some()).then_some(Choice::Time));
        choices
    }

    /// When the first client wants to be woken, and which.
    fn wake(&self, network: &Network) -> Option<(Moment, usize)> {
        let lines = self.lines.iter().enumerate();
        let wakes = lines.filter_map(|(at, line)| Some((network.clients.of(line.client).wake?, at)));
        wakes.min()
    }

    /// Does one thing.
    pub(crate) fn take(
        &mut self,
        network: &mut Network,
        users: &[UserId],
        orders: &[Order],
        choice: Choice,
    ) {
        match choice {
            Choice::Serve(at) => {
                self.server = network.serve(self.server, users, &mut self.lines, at);
            }
            Choice::Answer(at) => {
                let line = &mut self.lines[at];
                let answer = line.answers.pop_front().expect("an answer");
                network.give(self.now, line, answer);
            }
            Choice::Push(at) => {
                let line = &mut self.lines[at];
                let push = line.pushes.pop_front().expect("a push");
                network.give(self.now, line, push);
            }
            Choice::Order(at) => {
                self.given[at] = true;
                let order = &orders[at];
                let command = network.put_input(Input::Command(order.command.clone()));
                network.give(self.now, &mut self.lines[order.client], command);
            }
            Choice::Time => {
                let (wake, at) = self.wake(network).expect("somebody waits");
                if !self.is_quiet() {
                    self.slow -= 1;
                }
                self.now = wake.since(Moment::default()).max(self.now);
                let tick = network.put_input(Input::Tick);
                network.give(self.now, &mut self.lines[at], tick);
            }
        }
    }

    /// Whether everything that was wanted has happened and nothing is on its way.
    fn is_over(&self, network: &Network, orders: &[Order]) -> bool {
        let clients = orders.iter().map(|order| self.lines[order.client].client);
        let mut orders = self.given.iter().zip(clients);
        // Whoever has ended wants nothing any more.
        let is_done = |(given, client): (&bool, u32)| *given || network.clients.of(client).ended.is_some();
        orders.all(is_done) && self.has_settled(network)
    }

    /// Whether nothing is on its way, and whoever has not ended is in the call and has verified its newest block,
    /// which holds those who are connected and nobody else.
    pub(crate) fn has_settled(&self, network: &Network) -> bool {
        let clients = self.lines.iter().map(|line| network.clients.of(line.client));
        let mut living = clients.filter(|client| client.ended.is_none()).peekable();
        if !self.is_quiet() || living.peek().is_none() {
            return self.is_quiet();
        }
        let Some(call) = network.servers.of(self.server).calls().next() else {
            return false;
        };
        let mut participants: Vec<_> = call.chain_state().group_state().participants.iter().map(|one| one.user_id).collect();
        participants.sort_unstable();
        let connected = call.members().map(|member| member.user_id());
        participants.into_iter().eq(connected)
            && living.all(|client| {
                client.engine.membership().is_some_and(|membership| {
                    membership.state().hash() == call.chain_state().hash()
                        && membership.verification().emoji_hash().is_some()
                })
            })
    }
}

/// What a search has come to.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    /// How the runs end, with the number of different states at the end.
    pub(crate) ends: BTreeMap<String, usize>,
    /// The longest virtual time until a run has come to rest.
    pub(crate) longest: Duration,
}

/// How a state was reached: from which one, by what.
#[derive(Clone, Copy)]
struct Step {
    from: usize,
    by: Choice,
}

/// Tries every order of everything that can happen in a script, and checks the laws in every state.
pub(crate) fn search(name: &str, script: &Script) -> Found {
    let began = Instant::now();
    let mut network = Network::new();
    let users = script.users();
    let root = script.begin(&mut network);
    let began_at = root.now;
    let mut laws = Laws::new();
    let mut found = Found::default();
    let mut seen: HashSet<Fingerprint> = HashSet::from([fingerprint(&root)]);
    let mut steps: Vec<Step> = vec![Step { from: 0, by: Choice::Time }];
    let mut open = vec![(root.clone(), 0)];
    while let Some((state, at)) = open.pop() {
        if let Err(broken) = laws.check(&mut network, &state, began_at + PATIENCE) {
            let run = tell(script, &mut network, root, &steps, at);
            panic!("{name}: {broken}, after\n{run}");
        }
        let choices = state.choices(&network, &script.orders);
        if choices.is_empty() {
            if let Err(broken) = laws.check_end(&mut network, &state) {
                let run = tell(script, &mut network, root, &steps, at);
                panic!("{name}: {broken}, after\n{run}");
            }
            let end = end(&network, &state);
            if std::env::var("EXPLAIN").is_ok_and(|part| end.contains(&part)) {
                println!("{end}:\n{}", tell(script, &mut network, root.clone(), &steps, at));
            }
            *found.ends.entry(end).or_default() += 1;
            found.longest = found.longest.max(state.now - began_at);
        }
        for by in choices {
            found.transitions += 1;
            let mut next = state.clone();
            next.take(&mut network, &users, &script.orders, by);
            if seen.insert(fingerprint(&next)) {
                steps.push(Step { from: at, by });
                open.push((next, steps.len() - 1));
            }
        }
    }
    found.states = seen.len();
    println!(
        "{name}: {} states, {} transitions; {} states of clients, {} of the server, {} messages; {:.1?}, longest run {:.1?}",
        found.states,
        found.transitions,
        network.clients.len(),
        network.servers.len(),
        network.inputs.len() + network.asked.len(),
        began.elapsed(),
        found.longest,
    );
    for (end, count) in &found.ends {
        println!("    {count} × {end}");
    }
    found
}

/// How a run ended for each client.
fn end(network: &Network, state: &State) -> String {
    let ends = state.lines.iter().map(|line| {
        let client = network.clients.of(line.client);
        match &client.ended {
            Some(ended) => ended.reason.to_string(),
            None => "in".to_owned(),
        }
    });
    ends.collect::<Vec<_>>().join(" | ")
}

/// A run in words, from its beginning.
fn tell(script: &Script, network: &mut Network, root: State, steps: &[Step], mut at: usize) -> String {
    let mut choices = Vec::new();
    while at != 0 {
        choices.push(steps[at].by);
        at = steps[at].from;
    }
    let (mut state, users) = (root, script.users());
    let mut text = String::new();
    for choice in choices.into_iter().rev() {
        let what = match choice {
            Choice::Serve(at) => {
                let asked = network.asked.of(state.lines[at].asked[0]);
                let request = confcall::join::api::Request::from_tl(&asked.bytes);
                format!("{} {:?}", asked.request, request.map(|request| request.method()))
            }
            Choice::Answer(at) => format!("{:?}", network.inputs.of(state.lines[at].answers[0])),
            Choice::Push(at) => format!("{:?}", network.inputs.of(state.lines[at].pushes[0])),
            Choice::Order(_) | Choice::Time => String::new(),
        };
        state.take(network, &users, &script.orders, choice);
        let what: String = what.chars().take(160).collect();
        text += &format!("{:>9.3} {choice:?} {what}\n", state.now.as_secs_f64());
    }
    text
}
