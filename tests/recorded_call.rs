//! From the chain of a recorded call to a key that its members open.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::joining::Fingerprint;
use confcall::state::keys::Seed;
use confcall::state::{Block, PrivateKey};
use confcall::{
    Chain, ChannelId, Conference, Config, JoinPayload, Joiner, Media, Membership, Options,
    RemovalGrace, Target, UserId,
};
use confcall_server::loopback::Hub;
use confcall_server::{Server, ServerOptions};
use serde_json::Value;

const TRANSCRIPTS: &str = include_str!("vectors/call/transcripts.json");

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_new_user_joins_every_recorded_call_and_its_members_open_what_it_says() {
    let transcripts: Value = serde_json::from_str(TRANSCRIPTS).unwrap();
    for recorded in transcripts["cases"].as_array().unwrap() {
        let events = recorded["events"].as_array().unwrap();
        let blocks: Vec<_> = events
            .iter()
            .filter(|event| event["type"] == "block")
            .map(|event| bytes(&event["block"]))
            .collect();
        let mut server = Server::new(ServerOptions::default());
        let call = server.load_recorded(&blocks, &[] as &[Vec<u8>]).unwrap();
        let target = Target::Slug(server.call(call).unwrap().slug().clone());
        let hub = Hub::new(server);

        let user_id = UserId::new(7);
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let fingerprint = Fingerprint::sha256([7; 32]);
        let media = Media {
            payload: JoinPayload::generate(fingerprint, None, &mut rng),
            muted: false,
            video_stopped: true,
        };
        let config = Config::new(target, Joiner::new(user_id), media);
        let options = Options::with_seed(config, Seed::copy_of(&[8; 32]));
        let joined = Conference::join(hub.connect(user_id), options).await;
        let conference = joined.unwrap();
        let cryptor = conference.cryptor().unwrap();
        let now = conference.now();
        let packet = cryptor.seal(now, ChannelId::MAIN, 0, b"hello", &mut rng);
        let packet = packet.unwrap();

        let last = events
            .iter()
            .rfind(|event| event["type"] == "block")
            .unwrap();
        let members: Vec<_> = last["members"].as_array().unwrap().iter().collect();
        let ours = hub.with(|server| server.call(call).unwrap().blocks().last().unwrap().clone());
        let mut chain =
            Chain::start_from(&Block::from_server(blocks.last().unwrap()).unwrap()).unwrap();
        let ours = Block::from_server(&ours).unwrap();
        let state = chain.apply(&ours).unwrap();
        assert_eq!(state.group_state().participants.len(), members.len() + 1);
        let mut opened = 0;
        for user in recorded["users"].as_array().unwrap() {
            let key = PrivateKey::from_seed(&bytes(&user["seed"]).try_into().unwrap());
            if state.group_state().by_key(&key.public_key()).is_some() {
                let user_id = UserId::new(user["user_id"].as_i64().unwrap());
                let removal_grace = RemovalGrace::WithGrace;
                let member = Membership::start(now, user_id, key, &ours, removal_grace, &mut rng);
                let member = member.unwrap();
                let opened_packet = member.cryptor().open(now, UserId::new(7), &packet);
                assert_eq!(*opened_packet.unwrap().data, b"hello");
                opened += 1;
            }
        }
        assert_eq!(opened, members.len());
    }
}
