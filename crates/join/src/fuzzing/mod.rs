//! The bodies of the fuzz targets for what this crate reads; each panics where a law of its reader does not hold.
//!
//! They stand behind a feature and not behind `cfg(fuzzing)`, so that clippy and the documentation see them as they
//! see all code, and any fuzzer can call them.

mod checkpoint;
mod join_answer;
mod texts;

pub use crate::trace::fuzzing::trace;
pub use checkpoint::{checkpoint, checkpoint_content};
pub use join_answer::join_answer;
pub use texts::{link, message_json, payload, request};

use chacha20::ChaCha20Rng;
use confcall_state::{Joiner, UserId};
use rand_core::SeedableRng as _;

use crate::engine::{Config, EmptyCall};
use crate::payload::{Fingerprint, JoinPayload};
use crate::policy::Media;
use crate::target::Target;

/// The same configuration for every engine.
fn config(user: UserId) -> Config {
    let mut rng = ChaCha20Rng::from_seed([4; 32]);
    let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng);
    let media = Media {
        payload,
        muted: true,
        video_stopped: true,
    };
    let mut config = Config::new(Target::Create, Joiner::new(user), media);
    config.empty_call = EmptyCall::Start;
    config
}
