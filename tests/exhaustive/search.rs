//! The search through all orders of what can happen.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use confcall::join::engine::{CommandId, Input};
use confcall::media::Moment;

use crate::attacker::{self, HORIZON, Lie, SCHEMING};
use crate::laws::Laws;
use crate::network::{ALWAYS, Delivery, Line, Network, World};
use crate::pool::{Fingerprint, fingerprint};
use crate::script::{Order, Place, Script};
use crate::video_chat;

/// Within this virtual time a run must have come to rest.
const PATIENCE: Duration = Duration::from_secs(180);
/// More messages than this are not on their way at once to or from one client.
pub(crate) const MOST_UNDER_WAY: usize = 24;

/// One thing that can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The server carries out the first request of a client.
    Serve(usize),
    /// A client gets what the server sent it first.
    Deliver(usize),
    /// An answer overtakes the pushes before it, or a push the answers.
    Overtake(usize),
    /// A user wants what the script says.
    Order(usize),
    /// Time passes until the first client wants to be woken.
    Time,
    /// The server tells a lie.
    Lie(Lie),
}

/// Which orders of what can happen are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Each one.
    Full,
    /// One of those that differ only by what commutes.
    Reduced,
}

/// A call at one moment of one run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) now: Duration,
    /// The worlds that the server shows; an honest one shows one.
    pub(crate) worlds: Vec<World>,
    pub(crate) lines: Vec<Line>,
    /// Which orders were given.
    pub(crate) given: Vec<bool>,
    /// The number of times that time may still pass although messages are on their way.
    pub(crate) slow: u8,
    /// The number of lies that may still be told.
    pub(crate) lies: u8,
    pub(crate) place: Place,
}

impl State {
    /// The messages that can arrive next.
    pub(crate) fn messages(&self) -> impl Iterator<Item = Choice> {
        let lines = self.lines.iter().enumerate();
        lines.flat_map(|(at, line)| {
            [
                (!line.queries.is_empty()).then_some(Choice::Serve(at)),
                (!line.deliveries.is_empty()).then_some(Choice::Deliver(at)),
                line.overtaking().map(|_| Choice::Overtake(at)),
            ]
            .into_iter()
            .flatten()
        })
    }

    fn is_quiet(&self) -> bool {
        self.lines.iter().all(Line::is_quiet)
    }

    /// The choices to be tried next; none if the run is over.
    fn choices(
        &self,
        network: &Network,
        orders: &[Order],
        effort: Effort,
        scheming: Duration,
    ) -> Vec<Choice> {
        let possible = |at: &usize| !self.given[*at] && orders[*at].is_possible(network, self);
        let mut choices: Vec<_> = self.messages().collect();
        choices.extend((0..orders.len()).filter(possible).map(Choice::Order));
        if choices.is_empty() {
            let goes_on = !self.has_settled(network) && self.wake(network).is_some();
            choices.extend(goes_on.then_some(Choice::Time));
        } else if self.slow > 0 && !self.is_quiet() {
            choices.push(Choice::Time);
        } else if effort == Effort::Reduced && self.slow == 0 {
            let is_reduced = self.reduce(&mut choices, orders);
            if is_reduced {
                return choices;
            }
        }
        if self.lies > 0 && self.now <= scheming {
            choices.extend(attacker::lies(self).into_iter().map(Choice::Lie));
        }
        choices
    }

    /// Leaves only what can reach one client, where nothing else can change what that is.
    ///
    /// Acts of the others and the server add to the end of what is on its way to the client, so if nothing can overtake, or
    /// something that can is there already, it cannot change what comes next. Then all else commutes with that, and it
    /// is enough to try it first (a persistent set).
    fn reduce(&self, choices: &mut Vec<Choice>, orders: &[Order]) -> bool {
        let is_fixed = |line: &Line| {
            !line.deliveries.is_empty() && (line.overtakes == 0 || line.overtaking().is_some())
        };
        let Some(client) = self.lines.iter().position(is_fixed) else {
            return false;
        };
        choices.retain(|choice| match choice {
            Choice::Deliver(at) | Choice::Overtake(at) => *at == client,
            Choice::Order(at) => orders[*at].client == client,
            Choice::Serve(_) | Choice::Time | Choice::Lie(_) => false,
        });
        true
    }

