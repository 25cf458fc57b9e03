//! From the chain of a recorded call to a key that its members open.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::payload::Fingerprint;
use confcall::state::{Block, PrivateKey};
use confcall::transport::loopback::Hub;
use confcall::{
    Chain, EmptyCall, JoinOptions, JoinPayload, Media, Newcomer, Target, UserId, join_once,
};
use confcall_server::{Options, Server};
use serde_json::Value;

const TRANSCRIPTS: &str = include_str!("vectors/call/transcripts.json");

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_new_user_joins_every_recorded_call_and_its_members_open_the_new_key() {
    let transcripts: Value = serde_json::from_str(TRANSCRIPTS).unwrap();
    for recorded in transcripts["cases"].as_array().unwrap() {
        let events = recorded["events"].as_array().unwrap();
        let blocks: Vec<_> = events
            .iter()
            .filter(|event| event["type"] == "block")
            .map(|event| bytes(&event["block"]))
            .collect();
        let mut server = Server::new(Options::default());
        let call = server.load_recorded(&blocks, &[] as &[Vec<u8>]).unwrap();
        let target = Target::Slug(server.call(call).unwrap().slug().clone());
        let hub = Hub::new(server);

        let user_id = UserId::new(7);
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let fingerprint = Fingerprint::sha256([7; 32]);
        let options = JoinOptions {
            newcomer: Newcomer::new(user_id),
            media: Media {
                payload: JoinPayload::generate(fingerprint, None, &mut rng),
                muted: false,
                video_stopped: true,
            },
            empty_call: EmptyCall::Refuse,
        };
        let connection = hub.connect(user_id);
        let joined = join_once(&connection, &target, options, &mut rng, &mut |_| ())
            .await
            .unwrap();

        let last = events
            .iter()
            .rfind(|event| event["type"] == "block")
            .unwrap();
        let members: Vec<_> = last["members"].as_array().unwrap().iter().collect();
        let ours = hub.with(|server| server.call(call).unwrap().blocks().last().unwrap().clone());
        let mut chain =
            Chain::start_from(&Block::from_server(blocks.last().unwrap()).unwrap()).unwrap();
        let state = chain.apply(&Block::from_server(&ours).unwrap()).unwrap();
        assert_eq!(state.group_state().participants.len(), members.len() + 1);
        let mut opened = 0;
        for user in recorded["users"].as_array().unwrap() {
            let key = PrivateKey::from_seed(&bytes(&user["seed"]).try_into().unwrap());
            if state.group_state().by_key(&key.public_key()).is_some() {
                let user_id = UserId::new(user["user_id"].as_i64().unwrap());
                assert_eq!(
                    state.open_epoch_key(user_id, &key).unwrap(),
                    joined.epoch_key
                );
                opened += 1;
            }
        }
        assert_eq!(opened, members.len());
    }
}
