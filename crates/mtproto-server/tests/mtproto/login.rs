//! Clients that agree on a key with the server and log in.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use confcall_mtproto_server::{BindError, Config, ConnectionLimits, Keys, Listener, Login};
use confcall_server::{Server, ServerOptions};
use confcall_state::UserId;
use grammers_mtsender::InvocationError;
use grammers_tl_types::{Deserializable as _, Serializable as _, enums, functions, types};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::client::{Client, refusal};
use crate::exchange::{Exchange, Form, temporary};
use crate::first_version::{key_id, seal};
use crate::raw::{Place, Raw, first_id, plaintext};
use crate::scene::{ALICE, PATIENCE, Scene};

const NUMBER: &str = "9996610042";
const ADA: UserId = UserId::new(9_996_610_042);

/// Agrees on a key with a server over a connection, which may be a temporary one.
async fn agree(raw: &mut Raw, keys: &Keys, seed: u8, lifetime: Option<i32>) -> [u8; 256] {
    let form = match seed % 2 {
        0 => Form::Padded,
        _ => Form::Hashed,
    };
    let mut exchange = Exchange::new(&keys.public_key().unwrap().pem, form);
    exchange.new_nonce = [seed; 32];
    let answer = raw.ask_in_clear(&exchange.first().to_bytes()).await;
    let inner = exchange.inner(&answer);
    let second = match lifetime {
        None => exchange.second(inner.clone(), inner),
        Some(expires_in) => exchange.second(inner.clone(), temporary(inner, expires_in)),
    };
    let answer = raw.ask_in_clear(&second.to_bytes()).await;
    exchange.choose(&answer, seed | 1);
    let answer = raw.ask_in_clear(&exchange.third(0).to_bytes()).await;
    match enums::SetClientDhParamsAnswer::from_bytes(&answer).unwrap() {
        enums::SetClientDhParamsAnswer::DhGenOk(answer) => {
            assert_eq!(answer.new_nonce_hash1, exchange.confirmation(1));
        }
        other => panic!("{other:?}"),
    }
    exchange.key()
}

/// A client that has agreed on a key, and has not logged in.
async fn guest(address: SocketAddr, keys: &Keys, seed: u8) -> Client {
    let mut raw = Raw::connect(address).await;
    let key = agree(&mut raw, keys, seed, None).await;
    Client::connect(address, key, ADA)
}

async fn send_code(client: &Client) -> Result<String, InvocationError> {
    let request = functions::auth::SendCode {
        phone_number: format!("+{NUMBER}"),
        api_id: 1,
        api_hash: "hash".to_owned(),
        settings: types::CodeSettings {
            allow_flashcall: false,
            current_number: false,
            allow_app_hash: false,
            allow_missed_call: false,
            allow_firebase: false,
            unknown_number: false,
            logout_tokens: None,
            token: None,
            app_sandbox: None,
        }
        .into(),
    };
    match client.invoke(&request).await? {
        enums::auth::SentCode::Code(sent) => {
            let app = types::auth::SentCodeTypeApp { length: 5 };
            assert_eq!(sent.r#type, app.into());
            Ok(sent.phone_code_hash)
        }
        other => panic!("{other:?}"),
    }
}

fn sign_in(hash: &str, code: &str) -> functions::auth::SignIn {
    functions::auth::SignIn {
        phone_number: NUMBER.to_owned(),
        phone_code_hash: hash.to_owned(),
        phone_code: Some(code.to_owned()),
        email_verification: None,
    }
}

fn sign_up(hash: &str) -> functions::auth::SignUp {
    functions::auth::SignUp {
        no_joined_notifications: false,
        phone_number: NUMBER.to_owned(),
        phone_code_hash: hash.to_owned(),
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
    }
}

/// The user and the name of an authorisation; `None` if the user needs a name first.
fn authorized(answer: enums::auth::Authorization) -> Option<(i64, String)> {
    match answer {
        enums::auth::Authorization::Authorization(answer) => match answer.user {
            enums::User::User(user) => {
                assert!(user.is_self);
                Some((user.id, user.first_name.unwrap()))
            }
            enums::User::Empty(_) => panic!("no user"),
        },
        enums::auth::Authorization::SignUpRequired(_) => None,
    }
}

/// The settings of a server on which clients log in, and whose codes are in no file.
fn open() -> Config {
    Config {
        login: Login::ByCode { codes: None },
        ..Config::default()
    }
}

/// A server whose codes are in a file of this folder.
async fn scene(directory: &TempDir, server: Server) -> Scene {
    let config = Config {
        login: Login::ByCode {
            codes: Some(directory.path().join("codes")),
        },
        ..Config::default()
    };
    Scene::around(server, config).await
}

fn server() -> Server {
    Server::new(ServerOptions::default())
}

/// A server that knows the name of the number's user.
fn server_that_knows_ada() -> Server {
    let mut server = server();
    server.set_name(ADA, "Ada");
    server
}

/// The code for the number, as scripts read it.
fn code(directory: &Path) -> String {
    let codes = std::fs::read_to_string(directory.join("codes")).unwrap();
    let code = codes.lines().find_map(|line| line.strip_prefix(NUMBER));
    code.unwrap().trim_start().to_owned()
}

/// A code that is not the right one.
fn other_than(right: &str) -> &'static str {
    match right {
        "00000" => "00001",
        _ => "00000",
    }
}

