//! A world of clients and a server under one clock, and everything that can be done in it.

use std::collections::BTreeMap;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_join::api::{
    Method, Request, Response, RpcError, Service as _, Update, Updates, VideoLayers,
};
use confcall_join::engine::{Command, CommandId, Config, EndReason, Engine, Input, Outcome};
use confcall_join::joining::{CheckedJoin, Target};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_join::policy::ConferenceJoin;
use confcall_media::Moment;
use confcall_server::faults::Faults;
use confcall_server::{Server, ServerOptions};
use confcall_state::keys::Seed;
use confcall_state::{Block, BlockHash, EmojiHash, JoinBlock, Joiner, UserId};

use crate::fixtures::{media, media_with};
use crate::history::history;
use crate::hostility::Hostility;
use crate::node::{Node, SentRequest};
use crate::rule::{Rule, Verdict};
use crate::transit::{Arrival, Held, HeldRequest, NodeId, Sender, Transit};

/// Engines and a server, under a virtual clock.
#[derive(Debug)]
pub struct World {
    /// The server.
    pub server: Server,
    /// The clients.
    pub nodes: Vec<Node>,
    /// The faults of the network.
    pub faults: Faults,
    /// Verdicts on certain requests, before the faults; the first rule that fits counts.
    pub rules: Vec<Rule>,
    /// A server that lies; without it the server is honest.
    pub hostility: Option<Hostility>,
    /// The time without a request after which the server disconnects a member.
    pub silence: Option<Duration>,
    /// The layers of the cameras of those who join from now on, who have none without.
    pub video: Option<VideoLayers>,
    /// Requests and pushes that wait for a script, if the network delivers nothing by itself.
    pub held: Option<Held>,
    /// Counts of the faults of the network that have occurred.
    pub fault_counts: BTreeMap<&'static str, u64>,
    /// The number of clients that went on from a checkpoint.
    pub restored: u64,
    transit: Transit,
    /// The end of the newest outage.
    outage_until: Duration,
    /// The time at which the server looks for silent members next.
    next_sweep: Duration,
    /// The messages that clients sent, and their users.
    written: BTreeMap<RandomId, (UserId, GroupMessage)>,
    /// The emoji of each block, and the user to whom they were shown first.
    emoji: BTreeMap<BlockHash, (UserId, EmojiHash)>,
    /// The number of commands that were given.
    commands: u64,
    rng: ChaCha20Rng,
}

/// The key of the checkpoints.
const KEY: [u8; 32] = [5; 32];
/// A client's patience with a request, after which it takes the answer for lost.
const PATIENCE: Duration = Duration::from_secs(5);
/// The server's patience with a member of which it hears nothing.
const SILENCE: Duration = Duration::from_secs(30);

// The clock, and chance.
impl World {
    /// A world without clients.
    pub fn new(seed: u64, faults: Faults) -> Self {
        let options = ServerOptions {
            seed,
            ..ServerOptions::default()
        };
        Self::with_server(Server::new(options), seed, faults)
    }

    /// A world without clients around a server.
    pub fn with_server(server: Server, seed: u64, faults: Faults) -> Self {
        Self {
            server,
            nodes: Vec::new(),
            faults,
            rules: Vec::new(),
            hostility: None,
            silence: Some(SILENCE),
            video: None,
            held: None,
            fault_counts: BTreeMap::new(),
            restored: 0,
            transit: Transit::new(),
            outage_until: Duration::ZERO,
            next_sweep: SILENCE,
            written: BTreeMap::new(),
            emoji: BTreeMap::new(),
            commands: 0,
            rng: ChaCha20Rng::seed_from_u64(seed),
        }
    }

    /// The virtual time since the world began.
    pub fn now(&self) -> Duration {
        self.transit.now()
    }

    /// The virtual time as engines take it.
    pub fn moment(&self) -> Moment {
        Moment::new(self.now())
    }

    /// The world's own randomness, for scripts.
    pub fn rng(&mut self) -> &mut ChaCha20Rng {
        &mut self.rng
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.rng.next_u32() as usize % end.max(1)
    }

