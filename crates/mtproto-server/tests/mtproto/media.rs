//! Media over a UDP socket.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use confcall_join::api::{InputGroupCall, LeaveGroupCall, Update, Updates};
use confcall_join::joining::{Answer, ConnectionParameters};
use confcall_mtproto_server::{BindError, Config, Keys, Listener, MediaConfig};
use confcall_server::sfu::SfuCounters;
use confcall_server::{Server, ServerOptions};
use confcall_state::UserId;
use tokio::time::sleep;

use crate::media_client::Client;
use crate::scene::{ALICE, BOB, PATIENCE, Scene, seeded_keys};

const CAROL: UserId = UserId::new(3);

/// A client of media and its socket.
struct Talker {
    client: Client,
    socket: UdpSocket,
    server: SocketAddr,
}

impl Talker {
    /// Lets a user join a call.
    async fn join(scene: &Scene, call: &InputGroupCall, user: UserId, sound: u32) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let mut client = Client::new(user, address, sound, &[], Instant::now());
        let mut member = scene.client(user);
        let answer = member.join_with(call, &client.payload()).await;
        let parameters = connection(&answer);
        let [candidate] = &parameters.transport.candidates[..] else {
            panic!("{parameters:?}");
        };
        let server = format!("{}:{}", candidate.ip, candidate.port);
        client.connect(&parameters, Instant::now());
        Self {
            client,
            socket,
            server: server.parse().unwrap(),
        }
    }

    fn exchange(&mut self) {
        self.client.pass_time(Instant::now());
        for datagram in self.client.take_datagrams() {
            self.socket.send_to(&datagram, self.server).unwrap();
        }
        let mut buffer = [0; 2048];
        while let Ok((size, from)) = self.socket.recv_from(&mut buffer) {
            assert_eq!(from, self.server);
            self.client.receive(&buffer[..size], Instant::now());
        }
    }
}

fn connection(answer: &Updates) -> ConnectionParameters {
    let mut connections = answer.0.iter().filter_map(|update| match update {
        Update::Connection(connection) => Some(connection.params.as_str()),
        _ => None,
    });
    match Answer::from_json(connections.next().unwrap()).unwrap() {
        Answer::Connect(parameters) => *parameters,
        Answer::Stream { .. } => panic!("a stream"),
    }
}

/// Carries datagrams until something is so.
async fn until(talkers: &mut [Talker], is_so: impl Fn(&[Talker]) -> bool) {
    let start = Instant::now();
    while !is_so(talkers) {
        assert!(start.elapsed() < PATIENCE, "in time");
        talkers.iter_mut().for_each(Talker::exchange);
        sleep(Duration::from_millis(1)).await;
    }
}

fn with_media(media: MediaConfig) -> Config {
    Config {
        media: Some(media),
        ..Config::default()
    }
}

fn counters(scene: &Scene) -> SfuCounters {
    scene.observer.look().media.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_says_is_heard_over_the_socket_until_it_leaves() {
    let scene = Scene::with(with_media(MediaConfig::default())).await;
    let mut alice = scene.client(ALICE);
    let (call, _) = alice.create().await;
    let bob = Talker::join(&scene, &call, BOB, 1000).await;
    let carol = Talker::join(&scene, &call, CAROL, 2000).await;
    assert_eq!(bob.server.ip(), scene.address.ip());
    let mut talkers = [bob, carol];
    until(&mut talkers, |talkers| {
        let are_connected = talkers.iter().all(|one| one.client.is_connected);
        are_connected && counters(&scene).connected == 2
    })
    .await;
    talkers[1].client.expect_sound(1000);
    let mut spoken = Vec::new();
    for _ in 0..10 {
        spoken.push(talkers[0].client.speak(Instant::now()));
        let heard = spoken.len();
        until(&mut talkers, |talkers| {
            talkers[1].client.heard.len() >= heard
        })
        .await;
    }
    assert_eq!(talkers[1].client.payloads(1000), spoken);
    let leaving = LeaveGroupCall { call, source: None };
    scene.client(BOB).ask(leaving).await.unwrap();
    until(&mut talkers, |talkers| talkers[0].client.is_closed).await;
    // Alice, whose client has no media, and Carol.
    let counters = counters(&scene);
    assert_eq!((counters.connections, counters.connected), (2, 1));
    scene.stop().await;
}

#[tokio::test]
async fn a_udp_port_that_is_taken_is_an_error() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::TempDir::new().unwrap();
    let keys: Keys = seeded_keys(&directory.path().join("keys"));
    let config = with_media(MediaConfig {
        port: Some(taken.local_addr().unwrap().port()),
        ..MediaConfig::default()
    });
    let server = Server::new(ServerOptions::default());
    let bound = Listener::bind(config, keys, server).await;
    assert!(matches!(bound, Err(BindError::Media(_))), "{bound:?}");
}
