use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use grammers_tl_types::{Deserializable as _, Serializable};

use super::*;
use client::{Exchange, Form, temporary};

#[path = "../../fuzzing/exchange_client.rs"]
#[allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a client of the tests"
)]
mod client;

const NOW: Duration = Duration::from_secs(1_800_000_000);

/// A server's side with its key, a client that knows it, and the server's randomness.
struct Scene {
    server: KeyExchange,
    client: Exchange,
    rng: ChaCha20Rng,
}

fn server_key() -> Arc<ServerKey> {
    static KEY: std::sync::OnceLock<Arc<ServerKey>> = std::sync::OnceLock::new();
    // Of a stated seed, and once: the search takes long without optimisation.
    let generate = || ServerKey::generate(&mut ChaCha20Rng::seed_from_u64(1)).unwrap();
    Arc::clone(KEY.get_or_init(|| Arc::new(generate())))
}

impl Scene {
    fn new(form: Form) -> Self {
        let key = server_key();
        Self {
            client: Exchange::new(key.public_pem(), form),
            server: KeyExchange::new(Some(key)),
            rng: ChaCha20Rng::seed_from_u64(2),
        }
    }

    fn send(&mut self, message: &impl Serializable) -> Result<Reply, KeyExchangeError> {
        self.send_where_taken(message, false)
    }

    fn send_where_taken(
        &mut self,
        message: &impl Serializable,
        is_taken: bool,
    ) -> Result<Reply, KeyExchangeError> {
        let body = message.to_bytes();
        self.server.receive(&body, &mut self.rng, NOW, |_| is_taken)
    }

    /// Goes as far as the client's second message.
    fn inner(&mut self) -> types::PQInnerData {
        let first = self.client.first();
        let answer = self.send(&first).unwrap().body;
        self.client.inner(&answer)
    }

    fn second(&mut self) -> functions::ReqDhParams {
        let inner = self.inner();
        self.client.second(inner.clone(), inner)
    }

    /// Goes as far as the client's third message.
    fn offer(&mut self) -> types::ServerDhInnerData {
        let second = self.second();
        let answer = self.send(&second).unwrap().body;
        self.client.choose(&answer, 0x55)
    }

    /// Sends the third message, and checks the agreement.
    fn agree(&mut self) -> Agreed {
        let third = self.client.third(0);
        let reply = self.send(&third).unwrap();
        match answer(&reply) {
            enums::SetClientDhParamsAnswer::DhGenOk(answer) => {
                assert_eq!(answer.nonce, self.client.nonce);
                assert_eq!(answer.server_nonce, self.client.server_nonce);
                assert_eq!(answer.new_nonce_hash1, self.client.confirmation(1));
            }
            other => panic!("{other:?}"),
        }
        let agreed = reply.agreed.unwrap();
        assert_eq!(agreed.key.expose(), &self.client.key());
        agreed
    }
}

fn answer(reply: &Reply) -> enums::SetClientDhParamsAnswer {
    enums::SetClientDhParamsAnswer::from_bytes(&reply.body).unwrap()
}

#[test]
fn both_sides_have_the_same_key_in_either_form_of_encryption() {
    for form in [Form::Padded, Form::Hashed] {
        let mut scene = Scene::new(form);
        assert_eq!(scene.client.fingerprint(), server_key().fingerprint());
        let offer = scene.offer();
        assert_eq!((offer.g, offer.server_time), (3, 1_800_000_000));
        assert_eq!(scene.agree().lifetime, None);
    }
}

#[test]
fn every_kind_of_inner_data_is_taken_and_a_temporary_key_has_its_lifetime() {
    let kinds: [fn(types::PQInnerData) -> enums::PQInnerData; 3] = [
        |of| {
            let (pq, p, q) = (of.pq, of.p, of.q);
            let (nonce, server_nonce, new_nonce) = (of.nonce, of.server_nonce, of.new_nonce);
            let dc = -10_002;
            types::PQInnerDataDc {
                pq,
                p,
                q,
                nonce,
                server_nonce,
                new_nonce,
                dc,
            }
            .into()
        },
        |of| temporary(of, 3600).into(),
        |of| {
            let (pq, p, q) = (of.pq, of.p, of.q);
            let (nonce, server_nonce, new_nonce) = (of.nonce, of.server_nonce, of.new_nonce);
            let (dc, expires_in) = (2, 3600);
            types::PQInnerDataTempDc {
                pq,
                p,
                q,
                nonce,
                server_nonce,
                new_nonce,
                dc,
                expires_in,
            }
            .into()
        },
    ];
    let lifetimes = kinds.map(|kind| {
        let mut scene = Scene::new(Form::Padded);
        let outer = scene.inner();
        let second = scene.client.second(outer.clone(), kind(outer));
        let answer = scene.send(&second).unwrap().body;
        scene.client.choose(&answer, 0x55);
        scene.agree().lifetime.map(|lifetime| lifetime.as_secs())
    });
    assert_eq!(lifetimes, [None, Some(3600), Some(3600)]);
}

