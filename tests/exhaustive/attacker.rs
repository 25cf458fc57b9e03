//! An attacker who holds the server, with members of its own: what it can tell whom, and what must hold all the same.
//!
//! It shows each client a world, which is a server as a value: the real one, the one of before the last member came, or one
//! that it made under the same number with keys of its own in the name of everybody. A lie is one of these:
//!
//! ```text
//! Silence   a request is lost                         Forge    the blocks of an answer are changed
//! Answer    another world answers a request, once     Insert   a member of the attacker joins, as anybody
//! Move      a client is shown another world           Expel    a member of the attacker removes somebody
//! Fork      a client is shown a world of its own, which goes on from its own
//! ```
//!
//! So it tells everything that can be derived from what was seen: old tips, blocks of its own members, answers to others, the
//! same again, and nothing. What it cannot do is sign for a key that is not its own.
//!
//! The bounds: one lie, or as many as the variable `LIES` says, all told within [`SCHEMING`], at most [`MOST_WORLDS`] worlds, and what follows
//! within [`HORIZON`].

use std::time::Duration;

use confcall::UserId;
use confcall::join::api::{Response, SubChain, Update};
use confcall::join::engine::{Command, CommandId, Input, Outcome};

use crate::network::{Network, World};
use crate::script::{Order, Place, Script, When, conference, enter, user};
use crate::search::{Effort, Found, State, search};

/// The lies are told within this time.
pub(crate) const SCHEMING: Duration = Duration::from_secs(10);
/// What follows from them is looked at for so long.
pub(crate) const HORIZON: Duration = Duration::from_secs(45);
/// There are no more worlds than this.
const MOST_WORLDS: usize = 4;
/// Somebody who is not one of the clients.
const STRANGER: UserId = UserId::new(99);

/// One thing that only a dishonest server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// The first request of a client is not carried out, and its connection ends.
    Silence(usize),
    /// The first request of a client is answered as another world would, and carried out in none.
    Answer(usize, usize),
    /// The first request of a client is carried out, and the blocks of its answer are changed.
    Forge(usize, Forgery),
    /// A client is shown another world from now on.
    Move(usize, usize),
    /// A client is shown a world of its own from now on.
    Fork(usize),
    /// A member of the attacker joins a world as this user.
    Insert(usize, UserId),
    /// A member of the attacker removes this user from a world.
    Expel(usize, UserId),
}

/// A change of the blocks of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgery {
    /// The last one has another signature.
    Signature,
    /// The last one has another content.
    Content,
    /// The last one comes twice.
    Repeated,
    /// The last one is left out.
    Dropped,
}

impl Lie {
    /// What it is, whoever it is told.
    pub(crate) fn name(self) -> String {
        let name = format!("{self:?}");
        match self {
            Self::Forge(_, forgery) => format!("{forgery:?}"),
            _ => name.split('(').next().unwrap_or_default().to_owned(),
        }
    }
}

impl Forgery {
    const ALL: [Self; 4] = [
        Self::Signature,
        Self::Content,
        Self::Repeated,
        Self::Dropped,
    ];

    /// Changes the items; gives whether there was something to change.
    fn apply(self, items: &mut Vec<Vec<u8>>) -> bool {
        let Some(mut last) = items.pop() else {
            return false;
        };
        let place = match self {
            Self::Signature => 8,
            Self::Content | Self::Repeated | Self::Dropped => last.len() / 2,
        };
        match self {
            Self::Signature | Self::Content => {
                last[place] ^= 1;
                items.push(last);
            }
            Self::Repeated => items.extend([last.clone(), last]),
            Self::Dropped => {}
        }
        true
    }

    /// Changes the blocks in an answer, if it has some.
    pub(crate) fn of(self, answer: &Input) -> Option<Input> {
        let Input::Answer { request, outcome } = answer else {
            return None;
        };
        let Outcome::Done(Response::Updates(updates)) = outcome else {
            return None;
        };
        let mut updates = updates.clone();
        let mut is_changed = false;
        for update in &mut updates.0 {
            if let Update::ChainBlocks(items) = update
                && items.sub_chain == SubChain::Blocks
            {
                is_changed |= self.apply(&mut items.blocks);
            }
        }
        let outcome = Outcome::Done(Response::Updates(updates));
        let request = *request;
        is_changed.then_some(Input::Answer { request, outcome })
    }
}

/// The lies that can be told next.
pub(crate) fn lies(state: &State) -> Vec<Lie> {
    let mut lies = Vec::new();
    for (at, line) in state.lines.iter().enumerate() {
        let others = || (0..state.worlds.len()).filter(|world| *world != line.world);
        if !line.queries.is_empty() {
            lies.push(Lie::Silence(at));
            lies.extend(others().map(|world| Lie::Answer(at, world)));
            lies.extend(Forgery::ALL.map(|forgery| Lie::Forge(at, forgery)));
        }
        lies.extend(others().map(|world| Lie::Move(at, world)));
        let mut neighbours = state.lines.iter().filter(|one| one.world == line.world);
        if neighbours.nth(1).is_some() && state.worlds.len() < MOST_WORLDS {
            lies.push(Lie::Fork(at));
        }
    }
    for (at, world) in state.worlds.iter().enumerate() {
        let shown = || state.lines.iter().filter(|line| line.world == at);
        if shown().next().is_none() {
            continue;
        }
        let names = state.lines.iter().map(|line| line.user).chain([STRANGER]);
        let is_there = |name: &UserId| world.insiders.iter().any(|one| one.user == *name);
        lies.extend(
            names
                .filter(|name| !is_there(name))
                .map(|name| Lie::Insert(at, name)),
        );
        if !world.insiders.is_empty() {
            lies.extend(shown().map(|line| Lie::Expel(at, line.user)));
        }
    }
    lies
}

