//! Memory of an engine in a call of two hundred, where nothing happens any more.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::Ssrc;
use confcall::join::api::{
    ChainBlocks, GroupCallParticipant, Method, ParticipantsPage, Request, Response, SubChain,
    Update, Updates,
};
use confcall::join::engine::{
    Command, CommandId, Config, Engine, Input, MediaState, Outcome, Output,
};
use confcall::media::{ChannelId, Moment, RemovalGrace};
use confcall::state::keys::{Seed, Signature};
use confcall::state::wire::{Broadcast, BroadcastContent, GroupState, Participant, Permissions};
use confcall::state::{Block, PrivateKey};
use confcall::{Chain, Joiner, Membership, Target, UserId};
use confcall_server::Server;
use confcall_simulator::{Node, World, media, participant};
use sha2::{Digest as _, Sha256};

/// The number of others; we are the last user.
const OTHERS: i64 = 199;
const US: UserId = UserId::new(OTHERS + 1);
const BOUND: i64 = 256 << 10;
const SECOND: Duration = Duration::from_secs(1);

/// A server that shows two hundred members, although it has only seen one.
struct Show {
    server: Server,
    /// Its answer to our join, but for the blocks.
    joined: Vec<Update>,
    roster: ParticipantsPage,
    blocks: Vec<Vec<u8>>,
    broadcasts: Vec<Vec<u8>>,
}

impl Show {
    fn new(first_block: &Block) -> (Self, Target) {
        let mut world = World::with_call(1);
        let link = world.link();
        let node = world.join_as(US, link.clone());
        let is_joining = |world: &World| world.nodes[node].sent(Method::JoinGroupCall) == 1;
        assert!(world.run_while_not(SECOND, is_joining));
        let join = world.nodes[node].requests.last().unwrap().body.clone();
        let answer = world.server.clone().answer(US, &join);
        let Updates(mut joined) = answer.unwrap().into_updates().unwrap();
        joined.retain(|one| !matches!(one, Update::ChainBlocks(_) | Update::Participants(_)));
        let listed = (1..=OTHERS).map(|user| GroupCallParticipant {
            source: Ssrc::new(user as u32),
            ..participant(user)
        });
        let roster = ParticipantsPage {
            count: OTHERS as i32,
            participants: listed.collect(),
            next_offset: None,
            version: 1,
            labels: Vec::new(),
        };
        let show = Self {
            server: world.server,
            joined,
            roster,
            blocks: vec![first_block.to_server()],
            broadcasts: Vec::new(),
        };
        (show, link)
    }

    fn items(&self, sub_chain: SubChain, from: i32) -> Update {
        let all = match sub_chain {
            SubChain::Blocks => &self.blocks,
            SubChain::Broadcasts => &self.broadcasts,
        };
        let from = usize::try_from(from).unwrap_or_else(|_| all.len() - 1);
        Update::ChainBlocks(ChainBlocks {
            call: self.server.calls().next().unwrap().reference(),
            sub_chain,
            blocks: all[from..].to_vec(),
            next_offset: all.len() as i32,
        })
    }

    fn answer(&mut self, body: &Request) -> Response {
        let updates = match body {
            Request::ChainBlocks(poll) => vec![self.items(poll.sub_chain, poll.offset)],
            Request::Join(join) => {
                let block = Block::parse(join.block.as_ref().unwrap()).unwrap();
                self.blocks.push(block.to_server());
                let items = [
                    self.items(SubChain::Blocks, 1),
                    self.items(SubChain::Broadcasts, 0),
                ];
                self.joined.iter().cloned().chain(items).collect()
            }
            Request::Broadcast(broadcast) => {
                let broadcast = Broadcast::parse(&broadcast.broadcast).unwrap();
                self.broadcasts.push(broadcast.to_server());
                Vec::new()
            }
            Request::Check(check) => return Response::Sources(check.sources.clone()),
            Request::Participants(_) => return self.roster.clone().into(),
            body => return self.server.answer(US, body).unwrap(),
        };
        Updates(updates).into()
    }
}

/// A client of ours whose server shows what the test says.
struct Guest {
    node: Node,
    now: Moment,
    answered: usize,
}

impl Guest {
    fn input(&mut self, input: Input) {
        self.node.handle_input(self.now, input);
    }

