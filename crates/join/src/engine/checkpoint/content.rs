use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{CheckpointError, RestoreError};
use crate::api::Peer;
use crate::engine::own_state::OwnMedia;
use crate::membership::SavedMembership;

/// All that a checkpoint holds, in the plain numbers and bytes that are written.
#[derive(Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) membership: SavedMembership,
    /// The id and the access hash of the call.
    pub(crate) call: (i64, i64),
    /// By what the call was found.
    pub(crate) link: Option<SavedLink>,
    /// The link of the call for others, if the server showed it.
    pub(crate) invite_link: Option<String>,
    /// The JSON of the payload that the server took.
    pub(crate) payload: String,
    /// The switches of our media, as the caller wants them.
    pub(crate) media: OwnMedia,
    /// The JSON of the payload of the screen that is shared.
    pub(crate) screen: Option<String>,
    /// The participants whom we muted for ourselves, or not any more.
    pub(crate) muted_by_us: BTreeMap<Peer, bool>,
    /// The sources of the memberships before this one.
    pub(crate) past_sources: Vec<u32>,
    /// The offset of the next block.
    pub(crate) next_block: i32,
    /// The offset of the next broadcast.
    pub(crate) next_broadcast: i32,
}

/// A reference to a call that does not hold its id.
#[derive(Serialize, Deserialize)]
pub(crate) enum SavedLink {
    Slug(String),
    InviteMessage(i32),
}

impl Content {
    /// Writes it into a buffer that is wiped when dropped, and that never moves while it is written.
    pub(crate) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, CheckpointError> {
        let size = postcard::experimental::serialized_size(self);
        let size = size.map_err(|_| CheckpointError::TooLarge)?;
        let mut bytes = Zeroizing::new(vec![0; size]);
        postcard::to_slice(self, &mut bytes).map_err(|_| CheckpointError::TooLarge)?;
        Ok(bytes)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, RestoreError> {
        let what = "it cannot be read";
        match postcard::take_from_bytes(bytes) {
            Ok((content, [])) => Ok(content),
            _ => Err(RestoreError::Content { what }),
        }
    }
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use confcall_media::{Moment, RemovalGrace};
    use confcall_state::{JoinBlock, Joiner, UserId};
    use proptest::prelude::*;
    use rand_core::SeedableRng as _;

    use super::*;
    use crate::engine::checkpoint::RESERVE;
    use crate::membership::Membership;

    fn content() -> Vec<u8> {
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let user_id = UserId::new(1);
        let join = JoinBlock::first(Joiner::new(user_id), &mut rng).unwrap();
        let block = join.block().clone();
        let (now, key, removal_grace) = (
            Moment::default(),
            join.into_private_key(),
            RemovalGrace::WithGrace,
        );
        let member = Membership::start(now, user_id, key, &block, removal_grace, &mut rng).unwrap();
        let content = Content {
            membership: member.to_saved(),
            call: (1, 2),
            link: None,
            invite_link: None,
            payload: String::new(),
            media: OwnMedia {
                muted: true,
                video_stopped: true,
                video_paused: false,
                presentation_paused: false,
            },
            screen: None,
            muted_by_us: BTreeMap::new(),
            past_sources: Vec::new(),
            next_block: 1,
            next_broadcast: 0,
        };
        content.to_bytes().unwrap().to_vec()
    }

    fn resumed(content: &[u8]) -> Result<Membership, RestoreError> {
        let content = Content::from_bytes(content)?;
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let (now, removal_grace) = (Moment::default(), RemovalGrace::WithGrace);
        let resumed = Membership::resume(now, content.membership, RESERVE, removal_grace, &mut rng);
        Ok(resumed?)
    }

    #[test]
    fn a_content_that_is_cut_or_continued_is_an_error() {
        let content = content();
        assert!(resumed(&content).is_ok());
        for length in 0..content.len() {
            assert!(resumed(&content[..length]).is_err());
        }
        assert!(resumed(&[&*content, &[0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn no_content_makes_it_panic(at: prop::sample::Index, byte: u8, garbage: Vec<u8>) {
            let mut changed = content();
            *at.get_mut(&mut changed) = byte;
            let _ = resumed(&changed);
            let _ = resumed(&garbage);
        }
    }
}