    /// A fresh secret seed for an engine.
    pub fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        seed
    }

    /// The only call, as a link leads to it.
    pub fn link(&self) -> Target {
        let call = self.server.calls().next().expect("there is a call");
        Target::Slug(call.slug().clone())
    }

    /// The events of all clients, for a run that fails.
    pub fn history(&self) -> String {
        history(self.now(), &self.server, &self.nodes)
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let until = self.now() + time;
        while self.step(until) {}
    }

    /// Lets time pass until something holds; says whether it did within a time.
    pub fn run_while_not(&mut self, time: Duration, mut holds: impl FnMut(&Self) -> bool) -> bool {
        let until = self.now() + time;
        while !holds(self) {
            if !self.step(until) {
                return false;
            }
        }
        true
    }

    /// Lets time pass up to the next thing that happens; says whether anything did by then.
    pub fn step(&mut self, until: Duration) -> bool {
        let Some(arrival) = self.transit.next(until) else {
            return false;
        };
        self.disconnect_silent_members();
        match arrival {
            Arrival::Request {
                sender,
                user,
                body,
                verdict,
            } => {
                let body = *body;
                let request = HeldRequest { sender, user, body };
                if let Some(outcome) = self.carry_out(&request, verdict) {
                    let delay = self.faults.delay(&mut self.rng);
                    self.transit.add(delay, Arrival::Answer { sender, outcome });
                }
                self.push_out();
            }
            Arrival::Answer { sender, outcome } => self.answer(sender, outcome),
            Arrival::Push { node, updates } if !self.nodes[node].is_asleep => {
                self.receive(node, updates);
            }
            Arrival::Wake { node } if self.is_due(node) => self.input(node, Input::Tick),
            Arrival::Push { .. } | Arrival::Wake { .. } => {}
        }
        true
    }

    fn is_due(&self, node: NodeId) -> bool {
        let node = &self.nodes[node];
        !node.is_asleep && node.wake.is_some_and(|wake| wake <= self.moment())
    }
}

// The clients.
impl World {
    /// Starts a client of a user; users are numbered from 1 in the order of their first client.
    pub fn join(&mut self, target: Target) -> NodeId {
        let user = UserId::new(self.nodes.len() as i64 + 1);
        self.join_as(user, target)
    }

    /// Starts a client of this user.
    pub fn join_as(&mut self, user: UserId, target: Target) -> NodeId {
        let media = media_with(self.video, &mut self.rng);
        self.start(Config::new(target, Joiner::new(user), media))
    }

    /// Starts a client with a configuration.
    pub fn start(&mut self, config: Config) -> NodeId {
        let seed = self.seed();
        self.add(Node::enter(config, seed, self.moment()))
    }

    /// Starts a client whose engine is recorded.
    pub fn start_recorded(&mut self, config: Config) -> NodeId {
        let seed = self.seed();
        self.start_recorded_from(config, seed)
    }

    /// Starts a client whose engine is recorded, from a seed of its own.
    pub fn start_recorded_from(&mut self, config: Config, seed: [u8; 32]) -> NodeId {
        self.add(Node::recorded(config, seed, self.moment()))
    }

