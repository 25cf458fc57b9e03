//! An engine without a network: what it sends waits for the test to answer.

use core::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::api::{
    AccessHash, ActiveCall, CallConnection, CallId, CallRef, ChannelId, DataJson, FullChat,
    GroupCall, GroupCallInfo, GroupCallParticipant, InputGroupCall, InputPeer, Participants, Peer,
    PeerLabel, Request, Response, RpcError, Ssrc, Update, Updates,
};
use confcall::join::engine::{
    Command, CommandFailure, CommandId, Config, EndReason, Engine, Event, Input, MediaMode,
    Outcome, Output, RequestId,
};
use confcall::join::joining::{Fingerprint, GroupCallTarget, JoinPayload};
use confcall::join::policy::{CallKind, CheckedRequest, Media};
use confcall::join::trace::{Recorder, Trace, replay};
use confcall::media::Moment;
use confcall::state::keys::Seed;
use confcall::{Joiner, Target, UserId};

pub(crate) const US: UserId = UserId::new(1);
pub(crate) const BOB: UserId = UserId::new(2);
pub(crate) const CALL: CallRef = CallRef {
    id: CallId::new(7),
    access_hash: AccessHash::new(8),
};
pub(crate) const CHANNEL: InputPeer = InputPeer::Channel {
    id: ChannelId::new(5),
    access_hash: AccessHash::new(6),
};

/// A request that was not answered yet.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) id: RequestId,
    pub(crate) kind: CallKind,
    pub(crate) data_centre: Option<i32>,
    pub(crate) body: Request,
}

/// An engine, and what it asks.
pub(crate) struct Desk {
    pub(crate) engine: Engine,
    recorder: Option<Recorder>,
    pub(crate) now: Moment,
    pub(crate) asked: Vec<Asked>,
    pub(crate) events: Vec<Event>,
    commands: u64,
}

pub(crate) fn payload(seed: u8) -> JoinPayload {
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng)
}

pub(crate) fn config(target: GroupCallTarget) -> Config {
    let media = Media {
        payload: payload(1),
        muted: false,
        video_stopped: true,
    };
    Config::new(Target::Group(target), Joiner::new(US), media)
}

impl Desk {
    pub(crate) fn new(config: Config) -> Self {
        let now = Moment::default();
        let (recorder, engine) = Recorder::start(config, Seed::copy_of(&[3; 32]), now);
        let mut desk = Self {
            engine,
            recorder: Some(recorder),
            now,
            asked: Vec::new(),
            events: Vec::new(),
            commands: 0,
        };
        desk.poll();
        desk
    }

    /// A participant of a video chat that was found by its channel.
    pub(crate) fn joined() -> Self {
        Self::joined_by(
            config(GroupCallTarget::chat(CHANNEL)),
            ActiveCall::new(CALL),
            CONNECT,
        )
    }

    /// A participant of a call, whose media comes in this way.
    pub(crate) fn joined_by(config: Config, call: ActiveCall, params: &str) -> Self {
        let mut desk = Self::new(config);
        desk.answer_found();
        desk.answer_call(call.clone());
        desk.answer_join(call, params, Vec::new());
        assert!(desk.is_in(), "{:?}", desk.events);
        desk
    }

    fn poll(&mut self) {
        loop {
            let recorder = self.recorder.as_mut().unwrap();
            match recorder.poll_output(&mut self.engine) {
                Output::Request {
                    request,
                    kind,
                    data_centre,
                    body,
                } => {
                    CheckedRequest::new(kind, &body).unwrap();
                    self.asked.push(Asked {
                        id: request,
                        kind,
                        data_centre,
                        body,
                    });
                }
                Output::Event(event) => self.events.push(event),
                Output::Timeout(_) => return,
            }
        }
    }

    pub(crate) fn input(&mut self, input: Input) {
        let recorder = self.recorder.as_mut().unwrap();
        recorder
            .handle_input(&mut self.engine, self.now, input)
            .unwrap();
        self.poll();
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.commands += 1;
        let id = CommandId::new(self.commands);
        self.input(Input::Command { id, command });
    }

    /// The failure of the newest command; `None` if it is done.
    pub(crate) fn outcome(&self) -> Option<CommandFailure> {
        let newest = CommandId::new(self.commands);
        let mut answers = self.events.iter().rev();
        let answer = answers.find_map(|event| match event {
            Event::Done { id, .. } if *id == newest => Some(None),
            Event::Failed { id, why, .. } if *id == newest => Some(Some(why.clone())),
            _ => None,
        });
        answer.expect("the command was answered")
    }

