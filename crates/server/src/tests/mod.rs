//! Whole requests against a server, as clients send them.

mod broadcasts;
mod chain_blocks;
mod configuration;
mod creation;
mod creator;
mod forged_blocks;
mod invitations;
mod join;
mod leave;
mod limits;
mod media;
mod messages;
mod names;
mod phone_calls;
mod recorded;
mod removal;
mod robustness;
mod roster;
mod screens;
mod sequences;
mod settings;
#[cfg(feature = "sfu")]
mod sfu;
mod snapshots;
mod states;
mod world;

use std::collections::BTreeMap;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::Ssrc;
use confcall_join::api::{
    AccessHash, CallId, ChainBlocks, ChannelId, InputGroupCall, InputPeer, JoinGroupCall,
    LeaveGroupCall, MessageId, Participants, Request, Response, RpcError, Service as _, SubChain,
    Update, Updates,
};
use confcall_join::joining::{Fingerprint, JoinPayload};
use confcall_state::wire::BlockFields;
use confcall_state::{Block, JoinBlock, Joiner, PrivateKey, UserId};

use crate::{Call, CallMember, Limits, Server, ServerOptions};

const ALICE: UserId = UserId::new(1);
const BOB: UserId = UserId::new(2);
const CAROL: UserId = UserId::new(3);

/// A server with one call, and the randomness of its clients.
struct Scene {
    server: Server,
    call: CallId,
    rng: ChaCha20Rng,
    /// The keys of those who joined by [`Scene::join`].
    keys: BTreeMap<UserId, PrivateKey>,
}

impl Scene {
    /// A call without any block.
    fn empty() -> Self {
        Self::limited(Limits::default())
    }

    fn limited(limits: Limits) -> Self {
        let mut server = Server::new(ServerOptions {
            seed: 1,
            limits,
            ..ServerOptions::default()
        });
        let call = server.create_empty(ALICE).unwrap();
        let rng = ChaCha20Rng::seed_from_u64(2);
        Self {
            server,
            call,
            rng,
            keys: BTreeMap::new(),
        }
    }

    /// A call that these users have joined in this order.
    fn with(users: &[UserId]) -> Self {
        let mut scene = Self::empty();
        for user in users {
            scene.join(*user).unwrap();
        }
        while scene.server.poll_push().is_some() {}
        scene
    }

    fn call(&self) -> &Call {
        self.server.call(self.call).unwrap()
    }

    fn tip(&self) -> Option<Block> {
        let last = self.call().blocks().last();
        last.map(|bytes| Block::from_server(bytes).unwrap())
    }

    /// A block by which the user would enter now.
    fn attempt(&mut self, user: UserId) -> JoinBlock {
        let joiner = Joiner::new(user);
        match self.tip() {
            Some(tip) => JoinBlock::add_self(&tip, joiner, &mut self.rng).unwrap(),
            None => JoinBlock::first(joiner, &mut self.rng).unwrap(),
        }
    }

