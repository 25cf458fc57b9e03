//! Any users asking for anything in any order.

use confcall_join::api::{
    DeclineConferenceCallInvite, DiscardGroupCall, EditGroupCallParticipant, GetGroupParticipants,
    InputUser, InviteConferenceCallParticipant, MessageId, Removal, SendGroupCallEncryptedMessage,
    ToggleGroupCallSettings,
};
use proptest::prelude::*;

use super::*;

const USERS: [UserId; 4] = [ALICE, BOB, CAROL, UserId::new(4)];

/// A request of a user, about another one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Join,
    JoinAgainWithTheSameKey,
    Leave,
    LeaveAs(UserId),
    Remove(Removal, UserId),
    RemoveWithTheKeyOf(UserId, UserId),
    Invite(UserId),
    Decline(i32),
    Message,
    Commit,
    Roster,
    RevokeLink,
    Messages(bool),
    Mute(UserId, bool),
    Volume(UserId, i32),
    Camera(bool, bool),
    Share,
    Unshare,
    Discard,
}

pub(super) fn user() -> impl Strategy<Value = UserId> {
    prop::sample::select(USERS.to_vec())
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let removal = prop_oneof![Just(Removal::Kick), Just(Removal::OnlyLeft)];
    prop_oneof![
        4 => Just(Step::Join),
        1 => Just(Step::JoinAgainWithTheSameKey),
        2 => Just(Step::Leave),
        1 => user().prop_map(Step::LeaveAs),
        4 => (removal, user()).prop_map(|(removal, user)| Step::Remove(removal, user)),
        2 => (user(), user()).prop_map(|(key, user)| Step::RemoveWithTheKeyOf(key, user)),
        2 => user().prop_map(Step::Invite),
        1 => (0..6).prop_map(Step::Decline),
        1 => Just(Step::Message),
        3 => Just(Step::Commit),
        1 => Just(Step::Roster),
        1 => Just(Step::RevokeLink),
        1 => any::<bool>().prop_map(Step::Messages),
        3 => (user(), any::<bool>()).prop_map(|(user, muted)| Step::Mute(user, muted)),
        2 => (user(), 0..4).prop_map(|(user, volume)| Step::Volume(user, volume)),
        1 => any::<(bool, bool)>().prop_map(|(stopped, paused)| Step::Camera(stopped, paused)),
        2 => Just(Step::Share),
        1 => Just(Step::Unshare),
        1 => Just(Step::Discard),
    ]
}

fn peer(id: UserId) -> InputPeer {
    InputPeer::User {
        id,
        access_hash: confcall_join::api::AccessHash::new(0),
    }
}

impl Scene {
    /// The request of a step, unless it cannot be built.
    pub(super) fn step(&mut self, from: UserId, step: Step) -> Option<Request> {
        let call = self.call().reference();
        let in_chain = |scene: &Self, user| {
            let group = scene.call().chain_state().group_state();
            group.by_user(user).is_some()
        };
        Some(match step {
            Step::Join => {
                let attempt = self.attempt(from);
                let request = self.request(&attempt);
                if self
                    .server
                    .clone()
                    .answer(from, &request.clone().into())
                    .is_ok()
                {
                    self.keys.insert(from, attempt.into_private_key());
                }
                request.into()
            }
            Step::JoinAgainWithTheSameKey => {
                let attempt = self.attempt(from);
                let mut request = self.request(&attempt);
                request.public_key = Some(self.keys.get(&from)?.public_key());
                request.into()
            }
            Step::Leave => self.call().member(from).map(|_| self.leaving(from))?.into(),
            Step::LeaveAs(user) => self.call().member(user).map(|_| self.leaving(user))?.into(),
            Step::Remove(removal, user) => {
                let possible = user != from && in_chain(self, user) && in_chain(self, from);
                possible
                    .then(|| self.removal(from, removal, &[user]))?
                    .into()
            }
            Step::RemoveWithTheKeyOf(other, user) => {
                let possible = user != other && in_chain(self, user) && in_chain(self, other);
                possible
                    .then(|| self.removal(other, Removal::Kick, &[user]))?
                    .into()
            }
            Step::Invite(id) => InviteConferenceCallParticipant {
                video: false,
                call,
                user: InputUser::User {
                    id,
                    access_hash: confcall_join::api::AccessHash::new(0),
                },
            }
            .into(),
            Step::Decline(message) => DeclineConferenceCallInvite {
                message: MessageId::new(message),
            }
            .into(),
            Step::Message => SendGroupCallEncryptedMessage {
                call,
                encrypted_message: vec![1],
            }
            .into(),
            Step::Commit => {
                self.keys.get(&from)?;
                self.broadcast(&self.commit(from)).into()
            }
            Step::Roster => GetGroupParticipants::page(call, "", 100).into(),
            Step::RevokeLink => ToggleGroupCallSettings::revoke_link(call).into(),
            Step::Messages(enabled) => ToggleGroupCallSettings {
                reset_invite_hash: false,
                messages_enabled: Some(enabled),
                ..ToggleGroupCallSettings::revoke_link(call)
            }
            .into(),
            Step::Mute(user, muted) => EditGroupCallParticipant {
                muted: Some(muted),
                ..EditGroupCallParticipant::new(call, peer(user))
            }
            .into(),
            Step::Volume(user, volume) => EditGroupCallParticipant {
                volume: Some(volume),
                ..EditGroupCallParticipant::new(call, peer(user))
            }
            .into(),
            Step::Camera(stopped, paused) => EditGroupCallParticipant {
                video_stopped: Some(stopped),
                video_paused: Some(paused),
                ..EditGroupCallParticipant::new(call, InputPeer::SelfUser)
            }
            .into(),
            Step::Share => self.sharing().0.into(),
            Step::Unshare => self.unsharing().into(),
            Step::Discard => DiscardGroupCall { call }.into(),
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whoever_asks_for_what_the_roster_and_the_chain_stay_in_order(
        steps in prop::collection::vec((user(), step()), 1..60),
    ) {
        let mut scene = Scene::empty();
        for (from, step) in steps {
            let Some(request) = scene.step(from, step) else { continue };
            let before = scene.server.clone();
            let was_member = before.call(scene.call).unwrap().member(from).is_some();
            let height = before.call(scene.call).unwrap().blocks().len();
            let outcome = scene.server.answer(from, &request);
            let Some(call) = scene.server.call(scene.call) else {
                prop_assert_eq!(from, ALICE);
                break;
            };
            if outcome.is_err() {
                prop_assert_eq!(&scene.server, &before);
                continue;
            }
            let group = call.chain_state().group_state();
            for member in call.members() {
                let participant = group.by_user(member.user_id());
                prop_assert_eq!(participant.map(|one| one.public_key), member.public_key());
                prop_assert!(!call.access.kicked().contains(&member.user_id()), "{:?}", member.user_id());
            }
            let has_block = call.blocks().len() > height;
            match step {
                Step::Join => {}
                Step::Remove(..) => prop_assert!(was_member || !has_block),
                Step::RemoveWithTheKeyOf(key, _) => prop_assert!((was_member && key == from) || !has_block),
                _ => prop_assert!(!has_block, "{step:?}"),
            }
            for (to, update) in scene.pushed() {
                prop_assert!(to != from || matches!(update, Update::Invitation(_)), "{update:?}");
            }
        }
    }
}
