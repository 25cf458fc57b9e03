//! Owners of a whole call: engines, conferences and servers.

use std::fmt::Debug;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::engine::{Config, Engine};
use confcall::media::Moment;
use confcall::state::keys::Seed;
use confcall::state::{Chain, JoinBlock};
use confcall::{Conference, Options};
use confcall::{Joiner, Link, Target, UserId};
use confcall_server::Server;
use confcall_server::loopback::Hub;
use confcall_simulator::{Faults, Node, World, media};

use crate::{hides_bytes, hides_text, is_shown_as};

const ALICE: UserId = UserId::new(1);
const SEED: [u8; 32] = *b"thirty-two bytes of a seed ... !";
const CHECKPOINT_KEY: [u8; 32] = *b"not the key of any real user ...";

fn now() -> Moment {
    Moment::default()
}

fn server() -> Server {
    Server::new(confcall_server::ServerOptions {
        seed: 0x0123_4567_89ab_cdef,
        ..confcall_server::ServerOptions::default()
    })
}

fn config() -> Config {
    let media = media(&mut ChaCha20Rng::from_seed([1; 32]));
    Config::new(Target::Create, Joiner::new(ALICE), media)
}

/// Lets an engine enter a new call.
fn enter(engine: Engine) -> World {
    let mut world = World::with_server(server(), 1, Faults::NONE);
    let node = world.add(Node::new(ALICE, engine, now()));
    let is_in = |world: &World| world.nodes[node].is_in();
    assert!(world.run_while_not(Duration::from_secs(5), is_in));
    world.run(Duration::from_secs(1));
    world
}

/// The secrets of an engine in a new call: seed, private key, epoch key.
fn secrets(engine: &Engine) -> Vec<Vec<u8>> {
    let mut rng = Engine::secret_generator_for_testing_only(Seed::copy_of(&SEED));
    let join = JoinBlock::first(Joiner::new(ALICE), &mut rng).unwrap();
    let membership = engine.membership().unwrap();
    assert_eq!(membership.public_key(), join.public_key());
    let state = membership.state();
    assert_eq!(Chain::start_from(join.block()).unwrap().state(), state);
    let epoch_key = state.open_epoch_key(ALICE, join.private_key()).unwrap();
    vec![
        SEED.to_vec(),
        join.private_key()
            .dangerous_seed()
            .dangerous_bytes()
            .to_vec(),
        epoch_key.dangerous_bytes().to_vec(),
    ]
}

#[track_caller]
fn hides_all(value: &impl Debug, secrets: &[Vec<u8>]) {
    secrets.iter().for_each(|secret| hides_bytes(value, secret));
}

#[test]
fn an_engine_and_a_membership_show_no_secret() {
    let config = config();
    let pwd = config.media.payload.credentials().pwd().to_owned();
    hides_text(&config, &pwd);
    let engine = Engine::new(config.clone(), Seed::copy_of(&SEED), now());
    hides_bytes(&engine, &SEED);
    let world = enter(engine);
    let Node { engine, events, .. } = &world.nodes[0];
    let secrets = secrets(engine);
    hides_all(engine, &secrets);
    hides_all(&engine.membership(), &secrets);
    hides_all(events, &secrets);
    let slug = world.server.calls().next().unwrap().slug().clone();
    for text in [pwd.as_str(), slug.as_str()] {
        hides_text(engine, text);
        hides_text(events, text);
    }

    let blob = engine.checkpoint(&CHECKPOINT_KEY, 1).unwrap();
    let restored = Engine::restore(
        &blob,
        &CHECKPOINT_KEY,
        1,
        config,
        Seed::copy_of(&SEED),
        world.moment(),
    )
    .unwrap();
    hides_all(&restored, &secrets);
    hides_bytes(&restored, &CHECKPOINT_KEY);
    hides_text(&restored, &pwd);
}

#[test]
fn a_server_shows_no_seed_and_no_link() {
    let limits = confcall_server::Limits::default();
    let options = confcall_server::ServerOptions {
        seed: 42,
        limits,
        ..confcall_server::ServerOptions::default()
    };
    is_shown_as(
        &options,
        &format!("ServerOptions {{ limits: {limits:?}, ring_timeout: 45s, .. }}"),
    );

    let World { server, .. } = &enter(Engine::new(config(), Seed::copy_of(&SEED), now()));
    let slug = server.calls().next().unwrap().slug().to_string();
    hides_text(server, &slug);
    hides_text(server, &0x0123_4567_89ab_cdef_u64.to_string());
}

#[tokio::test(start_paused = true)]
async fn a_conference_shows_no_secret() {
    let options = || Options::with_seed(config(), Seed::copy_of(&SEED));
    let pwd = options()
        .config
        .media
        .payload
        .credentials()
        .pwd()
        .to_owned();
    hides_bytes(&options(), &SEED);
    hides_text(&options(), &pwd);
    assert!(format!("{:?}", options()).ends_with("answer_timeout: 30s, .. }"));

    let hub = Hub::new(server());
    let joining = Conference::join(hub.connect(ALICE), options());
    let conference = joining.await.unwrap();
    let mut events = conference.events();
    let link = hub.with(|server| server.calls().next().unwrap().invite_link());
    let Ok(Link::Conference(slug)) = Link::parse(link.as_str()) else {
        panic!("a conference has the link of one");
    };
    let blob = conference.checkpoint(&CHECKPOINT_KEY, 1).await.unwrap();
    let notice = events.next().await.unwrap();
    for shown in [
        &conference as &dyn Debug,
        &conference.view(),
        &events,
        &notice,
        &hub,
    ] {
        hides_bytes(&shown, &SEED);
        hides_bytes(&shown, &CHECKPOINT_KEY);
        hides_text(&shown, &pwd);
        hides_text(&shown, slug.as_str());
    }
    conference.close().await;
    let restored = Conference::restore(&blob, &CHECKPOINT_KEY, 1, options());
    let restored = restored.unwrap();
    hides_bytes(&restored, &SEED);
    hides_bytes(&restored, &CHECKPOINT_KEY);
    hides_text(&restored, &pwd);
}
