//! Any users asking for anything in any order.

use std::collections::BTreeMap;

use confcall_join::api::{
    CallText, CreateGroupCall, EditGroupCallTitle, GetGroupParticipants, GroupCall,
    JoinGroupCallPresentation, LeaveGroupCall, LeaveGroupCallPresentation, Participants,
    SendGroupCallMessage, StartScheduledGroupCall, ToggleGroupCallRecord, ToggleGroupCallSettings,
};
use proptest::prelude::*;

use super::*;
use crate::Limits;

const USERS: [UserId; 4] = [ALICE, BOB, CAROL, UserId::new(4)];

/// A call that all of them may know of: a video chat, a livestream with hidden listeners, a stream, a live story.
const CALLS: [i64; 4] = [11, 12, 13, 901];

#[derive(Clone, Copy, Debug)]
enum Step {
    Join { muted: bool },
    JoinAsChat,
    Leave,
    Mute(UserId, bool),
    Volume(UserId, i32),
    Hand(UserId, bool),
    Share,
    Unshare,
    Speak,
    JoinMuted(bool),
    Messages(bool),
    Title,
    Record(bool),
    Message(Option<i64>),
    Start,
    Create,
    Drop,
}

fn step() -> impl Strategy<Value = Step> {
    let user = || prop::sample::select(USERS.to_vec());
    prop_oneof![
        6 => any::<bool>().prop_map(|muted| Step::Join { muted }),
        2 => Just(Step::JoinAsChat),
        2 => Just(Step::Leave),
        4 => (user(), any::<bool>()).prop_map(|(user, muted)| Step::Mute(user, muted)),
        2 => (user(), 0..4).prop_map(|(user, volume)| Step::Volume(user, volume)),
        3 => (user(), any::<bool>()).prop_map(|(user, raised)| Step::Hand(user, raised)),
        1 => Just(Step::Share),
        1 => Just(Step::Unshare),
        1 => Just(Step::Speak),
        1 => any::<bool>().prop_map(Step::JoinMuted),
        1 => any::<bool>().prop_map(Step::Messages),
        1 => Just(Step::Title),
        1 => any::<bool>().prop_map(Step::Record),
        1 => prop::option::of(0_i64..9).prop_map(Step::Message),
        1 => Just(Step::Start),
        1 => Just(Step::Create),
        1 => Just(Step::Drop),
    ]
}

impl Stage {
    /// The request of a step, if it is one and can be built.
    fn request(&mut self, from: UserId, number: i64, step: Step) -> Option<Request> {
        let call = self.reference(number);
        let named = |user_id| {
            if user_id == from {
                InputPeer::SelfUser
            } else {
                user(user_id)
            }
        };
        let edit = |user_id| EditGroupCallParticipant::new(call.clone(), named(user_id));
        let settings = ToggleGroupCallSettings::nothing(call.clone());
        Some(match step {
            Step::Join { muted } => JoinGroupCall {
                muted: muted || self.call(number).is_rtmp() || self.call(number).story().is_some(),
                ..self.joining(number)
            }
            .into(),
            Step::JoinAsChat => JoinGroupCall {
                join_as: self.channel(from, "walkers"),
                ..self.joining(number)
            }
            .into(),
            Step::Leave => LeaveGroupCall { call, source: None }.into(),
            Step::Mute(user_id, muted) => EditGroupCallParticipant {
                muted: Some(muted),
                ..edit(user_id)
            }
            .into(),
            Step::Volume(user_id, volume) => EditGroupCallParticipant {
                volume: Some(volume),
                ..edit(user_id)
            }
            .into(),
            Step::Hand(user_id, raised) => EditGroupCallParticipant {
                raise_hand: Some(raised),
                ..edit(user_id)
            }
            .into(),
            Step::Share => JoinGroupCallPresentation {
                params: self.joining(number).params,
                call,
            }
            .into(),
            Step::Unshare => LeaveGroupCallPresentation { call }.into(),
            Step::JoinMuted(muted) => ToggleGroupCallSettings {
                join_muted: Some(muted),
                ..settings
            }
            .into(),
            Step::Messages(enabled) => ToggleGroupCallSettings {
                messages_enabled: Some(enabled),
                ..settings
            }
            .into(),
            Step::Title => EditGroupCallTitle {
                call,
                title: "Tea".to_owned(),
            }
            .into(),
            Step::Record(start) => ToggleGroupCallRecord {
                start,
                call,
                title: None,
                video_portrait: None,
            }
            .into(),
            Step::Message(allow_paid_stars) => SendGroupCallMessage {
                call,
                random_id: 1,
                message: CallText {
                    text: "Hello".to_owned(),
                    entities: Vec::new(),
                },
                allow_paid_stars,
                send_as: None,
            }
            .into(),
            Step::Start => StartScheduledGroupCall { call }.into(),
            Step::Create => CreateGroupCall {
                rtmp_stream: false,
                peer: self.channel(from, "quiet"),
                random_id: 1,
                title: None,
                schedule_date: None,
            }
            .into(),
            Step::Speak | Step::Drop => return None,
        })
    }
}

/// A client that follows a call by the rules for versions.
#[derive(Debug)]
struct Follower {
    call: InputGroupCall,
    /// As whom the user joined.
    own: Peer,
    version: i32,
    entries: BTreeMap<Peer, GroupCallParticipant>,
}

