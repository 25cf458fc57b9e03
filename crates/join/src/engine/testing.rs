//! Things that only tests may do with an engine: run it on from one point in several ways, and drive a part alone.

#[cfg(any(fuzzing, confcall_testing))]
use chacha20::ChaCha20Rng;

/// A generator that gives from now on what the other one gives.
pub(super) fn same_generator(rng: &ChaCha20Rng) -> ChaCha20Rng {
    ChaCha20Rng::deserialize_state(&rng.serialize_state())
}

#[cfg(test)]
pub(super) use parts::{
    CALL, US, USER, advance, answers, answers_among, chain, connection, context, outputs, picture,
    refused, verification, view,
};

/// A context in which a part runs alone.
#[cfg(test)]
mod parts {
    use core::time::Duration;

    use chacha20::ChaCha20Rng;
    use confcall_media::Moment;
    use confcall_state::verification::Verification;
    use confcall_state::{Chain, ChainState, JoinBlock, Joiner, PrivateKey, UserId};
    use rand_core::SeedableRng as _;

    use crate::api::{
        AccessHash, CallConnection, CallId, CallRef, DataJson, ParticipantVideo, Peer, Request,
        Response, RpcError, Ssrc,
    };
    use crate::engine::Config;
    use crate::engine::command::CommandFailure;
    use crate::engine::context::Context;
    use crate::engine::event::Event;
    use crate::engine::failure::Failure;
    use crate::engine::generator::Generator;
    use crate::engine::identity::Identity;
    use crate::engine::io::Output;
    use crate::engine::parts::call_view::CallView;
    use crate::engine::parts::roster::Roster;
    use crate::engine::secrets::Secrets;
    use crate::joining::{Fingerprint, JoinPayload, Target};
    use crate::policy::Media;

    pub(in crate::engine) const CALL: CallRef = CallRef {
        id: CallId::new(1),
        access_hash: AccessHash::new(2),
    };

    pub(in crate::engine) const USER: UserId = UserId::new(1);

    /// The first user of the call.
    pub(in crate::engine) const US: Identity = Identity {
        call: CALL,
        peer: Peer::User(USER),
        source: Ssrc::new(1).unwrap(),
    };

    pub(in crate::engine) fn context() -> Context {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let media = Media {
            payload: JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng),
            muted: true,
            video_stopped: true,
        };
        let config = Config::new(Target::Create, Joiner::new(USER), media);
        let secrets = Secrets::new(Generator::stand_in());
        Context::new(config, Moment::default(), secrets, rng)
    }

    /// Lets time pass; no timer goes off by that.
    pub(in crate::engine) fn advance(ctx: &mut Context, time: Duration) {
        ctx.now = ctx.now + time;
    }

    /// Takes the requests and events that came out.
    pub(in crate::engine) fn outputs(ctx: &mut Context) -> (Vec<Request>, Vec<Event>) {
        let (mut requests, mut events) = (Vec::new(), Vec::new());
        while let Some(output) = ctx.take_output() {
            match output {
                Output::Request { body, .. } => requests.push(body),
                Output::Event(event) => events.push(event),
                Output::Timeout(_) => {}
            }
        }
        (requests, events)
    }

    /// Takes the failures of the commands that were answered; `None` for one that is done.
    pub(in crate::engine) fn answers(ctx: &mut Context) -> Vec<Option<CommandFailure>> {
        answers_among(outputs(ctx).1)
    }

    /// The failures of the commands that these events answer; `None` for one that is done.
    pub(in crate::engine) fn answers_among(events: Vec<Event>) -> Vec<Option<CommandFailure>> {
        let answers = events.into_iter().filter_map(|event| match event {
            Event::Done { .. } => Some(None),
            Event::Failed { why, .. } => Some(Some(why)),
            _ => None,
        });
        answers.collect()
    }

    /// The parameters of a media connection, that of the screen or the main one.
    pub(in crate::engine) fn connection(presentation: bool) -> CallConnection {
        let fingerprint = ["AB"; 32].join(":");
        let params = DataJson::new(format!(
            r#"{{"transport": {{"ufrag": "serv", "pwd": "ABCDEFGHIJKLMNOPQRSTUV", "candidates": [],
                "fingerprints": [{{"hash": "sha-256", "setup": "active", "fingerprint": "{fingerprint}"}}]}}}}"#
        ));
        CallConnection {
            presentation,
            params,
        }
    }

    /// A camera or a screen without sources.
    pub(in crate::engine) fn picture() -> ParticipantVideo {
        ParticipantVideo {
            paused: false,
            endpoint: String::new(),
            source_groups: Vec::new(),
            audio_source: None,
        }
    }

    /// The call as the first user sees it.
    pub(in crate::engine) fn view<'a>(chain: &'a ChainState, roster: &'a Roster) -> CallView<'a> {
        CallView {
            call: CALL,
            us: USER,
            chain,
            roster,
        }
    }

    pub(in crate::engine) fn refused(code: i32, name: &str) -> Result<Response, Failure> {
        Err(Failure::Refused(RpcError::new(code, name)))
    }

    /// A chain of so many users, who joined one after the other.
    pub(in crate::engine) fn chain(users: i64) -> Chain {
        founded(users).0
    }

    /// The verification of its newest block, as the first user takes part in it.
    pub(in crate::engine) fn verification(users: i64) -> Verification {
        let (chain, key) = founded(users);
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        Verification::start(USER, chain.state(), &key, &mut rng)
    }

    fn founded(users: i64) -> (Chain, PrivateKey) {
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        let first = JoinBlock::first(Joiner::new(USER), &mut rng).unwrap();
        let mut newest = first.block().clone();
        for user in 2..=users {
            let joiner = Joiner::new(UserId::new(user));
            let join = JoinBlock::add_self(&newest, joiner, &mut rng).unwrap();
            newest = join.block().clone();
        }
        let chain = Chain::start_from(&newest).unwrap();
        (chain, first.into_private_key())
    }
}
