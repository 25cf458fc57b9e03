//! An engine whose server does what a fuzzer wants.

use core::time::Duration;

use arbitrary::{Result, Unstructured};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::Ssrc;
use confcall_join::api::{AccessHash, InputUser, MessageId, Service as _};
use confcall_join::engine::{Command, Config, EmptyCall, Engine, Input, MediaState};
use confcall_join::joining::Target;
use confcall_join::message::{GroupMessage, RandomId};
use confcall_join::trace::{Trace, replay};
use confcall_media::Moment;
use confcall_server::Server;
use confcall_server::faults::Faults;
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};

use super::people::{People, user};
use super::{hostility, limits};
use crate::fixtures::media;
use crate::rule::Verdict;
use crate::transit::NodeId;
use crate::world::World;

/// The user of the engine.
const OWN: UserId = UserId::new(1);
/// The only client of the world.
const NODE: NodeId = 0;
/// The key of the checkpoints.
const KEY: [u8; 32] = [9; 32];

/// An engine, a server that is as honest as it likes, and other users who come and go.
///
/// The laws, beside those of every [`Node`](crate::Node): a checkpoint is restored, and what is restored goes on as an
/// engine does; the trace of it all replays. `bury` gets the engine in the end, to see what it kept.
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
}

impl Scene {
    fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        let mut server = Server::new(limits::options());
        let call = server.create_empty(UserId::new(2)).expect("there is room");
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
        world.start_recorded_from(config.clone(), [7; 32]);
        Ok(Self {
            world,
            config,
            people: People::new(),
            checkpoint: 0,
        })
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match u.int_in_range(0..=31)? {
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
        let place = u.choose_index(held.requests.len())?;
        let verdict = match u.int_in_range(0..=15)? {
            0 => Verdict::Lose,
            1 => Verdict::LoseAnswer,
            2 => Verdict::Refuse(hostility::refusal(u)?),
            3 => Verdict::Answer(hostility::answer(u, &self.world.server)?),
            4 => {
                let body = held.requests[place].body.to_tl();
                match self.world.server.handle(OWN, &body) {
                    Ok(honest) => {
                        Verdict::Answer(hostility::twisted(u, &self.world.server, honest)?)
                    }
                    Err(error) => Verdict::Refuse(error),
                }
            }
            _ => Verdict::Pass,
        };
        self.world.deliver_request(place, verdict);
        Ok(())
    }

    /// Another user asks the server for something.
    fn others(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let from = user(u)?;
        let server = &mut self.world.server;
        if let Some(request) = self.people.request(u, server, from)?
            && server.handle(from, &request.to_tl()).is_ok()
        {
            self.people.settle(server, from);
        }
        self.world.push_out();
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
        let Ok(blob) = self.world.nodes[NODE].engine.checkpoint(&KEY, next) else {
            return Ok(());
        };
        self.check_trace();
        let (config, now) = (self.config.clone(), self.world.moment());
        let restored = Engine::restore(&blob, &KEY, next, config, Seed::copy_of(&[8; 32]), now);
        let restored = restored.expect("what a member wrote is restored");
        self.checkpoint = restored.lowest;
        self.world.replace(NODE, restored.engine);
        Ok(())
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
        7 => Command::Announce {
            muted: u.arbitrary()?,
            video_stopped: u.arbitrary()?,
        },
        8..=10 => Command::Media(*u.choose(&[MediaState::Connected, MediaState::Disconnected])?),
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
    })
}
