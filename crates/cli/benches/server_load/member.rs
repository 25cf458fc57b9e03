//! A member that counts: it merges each block and says what a member says, and verifies no broadcast of others.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall::join::api::{InputGroupCall, Request, SendConferenceCallBroadcast, SubChain, Update};
use confcall::state::keys::{PrivateKey, Signature};
use confcall::state::wire::{Broadcast, BroadcastContent};
use confcall::state::{Block, Chain};
use confcall::transport::tl::read_pushed;
use confcall::{BlockHash, Height, JoinBlock, UserId};
use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::caller::User;
use crate::link::{self, Message, Receiver, Sender, u32_at};
use crate::record::Record;

const RPC_RESULT: u32 = 0xf35c_6d01;
const RPC_ERROR: u32 = 0x2144_ca19;
const UPDATE_SHORT: u32 = 0x78d4_dec1;
const UPDATES: u32 = 0x74ae_4240;

/// The place of the number of the subchain in a push of one update.
const SUBCHAIN: usize = 4 + 4 + 20;

/// The first bytes of an update of a subchain.
const CHAIN_BLOCKS: u32 = 0xa477_288f;

/// What all members of a run have received together.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) packets: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) pushes: AtomicU64,
    pub(crate) broadcasts: AtomicU64,
    /// Broadcasts that the server refused, for a newer block.
    pub(crate) stale: AtomicU64,
    /// True if the members say by themselves what a new block asks of them.
    pub(crate) speak: AtomicBool,
}

/// A member, as the one who commands it sees it.
pub(crate) struct Member {
    pub(crate) id: UserId,
    commands: mpsc::UnboundedSender<Command>,
}

enum Command {
    Ask(Request, oneshot::Sender<Vec<u8>>),
    Join(
        Request,
        Box<JoinBlock>,
        InputGroupCall,
        oneshot::Sender<Vec<u8>>,
    ),
    Say(Kind),
}

/// The two broadcasts of a member for each block.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Commit,
    Reveal,
}

impl Member {
    /// Connects a user.
    pub(crate) async fn connect(user: User, counts: Arc<Counts>, record: Record) -> Self {
        let (sender, receiver) = link::connect(user.address, &user.key, user.id.value()).await;
        let (commands, orders) = mpsc::unbounded_channel();
        let talk = Talk {
            user: user.id,
            sender,
            acks: Vec::new(),
            answers: HashMap::new(),
            seat: None,
            counts,
            record,
            rng: ChaCha20Rng::seed_from_u64(user.id.value().unsigned_abs()),
        };
        tokio::spawn(talk.run(receiver, orders));
        Self {
            id: user.id,
            commands,
        }
    }

    /// Asks, and gives the answer.
    pub(crate) async fn ask(&self, request: impl Into<Request>) -> Vec<u8> {
        let (back, answer) = oneshot::channel();
        self.command(Command::Ask(request.into(), back));
        answer.await.expect("an answer")
    }

    /// Joins by a block.
    pub(crate) async fn join(&self, request: Request, block: JoinBlock, call: InputGroupCall) {
        let (back, answer) = oneshot::channel();
        self.command(Command::Join(request, Box::new(block), call, back));
        answer.await.expect("it joins");
    }

    /// Says something about the newest block.
    pub(crate) fn say(&self, kind: Kind) {
        self.command(Command::Say(kind));
    }

    fn command(&self, command: Command) {
        assert!(self.commands.send(command).is_ok(), "the member has gone");
    }
}

/// A member at work.
struct Talk {
    user: UserId,
    sender: Sender,
    acks: Vec<i64>,
    answers: HashMap<i64, oneshot::Sender<Vec<u8>>>,
    seat: Option<Seat>,
    counts: Arc<Counts>,
    record: Record,
    rng: ChaCha20Rng,
}

/// The place in a call.
struct Seat {
    call: InputGroupCall,
    key: PrivateKey,
    chain: Chain,
    height: Height,
    hash: BlockHash,
    nonce: [u8; 32],
    /// The commits of others that have come for the newest block.
    commits: usize,
    /// True until the answer to the join has come.
    is_entering: bool,
}

/// What the messages of one packet ask for.
#[derive(Default)]
struct Wanted {
    said: Vec<Kind>,
}

