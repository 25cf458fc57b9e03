//! Answers and updates that no honest server gives, handed to an engine by hand: what it asks for has bounds.
#![cfg(any(fuzzing, confcall_testing))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::sync::Arc;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::api::{
    AccessHash, ActiveCall, CallConnection, CallId, CallRef, ChainBlocks, DataJson,
    EncryptedMessage, GetGroupParticipants, GroupCall, GroupCallParticipant, InputGroupCall,
    InviteLink, MessageId, Method, Participants, ParticipantsPage, Peer, PeerLabel, Request,
    Response, RpcError, SubChain, Update, Updates,
};
use confcall::join::engine::{
    Advice, Command, CommandFailure, CommandId, Config, EndReason, Ended, Event, Input, MediaState,
    Outcome, RequestId, Suspicion,
};
use confcall::join::message::{GroupMessage, RandomId};
use confcall::join::{Slug, Ssrc, limits};
use confcall::media::Moment;
use confcall::state::keys::Signature;
use confcall::state::wire::{
    Broadcast, BroadcastContent, Change, GroupState, Participant, Permissions, SharedKey,
};
use confcall::state::{Block, Chain, PrivateKey};
use confcall::{Engine, JoinBlock, Joiner, Seed, Target, UserId};
use confcall_simulator::{Node, SentRequest, World, each_seed, media, participant};

const SECOND: Duration = Duration::from_secs(1);
const SEND: Method = Method::SendConferenceCallBroadcast;

/// A member of a call that gets nothing but what the test hands it.
struct Victim {
    node: Node,
    now: Moment,
    commands: u64,
}

impl Victim {
    fn of(world: &World) -> Self {
        Self::at(world, 0)
    }

    fn at(world: &World, node: usize) -> Self {
        let mut node = world.nodes[node].clone();
        node.requests.clear();
        node.events.clear();
        Self {
            node,
            now: world.moment(),
            commands: 0,
        }
    }

    fn call(&self) -> InputGroupCall {
        self.node.engine.call().unwrap().into()
    }

    fn input(&mut self, input: Input) {
        self.node.handle_input(self.now, input);
    }

    fn command(&mut self, command: Command) {
        self.commands += 1;
        let id = CommandId::new(self.commands);
        self.input(Input::Command { id, command });
    }

    /// Lets time pass.
    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        self.input(Input::Tick);
        while let Some(wake) = self.node.wake.filter(|wake| *wake <= end) {
            self.now = wake;
            self.input(Input::Tick);
        }
        self.now = end;
    }

    fn answer(&mut self, request: RequestId, outcome: Outcome) {
        self.input(Input::Answer { request, outcome });
    }

    /// The requests of a method, the oldest first.
    fn asked(&self, method: Method) -> Vec<RequestId> {
        self.node.requests_of(method).map(|sent| sent.id).collect()
    }

    /// The number of commands that are done.
    fn done(&self) -> usize {
        let is_done = |event: &&Event| matches!(event, Event::Done { .. });
        self.node.events.iter().filter(is_done).count()
    }

    /// Answers a request of ours with connection parameters whose password ends so.
    fn answer_with_connection(&mut self, password: &str) {
        let fingerprint = ["AB"; 32].join(":");
        let params = DataJson::new(format!(
            r#"{{"transport": {{"ufrag": "serv", "pwd": "{password:+>22}", "candidates": [],
                "fingerprints": [{{"hash": "sha-256", "setup": "active", "fingerprint": "{fingerprint}"}}]}}}}"#
        ));
        let presentation = false;
        let connection = Update::Connection(CallConnection {
            presentation,
            params,
        });
        self.command(Command::RevokeLink);
        let request = *self.asked(Method::ToggleGroupCallSettings).last().unwrap();
        let response = Response::from(Updates(vec![connection]));
        self.answer(request, Outcome::Done(response));
    }

    /// Pushes the block that follows.
    fn push_block(&mut self, block: &Block) {
        let items = self.block_items(block);
        self.input(Input::Update(Update::ChainBlocks(items)));
    }

    fn block_items(&self, block: &Block) -> ChainBlocks {
        ChainBlocks {
            call: self.call(),
            sub_chain: SubChain::Blocks,
            next_offset: block.height().value() + 1,
            blocks: vec![block.to_server()],
        }
    }

    /// The broadcasts from the first one on.
    fn broadcasts(&self, blocks: Vec<Vec<u8>>) -> ChainBlocks {
        ChainBlocks {
            call: self.call(),
            sub_chain: SubChain::Broadcasts,
            next_offset: i32::try_from(blocks.len()).unwrap(),
            blocks,
        }
    }

    fn suspicions(&self) -> Vec<&Suspicion> {
        let events = self.node.events.iter();
        let suspicions = events.filter_map(|event| match event {
            Event::Suspicious(what) => Some(what),
            _ => None,
        });
        suspicions.collect()
    }

    /// The polls of a subchain, the oldest first.
    fn polls(&self, sub_chain: SubChain) -> Vec<RequestId> {
        let is_it = |body: &Request| matches!(body, Request::ChainBlocks(poll) if poll.sub_chain == sub_chain);
        let polls = self.node.requests.iter().filter(|sent| is_it(&sent.body));
        polls.map(|sent| sent.id).collect()
    }

    fn end(&self) -> &Ended {
        self.node.ended.as_ref().unwrap()
    }

    fn tip(&self, world: &World) -> Block {
        let blocks = world.items(SubChain::Blocks).blocks;
        Block::from_server(blocks.last().unwrap()).unwrap()
    }

    /// Pushes that some users left, though the chain still has them.
    fn push_left(&mut self, users: impl Iterator<Item = i64>) {
        let change = Participants {
            call: self.call(),
            participants: users.map(left).collect(),
            version: 0,
        };
        self.input(Input::Update(Update::Participants(change)));
    }
}