#[test]
fn a_temporary_key_without_a_lifetime_is_refused() {
    for seconds in [0, -1, i32::MIN] {
        let mut scene = Scene::new(Form::Padded);
        let outer = scene.inner();
        let second = scene
            .client
            .second(outer.clone(), temporary(outer, seconds));
        let refused = scene.send(&second).unwrap_err();
        assert_eq!(refused, KeyExchangeError::Lifetime(seconds));
    }
}

#[test]
fn a_second_message_with_anything_changed_is_refused() {
    use KeyExchangeError::{Changed, Fingerprint, Length, NotForTheServer};
    let fingerprint = server_key().fingerprint() ^ 1;
    type Change = fn(&mut functions::ReqDhParams);
    let changes: [(Change, KeyExchangeError); 7] = [
        (|second| second.nonce[0] ^= 1, Changed("nonce")),
        (
            |second| second.server_nonce[0] ^= 1,
            Changed("server's nonce"),
        ),
        (|second| second.p[0] ^= 1, Changed("factors")),
        (|second| second.q.clear(), Changed("factors")),
        (
            |second| second.public_key_fingerprint ^= 1,
            Fingerprint(fingerprint),
        ),
        (|second| second.encrypted_data.truncate(255), Length(255)),
        (|second| second.encrypted_data.fill(0xff), NotForTheServer),
    ];
    for (change, error) in changes {
        let mut scene = Scene::new(Form::Padded);
        let mut second = scene.second();
        change(&mut second);
        assert_eq!(scene.send(&second).unwrap_err(), error);
    }
    for form in [Form::Padded, Form::Hashed] {
        let mut scene = Scene::new(form);
        let mut second = scene.second();
        second.encrypted_data[200] ^= 1;
        assert_eq!(scene.send(&second).unwrap_err(), KeyExchangeError::Hash);
    }
}

#[test]
fn inner_data_that_differs_from_what_stands_around_it_is_refused() {
    use KeyExchangeError::Changed;
    type Change = fn(&mut types::PQInnerData);
    let changes: [(Change, KeyExchangeError); 4] = [
        (|inner| inner.nonce[0] ^= 1, Changed("nonce")),
        (
            |inner| inner.server_nonce[0] ^= 1,
            Changed("server's nonce"),
        ),
        (|inner| inner.pq[7] ^= 1, Changed("product")),
        (
            |inner| core::mem::swap(&mut inner.p, &mut inner.q),
            Changed("factors"),
        ),
    ];
    for (change, error) in changes {
        for form in [Form::Padded, Form::Hashed] {
            let mut scene = Scene::new(form);
            let outer = scene.inner();
            let mut inner = outer.clone();
            change(&mut inner);
            let second = scene.client.second(outer, inner);
            assert_eq!(scene.send(&second).unwrap_err(), error);
        }
    }
}

#[test]
fn a_third_message_with_anything_changed_is_refused() {
    use KeyExchangeError::{Changed, Hash, Length};
    type Change = fn(&mut functions::SetClientDhParams);
    let changes: [(Change, KeyExchangeError); 6] = [
        (|third| third.nonce[0] ^= 1, Changed("nonce")),
        (
            |third| third.server_nonce[0] ^= 1,
            Changed("server's nonce"),
        ),
        (|third| third.encrypted_data[0] ^= 1, Hash),
        (|third| third.encrypted_data[100] ^= 1, Hash),
        (|third| third.encrypted_data.truncate(335), Length(335)),
        (|third| third.encrypted_data.extend([0; 16]), Hash),
    ];
    for (change, error) in changes {
        let mut scene = Scene::new(Form::Padded);
        scene.offer();
        let mut third = scene.client.third(0);
        change(&mut third);
        assert_eq!(scene.send(&third).unwrap_err(), error);
    }
}

#[test]
fn a_sealed_third_message_of_another_exchange_is_refused() {
    type Change = fn(&mut Exchange);
    let changes: [(Change, &str); 2] = [
        (|client| client.nonce[0] ^= 1, "nonce"),
        (|client| client.server_nonce[0] ^= 1, "server's nonce"),
    ];
    for (change, name) in changes {
        let mut scene = Scene::new(Form::Padded);
        scene.offer();
        let [nonce, server_nonce] = [scene.client.nonce, scene.client.server_nonce];
        change(&mut scene.client);
        let mut third = scene.client.third(0);
        (third.nonce, third.server_nonce) = (nonce, server_nonce);
        let refused = scene.send(&third).unwrap_err();
        // The key of the cipher comes from the server's nonce, the other one stands inside.
        match name {
            "nonce" => assert_eq!(refused, KeyExchangeError::Changed("nonce")),
            _ => assert_eq!(refused, KeyExchangeError::Hash),
        }
    }
}

#[test]
fn a_half_without_distance_is_refused() {
    for half in [0_u32, 1, 2] {
        let mut scene = Scene::new(Form::Padded);
        scene.offer();
        scene.client.half = half.into();
        let third = scene.client.third(0);
        let refused = scene.send(&third).unwrap_err();
        assert_eq!(refused, KeyExchangeError::OutOfBounds);
    }
}

