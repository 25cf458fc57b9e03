//! Servers that lie.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_join::api::reaction::{ErrorName, ROWS};
use confcall_join::api::{
    AccessHash, CallConnection, CallId, CallRef, ChainBlocks, DataJson, GroupCall,
    GroupCallParticipant, Participants, Request, Response, RpcError, Service as _, SubChain,
    Update, Updates,
};
use confcall_server::{Call, Server};
use confcall_state::UserId;
use confcall_state::keys::Signature;
use confcall_state::wire::{Broadcast, BroadcastContent};
use confcall_state::{Block, BlockHash, Height};

/// The user to whom a hostile server does what it does to one user only.
const VICTIM: UserId = UserId::new(2);

/// The number of broadcasts for blocks to come with which one user is flooded: many times as many as it may keep.
const FLOOD: usize = 60_000;

/// A way in which a server is hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It keeps two calls and shows one to users of even ids and one to the others.
    Fork,
    /// It shows no new block to one user.
    WithholdBlocks,
    /// It leaves one block out for one user.
    SkipBlock,
    /// It shows the last block again and again.
    ReplayBlocks,
    /// It takes broadcasts and shows them to no one.
    SwallowBroadcasts,
    /// It does not list one user.
    HideMember,
    /// Its roster has always another page.
    EndlessRoster,
    /// A subchain has always another full page.
    EndlessChain(SubChain),
    /// It pushes broadcasts about blocks to come, near ones and far ones, more than can be kept.
    FarFuture,
    /// It pushes items that are no items.
    Junk,
    /// Its answers have other types than were asked for.
    WrongTypes,
    /// It sends updates of another call of the same account among those of this one.
    OtherCalls,
    /// It has members ask again at once.
    ComeAgain,
    /// It refuses with errors of all kinds.
    Errors,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Fork,
        Self::WithholdBlocks,
        Self::SkipBlock,
        Self::ReplayBlocks,
        Self::SwallowBroadcasts,
        Self::HideMember,
        Self::EndlessRoster,
        Self::EndlessChain(SubChain::Blocks),
        Self::EndlessChain(SubChain::Broadcasts),
        Self::FarFuture,
        Self::Junk,
        Self::WrongTypes,
        Self::OtherCalls,
        Self::ComeAgain,
        Self::Errors,
    ];
}

/// A hostile layer between an honest server and its clients.
#[derive(Debug)]
pub struct Hostility {
    kind: Kind,
    rng: ChaCha20Rng,
    /// The other call of a fork.
    other: Server,
    /// The length of the chain at the beginning.
    blocks: usize,
    pushes: Vec<(UserId, Update)>,
    /// The number of broadcasts for blocks to come that one user is still flooded with.
    flood: usize,
}

impl Hostility {
    /// A server that is honest up to now.
    pub fn new(kind: Kind, seed: u64, server: &Server) -> Self {
        let call = server.calls().next().expect("there is a call");
        Self {
            kind,
            rng: ChaCha20Rng::seed_from_u64(seed),
            other: server.clone(),
            blocks: call.blocks().len(),
            pushes: Vec::new(),
            flood: FLOOD,
        }
    }

    pub(crate) fn answer(
        &mut self,
        server: &mut Server,
        user: UserId,
        body: &Request,
    ) -> Result<Response, RpcError> {
        if let Some(error) = self.refusal(body) {
            return Err(error);
        }
        let answer = match self.kind == Kind::Fork && user.value() % 2 == 0 {
            true => self.other.handle(user, &body.to_tl()),
            false => server.handle(user, &body.to_tl()),
        }?;
        while let Some((user, updates)) = self.other.poll_push() {
            if user.value() % 2 == 0 {
                let updates = updates.0.into_iter();
                self.pushes.extend(updates.map(|update| (user, update)));
            }
        }
        self.add_unasked(server, user, body);
        Ok(self.twist(user, body, answer))
    }

    fn refusal(&mut self, body: &Request) -> Option<RpcError> {
        let is_entering = matches!(
            body,
            Request::Join(_) | Request::Create(_) | Request::GroupCall(_)
        );
        match self.kind {
            Kind::ComeAgain if !is_entering => Some(RpcError::new(420, "FLOOD_WAIT_0")),
            Kind::Errors if self.rng.next_u32().is_multiple_of(4) => {
                let row = ROWS[self.rng.next_u32() as usize % ROWS.len()];
                let name = match row.name {
                    ErrorName::Exact(name) | ErrorName::Prefix(name) => name.to_owned(),
                    ErrorName::Seconds(name) => format!("{name}{}", self.rng.next_u32() % 20),
                    _ => "WORKER_BUSY_TOO_LONG_RETRY".to_owned(),
                };
                Some(RpcError::new(row.code.unwrap_or(500), name))
            }
            _ => None,
        }
    }

