//! Clients that send garbage or do not read, beside one that is well.

use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_join::api::{GetGroupCallChainBlocks, InputGroupCall, SendGroupCallEncryptedMessage};
use confcall_mtproto_server::{Config, ConnectionLimits};
use flate2::Compression;
use flate2::write::GzEncoder;
use grammers_mtproto::transport::Full;
use grammers_mtsender::{ServerAddr, connect_with_auth};
use grammers_tl_types::{Serializable as _, functions};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::timeout;

use crate::client::{Client, look_up_nothing};
use crate::raw::{Place, Raw, plaintext};
use crate::scene::{ALICE, BOB, PATIENCE, Scene};
use crate::sessions::{PING, after, start_as};

/// A server whose connections must greet soon, and Alice in a call of hers.
async fn scene() -> (Scene, Client, InputGroupCall) {
    let limits = ConnectionLimits {
        greeting: Duration::from_millis(500),
        pushes: 64 << 10,
        writing: Duration::from_millis(500),
        ..ConnectionLimits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let scene = Scene::with(config).await;
    let mut alice = scene.client(ALICE);
    let (call, _) = alice.create().await;
    (scene, alice, call)
}

async fn is_well(client: &Client, call: &InputGroupCall) {
    let tip = GetGroupCallChainBlocks::tip(call.clone());
    assert!(client.ask(tip).await.is_ok());
}

#[tokio::test]
async fn garbage_before_any_packet_ends_its_connection_only() {
    let (scene, alice, call) = scene().await;
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for length in [1, 4, 7, 8, 63, 64, 200, 5000] {
        let mut garbage = vec![0; length];
        rng.fill_bytes(&mut garbage);
        let mut raw = Raw::connect(scene.address).await;
        raw.send(&garbage).await;
        raw.closed().await;
    }
    for start in [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: something long enough\r\n\r\n"[..],
        &[0xff; 4],
        &[0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0],
        &[0xee, 0xee, 0xee, 0xee, 0xff, 0xff, 0xff, 0x7f],
        &[0xef, 0x7f, 0xff, 0xff, 0xff],
        &[],
    ] {
        let mut raw = Raw::connect(scene.address).await;
        raw.send(start).await;
        raw.closed().await;
    }
    is_well(&alice, &call).await;
}

#[tokio::test]
async fn packets_that_nobody_sealed_end_their_connection_only() {
    let (scene, alice, call) = scene().await;
    let key = scene.key(BOB);
    let id = sha1_tail(&key);
    for packet in [
        vec![0; 40],
        vec![7; 120],
        id.to_vec(),
        [id.as_slice(), &[1; 16]].concat(),
        [id.as_slice(), &[1; 32]].concat(),
        [id.as_slice(), &[1; 16 + 15]].concat(),
        [id.as_slice(), &[1; 16 + 64]].concat(),
    ] {
        let mut packet = packet;
        packet.resize(packet.len().next_multiple_of(4), 0);
        let mut raw = Raw::connect(scene.address).await;
        raw.send_packet(&packet).await;
        let answer = raw.closed().await;
        assert_eq!(answer, (-404_i32).to_le_bytes());
    }
    is_well(&alice, &call).await;
}

#[tokio::test]
async fn sealed_garbage_ends_its_connection_only() {
    let (scene, alice, call) = scene().await;
    let key = scene.key(BOB);
    let mut too_long = plaintext(1, &[0; 8]);
    too_long[28..32].copy_from_slice(&u32::MAX.to_le_bytes());
    for garbage in [vec![], vec![0xff; 16], vec![0xff; 64], too_long] {
        let mut raw = Raw::connect(scene.address).await;
        raw.send_sealed(key, &garbage).await;
        assert_eq!(raw.closed().await, (-404_i32).to_le_bytes());
    }
    is_well(&alice, &call).await;
}

#[tokio::test]
async fn a_query_that_unpacks_without_bound_is_an_error() {
    let (scene, alice, call) = scene().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..32 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let mut body = 0x3072_cfa1_u32.to_le_bytes().to_vec();
    let length = u32::try_from(bomb.len()).unwrap();
    body.extend((length << 8 | 254).to_le_bytes());
    body.extend(bomb);
    body.resize(body.len().next_multiple_of(4), 0);
    let bob = scene.client(BOB);
    let answer = timeout(PATIENCE, bob.send(body)).await.unwrap();
    assert!(answer.unwrap_err().is("INPUT_FETCH_ERROR"));
    is_well(&bob, &call).await;
    is_well(&alice, &call).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_and_the_others_hear_everything() {
    let (scene, alice, call) = scene().await;
    let mut bob = scene.client(BOB);
    bob.join(&call).await;
    // Another client of Bob's that wants updates and then stops reading.
    let address = ServerAddr::Tcp {
        address: scene.address,
    };
    let deaf = connect_with_auth(Full::new(), address, scene.key(BOB)).await;
    let mut deaf = deaf.unwrap();
    deaf.invoke(&functions::updates::GetState {}).await.unwrap();
    let mut received = 0_usize;
    for number in 0..400_u32 {
        let mut text = vec![0; 40_000];
        text[..4].copy_from_slice(&number.to_le_bytes());
        let message = SendGroupCallEncryptedMessage {
            call: call.clone(),
            encrypted_message: text.clone(),
        };
        alice.ask(message).await.unwrap();
        let next = bob.receive(|update| match update {
            confcall_join::api::Update::EncryptedMessage(message) => Some(message),
            _ => None,
        });
        received += usize::from(next.await.encrypted_message == text);
    }
    assert_eq!(received, 400);
    let closed = async { while deaf.step().await.is_ok() {} };
    timeout(PATIENCE, closed).await.expect("it is disconnected");
    alice.disconnect();
    is_well(&alice, &call).await;
}

/// A packet of a thousand queries, each of which is answered.
fn many_queries(mut place: Place) -> (Place, Vec<u8>) {
    let query = functions::help::GetConfig {}.to_bytes();
    let mut body = 0x73f1_f8dc_u32.to_le_bytes().to_vec();
    body.extend(1000_u32.to_le_bytes());
    for _ in 0..1000 {
        place = after(place);
        // A message in a container stands as one in a packet does, without salt and session.
        body.extend(&place.write(&query)[16..]);
    }
    let around = Place {
        id: place.id + 4,
        seq_no: place.seq_no + 1,
        ..place
    };
    let packet = around.write(&body);
    (
        Place {
            id: around.id,
            ..place
        },
        packet,
    )
}

#[tokio::test]
async fn many_queries_in_one_packet_do_not_hold_up_the_others() {
    let (scene, _alice, _) = scene().await;
    let key = scene.key(BOB);
    let (mut bob, place) = start_as(&scene, BOB, 5).await;
    let turns = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&turns);
    // What else the only thread has to do.
    let others = tokio::spawn(async move {
        loop {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    let (_, packet) = many_queries(place);
    bob.send_sealed(key, &packet).await;
    let before = turns.load(Ordering::Relaxed);
    bob.receive(key).await;
    let turns = turns.load(Ordering::Relaxed) - before;
    others.abort();
    assert!(turns > 500, "{turns}");
}

#[tokio::test]
async fn silent_connections_do_not_shut_a_client_out() {
    let limits = ConnectionLimits {
        connections: 8,
        unidentified: 4,
        greeting: Duration::from_secs(300),
        ..ConnectionLimits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let scene = Scene::with(config).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(Raw::connect(scene.address).await);
    }
    let mut alice = scene.client(ALICE);
    let (call, _) = alice.create().await;
    for one in &mut silent[..16] {
        assert!(one.closed().await.is_empty());
    }
    for _ in 0..20 {
        silent.push(Raw::connect(scene.address).await);
    }
    is_well(&alice, &call).await;
}

#[tokio::test]
async fn a_client_that_reads_slowly_does_not_keep_the_server_from_stopping() {
    let limits = ConnectionLimits {
        stopping: Duration::from_millis(500),
        ..ConnectionLimits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let scene = Scene::with(config).await;
    let key = scene.key(BOB);
    let (mut bob, mut place) = start_as(&scene, BOB, 5).await;
    let flood = async {
        loop {
            let packet;
            (place, packet) = many_queries(place);
            bob.send_sealed(key, &packet).await;
        }
    };
    // The server cannot write any more, and so it reads no more.
    let _ = timeout(Duration::from_secs(3), flood).await;
    let stopping = timeout(Duration::from_secs(5), scene.stop());
    stopping.await.expect("it stops");
}

#[tokio::test]
async fn a_user_has_so_many_connections_and_the_newest() {
    let limits = ConnectionLimits {
        connections_per_user: 3,
        ..ConnectionLimits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let scene = Scene::with(config).await;
    let alice = scene.client(ALICE);
    alice.send(look_up_nothing().to_tl()).await.unwrap_err();
    let mut connected = Vec::new();
    for session in 0..5 {
        connected.push(start_as(&scene, BOB, session).await);
    }
    let key = scene.key(BOB);
    for (session, (mut raw, place)) in (0..).zip(connected) {
        if session < 2 {
            raw.closed().await;
        } else {
            let place = after(place);
            raw.send_sealed(key, &place.write(&PING)).await;
            assert_eq!(raw.receive(key).await.0, session);
        }
    }
    alice.send(look_up_nothing().to_tl()).await.unwrap_err();
}

/// The name of a key.
fn sha1_tail(key: &[u8; 256]) -> [u8; 8] {
    use sha1::{Digest as _, Sha1};
    let digest: [u8; 20] = Sha1::digest(key).into();
    *digest.last_chunk().unwrap()
}
