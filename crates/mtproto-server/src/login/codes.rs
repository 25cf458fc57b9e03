use core::time::Duration;
use std::collections::BTreeMap;

use confcall_join::api::RpcError;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;

use super::phone_number::PhoneNumber;
use crate::limits;

/// The time for which a code is good.
const CODE_TIME: Duration = Duration::from_secs(limits::LOGIN_CODE_SECONDS);

/// The time for which a number waits after too many wrong tries.
const WAIT: Duration = Duration::from_secs(limits::LOGIN_WAIT_SECONDS);

/// The codes that were sent and are not used up, one for a number at most.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    open: BTreeMap<PhoneNumber, OpenCode>,
    guesses: BTreeMap<PhoneNumber, Guesses>,
}

/// The wrong tries for a number since a right one.
#[derive(Debug)]
struct Guesses {
    count: u32,
    /// The moment at which they are forgotten, as a time since the epoch.
    until: Duration,
}

#[derive(Debug)]
struct OpenCode {
    /// Five digits.
    code: String,
    /// The name of the code, which its client alone knows.
    hash: String,
    tries: u32,
    /// The end, as a time since the epoch.
    until: Duration,
    is_proven: bool,
}

/// The name by which a client goes on with a code that was sent to a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) number: PhoneNumber,
    pub(crate) hash: String,
}

impl Codes {
    /// Draws a code for a number, in the place of the one before; gives its name.
    pub(crate) fn send(
        &mut self,
        number: PhoneNumber,
        rng: &mut impl CryptoRng,
        now: Duration,
    ) -> Result<String, RpcError> {
        self.guesses.retain(|_, guesses| now < guesses.until);
        let guesses = self.guesses.get(&number);
        // Each code has few tries, but there are only so many codes that can be drawn.
        if let Some(guesses) = guesses.filter(|guesses| guesses.count >= limits::LOGIN_GUESSES) {
            let wait = guesses.until.saturating_sub(now).as_secs().max(1);
            return Err(RpcError::new(420, format!("FLOOD_WAIT_{wait}")));
        }
        self.open.retain(|_, code| now < code.until);
        self.open.remove(&number);
        if self.open.len() >= limits::LOGIN_CODES {
            let oldest = self.open.iter().min_by_key(|(_, code)| code.until);
            let oldest = oldest.map(|(number, _)| *number);
            oldest.map(|number| self.open.remove(&number));
        }
        let hash = format!("{:016x}", rng.next_u64());
        let open = OpenCode {
            code: format!("{:05}", rng.next_u64() % 100_000),
            hash: hash.clone(),
            tries: 0,
            until: now.saturating_add(CODE_TIME),
            is_proven: false,
        };
        self.open.insert(number, open);
        Ok(hash)
    }

    /// Draws another code for a client that was sent one already; gives its name.
    pub(crate) fn resend(
        &mut self,
        proof: &Proof,
        rng: &mut impl CryptoRng,
        now: Duration,
    ) -> Result<String, RpcError> {
        self.find(proof, now)?;
        self.send(proof.number, rng, now)
    }

    /// Proves by a code that the client is who can read it.
    pub(crate) fn prove(
        &mut self,
        proof: &Proof,
        code: &str,
        now: Duration,
    ) -> Result<(), RpcError> {
        if code.is_empty() {
            return Err(RpcError::new(400, "PHONE_CODE_EMPTY"));
        }
        let open = self.find(proof, now)?;
        if bool::from(open.code.as_bytes().ct_eq(code.as_bytes())) {
            open.is_proven = true;
            self.guesses.remove(&proof.number);
            return Ok(());
        }
        open.tries += 1;
        let tries = open.tries;
        self.guesses.retain(|_, guesses| now < guesses.until);
        let guesses = self.guesses.entry(proof.number);
        let guesses = guesses.or_insert(Guesses {
            count: 0,
            until: now,
        });
        guesses.count += 1;
        guesses.until = now.saturating_add(WAIT);
        if tries >= limits::LOGIN_TRIES || guesses.count >= limits::LOGIN_GUESSES {
            self.open.remove(&proof.number);
        }
        Err(RpcError::new(400, "PHONE_CODE_INVALID"))
    }

    /// Checks that the client proved who it is.
    pub(crate) fn check_proven(&mut self, proof: &Proof, now: Duration) -> Result<(), RpcError> {
        match self.find(proof, now)?.is_proven {
            true => Ok(()),
            false => Err(RpcError::new(400, "PHONE_CODE_EMPTY")),
        }
    }

    /// Forgets a code.
    pub(crate) fn close(&mut self, proof: &Proof, now: Duration) -> Result<(), RpcError> {
        self.find(proof, now)?;
        self.open.remove(&proof.number);
        Ok(())
    }

