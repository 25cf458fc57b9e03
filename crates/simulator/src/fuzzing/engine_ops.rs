use core::time::Duration;

use arbitrary::{Result, Unstructured};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::Ssrc;
use confcall_join::api::{AccessHash, InputUser, MessageId, Request, Service as _};
use confcall_join::engine::{
    Command, CommandId, Config, EmptyCall, Engine, Event, Input, MediaState, Outcome, Output,
    RequestId,
};
use confcall_join::joining::{Fingerprint, JoinPayload, Target};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_join::policy::{self, CallKind, Media};
use confcall_join::trace::{Recorder, Trace, replay};
use confcall_media::Moment;
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};

use super::people::{People, user};
use super::{hostility, options};
use confcall_server::Server;

/// Whose engine it is.
const OWN: UserId = UserId::new(1);
/// More than this never comes out of an engine at once.
const MOST_OUTPUTS: usize = 2000;
/// The key of the checkpoints.
const KEY: [u8; 32] = [9; 32];

/// An engine, a server that is honest as it likes, and other users who come and go.
///
/// The laws: polling ends; every request is one that the policy allows; nothing comes after the end; a checkpoint is
/// restored; the trace of it all replays. `bury` gets the engine in the end, to see what it kept.
pub fn engine_ops(data: &[u8], bury: impl FnOnce(Engine)) {
    let mut u = Unstructured::new(data);
    let Ok(mut scene) = Scene::draw(&mut u) else {
        return;
    };
    while !u.is_empty() && scene.step(&mut u).is_ok() {}
    let lines = scene.recorder.finish();
    let trace = Trace::read(lines.as_bytes()).expect("a trace that was recorded is whole");
    let replayed = replay(&trace);
    assert!(replayed.is_ok(), "{replayed:?}");
    bury(scene.engine);
}

struct Scene {
    now: Moment,
    config: Config,
    engine: Engine,
    recorder: Recorder,
    server: Server,
    people: People,
    waiting: Vec<(RequestId, Request)>,
    last_request: Option<u64>,
    wake: Option<Moment>,
    has_ended: bool,
    commands: u64,
}