impl Talk {
    async fn run(mut self, mut receiver: Receiver, mut orders: mpsc::UnboundedReceiver<Command>) {
        loop {
            let mut wanted = Wanted::default();
            tokio::select! {
                bytes = receiver.receive(|message| self.take(&message, &mut wanted)) => {
                    if bytes == 0 {
                        return;
                    }
                    self.counts.packets.fetch_add(1, Ordering::Relaxed);
                    self.counts.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
                }
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => return,
                },
            }
            for kind in wanted.said {
                self.say(kind).await;
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Ask(request, back) => {
                let id = self.send(&request).await;
                self.answers.insert(id, back);
            }
            Command::Join(request, join, call, back) => {
                let block = join.block().clone();
                self.seat = Some(Seat {
                    call,
                    chain: Chain::start_from(&block).expect("a whole state"),
                    key: join.into_private_key(),
                    height: block.fields().height,
                    hash: block.hash(),
                    nonce: [0; 32],
                    commits: 0,
                    is_entering: true,
                });
                self.record.block(&block.hash());
                let id = self.send(&request).await;
                self.answers.insert(id, back);
            }
            Command::Say(kind) => self.say(kind).await,
        }
    }

    async fn send(&mut self, request: &Request) -> i64 {
        let acks = core::mem::take(&mut self.acks);
        self.sender.send(&request.to_tl(), &acks).await
    }

    /// Says something about the newest block.
    async fn say(&mut self, kind: Kind) {
        let Some(seat) = &mut self.seat else {
            return;
        };
        let content = match kind {
            Kind::Commit => {
                self.rng.fill_bytes(&mut seat.nonce);
                let nonce_hash = Sha256::digest(seat.nonce).into();
                BroadcastContent::Commit { nonce_hash }
            }
            Kind::Reveal => BroadcastContent::Reveal { nonce: seat.nonce },
        };
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: self.user,
            height: seat.height,
            block_hash: seat.hash,
            content,
        };
        let request = SendConferenceCallBroadcast {
            call: seat.call.clone(),
            broadcast: broadcast.sign(&seat.key).to_bytes(),
        };
        self.send(&request.into()).await;
    }

    fn take(&mut self, message: &Message<'_>, wanted: &mut Wanted) {
        if message.is_relevant {
            self.acks.push(message.id);
        }
        let speak = self.counts.speak.load(Ordering::Relaxed);
        match message.constructor() {
            RPC_RESULT => self.take_answer(message.body, speak, wanted),
            UPDATE_SHORT | UPDATES => {
                self.counts.pushes.fetch_add(1, Ordering::Relaxed);
                self.take_push(message.body, speak, wanted);
            }
            _ => {}
        }
    }

    fn take_answer(&mut self, body: &[u8], speak: bool, wanted: &mut Wanted) {
        let id = i64::from_le_bytes(body[4..12].try_into().expect("eight bytes"));
        let answer = &body[12..];
        let is_error = u32_at(answer, 0) == RPC_ERROR;
        let Some(back) = self.answers.remove(&id) else {
            // A broadcast: another block may have come before it.
            self.counts
                .stale
                .fetch_add(u64::from(is_error), Ordering::Relaxed);
            return;
        };
        assert!(!is_error, "{}", String::from_utf8_lossy(answer));
        // Who asked may have stopped waiting.
        let _ = back.send(answer.to_vec());
        if let Some(seat) = self.seat.as_mut().filter(|seat| seat.is_entering) {
            seat.is_entering = false;
            if speak {
                wanted.said.push(Kind::Commit);
                wanted.said.extend(seat.reveals().then_some(Kind::Reveal));
            }
        }
    }

    fn take_push(&mut self, body: &[u8], speak: bool, wanted: &mut Wanted) {
        let Some(seat) = &mut self.seat else {
            return;
        };
        if u32_at(body, 0) != UPDATE_SHORT || u32_at(body, 4) != CHAIN_BLOCKS {
            return;
        }
        if u32_at(body, SUBCHAIN) == 1 {
            self.counts.broadcasts.fetch_add(1, Ordering::Relaxed);
            seat.commits += 1;
            if speak && !seat.is_entering && seat.reveals() {
                wanted.said.push(Kind::Reveal);
            }
            return;
        }
        for block in blocks(body, self.user) {
            seat.merge(&block);
            self.record.block(&block.hash());
            // What was to be said of the block before would be refused.
            wanted.said.clear();
            if speak {
                wanted.said.push(Kind::Commit);
            }
        }
    }
}

impl Seat {
    fn merge(&mut self, block: &Block) {
        self.chain.apply(block).expect("the next block");
        self.height = block.fields().height;
        self.hash = block.hash();
        self.commits = 0;
    }

    /// True once the last commit of the others has come.
    fn reveals(&self) -> bool {
        let group = self.chain.state().group_state();
        self.commits + 1 == group.participants.len()
    }
}

/// The blocks in a push.
fn blocks(body: &[u8], own: UserId) -> Vec<Block> {
    let pushed = read_pushed(body, own).expect("an update");
    let items = pushed
        .updates
        .into_iter()
        .filter_map(|update| match update {
            Update::ChainBlocks(items) if items.sub_chain == SubChain::Blocks => Some(items.blocks),
            _ => None,
        });
    let blocks = items.flatten();
    blocks
        .map(|bytes| Block::from_server(&bytes).expect("a block"))
        .collect()
}
