//! A call's whole life by a seed, with its laws.

use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_join::api::VideoLayers;
use confcall_join::api::reaction::GiveUpReason;
use confcall_join::engine::{Command, EndReason, Event, Trouble};
use confcall_join::joining::Target;
use confcall_join::membership::Break;
use confcall_server::faults::Faults;

use crate::actions::Action;
use crate::frames::Frames;
use crate::hostility::{Hostility, Kind};
use crate::node::Node;
use crate::transit::NodeId;
use crate::world::World;

/// The course of a life.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The faults of the network.
    pub faults: Faults,
    /// Its faults at the end, when all come together.
    pub closing: Faults,
    /// The number of members from the beginning.
    pub members: usize,
    /// The largest number of clients.
    pub most: usize,
    /// The number of actions.
    pub turns: usize,
    /// The pause between two frames of a member.
    pub silence: Duration,
    /// The way in which the server is hostile from half-time on; without one it is honest.
    pub hostile: Option<Kind>,
}

impl Plan {
    /// A plan by a seed: mostly a dozen clients at most, at times fifty, and every fourth server hostile.
    pub fn draw(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(!seed);
        let mut below = |end: u32| rng.next_u32() % end;
        let members = match below(50) {
            0 => 50,
            _ => 2 + below(8) as usize,
        };
        let hostile = (below(4) == 0).then(|| Kind::ALL[below(Kind::ALL.len() as u32) as usize]);
        // None of a kind, or one in so many.
        let mut one_in = || match below(4) {
            0 => 0,
            _ => 4 + below(60),
        };
        let mut faults = Faults {
            lost_requests: one_in(),
            lost_answers: one_in(),
            floods: one_in(),
            failures: one_in(),
            failures_after: one_in(),
            lost_pushes: one_in(),
            double_pushes: one_in(),
            ..Faults::NONE
        };
        faults.latency = Duration::from_millis(u64::from(5 + below(150)));
        faults.jitter = Duration::from_millis(u64::from(below(400)));
        Self {
            faults,
            closing: calmed(faults),
            members,
            most: members + 6,
            turns: 4 + below(12) as usize,
            silence: Duration::from_millis(u64::from(500 + below(3000))),
            hostile,
        }
    }

    /// True if the network has no faults at the end.
    fn closes_calmly(&self) -> bool {
        self.closing == calmed(self.closing)
    }
}

/// A network as slow, and without faults.
pub(crate) fn calmed(faults: Faults) -> Faults {
    Faults {
        latency: faults.latency,
        jitter: faults.jitter,
        ..Faults::NONE
    }
}

/// The turn at which the server takes the snapshot from which it may restart.
const SNAPSHOT_TURN: usize = 2;

/// A life that has been lived.
#[derive(Debug)]
pub struct Life {
    /// The world at its end.
    pub world: World,
    /// The frames that were spoken.
    pub frames: Frames,
    plan: Plan,
}

impl Life {
    /// Lives it.
    ///
    /// # Panics
    ///
    /// If a law does not hold: of the world, of its frames, or that all who stay in a call with an honest server come to
    /// one block and its emoji, and to one roster and its states, and that clients end only by what happened. With a hostile one, that all can leave.
    pub fn live(seed: u64, plan: Plan) -> Self {
        let mut life = Self {
            world: World::new(seed, plan.faults),
            frames: Frames::default(),
            plan,
        };
        life.begin();
        match life.plan.hostile {
            None => life.go_on_honestly(),
            Some(kind) => life.go_on_in_spite_of(seed, kind),
        }
        life
    }

    fn begin(&mut self) {
        let world = &mut self.world;
        world.video = Some(VideoLayers::One);
        world.join(Target::Create);
        let minute = Duration::from_secs(60);
        let created = world.run_while_not(minute, |world| world.nodes[0].is_in());
        assert!(created, "no call\n{}", world.history());
        let link = world.link();
        for _ in 1..self.plan.members {
            world.join(link.clone());
        }
        self.run(Duration::from_secs(5));
    }

