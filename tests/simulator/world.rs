use std::collections::BTreeMap;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall::join::api::{
    ChainBlocks, Method, Request, Response, RpcError, Service, SubChain, Update,
};
use confcall::join::engine::{
    Command, CommandId, Config, EndReason, Engine, Event, Input, Outcome, Output, RequestId,
};
use confcall::join::payload::Fingerprint;
use confcall::join::trace::Recorder;
use confcall::media::{ChannelId, Moment};
use confcall::state::{BlockHash, EmojiHash};
use confcall::{JoinPayload, Media, Newcomer, Target, UserId};
use confcall_server::faults::{Faults, Strike};
use confcall_server::{Options, Server};

use crate::agenda::Agenda;
use crate::hostility::Hostility;
use crate::node::{Asked, Node};
use crate::rule::{Rule, Verdict};

/// The place of a client in its world.
pub type NodeId = usize;

/// What can happen.
#[derive(Debug)]
enum Happening {
    Request {
        asker: Asker,
        connection: u32,
        body: Box<Request>,
        verdict: Verdict,
    },
    Answer {
        asker: Asker,
        connection: u32,
        outcome: Outcome,
    },
    Push {
        node: NodeId,
        connection: u32,
        update: Update,
    },
    Wake {
        node: NodeId,
    },
}

/// Who waits for an answer: a client in one of its lives, and its request.
#[derive(Clone, Copy, Debug)]
struct Asker {
    node: NodeId,
    life: u32,
    request: RequestId,
}

/// Engines and a server, under a virtual clock.
#[derive(Debug)]
pub struct World {
    /// The server.
    pub server: Server,
    /// The clients.
    pub nodes: Vec<Node>,
    /// What the network does.
    pub faults: Faults,
    /// What becomes of certain requests, whatever the network does; the first that fits counts.
    pub rules: Vec<Rule>,
    /// What the server does that an honest one would not.
    pub hostility: Option<Hostility>,
    now: Duration,
    agenda: Agenda<Happening>,
    rng: ChaCha20Rng,
    /// How often each client was started again.
    lives: Vec<u32>,
    /// How often the server was started again, which ends all connections.
    connection: u32,
    /// When the server looks for silent members.
    next_look: Duration,
    /// How many commands were given.
    commands: u64,
    /// The emoji of each block, and who saw them first.
    emoji: BTreeMap<BlockHash, (UserId, EmojiHash)>,
}

/// After this time without a request the server disconnects a member.
const SILENCE: Duration = Duration::from_secs(30);

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a client of the simulation says of its sound and picture.
pub fn media(rng: &mut ChaCha20Rng) -> Media {
    Media {
        payload: JoinPayload::generate(Fingerprint::sha256([7; 32]), None, rng),
        muted: true,
        video_stopped: true,
    }
}

