//! Many people who press a link within the same second.

use std::fmt;
use std::time::Duration;

use chacha20::rand_core::Rng as _;
use confcall_join::api::Method;
use confcall_join::engine::{Config, EndReason};
use confcall_join::joining::Target;
use confcall_server::faults::Faults;
use confcall_server::{Limits, Server, ServerOptions};
use confcall_state::{Joiner, UserId};

use crate::fixtures::media;
use crate::transit::NodeId;
use crate::world::World;

/// More than the API's limit, so that two hundred can come to a call that one has created.
const PARTICIPANTS: usize = 201;

/// Many engines that enter one call.
///
/// A member sleeps from its first moment in the call until [`Crowd::wake_all`]: it sends nothing by itself and gets no
/// pushes, so that entering can be watched without the work of following two hundred blocks two hundred times.
#[derive(Debug)]
pub struct Crowd {
    /// Its clients, in the order of their arrival; the first one has created the call.
    pub world: World,
}

/// The cost of a link that many pressed, until all were in.
#[derive(Clone, Copy, Debug)]
pub struct Rush {
    /// The number of people who pressed it.
    pub people: usize,
    /// The virtual time since the first one did.
    pub time: Duration,
    /// The number of join requests that each of them sent on average.
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

impl Crowd {
    /// A call that one user has created.
    pub fn new(seed: u64, round_trip: Duration) -> Self {
        let limits = Limits {
            participants: PARTICIPANTS,
            ..Limits::default()
        };
        let server = Server::new(ServerOptions {
            seed,
            limits,
            ..ServerOptions::default()
        });
        let faults = Faults {
            latency: round_trip / 2,
            ..Faults::NONE
        };
        let mut world = World::with_server(server, seed, faults);
        // A member who sleeps is there nevertheless.
        world.silence = None;
        let mut crowd = Self { world };
        let founder = crowd.config(Target::Create);
        crowd.world.start(founder);
        crowd.run_until_all_are_in(Duration::from_secs(5));
        crowd
    }

    /// Lets another user press the link.
    pub fn press_link(&mut self) -> NodeId {
        let config = self.config(self.world.link());
        self.world.start(config)
    }

    /// Lets people press the link within the same second, and time pass until all are in.
    pub fn rush(&mut self, people: usize) -> Rush {
        let (start, first) = (self.world.now(), self.world.nodes.len());
        let mut arrivals: Vec<_> = (0..people)
            .map(|_| start + self.part_of_a_second())
            .collect();
        arrivals.sort_unstable();
        for arrival in arrivals {
            while self.step(arrival) {}
            self.press_link();
        }
        self.run_until_all_are_in(Duration::from_secs(150));
        let members = self.world.nodes[first..].iter();
        let requests = members.map(|member| member.sent(Method::JoinGroupCall));
        Rush {
            people,
            time: self.world.now() - start,
            mean_requests: requests.clone().sum::<usize>() as f64 / people as f64,
            most_requests: requests.max().unwrap_or(0),
        }
    }

    fn part_of_a_second(&mut self) -> Duration {
        let part = f64::from(self.world.rng().next_u32()) / f64::from(u32::MAX);
        Duration::from_secs(1).mul_f64(part)
    }

    /// The configuration of another user.
    pub fn config(&mut self, target: Target) -> Config {
        let user = UserId::new(self.world.nodes.len() as i64 + 1);
        let mut config = Config::new(target, Joiner::new(user), media(self.world.rng()));
        config.size_limit = PARTICIPANTS;
        config
    }

    /// Lets time pass until all are in.
    ///
    /// # Panics
    ///
    /// If they are not within this time.
    pub fn run_until_all_are_in(&mut self, time: Duration) {
        let until = self.world.now() + time;
        while self.world.nodes.iter().any(|member| !member.is_in()) {
            assert!(self.step(until), "all are in before the time is over");
        }
    }

    /// Lets something happen, and puts to sleep who has come in by it.
    fn step(&mut self, until: Duration) -> bool {
        let has_stepped = self.world.step(until);
        for node in 0..self.world.nodes.len() {
            let ended = self.world.nodes[node].ended.as_ref();
            let reason: Option<&EndReason> = ended.map(|ended| &ended.reason);
            assert!(reason.is_none(), "{reason:?}");
            if self.world.nodes[node].is_in() {
                self.world.put_to_sleep(node);
            }
        }
        has_stepped
    }

    /// Wakes all who sleep, and lets time pass.
    pub fn wake_all(&mut self, time: Duration) {
        for node in 0..self.world.nodes.len() {
            self.world.wake_up(node);
        }
        self.world.run(time);
    }
}
