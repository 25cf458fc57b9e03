//! A short call of two engines on the server, and everything that is written in it.

use std::time::Duration;

use confcall_join::api::{Request, Response, Service as _, Update};
use confcall_join::engine::{Config, EmptyCall, Engine, Input, Outcome, Output, RequestId};
use confcall_join::joining::{Fingerprint, JoinPayload, Target};
use confcall_join::policy::Media;
use confcall_join::trace::Recorder;
use confcall_media::Moment;
use confcall_server::{Server, ServerOptions};
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};

use super::Seeds;

/// The key of the checkpoints that the target opens.
const KEY: [u8; 32] = [9; 32];

struct Client {
    user: UserId,
    engine: Engine,
    recorder: Recorder,
    waiting: Vec<(RequestId, Request)>,
}

impl Client {
    fn new(user: u8, target: Target) -> Self {
        use chacha20::rand_core::SeedableRng as _;
        let mut rng = chacha20::ChaCha20Rng::from_seed([user; 32]);
        let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng);
        let media = Media {
            payload,
            muted: true,
            video_stopped: true,
        };
        let user_id = UserId::new(user.into());
        let mut config = Config::new(target, Joiner::new(user_id), media);
        config.empty_call = EmptyCall::Start;
        let (recorder, engine) = Recorder::start(config, Seed::copy_of(&[user; 32]), Moment::default());
        let mut client = Self {
            user: user_id,
            engine,
            recorder,
            waiting: Vec::new(),
        };
        client.poll();
        client
    }

    fn input(&mut self, now: Moment, input: Input) -> Result<(), Box<dyn std::error::Error>> {
        self.recorder.handle_input(&mut self.engine, now, input)?;
        self.poll();
        Ok(())
    }

    fn poll(&mut self) {
        loop {
            match self.recorder.poll_output(&mut self.engine) {
                Output::Request { request, body } => self.waiting.push((request, body)),
                Output::Timeout(_) => return,
                _ => {}
            }
        }
    }
}

pub(super) fn add(seeds: &mut Seeds) -> Result<(), Box<dyn std::error::Error>> {
    let mut calls = Server::new(ServerOptions::default());
    let mut clients = vec![Client::new(1, Target::Create)];
    for second in 0..12 {
        let now = Moment::new(Duration::from_secs(second));
        if second == 1 {
            let call = calls.calls().next().ok_or("there is no call")?;
            let slug = Target::Slug(call.slug().clone());
            clients.push(Client::new(2, slug));
        }
        for client in &mut clients {
            client.input(now, Input::Tick)?;
            while let Some((request, body)) = client.waiting.pop() {
                let outcome = calls.handle(client.user, &body.to_tl());
                seeds.add("request", body.to_tl());
                if let Ok(response) = &outcome {
                    add_answer(seeds, response);
                }
                let outcome = outcome.map_or_else(Outcome::Refused, Outcome::Done);
                client.input(now, Input::Answer { request, outcome })?;
            }
        }
        while let Some((user, update)) = calls.poll_push() {
            for client in clients.iter_mut().filter(|client| client.user == user) {
                client.input(now, Input::Update(update.clone()))?;
            }
        }
    }
    let snapshot = calls.to_snapshot();
    // The target puts the header before a content by itself.
    seeds.add("server_snapshot", &snapshot[41..]);
    seeds.add("server_snapshot", snapshot);
    for client in clients {
        let blob = client.engine.checkpoint(&KEY, 7)?;
        let content = confcall_join::engine::checkpoint::fuzzing::checkpoint_content(&blob);
        seeds.add("checkpoint", content.ok_or("it was just sealed")?);
        seeds.add("checkpoint", blob);
        add_trace(seeds, &client.recorder.finish());
    }
    Ok(())
}

fn add_answer(seeds: &mut Seeds, response: &Response) {
    seeds.add(
        "tl_answer",
        confcall_mtproto_server::fuzzing::answer_bytes(response),
    );
    if let Response::Updates(updates) = response {
        seeds.add(
            "join_answer",
            serde_json::to_vec(updates).unwrap_or_default(),
        );
        for update in &updates.0 {
            if let Update::Connection(connection) = update {
                seeds.add("join_answer", connection.params.as_str());
            }
        }
    }
}

/// A trace as it is, and its first lines without the chain, which the target puts there by itself.
fn add_trace(seeds: &mut Seeds, trace: &str) {
    seeds.add("trace", trace);
    let lines = trace
        .lines()
        .filter_map(|line| line.split_once(r#","chain":""#));
    let lines: Vec<_> = lines.map(|(object, _)| format!("{object}}}")).collect();
    for count in [4, 12, lines.len()] {
        seeds.add("trace", lines[..count.min(lines.len())].join("\n"));
    }
}
