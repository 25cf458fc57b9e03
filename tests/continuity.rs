//! Servers that show another call than the one that we were in, or that we joined.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::api::{GetGroupCallChainBlocks, Method, Request, Response, SubChain, Update};
use confcall::join::engine::{
    Advice, Config, EndReason, Event, Input, Outcome, RequestId, Suspicion,
};
use confcall::join::joining::AnswerFault;
use confcall::join::membership::{Break, Gap, LastKnown};
use confcall::join::trace::{Trace, replay};
use confcall::state::wire::{GroupState, Permissions};
use confcall::state::{Block, Chain, PrivateKey, PublicKey};
use confcall::{Command, Engine, Height, Joiner, Moment, Seed, Target, UserId};
use confcall_server::{Server, ServerOptions};
use confcall_simulator::{Faults, Node, Rule, Verdict, World, media, pair, showing};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A call of the same id on another server, of users whose keys are others; the first has left it again, and so have some who came
/// last.
fn twin(members: usize, who_left: usize) -> World {
    let options = ServerOptions {
        seed: 1,
        ..ServerOptions::default()
    };
    let mut twin = World::with_server(Server::new(options), 99, Faults::NONE);
    twin.join(Target::Create);
    twin.converge();
    for _ in 1..members + who_left {
        let link = twin.link();
        twin.join(link);
        twin.converge();
    }
    for node in (members..members + who_left).chain([0]) {
        twin.command(node, Command::Leave);
        twin.run(10 * SECOND);
        twin.converge();
    }
    twin
}

/// Shows the first client the twin from now on.
fn swap(world: &mut World, twin: &World) {
    for node in 1..world.nodes.len() {
        world.stop(node);
    }
    let ids = |world: &World| world.server.calls().next().unwrap().id();
    assert_eq!(ids(world), ids(twin));
    // Whoever is in touch and outside was kicked, and does not come back by itself.
    world.cut_off(0);
    world.run(10 * SECOND);
    world.server = twin.server.clone();
    world.reconnect(0);
}

/// The suspicions that another call is shown, and the end of a first stay; each comes before we are in.
fn told(node: &Node) -> Vec<Break> {
    let mut told = Vec::new();
    let mut is_in = true;
    for event in &node.events {
        match event {
            Event::Suspicious(Suspicion::Swapped(broken)) => {
                assert!(!is_in, "{:?}", node.events);
                told.push(*broken);
            }
            Event::Retrying { .. } => is_in = false,
            Event::Joined(_) | Event::Rejoined(_) => is_in = true,
            _ => {}
        }
    }
    told
}

fn gaps(node: &Node) -> Vec<&Gap> {
    let events = node.events.iter();
    events
        .filter_map(|event| match event {
            Event::Gap(gap) => Some(gap),
            _ => None,
        })
        .collect()
}

fn users(numbers: impl IntoIterator<Item = i64>) -> Vec<UserId> {
    numbers.into_iter().map(UserId::new).collect()
}

#[test]
fn a_member_who_is_shown_another_call_after_it_was_put_out_is_told_before_it_is_in_again() {
    let more = Break::MorePeopleThanBlocks {
        pairs: 7,
        blocks: 5,
    };
    for (members, who_left, expected) in [
        (8, 0, more),
        (4, 3, Break::AllReplaced { users: 3 }),
        (4, 0, fork(4)),
        (3, 0, fork(3)),
        (2, 0, back(3, 2)),
    ] {
        let mut world = World::with_call(4);
        swap(&mut world, &twin(members, who_left));
        world.run(MINUTE);
        let node = &world.nodes[0];
        assert_eq!(told(node), [expected], "{}", world.history());
        assert_eq!(node.joins, 2, "{}", world.history());
    }
}

fn back(known: i32, shown: i32) -> Break {
    let (known, shown) = (Height::new(known), Height::new(shown));
    Break::WentBack { known, shown }
}

fn fork(height: i32) -> Break {
    Break::Fork {
        height: Height::new(height),
    }
}

#[test]
fn a_client_that_started_again_compares_the_call_with_what_it_saw_before() {
    let mut world = World::with_call(4);
    world.run(5 * SECOND);
    world.crash(0);
    assert_eq!(world.restored, 1, "{}", world.history());
    swap(&mut world, &twin(8, 0));
    world.run(MINUTE);
    assert_eq!(told(&world.nodes[0]).len(), 1, "{}", world.history());
}