    /// Adds a client that was made outside, and does what it wants first.
    pub fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        let node = self.nodes.len() - 1;
        self.take_turn(node, 0, 0);
        node
    }

    /// Stops a client without a word, as a crash does: nothing reaches it any more.
    pub fn stop(&mut self, node: NodeId) {
        self.nodes[node].stop();
    }

    /// Puts an engine in the place of a client's, as after a restart; late answers do not reach it.
    pub fn replace(&mut self, node: NodeId, engine: Engine) {
        let (now, requests) = (self.moment(), self.nodes[node].requests.len());
        let events = self.nodes[node].events.len();
        self.nodes[node].replace(engine, now);
        self.take_turn(node, requests, events);
    }

    /// Stops a client and lets it go on from a checkpoint, if it is where one can be taken.
    ///
    /// # Panics
    ///
    /// If the checkpoint is not taken again.
    pub fn crash(&mut self, node: NodeId) {
        let number = self.next_checkpoint(node);
        if let Ok(blob) = self.nodes[node].engine.checkpoint(&KEY, number) {
            self.go_on(node, &blob, number);
        }
    }

    /// Lets a client stop for a planned restart, and go on, if it is where it can.
    ///
    /// # Panics
    ///
    /// If the checkpoint is not taken again, or the client does not end.
    pub fn suspend(&mut self, node: NodeId) {
        let (number, now) = (self.next_checkpoint(node), self.moment());
        let client = &mut self.nodes[node];
        let (requests, events) = (client.requests.len(), client.events.len());
        let Ok(blob) = client.suspend(now, &KEY, number) else {
            return;
        };
        self.take_turn(node, requests, events);
        assert_eq!(self.end(node), &EndReason::Suspended);
        self.go_on(node, &blob, number);
    }

    fn next_checkpoint(&self, node: NodeId) -> u64 {
        u64::from(self.nodes[node].life)
    }

    fn go_on(&mut self, node: NodeId, blob: &[u8], number: u64) {
        let joiner = Joiner::new(self.nodes[node].user);
        let config = Config::new(self.link(), joiner, media(&mut self.rng));
        let (seed, now) = (self.seed(), self.moment());
        let restored = Engine::restore(blob, &KEY, number, config, Seed::copy_of(&seed), now);
        let restored = restored.expect("an engine takes its own checkpoint");
        self.replace(node, restored.engine);
        self.restored += 1;
    }

    /// Lets neither pushes nor ticks reach a client, as on a host that gives it no time; answers still do.
    pub fn put_to_sleep(&mut self, node: NodeId) {
        self.nodes[node].is_asleep = true;
    }

    /// Ends a client's sleep with a tick.
    pub fn wake_up(&mut self, node: NodeId) {
        self.nodes[node].is_asleep = false;
        self.input(node, Input::Tick);
    }

    /// Gives a client a command; the number of it comes back with its answer.
    pub fn command(&mut self, node: NodeId, command: Command) -> CommandId {
        let id = CommandId::new(self.commands);
        self.commands += 1;
        if let Command::Send(message) = &command {
            let written = (self.nodes[node].user, message.clone());
            self.written.insert(message.random_id(), written);
        }
        self.input(node, Input::Command { id, command });
        id
    }

    /// Hands an input to a client's engine and does what it wants.
    pub fn input(&mut self, node: NodeId, input: Input) {
        let now = self.moment();
        let client = &mut self.nodes[node];
        let (requests, events) = (client.requests.len(), client.events.len());
        client.handle_input(now, input);
        self.take_turn(node, requests, events);
    }

    /// Takes what came out of a client since it had so many requests and events.
    fn take_turn(&mut self, node: NodeId, requests: usize, events: usize) {
        let client = &self.nodes[node];
        if client.events.len() > events {
            self.check_emoji(node);
        }
        let sent = self.nodes[node].requests[requests..].to_vec();
        sent.into_iter()
            .for_each(|request| self.send(node, request));
        if let Some(wake) = self.nodes[node].wake {
            let at = wake.since(Moment::default()).max(self.now());
            self.transit.add_at(at, Arrival::Wake { node });
        }
    }

    /// For one block all users are shown the same emoji, at all times.
    fn check_emoji(&mut self, node: NodeId) {
        let user = self.nodes[node].user;
        for (block, emoji) in &self.nodes[node].emoji {
            let (first, shown) = *self.emoji.entry(*block).or_insert((user, *emoji));
            assert!(
                shown == *emoji,
                "users {first} and {user} see other emoji for one block\n{}",
                history(self.transit.now(), &self.server, &self.nodes)
            );
        }
    }

    /// The message of this id, if a client sent it, and its user.
    pub(crate) fn written(&self, id: RandomId) -> Option<&(UserId, GroupMessage)> {
        self.written.get(&id)
    }
}

// The network.
impl World {
    /// Lets nothing pass the network for a time.
    pub fn cut(&mut self, time: Duration) {
        self.outage_until = self.now() + time;
    }