fn other_call() -> InputGroupCall {
    InputGroupCall::Id {
        id: CallId::new(4),
        access_hash: AccessHash::new(5),
    }
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([9; 32])
}

fn left(user: i64) -> GroupCallParticipant {
    GroupCallParticipant {
        left: true,
        ..participant(user)
    }
}

fn whole_roster(world: &World) -> ParticipantsPage {
    let call = world.server.calls().next().unwrap().reference();
    let page = GetGroupParticipants::page(call, String::new(), 100);
    let answer = world
        .server
        .clone()
        .answer(UserId::new(1), &Request::Participants(page));
    answer.unwrap().into_participants().unwrap()
}

#[test]
fn one_push_has_us_ask_once_whether_we_are_joined_however_often_it_says_that_we_left() {
    let mut victim = Victim::of(&World::with_call(2));
    for _ in 0..10 {
        victim.push_left(core::iter::repeat_n(1, 1000));
    }
    let checks = victim.asked(Method::CheckGroupCall).len();
    assert!(checks <= 1, "{checks} checks");
}

#[test]
fn connection_parameters_in_an_answer_are_shown_again_only_if_they_changed() {
    let mut victim = Victim::of(&World::with_call(1));
    for password in ["first", "first", "second", "first"] {
        victim.answer_with_connection(password);
    }
    let shown = victim.node.events.iter();
    let shown = shown.filter_map(|event| match event {
        Event::Connection { parameters, .. } => Some(parameters.transport.credentials.pwd()),
        _ => None,
    });
    let passwords: Vec<_> = shown
        .map(|password| password.trim_start_matches('+'))
        .collect();
    assert_eq!(passwords, ["first", "second", "first"]);
}

#[test]
fn many_who_are_missed_at_once_are_looked_for_at_once() {
    let mut victim = Victim::of(&World::with_call(8));
    victim.push_left(2..=8);
    victim.run(20 * SECOND);
    let pages = victim.asked(Method::GetGroupParticipants).len();
    assert!(pages <= 2, "{pages} pages of a roster that does not come");
}

#[test]
fn a_chain_that_grows_without_an_answer_has_us_say_so_much_and_no_more() {
    let world = World::with_call(1);
    let mut victim = Victim::of(&world);
    let blocks = world.items(SubChain::Blocks).blocks;
    let mut tip = Block::from_server(blocks.last().unwrap()).unwrap();
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    for _ in 0..2 * limits::REQUESTS {
        // Anybody can join again and again, so the server can as well.
        let join = JoinBlock::add_self(&tip, Joiner::new(UserId::new(2)), &mut rng).unwrap();
        tip = join.block().clone();
        victim.push_block(&tip);
    }
    let membership = victim.node.engine.membership().unwrap();
    assert_eq!(membership.state().hash(), tip.hash());
    victim.run(20 * SECOND);
    let commits = victim.asked(Method::SendConferenceCallBroadcast);
    let under_way = victim.node.requests.len();
    assert!(
        (limits::REQUESTS..limits::REQUESTS + 8).contains(&under_way),
        "{under_way} requests, {} commits",
        commits.len()
    );

    // Where there is room again, what the newest block needs is said.
    for commit in &commits[..8] {
        victim.answer(*commit, Outcome::Lost);
    }
    let mut said = victim
        .node
        .requests
        .iter()
        .filter_map(|sent| match &sent.body {
            Request::Broadcast(said) => Some(Broadcast::parse(&said.broadcast).unwrap()),
            _ => None,
        });
    assert_eq!(said.next_back().unwrap().block_hash, tip.hash());
}

#[test]
fn a_block_of_another_member_that_keeps_the_call_from_h264_is_announced_until_the_next_epoch() {
    let world = World::with_call(1);
    let mut victim = Victim::of(&world);
    let first = world.items(SubChain::Blocks).blocks;
    let first = Block::from_server(first.last().unwrap()).unwrap();
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let join = JoinBlock::add_self(&first, Joiner::new(UserId::new(2)), &mut rng).unwrap();
    let mut chain = Chain::start_from(join.block()).unwrap();
    victim.push_block(join.block());
    let group = chain.state().group_state().clone();
    let mut block = |permits: bool| {
        // Unlike ours, its blocks are not drawn again.
        let block = loop {
            let shared_key = SharedKey::for_participants(&group.participants, &mut rng).unwrap();
            let changes = vec![
                Change::SetGroupState(group.clone()),
                Change::SetSharedKey(Arc::new(shared_key)),
            ];
            let block = chain.build(changes, join.private_key()).unwrap();
            if block.hash().permits_h264() == permits {
                break block;
            }
        };
        chain.apply(&block).unwrap();
        block
    };
    for permits in [false, true] {
        victim.push_block(&block(permits));
        victim.run(15 * SECOND);
    }
    let events = victim.node.events.iter();
    let announced: Vec<_> = events
        .filter_map(|event| match event {
            Event::H264 { is_permitted } => Some(*is_permitted),
            _ => None,
        })
        .collect();
    assert_eq!(announced, [false, true]);
}