impl Follower {
    fn new(stage: &mut Stage, user: UserId, call: InputGroupCall, own: Peer) -> Self {
        let page = GetGroupParticipants::page(call.clone(), "", 100);
        let page = stage.ask(user, page).unwrap().into_participants().unwrap();
        let entries = page.participants.into_iter().map(|one| (one.peer, one));
        Self {
            call,
            own,
            version: page.version,
            entries: entries.collect(),
        }
    }

    fn receive(&mut self, update: &Update) {
        match update {
            Update::GroupCall {
                call: GroupCall::Active(shown),
                ..
            } if InputGroupCall::from(shown.named()) == self.call => {
                self.count(shown.version);
            }
            Update::Participants(change) if change.call == self.call => self.change(change),
            _ => {}
        }
    }

    /// True if the version is the next one; one further on would be a gap, of which a server in order has none.
    fn count(&mut self, version: i32) -> bool {
        assert!(
            version <= self.version + 1,
            "a gap before {version} after {}",
            self.version
        );
        let is_next = version == self.version + 1;
        self.version = self.version.max(version);
        is_next
    }

    fn change(&mut self, change: &Participants) {
        let is_counted = change.participants.iter().any(|one| one.versioned);
        if is_counted && !self.count(change.version) {
            return;
        }
        for entry in &change.participants {
            match entry.left {
                true => self.entries.remove(&entry.peer),
                false => self.entries.insert(entry.peer, self.merged(entry)),
            };
        }
    }

    /// An entry together with what one in part leaves out.
    fn merged(&self, entry: &GroupCallParticipant) -> GroupCallParticipant {
        let mut merged = entry.clone();
        if let Some(known) = self.entries.get(&entry.peer).filter(|_| entry.min) {
            merged.muted_by_you = known.muted_by_you;
            if !(known.volume_by_admin && entry.volume_by_admin) {
                merged.volume = known.volume;
                merged.volume_by_admin = known.volume_by_admin;
            }
        }
        merged
    }

    /// The entries without what is about a change alone.
    fn plain(&self) -> Vec<GroupCallParticipant> {
        let entries = self.entries.values().cloned();
        let plain = entries.map(|entry| GroupCallParticipant {
            own: entry.peer == self.own,
            // Whoever speaks knows.
            active_date: entry.active_date.filter(|_| entry.peer != self.own),
            just_joined: false,
            versioned: false,
            min: false,
            ..entry
        });
        plain.collect()
    }
}

/// Carries out steps in one call, and lets everyone follow who is in it.
fn follow(number: i64, steps: &[(UserId, Step)]) {
    let mut stage = Stage::new();
    let call = stage.call(number).id();
    let mut followers: BTreeMap<UserId, Follower> = BTreeMap::new();
    for (from, step) in steps {
        let before = stage.server.clone();
        let answer = match step {
            Step::Speak => stage
                .server
                .note_speaking(call, *from)
                .map(|()| Vec::new())
                .ok(),
            Step::Drop => stage
                .server
                .drop_member(call, *from)
                .map(|()| Vec::new())
                .ok(),
            step => {
                let Some(request) = stage.request(*from, number, *step) else {
                    continue;
                };
                let answer = stage.ask(*from, request).ok();
                answer.map(|answer| {
                    answer
                        .into_updates()
                        .map_or(Vec::new(), |updates| updates.0)
                })
            }
        };
        if answer.is_none() {
            // A reference that was looked up on the way admits nobody here, since no chat is open.
            assert_eq!(
                stage.server, before,
                "{step:?} was refused and changed something"
            );
        }
        if let (Some(follower), Some(answer)) = (followers.get_mut(from), &answer)
            && !matches!(step, Step::Join { .. } | Step::JoinAsChat)
        {
            answer.iter().for_each(|update| follower.receive(update));
        }
        for (to, update) in stage.pushed() {
            if let Some(follower) = followers.get_mut(&to) {
                follower.receive(&update);
            }
        }
        if matches!(step, Step::Join { .. } | Step::JoinAsChat) && answer.is_some() {
            let own = stage.call(number).member(*from).unwrap().peer();
            let reference = stage.reference(number);
            let follower = Follower::new(&mut stage, *from, reference, own);
            followers.insert(*from, follower);
        }
        followers.retain(|user, _| stage.call(number).member(*user).is_some());
        if number == 11 {
            for (user, follower) in &followers {
                let reference = follower.call.clone();
                let known = Follower::new(&mut stage, *user, reference, follower.own);
                assert_eq!(follower.plain(), known.plain(), "{user} after {step:?}");
            }
        }
    }
    let restored = Server::from_snapshot(&stage.server.to_snapshot(), Limits::default());
    let restored = restored.unwrap();
    let hosted = |server: &Server| -> Vec<_> {
        let calls = server.hosted_calls();
        calls
            .map(|call| call.members().cloned().collect::<Vec<_>>())
            .collect()
    };
    assert_eq!(hosted(&restored), hosted(&stage.server));
}

proptest! {
    #[test]
    fn who_follows_a_call_misses_nothing_and_a_refusal_changes_nothing(
        number in prop::sample::select(CALLS.to_vec()),
        steps in prop::collection::vec((prop::sample::select(USERS.to_vec()), step()), 1..40),
    ) {
        follow(number, &steps);
    }
}