    pub(crate) fn push(&mut self, update: Update) {
        self.input(Input::Update(update));
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = (self.now + Duration::from_millis(50)).min(end);
            self.input(Input::Tick);
        }
    }

    /// Takes the first request of a kind that waits.
    pub(crate) fn take(&mut self, is_it: impl Fn(&Request) -> bool) -> Asked {
        let at = self.asked.iter().position(|one| is_it(&one.body));
        let at = at.unwrap_or_else(|| panic!("not among {:?}", self.asked));
        self.asked.remove(at)
    }

    pub(crate) fn asks(&self, is_it: impl Fn(&Request) -> bool) -> bool {
        self.asked.iter().any(|one| is_it(&one.body))
    }

    pub(crate) fn answer(&mut self, asked: &Asked, outcome: Outcome) {
        let request = asked.id;
        self.input(Input::Answer { request, outcome });
    }

    pub(crate) fn done(&mut self, asked: &Asked, response: impl Into<Response>) {
        self.answer(asked, Outcome::Done(response.into()));
    }

    pub(crate) fn refuse(&mut self, asked: &Asked, code: i32, name: &str) {
        self.answer(asked, Outcome::Refused(RpcError::new(code, name)));
    }

    pub(crate) fn answer_found(&mut self) {
        let found = self.take(|one| matches!(one, Request::FullChannel(_)));
        let chat = FullChat {
            call: Some(CALL),
            default_join_as: None,
            labels: Vec::new(),
        };
        self.done(&found, chat);
    }

    pub(crate) fn answer_call(&mut self, call: ActiveCall) {
        let looked = self.take(|one| matches!(one, Request::GroupCall(_)));
        self.done(&looked, info(call));
    }

    pub(crate) fn take_join(&mut self) -> Asked {
        self.take(|one| matches!(one, Request::Join(_)))
    }

    /// Answers the join; the participants stand in the answer as well.
    pub(crate) fn answer_join(
        &mut self,
        call: ActiveCall,
        params: &str,
        participants: Vec<GroupCallParticipant>,
    ) -> Asked {
        let join = self.take_join();
        let version = call.version;
        let mut updates = vec![connection(params), Update::from(GroupCall::from(call))];
        if !participants.is_empty() {
            updates.push(roster(version, participants));
        }
        self.done(&join, Updates(updates));
        join
    }

    pub(crate) fn is_in(&self) -> bool {
        self.engine.call().is_some()
    }

    /// The way in which the media of the newest membership comes.
    pub(crate) fn mode(&self) -> Option<MediaMode> {
        let mut events = self.events.iter().rev();
        events.find_map(|event| match event {
            Event::Joined(joined) | Event::Rejoined(joined) => Some(joined.mode),
            _ => None,
        })
    }

    pub(crate) fn end(&self) -> Option<&EndReason> {
        match self.events.last() {
            Some(Event::Ended(ended)) => Some(&ended.reason),
            _ => None,
        }
    }

    /// Our source, as the server knows it.
    pub(crate) fn source(&self) -> Ssrc {
        let mut events = self.events.iter().rev();
        let joined = events.find_map(|event| match event {
            Event::Joined(joined) | Event::Rejoined(joined) => Some(joined.payload.ssrc()),
            _ => None,
        });
        joined.unwrap()
    }

    /// Our entry of the roster, in these ways other than one who speaks.
    pub(crate) fn entry(&self, muted: bool, can_self_unmute: bool) -> GroupCallParticipant {
        GroupCallParticipant {
            own: true,
            muted,
            can_self_unmute,
            versioned: true,
            date: 1_700_000_000,
            ..GroupCallParticipant::new(Peer::User(US), Some(self.source()))
        }
    }

    pub(crate) fn saw(&self, is_it: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(is_it)
    }
}

/// Every call replays from its trace.
impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(recorder) = self.recorder.take().filter(|_| !std::thread::panicking()) {
            let trace = Trace::read(recorder.finish().as_bytes()).unwrap();
            replay(&trace).unwrap();
        }
    }
}

pub(crate) const CONNECT: &str = r#"{"transport": {"ufrag": "serv", "pwd": "ABCDEFGHIJKLMNOPQRSTUV", "candidates": [],
    "fingerprints": [{"hash": "sha-256", "setup": "active",
    "fingerprint": "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB"}]}}"#;
pub(crate) const STREAM: &str = r#"{"stream": true}"#;
pub(crate) const RTMP: &str = r#"{"stream": true, "rtmp": true}"#;

pub(crate) fn connection(params: &str) -> Update {
    Update::Connection(CallConnection {
        presentation: false,
        params: DataJson::new(params.to_owned()),
    })
}

pub(crate) fn roster(version: i32, participants: Vec<GroupCallParticipant>) -> Update {
    Update::Participants(Participants {
        call: InputGroupCall::from(CALL),
        participants,
        version,
    })
}

pub(crate) fn info(call: ActiveCall) -> GroupCallInfo {
    GroupCallInfo {
        call: call.into(),
        participants: Vec::new(),
        next_offset: None,
        labels: Vec::new(),
    }
}

pub(crate) fn label(peer: Peer, name: &str) -> PeerLabel {
    PeerLabel {
        peer,
        name: name.to_owned(),
        username: None,
        access_hash: Some(AccessHash::new(9)),
        photo: None,
    }
}
