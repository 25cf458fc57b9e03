//! An engine whose server does what a fuzzer wants.

use core::time::Duration;

use arbitrary::{Result, Unstructured};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::Ssrc;
use confcall_join::api::{
    AccessHash, CallId, InputPhoneCall, InputUser, MessageId, PhoneCallId, Request, Response,
    Service as _, Updates, VideoLayers,
};
use confcall_join::engine::{
    Command, Config, EmptyCall, Engine, Input, MediaConnection, MediaState, Payloads,
};
use confcall_join::joining::{JoinPayload, Target};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_join::trace::{Trace, replay};
use confcall_media::Moment;
use confcall_server::faults::Faults;
use confcall_server::{Call, Server};
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};

use super::people::{People, user};
use super::{forgery, hostility, limits};
use crate::fixtures::{media, payload};
use crate::hostility::{of_another_call, showing};
use crate::rule::Verdict;
use crate::transit::NodeId;
use crate::world::World;

/// The user of the engine.
const OWN: UserId = UserId::new(1);
/// The only client of the world.
const NODE: NodeId = 0;
/// The key of the checkpoints.
const KEY: [u8; 32] = [9; 32];
/// The byte of which the seed of the first engine is made.
const FIRST_SEED: u8 = 7;

/// An engine, a server that is as honest as it likes, and other users who come and go.
///
/// The laws, beside those of every [`Node`](crate::Node): a checkpoint is restored, and what is restored goes on as an
/// engine does; an update of another call changes nothing; the trace of it all replays. `bury` gets the engine in the end,
/// to see what it kept.
pub fn engine_ops(data: &[u8], bury: impl FnOnce(Engine)) {
    let mut u = Unstructured::new(data);
    let Ok(mut scene) = Scene::draw(&mut u) else {
        return;
    };
    while !u.is_empty() && scene.step(&mut u).is_ok() {}
    scene.check_trace();
    bury(scene.world.nodes.remove(NODE).into_engine());
}

struct Scene {
    world: World,
    config: Config,
    people: People,
    /// The number of the newest checkpoint.
    checkpoint: u64,
    /// The byte of which the newest engine's seed is made.
    seed: u8,
}

/// A server with a call that has no block yet.
fn empty_call() -> (Server, CallId) {
    let mut server = Server::new(limits::options());
    let call = server.create_empty(UserId::new(2)).expect("there is room");
    (server, call)
}

