//! Engines and conferences that live a whole life: nothing of their secrets stays behind.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::engine::Event;
use confcall::media::ChannelId;
use confcall::{Conference, Events, Notice, Options, Target};
use confcall_server::loopback::Hub;
use confcall_server::{Server, ServerOptions};

use crate::lives::{ALICE, BOB, config, link, live, seed};
use crate::memory::{Pattern, far_down};
use crate::said::secrets;

/// Checks that of all secrets those that are needed are in memory, once each, and nothing of the others.
#[track_caller]
fn are_left(needed: &[Pattern], secrets: &[(String, Pattern)], stage: &str) {
    let is_known = |needed| secrets.iter().any(|(_, secret)| secret == needed);
    assert!(
        needed.iter().all(is_known),
        "another process lives otherwise: {stage}"
    );
    for (name, pattern) in secrets {
        let expected = if needed.contains(pattern) { 4 } else { 0 };
        assert_eq!(
            pattern.count(),
            expected,
            "pieces in memory, {stage}: {name}"
        );
    }
}

pub(crate) fn engines_take_their_secrets_along() {
    let secrets = secrets();
    live(&mut |stage, table| are_left(&table.needed(), &secrets, stage));
    are_left(&[], &secrets, "dropped");
}

pub(crate) fn conferences_take_their_secrets_along() {
    let secrets = secrets();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    far_down(|| runtime.block_on(confer(&secrets)));
    drop(runtime);
    are_left(&[], &secrets, "dropped");
}

/// Two conferences that meet, one of which goes on from a checkpoint.
async fn confer(secrets: &[(String, Pattern)]) {
    let hub = Hub::new(Server::new(ServerOptions::default()));
    let options = |user, target, number| Options::with_seed(config(user, target), seed(number));
    let alice = Conference::join(hub.connect(ALICE), options(ALICE, Target::Create, 11));
    let alice = alice.await.unwrap();
    let target = link(alice.link().unwrap().as_str());
    let bob = Conference::join(hub.connect(BOB), options(BOB, target.clone(), 12));
    let bob = bob.await.unwrap();
    let from_start = |one: &Conference| one.events_from_start().unwrap();
    let (mut events, mut others) = (from_start(&alice), from_start(&bob));
    verified(&alice, &mut events).await;
    verified(&bob, &mut others).await;
    // The private keys are what engines draw first.
    let is_private_key = |name: &str| ["draw 1: seed 11", "draw 1: seed 12"].contains(&name);
    let needed: Vec<_> = secrets
        .iter()
        .filter(|(name, _)| is_private_key(name))
        .map(|(_, key)| key.clone())
        .collect();
    are_left(&needed, secrets, "conferring");
    let cryptor = bob.cryptor().unwrap();
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    cryptor
        .seal(bob.now(), ChannelId::MAIN, 0, b"a frame", &mut rng)
        .unwrap();
    drop(cryptor);

    let key = seed(13);
    let blob = bob.checkpoint(key.dangerous_bytes(), 1).await.unwrap();
    drop((bob, others));
    let options = options(BOB, target, 14);
    let resumption = Conference::restore(&blob, key.dangerous_bytes(), 1, options).unwrap();
    let bob = resumption.start(hub.connect(BOB));
    bob.joined().await.unwrap();
    bob.close().await;
    alice.close().await;
}

async fn verified(conference: &Conference, events: &mut Events) {
    while let Some(notice) = events.next().await {
        let is_emoji = matches!(notice, Notice::Event(Event::Emoji { .. }));
        if is_emoji && conference.view().members.len() == 2 {
            return;
        }
    }
    panic!("the call ended");
}
