//! The secrets of the lives, as another process says them.
//!
//! That process lives the same life and says, masked, which secrets there were: to compute them here would leave them here. The
//! seeds are filled in place by a formula, so they need no such help to be made.

use std::env;
use std::process::Command;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{CryptoRng, Rng as _, SeedableRng as _};
use confcall::Membership;
use confcall::join::engine::Engine;
use confcall::state::PrivateKey;

use crate::lives::{live, seed};
use crate::memory::Pattern;

/// The argument with which this program says the secrets instead of searching for them.
const SAY_SECRETS: &str = "say-secrets";

/// The seed of an engine, and what it is turned into and draws first: all that a join block takes, if it makes one at once.
fn drawn(number: u8) -> Vec<(String, Pattern)> {
    let mut halves = [0; 64];
    ChaCha20Rng::from_seed(*seed(number).dangerous_bytes()).fill_bytes(&mut halves);
    let key = halves.last_chunk().unwrap();
    let mut secrets = vec![
        (
            format!("seed {number}"),
            Pattern::of(seed(number).dangerous_bytes()),
        ),
        (
            format!("first key of the generator {number}"),
            Pattern::of(key),
        ),
    ];
    let rng = Engine::secret_generator_for_testing_only(seed(number));
    // After these comes a nonce, which is public once the call is verified.
    secrets.extend(draws(rng, &format!("seed {number}")).into_iter().take(4));
    secrets
}

/// The next secrets of a generator.
fn draws(mut rng: impl CryptoRng, whose: &str) -> Vec<(String, Pattern)> {
    let draw = |place| {
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        (format!("draw {place}: {whose}"), Pattern::of(&secret))
    };
    (1..=8).map(draw).collect()
}

/// Says the secrets of all that is done here, for the process that searches for them.
#[expect(clippy::print_stdout, reason = "it is what the process is for")]
fn say_secrets() {
    let mut secrets = Vec::new();
    for number in [1, 2, 11, 12] {
        secrets.extend(drawn(number));
    }
    for number in [3, 4, 13, 14] {
        secrets.push((
            format!("seed {number}"),
            Pattern::of(seed(number).dangerous_bytes()),
        ));
    }
    live(&mut |stage, table| {
        if stage.starts_with("before ") {
            let (_, engine) = table.engines.last().unwrap();
            secrets.extend(draws(engine.secrets_to_come_for_testing_only(), stage));
        }
        for (user, engine) in &table.engines {
            secrets.extend(
                engine
                    .membership()
                    .into_iter()
                    .flat_map(|one| keys(one, &format!("{stage}, {user}"))),
            );
        }
    });
    for (name, pattern) in secrets {
        println!("{}\t{name}", pattern.to_text());
    }
}

/// The private key of a member, and the key of the epoch.
fn keys(membership: &Membership, whose: &str) -> [(String, Pattern); 2] {
    let secrets = membership.secrets_for_testing_only();
    let key = PrivateKey::from_seed(secrets[0].dangerous_bytes());
    let epoch_key = membership
        .state()
        .open_epoch_key(membership.user_id(), &key)
        .unwrap();
    [
        (
            format!("private key: {whose}"),
            Pattern::of(secrets[0].dangerous_bytes()),
        ),
        (
            format!("epoch key: {whose}"),
            Pattern::of(epoch_key.dangerous_bytes()),
        ),
    ]
}

/// Says the secrets if this process is for that.
pub(crate) fn is_to_say_secrets() -> bool {
    let is_to = env::args().nth(1).as_deref() == Some(SAY_SECRETS);
    if is_to {
        say_secrets();
    }
    is_to
}

/// The secrets as another process says them.
pub(crate) fn secrets() -> Vec<(String, Pattern)> {
    let program = env::current_exe().unwrap();
    let said = Command::new(program).arg(SAY_SECRETS).output().unwrap();
    assert!(said.status.success());
    let text = String::from_utf8(said.stdout).unwrap();
    let secrets = text.lines().map(|line| {
        let (pattern, name) = line.split_once('\t').unwrap();
        (name.to_owned(), Pattern::of_text(pattern))
    });
    secrets.collect()
}
