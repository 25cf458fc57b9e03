use std::fmt;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_join::api::{Method, Service as _};
use confcall_join::engine::{Config, Engine, Event, Input, Outcome, Output, RequestId};
use confcall_join::joining::Target;
use confcall_media::Moment;
use confcall_server::{Limits, Server, ServerOptions};
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};

use crate::agenda::Agenda;
use crate::world::{NodeId, media};

/// More than the API's limit, so that two hundred can come to somebody's call.
const PARTICIPANTS: usize = 201;

#[derive(Debug)]
enum Happening {
    Arrival(NodeId),
    Request {
        node: NodeId,
        request: RequestId,
        bytes: Vec<u8>,
    },
    Input(NodeId, Input),
    Wake(NodeId),
}

/// Many engines that enter one call.
///
/// Who is in rests until [`Crowd::wake_all`]: it sends nothing and hears nothing, so that entering can be watched without
/// the work of following two hundred blocks two hundred times.
#[derive(Debug)]
pub struct Crowd {
    /// The members, in the order of their arrival; the first one has created the call.
    pub members: Vec<CrowdMember>,
    server: Server,
    agenda: Agenda<Happening>,
    one_way: Duration,
    now: Duration,
    rng: ChaCha20Rng,
}

/// What it took until all who pressed a link were in.
#[derive(Clone, Copy, Debug)]
pub struct Rush {
    /// How many pressed it.
    pub people: usize,
    /// The virtual time since the first one did.
    pub time: Duration,
    /// How many join requests each of them sent on average.
    pub mean_requests: f64,
    /// And at most.
    pub most_requests: usize,
}

impl fmt::Display for Rush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>3} press a link: all in after {:>4.1} s of virtual time, {:>4.1} join requests each, {:>2} at most",
            self.people,
            self.time.as_secs_f64(),
            self.mean_requests,
            self.most_requests,
        )
    }
}

/// One of a crowd.
#[derive(Debug)]
pub struct CrowdMember {
    /// How its engine was made.
    pub config: Config,
    /// The seed of its engine.
    pub seed: [u8; 32],
    /// When it came, which its engine was told first.
    pub arrived: Moment,
    /// Its engine, once it has come.
    pub engine: Option<Engine>,
    /// What its engine was told, in order, if somebody wants to know.
    pub inputs: Option<Vec<(Moment, Input)>>,
    join_requests: usize,
    is_in: bool,
    rests: bool,
}

impl CrowdMember {
    /// When its engine was told something last.
    ///
    /// # Panics
    ///
    /// Panics if nobody wants to know.
    pub fn told_last(&self) -> Moment {
        let last = self.inputs.as_ref().and_then(|inputs| inputs.last());
        last.expect("inputs are kept").0
    }
}

impl Crowd {
    /// A call that one user has created.
    pub fn new(seed: u64, round_trip: Duration) -> Self {
        let limits = Limits {
            participants: PARTICIPANTS,
            ..Limits::default()
        };
        let mut crowd = Self {
            members: Vec::new(),
            server: Server::new(ServerOptions { seed, limits }),
            agenda: Agenda::new(),
            one_way: round_trip / 2,
            now: Duration::ZERO,
            rng: ChaCha20Rng::seed_from_u64(seed),
        };
        crowd.add(Target::Create, Duration::ZERO);
        crowd.run_until_all_are_in(Duration::from_secs(5));
        crowd
    }

    /// Lets somebody press the link after a time.
    pub fn press_link(&mut self, after: Duration) {
        let call = self.server.calls().next().expect("it was created");
        let target = Target::Slug(call.slug().clone());
        self.add(target, after);
    }

    /// Lets people press the link within the same second, and time pass until all are in.
    pub fn rush(&mut self, people: usize) -> Rush {
        let start = self.now;
        let first = self.members.len();
        for _ in 0..people {
            let part = f64::from(self.rng.next_u32()) / f64::from(u32::MAX);
            self.press_link(Duration::from_secs(1).mul_f64(part));
        }
        self.run_until_all_are_in(Duration::from_secs(150));
        let requests = || self.members[first..].iter().map(|one| one.join_requests);
        Rush {
            people,
            time: self.now - start,
            mean_requests: requests().sum::<usize>() as f64 / people as f64,
            most_requests: requests().max().unwrap_or(0),
        }
    }