    /// The client that wants to be woken first, and the time.
    fn wake(&self, network: &Network) -> Option<(Moment, usize)> {
        let lines = self.lines.iter().enumerate();
        let wakes =
            lines.filter_map(|(at, line)| Some((network.clients.of(line.client).node.wake?, at)));
        wakes.min()
    }

    /// Does one thing; gives whether it was a lie.
    pub(crate) fn take(&mut self, network: &mut Network, orders: &[Order], choice: Choice) -> bool {
        match choice {
            Choice::Serve(at) => {
                network.serve(&mut self.worlds, &mut self.lines, at);
                self.settle(network, self.lines[at].world);
            }
            Choice::Deliver(at) => self.deliver(network, at, 0),
            Choice::Overtake(at) => {
                let place = self.lines[at].overtaking().expect("something overtakes");
                if self.lines[at].overtakes != ALWAYS {
                    self.lines[at].overtakes -= 1;
                }
                self.deliver(network, at, place);
            }
            Choice::Order(at) => {
                self.given[at] = true;
                let order = &orders[at];
                let (id, command) = (CommandId::new(at as u64), order.command.clone());
                let command = network.put_input(Input::Command { id, command });
                network.give(self.now, &mut self.lines[order.client], command);
            }
            Choice::Time => {
                let (wake, at) = self.wake(network).expect("a client waits");
                if !self.is_quiet() {
                    self.slow -= 1;
                }
                self.now = wake.since(Moment::default()).max(self.now);
                let tick = network.put_input(Input::Tick);
                network.give(self.now, &mut self.lines[at], tick);
                for world in 0..self.worlds.len() {
                    network.wake(self.now, &mut self.worlds[world], tick);
                    self.settle(network, world);
                }
            }
            Choice::Lie(lie) => return self.tell(network, lie),
        }
        false
    }

    fn deliver(&mut self, network: &mut Network, at: usize, place: usize) {
        let line = &mut self.lines[at];
        let (Delivery::Answer(input) | Delivery::Push(input)) = line
            .deliveries
            .remove(place)
            .expect("something is on its way");
        network.give(self.now, line, input);
    }

    /// True if nothing is on its way, no command waits for its answer, and all who have not ended are in the call and have verified its
    /// newest block, which holds those who are connected and no others.
    pub(crate) fn has_settled(&self, network: &Network) -> bool {
        let clients = self
            .lines
            .iter()
            .map(|line| network.clients.of(line.client));
        let mut living = clients
            .filter(|client| client.node.ended.is_none())
            .peekable();
        if !self.is_quiet() || living.peek().is_none() {
            return self.is_quiet();
        }
        if self.place == Place::VideoChat {
            let server = network.servers.of(self.worlds[0].server);
            return living.all(|client| video_chat::has_settled(server, &client.node));
        }
        let is_in_order = |line: &Line| self.is_in_order(network, line);
        self.lines.iter().all(is_in_order)
    }

    /// True for a client that has ended, or has verified the newest block of its world, which holds those who are connected and no others.
    fn is_in_order(&self, network: &Network, line: &Line) -> bool {
        let client = network.clients.of(line.client);
        if client.node.ended.is_some() {
            return true;
        }
        let server = network.servers.of(self.worlds[line.world].server);
        let (Some(call), Some(membership)) =
            (server.calls().next(), client.node.engine.membership())
        else {
            return false;
        };
        let mut participants: Vec<_> = call
            .chain_state()
            .group_state()
            .participants
            .iter()
            .map(|one| one.user_id)
            .collect();
        participants.sort_unstable();
        let connected = call.members().map(|member| member.user_id());
        participants.into_iter().eq(connected)
            && client.node.unanswered.is_empty()
            && membership.state().hash() == call.chain_state().hash()
            && membership.verification().emoji_hash().is_some()
    }
}

/// The results of a search.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    /// The ends of the runs, with the number of different states at the end.
    pub(crate) ends: BTreeMap<String, usize>,
    /// The lies that were told, with the number of states in which each was.
    pub(crate) lies: BTreeMap<String, usize>,
    /// The longest virtual time until a run has come to rest.
    pub(crate) longest: Duration,
}

