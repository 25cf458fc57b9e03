//! Texts, and bytes that are choices of a generator.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_join::api::VideoLayers;
use confcall_join::joining::{Fingerprint, JoinPayload};
use confcall_join::message::{DocumentId, Entity, EntityKind, GroupMessage, RandomId};

use super::Seeds;

const LINKS: [&str; 8] = [
    "https://t.me/call/Wx5f-8PqKJk",
    "t.me/call/a_B",
    "tg://call?slug=abc",
    "https://t.me/durov?videochat=a1",
    "https://telegram.me/durov?livestream",
    "tg://resolve?domain=durov&voicechat=x",
    "http://telegram.dog/durov/s/live",
    "https://t.me:443/call/a?single#top",
];

/// The sizes of choices, of each a few: for sequences of steps, for exchanges of keys, and for a stream that is cut.
const STEPS: &[usize] = &[64, 128, 256, 512];
const EXCHANGES: &[usize] = &[32, 64];
const STREAM: &[usize] = &[256, 512, 1024, 2048, 4096, 8192];

/// The targets whose bytes are choices.
const CHOOSING: [(&str, &[usize], usize); 11] = [
    ("chain_ops", STEPS, 4),
    ("engine_ops", STEPS, 4),
    ("packet_ops", STEPS, 4),
    ("server_ops", STEPS, 4),
    ("verification_ops", STEPS, 4),
    ("mtproto_session", STEPS, 4),
    ("mtproto_stream", STREAM, 1),
    ("group_call_ops", STEPS, 4),
    ("mtproto_exchange", EXCHANGES, 4),
    ("mtproto_login", STEPS, 4),
    ("media_files", STEPS, 4),
];

pub(super) fn add(seeds: &mut Seeds) {
    LINKS.iter().for_each(|link| seeds.add("link", *link));
    for (seed, (target, sizes, of_each)) in (0..).zip(CHOOSING) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        for size in sizes.iter().flat_map(|size| [*size].repeat(of_each)) {
            let mut choices = vec![0; size];
            rng.fill_bytes(&mut choices);
            seeds.add(target, choices);
        }
    }
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    for video in [None, Some(VideoLayers::Three)] {
        let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), video, &mut rng);
        seeds.add("payload", payload.to_json());
    }
    messages().for_each(|message| seeds.add("message_json", message.to_json()));
}

fn messages() -> impl Iterator<Item = GroupMessage> {
    let entity = |kind, length| Entity {
        kind,
        offset: 0,
        length,
    };
    let emoji = EntityKind::CustomEmoji {
        document_id: DocumentId::new(i64::MIN),
    };
    let messages = [
        (
            "Hello!",
            vec![entity(EntityKind::Bold, 5), entity(EntityKind::Spoiler, 6)],
        ),
        ("\u{1f44d}", Vec::new()),
        ("\u{1f44d}", vec![entity(emoji, 2)]),
        ("", Vec::new()),
    ];
    messages.into_iter().filter_map(|(text, entities)| {
        let random_id = RandomId::new(-12)?;
        GroupMessage::new(random_id, text, entities).ok()
    })
}