#[test]
fn broadcasts_beyond_the_chain_are_not_read_on_before_its_blocks() {
    let world = World::with_call(2);
    let mut victim = Victim::of(&world);
    victim.run(6 * SECOND);
    let [poll] = victim.polls(SubChain::Broadcasts)[..] else {
        panic!("one poll at a time");
    };
    let state = victim.node.engine.membership().unwrap().state();
    let (next, offset) = (
        state.height().next().unwrap(),
        world.items(SubChain::Broadcasts).next_offset,
    );
    let early = (0..50_u8).map(|number| {
        let nonce_hash = [number; 32];
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: UserId::new(2),
            height: next,
            block_hash: state.hash(),
            content: BroadcastContent::Commit { nonce_hash },
        };
        broadcast.to_server()
    });
    let page = ChainBlocks {
        call: victim.call(),
        sub_chain: SubChain::Broadcasts,
        blocks: early.collect(),
        next_offset: offset + 50,
    };
    let page = Updates(vec![Update::ChainBlocks(page)]);
    victim.answer(poll, Outcome::Done(page.into()));
    assert_eq!(victim.polls(SubChain::Broadcasts), [poll]);
    victim.run(SECOND);
    assert!(!victim.polls(SubChain::Blocks).is_empty());
    victim.run(6 * SECOND);
    assert_eq!(victim.polls(SubChain::Broadcasts).len(), 2);
}

#[test]
fn members_who_come_and_go_in_the_roster_have_it_read_so_often_and_no_more() {
    let mut victim = Victim::of(&World::with_call(8));
    for _ in 0..limits::REQUESTS + 8 {
        victim.push_left(2..=8);
        victim.run(6 * SECOND);
        let call = victim.call();
        let back = Participants {
            call,
            participants: (2..=8).map(participant).collect(),
            version: 0,
        };
        victim.input(Input::Update(Update::Participants(back)));
    }
    let under_way = victim.node.requests.len();
    assert!(
        (limits::REQUESTS..limits::REQUESTS + 8).contains(&under_way),
        "{under_way} requests"
    );
}

#[test]
fn commands_and_removals_beyond_their_bounds_are_too_many() {
    let busy = |victim: &Victim| {
        let is_busy = |event: &&Event| {
            matches!(
                event,
                Event::Failed {
                    why: CommandFailure::Busy,
                    ..
                }
            )
        };
        victim.node.events.iter().filter(is_busy).count()
    };
    let mut victim = Victim::of(&World::with_call(2));
    for _ in 0..limits::REMOVALS + 3 {
        let users = vec![UserId::new(2)];
        victim.command(Command::Kick { users });
    }
    assert_eq!(busy(&victim), 3);

    let mut victim = Victim::of(&World::with_call(2));
    for _ in 0..limits::COMMANDS + 3 {
        victim.command(Command::RevokeLink);
    }
    let sent = victim.asked(Method::ToggleGroupCallSettings).len();
    assert!(sent <= limits::COMMANDS, "{sent} requests");
    assert_eq!(sent + busy(&victim), limits::COMMANDS + 3);
}

#[test]
fn one_command_asks_for_so_many_sources() {
    let mut victim = Victim::of(&World::with_call(1));
    let sources = (1..=1000).filter_map(Ssrc::new).collect();
    victim.command(Command::Resolve { sources });
    let sent = victim.node.requests.last().map(|sent| &sent.body);
    let Some(Request::Participants(asked)) = sent else {
        panic!("{sent:?}");
    };
    assert_eq!(asked.sources.len(), limits::RESOLVED_SOURCES);
}

#[test]
fn an_answer_for_a_roster_that_was_given_up_makes_no_other_one_complete() {
    let world = World::with_call(3);
    let mut victim = Victim::of(&world);
    victim.push_left(2..=2);
    victim.run(7 * SECOND);
    victim.push_left(3..=3);
    victim.run(7 * SECOND);
    let pages = victim.asked(Method::GetGroupParticipants);
    let [first, .., last] = pages.as_slice() else {
        panic!("{pages:?}");
    };
    victim.answer(*first, Outcome::Lost);
    let page = Response::Participants(whole_roster(&world));
    victim.answer(*last, Outcome::Done(page));
    let is_unlisted =
        |event: &Event| matches!(event, Event::Suspicious(Suspicion::UnlistedMember(_)));
    assert!(!victim.node.events.iter().any(is_unlisted));
    assert_eq!(victim.node.engine.connected().len(), 3);
}

#[test]
fn a_late_answer_to_an_older_poll_leaves_the_one_that_is_under_way_alone() {
    let mut world = World::with_call(2);
    let mut victim = Victim::of(&world);
    let link = world.link();
    world.join(link);
    world.converge();
    let blocks = world.items(SubChain::Blocks);
    victim.input(Input::Update(Update::ChainBlocks(blocks)));
    victim.run(2 * SECOND);
    // The server has our commit, whose answer is lost, and so refuses it the second time: the subchain is read again.
    let commit = Method::SendConferenceCallBroadcast;
    victim.answer(victim.asked(commit)[0], Outcome::Lost);
    victim.run(SECOND);
    let refused = RpcError::new(400, "BLOCK_INVALID");
    victim.answer(victim.asked(commit)[1], Outcome::Refused(refused));
    victim.run(SECOND);
    let polls = victim.polls(SubChain::Broadcasts);
    let [older, under_way] = polls[..] else {
        panic!("{polls:?}");
    };
    victim.answer(older, Outcome::Lost);
    // Within the time that its own answer may take.
    victim.run(6 * SECOND);
    assert_eq!(victim.polls(SubChain::Broadcasts), polls);
    let broadcasts = Update::ChainBlocks(world.items(SubChain::Broadcasts));
    victim.answer(under_way, Outcome::Done(Updates(vec![broadcasts]).into()));
    let counts = victim.node.engine.membership().unwrap().verification();
    assert!(counts.commit_of(UserId::new(3)).is_some());
}

/// The block by which user 66 joins, and its key.
fn intruder(tip: &Block) -> (Block, PrivateKey) {
    let join = JoinBlock::add_self(tip, Joiner::new(UserId::new(66)), &mut rng()).unwrap();
    (join.block().clone(), join.into_private_key())
}