    fn twist(&mut self, user: UserId, body: &Request, answer: Response) -> Response {
        match (self.kind, answer) {
            (Kind::WrongTypes, _) if self.rng.next_u32().is_multiple_of(3) => Response::from(true),
            (Kind::EndlessRoster, Response::Participants(mut page)) => {
                page.next_offset = Some("0".to_owned());
                page.into()
            }
            (Kind::HideMember, Response::Participants(mut page)) => {
                page.participants = listed(page.participants);
                page.into()
            }
            (_, Response::Updates(Updates(updates))) => {
                let updates = updates.into_iter();
                let updates = updates.flat_map(|one| self.twist_update(user, Some(body), one));
                Updates(updates.collect()).into()
            }
            (_, answer) => answer,
        }
    }

    /// The pushes that are sent in the place of an honest one.
    pub(crate) fn push(&mut self, user: UserId, update: Update) -> Vec<Update> {
        if self.kind == Kind::Fork && user.value() % 2 == 0 {
            return Vec::new();
        }
        self.twist_update(user, None, update)
    }

    fn twist_update(
        &mut self,
        user: UserId,
        body: Option<&Request>,
        update: Update,
    ) -> Vec<Update> {
        let is_poll = matches!(body, Some(Request::ChainBlocks(poll)) if poll.offset >= 0);
        match (self.kind, update) {
            (Kind::HideMember, Update::Participants(change)) => {
                let participants = listed(change.participants);
                vec![Update::Participants(Participants {
                    participants,
                    ..change
                })]
            }
            (Kind::WithholdBlocks, Update::ChainBlocks(items)) if user == VICTIM => {
                self.without_new_blocks(items).into_iter().collect()
            }
            (Kind::SkipBlock, Update::ChainBlocks(items)) if user == VICTIM => {
                vec![Update::ChainBlocks(self.without_one_block(items))]
            }
            (Kind::SwallowBroadcasts, Update::ChainBlocks(items))
                if items.sub_chain == SubChain::Broadcasts =>
            {
                let blocks = Vec::new();
                vec![Update::ChainBlocks(ChainBlocks {
                    blocks,
                    next_offset: 0,
                    ..items
                })]
            }
            (Kind::ReplayBlocks, Update::ChainBlocks(items)) if is_poll => {
                vec![Update::ChainBlocks(self.with_replays(items, 1))]
            }
            (Kind::EndlessChain(sub_chain), Update::ChainBlocks(items))
                if is_poll && items.sub_chain == sub_chain =>
            {
                vec![Update::ChainBlocks(self.with_replays(items, 50))]
            }
            // In an answer the connection parameters, which name no call, would be taken for ours.
            (Kind::OtherCalls, update) if body.is_none() => {
                let mut updates = of_another_call(&update);
                let place = self.rng.next_u32() as usize % (updates.len() + 1);
                updates.insert(place, update);
                updates
            }
            (_, update) => vec![update],
        }
    }

    fn without_new_blocks(&self, mut items: ChainBlocks) -> Option<Update> {
        if items.sub_chain == SubChain::Blocks {
            let first = items.first_offset()?;
            let shown = (self.blocks as i32 - first).max(0);
            items.blocks.truncate(shown as usize);
            items.next_offset = first.min(self.blocks as i32) + items.blocks.len() as i32;
        }
        Some(Update::ChainBlocks(items))
    }

    /// The first block since it began is nowhere.
    fn without_one_block(&self, mut items: ChainBlocks) -> ChainBlocks {
        let skipped = self.blocks as i32;
        let first = items.first_offset();
        if items.sub_chain == SubChain::Blocks
            && first.is_some_and(|first| first <= skipped && skipped < items.next_offset)
        {
            let kept = skipped + 1 - first.unwrap_or(0);
            items.blocks.drain(..kept as usize);
        }
        items
    }

    /// Some old items, or junk if there is none, behind those of an answer.
    fn with_replays(&mut self, mut items: ChainBlocks, count: usize) -> ChainBlocks {
        let call = self.other.calls().next().expect("there was a call");
        let old = match items.sub_chain {
            SubChain::Blocks => call.blocks(),
            SubChain::Broadcasts => call.broadcasts(),
        };
        let old = old.last().cloned().unwrap_or_else(|| vec![7; 148]);
        while items.blocks.len() < count {
            items.blocks.push(old.clone());
            items.next_offset += 1;
        }
        items
    }

    /// Pushes without a reason.
    fn add_unasked(&mut self, server: &Server, user: UserId, body: &Request) {
        let Some(call) = server.calls().next() else {
            return;
        };
        match self.kind {
            Kind::FarFuture => self.add_early(call, user, body),
            Kind::Junk => self.add_junk(call, user),
            _ => {}
        }
    }

    fn add_junk(&mut self, call: &Call, user: UserId) {
        let offset = self.rng.next_u32() as usize % 300;
        let sub_chain = match offset.is_multiple_of(2) && offset > call.blocks().len() {
            true => SubChain::Blocks,
            false => SubChain::Broadcasts,
        };
        let items = (0..20).map(|_| self.junk()).collect();
        self.push_items(call, user, sub_chain, offset, items);
    }

