use std::io::Write;

use anyhow::Context as _;
use chacha20::ChaCha20Rng;
use confcall::join::payload::Fingerprint;
use confcall::transport::loopback::Hub;
use confcall::{EmptyCall, JoinOptions, JoinPayload, Joined, Media, Newcomer, Target};
use confcall_server::Server;

use super::NEWCOMER;
use super::show::{self, Show};

/// Joins over the loopback, showing each step.
pub(super) async fn join(
    hub: &Hub<Server>,
    target: &Target,
    certificate: [u8; 32],
    rng: &mut ChaCha20Rng,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<Joined> {
    let fingerprint = Fingerprint::sha256(certificate);
    let options = JoinOptions {
        newcomer: Newcomer::new(NEWCOMER),
        media: Media {
            payload: JoinPayload::generate(fingerprint, None, rng),
            muted: true,
            video_stopped: true,
        },
        empty_call: EmptyCall::Refuse,
    };
    let connection = hub.connect(NEWCOMER);
    let mut steps = Vec::new();
    let mut observe = |step: confcall::Step<'_>| steps.push(show::describe(&step));
    let joined = confcall::join_once(&connection, target, options, rng, &mut observe).await;
    show.steps(&steps)?;
    joined.context("the join failed")
}