    fn go_on_honestly(&mut self) {
        let mut snapshot = None;
        for turn in 0..self.plan.turns {
            if turn == SNAPSHOT_TURN {
                snapshot = Some(self.world.server.clone());
            }
            let action = Action::draw(&mut self.world);
            action.act(&mut self.world, self.plan.most, &mut snapshot);
            self.participate();
            self.pause();
        }
        self.world.faults = self.plan.closing;
        let last_guests = self.world.nodes.len();
        // A client that was left on a branch of the same length or a longer one learns it by the next block.
        for _ in 0..self.plan.most {
            let link = self.world.link();
            self.world.join(link);
            self.run(Duration::from_secs(20));
            if no_one_is_ahead(&self.world) {
                break;
            }
        }
        self.world.converge();
        self.run(Duration::from_secs(5));
        self.world.check_messages();
        let is_rewound = self.plan.turns > SNAPSHOT_TURN && snapshot.is_none();
        check_ends(&self.world, &self.plan, is_rewound);
        if self.plan.closes_calmly() {
            check_stay(&self.world, last_guests);
        }
        self.world.faults = calmed(self.plan.closing);
        self.world.settle_participants();
    }

    fn go_on_in_spite_of(&mut self, seed: u64, kind: Kind) {
        for turn in 0..self.plan.turns {
            if turn == self.plan.turns / 2 {
                let hostility = Hostility::new(kind, seed, &self.world.server);
                self.world.hostility = Some(hostility);
            }
            let action = Action::draw_of_clients(&mut self.world);
            action.act(&mut self.world, self.plan.most, &mut None);
            self.participate();
            self.pause();
        }
        let world = &mut self.world;
        world.check_hearing_by_block();
        world.check_messages();
        for node in 0..world.nodes.len() {
            world.command(node, Command::Leave);
        }
        world.run(Duration::from_secs(60));
        let ended = world.nodes.iter().all(|node| node.ended.is_some());
        assert!(ended, "{kind:?}: not all can leave\n{}", world.history());
    }

    /// A participant does something to its media, or to another one.
    fn participate(&mut self) {
        let action = Action::draw_of_participants(&mut self.world);
        action.act(&mut self.world, self.plan.most, &mut None);
    }

    fn pause(&mut self) {
        let pause = self.world.below(12_000) as u64;
        self.run(Duration::from_millis(pause));
    }

    /// Lets time pass in which all speak.
    fn run(&mut self, time: Duration) {
        let until = self.world.now() + time;
        while self.world.now() < until {
            self.frames.speak(&mut self.world);
            let left = until - self.world.now();
            self.world.run(left.min(self.plan.silence));
            self.frames.deliver(&self.world);
        }
    }
}

fn no_one_is_ahead(world: &World) -> bool {
    let call = world.server.calls().next().expect("there is a call");
    let tip = call.chain_state();
    let members = world
        .nodes
        .iter()
        .filter_map(|node| node.engine.membership());
    let mut states = members.map(|member| member.state());
    states.all(|state| state.hash() == tip.hash() || state.height() < tip.height())
}

/// Clients end only for a reason that the life gave.
fn check_ends(world: &World, plan: &Plan, is_rewound: bool) {
    for node in &world.nodes {
        let Some(ended) = &node.ended else { continue };
        let is_due = match &ended.reason {
            EndReason::Left | EndReason::Removed { .. } | EndReason::JoinedElsewhere => true,
            // A server that restarts from a snapshot forks off those who saw more, and a client that has rejoined too often stays out.
            EndReason::Broken(reason) if reason.is_fork() => rejoins(node) >= REJOINS && is_rewound,
            // So does one that comes back after a restart of the server, or after an outage in which all got other keys, twice.
            EndReason::Swapped(broken) => {
                is_rewound || matches!(broken, Break::AllReplaced { .. }) && rejoins(node) >= 2
            }
            // Kicked, and so far away that it met only the refusal.
            EndReason::Refused { kind, .. } => *kind == Some(GiveUpReason::OverOrNotForUs),
            reason => is_due_on(&plan.faults, node, reason),
        };
        assert!(
            is_due,
            "user {}: {:?}\n{}",
            node.user,
            ended.reason,
            world.history()
        );
    }
}

/// True for an end that a network with these faults can be the reason of.
pub(crate) fn is_due_on(faults: &Faults, node: &Node, reason: &EndReason) -> bool {
    // Refused with a wait so often that it is for nothing.
    let is_flooded = faults.floods != 0 && faults.floods < 20;
    match reason {
        // The memberships can be lost faster than they may be renewed.
        EndReason::Broken(reason) => rejoins(node) >= REJOINS && !reason.is_fork(),
        EndReason::FloodWait { .. } => is_flooded,
        // Chance can fail seven requests in a row, once in a hundred thousand entries on a network with many faults, of
        // which some thousand lives have tens of thousands; who comes on the calm network is checked on its own.
        EndReason::Exhausted { .. } => failures_of_entering(&node.events) >= REPEATS,
        _ => false,
    }
}