    /// Lets time pass, and the server answer at once.
    fn run(&mut self, show: &mut Show, time: Duration) {
        for _ in 0..time.as_millis() / 100 {
            while let Some(sent) = self.node.requests.get(self.answered).cloned() {
                self.answered += 1;
                let outcome = Outcome::Done(show.answer(&sent.body));
                let request = sent.id;
                self.input(Input::Answer { request, outcome });
            }
            self.now = self.now + Duration::from_millis(100);
            self.input(Input::Tick);
        }
    }
}

fn group(keys: &[PrivateKey]) -> GroupState {
    let participants = (1..).zip(keys).map(|(user, key)| Participant {
        user_id: UserId::new(user),
        public_key: key.public_key(),
        permissions: Permissions::from_bits(3),
        version: 0,
    });
    GroupState {
        participants: participants.collect(),
        external_permissions: Permissions::from_bits(3),
    }
}

/// The broadcasts of a user about a block, in the two phases of its verification.
fn said(user: i64, key: &PrivateKey, block: &Block) -> [Vec<u8>; 2] {
    let nonce = [user as u8; 32];
    let commit = BroadcastContent::Commit {
        nonce_hash: Sha256::digest(nonce).into(),
    };
    let reveal = BroadcastContent::Reveal { nonce };
    [commit, reveal].map(|content| {
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: UserId::new(user),
            height: block.height(),
            block_hash: block.hash(),
            content,
        };
        broadcast.sign(key).to_server()
    })
}

fn drain(engine: &mut Engine) {
    while !matches!(engine.poll_output(), Output::Timeout(_)) {}
}

#[test]
fn an_engine_in_a_quiet_call_of_two_hundred_holds_at_most_256_kib() {
    let mut rng = ChaCha20Rng::from_seed([42; 32]);
    let keys: Vec<_> = (0..OTHERS)
        .map(|_| PrivateKey::generate(&mut rng))
        .collect();
    let first = Chain::client().build_group_change(group(&keys), &keys[0], &mut rng);
    let (mut show, link) = Show::new(&first.unwrap());
    let config = Config::new(link, Joiner::new(US), media(&mut rng));
    let begin = || Engine::new(config.clone(), Seed::copy_of(&[7; 32]), Moment::default());
    let mut guest = Guest {
        node: Node::new(US, begin(), Moment::default()),
        now: Moment::default(),
        answered: 0,
    };
    guest.node.inputs = Some(Vec::new());
    guest.run(&mut show, 3 * SECOND);

    let block = Block::from_server(&show.blocks[1]).unwrap();
    for phase in 0..2 {
        let said = (1..).zip(&keys).map(|(user, key)| said(user, key, &block));
        show.broadcasts.extend(said.map(|said| said[phase].clone()));
        guest.run(&mut show, 3 * SECOND);
    }
    let connected = Command::Media(MediaState::Connected);
    let (id, command) = (CommandId::new(0), connected);
    guest.input(Input::Command { id, command });
    guest.run(&mut show, 20 * SECOND);
    let others = (1..).zip(keys).map(|(user, key)| {
        let (user, now) = (UserId::new(user), guest.now);
        let other = Membership::start(now, user, key, &block, RemovalGrace::WithGrace, &mut rng);
        let other = other.unwrap();
        let sealed = other
            .cryptor()
            .seal(now, ChannelId::MAIN, 0, b"sound", &mut rng);
        (user, sealed.unwrap())
    });
    let packets: Vec<_> = others.collect();

    let mut again = None;
    let measured = allocation_counter::measure(|| {
        let engine = again.insert(Box::new(begin()));
        drain(engine);
        for (now, input) in guest.node.inputs.iter().flatten() {
            engine.handle_input(*now, input.clone()).unwrap();
            drain(engine);
        }
        let cryptor = engine.membership().unwrap().cryptor();
        for (from, packet) in &packets {
            cryptor.open(guest.now, *from, packet).unwrap();
        }
    });
    let engine = again.unwrap();
    let membership = engine.membership().unwrap();
    assert!(membership.verification().emoji_hash().is_some());
    assert_eq!(engine.connected().len(), OTHERS as usize);
    let held = measured.bytes_current;
    // The ids and keys of the members alone are that much.
    assert!(held > 200 * 40 && held <= BOUND, "{held} bytes");
}