    /// The request that sends an attempt.
    fn request(&mut self, attempt: &JoinBlock) -> JoinGroupCall {
        let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut self.rng);
        JoinGroupCall {
            muted: true,
            video_stopped: true,
            call: self.call().reference(),
            join_as: InputPeer::SelfUser,
            invite_hash: None,
            public_key: Some(attempt.public_key()),
            block: Some(attempt.block().bytes().to_vec()),
            params: payload.to_params(),
        }
    }

    fn ask(&mut self, from: UserId, request: impl Into<Request>) -> Result<Response, RpcError> {
        self.server.handle(from, &request.into().to_tl())
    }

    /// Sends a request, and gives the updates of the answer without names.
    fn send(&mut self, from: UserId, request: impl Into<Request>) -> Result<Updates, RpcError> {
        let answer = self.ask(from, request)?;
        let Updates(mut updates) = answer.into_updates().unwrap();
        updates.retain(|update| !matches!(update, Update::Labels(_)));
        Ok(Updates(updates))
    }

    fn join(&mut self, user: UserId) -> Result<Updates, RpcError> {
        let attempt = self.attempt(user);
        let request = self.request(&attempt);
        let answer = self.send(user, request)?;
        self.keys.insert(user, attempt.into_private_key());
        Ok(answer)
    }

    /// The request by which a member leaves.
    fn leaving(&self, user: UserId) -> LeaveGroupCall {
        LeaveGroupCall {
            call: self.call().reference(),
            source: self.call().member(user).map(CallMember::source),
        }
    }

    fn leave(&mut self, user: UserId) {
        let request = self.leaving(user);
        self.send(user, request).unwrap();
        while self.server.poll_push().is_some() {}
    }

    /// Everything that waits to be pushed, without names.
    fn pushed(&mut self) -> Vec<(UserId, Update)> {
        let pushed = core::iter::from_fn(|| self.server.poll_push());
        let pushed =
            pushed.flat_map(|(to, updates)| updates.0.into_iter().map(move |one| (to, one)));
        let is_name = |update: &Update| matches!(update, Update::Labels(_));
        pushed.filter(|(_, update)| !is_name(update)).collect()
    }

    /// Sends a request that must be refused by this name and change nothing.
    #[track_caller]
    fn refused(&mut self, from: UserId, request: impl Into<Request>, expected: &str) {
        self.refused_with(400, from, request, expected);
    }

    /// Sends a request that must be refused by this code and name and change nothing.
    #[track_caller]
    fn refused_with(
        &mut self,
        code: i32,
        from: UserId,
        request: impl Into<Request>,
        expected: &str,
    ) {
        let before = self.server.clone();
        let error = self.ask(from, request).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, expected));
        assert_eq!(self.server, before);
    }

    /// Sends an attempt of `user` whose block was forged and signed again, to be refused.
    #[track_caller]
    fn forged(&mut self, user: UserId, forge: impl FnOnce(&mut BlockFields), expected: &str) {
        let attempt = self.attempt(user);
        let mut request = self.request(&attempt);
        let mut fields = attempt.block().fields().clone();
        forge(&mut fields);
        request.block = Some(fields.sign(attempt.private_key()).bytes().to_vec());
        self.refused(user, request, expected);
    }
}

/// The forms in which a user can name itself, with access hashes that nobody gave out.
fn own_forms(id: UserId) -> [InputPeer; 3] {
    let access_hash = AccessHash::new(-7);
    let from_message = InputPeer::UserFromMessage {
        chat: Box::new(InputPeer::Channel {
            id: ChannelId::new(9),
            access_hash,
        }),
        message: MessageId::new(1),
        id,
    };
    let by_id = InputPeer::User { id, access_hash };
    [InputPeer::SelfUser, by_id, from_message]
}

/// The same request with another source of sound.
fn with_source(mut request: JoinGroupCall, source: Ssrc) -> JoinGroupCall {
    let payload = JoinPayload::from_json(request.params.as_str()).unwrap();
    let (credentials, fingerprints) = (
        payload.credentials().clone(),
        payload.fingerprints().to_vec(),
    );
    let groups = payload.ssrc_groups().to_vec();
    let payload = JoinPayload::new(source, credentials, fingerprints, groups);
    request.params = payload.unwrap().to_params();
    request
}

/// The items of one subchain in an answer.
fn items(updates: &Updates, wanted: SubChain) -> &ChainBlocks {
    let mut found = updates.0.iter().filter_map(|update| match update {
        Update::ChainBlocks(blocks) if blocks.sub_chain == wanted => Some(blocks),
        _ => None,
    });
    let blocks = found.next().unwrap();
    assert_eq!(found.next(), None);
    blocks
}

/// The call that an answer names.
fn named_call(updates: &Updates) -> InputGroupCall {
    let mut calls = updates.0.iter().filter_map(|update| match update {
        Update::GroupCall { call, .. } => Some(call.reference()),
        _ => None,
    });
    calls.next().unwrap()
}

/// The change of the roster in an update.
#[track_caller]
fn roster(update: &Update) -> &Participants {
    match update {
        Update::Participants(roster) => roster,
        other => panic!("{other:?}"),
    }
}