/// The way to a state: from which one, by what.
#[derive(Clone, Copy)]
struct Step {
    from: usize,
    by: Choice,
}

/// Tries every order of everything that can happen in a script, and checks the laws in every state.
pub(crate) fn search(name: &str, script: &Script, effort: Effort) -> Found {
    let began = Instant::now();
    let mut network = Network::new();
    let root = script.begin(&mut network);
    let began_at = root.now;
    let is_honest = script.lies == 0;
    let mut laws = Laws::new(is_honest);
    let mut found = Found::default();
    let mut seen: HashSet<Fingerprint> = HashSet::from([fingerprint(&root)]);
    let mut steps: Vec<Step> = vec![Step {
        from: 0,
        by: Choice::Time,
    }];
    let mut open = vec![(root.clone(), 0)];
    while let Some((state, at)) = open.pop() {
        if let Err(broken) = laws.check(&mut network, &state, began_at + PATIENCE) {
            let run = retrace(script, &mut network, root, &steps, at);
            panic!("{name}: {broken}, after\n{run}");
        }
        if !is_honest && state.now > began_at + HORIZON {
            continue;
        }
        let scheming = began_at + SCHEMING;
        let choices = state.choices(&network, &script.orders, effort, scheming);
        if choices.is_empty() {
            let ended = match script.place {
                Place::Conference => laws.check_end(&mut network, &state),
                Place::VideoChat => video_chat::check_end(&network, &state),
            };
            if let Err(broken) = ended {
                let run = retrace(script, &mut network, root, &steps, at);
                panic!("{name}: {broken}, after\n{run}");
            }
            *found.ends.entry(end(&network, &state)).or_default() += 1;
            found.longest = found.longest.max(state.now - began_at);
        }
        for by in choices {
            found.transitions += 1;
            let mut next = state.clone();
            if next.take(&mut network, &script.orders, by)
                && let Choice::Lie(lie) = by
            {
                *found.lies.entry(lie.name()).or_default() += 1;
            }
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
        network.inputs.len() + network.queries.len(),
        began.elapsed(),
        found.longest,
    );
    for (end, count) in &found.ends {
        println!("    {count} × {end}");
    }
    found
}

/// The end of a run for each client.
fn end(network: &Network, state: &State) -> String {
    let ends = state.lines.iter().map(|line| {
        let client = network.clients.of(line.client);
        match &client.node.ended {
            Some(ended) => ended.reason.to_string(),
            None if state.place == Place::VideoChat => video_chat::voice(&client.node),
            None => "in".to_owned(),
        }
    });
    ends.collect::<Vec<_>>().join(" | ")
}

/// A run in words, from its beginning.
fn retrace(
    script: &Script,
    network: &mut Network,
    root: State,
    steps: &[Step],
    mut at: usize,
) -> String {
    let mut choices = Vec::new();
    while at != 0 {
        choices.push(steps[at].by);
        at = steps[at].from;
    }
    let mut state = root;
    let mut text = String::new();
    for choice in choices.into_iter().rev() {
        let what = match choice {
            Choice::Serve(at) => {
                let query = network.queries.of(state.lines[at].queries[0]);
                let request = confcall::join::api::Request::from_tl(&query.bytes);
                format!(
                    "{} {:?}",
                    query.request,
                    request.map(|request| request.method())
                )
            }
            Choice::Deliver(at) => describe(network, &state.lines[at], 0),
            Choice::Overtake(at) => {
                let place = state.lines[at].overtaking();
                describe(network, &state.lines[at], place.unwrap_or(0))
            }
            Choice::Order(_) | Choice::Time | Choice::Lie(_) => String::new(),
        };
        state.take(network, &script.orders, choice);
        let what: String = what.chars().take(160).collect();
        text += &format!("{:>9.3} {choice:?} {what}\n", state.now.as_secs_f64());
    }
    text
}

fn describe(network: &Network, line: &Line, place: usize) -> String {
    let (Delivery::Answer(input) | Delivery::Push(input)) = line.deliveries[place];
    format!("{:?}", network.inputs.of(input))
}