    /// The codes by their numbers, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (PhoneNumber, &str)> {
        self.open
            .iter()
            .map(|(number, open)| (*number, &*open.code))
    }

    fn find(&mut self, proof: &Proof, now: Duration) -> Result<&mut OpenCode, RpcError> {
        let open = self.open.get_mut(&proof.number);
        let open = open.filter(|open| now < open.until && open.hash == proof.hash);
        open.ok_or_else(|| RpcError::new(400, "PHONE_CODE_EXPIRED"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng as _;

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    fn number(last: u32) -> PhoneNumber {
        PhoneNumber::read(format!("999661{last:04}").as_bytes()).unwrap()
    }

    /// Codes with one that was sent, and its client's name for it.
    fn sent() -> (Codes, Proof, ChaCha20Rng) {
        let (mut codes, mut rng) = (Codes::default(), ChaCha20Rng::seed_from_u64(1));
        let hash = codes.send(number(1), &mut rng, NOW).unwrap();
        let number = number(1);
        (codes, Proof { number, hash }, rng)
    }

    fn code(codes: &Codes, number: PhoneNumber) -> String {
        let mut codes = codes.iter();
        let found = codes.find(|(of, _)| *of == number);
        found.unwrap().1.to_owned()
    }

    /// A code that is not the right one.
    fn wrong(right: &str) -> &'static str {
        match right {
            "00000" => "00001",
            _ => "00000",
        }
    }

    fn error<T: core::fmt::Debug>(result: Result<T, RpcError>) -> String {
        result.unwrap_err().message
    }

    #[test]
    fn a_code_of_five_digits_proves_who_the_client_is() {
        let (mut codes, proof, _) = sent();
        let code = code(&codes, proof.number);
        assert!(code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(error(codes.check_proven(&proof, NOW)), "PHONE_CODE_EMPTY");
        assert_eq!(codes.prove(&proof, &code, NOW), Ok(()));
        assert_eq!(codes.check_proven(&proof, NOW), Ok(()));
        assert_eq!(codes.close(&proof, NOW), Ok(()));
        assert_eq!(error(codes.prove(&proof, &code, NOW)), "PHONE_CODE_EXPIRED");
        assert_eq!(codes.iter().count(), 0);
    }

    #[test]
    fn a_code_has_five_tries_and_an_empty_one_is_none() {
        let (mut codes, proof, _) = sent();
        let right = code(&codes, proof.number);
        for _ in 0..limits::LOGIN_TRIES {
            assert_eq!(error(codes.prove(&proof, "", NOW)), "PHONE_CODE_EMPTY");
            let refused = codes.prove(&proof, wrong(&right), NOW);
            assert_eq!(error(refused), "PHONE_CODE_INVALID");
        }
        let refused = codes.prove(&proof, &right, NOW);
        assert_eq!(error(refused), "PHONE_CODE_EXPIRED");
    }

    #[test]
    fn the_last_of_five_tries_can_be_right() {
        let (mut codes, proof, _) = sent();
        let right = code(&codes, proof.number);
        for _ in 1..limits::LOGIN_TRIES {
            codes.prove(&proof, wrong(&right), NOW).unwrap_err();
        }
        assert_eq!(codes.prove(&proof, &right, NOW), Ok(()));
    }

    #[test]
    fn a_code_ends_with_its_time_and_with_the_next_one() {
        let (mut codes, proof, mut rng) = sent();
        let right = code(&codes, proof.number);
        let late = NOW + CODE_TIME;
        assert_eq!(
            error(codes.prove(&proof, &right, late)),
            "PHONE_CODE_EXPIRED"
        );
        let next = codes.resend(&proof, &mut rng, NOW).unwrap();
        assert_eq!(
            error(codes.prove(&proof, &right, NOW)),
            "PHONE_CODE_EXPIRED"
        );
        let next = Proof {
            hash: next,
            ..proof.clone()
        };
        let newer = code(&codes, proof.number);
        assert_eq!(codes.prove(&next, &newer, NOW), Ok(()));
        assert_eq!(
            error(codes.resend(&proof, &mut rng, NOW)),
            "PHONE_CODE_EXPIRED"
        );
    }

    #[test]
    fn a_number_waits_after_too_many_wrong_tries_and_a_right_one_forgives_them() {
        let (mut codes, mut proof, mut rng) = sent();
        let codes_to_the_limit = limits::LOGIN_GUESSES / limits::LOGIN_TRIES;
        for _ in 0..codes_to_the_limit {
            proof.hash = codes.send(proof.number, &mut rng, NOW).unwrap();
            let right = code(&codes, proof.number);
            for _ in 0..limits::LOGIN_TRIES {
                codes.prove(&proof, wrong(&right), NOW).unwrap_err();
            }
        }
        let refused = codes.send(proof.number, &mut rng, NOW).unwrap_err();
        assert_eq!(refused, RpcError::new(420, "FLOOD_WAIT_600"));
        assert!(codes.send(number(2), &mut rng, NOW).is_ok());
        let late = NOW + WAIT;
        proof.hash = codes.send(proof.number, &mut rng, late).unwrap();
        let right = code(&codes, proof.number);
        codes.prove(&proof, wrong(&right), late).unwrap_err();
        codes.prove(&proof, &right, late).unwrap();
        assert!(codes.guesses.is_empty());
    }

    #[test]
    fn a_new_code_gives_a_number_no_more_wrong_tries_than_it_has_left() {
        let (mut codes, mut proof, mut rng) = sent();
        for _ in 1..limits::LOGIN_GUESSES {
            proof.hash = codes.send(proof.number, &mut rng, NOW).unwrap();
            let right = code(&codes, proof.number);
            codes.prove(&proof, wrong(&right), NOW).unwrap_err();
        }
        proof.hash = codes.send(proof.number, &mut rng, NOW).unwrap();
        let right = code(&codes, proof.number);
        let last = codes.prove(&proof, wrong(&right), NOW);
        assert_eq!(error(last), "PHONE_CODE_INVALID");
        let refused = codes.prove(&proof, &right, NOW);
        assert_eq!(error(refused), "PHONE_CODE_EXPIRED");
    }

    #[test]
    fn only_so_many_codes_are_open_and_the_oldest_goes() {
        let (mut codes, first, mut rng) = sent();
        let later = NOW + Duration::from_secs(1);
        let most = limits::LOGIN_CODES as u32;
        for last in 2..=most + 1 {
            codes.send(number(last), &mut rng, later).unwrap();
        }
        assert_eq!(codes.iter().count(), limits::LOGIN_CODES);
        assert!(codes.iter().all(|(number, _)| number != first.number));
    }
}
