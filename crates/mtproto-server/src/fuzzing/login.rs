use core::time::Duration;
use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;

use crate::limits;
use crate::login::{Codes, Method, PhoneNumber, Proof};

/// The time for which a code is good.
const CODE_TIME: Duration = Duration::from_secs(limits::LOGIN_CODE_SECONDS);

/// Logins by codes, of clients who guess, and who read what is not a method.
///
/// The laws: who does not say the newest code of a number, in time and within the tries, proves nothing; who does is let in, unless too
/// much was guessed for the number.
pub fn mtproto_login(data: &[u8]) {
    // Whatever comes is a method or none.
    let _ = Method::read(data);
    let mut u = Unstructured::new(data);
    let mut scene = Scene {
        codes: Codes::default(),
        rng: ChaCha20Rng::seed_from_u64(3),
        now: Duration::from_secs(1_800_000_000),
        sent: BTreeMap::new(),
        guesses: BTreeMap::new(),
    };
    while !u.is_empty() && scene.step(&mut u).is_ok() {}
}

struct Scene {
    codes: Codes,
    rng: ChaCha20Rng,
    now: Duration,
    /// The newest code of each number.
    sent: BTreeMap<PhoneNumber, Sent>,
    /// The wrong tries for each number since a right one, and the moment of the last.
    guesses: BTreeMap<PhoneNumber, (u32, Duration)>,
}

#[derive(Clone)]
struct Sent {
    proof: Proof,
    code: String,
    at: Duration,
    tries: u32,
    is_proven: bool,
}

impl Scene {
    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let number = number(u.int_in_range(0..=2)?);
        match u.int_in_range(0..=9)? {
            0 => self.send(number, false),
            1 => self.send(number, true),
            2..=6 => self.prove(u, number)?,
            7 => self.check(number),
            8 => self.close(number),
            _ => self.now += Duration::from_secs(*u.choose(&[1, 60, 299, 300, 301, 599, 600])?),
        }
        Ok(())
    }

    /// Sends a code, or another one to who was sent one.
    fn send(&mut self, number: PhoneNumber, again: bool) {
        let mut may = self.guessed(number) < limits::LOGIN_GUESSES;
        let before = self.sent.get(&number).cloned();
        let sent = match (again, before) {
            (true, None) => return,
            (true, Some(before)) => {
                may &= self.is_open(&before);
                self.codes.resend(&before.proof, &mut self.rng, self.now)
            }
            (false, _) => self.codes.send(number, &mut self.rng, self.now),
        };
        assert_eq!(sent.is_ok(), may, "a code for one who guesses");
        let Ok(hash) = sent else { return };
        let mut open = self.codes.iter();
        let code = open.find(|(of, _)| *of == number);
        let code = code.expect("what was sent is open").1.to_owned();
        let (proof, at) = (Proof { number, hash }, self.now);
        let (tries, is_proven) = (0, false);
        self.sent.insert(
            number,
            Sent {
                proof,
                code,
                at,
                tries,
                is_proven,
            },
        );
    }

    fn prove(&mut self, u: &mut Unstructured<'_>, number: PhoneNumber) -> Result<()> {
        let Some(mut sent) = self.sent.get(&number).cloned() else {
            let hash = "0".repeat(16);
            let proven = self.codes.prove(&Proof { number, hash }, "00000", self.now);
            assert!(proven.is_err(), "there is no code");
            return Ok(());
        };
        let mut proof = sent.proof.clone();
        let is_named = u.ratio(7, 8)?;
        if !is_named {
            proof.hash.push('0');
        }
        let code = match u.int_in_range(0..=2)? {
            0 => sent.code.clone(),
            1 => format!("{:05}", u.int_in_range(0..=99_999)?),
            _ => String::from_utf8_lossy(u.bytes(5)?).into_owned(),
        };
        let is_open = is_named && self.is_open(&sent);
        let is_right = code == sent.code;
        let proven = self.codes.prove(&proof, &code, self.now);
        assert_eq!(
            proven.is_ok(),
            is_open && is_right,
            "the code is {}, and {code} was said",
            sent.code
        );
        if is_open && is_right {
            sent.is_proven = true;
            self.guesses.remove(&number);
            self.sent.insert(number, sent);
        } else if is_open && !code.is_empty() {
            sent.tries += 1;
            let guessed = self.guessed(number) + 1;
            self.guesses.insert(number, (guessed, self.now));
            match sent.tries >= limits::LOGIN_TRIES || guessed >= limits::LOGIN_GUESSES {
                true => drop(self.sent.remove(&number)),
                false => drop(self.sent.insert(number, sent)),
            }
        }
        Ok(())
    }

    fn check(&mut self, number: PhoneNumber) {
        if let Some(sent) = self.sent.get(&number).cloned() {
            let checked = self.codes.check_proven(&sent.proof, self.now);
            assert_eq!(checked.is_ok(), sent.is_proven && self.is_open(&sent));
        }
    }

    fn close(&mut self, number: PhoneNumber) {
        if let Some(sent) = self.sent.remove(&number) {
            let closed = self.codes.close(&sent.proof, self.now);
            assert_eq!(closed.is_ok(), self.is_open(&sent));
        }
    }

    fn is_open(&self, sent: &Sent) -> bool {
        self.now < sent.at + CODE_TIME
    }

    /// The wrong tries for a number that count.
    fn guessed(&self, number: PhoneNumber) -> u32 {
        let wait = Duration::from_secs(limits::LOGIN_WAIT_SECONDS);
        let found = self.guesses.get(&number);
        found
            .filter(|(_, at)| self.now < *at + wait)
            .map_or(0, |(count, _)| *count)
    }
}

fn number(last: u32) -> PhoneNumber {
    let number = PhoneNumber::read(format!("999661{last:04}").as_bytes());
    number.expect("it is a test number")
}