#[test]
fn an_engine_that_goes_on_from_an_older_checkpoint_compares_the_call_with_what_was_seen_since() {
    let mut world = World::with_call(2);
    world.run(10 * SECOND);
    let key = [5; 32];
    let blob = world.nodes[0].engine.checkpoint(&key, 0).unwrap();
    let earlier = world.server.clone();
    for _ in 0..2 {
        let link = world.link();
        world.join(link);
        world.converge();
    }
    let known = world.nodes[0].engine.last_known().unwrap();
    // The server goes on from the block of the checkpoint with other people.
    for node in 0..world.nodes.len() {
        world.stop(node);
    }
    world.server = earlier;
    let mut config = Config::new(
        world.link(),
        Joiner::new(UserId::new(1)),
        media(world.rng()),
    );
    config.last_known = Some(known);
    let (seed, now) = (world.seed(), world.moment());
    let restored = Engine::restore(&blob, &key, 0, config, Seed::copy_of(&seed), now).unwrap();
    let before = world.nodes[0].events.len();
    world.replace(0, restored.engine);
    let link = world.link();
    for user in [13, 14] {
        world.join_as(UserId::new(user), link.clone());
        world.run(10 * SECOND);
    }
    let node = &world.nodes[0];
    let told = node.events[before..]
        .iter()
        .any(|event| matches!(event, Event::Suspicious(_)));
    assert!(told, "{:?}", &node.events[before..]);
}

#[test]
fn the_members_who_came_and_went_with_another_call_are_named() {
    let mut world = World::with_call(4);
    swap(&mut world, &twin(8, 0));
    world.run(MINUTE);
    let changed = world.nodes[0]
        .events
        .iter()
        .rev()
        .find_map(|event| match event {
            Event::MembersChanged {
                added,
                removed,
                rekeyed,
                by: None,
            } => Some((added.clone(), removed.clone(), rekeyed.clone())),
            _ => None,
        });
    assert_eq!(changed, Some((users(5..=8), users([]), users(2..=4))));
}

#[test]
fn a_call_that_is_swapped_a_second_time_is_the_end() {
    let mut world = World::with_call(4);
    swap(&mut world, &twin(8, 0));
    world.run(MINUTE);
    world.server = twin(16, 0).server;
    world.command(0, Command::Rejoin);
    world.run(MINUTE);
    let node = &world.nodes[0];
    assert_eq!(told(node).len(), 2, "{}", world.history());
    let ended = node.ended.as_ref().unwrap();
    assert!(matches!(ended.reason, EndReason::Swapped(_)), "{ended:?}");
    assert_eq!(ended.advice, Advice::Warn);
}

#[test]
fn a_chain_that_is_shorter_is_looked_at_again_after_a_second_before_that_is_said() {
    let mut world = World::with_call(3);
    let behind = world.server.clone();
    let link = world.link();
    world.join(link);
    world.converge();
    let newest = std::mem::replace(&mut world.server, behind);
    world.command(0, Command::Rejoin);
    world.run(SECOND / 2);
    world.server = newest;
    world.run(10 * SECOND);
    assert_eq!(told(&world.nodes[0]), [], "{}", world.history());
    assert_eq!(world.nodes[0].joins, 2);
}

#[test]
fn each_look_at_a_chain_that_seems_to_have_gone_back_is_made_twice() {
    let mut world = World::with_call(3);
    let call = world.server.calls().next().unwrap().reference();
    let tip = Request::ChainBlocks(GetGroupCallChainBlocks::tip(call));
    let behind = world.server.answer(UserId::new(99), &tip).unwrap();
    let link = world.link();
    world.join(link);
    world.converge();
    // One machine of the server has not heard of the newest block, and now and then it is asked.
    let answer = || Verdict::Answer(behind.clone());
    let poll = || {
        Rule::new(Method::GetGroupCallChainBlocks, answer())
            .of(1)
            .on(SubChain::Blocks)
    };
    world.rules.push(poll().times(1));
    world.rules.push(poll().after(1).times(1));
    let raced = Verdict::refuse(400, "CONF_WRITE_CHAIN_INVALID");
    world
        .rules
        .push(Rule::new(Method::JoinGroupCall, raced).of(1).times(1));
    world.command(0, Command::Rejoin);
    world.run(20 * SECOND);
    assert_eq!(world.nodes[0].joins, 2, "{}", world.history());
    assert_eq!(told(&world.nodes[0]), [], "{}", world.history());
}

