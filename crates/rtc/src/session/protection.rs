use std::sync::Arc;

use confcall_join::api::Peer;
use confcall_media::{
    AudioLevel, ChannelId, Codec, Cryptor, EncodedFrame, Moment, OpenError, OpenFrameError,
    SealFrameError,
};
use rand_core::CryptoRng;

use super::sizes::longest_audio_frame;

/// The way in which frames are kept from the server, for the whole life of a session.
#[derive(Clone, Debug)]
pub(super) enum Protection {
    /// By the cryptor of the membership.
    EndToEnd(Arc<Cryptor>),
    /// Not at all, in kinds of calls that have no keys.
    Clear,
}

/// A frame that a decoder may have: opened by the cryptor, or of a call without encryption.
#[derive(Debug)]
pub(super) struct Readable {
    data: Vec<u8>,
    level: Option<AudioLevel>,
}

/// A frame that nobody gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It was opened before, or is too old to tell.
    Replayed,
    /// It does not open, or not under the key of the participant to whom its source belongs.
    Refused,
}

impl Readable {
    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }

    /// The authenticated level, which only a conference has.
    pub(super) fn level(&self) -> Option<AudioLevel> {
        self.level
    }

    pub(super) fn into_data(self) -> Vec<u8> {
        self.data
    }
}

impl Protection {
    /// The payload for a frame.
    pub(super) fn seal(
        &self,
        now: Moment,
        channel: ChannelId,
        frame: EncodedFrame<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealFrameError> {
        match (self, frame) {
            (Self::EndToEnd(cryptor), frame) => cryptor.seal_frame(now, channel, frame, rng),
            (Self::Clear, EncodedFrame::Opus { frame, .. }) => Ok(frame.to_vec()),
            (Self::Clear, EncodedFrame::Vp8(frame) | EncodedFrame::H264(frame)) => {
                Ok(frame.to_vec())
            }
        }
    }

    /// Opens what `owner` is said to have sent.
    pub(super) fn open(
        &self,
        now: Moment,
        owner: Peer,
        codec: Codec,
        mut payload: Vec<u8>,
    ) -> Result<Readable, Unreadable> {
        let level = match (self, owner) {
            (Self::Clear, _) => None,
            (Self::EndToEnd(cryptor), Peer::User(user)) => {
                let opened = cryptor.open_frame_in_place(now, user, codec, &mut payload);
                opened
                    .map_err(|error| match error {
                        OpenFrameError::Open(OpenError::Replay(_)) => Unreadable::Replayed,
                        _ => Unreadable::Refused,
                    })?
                    .level
            }
            // Only users are members.
            (Self::EndToEnd(_), _) => return Err(Unreadable::Refused),
        };
        let data = payload;
        Ok(Readable { data, level })
    }

    /// The longest frame of sound that fits at present.
    pub(super) fn longest_audio_frame(&self, now: Moment) -> usize {
        match self {
            Self::EndToEnd(cryptor) => longest_audio_frame(cryptor.epoch_count(now).max(1)),
            Self::Clear => longest_audio_frame(0),
        }
    }
}
