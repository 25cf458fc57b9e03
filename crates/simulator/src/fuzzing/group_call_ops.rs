//! An engine that enters the calls of groups, channels and stories, whose server does what a fuzzer wants.

use core::time::Duration;

use arbitrary::{Result, Unstructured};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::api::{
    AccessHash, CallId, CallMessageId, CallRef, ChatId, InputGroupCall, InputPeer, InputUser,
    Service as _, StoryId, Updates, VideoLayers,
};
use confcall_join::engine::{
    Command, Config, Engine, Input, MediaConnection, MediaState, Payloads, VideoLayout,
};
use confcall_join::joining::{GroupCallTarget, InviteHash, Target, Username};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_join::trace::{Trace, replay};
use confcall_media::Moment;
use confcall_server::faults::Faults;
use confcall_server::{Call, HostedCall};
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};

use super::people::{People, user};
use super::{group_hostility, guests, hostility, limits};
use crate::fixtures::{media_with, payload};
use crate::hostility::of_another_call;
use crate::neighbourhood::{neighbourhood, own_channel};
use crate::rule::Verdict;
use crate::transit::NodeId;
use crate::world::World;

/// The user of the engine, who is the admin of every chat.
const ADMIN: UserId = UserId::new(1);
/// A user of the engine who is a member like others.
const MEMBER: UserId = UserId::new(2);
/// The only client of the world.
const NODE: NodeId = 0;
/// The basic group.
const FAMILY: ChatId = ChatId::new(504);

/// An engine that enters calls of every kind, a server that is as honest as it likes, and other users who come, go and moderate.
///
/// The laws, beside those of every [`Node`](crate::Node): an update of another call changes nothing; the trace of it all
/// replays. `bury` gets the engine in the end, to see what it kept.
pub fn group_call_ops(data: &[u8], bury: impl FnOnce(Engine)) {
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
    user: UserId,
    people: People,
    /// The byte of which the newest engine's seed is made.
    seed: u8,
    /// The time of the server.
    seconds: i32,
}