async fn log_in(client: &Client, directory: &Path) {
    let hash = send_code(client).await.unwrap();
    let answer = client.invoke(&sign_in(&hash, &code(directory))).await;
    assert!(authorized(answer.unwrap()).is_some());
}

fn is_unregistered<T: core::fmt::Debug>(answer: Result<T, InvocationError>) {
    let expected = (401, "AUTH_KEY_UNREGISTERED".to_owned());
    assert_eq!(refusal(answer), expected);
}

#[tokio::test]
async fn a_client_agrees_on_a_key_logs_in_and_gets_a_name() {
    let directory = TempDir::new().unwrap();
    let scene = scene(&directory, server()).await;
    let client = guest(scene.address, &scene.keys(), 2).await;
    client.invoke(&functions::help::GetConfig {}).await.unwrap();
    is_unregistered(client.invoke(&functions::updates::GetState {}).await);
    let hash = send_code(&client).await.unwrap();
    let sign_in = sign_in(&hash, &code(directory.path()));
    assert_eq!(authorized(client.invoke(&sign_in).await.unwrap()), None);
    is_unregistered(client.invoke(&functions::updates::GetState {}).await);
    let answer = client.invoke(&sign_up(&hash)).await.unwrap();
    let expected = (ADA.value(), "Ada Lovelace".to_owned());
    assert_eq!(authorized(answer), Some(expected));
    let state = functions::updates::GetState {};
    client.invoke(&state).await.unwrap();
    // The code is used up.
    assert_eq!(std::fs::read(directory.path().join("codes")).unwrap(), b"");
    assert_eq!(scene.stop().await.name(ADA), Some("Ada Lovelace"));
}

#[tokio::test]
async fn one_number_is_one_user_on_every_client() {
    let directory = TempDir::new().unwrap();
    let scene = scene(&directory, server_that_knows_ada()).await;
    for seed in [2, 3] {
        let mut client = guest(scene.address, &scene.keys(), seed).await;
        let hash = send_code(&client).await.unwrap();
        let sign_in = sign_in(&hash, &code(directory.path()));
        let answer = client.invoke(&sign_in).await.unwrap();
        assert_eq!(authorized(answer), Some((ADA.value(), "Ada".to_owned())));
        // It can do what a client with an issued key can.
        client.create().await;
    }
}

#[tokio::test]
async fn a_code_is_refused_after_five_tries() {
    let directory = TempDir::new().unwrap();
    let scene = scene(&directory, server_that_knows_ada()).await;
    let client = guest(scene.address, &scene.keys(), 2).await;
    let hash = send_code(&client).await.unwrap();
    let right = code(directory.path());
    let wrong = other_than(&right);
    for _ in 0..5 {
        let refused = refusal(client.invoke(&sign_in(&hash, wrong)).await);
        assert_eq!(refused, (400, "PHONE_CODE_INVALID".to_owned()));
    }
    let refused = refusal(client.invoke(&sign_in(&hash, &right)).await);
    assert_eq!(refused, (400, "PHONE_CODE_EXPIRED".to_owned()));
    is_unregistered(client.invoke(&functions::updates::GetState {}).await);
    let refused = refusal(client.invoke(&sign_up(&hash)).await);
    assert_eq!(refused, (400, "PHONE_CODE_EXPIRED".to_owned()));
}

#[tokio::test]
async fn nobody_gets_a_name_without_the_code() {
    let directory = TempDir::new().unwrap();
    let scene = scene(&directory, server()).await;
    let client = guest(scene.address, &scene.keys(), 2).await;
    let hash = send_code(&client).await.unwrap();
    let refused = refusal(client.invoke(&sign_up(&hash)).await);
    assert_eq!(refused, (400, "PHONE_CODE_EMPTY".to_owned()));
    assert_eq!(scene.stop().await.name(ADA), None);
}

