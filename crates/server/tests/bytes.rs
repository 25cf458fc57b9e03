//! A server in the same process behind an adapter that carries bytes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests share fails by panicking"
)]

use std::sync::{Arc, Mutex};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::api::{
    CreateConferenceCall, GetAppConfig, GetGroupCall, GetGroupCallChainBlocks, InputGroupCall,
    InputPeer, JoinGroupCall, Peer, Request, Response, RpcError, Update, Updates,
};
use confcall_join::joining::{Fingerprint, JoinPayload};
use confcall_join::policy::{CallKind, CheckedRequest};
use confcall_server::{Server, ServerOptions};
use confcall_state::{Block, JoinBlock, Joiner, UserId};
use confcall_transport::tl::{read_pushed, read_response};
use confcall_transport::{ByteTransport, CallError, Feed, Transport};

const ALICE: UserId = UserId::new(1);
const BOB: UserId = UserId::new(2);

struct Scene {
    server: Server,
    rng: ChaCha20Rng,
}

impl Scene {
    fn new() -> Self {
        let mut server = Server::new(ServerOptions::default());
        server.set_time(1_700_000_000);
        server.set_name(BOB, "Bob Smith");
        Self {
            server,
            rng: ChaCha20Rng::seed_from_u64(1),
        }
    }

    fn payload(&mut self) -> JoinPayload {
        JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut self.rng)
    }

    fn ask(&mut self, from: UserId, request: impl Into<Request>) -> Response {
        let request = request.into();
        let bytes = self.server.handle_bytes(from, &request.to_tl()).unwrap();
        read_response(request.method(), &bytes, from).unwrap()
    }

    fn create(&mut self, user: UserId) -> InputGroupCall {
        let first = JoinBlock::first(Joiner::new(user), &mut self.rng).unwrap();
        let request = CreateConferenceCall {
            muted: true,
            video_stopped: true,
            random_id: 7,
            public_key: Some(first.public_key()),
            block: Some(first.block().bytes().to_vec()),
            params: Some(self.payload().to_params()),
        };
        let Updates(updates) = self.ask(user, request).into_updates().unwrap();
        let call = updates.into_iter().find_map(|update| match update {
            Update::GroupCall { call, .. } => Some(call.reference()),
            _ => None,
        });
        call.unwrap()
    }

    fn join(&mut self, user: UserId, call: &InputGroupCall) -> Updates {
        let tip = self.ask(user, GetGroupCallChainBlocks::tip(call.clone()));
        let Updates(tip) = tip.into_updates().unwrap();
        let Some(Update::ChainBlocks(tip)) = tip.into_iter().next() else {
            panic!("no block")
        };
        let tip = Block::from_server(tip.blocks.last().unwrap()).unwrap();
        let block = JoinBlock::add_self(&tip, Joiner::new(user), &mut self.rng).unwrap();
        let request = JoinGroupCall {
            muted: true,
            video_stopped: true,
            call: call.clone(),
            join_as: InputPeer::SelfUser,
            invite_hash: None,
            public_key: Some(block.public_key()),
            block: Some(block.block().bytes().to_vec()),
            params: self.payload().to_params(),
        };
        self.ask(user, request).into_updates().unwrap()
    }
}

fn names(update: &Update) -> Option<Vec<(Peer, &str)>> {
    match update {
        Update::Labels(labels) => Some(
            labels
                .iter()
                .map(|label| (label.peer, &*label.name))
                .collect(),
        ),
        _ => None,
    }
}

#[test]
fn a_call_is_held_in_bytes_and_everyone_has_a_name() {
    let mut scene = Scene::new();
    let call = scene.create(ALICE);
    let Updates(joined) = scene.join(BOB, &call);
    let everyone = vec![
        (Peer::User(ALICE), "User 1"),
        (Peer::User(BOB), "Bob Smith"),
    ];
    assert_eq!(joined.iter().find_map(names), Some(everyone));
    let mut pushed = Vec::new();
    while let Some((to, bytes)) = scene.server.poll_push_bytes() {
        assert_eq!(to, ALICE);
        pushed.push(read_pushed(&bytes, to).unwrap().updates);
    }
    // The block, and the new member with its name.
    let [block, change] = &pushed[..] else {
        panic!("{pushed:?}")
    };
    assert!(matches!(&block[..], [Update::ChainBlocks(_)]));
    let [label, Update::Participants(change)] = &change[..] else {
        panic!("{change:?}")
    };
    assert_eq!(names(label), Some(vec![(Peer::User(BOB), "Bob Smith")]));
    assert_eq!(change.participants[0].date, 1_700_000_000);
}

#[test]
fn bytes_that_are_no_request_are_refused_as_the_api_does() {
    let mut scene = Scene::new();
    let before = scene.server.clone();
    let refused = scene.server.handle_bytes(ALICE, &[1, 2, 3]);
    assert_eq!(refused, Err(RpcError::new(400, "INPUT_FETCH_ERROR")));
    assert_eq!(scene.server, before);
}

#[tokio::test]
async fn an_adapter_over_bytes_needs_no_socket() {
    let scene = Scene::new();
    let server = Arc::new(Mutex::new(scene.server));
    let asked = Arc::clone(&server);
    let transport = ByteTransport::new(Feed::new(BOB), move |request| {
        let answer = asked.lock().unwrap().handle_bytes(BOB, &request);
        async move { answer.map_err(CallError::from) }
    });
    let checked = |request| CheckedRequest::new(CallKind::Conference, &request).unwrap();
    let answer = transport.call(checked(GetAppConfig.into())).await.unwrap();
    let config = answer.into_app_config().unwrap();
    assert_eq!(config.conference_size_limit, Some(200));
    let nowhere = GetGroupCall {
        call: InputGroupCall::Slug("nothing".parse().unwrap()),
        limit: 1,
    };
    let refused = transport.call(checked(nowhere.into())).await;
    let expected = RpcError::new(400, "GROUPCALL_INVALID");
    assert!(matches!(refused, Err(CallError::Rpc(error)) if error == expected));
}