impl Scene {
    fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        let mut server = neighbourhood(limits::options());
        let conference = server.create_empty(UserId::new(2));
        conference.expect("there is room");
        let mut world = World::with_server(server, 7, Faults::NONE);
        world.silence = None;
        world.hold();
        let user = if u.arbitrary()? { ADMIN } else { MEMBER };
        let mut scene = Self {
            world,
            user,
            people: People::new(),
            seed: 7,
            seconds: 0,
        };
        let config = scene.config(u)?;
        scene.world.start_recorded_from(config, [7; 32]);
        Ok(scene)
    }

    /// A wish to enter some call, by any of the places at which it is found, true ones and others.
    fn config(&mut self, u: &mut Unstructured<'_>) -> Result<Config> {
        let target = self.target(u)?;
        let layers = u.arbitrary::<bool>()?.then_some(VideoLayers::One);
        let mut media = media_with(layers, &mut ChaCha20Rng::from_seed([self.seed; 32]));
        media.muted = u.arbitrary()?;
        media.video_stopped = layers.is_none() || u.arbitrary()?;
        let mut config = Config::new(target, Joiner::new(self.user), media);
        if u.ratio(1, 4)? {
            config.join_as = own_channel(&mut self.world.server, self.user);
        }
        if u.ratio(1, 4)? {
            let within = Duration::from_secs(5);
            config.payloads = Payloads::Client { within };
        }
        Ok(config)
    }

    fn target(&mut self, u: &mut Unstructured<'_>) -> Result<Target> {
        let hosted: Vec<_> = self.world.server.hosted_calls().map(reference).collect();
        let conference = self.world.server.calls().next().map(Call::reference);
        let conference = conference.and_then(|call| CallRef::of(&call));
        let name = |u: &mut Unstructured<'_>, names: &[&str]| {
            let name = Username::new(u.choose(names)?);
            Ok(name.expect("it is a name"))
        };
        let group = match u.int_in_range(0..=9)? {
            0..=3 => {
                let names = ["walkers", "stage", "thenews", "quiet", "nobodyhere"];
                let hash = u.ratio(1, 4)?.then(|| InviteHash::new("abc").ok());
                GroupCallTarget::name(name(u, &names)?).with_invite_hash(hash.flatten())
            }
            4 => GroupCallTarget::story_of_name(name(u, &["fay", "thenews", "walkers"])?),
            5 => GroupCallTarget::chat(InputPeer::Chat(FAMILY)),
            6 => {
                let id = UserId::new(901);
                let access_hash = AccessHash::new(901);
                let peer = InputPeer::User { id, access_hash };
                GroupCallTarget::story(peer, u.arbitrary::<bool>()?.then_some(StoryId::new(7)))
            }
            // A call that the one side says is a conference, and the other that it is none.
            7 => match hosted.get(u.choose_index(hosted.len().max(1))?) {
                Some(call) => {
                    let CallRef { id, access_hash } = *call;
                    return Ok(Target::Call { id, access_hash });
                }
                None => return Ok(Target::Create),
            },
            8 => match conference.filter(|_| u.arbitrary().unwrap_or_default()) {
                Some(call) => GroupCallTarget::call(call),
                None => return Ok(Target::Create),
            },
            _ => match hosted.get(u.choose_index(hosted.len().max(1))?) {
                Some(call) => GroupCallTarget::call(*call),
                None => return Ok(Target::Create),
            },
        };
        Ok(Target::Group(group))
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match u.int_in_range(0..=39)? {
            0..=14 if self.is_waiting() => self.answer(u),
            15..=19 => self.others(u),
            20 | 21 => {
                self.world.deliver_push();
                Ok(())
            }
            22 => {
                let update = group_hostility::update(u, &self.world.server)?;
                self.world.input(NODE, Input::Update(update));
                Ok(())
            }
            23..=27 => {
                let command = self.command(u)?;
                self.world.command(NODE, command);
                Ok(())
            }
            28 => {
                self.world.input(NODE, Input::Missed);
                Ok(())
            }
            29 => self.turn_call(u),
            30 => self.come_back(u),
            31 => self.mix_up(u),
            32 => {
                self.seconds += u.int_in_range(0..=60)?;
                self.world.server.set_time(self.seconds);
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
            3 => Verdict::Answer(group_hostility::answer(u, &self.world.server)?),
            4 | 5 => match self.world.server.handle(self.user, &body.to_tl()) {
                Ok(honest) => {
                    Verdict::Answer(group_hostility::twisted(u, &self.world.server, honest)?)
                }
                Err(error) => Verdict::Refuse(error),
            },
            // Yes, and nothing is done.
            17 => Verdict::Answer(Updates::default().into()),
            _ => Verdict::Pass,
        };
        self.world.deliver_request(place, verdict);
        Ok(())
    }

    /// Another user asks the server for something, most often about the calls of chats.
    fn others(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let from = user(u)?;
        let server = &mut self.world.server;
        let request = match u.ratio(1, 8)? {
            true => self.people.request(u, server, from)?,
            false => guests::request(u, server, from)?,
        };
        if let Some(request) = request {
            self.people.send(server, from, &request);
        }
        self.world.push_out();
        Ok(())
    }

    /// A call becomes another one, or loses a participant.
    fn turn_call(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let calls: Vec<_> = self
            .world
            .server
            .hosted_calls()
            .map(HostedCall::id)
            .collect();
        let call = match calls.len() {
            0 => CallId::new(0),
            count => calls[u.choose_index(count)?],
        };
        let server = &mut self.world.server;
        match u.int_in_range(0..=5)? {
            0 => drop(server.migrate_chat(FAMILY)),
            1 => drop(server.convert_to_rtmp(call)),
            // The user need not be there.
            2 | 3 => drop(server.drop_member(call, self.user)),
            4 => drop(server.drop_member(call, user(u)?)),
            _ => drop(server.note_speaking(call, user(u)?)),
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

    /// A user whose client has ended enters another call, or the same again.
    fn come_back(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        if self.world.nodes[NODE].ended.is_none() {
            return Ok(());
        }
        self.check_trace();
        self.seed = self.seed.wrapping_add(1);
        let (config, seed) = (self.config(u)?, Seed::copy_of(&[self.seed; 32]));
        let engine = Engine::new(config, seed, self.world.moment());
        self.world.replace(NODE, engine);
        Ok(())
    }

    /// Updates of another call come among ours, and change nothing at all.
    fn mix_up(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let update = group_hostility::update(u, &self.world.server)?;
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

    /// Ends the trace, which replays; an engine that came back has none.
    fn check_trace(&mut self) {
        let lines = self.world.nodes[NODE].take_trace();
        if !lines.is_empty() {
            let trace = Trace::read(lines.as_bytes()).expect("a trace that was recorded is whole");
            let replayed = replay(&trace);
            assert!(replayed.is_ok(), "{replayed:?}");
        }
    }

    fn command(&mut self, u: &mut Unstructured<'_>) -> Result<Command> {
        Ok(match u.int_in_range(0..=30)? {
            0 => Command::Leave,
            1 => match u.ratio(1, 4)? {
                true => Command::Discard,
                false => Command::Leave,
            },
            2 => Command::Rejoin,
            3..=6 => Command::SetMuted {
                muted: u.arbitrary()?,
            },
            7 => Command::SetVideo { on: u.arbitrary()? },
            8 => Command::SetVideoPaused {
                paused: u.arbitrary()?,
            },
            9 | 10 => Command::RaiseHand {
                raised: u.arbitrary()?,
            },
            11 => Command::LowerHand {
                peer: hostility::peer(u)?,
            },
            12 | 13 => Command::Mute {
                peer: hostility::peer(u)?,
                muted: u.arbitrary()?,
            },
            14 => Command::SetVolume {
                peer: hostility::peer(u)?,
                volume: u.int_in_range(-1..=20_001)?,
            },
            15 => Command::MuteForMe {
                peer: hostility::peer(u)?,
                muted: u.arbitrary()?,
            },
            16 => Command::SetTitle {
                title: hostility::text(u)?,
            },
            17 => Command::StartRecording {
                title: None,
                video: *u.choose(&[None, Some(VideoLayout::Portrait)])?,
            },
            18 => Command::StopRecording,
            19 => Command::StartScheduled,
            20 => Command::SubscribeStart {
                subscribed: u.arbitrary()?,
            },
            21 => Command::DeleteMessages {
                messages: vec![CallMessageId::new(1); u.int_in_range(0..=3)?],
                report_spam: u.arbitrary()?,
            },
            22 => Command::DeleteMessagesOf {
                peer: hostility::peer(u)?,
                report_spam: u.arbitrary()?,
            },
            23 => {
                let id = user(u)?;
                let access_hash = AccessHash::new(id.value());
                let user = InputUser::User { id, access_hash };
                Command::InviteUsers {
                    users: vec![user; u.int_in_range(0..=101)?],
                }
            }
            24 => Command::ExportLink {
                can_self_unmute: u.arbitrary()?,
            },
            25 | 26 => Command::JoinAs {
                peer: own_channel(&mut self.world.server, self.user)
                    .filter(|_| u.arbitrary().unwrap_or_default())
                    .unwrap_or(InputPeer::SelfUser),
            },
            27 => Command::Media(*u.choose(&[MediaState::Connected, MediaState::Disconnected])?),
            28 => {
                let id = RandomId::new(u.int_in_range(1..=9)?).expect("it is not zero");
                let message = GroupMessage::new(id, "hello", Vec::new());
                Command::Send(message.expect("it is short"))
            }
            29 => match u.int_in_range(0..=3)? {
                0 => Command::StopPresentation,
                1 => Command::Supply {
                    connection: *u
                        .choose(&[MediaConnection::Main, MediaConnection::Presentation])?,
                    payload: payload(None, &mut ChaCha20Rng::from_seed([3; 32])),
                },
                _ => Command::StartPresentation {
                    payload: payload(Some(VideoLayers::One), &mut ChaCha20Rng::from_seed([4; 32])),
                },
            },
            // What conferences alone have.
            _ => match u.int_in_range(0..=3)? {
                0 => Command::Kick {
                    users: vec![user(u)?],
                },
                1 => Command::RevokeLink,
                2 => Command::SetMessagesEnabled {
                    enabled: u.arbitrary()?,
                },
                _ => Command::SetJoinMuted {
                    muted: u.arbitrary()?,
                },
            },
        })
    }
}

fn reference(call: &HostedCall) -> CallRef {
    match call.reference() {
        InputGroupCall::Id { id, access_hash } => CallRef { id, access_hash },
        _ => unreachable!("updates name a call by its id"),
    }
}