/// Leaves, and gives what the end hands out, by way of the bytes that a client stores.
fn leave(world: &mut World, node: usize) -> LastKnown {
    world.command(node, Command::Leave);
    world.run(10 * SECOND);
    let ended = world.nodes[node].ended.as_ref().unwrap();
    let known = ended.last_known.as_ref().unwrap();
    LastKnown::from_bytes(&known.to_bytes()).unwrap()
}

fn come_back(world: &mut World, known: LastKnown) -> usize {
    let (link, user) = (world.link(), UserId::new(1));
    let media = media(world.rng());
    let mut config = Config::new(link, Joiner::new(user), media);
    config.last_known = Some(known);
    let node = world.start_recorded(config);
    world.run(20 * SECOND);
    node
}

#[test]
fn a_user_who_left_and_is_shown_another_call_on_coming_back_is_told_before_it_is_in() {
    let mut world = World::with_call(4);
    let known = leave(&mut world, 0);
    swap(&mut world, &twin(10, 0));
    let back = come_back(&mut world, known);
    let node = &world.nodes[back];
    let first = node
        .events
        .iter()
        .position(|event| matches!(event, Event::Joined(_)));
    let told = node
        .events
        .iter()
        .position(|event| matches!(event, Event::Suspicious(_)));
    assert!(told.unwrap() < first.unwrap(), "{:?}", node.events);
    // What was known is a part of the trace.
    let trace = world.nodes[back].take_trace();
    replay(&Trace::read(trace.as_bytes()).unwrap()).unwrap();
}

#[test]
fn a_link_that_leads_to_another_call_than_before_is_told_before_we_are_in_that() {
    let known = leave(&mut World::with_call(2), 0);
    let options = ServerOptions {
        seed: 77,
        ..ServerOptions::default()
    };
    let mut world = World::with_server(Server::new(options), 5, Faults::NONE);
    world.join_as(UserId::new(2), Target::Create);
    world.converge();
    let shown = world.server.calls().next().unwrap().id();
    let expected = Break::OtherCall {
        known: known.call(),
        shown,
    };
    let back = come_back(&mut world, known);
    let first = &world.nodes[back].events[..2];
    let [
        Event::Suspicious(Suspicion::Swapped(told)),
        Event::Joined(_),
    ] = first
    else {
        panic!("{first:?}");
    };
    assert_eq!(*told, expected);
}

#[test]
fn a_stranger_in_our_place_of_another_call_is_told_although_we_seem_to_have_joined_elsewhere() {
    let mut world = World::with_call(4);
    let mut twin = twin(8, 0);
    let link = twin.link();
    twin.join_as(UserId::new(1), link);
    twin.converge();
    twin.stop(0);
    swap(&mut world, &twin);
    world.run(MINUTE);
    assert_eq!(told(&world.nodes[0]).len(), 1, "{}", world.history());
    assert_eq!(*world.end(0), EndReason::JoinedElsewhere);
}

#[test]
fn a_call_that_went_on_while_we_were_away_is_no_alarm_and_it_is_said_what_changed() {
    let mut world = World::with_call(4);
    let known = leave(&mut world, 0);
    let link = world.link();
    world.join_as(UserId::new(5), link);
    world.command(1, Command::Leave);
    world.run(20 * SECOND);
    world.converge();
    let back = come_back(&mut world, known);
    let node = &world.nodes[back];
    let [gap] = gaps(node)[..] else {
        panic!("{}", world.history());
    };
    assert_eq!(
        (gap.blocks, &gap.joined, &gap.left),
        (3, &users([5]), &users([2]))
    );
    assert_eq!(gap.rekeyed, []);
    let is_alarm = |event: &&Event| matches!(event, Event::Suspicious(_));
    assert!(!node.events.iter().any(|event| is_alarm(&event)));
    let first = &node.events[..2];
    assert!(
        matches!(first, [Event::Gap(_), Event::Joined(_)]),
        "{first:?}"
    );
}