#[tokio::test]
async fn a_key_that_cannot_be_a_users_does_not_use_up_the_code() {
    let directory = TempDir::new().unwrap();
    let scene = scene(&directory, server_that_knows_ada()).await;
    let mut raw = Raw::connect(scene.address).await;
    let temporary = agree(&mut raw, &scene.keys(), 2, Some(3600)).await;
    let client = Client::connect(scene.address, temporary, ADA);
    let hash = send_code(&client).await.unwrap();
    let right = code(directory.path());
    let refused = refusal(client.invoke(&sign_in(&hash, &right)).await);
    assert_eq!(refused, (401, "AUTH_KEY_PERM_EMPTY".to_owned()));
    let guest = guest(scene.address, &scene.keys(), 3).await;
    let answer = guest.invoke(&sign_in(&hash, &right)).await.unwrap();
    assert_eq!(authorized(answer), Some((ADA.value(), "Ada".to_owned())));
}

#[tokio::test]
async fn a_client_that_logs_out_is_a_guest_and_can_log_in_again() {
    let directory = TempDir::new().unwrap();
    let scene = scene(&directory, server_that_knows_ada()).await;
    let client = guest(scene.address, &scene.keys(), 2).await;
    log_in(&client, directory.path()).await;
    client.invoke(&functions::auth::LogOut {}).await.unwrap();
    is_unregistered(client.invoke(&functions::updates::GetState {}).await);
    log_in(&client, directory.path()).await;
    let state = functions::updates::GetState {};
    client.invoke(&state).await.unwrap();
}

#[tokio::test]
async fn a_login_holds_for_the_key_over_every_connection() {
    let directory = TempDir::new().unwrap();
    let scene = scene(&directory, server_that_knows_ada()).await;
    let mut raw = Raw::connect(scene.address).await;
    let key = agree(&mut raw, &scene.keys(), 2, None).await;
    let [one, other] = [0; 2].map(|_| Client::connect(scene.address, key, ADA));
    let state = functions::updates::GetState {};
    is_unregistered(other.invoke(&state).await);
    log_in(&one, directory.path()).await;
    other.invoke(&state).await.unwrap();
    one.invoke(&functions::auth::LogOut {}).await.unwrap();
    // Its connection is closed, and over the next one it is a guest.
    let refused = async {
        loop {
            if let Err(InvocationError::Rpc(error)) = other.invoke(&state).await {
                break error.name;
            }
        }
    };
    let refused = timeout(PATIENCE, refused).await.expect("a refusal");
    assert_eq!(refused, "AUTH_KEY_UNREGISTERED");
}

#[tokio::test]
async fn what_a_client_may_ask_besides_is_answered_before_a_login_and_after_it() {
    let scene = Scene::with(open()).await;
    let guest = guest(scene.address, &scene.keys(), 2).await;
    for client in [guest, scene.client(ALICE)] {
        let enums::account::Password::Password(password) = client
            .invoke(&functions::account::GetPassword {})
            .await
            .unwrap();
        assert!(!password.has_password);
        let export = functions::auth::ExportLoginToken {
            api_id: 1,
            api_hash: "hash".to_owned(),
            except_ids: Vec::new(),
        };
        let refused = refusal(client.invoke(&export).await);
        assert_eq!(refused, (400, "API_ID_PUBLISHED_FLOOD".to_owned()));
        let import = functions::auth::ImportLoginToken { token: vec![1] };
        let refused = refusal(client.invoke(&import).await);
        assert_eq!(refused, (400, "AUTH_TOKEN_INVALID".to_owned()));
    }
}

#[tokio::test]
async fn a_key_that_was_issued_stays_its_users() {
    let scene = Scene::with(open()).await;
    let client = scene.client(ALICE);
    let refused = refusal(send_code(&client).await);
    assert_eq!(refused, (500, "AUTH_RESTART".to_owned()));
    client.invoke(&functions::auth::LogOut {}).await.unwrap();
    let state = functions::updates::GetState {};
    client.invoke(&state).await.unwrap();
}