impl Scene {
    fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        let (server, call) = empty_call();
        let slug = server.call(call).map(|call| call.slug().clone());
        let target = match slug.filter(|_| u.ratio(3, 4).unwrap_or_default()) {
            Some(slug) => Target::Slug(slug),
            None => Target::Create,
        };
        let media = media(&mut ChaCha20Rng::from_seed([3; 32]));
        let mut config = Config::new(target, Joiner::new(OWN), media);
        if u.ratio(3, 4)? {
            config.empty_call = EmptyCall::Start;
        }
        let mut world = World::with_server(server, 7, Faults::NONE);
        world.silence = None;
        world.hold();
        world.start_recorded_from(config.clone(), [FIRST_SEED; 32]);
        Ok(Self {
            world,
            config,
            people: People::new(),
            checkpoint: 0,
            seed: FIRST_SEED,
        })
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match u.int_in_range(0..=39)? {
            0..=13 if self.is_waiting() => self.answer(u),
            14..=17 => self.others(u),
            18 | 19 => {
                self.world.deliver_push();
                Ok(())
            }
            20 => {
                let update = hostility::update(u, &self.world.server)?;
                self.world.input(NODE, Input::Update(update));
                Ok(())
            }
            21..=23 => {
                let command = command(u)?;
                self.world.command(NODE, command);
                Ok(())
            }
            24 => {
                self.world.input(NODE, Input::Missed);
                Ok(())
            }
            25 => self.restart(),
            32 | 33 => self.interrupt(u),
            34 | 35 => self.swap(u),
            36 => self.come_back(),
            37 => self.mix_up(u),
            38 => self.suspend(),
            39 => {
                // For the engines to come.
                let within = Duration::from_secs(5);
                self.config.payloads = Payloads::Client { within };
                Ok(())
            }
            _ => self.pass(u),
        }
    }

    fn is_waiting(&self) -> bool {
        let held = self.world.held.as_ref();
        held.is_some_and(|held| !held.requests.is_empty())
    }

    /// The server answers a request.
    fn answer(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let held = self.world.held.as_ref().expect("the world holds");
        // Counted from the newest, so that choices stay what they are when more requests wait.
        let count = held.requests.len();
        let place = count - 1 - usize::from(u.arbitrary::<u8>()?) % count;
        let body = held.requests[place].body.clone();
        let verdict = match u.int_in_range(0..=17)? {
            0 => Verdict::Lose,
            1 => Verdict::LoseAnswer,
            2 => Verdict::Refuse(hostility::refusal(u)?),
            3 => Verdict::Answer(hostility::answer(u, &self.world.server)?),
            4 => match self.world.server.handle(OWN, &body.to_tl()) {
                Ok(honest) => Verdict::Answer(hostility::twisted(u, &self.world.server, honest)?),
                Err(error) => Verdict::Refuse(error),
            },
            16 => self.forge(u, &body)?,
            // Yes, and nothing is done.
            17 => Verdict::Answer(Updates::default().into()),
            _ => Verdict::Pass,
        };
        self.world.deliver_request(place, verdict);
        Ok(())
    }

    /// The honest answer, but with a block of another chain, in which we may be under the key that we sent last.
    fn forge(&mut self, u: &mut Unstructured<'_>, body: &Request) -> Result<Verdict> {
        let answer = match self.world.server.handle(OWN, &body.to_tl()) {
            Ok(Response::Updates(updates)) => Response::Updates(updates),
            Ok(other) => return Ok(Verdict::Answer(other)),
            Err(error) => return Ok(Verdict::Refuse(error)),
        };
        let Some(call) = self.choose_call(u)? else {
            return Ok(Verdict::Answer(answer));
        };
        let sent = self.world.nodes[NODE].requests.iter().rev();
        let mut keys = sent.filter_map(|sent| match &sent.body {
            Request::Join(join) => join.public_key,
            Request::Create(creation) => creation.public_key,
            _ => None,
        });
        let ours = keys.next().filter(|_| u.ratio(3, 4).unwrap_or_default());
        let call = self.world.server.call(call).expect("it was chosen");
        let block = forgery::block(u, call, ours.map(|key| (OWN, key)))?;
        Ok(Verdict::Answer(showing(answer, &block)))
    }

    fn choose_call(&self, u: &mut Unstructured<'_>) -> Result<Option<CallId>> {
        let calls: Vec<_> = self.world.server.calls().map(Call::id).collect();
        match calls.len() {
            0 => Ok(None),
            count => Ok(Some(calls[u.choose_index(count)?])),
        }
    }

    /// Another user asks the server for something.
    fn others(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let from = user(u)?;
        let server = &mut self.world.server;
        if let Some(request) = self.people.request(u, server, from)? {
            self.people.send(server, from, &request);
        }
        self.world.push_out();
        Ok(())
    }

    /// Another user joins, perhaps once more, and the engine learns of it and of all that waits at once.
    fn interrupt(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let from = user(u)?;
        if let Some(call) = self.choose_call(u)?.filter(|_| from != OWN) {
            self.people.enter(&mut self.world.server, call, from);
        }
        self.world.push_out();
        let waits = |world: &World| {
            world
                .held
                .as_ref()
                .is_some_and(|held| !held.pushes.is_empty())
        };
        while waits(&self.world) {
            self.world.deliver_push();
        }
        Ok(())
    }

    /// The server shows another call of the same id, in which users have other keys.
    fn swap(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let (mut server, call) = empty_call();
        for _ in 0..u.int_in_range(0..=7)? {
            let from = user(u)?;
            self.people.enter(&mut server, call, from);
        }
        while server.poll_push().is_some() {}
        self.world.server = server;
        Ok(())
    }

    /// Time passes, most often up to when the engine wants to be woken.
    fn pass(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let pause = Duration::from_millis(u.int_in_range(0..=20_000)?);
        match self.world.nodes[NODE]
            .wake
            .filter(|_| u.ratio(3, 4).unwrap_or_default())
        {
            Some(wake) => {
                let at = wake.since(Moment::default());
                self.world.run(at.saturating_sub(self.world.now()));
            }
            None => {
                self.world.put_to_sleep(NODE);
                self.world.run(pause);
                self.world.wake_up(NODE);
            }
        }
        Ok(())
    }

    /// A member stops, and goes on from where it was.
    fn restart(&mut self) -> Result<()> {
        let next = self.checkpoint + 1;
        if let Ok(blob) = self.world.nodes[NODE].engine.checkpoint(&KEY, next) {
            self.go_on(&blob, next);
        }
        Ok(())
    }

    /// A member stops for a planned restart, and goes on from where it was.
    fn suspend(&mut self) -> Result<()> {
        let (next, now) = (self.checkpoint + 1, self.world.moment());
        if let Ok(blob) = self.world.nodes[NODE].suspend(now, &KEY, next) {
            self.go_on(&blob, next);
        }
        Ok(())
    }

    fn go_on(&mut self, blob: &[u8], number: u64) {
        self.check_trace();
        let (config, now) = (self.config.clone(), self.world.moment());
        let seed = self.next_seed();
        let restored = Engine::restore(blob, &KEY, number, config, seed, now);
        let restored = restored.expect("what a member wrote is restored");
        self.checkpoint = restored.lowest;
        self.world.replace(NODE, restored.engine);
    }

    /// A user whose client has ended enters the call again, and knows what it was.
    fn come_back(&mut self) -> Result<()> {
        let Some(ended) = &self.world.nodes[NODE].ended else {
            return Ok(());
        };
        let mut config = self.config.clone();
        config.last_known.clone_from(&ended.last_known);
        self.check_trace();
        let engine = Engine::new(config, self.next_seed(), self.world.moment());
        self.world.replace(NODE, engine);
        Ok(())
    }

    /// Each engine has a seed of its own.
    fn next_seed(&mut self) -> Seed {
        self.seed = self.seed.wrapping_add(1);
        Seed::copy_of(&[self.seed; 32])
    }

    /// Updates of another call come among ours, and change nothing at all.
    fn mix_up(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let update = hostility::update(u, &self.world.server)?;
        // What is due is done before.
        self.world.input(NODE, Input::Tick);
        let before = self.printed();
        for foreign in of_another_call(&update) {
            self.world.input(NODE, Input::Update(foreign));
            assert_eq!(self.printed(), before, "an update of another call");
        }
        Ok(())
    }

    /// The engine, and how much came out of it.
    fn printed(&self) -> (String, [usize; 2]) {
        let node = &self.world.nodes[NODE];
        let out = [node.requests.len(), node.events.len()];
        (format!("{:?}", node.engine), out)
    }

    /// Ends the trace, which replays; a restored engine has none.
    fn check_trace(&mut self) {
        let lines = self.world.nodes[NODE].take_trace();
        if !lines.is_empty() {
            let trace = Trace::read(lines.as_bytes()).expect("a trace that was recorded is whole");
            let replayed = replay(&trace);
            assert!(replayed.is_ok(), "{replayed:?}");
        }
    }
}

