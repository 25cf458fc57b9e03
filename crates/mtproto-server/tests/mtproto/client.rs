use std::net::{SocketAddr, SocketAddrV6};
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::Slug;
use confcall_join::api::{
    ChainBlocks, CreateConferenceCall, GetGroupCall, GetGroupCallChainBlocks, InputGroupCall,
    InputPeer, JoinGroupCall, Request, Response, Update, Updates,
};
use confcall_join::joining::{Fingerprint, JoinPayload};
use confcall_state::{Block, JoinBlock, Joiner, UserId};
use confcall_transport::tl::{read_response, read_updates};
use grammers_mtsender::{
    ConnectionParams, InvocationError, NoRetries, SenderPool, SenderPoolHandle,
};
use grammers_session::SessionData;
use grammers_session::storages::MemorySession;
use grammers_session::types::DcOption;
use grammers_session::updates::UpdatesLike;
use grammers_tl_types::{Deserializable as _, RemoteCall, enums};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::scene::PATIENCE;

const DC: i32 = 1;

/// A client of `grammers`.
pub(crate) struct Client {
    pub(crate) user: UserId,
    pub(crate) handle: SenderPoolHandle,
    updates: mpsc::Receiver<UpdatesLike>,
    rng: ChaCha20Rng,
}

impl Client {
    /// Connects to a server with a key that it issued.
    pub(crate) fn connect(server: SocketAddr, key: [u8; 256], user: UserId) -> Self {
        let SocketAddr::V4(ipv4) = server else {
            panic!("clients of grammers connect to IPv4 addresses, not to {server}");
        };
        let home = DcOption {
            id: DC,
            ipv4,
            ipv6: SocketAddrV6::new(ipv4.ip().to_ipv6_mapped(), ipv4.port(), 0, 0),
            auth_key: Some(key),
        };
        let session = MemorySession::from(SessionData {
            home_dc: DC,
            dc_options: [(DC, home)].into(),
            ..SessionData::default()
        });
        let params = ConnectionParams {
            retry_policy: Box::new(NoRetries),
            ..ConnectionParams::default()
        };
        let pool = SenderPool::with_configuration(Arc::new(session), 1, params);
        tokio::spawn(pool.runner.run());
        Self {
            user,
            handle: pool.handle.thin,
            updates: pool.updates,
            rng: ChaCha20Rng::seed_from_u64(user.value() as u64),
        }
    }

    /// Sends a request; it has an answer or an error in time.
    pub(crate) async fn ask(
        &self,
        request: impl Into<Request>,
    ) -> Result<Response, InvocationError> {
        let request = request.into();
        let method = request.method();
        let answer = timeout(PATIENCE, self.send(request.to_tl()));
        let answer = answer.await.expect("an answer in time")?;
        Ok(read_response(method, &answer, self.user).unwrap())
    }

    /// Sends a function of grammers; its answer or error comes in time.
    pub(crate) async fn invoke<R: RemoteCall>(
        &self,
        function: &R,
    ) -> Result<R::Return, InvocationError> {
        let answer = timeout(PATIENCE, self.send(function.to_bytes()));
        let answer = answer.await.expect("an answer in time")?;
        Ok(R::Return::from_bytes(&answer).unwrap())
    }

    pub(crate) async fn send(&self, bytes: Vec<u8>) -> Result<Vec<u8>, InvocationError> {
        self.handle.raw_invoke_in_dc(DC, bytes).await
    }

    pub(crate) fn disconnect(&self) {
        self.handle.disconnect_from_dc(DC);
    }