/// The block by which the holder of a key gives a user another key.
fn rekeying(tip: &Block, user: UserId, by: &PrivateKey) -> Block {
    let chain = Chain::start_from(tip).unwrap();
    let mut group = GroupState::clone(chain.state().group_state());
    let mut all = group.participants.iter_mut();
    let one = all.find(|one| one.user_id == user).unwrap();
    one.public_key = PrivateKey::from_seed(&[77; 32]).public_key();
    one.permissions = Permissions::NONE;
    chain.build_group_change(group, by, &mut rng()).unwrap()
}

/// The block by which the holder of a key removes a user.
fn removal(tip: &Block, user: UserId, by: &PrivateKey) -> Block {
    let chain = Chain::start_from(tip).unwrap();
    let mut group = GroupState::clone(chain.state().group_state());
    group.participants.retain(|one| one.user_id != user);
    chain.build_group_change(group, by, &mut rng()).unwrap()
}

/// The block by which the holder of a key adds a user with another key.
fn addition(tip: &Block, user: UserId, by: &PrivateKey) -> Block {
    let chain = Chain::start_from(tip).unwrap();
    let mut group = GroupState::clone(chain.state().group_state());
    group.participants.push(Participant {
        user_id: user,
        public_key: PrivateKey::from_seed(&[77; 32]).public_key(),
        permissions: Permissions::NONE,
        version: 0,
    });
    chain.build_group_change(group, by, &mut rng()).unwrap()
}

#[test]
fn who_is_replaced_by_a_member_is_not_told_that_it_joined_from_another_place() {
    let world = World::with_call(2);
    let mut victim = Victim::of(&world);
    let (join, key) = intruder(&victim.tip(&world));
    victim.push_block(&join);
    victim.push_block(&rekeying(&join, UserId::new(1), &key));
    victim.run(20 * SECOND);
    let by = UserId::new(66);
    assert_eq!(victim.end().reason, EndReason::KeyReplaced { by });
    assert_eq!(victim.end().advice, Advice::Warn);
}

#[test]
fn who_is_removed_and_then_added_by_a_member_is_not_told_that_it_joined_from_another_place() {
    let world = World::with_call(2);
    let mut victim = Victim::of(&world);
    let us = UserId::new(1);
    let (join, key) = intruder(&victim.tip(&world));
    let without = removal(&join, us, &key);
    victim.push_block(&join);
    victim.push_block(&addition(&without, us, &key));
    victim.push_block(&without);
    let by = Some(UserId::new(66));
    assert_eq!(victim.end().reason, EndReason::Removed { by });
}

#[test]
fn a_member_whose_key_is_replaced_by_another_member_is_a_suspicion() {
    let world = World::with_call(2);
    let mut victim = Victim::of(&world);
    let (join, key) = intruder(&victim.tip(&world));
    victim.push_block(&join);
    assert!(victim.suspicions().is_empty());
    let (by, users) = (UserId::new(66), vec![UserId::new(2)]);
    victim.push_block(&rekeying(&join, users[0], &key));
    let suspected = Suspicion::ForeignKeys { by, users };
    assert_eq!(victim.suspicions(), [&suspected]);
}

#[test]
fn a_user_whom_another_member_adds_is_a_suspicion() {
    let world = World::with_call(2);
    let mut victim = Victim::of(&world);
    let (join, key) = intruder(&victim.tip(&world));
    victim.push_block(&join);
    let (by, users) = (UserId::new(66), vec![UserId::new(67)]);
    victim.push_block(&addition(&join, users[0], &key));
    let suspected = Suspicion::ForeignKeys { by, users };
    assert_eq!(victim.suspicions(), [&suspected]);
}