#[tokio::test]
async fn a_server_agrees_on_no_key_unless_clients_may_log_in() {
    let scene = Scene::new().await;
    let mut raw = Raw::connect(scene.address).await;
    let first = functions::ReqPqMulti { nonce: [7; 16] };
    let answer = raw.ask_in_clear(&first.to_bytes()).await;
    let enums::ResPq::Pq(answer) = enums::ResPq::from_bytes(&answer).unwrap();
    assert_eq!(answer.nonce, [7; 16]);
    assert!(answer.server_public_key_fingerprints.is_empty());
}

#[tokio::test]
async fn a_client_that_breaks_a_rule_of_the_exchange_is_disconnected() {
    let scene = Scene::with(open()).await;
    let mut raw = Raw::connect(scene.address).await;
    let third = functions::SetClientDhParams {
        nonce: [0; 16],
        server_nonce: [0; 16],
        encrypted_data: vec![0; 336],
    };
    let body = third.to_bytes();
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    raw.send_packet(&[&[0; 16], length.as_slice(), &body].concat())
        .await;
    raw.closed().await;
}

#[tokio::test]
async fn an_observer_sees_the_codes_until_they_are_used() {
    let directory = TempDir::new().unwrap();
    let scene = scene(&directory, server_that_knows_ada()).await;
    let client = guest(scene.address, &scene.keys(), 2).await;
    let hash = send_code(&client).await.unwrap();
    let codes = scene.observer.look().codes;
    let expected = [(NUMBER.to_owned(), code(directory.path()))];
    assert_eq!(codes, expected.into());
    let resend = functions::auth::ResendCode {
        phone_number: NUMBER.to_owned(),
        phone_code_hash: hash.clone(),
        reason: None,
    };
    let enums::auth::SentCode::Code(resent) = client.invoke(&resend).await.unwrap() else {
        panic!("no code");
    };
    assert_ne!(resent.phone_code_hash, hash);
    let cancel = functions::auth::CancelCode {
        phone_number: NUMBER.to_owned(),
        phone_code_hash: resent.phone_code_hash,
    };
    assert!(client.invoke(&cancel).await.unwrap());
    assert!(scene.observer.look().codes.is_empty());
}

#[tokio::test]
async fn a_file_that_holds_no_codes_is_left_as_it_is() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("codes");
    for (text, is_refused) in [("not a code\n", true), ("9996610042 12345\n", false)] {
        std::fs::write(&path, text).unwrap();
        let keys = directory.path().join(format!("keys-{is_refused}"));
        let keys = crate::scene::seeded_keys(&keys);
        let config = Config {
            login: Login::ByCode {
                codes: Some(path.clone()),
            },
            ..Config::default()
        };
        let bound = Listener::bind(config, keys, server()).await;
        assert_eq!(bound.is_err(), is_refused);
        let kept = std::fs::read_to_string(&path).unwrap();
        assert_eq!(kept == text, is_refused);
    }
}