impl State {
    /// Tells a lie; gives whether it is one, since an answer without blocks cannot be forged.
    pub(crate) fn tell(&mut self, network: &mut Network, lie: Lie) -> bool {
        self.lies -= 1;
        let mut is_lie = true;
        match lie {
            Lie::Silence(at) => network.lose(&mut self.lines[at]),
            Lie::Answer(at, world) => {
                let server = self.worlds[world].server;
                network.answer_by(server, &mut self.lines[at]);
            }
            Lie::Forge(at, forgery) => {
                let place = self.lines[at].deliveries.len();
                network.serve(&mut self.worlds, &mut self.lines, at);
                is_lie = network.forge(&mut self.lines[at], place, forgery);
                let world = self.lines[at].world;
                self.settle(network, world);
            }
            Lie::Move(at, world) => self.lines[at].world = world,
            Lie::Fork(at) => {
                let own = self.worlds[self.lines[at].world].clone();
                self.worlds.push(own);
                self.lines[at].world = self.worlds.len() - 1;
            }
            Lie::Insert(world, name) => self.insert(network, world, name),
            Lie::Expel(world, name) => {
                let id = CommandId::new(1_000 + u64::from(self.lies));
                let command = Command::Kick { users: vec![name] };
                let kick = network.put_input(Input::Command { id, command });
                network.give(self.now, &mut self.worlds[world].insiders[0], kick);
                self.settle(network, world);
            }
        }
        if self.lies == 0 {
            self.forget_worlds();
        }
        is_lie
    }

    /// Forgets the worlds that nobody is shown: after the last lie they make no difference.
    fn forget_worlds(&mut self) {
        let mut kept: Vec<usize> = self.lines.iter().map(|line| line.world).collect();
        kept.sort_unstable();
        kept.dedup();
        for line in &mut self.lines {
            line.world = kept.partition_point(|world| *world < line.world);
        }
        let worlds = kept.iter().enumerate().map(|(place, world)| {
            let mut world = self.worlds[*world].clone();
            for insider in &mut world.insiders {
                insider.world = place;
            }
            world
        });
        self.worlds = worlds.collect();
    }

    pub(crate) fn settle(&mut self, network: &mut Network, world: usize) {
        network.settle(self.now, &mut self.worlds, &mut self.lines, world);
    }

    /// Has a member of the attacker join a world.
    fn insert(&mut self, network: &mut Network, world: usize, name: UserId) {
        let target = conference(network.servers.of(self.worlds[world].server));
        let seed = name.value() as u8 ^ 0x80;
        let mut insider = enter(network, self.now, name, target, [seed, seed ^ 0x40]);
        insider.world = world;
        self.worlds[world].insiders.push(insider);
        self.settle(network, world);
    }

    /// Makes a world under the same number in which the attacker is everybody.
    pub(crate) fn counterfeit(&mut self, network: &mut Network, server: u32, users: &[UserId]) {
        self.worlds.push(World::of(server));
        let world = self.worlds.len() - 1;
        for user in users {
            self.insert(network, world, *user);
        }
    }
}

/// A call of honest members, whose server lies.
fn script(members: usize, joiners: usize, orders: Vec<Order>) -> Script {
    let lies = std::env::var("LIES").map_or(1, |lies| lies.parse().expect("LIES is a number"));
    Script {
        place: Place::Conference,
        members,
        joiners,
        orders,
        overtakes: vec![0; members + joiners],
        slow: 0,
        lies,
    }
}

/// Every lie that can be told was told, and some of them were in vain. To remove somebody takes another one before.
fn assert_searched(found: &Found, lies: u8) {
    let all = [
        "Answer",
        "Content",
        "Dropped",
        "Expel",
        "Fork",
        "Insert",
        "Move",
        "Repeated",
        "Signature",
        "Silence",
    ];
    let all = all.into_iter().filter(|name| lies > 1 || *name != "Expel");
    let told = found.lies.keys().map(String::as_str);
    assert!(told.eq(all), "{:?}", found.lies);
    assert!(found.ends.contains_key("in | in"), "{:?}", found.ends);
}

#[test]
fn no_lie_to_a_founder_and_a_joiner_breaks_a_law() {
    let script = script(1, 1, Vec::new());
    let found = search("lies to a joiner", &script, Effort::Reduced);
    assert_searched(&found, script.lies);
}

#[test]
fn no_lie_to_members_of_whom_one_joins_again_breaks_a_law() {
    let rejoin = Order {
        client: 1,
        command: Command::Rejoin,
        when: When::Anytime,
    };
    let script = script(2, 0, vec![rejoin]);
    let found = search("lies about a rejoin", &script, Effort::Reduced);
    assert_searched(&found, script.lies);
}

#[test]
fn no_lie_about_a_removal_breaks_a_law() {
    let kick = Order {
        client: 0,
        command: Command::Kick {
            users: vec![user(1)],
        },
        when: When::Holds(1),
    };
    let script = script(2, 0, vec![kick]);
    let found = search("lies about a removal", &script, Effort::Reduced);
    assert_searched(&found, script.lies);
}
