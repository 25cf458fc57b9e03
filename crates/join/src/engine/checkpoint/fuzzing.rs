//! The bodies of the fuzz targets for checkpoints; each panics where a law of its reader does not hold.

use chacha20::ChaCha20Rng;
use confcall_media::Moment;
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};
use rand_core::SeedableRng as _;

use super::{Content, RestoreError, open, seal};
use crate::engine::{Config, EmptyCall, Engine, Output};
use crate::joining::{Fingerprint, JoinPayload, Target};
use crate::policy::Media;

const KEY: [u8; 32] = [9; 32];
const NUMBER: u64 = 7;

/// A checkpoint as it comes from disk, and a content as an owner of the key would seal it.
///
/// The laws: what is not sealed is refused; what is restored can be saved again, and is restored from that the same.
pub fn checkpoint(data: &[u8]) {
    let restored = restore(data, UserId::new(1));
    assert!(restored.is_err() || data.starts_with(b"confcall"));
    let Ok(content) = Content::from_bytes(data) else {
        return;
    };
    let user = UserId::new(content.membership.user_id);
    let Ok(blob) = seal(&KEY, NUMBER, data) else {
        return;
    };
    let Ok(engine) = restore(&blob, user) else {
        return;
    };
    // It may have ended at once, if its key does not open.
    let Ok(saved) = engine.checkpoint(&KEY, NUMBER) else {
        return;
    };
    let again = restore(&saved, user).map(|again| again.checkpoint(&KEY, NUMBER));
    // Each restart leaves out some seqnos, so that the second differs from the first in the counters alone.
    assert!(matches!(again, Ok(Ok(again)) if again.len().abs_diff(saved.len()) < 8 << 10));
}

/// The content of a checkpoint that was sealed under the target's key, to begin with.
pub fn checkpoint_content(blob: &[u8]) -> Option<Vec<u8>> {
    let opened = open(&KEY, NUMBER, blob).ok()?;
    Some(opened.content.to_vec())
}

fn restore(blob: &[u8], user: UserId) -> Result<Engine, RestoreError> {
    let (config, now) = (config(user), Moment::default());
    let mut engine =
        Engine::restore(blob, &KEY, NUMBER, config, Seed::copy_of(&[3; 32]), now)?.engine;
    while !matches!(engine.poll_output(), Output::Timeout(_)) {}
    Ok(engine)
}

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