/// The number of rejoins below which no client calls its membership broken.
const REJOINS: usize = 4;
/// The number of failures below which no client gives up entering.
const REPEATS: usize = 6;

fn rejoins(node: &Node) -> usize {
    let is_rejoin = |event: &&Event| {
        matches!(
            event,
            Event::Retrying {
                why: Trouble::Rejoining(_),
                ..
            }
        )
    };
    node.events.iter().filter(is_rejoin).count()
}

/// The failed requests since a client began to enter, for the first time or again.
fn failures_of_entering(events: &[Event]) -> usize {
    let is_failure = |event: &&Event| {
        let Event::Retrying { why, .. } = event else {
            return false;
        };
        matches!(why, Trouble::Refused { .. } | Trouble::Unanswered { .. })
    };
    let is_beginning = |event: &&Event| {
        let Event::Retrying { why, .. } = event else {
            return matches!(event, Event::Joined(_) | Event::Rejoined(_));
        };
        matches!(why, Trouble::Rejoining(_))
    };
    let entering = events.iter().rev().take_while(|event| !is_beginning(event));
    entering.filter(is_failure).count()
}

/// Clients that come when the network is calm have nothing to end for.
fn check_stay(world: &World, first: NodeId) {
    let mut ended = world.nodes[first..].iter().filter_map(|node| {
        let ended = node.ended.as_ref()?;
        Some((node.user, &ended.reason))
    });
    if let Some((user, reason)) = ended.next() {
        panic!("user {user} does not stay: {reason:?}\n{}", world.history());
    }
}

#[cfg(test)]
mod tests {
    use confcall_join::api::Method;
    use confcall_join::engine::RejoinReason;

    use super::*;
    use crate::rule::{Rule, Verdict};

    /// Checks the ends in a life without faults.
    fn check(world: &World, rewound: bool) {
        let mut plan = Plan::draw(1);
        plan.faults = Faults::NONE;
        check_ends(world, &plan, rewound);
    }

    /// A call to which a second client does not come through.
    fn exhausted() -> World {
        let mut world = World::with_call(1);
        let link = world.link();
        world
            .rules
            .push(Rule::new(Method::GetGroupCall, Verdict::Lose));
        world.join(link);
        world.run(Duration::from_secs(300));
        let reason = world.end(1);
        assert!(matches!(reason, EndReason::Exhausted { .. }), "{reason:?}");
        world
    }

    /// A call with a member whose server went back after so many rejoins.
    fn broken(rejoins: usize) -> World {
        let mut world = World::with_call(1);
        let reason = RejoinReason::Rewound { offset: 1, ours: 2 };
        let node = &mut world.nodes[0];
        let rejoin = Event::Retrying {
            why: Trouble::Rejoining(RejoinReason::Requested),
            pause: Duration::ZERO,
            attempt: 1,
        };
        node.events.extend(vec![rejoin; rejoins]);
        node.ended = Some(EndReason::Broken(reason).into());
        world
    }

    #[test]
    fn a_client_may_give_up_when_it_has_tried_often() {
        check(&exhausted(), false);
    }

    #[test]
    #[should_panic(expected = "user 2: Exhausted")]
    fn a_client_that_gives_up_too_early_diverges() {
        let mut world = exhausted();
        let events = &mut world.nodes[1].events;
        let first = events
            .iter()
            .position(|event| matches!(event, Event::Retrying { .. }));
        events.remove(first.expect("it tried again"));
        check(&world, false);
    }

    #[test]
    fn the_last_of_many_lost_memberships_may_be_lost_to_a_server_that_went_back() {
        check(&broken(4), true);
    }

    #[test]
    #[should_panic(expected = "user 1: Broken(Rewound")]
    fn a_fork_ends_nobody_who_has_a_rejoin_left() {
        check(&broken(3), true);
    }

    #[test]
    #[should_panic(expected = "user 1: Broken(Rewound")]
    fn a_fork_without_a_server_that_went_back_diverges() {
        check(&broken(4), false);
    }
}
