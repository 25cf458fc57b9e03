//! Starts and ends of connections.

use std::fs::File;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use confcall_mtproto_server::{BindError, Config, ConnectionLimits, Listener, Reach};
use confcall_server::{Server, ServerOptions};
use confcall_state::UserId;
use grammers_mtproto::mtp::Encrypted;
use grammers_mtproto::transport::{Abridged, Error, Full, Intermediate, Obfuscated, Transport};
use grammers_mtsender::{InvocationError, Sender, ServerAddr, connect, connect_with_auth};
use grammers_tl_types::{enums, functions, types};
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use crate::client::look_up_nothing;
use crate::raw::Raw;
use crate::scene::{ALICE, PATIENCE, Scene, seeded_keys};

async fn sender<T: Transport>(scene: &Scene, transport: T) -> Sender<T, Encrypted> {
    let address = ServerAddr::Tcp {
        address: scene.address,
    };
    let connected = connect_with_auth(transport, address, scene.key(ALICE)).await;
    connected.unwrap()
}

fn initialised<Q>(query: Q) -> functions::InvokeWithLayer<functions::InitConnection<Q>> {
    functions::InvokeWithLayer {
        layer: grammers_tl_types::LAYER,
        query: functions::InitConnection {
            api_id: 1,
            device_model: "d".repeat(1000),
            system_version: String::new(),
            app_version: String::new(),
            system_lang_code: String::new(),
            lang_pack: String::new(),
            lang_code: String::new(),
            proxy: None,
            params: None,
            query,
        },
    }
}

async fn check<T: Transport>(scene: &Scene, transport: T) {
    let mut sender = sender(scene, transport).await;
    let config = initialised(functions::help::GetConfig {});
    let config = sender.invoke(&config).await.unwrap();
    let enums::Config::Config(config) = config;
    let enums::DcOption::Option(option) = &config.dc_options[0];
    assert_eq!(option.ip_address, scene.address.ip().to_string());
    assert_eq!(option.port, i32::from(scene.address.port()));

    let state = sender.invoke(&functions::updates::GetState {}).await;
    assert!(state.is_ok());
    let users = functions::users::GetUsers {
        id: vec![enums::InputUser::UserSelf],
    };
    let users = sender.invoke(&users).await.unwrap();
    let [enums::User::User(user)] = users.as_slice() else {
        panic!("not one user: {users:?}");
    };
    assert!(user.is_self && user.id == ALICE.value());
}

#[tokio::test]
async fn clients_connect_by_every_transport() {
    let scene = Scene::new().await;
    check(&scene, Full::new()).await;
    check(&scene, Abridged::new()).await;
    check(&scene, Intermediate::new()).await;
    check(&scene, Obfuscated::new(Abridged::new())).await;
    check(&scene, Obfuscated::new(Intermediate::new())).await;
}

#[tokio::test]
async fn a_key_that_the_server_did_not_issue_is_unknown_and_none_is_made() {
    let scene = Scene::new().await;
    async fn check<T: Transport>(scene: &Scene, transport: T, again: T) {
        let address = || ServerAddr::Tcp {
            address: scene.address,
        };
        let unknown = |error: InvocationError| {
            let status = Error::BadStatus { status: 404 };
            assert!(matches!(error, InvocationError::Transport(found) if found == status));
        };
        let mut sender = connect_with_auth(transport, address(), [9; 256])
            .await
            .unwrap();
        let answer = sender.invoke(&functions::help::GetConfig {}).await;
        unknown(answer.unwrap_err());
        // The exchange of a key begins, which is how clients learn the time, and has no key to go on with.
        let error = connect(again, address()).await.err().unwrap();
        assert!(
            matches!(error, InvocationError::Authentication(_)),
            "{error}"
        );
    }
    check(&scene, Full::new(), Full::new()).await;
    check(&scene, Abridged::new(), Abridged::new()).await;
    check(&scene, Intermediate::new(), Intermediate::new()).await;
}

#[tokio::test]
async fn a_user_whose_key_is_issued_while_the_server_runs_can_connect() {
    let scene = Scene::new().await;
    let joiner = UserId::new(77);
    let key = scene.key(joiner);
    let address = ServerAddr::Tcp {
        address: scene.address,
    };
    let mut sender = connect_with_auth(Full::new(), address, key).await.unwrap();
    let state = sender.invoke(&functions::updates::GetState {}).await;
    assert!(state.is_ok(), "{state:?}");
}

#[tokio::test]
async fn a_key_file_that_is_locked_for_long_holds_up_no_client() {
    let scene = Scene::new().await;
    let address = ServerAddr::Tcp {
        address: scene.address,
    };
    let mut alice = sender(&scene, Full::new()).await;
    let get_state = &functions::updates::GetState {};
    alice.invoke(get_state).await.unwrap();
    // Another user, so that the server reads the file again for a key that it does not know.
    scene.key(UserId::new(77));
    let file = File::open(scene.key_file()).unwrap();
    file.lock().unwrap();
    let start = Instant::now();
    // A server that waits for the lock stands still with this test, and goes on then.
    std::thread::spawn(move || {
        std::thread::sleep(PATIENCE);
        drop(file);
    });
    let unknown = connect_with_auth(Full::new(), address, [9; 256]).await;
    unknown.unwrap().invoke(get_state).await.unwrap_err();
    alice.invoke(get_state).await.unwrap();
    assert!(start.elapsed() < PATIENCE / 2);
}