#[test]
fn a_chain_that_ends_below_what_was_seen_before_a_restart_is_told_of() {
    let mut world = World::with_call(2);
    world.run(10 * SECOND);
    let key = [5; 32];
    let blob = world.nodes[0].engine.checkpoint(&key, 0).unwrap();
    let earlier = world.server.clone();
    let link = world.link();
    world.join(link.clone());
    world.converge();
    let known = world.nodes[0].engine.last_known().unwrap();
    let height = known.height();
    for node in 0..world.nodes.len() {
        world.stop(node);
    }
    // The server goes on from the block of the checkpoint as if there were none behind it.
    world.server = earlier;
    let mut config = Config::new(link, Joiner::new(UserId::new(1)), media(world.rng()));
    config.last_known = Some(known);
    let (seed, now) = (world.seed(), world.moment());
    let restored = Engine::restore(&blob, &key, 0, config, Seed::copy_of(&seed), now).unwrap();
    let before = world.nodes[0].events.len();
    world.replace(0, restored.engine);
    // It is no news that the member of the checkpoint knew less.
    let kept = world.nodes[0].engine.last_known().unwrap();
    assert_eq!(kept.height(), height);
    world.run(10 * SECOND);
    let node = &world.nodes[0];
    let since = || node.events[before..].iter();
    let is_told = |event: &Event| matches!(event, Event::Suspicious(Suspicion::Fork { .. }));
    assert!(since().any(is_told), "{}", world.history());
    assert!(!since().any(|event| matches!(event, Event::Resumed(_))));
}

#[test]
fn a_creation_whose_answer_names_a_call_that_we_were_in_is_no_membership() {
    let mut world = World::with_call(4);
    let known = leave(&mut world, 0);
    let mut other = World::new(1, Faults::NONE);
    let media = media(other.rng());
    let mut config = Config::new(Target::Create, Joiner::new(UserId::new(1)), media);
    let call = known.call();
    config.last_known = Some(known);
    let node = other.start(config);
    other.run(10 * SECOND);
    assert_eq!(other.server.calls().next().unwrap().id(), call);
    let node = &other.nodes[node];
    let ended = node.ended.as_ref().unwrap();
    let fault = AnswerFault::OtherCall;
    assert_eq!(ended.reason, EndReason::from(fault), "{:?}", node.events);
    assert_eq!(node.joins, 0);
}

/// A client that enters an honest server's call, of which one answer is another.
struct Entrant {
    server: Server,
    node: Node,
    now: Moment,
}

impl Entrant {
    const USER: UserId = UserId::new(9);

    /// The second member of a call of two, at height 2; or the founder of a new one.
    fn new(creates: bool) -> Self {
        let world = World::with_call(2);
        let target = match creates {
            true => Target::Create,
            false => world.link(),
        };
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let config = Config::new(target, Joiner::new(Self::USER), media(&mut rng));
        let now = world.moment();
        let engine = Engine::new(config, Seed::copy_of(&[8; 32]), now);
        Self {
            server: world.server.clone(),
            node: Node::new(Self::USER, engine, now),
            now,
        }
    }

    /// Answers what is asked until a block was taken, whose answer shows another block: the one that `forge` makes for our key.
    fn enter(mut self, forge: impl Fn(PublicKey) -> Block) -> Node {
        let (request, key, answer) = self.send_block();
        let outcome = Outcome::Done(showing(answer, &forge(key)));
        self.input(Input::Answer { request, outcome });
        self.node
    }

    /// The same, but the answer is lost, and the other block is shown as the newest one.
    fn recover(mut self, forge: impl Fn(PublicKey) -> Block) -> Node {
        let (request, key, _) = self.send_block();
        let outcome = Outcome::Lost;
        self.input(Input::Answer { request, outcome });
        self.now = self.node.wake.unwrap();
        self.input(Input::Tick);
        let sent = self.node.requests.last().unwrap().clone();
        let tip = self.server.answer(Self::USER, &sent.body).unwrap();
        let outcome = Outcome::Done(showing(tip, &forge(key)));
        let request = sent.id;
        self.input(Input::Answer { request, outcome });
        self.node
    }

    fn input(&mut self, input: Input) {
        self.node.handle_input(self.now, input);
    }