    fn add(&mut self, target: Target, after: Duration) {
        let user = UserId::new(self.members.len() as i64 + 1);
        let mut config = Config::new(target, Joiner::new(user), media(&mut self.rng));
        config.size_limit = PARTICIPANTS;
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        let arrival = self.now + after;
        self.members.push(CrowdMember {
            config,
            seed,
            arrived: Moment::new(arrival),
            engine: None,
            inputs: None,
            join_requests: 0,
            is_in: false,
            rests: false,
        });
        let node = self.members.len() - 1;
        self.agenda.add(arrival, Happening::Arrival(node));
    }

    /// Lets time pass until everybody is in.
    ///
    /// # Panics
    ///
    /// Panics if somebody is not within this time.
    pub fn run_until_all_are_in(&mut self, time: Duration) {
        let until = self.now + time;
        while self.members.iter().any(|member| !member.is_in) {
            let next = self.agenda.next(until);
            let (at, happening) = next.expect("all are in before the time is over");
            self.now = at;
            self.happen(happening);
        }
    }

    /// Wakes everybody who rests, and lets time pass.
    pub fn wake_all(&mut self, time: Duration) {
        for node in 0..self.members.len() {
            self.members[node].rests = false;
            self.agenda.add(self.now, Happening::Wake(node));
        }
        let until = self.now + time;
        while let Some((at, happening)) = self.agenda.next(until) {
            self.now = at;
            self.happen(happening);
        }
        self.now = until;
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrival(node) => {
                let member = &mut self.members[node];
                let engine = Engine::new(
                    member.config.clone(),
                    Seed::copy_of(&member.seed),
                    member.arrived,
                );
                member.engine = Some(engine);
                self.drain(node);
            }
            Happening::Request {
                node,
                request,
                bytes,
            } => {
                let user = self.members[node].config.joiner.user_id;
                let outcome = match self.server.handle(user, &bytes) {
                    Ok(response) => Outcome::Done(response),
                    Err(error) => Outcome::Refused(error),
                };
                let answer = Happening::Input(node, Input::Answer { request, outcome });
                self.agenda.add(self.now + self.one_way, answer);
                self.push_out();
            }
            Happening::Input(node, input) => self.input(node, input),
            Happening::Wake(node) if self.members[node].rests => {}
            Happening::Wake(node) => self.input(node, Input::Tick),
        }
    }

    fn push_out(&mut self) {
        while let Some((user, update)) = self.server.poll_push() {
            let node = self
                .members
                .iter()
                .position(|member| member.config.joiner.user_id == user);
            let node = node.expect("nobody else was ever here");
            if !self.members[node].rests {
                let push = Happening::Input(node, Input::Update(update));
                self.agenda.add(self.now + self.one_way, push);
            }
        }
    }

    fn input(&mut self, node: NodeId, input: Input) {
        let now = Moment::new(self.now);
        let member = &mut self.members[node];
        let engine = member.engine.as_mut().expect("it has come");
        if let Some(inputs) = &mut member.inputs {
            inputs.push((now, input.clone()));
        }
        engine
            .handle_input(now, input)
            .expect("used by its contract");
        self.drain(node);
    }

    fn drain(&mut self, node: NodeId) {
        let member = &mut self.members[node];
        let engine = member.engine.as_mut().expect("it has come");
        loop {
            match engine.poll_output() {
                Output::Request { request, body } => {
                    if body.method() == Method::JoinGroupCall {
                        member.join_requests += 1;
                    }
                    let request = Happening::Request {
                        node,
                        request,
                        bytes: body.to_tl(),
                    };
                    self.agenda.add(self.now + self.one_way, request);
                }
                Output::Event(Event::Joined(_)) => {
                    member.is_in = true;
                    member.rests = true;
                }
                Output::Event(Event::Ended(ended)) => panic!("{:?}", ended.reason),
                Output::Timeout(Some(wake)) => {
                    let at = wake.since(Moment::default()).max(self.now);
                    return self.agenda.add(at, Happening::Wake(node));
                }
                Output::Timeout(None) => return,
                _ => {}
            }
        }
    }
}