#[test]
fn a_message_out_of_order_is_refused_and_ends_the_exchange() {
    let third = functions::SetClientDhParams::CONSTRUCTOR_ID;
    let mut scene = Scene::new(Form::Padded);
    let second = scene.second();
    let early = scene.client.third(0);
    let refused = scene.send(&early).unwrap_err();
    assert_eq!(refused, KeyExchangeError::OutOfOrder(third));
    let refused = scene.send(&second).unwrap_err();
    let second = functions::ReqDhParams::CONSTRUCTOR_ID;
    assert_eq!(refused, KeyExchangeError::OutOfOrder(second));
    scene.offer();
    scene.agree();
    let again = scene.client.third(0);
    let refused = scene.send(&again).unwrap_err();
    assert_eq!(refused, KeyExchangeError::OutOfOrder(third));
}

#[test]
fn a_key_that_another_client_has_is_refused_until_the_client_gives_another() {
    let mut scene = Scene::new(Form::Padded);
    let offer = scene.offer();
    let third = scene.client.third(0);
    let reply = scene.send_where_taken(&third, true).unwrap();
    match answer(&reply) {
        enums::SetClientDhParamsAnswer::DhGenRetry(answer) => {
            assert_eq!(answer.new_nonce_hash2, scene.client.confirmation(2));
        }
        other => panic!("{other:?}"),
    }
    assert!(reply.agreed.is_none());
    let mark = scene.client.mark();
    scene.client.take(&offer, 0x66);
    let third = scene.client.third(mark);
    let reply = scene.send(&third).unwrap();
    let agreed = reply.agreed.unwrap();
    assert_eq!(agreed.key.expose(), &scene.client.key());
}

#[test]
fn another_try_names_the_key_that_was_refused() {
    let mut scene = Scene::new(Form::Padded);
    scene.offer();
    let third = scene.client.third(0);
    scene.send_where_taken(&third, true).unwrap();
    let refused = scene.send(&third).unwrap_err();
    assert!(matches!(refused, KeyExchangeError::Changed(_)));
}

#[test]
fn an_exchange_fails_after_so_many_tries() {
    let mut scene = Scene::new(Form::Padded);
    scene.offer();
    let mut mark = 0;
    for _ in 0..limits::KEY_RETRIES {
        let third = scene.client.third(mark);
        let reply = scene.send_where_taken(&third, true).unwrap();
        let answer = answer(&reply);
        assert!(matches!(
            answer,
            enums::SetClientDhParamsAnswer::DhGenRetry(_)
        ));
        mark = scene.client.mark();
    }
    let third = scene.client.third(mark);
    let reply = scene.send_where_taken(&third, true).unwrap();
    match answer(&reply) {
        enums::SetClientDhParamsAnswer::DhGenFail(answer) => {
            assert_eq!(answer.new_nonce_hash3, scene.client.confirmation(3));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_connection_has_so_many_exchanges() {
    let mut scene = Scene::new(Form::Padded);
    let first = scene.client.first();
    for _ in 0..limits::KEY_EXCHANGES {
        scene.send(&first).unwrap();
    }
    let refused = scene.send(&first).unwrap_err();
    assert_eq!(refused, KeyExchangeError::TooMany);
}

#[test]
fn a_message_that_is_cut_is_refused() {
    let mut scene = Scene::new(Form::Padded);
    let second = scene.second().to_bytes();
    scene.client.half = 0_u32.into();
    let third = scene.client.third(0).to_bytes();
    let first = scene.client.first().to_bytes();
    for message in [first, second, third] {
        for length in (0..message.len()).step_by(4) {
            let mut server = KeyExchange::new(Some(server_key()));
            let cut = &message[..length];
            assert!(server.receive(cut, &mut scene.rng, NOW, |_| false).is_err());
        }
    }
}

#[test]
fn a_server_without_a_key_tells_its_nonce_and_goes_no_further() {
    let mut scene = Scene::new(Form::Padded);
    let second = scene.second();
    scene.server = KeyExchange::new(None);
    let first = scene.client.first();
    let reply = scene.send(&first).unwrap();
    let enums::ResPq::Pq(answer) = enums::ResPq::from_bytes(&reply.body).unwrap();
    assert!(answer.server_public_key_fingerprints.is_empty());
    let second = functions::ReqDhParams {
        server_nonce: answer.server_nonce,
        ..second
    };
    let refused = scene.send(&second).unwrap_err();
    assert_eq!(
        refused,
        KeyExchangeError::Fingerprint(server_key().fingerprint())
    );
}

#[test]
fn the_key_of_the_server_is_the_same_when_it_is_read_again() {
    let key = server_key();
    let again = ServerKey::from_pem(&key.to_pem().unwrap()).unwrap();
    assert_eq!(again.fingerprint(), key.fingerprint());
    assert_eq!(again.public_pem(), key.public_pem());
    assert!(
        key.public_pem()
            .starts_with("-----BEGIN RSA PUBLIC KEY-----\n")
    );
    let unreadable = ServerKey::from_pem(key.public_pem()).unwrap_err();
    assert_eq!(unreadable, ServerKeyError::Unreadable);
    assert!(!format!("{key:?}").contains("private"));
}