    /// Lets a user without a client join, or join again, which makes a block.
    ///
    /// # Panics
    ///
    /// If there is no call, or the server refuses the join.
    pub fn land_a_block(&mut self, user: UserId) {
        let call = self.server.calls().next().expect("there is a call");
        let reference = call.reference();
        let tip = call.blocks().last().expect("the call has begun");
        let tip = Block::from_server(tip).expect("the server has blocks");
        let join = JoinBlock::add_self(&tip, Joiner::new(user), &mut self.rng);
        let join = join.expect("any tip can be built on");
        let join = ConferenceJoin {
            call: reference,
            block: CheckedJoin::new(Some(&tip), &join).expect("it adds the user"),
            media: media(&mut self.rng),
        };
        let request = Request::from(join.into_request());
        let answer = self.server.answer(user, &request);
        answer.expect("the server takes the block");
        self.push_out();
    }

    /// Lets nothing pass between one client and the server, which is as if the others' network were another one.
    pub fn cut_off(&mut self, node: NodeId) {
        self.nodes[node].is_cut_off = true;
    }

    /// Ends that: what was under way is lost all the same.
    pub fn reconnect(&mut self, node: NodeId) {
        self.nodes[node].is_cut_off = false;
    }

    /// Holds all requests and pushes from now on, until a script delivers them one by one.
    pub fn hold(&mut self) {
        self.held = Some(Held::default());
    }

    fn send(&mut self, node: NodeId, request: SentRequest) {
        let SentRequest { id, body, .. } = request;
        let Node { user, life, .. } = self.nodes[node];
        let sender = Sender {
            node,
            life,
            request: id,
        };
        let request = HeldRequest { sender, user, body };
        if let Some(held) = &mut self.held {
            return held.requests.push(request);
        }
        let verdict = self.verdict(&request);
        if matches!(verdict, Verdict::Lose | Verdict::LoseAnswer) {
            let outcome = Outcome::Lost;
            self.transit
                .add(PATIENCE, Arrival::Answer { sender, outcome });
        }
        if !matches!(verdict, Verdict::Lose) {
            let delay = self.faults.delay(&mut self.rng);
            let body = Box::new(request.body);
            let arrival = Arrival::Request {
                sender,
                user,
                body,
                verdict,
            };
            self.transit.add(delay, arrival);
        }
    }

    /// The verdict on a request: by an outage or a rule, else by the faults of the network.
    fn verdict(&mut self, request: &HeldRequest) -> Verdict {
        if self.now() < self.outage_until || self.nodes[request.sender.node].is_cut_off {
            self.count("requests in outages");
            return Verdict::Lose;
        }
        let mut rules = self.rules.iter_mut();
        let ruled = rules.find_map(|rule| rule.apply(request.user, &request.body));
        ruled.unwrap_or_else(|| {
            let (verdict, fault) = Verdict::by_chance(&self.faults, &mut self.rng);
            fault.into_iter().for_each(|fault| self.count(fault));
            verdict
        })
    }

    fn count(&mut self, fault: &'static str) {
        *self.fault_counts.entry(fault).or_default() += 1;
    }

    fn answer(&mut self, sender: Sender, outcome: Outcome) {
        let Sender {
            node,
            life,
            request,
        } = sender;
        if life == self.nodes[node].life {
            self.input(node, Input::Answer { request, outcome });
        }
    }

    /// Delivers a held request: its answer, if there is one, comes at once.
    ///
    /// # Panics
    ///
    /// If none of this place is held.
    pub fn deliver_request(&mut self, place: usize, verdict: Verdict) {
        let held = self.held.as_mut().expect("requests are held");
        let request = held.requests.swap_remove(place);
        let outcome = self.carry_out(&request, verdict);
        self.push_out();
        self.answer(request.sender, outcome.unwrap_or(Outcome::Lost));
    }

    /// Delivers the first of the held pushes, if there is one.
    pub fn deliver_push(&mut self) {
        let held = self.held.as_mut().and_then(|held| held.pushes.pop_front());
        if let Some((node, updates)) = held.filter(|(node, _)| !self.nodes[*node].is_asleep) {
            self.receive(node, updates);
        }
    }

    fn receive(&mut self, node: NodeId, Updates(updates): Updates) {
        for update in updates {
            self.input(node, Input::Update(update));
        }
    }