impl World {
    /// A world without any client.
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self {
            server: Server::new(Options {
                seed,
                ..Options::default()
            }),
            nodes: Vec::new(),
            faults,
            rules: Vec::new(),
            hostility: None,
            now: Duration::ZERO,
            agenda: Agenda::new(),
            rng: ChaCha20Rng::seed_from_u64(seed),
            lives: Vec::new(),
            connection: 0,
            next_look: SILENCE,
            commands: 0,
            emoji: BTreeMap::new(),
        }
    }

    /// A call of some members over a good network, who have verified each other.
    pub fn with_call(members: usize) -> Self {
        let mut world = Self::new(1, Faults::NONE);
        world.join(Target::Create);
        world.converge();
        for _ in 1..members {
            let link = world.link();
            world.join(link);
            world.converge();
        }
        world
    }

    /// Lets all who are in a call, or enter it, come together.
    ///
    /// # Panics
    ///
    /// If they do not within four minutes.
    pub fn converge(&mut self) {
        // What was asked a moment ago has not begun to show.
        self.run(Duration::from_secs(1));
        let converged = self.run_while_not(Duration::from_secs(240), Self::has_converged);
        assert!(converged, "{}", self.history());
        self.check_hearing();
    }

    /// The virtual time since the world began.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The same as the moment that engines are told.
    pub fn moment(&self) -> Moment {
        Moment::new(self.now)
    }

    /// The world's own randomness, for scripts.
    pub fn rng(&mut self) -> &mut ChaCha20Rng {
        &mut self.rng
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.rng.next_u32() as usize % end.max(1)
    }

    /// Starts a client of a user; users are numbered from 1 in the order of their first client.
    pub fn join(&mut self, target: Target) -> NodeId {
        let user = UserId::new(self.nodes.len() as i64 + 1);
        self.join_as(user, target)
    }

    /// Starts a client of this user.
    pub fn join_as(&mut self, user: UserId, target: Target) -> NodeId {
        let config = Config::new(target, Newcomer::new(user), media(&mut self.rng));
        self.start(config)
    }

    /// Starts a client with a configuration.
    pub fn start(&mut self, config: Config) -> NodeId {
        let user = config.newcomer.user_id;
        let engine = Engine::new(config, self.seed(), self.moment());
        self.add(user, engine)
    }

    /// Starts a client whose engine is recorded.
    pub fn start_recorded(&mut self, config: Config) -> NodeId {
        let seed = self.seed();
        self.start_recorded_from(config, seed)
    }

    /// Starts a client whose engine is recorded, from a seed of its own.
    pub fn start_recorded_from(&mut self, config: Config, seed: [u8; 32]) -> NodeId {
        let user = config.newcomer.user_id;
        let (recorder, engine) = Recorder::start(config, seed, self.moment());
        self.insert(user, engine, Some(recorder))
    }

    /// A fresh secret seed for an engine.
    pub fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        seed
    }

    /// Adds a client with an engine of its own.
    pub fn add(&mut self, user: UserId, engine: Engine) -> NodeId {
        self.insert(user, engine, None)
    }

    fn insert(&mut self, user: UserId, engine: Engine, recorder: Option<Recorder>) -> NodeId {
        let mut node = Node::new(user, engine);
        node.recorder = recorder;
        self.nodes.push(node);
        self.lives.push(0);
        let node = self.nodes.len() - 1;
        self.drain(node);
        node
    }

    /// Puts another engine in the place of a client's, as after a restart; late answers do not reach it.
    pub fn replace(&mut self, node: NodeId, engine: Engine) {
        self.lives[node] += 1;
        self.nodes[node].engine = engine;
        self.nodes[node].recorder = None;
        self.nodes[node].ended = None;
        self.nodes[node].owed.clear();
        self.drain(node);
    }

    /// Gives a client a command; the number of it comes back with its answer.
    pub fn command(&mut self, node: NodeId, command: Command) -> CommandId {
        let id = CommandId::new(self.commands);
        self.commands += 1;
        self.nodes[node].owe(id, &command);
        self.input(node, Input::Command { id, command });
        id
    }

    /// The only call, as a link leads to it.
    pub fn link(&self) -> Target {
        let call = self.server.calls().next().expect("there is a call");
        Target::Slug(call.slug().clone())
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let until = self.now + time;
        self.run_until(until, |_| false);
    }

    /// Lets time pass until something holds; says whether it did within a time.
    pub fn run_while_not(&mut self, time: Duration, holds: impl FnMut(&Self) -> bool) -> bool {
        let until = self.now + time;
        self.run_until(until, holds)
    }

    fn run_until(&mut self, until: Duration, mut holds: impl FnMut(&Self) -> bool) -> bool {
        if holds(self) {
            return true;
        }
        while let Some((at, happening)) = self.agenda.next(until) {
            self.now = at;
            if self.next_look <= at {
                self.next_look = at + SILENCE / 3;
                self.drop_silent_members();
            }
            self.happen(happening);
            if holds(self) {
                return true;
            }
        }
        self.now = until;
        false
    }

    /// Starts the server again with what it had stored; what is under way is lost.
    pub fn restart_server(&mut self, stored: Server) {
        self.server = stored;
        self.connection += 1;
    }

    /// What the server does about members whose clients are gone without its knowing.
    fn drop_silent_members(&mut self) {
        let since = self.now.saturating_sub(SILENCE);
        let heard = |user: UserId| {
            let mut nodes = self.nodes.iter().filter(|node| node.user == user);
            nodes.any(|node| node.asked.last().is_some_and(|asked| asked.at >= since))
        };
        let silent = self.server.calls().flat_map(|call| {
            let members = call.members().map(|member| member.user_id());
            members.map(|user| (call.id(), user))
        });
        let silent: Vec<_> = silent.filter(|(_, user)| !heard(*user)).collect();
        for (call, user) in silent {
            let dropped = self.server.drop_member(call, user);
            dropped.expect("a member can be dropped");
        }
        self.push_out();
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Request {
                asker,
                connection,
                body,
                verdict,
            } => {
                let outcome = match connection == self.connection {
                    true => self.carry_out(asker, &body, verdict),
                    false => Some(Outcome::Lost),
                };
                if let Some(outcome) = outcome {
                    let delay = self.faults.delay(&mut self.rng);
                    let happening = Happening::Answer {
                        asker,
                        connection: self.connection,
                        outcome,
                    };
                    self.agenda.add(self.now + delay, happening);
                }
            }
            Happening::Answer {
                asker,
                connection,
                outcome,
            } => {
                let request = asker.request;
                let outcome = match connection == self.connection {
                    true => outcome,
                    false => Outcome::Lost,
                };
                if asker.life == self.lives[asker.node] {
                    self.input(asker.node, Input::Answer { request, outcome });
                }
            }
            Happening::Push {
                node,
                connection,
                update,
            } => {
                if connection == self.connection {
                    self.input(node, Input::Update(update));
                }
            }
            Happening::Wake { node } => {
                let wake = self.nodes[node].wake;
                if wake.is_some_and(|wake| wake <= self.moment()) {
                    self.input(node, Input::Tick);
                }
            }
        }
    }

    /// What the server says to a request that has arrived; `None` if its answer will not.
    fn carry_out(&mut self, asker: Asker, body: &Request, verdict: Verdict) -> Option<Outcome> {
        if let Verdict::Refuse(error) = verdict {
            return Some(Outcome::Refused(error));
        }
        if let Verdict::Answer(response) = verdict {
            return Some(Outcome::Done(response));
        }
        let user = self.nodes[asker.node].user;
        let answered = match &mut self.hostility {
            Some(hostility) => hostility.answer(&mut self.server, user, body),
            None => self.server.handle(user, &body.to_tl()),
        };
        self.push_out();
        match verdict {
            Verdict::LoseAnswer => None,
            Verdict::RefuseAfter(error) => Some(Outcome::Refused(error)),
            _ => Some(outcome(answered)),
        }
    }

    /// Sends out what the server wants to push.
    pub fn push_out(&mut self) {
        while let Some((user, update)) = self.server.poll_push() {
            match &mut self.hostility {
                Some(hostility) => {
                    let updates = hostility.push(user, update);
                    updates.into_iter().for_each(|one| self.push(user, &one));
                }
                None => self.push(user, &update),
            }
        }
        let spite = self.hostility.as_mut().map(Hostility::take_pushes);
        for (user, update) in spite.into_iter().flatten() {
            self.push(user, &update);
        }
    }

    /// Sends an update to all clients of a user.
    pub fn push(&mut self, user: UserId, update: &Update) {
        let nodes: Vec<_> = (0..self.nodes.len())
            .filter(|node| self.nodes[*node].user == user)
            .collect();
        for node in nodes {
            for _ in 0..self.faults.copies(&mut self.rng) {
                let at = self.now + self.faults.delay(&mut self.rng);
                let push = Happening::Push {
                    node,
                    connection: self.connection,
                    update: update.clone(),
                };
                self.agenda.add(at, push);
            }
        }
    }

    /// Hands an input to a client's engine and does what it wants.
    pub fn input(&mut self, node: NodeId, input: Input) {
        let now = self.moment();
        let handled = self.nodes[node].handle_input(now, input);
        handled.expect("used by its contract");
        self.drain(node);
    }

    fn drain(&mut self, node: NodeId) {
        loop {
            match self.nodes[node].poll_output() {
                Output::Request { request, body } => self.send(node, request, body),
                Output::Event(event) => self.note(node, event),
                Output::Timeout(wake) => {
                    self.nodes[node].wake = wake;
                    if let Some(wake) = wake {
                        let at = wake.since(Moment::default()).max(self.now);
                        self.agenda.add(at, Happening::Wake { node });
                    }
                    return;
                }
                _ => panic!("an output that the simulator does not know"),
            }
        }
    }

    fn send(&mut self, node: NodeId, request: RequestId, body: Request) {
        let kind = confcall::join::policy::CallKind::Conference;
        let checked = confcall::join::policy::check_bytes(kind, &body.to_tl());
        checked.expect("an engine asks nothing that the policy forbids");
        assert!(
            self.nodes[node].ended.is_none(),
            "nothing is asked after the end"
        );
        let verdict = self.verdict(node, &body);
        self.nodes[node].asked.push(Asked {
            at: self.now,
            body: body.clone(),
        });
        let asker = Asker {
            node,
            life: self.lives[node],
            request,
        };
        if matches!(verdict, Verdict::Lose | Verdict::LoseAnswer) {
            let happening = Happening::Answer {
                asker,
                connection: self.connection,
                outcome: Outcome::Lost,
            };
            self.agenda.add(self.now + PATIENCE, happening);
        }
        if !matches!(verdict, Verdict::Lose) {
            let happening = Happening::Request {
                asker,
                connection: self.connection,
                body: Box::new(body),
                verdict,
            };
            let delay = self.faults.delay(&mut self.rng);
            self.agenda.add(self.now + delay, happening);
        }
    }

    /// What becomes of a request: by a rule, else by the faults of the network.
    fn verdict(&mut self, node: NodeId, body: &Request) -> Verdict {
        let user = self.nodes[node].user;
        let ruled = self
            .rules
            .iter_mut()
            .find_map(|rule| rule.apply(user, body));
        ruled.unwrap_or_else(|| {
            let strike = self.faults.strike(&mut self.rng);
            match (strike, strike.refusal()) {
                (Strike::LostRequest, _) => Verdict::Lose,
                (Strike::LostAnswer, _) => Verdict::LoseAnswer,
                (_, None) => Verdict::Pass,
                (_, Some(error)) if strike.is_carried_out() => Verdict::RefuseAfter(error),
                (_, Some(error)) => Verdict::Refuse(error),
            }
        })
    }

    /// Takes note of what a client has seen: for one block all see the same emoji, at all times.
    fn note(&mut self, node: NodeId, event: Event) {
        let user = self.nodes[node].user;
        if let Some((block, emoji)) = self.nodes[node].note(event) {
            let (first, seen) = *self.emoji.entry(block).or_insert((user, emoji));
            assert!(
                seen == emoji,
                "users {first} and {user} see other emoji for one block"
            );
        }
    }

    /// Whether all clients that did not end are in the call at the server's block, verified, and hear each other.
    pub fn has_converged(&self) -> bool {
        let Some(call) = self.server.calls().next() else {
            return false;
        };
        let tip = call.chain_state().hash();
        self.nodes
            .iter()
            .filter(|node| node.ended.is_none())
            .all(|node| {
                let membership = node.engine.membership();
                membership.is_some_and(|membership| {
                    membership.state().hash() == tip
                        && membership.verification().emoji_hash().is_some()
                })
            })
    }

    /// Checks that everybody who is in hears everybody else.
    pub fn check_hearing(&self) {
        self.hear(|_, _| true);
    }

    /// Checks that all who are at the same block hear each other.
    pub fn check_hearing_by_block(&self) {
        let block = |node: &Node| {
            let membership = node.engine.membership();
            membership.map(|membership| membership.state().hash())
        };
        self.hear(|from, to| block(from) == block(to));
    }

    /// How the client of a node ended.
    ///
    /// # Panics
    ///
    /// If it did not.
    pub fn end(&self, node: NodeId) -> &EndReason {
        let ended = self.nodes[node].ended.as_ref();
        &ended.unwrap_or_else(|| panic!("{}", self.history())).reason
    }

    /// All blocks or broadcasts of the call, as one update.
    pub fn items(&self, sub_chain: SubChain) -> ChainBlocks {
        let call = self.server.calls().next().expect("there is a call");
        let blocks = match sub_chain {
            SubChain::Blocks => call.blocks(),
            SubChain::Broadcasts => call.broadcasts(),
        };
        ChainBlocks {
            call: call.reference(),
            sub_chain,
            next_offset: blocks.len() as i32,
            blocks: blocks.to_vec(),
        }
    }

    fn hear(&self, hears: impl Fn(&Node, &Node) -> bool) {
        let now = self.moment();
        let inside: Vec<_> = self.nodes.iter().filter(|node| node.is_in()).collect();
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        for from in &inside {
            let cryptor = from.cryptor.as_ref().expect("a member has one");
            let packet = cryptor.seal(now, ChannelId::MAIN, 0, b"sound", &mut rng);
            let packet = packet.expect("a member seals");
            let others = inside.iter().filter(|to| to.user != from.user);
            for to in others.filter(|to| hears(from, to)) {
                let cryptor = to.cryptor.as_ref().expect("a member has one");
                let opened = cryptor.open(now, from.user, &packet);
                opened.unwrap_or_else(|error| {
                    panic!("user {} does not hear user {}: {error}", to.user, from.user)
                });
            }
        }
    }

    /// The events of all clients, for a failed run.
    pub fn history(&self) -> String {
        let mut text = format!("at {:?}\n", self.now);
        for call in self.server.calls() {
            let connected: Vec<_> = call.members().map(|member| member.user_id()).collect();
            let members = call.chain_state().group_state().participants.iter();
            let members: Vec<_> = members.map(|member| member.user_id).collect();
            text += &format!("connected {connected:?}, in the chain {members:?}\n");
        }
        for node in &self.nodes {
            text += &format!("user {}: {} requests\n", node.user, node.asked.len());
            for event in &node.events {
                if !matches!(event, Event::Joined(_) | Event::Rejoined(_)) {
                    text += &format!("    {event:?}\n");
                } else {
                    text += "    joined\n";
                }
            }
        }
        text
    }

    /// How many requests of a method all clients have sent.
    pub fn sent(&self, method: Method) -> usize {
        self.nodes.iter().map(|node| node.sent(method)).sum()
    }
}

fn outcome(answered: Result<Response, RpcError>) -> Outcome {
    match answered {
        Ok(response) => Outcome::Done(response),
        Err(error) => Outcome::Refused(error),
    }
}