impl Scene {
    fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng);
        let media = Media {
            payload,
            muted: true,
            video_stopped: true,
        };
        let mut server = Server::new(options());
        let call = server.create_empty(UserId::new(2)).expect("there is room");
        let slug = server.call(call).map(|call| call.slug().clone());
        let target = match slug.filter(|_| u.ratio(3, 4).unwrap_or_default()) {
            Some(slug) => Target::Slug(slug),
            None => Target::Create,
        };
        let mut config = Config::new(target, Joiner::new(OWN), media);
        if u.ratio(3, 4)? {
            config.empty_call = EmptyCall::Start;
        }
        let now = Moment::default();
        let (recorder, engine) = Recorder::start(config.clone(), Seed::copy_of(&[7; 32]), now);
        let mut scene = Self {
            now,
            config,
            engine,
            recorder,
            server,
            people: People::new(),
            waiting: Vec::new(),
            last_request: None,
            wake: None,
            has_ended: false,
            commands: 0,
        };
        scene.poll();
        Ok(scene)
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match u.int_in_range(0..=31)? {
            0..=13 if !self.waiting.is_empty() => self.answer(u),
            14..=17 => self.others(u),
            18 | 19 => self.push(),
            20 => {
                let update = hostility::update(u, &self.server)?;
                self.input(Input::Update(update));
                Ok(())
            }
            21..=23 => self.command(u),
            24 => {
                self.input(Input::Missed);
                Ok(())
            }
            25 => self.restart(),
            _ => self.pass(u),
        }
    }

    /// The server answers a request.
    fn answer(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let at = u.choose_index(self.waiting.len())?;
        let (request, body) = self.waiting.swap_remove(at);
        let outcome = match u.int_in_range(0..=15)? {
            0 => Outcome::Lost,
            1 => {
                let _ = self.server.handle(OWN, &body.to_tl());
                Outcome::Lost
            }
            2 => hostility::refusal(u)?,
            3 => Outcome::Done(hostility::answer(u, &self.server)?),
            kind => match self.server.handle(OWN, &body.to_tl()) {
                Ok(honest) if kind == 4 => {
                    Outcome::Done(hostility::twisted(u, &self.server, honest)?)
                }
                Ok(honest) => Outcome::Done(honest),
                Err(error) => Outcome::Refused(error),
            },
        };
        self.input(Input::Answer { request, outcome });
        Ok(())
    }

    /// Somebody else asks the server for something.
    fn others(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let from = user(u)?;
        if let Some(request) = self.people.request(u, &self.server, from)?
            && self.server.handle(from, &request.to_tl()).is_ok()
        {
            self.people.settle(&self.server, from);
        }
        Ok(())
    }

    /// What the server has to push.
    fn push(&mut self) -> Result<()> {
        while let Some((to, update)) = self.server.poll_push() {
            if to == OWN {
                self.input(Input::Update(update));
            }
        }
        Ok(())
    }

    fn command(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let command = match u.int_in_range(0..=15)? {
            0 => Command::Leave,
            1 => Command::Discard,
            2 => Command::Rejoin,
            3 => Command::RevokeLink,
            4 => Command::Invite {
                user: InputUser::User {
                    id: user(u)?,
                    access_hash: AccessHash::new(0),
                },
                video: u.arbitrary()?,
            },
            5 => Command::Decline {
                message: MessageId::new(u.int_in_range(0..=9)?),
            },
            6 => Command::Resolve {
                sources: vec![Ssrc::new(1).expect("it is not zero"); u.int_in_range(0..=300)?],
            },
            7 => Command::Announce {
                muted: u.arbitrary()?,
                video_stopped: u.arbitrary()?,
            },
            8..=10 => {
                Command::Media(*u.choose(&[MediaState::Connected, MediaState::Disconnected])?)
            }
            11 | 12 => {
                let id = RandomId::new(u.int_in_range(1..=9)?).expect("it is not zero");
                let message = GroupMessage::new(id, "hello", Vec::new());
                Command::Send(message.expect("it is short"))
            }
            _ => {
                let users = (0..u.int_in_range(0..=3)?).map(|_| user(u));
                Command::Kick {
                    users: users.collect::<Result<_>>()?,
                }
            }
        };
        self.commands += 1;
        let id = CommandId::new(self.commands);
        self.input(Input::Command { id, command });
        Ok(())
    }

    /// Time passes, most often up to when the engine wants to be woken.
    fn pass(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let pause = Duration::from_millis(u.int_in_range(0..=20_000)?);
        self.now = match self.wake.filter(|_| u.ratio(3, 4).unwrap_or_default()) {
            Some(wake) => self.now.max(wake),
            None => self.now + pause,
        };
        self.input(Input::Tick);
        Ok(())
    }

    /// A member writes itself down, and could go on from there.
    fn restart(&mut self) -> Result<()> {
        if let Ok(blob) = self.engine.checkpoint(&KEY, 1) {
            let config = self.config.clone();
            let restored =
                Engine::restore(&blob, &KEY, 1, config, Seed::copy_of(&[8; 32]), self.now);
            let mut engine = restored.expect("what a member wrote is restored").engine;
            while !matches!(engine.poll_output(), Output::Timeout(_)) {}
        }
        Ok(())
    }

    fn input(&mut self, input: Input) {
        let handled = self
            .recorder
            .handle_input(&mut self.engine, self.now, input);
        handled.expect("the contract is kept");
        self.poll();
    }

    fn poll(&mut self) {
        for _ in 0..MOST_OUTPUTS {
            match self.recorder.poll_output(&mut self.engine) {
                Output::Request { request, body } => self.check_request(request, body),
                Output::Event(event) => {
                    assert!(!self.has_ended, "an event after the end: {event:?}");
                    self.has_ended = matches!(event, Event::Ended(_));
                }
                Output::Timeout(wake) => {
                    assert!(!self.has_ended || wake.is_none(), "a timer after the end");
                    assert_eq!(self.has_ended, self.engine.has_ended());
                    self.wake = wake;
                    return;
                }
            }
        }
        unreachable!("polling does not end");
    }

    fn check_request(&mut self, request: RequestId, body: Request) {
        assert!(!self.has_ended, "a request after the end: {body:?}");
        assert!(self.last_request.is_none_or(|last| last < request.value()));
        self.last_request = Some(request.value());
        let allowed = policy::check_bytes(CallKind::Conference, &body.to_tl());
        assert_eq!(allowed.as_ref(), Ok(&body));
        self.waiting.push((request, body));
    }
}