    /// The next pushed update of some kind, as grammers reads it.
    pub(crate) async fn receive_raw<T>(
        &mut self,
        which: impl Fn(&enums::Update) -> Option<T>,
    ) -> T {
        let received = async {
            loop {
                let updates = match self.updates.recv().await.unwrap() {
                    UpdatesLike::Updates(updates) => updates,
                    _ => continue,
                };
                let updates = match updates {
                    enums::Updates::Updates(all) => all.updates,
                    enums::Updates::UpdateShort(short) => vec![short.update],
                    other => panic!("{other:?}"),
                };
                if let Some(found) = updates.iter().find_map(&which) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, received)
            .await
            .expect("an update in time")
    }

    /// The next pushed update of some kind.
    pub(crate) async fn receive<T>(&mut self, mut which: impl FnMut(Update) -> Option<T>) -> T {
        let received = async {
            loop {
                if let UpdatesLike::Updates(updates) = self.updates.recv().await.unwrap() {
                    let updates = read_updates(&updates, self.user).updates;
                    if let Some(found) = updates.into_iter().find_map(&mut which) {
                        return found;
                    }
                }
            }
        };
        timeout(PATIENCE, received)
            .await
            .expect("an update in time")
    }

    /// Creates a conference and joins it; gives the reference and the name of its link.
    pub(crate) async fn create(&mut self) -> (InputGroupCall, Slug) {
        let first = JoinBlock::first(Joiner::new(self.user), &mut self.rng).unwrap();
        let request = CreateConferenceCall {
            muted: true,
            video_stopped: true,
            random_id: 7,
            public_key: Some(first.public_key()),
            block: Some(first.block().bytes().to_vec()),
            params: Some(self.payload().to_params()),
        };
        let Updates(updates) = self.ask(request).await.unwrap().into_updates().unwrap();
        let call = updates.iter().find_map(|update| match update {
            Update::GroupCall { call, .. } => call.active(),
            _ => None,
        });
        let call = call.unwrap_or_else(|| panic!("no call in {updates:?}"));
        let link = call.invite_link.as_ref().unwrap().as_str();
        let slug = link.strip_prefix("https://t.me/call/").unwrap();
        (call.named().into(), Slug::new(slug).unwrap())
    }

    /// Joins a call on its newest block.
    pub(crate) async fn join(&mut self, call: &InputGroupCall) -> Updates {
        let payload = self.payload();
        self.join_with(call, &payload).await
    }

    /// Joins a call on its newest block, with these media.
    pub(crate) async fn join_with(
        &mut self,
        call: &InputGroupCall,
        payload: &JoinPayload,
    ) -> Updates {
        let tip = GetGroupCallChainBlocks::tip(call.clone());
        let tip = items(&self.ask(tip).await.unwrap().into_updates().unwrap());
        let tip = Block::from_server(tip.blocks.last().unwrap()).unwrap();
        let block = JoinBlock::add_self(&tip, Joiner::new(self.user), &mut self.rng).unwrap();
        let request = JoinGroupCall {
            muted: true,
            video_stopped: true,
            call: call.clone(),
            join_as: InputPeer::SelfUser,
            invite_hash: None,
            public_key: Some(block.public_key()),
            block: Some(block.block().bytes().to_vec()),
            params: payload.to_params(),
        };
        self.ask(request).await.unwrap().into_updates().unwrap()
    }

    pub(crate) fn payload(&mut self) -> JoinPayload {
        JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut self.rng)
    }
}

/// The first items of a subchain among updates.
pub(crate) fn items(updates: &Updates) -> ChainBlocks {
    let items = updates.0.iter().find_map(|update| match update {
        Update::ChainBlocks(items) => Some(items.clone()),
        _ => None,
    });
    items.unwrap_or_else(|| panic!("no items in {updates:?}"))
}

/// The name of the error that a request was refused with.
pub(crate) fn refusal<T: core::fmt::Debug>(answer: Result<T, InvocationError>) -> (i32, String) {
    match answer {
        Err(InvocationError::Rpc(error)) => (error.code, error.name),
        other => panic!("{other:?} is no refusal by the server"),
    }
}

/// A request that any user can send at any time, and that is refused.
pub(crate) fn look_up_nothing() -> Request {
    let call = InputGroupCall::Slug(Slug::new("nothing").unwrap());
    GetGroupCall { call, limit: 1 }.into()
}