#[tokio::test]
async fn a_client_that_asks_to_be_disconnected_is() {
    let scene = Scene::new().await;
    let mut sender = sender(&scene, Full::new()).await;
    let ping = functions::PingDelayDisconnect {
        ping_id: 5,
        disconnect_delay: 1,
    };
    let enums::Pong::Pong(types::Pong { ping_id, .. }) = sender.invoke(&ping).await.unwrap();
    assert_eq!(ping_id, 5);
    let closed = async { while sender.step().await.is_ok() {} };
    timeout(PATIENCE, closed).await.expect("it is closed");
}

#[tokio::test]
async fn a_connection_without_a_packet_for_too_long_is_closed() {
    let limits = ConnectionLimits {
        idle: Duration::from_millis(200),
        ..ConnectionLimits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let scene = Scene::with(config).await;
    let mut sender = sender(&scene, Full::new()).await;
    sender
        .invoke(&functions::updates::GetState {})
        .await
        .unwrap();
    let closed = async { while sender.step().await.is_ok() {} };
    timeout(PATIENCE, closed).await.expect("it is closed");
}

#[tokio::test]
async fn more_connections_than_allowed_are_closed_at_once() {
    let limits = ConnectionLimits {
        connections: 1,
        ..ConnectionLimits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let scene = Scene::with(config).await;
    let mut first = sender(&scene, Full::new()).await;
    first
        .invoke(&functions::updates::GetState {})
        .await
        .unwrap();
    let mut second = sender(&scene, Full::new()).await;
    let refused = second.invoke(&functions::updates::GetState {}).await;
    assert!(refused.is_err());
    first
        .invoke(&functions::updates::GetState {})
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_under_way_is_answered_before_the_server_stops() {
    let scene = Scene::with(Config {
        chaos: Some(1),
        ..Config::default()
    });
    let scene = scene.await;
    let alice = scene.client(ALICE);
    // Connected before and with fresh salts, so that the requests are sent at once.
    for _ in 0..2 {
        let state = alice
            .handle
            .invoke_in_dc(1, &functions::updates::GetState {});
        state.await.unwrap();
    }
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let handle = alice.handle.clone();
            let bytes = look_up_nothing().to_tl();
            tokio::spawn(async move { handle.raw_invoke_in_dc(1, bytes).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    scene.stop().await;
    let mut answered = 0;
    for request in requests {
        let answer = timeout(PATIENCE, request).await.expect("an end").unwrap();
        answered += usize::from(matches!(answer, Err(InvocationError::Rpc(_))));
    }
    assert!(answered > 10, "{answered} of 20");
}

#[tokio::test]
async fn an_address_that_others_can_reach_needs_a_word() {
    let directory = tempfile::TempDir::new().unwrap();
    let bind = async |listen: &str, reach| {
        let config = Config {
            listen: listen.parse().unwrap(),
            reach,
            ..Config::default()
        };
        let path = directory.path().join(format!("{listen}{reach:?}"));
        let server = Server::new(ServerOptions::default());
        Listener::bind(config, seeded_keys(&path), server).await
    };
    let refused = bind("0.0.0.0:0", Reach::Loopback).await.unwrap_err();
    assert!(matches!(refused, BindError::Public(_)));
    assert!(refused.to_string().contains("--allow-public"));
    assert!(bind("0.0.0.0:0", Reach::Anybody).await.is_ok());
    assert!(bind("127.0.0.1:0", Reach::Loopback).await.is_ok());
}

#[tokio::test]
async fn a_taken_address_is_an_error_that_names_it() {
    let scene = Scene::new().await;
    let config = Config {
        listen: scene.address,
        ..Config::default()
    };
    let bound = Listener::bind(config, scene.keys(), Server::new(ServerOptions::default())).await;
    let error = bound.unwrap_err().to_string();
    assert!(error.contains(&scene.address.to_string()), "{error}");
}

#[tokio::test]
async fn a_client_without_a_key_learns_the_time() {
    let scene = Scene::new().await;
    let mut raw = Raw::connect(scene.address).await;
    let mut request = vec![0; 16];
    request.extend(20_i32.to_le_bytes());
    request.extend(0xbe7e_8ef1_u32.to_le_bytes());
    request.extend([7; 16]);
    raw.send_packet(&request).await;

    let length = raw.stream.read_u32_le().await.unwrap();
    let mut packet = vec![0; length as usize - 4];
    raw.stream.read_exact(&mut packet).await.unwrap();
    // The number of the packet and the key come before the id, whose upper half is the time.
    let time = u32::from_le_bytes(packet[16..20].try_into().unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!(now.as_secs().abs_diff(time.into()) <= 2);
}