    /// Sends an update to all clients of a user.
    pub fn push(&mut self, user: UserId, update: &Update) {
        self.push_at_once(user, &Updates(vec![update.clone()]));
    }

    fn push_at_once(&mut self, user: UserId, updates: &Updates) {
        for node in 0..self.nodes.len() {
            let client = &self.nodes[node];
            if client.user == user && !client.is_asleep && !client.is_cut_off {
                match &mut self.held {
                    Some(held) => held.pushes.push_back((node, updates.clone())),
                    None => self.push_to(node, updates),
                }
            }
        }
    }

    fn push_to(&mut self, node: NodeId, updates: &Updates) {
        if self.now() < self.outage_until {
            return self.count("pushes in outages");
        }
        let copies = self.faults.copies(&mut self.rng);
        match copies {
            0 => self.count("lost pushes"),
            1 => {}
            _ => self.count("doubled pushes"),
        }
        for _ in 0..copies {
            let delay = self.faults.delay(&mut self.rng);
            let updates = updates.clone();
            self.transit.add(delay, Arrival::Push { node, updates });
        }
    }
}

// The server.
impl World {
    /// Starts the server again with what it had stored; what is under way is lost.
    pub fn restart_server(&mut self, stored: Server) {
        self.server = stored;
        self.transit.disconnect();
    }

    /// The outcome of a request that has arrived; `None` if its answer will not.
    fn carry_out(&mut self, request: &HeldRequest, verdict: Verdict) -> Option<Outcome> {
        match verdict {
            Verdict::Pass => Some(outcome(self.handle(request))),
            Verdict::Lose => None,
            Verdict::LoseAnswer => {
                let _ = self.handle(request);
                None
            }
            Verdict::Refuse(error) => Some(Outcome::Refused(error)),
            Verdict::RefuseAfter(error) => {
                let _ = self.handle(request);
                Some(Outcome::Refused(error))
            }
            Verdict::Answer(response) => Some(Outcome::Done(response)),
        }
    }

    fn handle(&mut self, request: &HeldRequest) -> Result<Response, RpcError> {
        let HeldRequest { user, body, .. } = request;
        match &mut self.hostility {
            Some(hostility) => hostility.answer(&mut self.server, *user, body),
            None => self.server.handle(*user, &body.to_tl()),
        }
    }

    /// Sends out what the server wants to push.
    pub fn push_out(&mut self) {
        while let Some((user, updates)) = self.server.poll_push() {
            match &mut self.hostility {
                Some(hostility) => {
                    let updates = updates.0.into_iter();
                    let twisted = updates.flat_map(|one| hostility.push(user, one));
                    let twisted: Vec<_> = twisted.collect();
                    twisted.iter().for_each(|one| self.push(user, one));
                }
                None => self.push_at_once(user, &updates),
            }
        }
        let unasked = self.hostility.as_mut().map(Hostility::take_pushes);
        for (user, update) in unasked.into_iter().flatten() {
            self.push(user, &update);
        }
    }

    /// From time to time the server disconnects members of which it has heard nothing.
    fn disconnect_silent_members(&mut self) {
        let Some(silence) = self.silence.filter(|_| self.next_sweep <= self.now()) else {
            return;
        };
        self.next_sweep = self.now() + silence / 3;
        let since = self.now().saturating_sub(silence);
        let is_heard = |user: UserId| {
            let mut nodes = self.nodes.iter().filter(|node| node.user == user);
            nodes.any(|node| node.requests.last().is_some_and(|last| last.at >= since))
        };
        let members = self.server.connected();
        let silent: Vec<_> = members.filter(|(_, user)| !is_heard(*user)).collect();
        for (call, user) in silent {
            let dropped = self.server.drop_member(call, user);
            dropped.expect("a member can be dropped");
        }
        self.push_out();
    }

    /// The number of requests of a method that all clients have sent.
    pub fn sent(&self, method: Method) -> usize {
        self.nodes.iter().map(|node| node.sent(method)).sum()
    }
}

/// The outcome of a request that a server has handled.
pub fn outcome(answered: Result<Response, RpcError>) -> Outcome {
    match answered {
        Ok(response) => Outcome::Done(response),
        Err(error) => Outcome::Refused(error),
    }
}
