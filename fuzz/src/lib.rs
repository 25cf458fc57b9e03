//! What the fuzz targets do with their bytes.
//!
//! ```text
//! libFuzzer ── fuzz_targets/NAME.rs ──▶ confcall_fuzz::NAME ──▶ the body beside the code, or the comparison with
//! files ────── examples/replay.rs ────▶                         the model in tests/model
//! ```

#[cfg(any(feature = "mtproto", feature = "rtc", feature = "simulator"))]
use allocation_counter::measure;
#[cfg(feature = "join")]
pub use confcall_join::engine::checkpoint::fuzzing::checkpoint;
#[cfg(feature = "join")]
pub use confcall_join::joining::fuzzing::{join_answer, link, payload};
#[cfg(feature = "join")]
pub use confcall_join::message::fuzzing::message_json;
#[cfg(feature = "join")]
pub use confcall_join::policy::fuzzing::request;
#[cfg(feature = "join")]
pub use confcall_join::stream::fuzzing::stream_parts;
#[cfg(feature = "join")]
pub use confcall_join::trace::fuzzing::trace;
#[cfg(feature = "media")]
pub use confcall_media::fuzzing::{packet_open, packet_ops};
#[cfg(feature = "mtproto")]
pub use confcall_mtproto_server::fuzzing::{mtproto_exchange, mtproto_login};
#[cfg(feature = "simulator")]
pub use confcall_simulator::fuzzing::{server_ops, server_snapshot};
pub use confcall_state::fuzzing::{block, broadcast, trie_proof, trie_snapshot};
#[cfg(feature = "transport")]
pub use confcall_transport::fuzzing::tl_answer;

/// How many bytes no server can make an engine keep.
#[cfg(feature = "simulator")]
const MOST_KEPT: i64 = 16 << 20;

/// How many bytes no client can make two connections of its session keep, once what waited is sent.
#[cfg(feature = "mtproto")]
const MOST_KEPT_OF_SESSION: i64 = 2 << 20;

/// How many bytes a framer keeps beside the largest packet.
#[cfg(feature = "mtproto")]
const MOST_KEPT_OF_CHUNKS: i64 = 32 << 10;

/// How many bytes a reader of media takes for a page and the packet that goes on behind it, beside a few for each byte of the file.
#[cfg(feature = "rtc")]
const MOST_TAKEN_OF_FILE: u64 = 64 << 10;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target that the features of this crate build.
pub const TARGETS: &[Target] = &[
    ("block", block),
    ("broadcast", broadcast),
    #[cfg(feature = "model")]
    ("chain_ops", chain_ops),
    #[cfg(feature = "join")]
    ("checkpoint", checkpoint),
    #[cfg(feature = "simulator")]
    ("engine_ops", engine_ops),
    #[cfg(feature = "simulator")]
    ("group_call_ops", group_call_ops),
    #[cfg(feature = "join")]
    ("join_answer", join_answer),
    #[cfg(feature = "join")]
    ("link", link),
    #[cfg(feature = "rtc")]
    ("media_files", media_files),
    #[cfg(feature = "join")]
    ("message_json", message_json),
    #[cfg(feature = "mtproto")]
    ("mtproto_exchange", mtproto_exchange),
    #[cfg(feature = "mtproto")]
    ("mtproto_login", mtproto_login),
    #[cfg(feature = "mtproto")]
    ("mtproto_session", mtproto_session),
    #[cfg(feature = "mtproto")]
    ("mtproto_stream", mtproto_stream),
    #[cfg(feature = "media")]
    ("packet_open", packet_open),
    #[cfg(feature = "media")]
    ("packet_ops", packet_ops),
    #[cfg(feature = "join")]
    ("payload", payload),
    #[cfg(feature = "join")]
    ("request", request),
    #[cfg(feature = "simulator")]
    ("server_ops", server_ops),
    #[cfg(feature = "simulator")]
    ("server_snapshot", server_snapshot),
    #[cfg(feature = "join")]
    ("stream_parts", stream_parts),
    #[cfg(feature = "transport")]
    ("tl_answer", tl_answer),
    #[cfg(feature = "join")]
    ("trace", trace),
    ("trie_proof", trie_proof),
    ("trie_snapshot", trie_snapshot),
    #[cfg(feature = "model")]
    ("verification_ops", verification_ops),
];

/// Blocks, judged by the model and by the engine.
#[cfg(feature = "model")]
pub fn chain_ops(data: &[u8]) {
    if let Err(disagreement) = confcall_model::chain_ops(data) {
        panic!("{disagreement:?}");
    }
}

/// Broadcasts, judged by the model and by the engine.
#[cfg(feature = "model")]
pub fn verification_ops(data: &[u8]) {
    if let Err(disagreement) = confcall_model::verification_ops(data) {
        panic!("{disagreement:?}");
    }
}

/// An engine and a hostile server.
#[cfg(feature = "simulator")]
pub fn engine_ops(data: &[u8]) {
    confcall_simulator::fuzzing::engine_ops(data, |engine| {
        let freed = -measure(|| drop(engine)).bytes_current;
        assert!(freed <= MOST_KEPT, "an engine kept {freed} bytes");
    });
}

/// An engine in the calls of groups, channels and stories, and a hostile server.
#[cfg(feature = "simulator")]
pub fn group_call_ops(data: &[u8]) {
    confcall_simulator::fuzzing::group_call_ops(data, |engine| {
        let freed = -measure(|| drop(engine)).bytes_current;
        assert!(freed <= MOST_KEPT, "an engine kept {freed} bytes");
    });
}

/// A session of MTProto and a client that keeps to few rules.
#[cfg(feature = "mtproto")]
pub fn mtproto_session(data: &[u8]) {
    confcall_mtproto_server::fuzzing::mtproto_session(data, |sessions| {
        let freed = -measure(|| drop(sessions)).bytes_current;
        assert!(freed <= MOST_KEPT_OF_SESSION, "sessions kept {freed} bytes");
    });
}

/// The stream of an MTProto client.
#[cfg(feature = "mtproto")]
pub fn mtproto_stream(data: &[u8]) {
    confcall_mtproto_server::fuzzing::mtproto_stream(data, |framer, largest| {
        let freed = -measure(|| drop(framer)).bytes_current;
        // A vector that grows has at most twice the room that it needs.
        let most = 2 * i64::try_from(largest).unwrap_or(i64::MAX) + MOST_KEPT_OF_CHUNKS;
        assert!(freed <= most, "a framer kept {freed} bytes");
    });
}

/// Files of sound and picture.
#[cfg(feature = "rtc")]
pub fn media_files(data: &[u8]) {
    let read = || confcall_rtc::files::fuzzing::read_media_file(data);
    let taken = measure(read).bytes_max;
    let most = MOST_TAKEN_OF_FILE + 8 * data.len() as u64;
    assert!(taken <= most, "a reader took {taken} bytes");
    confcall_rtc::files::fuzzing::media_files(data);
}
