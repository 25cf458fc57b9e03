use core::time::Duration;
use std::sync::{Arc, LazyLock};

use arbitrary::{Result, Unstructured};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use grammers_tl_types::{Deserializable as _, Serializable as _, enums, types};

use super::exchange_client::{Exchange, Form, temporary};
use crate::limits;
use crate::mtproto::key_exchange::{KeyExchange, Reply, ServerKey};

const NOW: Duration = Duration::from_secs(1_800_000_000);

/// Of a stated seed, and once: the search for primes takes long.
static KEY: LazyLock<Arc<ServerKey>> = LazyLock::new(|| {
    let key = ServerKey::generate(&mut ChaCha20Rng::seed_from_u64(1));
    Arc::new(key.expect("the search comes to primes"))
});

/// The key exchanges of a connection, whose client keeps to few rules.
///
/// The laws: what an honest client sends in its turn is answered, as often as is allowed; what is out of turn, or too often, is
/// refused; whatever is sent, the server agrees on no other key than the client's, for the time that was asked for; after an error nothing
/// of the exchange is left.
pub fn mtproto_exchange(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let form = match u.arbitrary() {
        Ok(true) => Form::Hashed,
        _ => Form::Padded,
    };
    let mut scene = Scene {
        server: KeyExchange::new(Some(Arc::clone(&KEY))),
        client: Exchange::new(KEY.public_pem(), form),
        rng: ChaCha20Rng::seed_from_u64(2),
        turn: Turn::First,
        begun: 0,
    };
    while !u.is_empty() && scene.step(&mut u).is_ok() {}
}

struct Scene {
    server: KeyExchange,
    client: Exchange,
    rng: ChaCha20Rng,
    turn: Turn,
    /// How many exchanges the server began.
    begun: u32,
}

/// What an honest client sends next.
#[derive(Clone)]
enum Turn {
    First,
    Second(Box<types::PQInnerData>),
    Third {
        offer: Box<types::ServerDhInnerData>,
        lifetime: Option<Duration>,
        retries: u32,
        retry_id: i64,
    },
}

impl Scene {
    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match (u.int_in_range(0..=7)?, self.turn.clone()) {
            (0, _) | (_, Turn::First) => self.first(u),
            (1, _) => self.garbage(u),
            (_, Turn::Second(outer)) => self.second(u, *outer),
            (
                _,
                Turn::Third {
                    offer,
                    lifetime,
                    retries,
                    retry_id,
                },
            ) => self.third(u, &offer, lifetime, (retries, retry_id)),
        }
    }

    /// Sends a message, perhaps with something changed; says whether it was, and gives the answer.
    fn send(
        &mut self,
        u: &mut Unstructured<'_>,
        mut body: Vec<u8>,
        is_taken: bool,
    ) -> Result<(bool, Option<Reply>)> {
        let before = body.clone();
        match u.int_in_range(0..=11)? {
            0 => {
                let place = u.choose_index(body.len())?;
                body[place] ^= u.int_in_range(1..=255)?;
            }
            1 => body.truncate(u.choose_index(body.len())?),
            2 => body.extend_from_slice(&[0; 4]),
            _ => {}
        }
        let reply = self.server.receive(&body, &mut self.rng, NOW, |_| is_taken);
        if reply.is_err() {
            self.turn = Turn::First;
        }
        Ok((body != before, reply.ok()))
    }

    fn first(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        self.client.nonce = [u.arbitrary()?; 16];
        let first = self.client.first().to_bytes();
        let may = self.begun < limits::KEY_EXCHANGES;
        let (changed, reply) = self.send(u, first, false)?;
        match reply {
            None => assert!(changed || !may, "a first message was refused"),
            Some(Reply { body, agreed }) => {
                assert!(may && agreed.is_none(), "too many exchanges");
                self.begun += 1;
                self.turn = match changed {
                    // Its nonce is another one, which the client does not know.
                    true => Turn::First,
                    false => Turn::Second(Box::new(self.client.inner(&body))),
                };
            }
        }
        Ok(())
    }

    fn second(&mut self, u: &mut Unstructured<'_>, outer: types::PQInnerData) -> Result<()> {
        let seconds = *u.choose(&[None, Some(3600), Some(1), Some(0), Some(-1)])?;
        let second = match seconds {
            None => self.client.second(outer.clone(), outer),
            Some(seconds) => self.client.second(outer.clone(), temporary(outer, seconds)),
        };
        let lifetime = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let lifetime = lifetime
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs);
        let may = lifetime.is_some() == seconds.is_some();
        let (changed, reply) = self.send(u, second.to_bytes(), false)?;
        match reply {
            None => assert!(changed || !may, "a second message was refused"),
            Some(Reply { body, agreed }) => {
                assert!(
                    !changed && may && agreed.is_none(),
                    "a second message was taken"
                );
                let offer = self.client.choose(&body, u.int_in_range(1..=255)?);
                self.turn = Turn::Third {
                    offer: Box::new(offer),
                    lifetime,
                    retries: 0,
                    retry_id: 0,
                };
            }
        }
        Ok(())
    }

    fn third(
        &mut self,
        u: &mut Unstructured<'_>,
        offer: &types::ServerDhInnerData,
        lifetime: Option<Duration>,
        (retries, retry_id): (u32, i64),
    ) -> Result<()> {
        let is_taken = u.ratio(1, 4)?;
        let named = if u.ratio(7, 8)? {
            retry_id
        } else {
            u.arbitrary()?
        };
        let third = self.client.third(named).to_bytes();
        let (changed, reply) = self.send(u, third, is_taken)?;
        let Some(Reply { body, agreed }) = reply else {
            assert!(changed || named != retry_id, "a third message was refused");
            return Ok(());
        };
        self.turn = Turn::First;
        let answer = enums::SetClientDhParamsAnswer::from_bytes(&body);
        let answer = answer.expect("an answer is one of three");
        if let Some(agreed) = agreed {
            assert_eq!(
                agreed.key.expose(),
                &self.client.key(),
                "another key than the client's"
            );
            assert_eq!(agreed.lifetime, lifetime);
            assert!(!is_taken, "the key of another client");
            let proof = match answer {
                enums::SetClientDhParamsAnswer::DhGenOk(answer) => answer.new_nonce_hash1,
                other => panic!("agreed, and says {other:?}"),
            };
            assert_eq!(proof, self.client.confirmation(1), "no proof of the key");
            return Ok(());
        }
        match answer {
            enums::SetClientDhParamsAnswer::DhGenRetry(_) => {
                assert!(
                    is_taken && retries < limits::KEY_RETRIES,
                    "one retry too many"
                );
                let retry_id = self.client.mark();
                self.client.take(offer, u.int_in_range(1..=255)?);
                let (offer, retries) = (Box::new(offer.clone()), retries + 1);
                self.turn = Turn::Third {
                    offer,
                    lifetime,
                    retries,
                    retry_id,
                };
            }
            answer => assert!(
                is_taken && matches!(answer, enums::SetClientDhParamsAnswer::DhGenFail(_)),
                "agreed without a key"
            ),
        }
        Ok(())
    }

    /// What no client sends.
    fn garbage(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let length = u.int_in_range(0..=64)?;
        let body = u.bytes(length)?.to_vec();
        // It can be a first message, with a nonce that the client does not know.
        if let Ok(reply) = self.server.receive(&body, &mut self.rng, NOW, |_| false) {
            assert!(reply.agreed.is_none(), "agreed out of turn");
            self.begun += 1;
        }
        self.turn = Turn::First;
        Ok(())
    }
}
