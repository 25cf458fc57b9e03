//! Streams: their channels, their address and their parts.

use confcall_join::api::{FilePart, RtmpUrl, StreamChannel};
use grammers_tl_types::{enums, types};

pub(super) fn channels(channels: &[StreamChannel]) -> enums::phone::GroupCallStreamChannels {
    let channels = channels.iter().map(|channel| {
        types::GroupCallStreamChannel {
            channel: channel.channel,
            scale: channel.scale,
            last_timestamp_ms: channel.last_timestamp_ms,
        }
        .into()
    });
    types::phone::GroupCallStreamChannels {
        channels: channels.collect(),
    }
    .into()
}

pub(super) fn rtmp_url(address: &RtmpUrl) -> enums::phone::GroupCallStreamRtmpUrl {
    types::phone::GroupCallStreamRtmpUrl {
        url: address.url.clone(),
        key: address.key.as_str().to_owned(),
    }
    .into()
}

/// A part; this server has no other to which one would be redirected, and answers with nothing then.
pub(super) fn part(part: &FilePart) -> enums::upload::File {
    let bytes = match part {
        FilePart::Bytes(bytes) => bytes.clone(),
        FilePart::Redirected => Vec::new(),
    };
    types::upload::File {
        r#type: enums::storage::FileType::FileUnknown,
        mtime: 0,
        bytes,
    }
    .into()
}