fn command(u: &mut Unstructured<'_>) -> Result<Command> {
    Ok(match u.int_in_range(0..=15)? {
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
        7 => match u.arbitrary()? {
            true => Command::SetMuted {
                muted: u.arbitrary()?,
            },
            false => Command::SetVideo { on: u.arbitrary()? },
        },
        8..=10 => Command::Media(*u.choose(&[MediaState::Connected, MediaState::Disconnected])?),
        11 | 12 => {
            let id = RandomId::new(u.int_in_range(1..=9)?).expect("it is not zero");
            let message = GroupMessage::new(id, "hello", Vec::new());
            Command::Send(message.expect("it is short"))
        }
        15 => participation(u)?,
        _ => {
            let users = (0..u.int_in_range(0..=3)?).map(|_| user(u));
            Command::Kick {
                users: users.collect::<Result<_>>()?,
            }
        }
    })
}

/// What a participant does to its own media, or to how others are heard.
fn participation(u: &mut Unstructured<'_>) -> Result<Command> {
    let peer = hostility::peer(u)?;
    Ok(match u.int_in_range(0..=11)? {
        0 => Command::SetVideoPaused {
            paused: u.arbitrary()?,
        },
        1 => Command::SetPresentationPaused {
            paused: u.arbitrary()?,
        },
        2 => Command::Mute {
            peer,
            muted: u.arbitrary()?,
        },
        3 => Command::SetVolume {
            peer,
            volume: u.int_in_range(-1..=20_001)?,
        },
        4 => Command::MuteForMe {
            peer,
            muted: u.arbitrary()?,
        },
        5 | 6 => Command::StartPresentation {
            payload: drawn_payload(u)?,
        },
        7 => Command::StopPresentation,
        8 => Command::SetMessagesEnabled {
            enabled: u.arbitrary()?,
        },
        9 => Command::SetJoinMuted {
            muted: u.arbitrary()?,
        },
        10 => Command::Supply {
            connection: *u.choose(&[MediaConnection::Main, MediaConnection::Presentation])?,
            payload: drawn_payload(u)?,
        },
        _ => Command::Migrate {
            phone_call: InputPhoneCall {
                id: PhoneCallId::new(1),
                access_hash: AccessHash::new(0),
            },
            duration: u.int_in_range(-1..=9)?,
            video: u.arbitrary()?,
            connection_id: 0,
        },
    })
}

/// One of a few payloads, so that some have the same sources.
fn drawn_payload(u: &mut Unstructured<'_>) -> Result<JoinPayload> {
    let seed = [u.int_in_range(0..=3)?; 32];
    let layers = u.arbitrary::<bool>()?.then_some(VideoLayers::One);
    Ok(payload(layers, &mut ChaCha20Rng::from_seed(seed)))
}