    /// Answers what is asked up to our block; gives its request, the key that it announces, and the honest answer.
    fn send_block(&mut self) -> (RequestId, PublicKey, Response) {
        for asked in 0.. {
            let sent = self.node.requests[asked].clone();
            let answer = self.server.answer(Self::USER, &sent.body).unwrap();
            let request = sent.id;
            let key = match &sent.body {
                Request::Join(join) => join.public_key,
                Request::Create(creation) => creation.public_key,
                _ => None,
            };
            if let Some(key) = key {
                return (request, key, answer);
            }
            let outcome = Outcome::Done(answer);
            self.input(Input::Answer { request, outcome });
        }
        unreachable!("there is a request or a panic")
    }
}

/// The block of a stranger's chain at a height, in whose group we are.
fn forged(height: i32, ours: PublicKey) -> Block {
    let mut rng = ChaCha20Rng::from_seed([6; 32]);
    let stranger = PrivateKey::from_seed(&[5; 32]);
    let group = GroupState {
        participants: vec![
            pair(UserId::new(66), stranger.public_key()),
            pair(Entrant::USER, ours),
        ],
        external_permissions: Permissions::ALL,
    };
    let mut chain = Chain::client();
    loop {
        let block = chain
            .build_group_change(group.clone(), &stranger, &mut rng)
            .unwrap();
        chain.apply(&block).unwrap();
        if block.height().value() == height {
            return block;
        }
    }
}

#[test]
fn a_block_in_the_answer_to_ours_that_is_not_ours_and_does_not_lead_on_from_it_is_no_membership() {
    let creation = [(0, fork(0)), (1, fork(1))];
    let join = [(0, back(2, 0)), (2, fork(2)), (3, fork(3))];
    let created = creation.map(|(height, why)| (Entrant::new(true), height, why));
    let joined = join.map(|(height, why)| (Entrant::new(false), height, why));
    for (entrant, height, why) in created.into_iter().chain(joined) {
        let node = entrant.enter(|key| forged(height, key));
        assert_kept_out(&node, why);
    }
}

#[test]
fn a_tip_that_has_our_key_and_does_not_lead_on_from_our_block_is_no_membership() {
    for (height, why) in [(0, back(2, 0)), (2, fork(2)), (3, fork(3))] {
        let node = Entrant::new(false).recover(|key| forged(height, key));
        assert_kept_out(&node, why);
    }
}

#[test]
fn a_block_far_behind_ours_is_not_where_we_begin_whoever_wrote_it() {
    let forge = |key| forged(4, key);
    for node in [
        Entrant::new(false).enter(forge),
        Entrant::new(false).recover(forge),
    ] {
        let state = node.engine.membership().unwrap().state();
        assert_eq!(state.height().value(), 2, "{:?}", node.events);
        assert!(state.group_state().by_user(UserId::new(66)).is_none());
        assert_eq!(gaps(&node).len(), 0);
    }
}

#[test]
fn a_block_far_behind_ours_at_an_offset_that_has_no_room_for_those_between_is_no_membership() {
    let mut entrant = Entrant::new(false);
    let (request, key, answer) = entrant.send_block();
    let Response::Updates(mut updates) = showing(answer, &forged(5, key)) else {
        panic!();
    };
    for update in &mut updates.0 {
        if let Update::ChainBlocks(items) = update
            && items.sub_chain == SubChain::Blocks
        {
            items.next_offset = 1;
        }
    }
    let outcome = Outcome::Done(updates.into());
    entrant.input(Input::Answer { request, outcome });
    let ended = entrant.node.ended.as_ref().unwrap();
    assert!(
        matches!(
            ended.reason,
            EndReason::Unusable(AnswerFault::Offset { next_offset: 1, .. })
        ),
        "{ended:?}"
    );
}

fn assert_kept_out(node: &Node, why: Break) {
    let ended = node
        .ended
        .as_ref()
        .unwrap_or_else(|| panic!("{:?}", node.events));
    assert_eq!(ended.reason, EndReason::Swapped(why));
    assert_eq!(ended.advice, Advice::Warn);
    assert_eq!(node.joins, 0);
    // The server counts us as joined.
    assert_eq!(node.sent(Method::LeaveGroupCall), 1);
}
