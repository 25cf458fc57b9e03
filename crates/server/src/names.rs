use core::fmt;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_join::Slug;
use confcall_join::api::{AccessHash, CallId, CallRef};
use confcall_state::UserId;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SLUG_LENGTH: usize = 20;
const HASH_LENGTH: usize = 16;
const ACCESS_HASHES: &str = "confcall 2026-11 server access hashes";

/// The source of everything that a server makes up.
///
/// The state is two numbers, so that servers can be cloned and compared. `Debug` shows no seed, from which every link
/// follows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Names {
    seed: u64,
    drawn: u64,
}

impl Names {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// The names of what belongs to chats, which shift none of those of conferences.
    pub(crate) fn of_world(seed: u64) -> Self {
        let drawn = 1 << 63;
        Self { seed, drawn }
    }

    /// Goes on behind so many draws.
    pub(crate) fn resume(seed: u64, drawn: u64) -> Self {
        Self { seed, drawn }
    }

    /// The number of generators that were drawn.
    pub(crate) fn drawn(&self) -> u64 {
        self.drawn
    }

    /// A generator that nothing was drawn from yet.
    pub(crate) fn fresh(&mut self) -> ChaCha20Rng {
        // One stream for each name, so that the numbers of draws alone say where a restored server goes on.
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        rng.set_stream(self.drawn);
        self.drawn = self.drawn.wrapping_add(1);
        rng
    }

    /// The access hashes that follow from the same seed.
    pub(crate) fn access_hashes(&self) -> AccessHashes {
        AccessHashes(self.seed)
    }
}

/// The access hashes that accounts have for peers; `Debug` shows no seed, from which all of them follow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccessHashes(u64);

impl AccessHashes {
    /// The access hash that an account has for a peer, which differs between accounts.
    pub(crate) fn of(&self, peer: i64, account: UserId) -> AccessHash {
        let parts = [
            self.0.to_le_bytes(),
            peer.to_le_bytes(),
            account.value().to_le_bytes(),
        ];
        let [a, b, c, d, e, f, g, h, ..] = blake3::derive_key(ACCESS_HASHES, &parts.concat());
        AccessHash::new(i64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }
}

impl fmt::Debug for AccessHashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessHashes").finish_non_exhaustive()
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names")
            .field("drawn", &self.drawn)
            .finish_non_exhaustive()
    }
}

/// Draws the id and the access hash of a call.
pub(crate) fn draw_call(rng: &mut ChaCha20Rng) -> CallRef {
    CallRef {
        // Real ids are positive.
        id: CallId::new((rng.next_u64() >> 1).cast_signed()),
        access_hash: AccessHash::new(rng.next_u64().cast_signed()),
    }
}

/// Draws the name of a call in its link.
pub(crate) fn draw_slug(rng: &mut ChaCha20Rng) -> Slug {
    #[expect(
        clippy::expect_used,
        reason = "20 characters of the alphabet of slugs are a slug"
    )]
    Slug::new(&draw_text::<SLUG_LENGTH>(rng)).expect("a drawn slug")
}

/// Draws the hash of an invitation, or the key of a stream.
pub(crate) fn draw_hash(rng: &mut ChaCha20Rng) -> String {
    draw_text::<HASH_LENGTH>(rng)
}

/// Draws so many characters that can stand in links.
fn draw_text<const LENGTH: usize>(rng: &mut ChaCha20Rng) -> String {
    let mut bytes = [0; LENGTH];
    rng.fill_bytes(&mut bytes);
    let characters = bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte & 63)));
    characters.copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_names_and_each_draw_others() {
        let mut names = Names::new(7);
        let (first, second) = (draw_call(&mut names.fresh()), draw_call(&mut names.fresh()));
        assert_ne!(first, second);
        assert_eq!(first, draw_call(&mut Names::new(7).fresh()));
        assert_ne!(first, draw_call(&mut Names::new(8).fresh()));
    }
}