    /// Broadcasts for blocks to come: some for all, and for one user more than can be kept.
    fn add_early(&mut self, call: &Call, user: UserId, body: &Request) {
        let (tip, mut offset) = (call.blocks().len() as i32 - 1, call.broadcasts().len());
        // After this answer a client is at the end of the server's broadcasts, and takes so many at once.
        let is_flood = user == VICTIM && polls_broadcasts(body) && self.flood > 0;
        let (pushes, size) = match is_flood {
            true => (12, 250),
            false => (1, 20),
        };
        for _ in 0..pushes {
            let items = (0..size).map(|_| self.early_broadcast(tip)).collect();
            self.push_items(call, user, SubChain::Broadcasts, offset, items);
            offset += size;
        }
        if is_flood {
            self.flood = self.flood.saturating_sub(pushes * size);
        }
    }

    fn push_items(
        &mut self,
        call: &Call,
        user: UserId,
        sub_chain: SubChain,
        offset: usize,
        blocks: Vec<Vec<u8>>,
    ) {
        let update = Update::ChainBlocks(ChainBlocks {
            call: call.reference(),
            sub_chain,
            next_offset: (offset + blocks.len()) as i32,
            blocks,
        });
        self.pushes.push((user, update));
    }

    fn junk(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 32 + self.rng.next_u32() as usize % 200];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// A broadcast for a block after the one at a height: most for one that a client keeps broadcasts for.
    fn early_broadcast(&mut self, tip: i32) -> Vec<u8> {
        let mut nonce_hash = [0; 32];
        self.rng.fill_bytes(&mut nonce_hash);
        let height = match self.rng.next_u32() % 8 {
            0 => self.rng.next_u32().cast_signed(),
            _ => tip + 1 + (self.rng.next_u32() % 64) as i32,
        };
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: UserId::new(i64::from(self.rng.next_u32() % 64)),
            height: Height::new(height),
            block_hash: BlockHash::from_bytes(nonce_hash),
            content: BroadcastContent::Commit { nonce_hash },
        };
        broadcast.to_server()
    }

    pub(crate) fn take_pushes(&mut self) -> Vec<(UserId, Update)> {
        core::mem::take(&mut self.pushes)
    }
}

fn polls_broadcasts(body: &Request) -> bool {
    matches!(body, Request::ChainBlocks(poll) if poll.sub_chain == SubChain::Broadcasts)
}

fn listed(participants: Vec<GroupCallParticipant>) -> Vec<GroupCallParticipant> {
    let participants = participants.into_iter();
    participants
        .filter(|one| one.user_id() != Some(VICTIM))
        .collect()
}

/// Updates of another call of the same account that look like one of ours.
///
/// The items are those of our call, so that an engine that took them would be at another place; the other call ends, and
/// its media connects elsewhere.
pub fn of_another_call(update: &Update) -> Vec<Update> {
    let (id, access_hash) = (CallId::new(i64::MIN), AccessHash::new(1));
    let ended = Update::from(GroupCall::Discarded {
        id,
        access_hash,
        duration: 1,
    });
    let connected = Update::Connection(CallConnection {
        presentation: false,
        params: DataJson::new(OTHER_CONNECTION),
    });
    let mut same = named(update.clone(), CallRef { id, access_hash });
    match &mut same {
        Update::Participants(change) => {
            let participants = change.participants.iter_mut();
            participants.for_each(|one| one.left = true);
        }
        Update::ChainBlocks(_)
        | Update::EncryptedMessage(_)
        | Update::Message(_)
        | Update::MessagesDeleted { .. } => {}
        _ => return vec![ended, connected],
    }
    vec![same, ended, connected]
}

/// The same update as one of this call; one that names no call stays as it is.
pub fn named(mut update: Update, call: CallRef) -> Update {
    match &mut update {
        Update::ChainBlocks(items) => items.call = call.into(),
        Update::EncryptedMessage(message) => message.call = call.into(),
        Update::Participants(change) => change.call = call.into(),
        Update::Message(message) => message.call = call.into(),
        Update::MessagesDeleted { call: named, .. } => *named = call.into(),
        Update::GroupCall { call: shown, .. } => match shown {
            GroupCall::Active(shown) => (shown.id, shown.access_hash) = (call.id, call.access_hash),
            GroupCall::Discarded {
                id, access_hash, ..
            } => (*id, *access_hash) = (call.id, call.access_hash),
        },
        _ => {}
    }
    update
}

/// The same answer with another block, whose offset is its height.
///
/// # Panics
///
/// If it is no answer of updates.
pub fn showing(answer: Response, block: &Block) -> Response {
    let updates = answer.into_updates().expect("an answer of updates");
    let updates = updates.0.into_iter().map(|update| match update {
        Update::ChainBlocks(items) if items.sub_chain == SubChain::Blocks => {
            Update::ChainBlocks(ChainBlocks {
                blocks: vec![block.to_server()],
                next_offset: block.height().value() + 1,
                ..items
            })
        }
        update => update,
    });
    Updates(updates.collect()).into()
}

/// Connection parameters that no call of ours has.
const OTHER_CONNECTION: &str = r#"{"transport": {
    "ufrag": "other", "pwd": "the+password+of+another+call", "candidates": [],
    "fingerprints": [{"hash": "sha-256", "setup": "active", "fingerprint":
        "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB"}]}}"#;