#[test]
fn a_message_that_the_server_says_no_to_is_not_sent() {
    let mut victim = Victim::of(&World::with_call(2));
    let message = GroupMessage::new(RandomId::new(5).unwrap(), "hello", Vec::new()).unwrap();
    victim.command(Command::Send(message));
    let request = victim.asked(Method::SendGroupCallEncryptedMessage)[0];
    victim.answer(request, Outcome::Done(Response::Bool(false)));
    let why = victim.node.events.iter().find_map(|event| match event {
        Event::Failed { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(why, Some(&CommandFailure::NotTaken));
    assert_eq!(victim.done(), 0);
}

#[test]
fn an_invitation_is_declined_only_by_an_answer_to_that() {
    let mut victim = Victim::of(&World::with_call(2));
    for (response, done) in [(Response::Bool(false), 0), (Updates::default().into(), 1)] {
        let message = MessageId::new(7);
        victim.command(Command::Decline { message });
        let asked = victim.asked(Method::DeclineConferenceCallInvite);
        victim.answer(*asked.last().unwrap(), Outcome::Done(response));
        assert_eq!(victim.done(), done);
    }
}

#[test]
fn a_name_that_comes_with_the_answer_to_an_invitation_is_shown_at_once() {
    let mut victim = Victim::of(&World::with_call(2));
    victim.command(Command::Decline {
        message: MessageId::new(7),
    });
    let asked = victim.asked(Method::DeclineConferenceCallInvite);
    let participants = victim.node.engine.participants();
    let other = participants.iter().find(|one| !one.own).unwrap().peer;
    let name = PeerLabel {
        peer: other,
        name: "Grace".to_owned(),
        username: None,
        access_hash: None,
        photo: None,
    };
    let named = Updates(vec![Update::Labels(vec![name])]);
    victim.answer(asked[0], Outcome::Done(named.into()));
    let mut shown = victim.node.events.iter().flat_map(|event| match event {
        Event::ParticipantsChanged { changed, .. } => changed.as_slice(),
        _ => &[],
    });
    let is_named = |one: &confcall::join::engine::Participant| {
        one.label
            .as_ref()
            .is_some_and(|label| label.name == "Grace")
    };
    assert!(shown.any(|one| is_named(&one.now)));
}

#[test]
fn a_link_that_still_names_the_same_slug_is_not_revoked() {
    let world = World::with_call(2);
    let Target::Slug(slug) = world.link() else {
        panic!("there is a slug");
    };
    for (shown, done) in [
        (format!("https://t.me/call/{slug}"), 0),
        (format!("tg://call?slug={slug}"), 0),
        ("tg://call?slug=other".to_owned(), 1),
    ] {
        // One who made the call, and one who came by its link.
        for node in 0..2 {
            let mut victim = Victim::at(&world, node);
            victim.command(Command::RevokeLink);
            let request = victim.asked(Method::ToggleGroupCallSettings)[0];
            let call = victim.node.engine.call().unwrap();
            let shows = GroupCall::from(ActiveCall {
                participants_count: 2,
                version: 9,
                invite_link: Some(InviteLink::new(shown.clone())),
                ..ActiveCall::conference(call)
            });
            let yes = Updates(vec![shows.into()]);
            victim.answer(request, Outcome::Done(yes.into()));
            assert_eq!(victim.done(), done, "{shown} {node}");
        }
    }
}

/// The answer to a command that the server refuses because the call is so already, while it goes on.
fn answer_to_what_is_so_already(command: Command, method: Method, name: &str) -> CommandFailure {
    let mut victim = Victim::of(&World::with_call(2));
    victim.command(command);
    let request = victim.asked(method)[0];
    let already = RpcError::new(400, name);
    victim.answer(request, Outcome::Refused(already));
    assert_eq!(victim.done(), 0);
    victim.run(16 * SECOND);
    let mut events = victim.node.events.into_iter();
    let failure = events.find_map(|event| match event {
        Event::Failed { why, .. } => Some(why),
        _ => None,
    });
    failure.unwrap()
}

#[test]
fn a_link_is_not_revoked_because_the_server_says_that_nothing_changed() {
    let method = Method::ToggleGroupCallSettings;
    let name = "GROUPCALL_NOT_MODIFIED";
    let failure = answer_to_what_is_so_already(Command::RevokeLink, method, name);
    assert_eq!(failure, CommandFailure::NoEffect);
}

#[test]
fn a_call_that_goes_on_is_not_ended_by_the_servers_word_that_it_was_before() {
    let method = Method::DiscardGroupCall;
    let name = "GROUPCALL_ALREADY_DISCARDED";
    let failure = answer_to_what_is_so_already(Command::Discard, method, name);
    assert_eq!(failure, CommandFailure::NoEffect);
}

#[test]
fn a_kick_that_lost_the_race_to_the_removal_of_one_who_came_back_is_not_done() {
    let world = World::with_call(3);
    let mut victim = Victim::of(&world);
    let user = UserId::new(2);
    victim.command(Command::Kick { users: vec![user] });
    let kick = victim.asked(Method::DeleteConferenceCallParticipants)[0];
    // Another member removes the user as one who left, which keeps nobody out, and the user joins again.
    let other = world.nodes[2].engine.membership().unwrap();
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let pruned = other.remove(&[user], &mut rng).unwrap();
    let back = JoinBlock::add_self(&pruned, Joiner::new(user), &mut rng).unwrap();
    victim.push_block(&pruned);
    victim.push_block(back.block());
    let raced = RpcError::new(400, "CONF_WRITE_CHAIN_INVALID");
    victim.answer(kick, Outcome::Refused(raced));
    victim.run(10 * SECOND);
    assert_eq!(victim.done(), 0);
    let again = victim.asked(Method::DeleteConferenceCallParticipants);
    assert_eq!(again.len(), 2);
}

#[test]
fn full_pages_of_which_nothing_can_be_taken_are_not_asked_for_without_a_pause() {
    let mut victim = Victim::of(&World::with_call(2));
    let (call, end) = (victim.call(), victim.now + 60 * SECOND);
    let mut answered = 0;
    while victim.now < end {
        let open = victim.node.requests[answered..].to_vec();
        answered = victim.node.requests.len();
        for sent in open {
            if let Request::ChainBlocks(poll) = &sent.body {
                let items = ChainBlocks {
                    call: call.clone(),
                    sub_chain: poll.sub_chain,
                    blocks: vec![Vec::new(); 50],
                    next_offset: poll.offset + 50,
                };
                let updates = Updates(vec![Update::ChainBlocks(items)]);
                victim.answer(sent.id, Outcome::Done(updates.into()));
            }
        }
        if victim.node.requests.len() == answered {
            victim.run(SECOND / 4);
        }
    }
    // The bound of `hostile.rs`.
    let asked = victim.asked(Method::GetGroupCallChainBlocks).len();
    assert!(asked <= 400, "{asked} polls in a minute");
}

#[test]
fn a_commit_that_is_sent_twice_because_its_answer_was_lost_makes_nobodys_broadcasts_bad() {
    let mut world = World::with_call(5);
    let before = world.items(SubChain::Broadcasts).blocks;
    let mut victim = Victim::of(&world);
    let link = world.link();
    world.join(link);
    world.converge();
    let tip = world.items(SubChain::Blocks).blocks.pop().unwrap();
    let tip = Block::from_server(&tip).unwrap();
    victim.push_block(&tip);
    let commit = victim.node.requests_of(SEND).next().unwrap().clone();
    let Request::Broadcast(sent) = &commit.body else {
        panic!("{commit:?}");
    };
    let own = Broadcast::parse(&sent.broadcast).unwrap().to_server();
    // Ours is the last one that the server takes.
    let is_of_others = |bytes: &Vec<u8>| {
        let one = Broadcast::from_server(bytes).unwrap();
        let is_commit = matches!(one.content, BroadcastContent::Commit { .. });
        one.height == tip.height() && is_commit && one.user_id != UserId::new(1)
    };
    let mut others = world.items(SubChain::Broadcasts).blocks;
    others.retain(is_of_others);
    assert_eq!(others.len(), 5);
    let read = [before, others.clone()].concat();
    victim.input(Input::Update(Update::ChainBlocks(ChainBlocks {
        blocks: others,
        ..victim.broadcasts(read.clone())
    })));
    let failed = RpcError::new(500, "INTERNAL");
    victim.answer(commit.id, Outcome::Refused(failed));
    victim.run(SECOND / 4);
    let refused = RpcError::new(400, "BLOCK_INVALID");
    victim.answer(victim.asked(SEND)[1], Outcome::Refused(refused));
    victim.run(SECOND);
    let poll = *victim.polls(SubChain::Broadcasts).last().unwrap();
    let all = victim.broadcasts([read, vec![own]].concat());
    let updates = Updates(vec![Update::ChainBlocks(all)]);
    victim.answer(poll, Outcome::Done(updates.into()));
    let counts = victim.node.engine.membership().unwrap().verification();
    assert!(counts.commit_of(UserId::new(1)).is_some());
    assert_eq!(victim.suspicions(), Vec::<&Suspicion>::new());
}

#[test]
fn a_poll_that_a_machine_of_the_server_answers_which_is_behind_is_no_fork() {
    let world = World::with_call(3);
    let mut victim = Victim::of(&world);
    victim.run(6 * SECOND);
    let end = world.items(SubChain::Blocks).next_offset;
    for behind in [1, 0, 1] {
        victim.run(SECOND);
        let poll = *victim.polls(SubChain::Blocks).last().unwrap();
        let items = ChainBlocks {
            call: victim.call(),
            sub_chain: SubChain::Blocks,
            next_offset: end - behind,
            blocks: Vec::new(),
        };
        let updates = Updates(vec![Update::ChainBlocks(items)]);
        victim.answer(poll, Outcome::Done(updates.into()));
        if behind == 0 {
            victim.run(5 * SECOND);
        }
    }
    assert_eq!(victim.suspicions(), Vec::<&Suspicion>::new());
    let joins = victim.asked(Method::JoinGroupCall);
    assert_eq!(joins, []);
}

#[test]
fn a_long_call_whose_broadcasts_are_read_again_from_the_first_is_no_alarm() {
    let mut world = World::with_call(3);
    let old = world.items(SubChain::Broadcasts).blocks[0].clone();
    let mut victim = Victim::of(&world);
    // 50 people and as many blocks have so many.
    let length = 2_550;
    for end in (1..=length / 50).map(|page| page * 50) {
        let mut items = victim.broadcasts(vec![old.clone(); 50]);
        items.next_offset = end;
        victim.input(Input::Update(Update::ChainBlocks(items)));
    }
    let link = world.link();
    world.join(link);
    world.converge();
    let tip = world.items(SubChain::Blocks).blocks.pop().unwrap();
    victim.push_block(&Block::from_server(&tip).unwrap());
    // An answer is lost, so that our commit is refused the second time.
    let failed = RpcError::new(500, "INTERNAL");
    victim.answer(victim.asked(SEND)[0], Outcome::Refused(failed));
    victim.run(SECOND / 4);
    let refused = RpcError::new(400, "BLOCK_INVALID");
    victim.answer(victim.asked(SEND)[1], Outcome::Refused(refused));
    let (mut next, mut asked) = (0, victim.polls(SubChain::Broadcasts).len());
    for _ in 0..length {
        victim.run(SECOND);
        let polls = victim.polls(SubChain::Broadcasts);
        let Some(poll) = polls.get(asked) else {
            continue;
        };
        asked += 1;
        next += 50;
        let mut items = victim.broadcasts(vec![old.clone(); 50]);
        items.next_offset = next;
        let updates = Updates(vec![Update::ChainBlocks(items)]);
        victim.answer(*poll, Outcome::Done(updates.into()));
        if next == length {
            break;
        }
    }
    assert_eq!(next, length);
    assert_eq!(victim.suspicions(), Vec::<&Suspicion>::new());
}

#[test]
fn an_answer_that_was_held_up_by_the_network_does_not_make_who_was_out_of_touch_kicked() {
    let world = World::with_call(2);
    let mut victim = Victim::of(&world);
    victim.run(6 * SECOND);
    let poll = *victim.polls(SubChain::Blocks).last().unwrap();
    // The connection stalls; the answer that was on its way comes when it goes on.
    victim.run(25 * SECOND);
    let end = ChainBlocks {
        blocks: Vec::new(),
        ..victim.block_items(&victim.tip(&world))
    };
    let updates = Updates(vec![Update::ChainBlocks(end)]);
    victim.answer(poll, Outcome::Done(updates.into()));
    let other = world.nodes[1].engine.membership().unwrap();
    let removal = other.remove(&[UserId::new(1)], &mut rng()).unwrap();
    victim.push_block(&removal);
    assert_eq!(victim.node.ended, None);
}

#[test]
fn a_late_change_of_the_roster_that_names_our_source_before_a_restart_is_no_other_device() {
    let world = World::with_call(3);
    let mut victim = Victim::of(&world);
    // It was sent before we joined, and so its version is below that of the roster that we know.
    let ours = GroupCallParticipant {
        own: true,
        versioned: true,
        source: Ssrc::new(777),
        ..participant(1)
    };
    let late = Participants {
        call: victim.call(),
        participants: vec![ours],
        version: 1,
    };
    victim.input(Input::Update(Update::Participants(late)));
    assert_eq!(victim.node.ended, None);
}

#[test]
fn items_of_another_call_in_the_answer_to_a_poll_change_nothing_in_whatever_order() {
    let world = World::with_call(2);
    for is_first in [false, true] {
        let mut victim = Victim::of(&world);
        victim.run(6 * SECOND);
        let poll = *victim.polls(SubChain::Blocks).last().unwrap();
        let ours = ChainBlocks {
            blocks: Vec::new(),
            ..victim.block_items(&victim.tip(&world))
        };
        let other = ChainBlocks {
            call: other_call(),
            ..ours.clone()
        };
        let mut updates = vec![Update::ChainBlocks(ours), Update::ChainBlocks(other)];
        if is_first {
            updates.reverse();
        }
        victim.answer(poll, Outcome::Done(Updates(updates).into()));
        assert_eq!(victim.node.ended, None, "{is_first}");
    }
}

/// A client that joins, and gets this update at the beginning or at the end of the answer to its join.
fn joined_with(extra: &Update, is_first: bool) -> Node {
    let world = World::with_call(2);
    let mut server = world.server.clone();
    let (user, now) = (UserId::new(9), world.moment());
    let config = Config::new(world.link(), Joiner::new(user), media(&mut rng()));
    let engine = Engine::new(config, Seed::copy_of(&[8; 32]), now);
    let mut node = Node::new(user, engine, now);
    for asked in 0..3 {
        let sent = node.requests[asked].clone();
        let mut answer = server.answer(user, &sent.body).unwrap();
        if matches!(sent.body, Request::Join(_)) {
            let mut updates = answer.into_updates().unwrap();
            let place = if is_first { 0 } else { updates.0.len() };
            updates.0.insert(place, extra.clone());
            answer = updates.into();
        }
        let (request, outcome) = (sent.id, Outcome::Done(answer));
        node.handle_input(now, Input::Answer { request, outcome });
    }
    node
}

#[test]
fn updates_of_another_call_in_the_answer_to_a_join_change_nothing() {
    let items = |sub_chain| {
        Update::ChainBlocks(ChainBlocks {
            call: other_call(),
            sub_chain,
            blocks: Vec::new(),
            next_offset: 3,
        })
    };
    let other = CallRef {
        id: CallId::new(4),
        access_hash: AccessHash::new(5),
    };
    let call = Update::from(GroupCall::from(ActiveCall::conference(other)));
    for extra in [items(SubChain::Blocks), items(SubChain::Broadcasts), call] {
        for is_first in [false, true] {
            let node = joined_with(&extra, is_first);
            assert_eq!((node.joins, node.ended), (1, None), "{extra:?}");
        }
    }
}

#[test]
fn a_member_kicked_in_touch_stays_out_however_far_the_newest_block_is() {
    let world = World::with_call(3);
    let mut victim = Victim::of(&world);
    victim.run(6 * SECOND);
    let asked = victim.node.requests_of(Method::CheckGroupCall).last();
    let asked = asked.unwrap().clone();
    let Request::Check(check) = asked.body else {
        panic!("{asked:?}");
    };
    let joined = Response::Sources(check.sources);
    victim.answer(asked.id, Outcome::Done(joined));
    victim.run(5 * SECOND);
    let check = *victim.asked(Method::CheckGroupCall).last().unwrap();
    victim.answer(check, Outcome::Done(Response::Sources(Vec::new())));
    // The last poll shows the newest block, in which we are not, as to anybody outside.
    let poll = *victim.polls(SubChain::Blocks).last().unwrap();
    let other = world.nodes[1].engine.membership().unwrap();
    let removal = other.remove(&[UserId::new(1)], &mut rng()).unwrap();
    let newest = ChainBlocks {
        next_offset: removal.height().value() + 301,
        ..victim.block_items(&removal)
    };
    let updates = Updates(vec![Update::ChainBlocks(newest)]);
    victim.answer(poll, Outcome::Done(updates.into()));
    assert_eq!(victim.end().reason, EndReason::Removed { by: None });
}

#[test]
fn a_server_that_has_us_wait_no_time_is_not_asked_without_end() {
    let mut victim = Victim::of(&World::with_call(1));
    victim.command(Command::Leave);
    for _ in 0..100 {
        let request = *victim.asked(Method::LeaveGroupCall).last().unwrap();
        let wait = Outcome::Refused(RpcError::new(420, "FLOOD_WAIT_0"));
        victim.answer(request, wait);
    }
    assert_eq!(victim.asked(Method::LeaveGroupCall).len(), 1);
    victim.run(20 * SECOND);
    assert!(victim.node.engine.has_ended());
}

/// Numbers at which arithmetic goes wrong.
const EDGES: [i32; 9] = [i32::MIN, -1, 0, 1, 2, 50, 300, i32::MAX - 1, i32::MAX];

/// Draws what a hostile server or a careless caller hands in.
struct Forger<'a> {
    world: &'a mut World,
    blocks: ChainBlocks,
    broadcasts: ChainBlocks,
    commands: u64,
}

impl Forger<'_> {
    fn edge(&mut self) -> i32 {
        EDGES[self.world.below(EDGES.len())]
    }

    fn call(&mut self) -> InputGroupCall {
        match self.world.below(4) {
            0 => InputGroupCall::Id {
                id: CallId::new(self.edge().into()),
                access_hash: AccessHash::new(0),
            },
            1 => InputGroupCall::Slug(Slug::new("a").unwrap()),
            _ => self.blocks.call.clone(),
        }
    }

    fn items(&mut self) -> ChainBlocks {
        let sub_chain = match self.world.below(2) {
            0 => SubChain::Blocks,
            _ => SubChain::Broadcasts,
        };
        let known = [&self.blocks.blocks, &self.broadcasts.blocks].map(Clone::clone);
        let known = known.concat();
        let count = self.world.below(4) * self.world.below(20);
        let blocks = (0..count).map(|_| match self.world.below(8) {
            0 => Vec::new(),
            1 => vec![7; self.world.below(200)],
            _ => known[self.world.below(known.len())].clone(),
        });
        ChainBlocks {
            blocks: blocks.collect(),
            sub_chain,
            call: self.call(),
            next_offset: self.edge(),
        }
    }

    fn participants(&mut self) -> Vec<GroupCallParticipant> {
        let count = self.world.below(6);
        let one = |_| GroupCallParticipant {
            source: Ssrc::new(self.world.below(5) as u32),
            left: self.world.below(2) == 0,
            own: self.world.below(2) == 0,
            versioned: self.world.below(2) == 0,
            ..left(self.world.below(6) as i64)
        };
        (0..count).map(one).collect()
    }

    fn group_call(&mut self) -> GroupCall {
        let (id, access_hash) = match self.call() {
            InputGroupCall::Id { id, access_hash } => (id, access_hash),
            _ => (CallId::new(0), AccessHash::new(0)),
        };
        match self.world.below(8) {
            0 => GroupCall::Discarded {
                id,
                access_hash,
                duration: self.edge(),
            },
            _ => GroupCall::from(ActiveCall {
                conference: self.world.below(4) != 0,
                participants_count: self.edge(),
                version: self.edge(),
                ..ActiveCall::new(CallRef { id, access_hash })
            }),
        }
    }

    fn update(&mut self) -> Update {
        match self.world.below(5) {
            0 => self.group_call().into(),
            1 => Update::Participants(Participants {
                call: self.call(),
                participants: self.participants(),
                version: self.edge(),
            }),
            2 => Update::EncryptedMessage(EncryptedMessage {
                call: self.call(),
                from: Peer::User(UserId::new(self.world.below(4) as i64)),
                encrypted_message: vec![1; self.world.below(300)],
            }),
            _ => Update::ChainBlocks(self.items()),
        }
    }

    fn outcome(&mut self) -> Outcome {
        const ERRORS: [&str; 8] = [
            "FLOOD_WAIT_0",
            "FLOOD_WAIT_2147483647",
            "FLOOD_WAIT_18446744073709551615",
            "CONF_WRITE_CHAIN_INVALID",
            "GROUPCALL_INVALID",
            "GROUPCALL_SSRC_DUPLICATE_MUCH",
            "TIMEOUT",
            "",
        ];
        let response = match self.world.below(8) {
            0 => return Outcome::Lost,
            1 | 2 => {
                let name = ERRORS[self.world.below(ERRORS.len())];
                return Outcome::Refused(RpcError::new(self.edge(), name));
            }
            3 => Response::Bool(true),
            4 => Response::Sources(vec![Ssrc::new(1).unwrap()]),
            5 => Response::Participants(ParticipantsPage {
                count: self.edge(),
                participants: self.participants(),
                next_offset: (self.world.below(2) == 0).then(String::new),
                version: self.edge(),
                labels: Vec::new(),
            }),
            _ => {
                let count = self.world.below(4);
                Response::Updates(Updates((0..count).map(|_| self.update()).collect()))
            }
        };
        Outcome::Done(response)
    }

    fn next_command(&mut self) -> CommandId {
        self.commands += 1;
        CommandId::new(self.commands)
    }

    fn command(&mut self) -> Command {
        let users = (0..self.world.below(4)).map(|user| UserId::new(user as i64));
        match self.world.below(40) {
            0 => Command::Leave,
            1..10 => Command::Kick {
                users: users.collect(),
            },
            10..20 => Command::RevokeLink,
            20..24 => Command::Discard,
            24 => Command::Rejoin,
            25..35 => Command::Resolve {
                sources: vec![Ssrc::new(1).unwrap(); self.world.below(1000)],
            },
            _ => Command::Media(MediaState::Disconnected),
        }
    }

    fn input(&mut self, sent: &[SentRequest]) -> Input {
        match self.world.below(8) {
            0 => Input::Tick,
            1 if self.world.below(4) == 0 => Input::Missed,
            1 => Input::Command {
                id: self.next_command(),
                command: self.command(),
            },
            2..5 if !sent.is_empty() => Input::Answer {
                request: sent[self.world.below(sent.len())].id,
                outcome: self.outcome(),
            },
            _ => Input::Update(self.update()),
        }
    }
}

/// More requests than this no input leads to.
const BURST: usize = 32;

#[test]
fn no_input_at_any_time_makes_an_engine_panic_or_loop_or_ask_much() {
    each_seed(400, |seed| {
        let mut world = World::with_call(3);
        let mut victim = Victim::of(&world);
        *world.rng() = ChaCha20Rng::seed_from_u64(seed);
        let (blocks, broadcasts) = (
            world.items(SubChain::Blocks),
            world.items(SubChain::Broadcasts),
        );
        let mut forger = Forger {
            world: &mut world,
            blocks,
            broadcasts,
            commands: 0,
        };
        for _ in 0..60 {
            let before = victim.node.requests.len();
            let input = forger.input(&victim.node.requests);
            victim.input(input);
            let burst = victim.node.requests.len() - before;
            assert!(burst <= BURST, "{burst} requests");
            let pause = match forger.world.below(20) {
                0 => Duration::from_secs(1 << forger.world.below(40)),
                1..10 => Duration::ZERO,
                _ => Duration::from_millis(forger.world.below(3000) as u64),
            };
            victim.now = victim.now + pause;
        }
    });
}
