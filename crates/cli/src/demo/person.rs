use anyhow::Context as _;
use chacha20::ChaCha20Rng;
use confcall::join::api::{
    ChainBlocks, GetGroupCallChainBlocks, InputGroupCall, Request, Response,
    SendConferenceCallBroadcast, SubChain, Update,
};
use confcall::join::policy::{CallKind, CheckedRequest};
use confcall::state::{Block, PrivateKey};
use confcall::transport::UpdateStream;
use confcall::{Membership, Moment, RemovalGrace, Transport as _, UserId};
use confcall_server::Server;
use confcall_server::loopback::LoopbackTransport;

use super::broken::DidNotHold;
use super::frame::Voice;

/// The most items that the server gives at once.
const PAGE: i32 = 100;

/// The start of a membership: a key, and the offsets from which both subchains are followed.
pub(super) struct EntryPoint {
    pub(super) call: InputGroupCall,
    pub(super) user_id: UserId,
    pub(super) key: PrivateKey,
    pub(super) next_block: i32,
    pub(super) next_broadcast: i32,
}

/// A member of the call: a membership, and the server at the other end of a connection.
pub(super) struct Person {
    pub(super) membership: Membership,
    network: Network,
    next_block: i32,
    next_broadcast: i32,
}

/// A user's connection to the server, for one call.
pub(super) struct Network {
    connection: LoopbackTransport<Server>,
    call: InputGroupCall,
    user_id: UserId,
}

impl Person {
    /// Starts from the first block that the server shows, and follows the rest.
    pub(super) async fn enter(
        connection: LoopbackTransport<Server>,
        entry_point: EntryPoint,
        now: Moment,
        rng: &mut ChaCha20Rng,
    ) -> anyhow::Result<Self> {
        let EntryPoint {
            call,
            user_id,
            key,
            next_block,
            next_broadcast,
        } = entry_point;
        let network = Network::new(connection, call, user_id);
        let blocks = network.read(SubChain::Blocks, next_block).await?;
        // The block of the entry itself: a membership starts from the block that brought its member in.
        let first = blocks.blocks.first().context("the call has no block")?;
        let first = Block::from_server(first)?;
        let membership =
            Membership::start(now, user_id, key, &first, RemovalGrace::WithGrace, rng)?;
        let mut person = Self {
            membership,
            network,
            // The first block is in the membership already.
            next_block: next_block.saturating_add(1),
            next_broadcast,
        };
        person.follow(now, rng).await?;
        Ok(person)
    }

    pub(super) fn user_id(&self) -> UserId {
        self.network.user_id
    }

    pub(super) fn voice(&self) -> Voice<'_> {
        Voice {
            user_id: self.user_id(),
            cryptor: self.membership.cryptor(),
        }
    }

    pub(super) fn call(&self) -> &InputGroupCall {
        &self.network.call
    }

    /// The updates that the server pushes from now on.
    pub(super) fn updates(&self) -> UpdateStream {
        self.network.connection.updates()
    }

    /// Sends a request to the server.
    pub(super) async fn send(&self, request: impl Into<Request>) -> anyhow::Result<Response> {
        self.network.send(request).await
    }

    /// Follows the blocks that the server has and we have not.
    pub(super) async fn follow(
        &mut self,
        now: Moment,
        rng: &mut ChaCha20Rng,
    ) -> anyhow::Result<()> {
        let blocks = self.network.read(SubChain::Blocks, self.next_block).await?;
        self.next_block = blocks.next_offset;
        for block in &blocks.blocks {
            self.membership.apply_from_server(now, block, rng)?;
        }
        Ok(())
    }

    /// Sends the outbound broadcasts of the verification; returns their number.
    pub(super) async fn send_broadcasts(&mut self) -> anyhow::Result<usize> {
        let outbound = self.membership.take_outbound();
        for broadcast in &outbound {
            let request = SendConferenceCallBroadcast {
                call: self.call().clone(),
                broadcast: broadcast.to_bytes(),
            };
            self.send(request).await?;
        }
        Ok(outbound.len())
    }

    /// Reads the broadcasts that the server has echoed since.
    pub(super) async fn read_broadcasts(&mut self) -> anyhow::Result<()> {
        let sub_chain = SubChain::Broadcasts;
        let echoed = self.network.read(sub_chain, self.next_broadcast).await?;
        self.next_broadcast = echoed.next_offset;
        for broadcast in &echoed.blocks {
            self.membership.receive_broadcast(broadcast)?;
        }
        Ok(())
    }
}

impl Network {
    pub(super) fn new(
        connection: LoopbackTransport<Server>,
        call: InputGroupCall,
        user_id: UserId,
    ) -> Self {
        Self {
            connection,
            call,
            user_id,
        }
    }

    pub(super) async fn send(&self, request: impl Into<Request>) -> anyhow::Result<Response> {
        let request = request.into();
        let method = request.method();
        let request = CheckedRequest::new(CallKind::Conference, &request)?;
        let answer = self.connection.call(request).await;
        answer.with_context(|| format!("{method} of user {}", self.user_id))
    }

    /// Reads a subchain from an offset on.
    async fn read(&self, sub_chain: SubChain, offset: i32) -> anyhow::Result<ChainBlocks> {
        let request = GetGroupCallChainBlocks {
            call: self.call.clone(),
            sub_chain,
            offset,
            limit: PAGE,
        };
        let updates = self.send(request).await?.into_updates()?.0;
        let items = updates.into_iter().find_map(|update| match update {
            Update::ChainBlocks(items) if items.sub_chain == sub_chain => Some(items),
            _ => None,
        });
        // A server that answers another offset would let us miss items without notice.
        let items = items.filter(|items| items.first_offset() == Some(offset));
        let missing = DidNotHold::Items {
            user_id: self.user_id,
            sub_chain,
            offset,
        };
        Ok(items.ok_or(missing)?)
    }
}