#[tokio::test]
async fn a_wrong_try_writes_the_file_of_the_codes_no_more_and_a_use_does() {
    let directory = TempDir::new().unwrap();
    let scene = scene(&directory, server_that_knows_ada()).await;
    let client = guest(scene.address, &scene.keys(), 2).await;
    let hash = send_code(&client).await.unwrap();
    let right = code(directory.path());
    let path = directory.path().join("codes");
    std::fs::remove_file(&path).unwrap();
    let wrong = other_than(&right);
    assert!(client.invoke(&sign_in(&hash, wrong)).await.is_err());
    assert!(!path.exists());
    client.invoke(&sign_in(&hash, &right)).await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn a_file_of_codes_that_cannot_be_written_is_told_at_the_start() {
    let directory = TempDir::new().unwrap();
    let keys = crate::scene::seeded_keys(&directory.path().join("keys"));
    let config = Config {
        login: Login::ByCode {
            codes: Some(directory.path().join("missing").join("codes")),
        },
        ..Config::default()
    };
    let refused = Listener::bind(config, keys, server()).await.unwrap_err();
    assert!(matches!(refused, BindError::LoginCodes { .. }), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_file_of_the_codes() {
    let directory = TempDir::new().unwrap();
    let scene = scene(&directory, server()).await;
    let file = directory.path().join("codes");
    assert_eq!(crate::scene::mode(&file), 0o600);
    let client = guest(scene.address, &scene.keys(), 2).await;
    send_code(&client).await.unwrap();
    assert_eq!(crate::scene::mode(&file), 0o600);
    assert_eq!(code(directory.path()).len(), 5);
}

#[tokio::test]
async fn a_connection_under_a_temporary_key_ends_with_the_key() {
    let scene = Scene::with(open()).await;
    let mut raw = Raw::connect(scene.address).await;
    let temporary = agree(&mut raw, &scene.keys(), 2, Some(1)).await;
    let state = functions::updates::GetState {}.to_bytes();
    raw.send_sealed(temporary, &plaintext(77, &state)).await;
    raw.receive(temporary).await;
    assert!(raw.closed().await.ends_with(&(-404_i32).to_le_bytes()));
}

#[tokio::test]
async fn a_user_who_goes_on_under_a_guests_key_gives_way_as_a_guest_does() {
    let limits = ConnectionLimits {
        unidentified: 1,
        greeting: Duration::from_secs(300),
        ..ConnectionLimits::default()
    };
    let config = Config { limits, ..open() };
    let scene = Scene::around(server(), config).await;
    let state = functions::updates::GetState {}.to_bytes();
    let mut raw = Raw::connect(scene.address).await;
    raw.send_sealed(scene.key(ALICE), &plaintext(77, &state))
        .await;
    raw.receive(scene.key(ALICE)).await;
    let guests = agree(&mut raw, &scene.keys(), 2, None).await;
    raw.send_sealed(guests, &plaintext(78, &state)).await;
    raw.receive(guests).await;
    let _newer = Raw::connect(scene.address).await;
    raw.closed().await;
}

#[tokio::test]
async fn a_temporary_key_stands_for_a_permanent_one_once_it_is_bound() {
    let scene = Scene::with(open()).await;
    let mut raw = Raw::connect(scene.address).await;
    let temporary = agree(&mut raw, &scene.keys(), 2, Some(3600)).await;
    let session = 77;
    // The first answer has the salt.
    raw.send_sealed(
        temporary,
        &plaintext(session, &functions::updates::GetState {}.to_bytes()),
    )
    .await;
    let (_, answer) = raw.receive(temporary).await;
    let salt = match enums::BadMsgNotification::from_bytes(&answer).unwrap() {
        enums::BadMsgNotification::BadServerSalt(bad) => bad.new_server_salt,
        other => panic!("{other:?}"),
    };
    let end = (first_id() >> 32) as i32 + 600;
    let place = |number: i32| Place {
        salt,
        session,
        id: first_id() + i64::from(number) * 4,
        seq_no: number * 2 + 1,
    };
    let state = functions::updates::GetState {}.to_bytes();
    raw.send_sealed(temporary, &place(0).write(&state)).await;
    let answer = answer_to(&mut raw, temporary, place(0).id).await;
    assert!(contains(&answer, b"AUTH_KEY_UNREGISTERED"));
    let bind = place(1);
    let permanent = scene.key(ALICE);
    let request = binding(permanent, temporary, bind, end);
    raw.send_sealed(temporary, &bind.write(&request.to_bytes()))
        .await;
    let answer = answer_to(&mut raw, temporary, bind.id).await;
    assert_eq!(answer, true.to_bytes());
    let users = functions::users::GetUsers {
        id: vec![enums::InputUser::UserSelf],
    };
    raw.send_sealed(temporary, &place(2).write(&users.to_bytes()))
        .await;
    let answer = answer_to(&mut raw, temporary, place(2).id).await;
    let users = Vec::<enums::User>::from_bytes(&answer).unwrap();
    assert_eq!(users[0].id(), ALICE.value());
}

/// The result of a query, which can come behind other messages.
async fn answer_to(raw: &mut Raw, key: [u8; 256], query: i64) -> Vec<u8> {
    const RPC_RESULT: u32 = 0xf35c_6d01;
    let head = [RPC_RESULT.to_le_bytes().as_slice(), &query.to_le_bytes()].concat();
    loop {
        let (_, message) = raw.receive(key).await;
        let start = message.windows(12).position(|window| window == head);
        if let Some(start) = start {
            return message[start + 12..].to_vec();
        }
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// The wish to bind a temporary key, with its proof under the permanent one.
fn binding(
    permanent: [u8; 256],
    temporary: [u8; 256],
    place: Place,
    expires_at: i32,
) -> functions::auth::BindTempAuthKey {
    let inner = enums::BindAuthKeyInner::Inner(types::BindAuthKeyInner {
        nonce: 5,
        temp_auth_key_id: key_id(temporary),
        perm_auth_key_id: key_id(permanent),
        temp_session_id: place.session,
        expires_at,
    });
    functions::auth::BindTempAuthKey {
        perm_auth_key_id: key_id(permanent),
        nonce: 5,
        expires_at,
        encrypted_message: seal(permanent, place.id, &inner.to_bytes()),
    }
}
