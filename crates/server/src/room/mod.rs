//! The parts that every kind of call has: who is connected, how they are heard, and the server's end of their media.

mod edit;
mod media;
mod member;
mod outcome;
mod pictures;
mod roster;
mod voices;

use chacha20::ChaCha20Rng;
use confcall_join::Ssrc;
use confcall_join::api::{
    CallConnection, CallRef, DataJson, EditGroupCallParticipant, GetGroupParticipants, GroupCall,
    InputGroupCall, ParticipantsPage, Update,
};
use confcall_join::joining::JoinPayload;
use confcall_state::UserId;

use self::edit::{Edit, Effect};
use crate::options::Limits;
use crate::refusal::Refusal;

pub(crate) use self::edit::Hands;
pub(crate) use self::media::MediaEnd;
pub use self::member::CallMember;
pub(crate) use self::member::Entrance;
pub(crate) use self::outcome::Outcome;
pub(crate) use self::pictures::{Camera, Screen, VIDEO_LIMIT};
pub(crate) use self::roster::{Listeners, Roster, RosterChange};
pub(crate) use self::voices::{Choice, Voices};

/// The participants of one call, and the server's end of their media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) call: CallRef,
    pub(crate) roster: Roster,
    pub(crate) media: MediaEnd,
    /// The server's end of the media connections of screens.
    pub(crate) screens: MediaEnd,
    pub(crate) messages_enabled: bool,
    /// The time at which the call was created.
    pub(crate) created: i32,
}

impl Room {
    /// A room in which nobody is.
    pub(crate) fn draw(call: CallRef, rng: &mut ChaCha20Rng, created: i32) -> Self {
        Self {
            call,
            roster: Roster::default(),
            media: MediaEnd::draw(rng),
            screens: MediaEnd::draw(rng),
            messages_enabled: true,
            created,
        }
    }

    /// The reference that updates carry.
    pub(crate) fn reference(&self) -> InputGroupCall {
        self.call.into()
    }

    /// The member that a user is.
    pub(crate) fn member(&self, user_id: UserId) -> Option<&CallMember> {
        self.roster.member(user_id)
    }

    /// The seconds since it was created.
    pub(crate) fn duration(&self, now: i32) -> i32 {
        now.saturating_sub(self.created).max(0)
    }

    /// Checks that a user is connected.
    pub(crate) fn check_member(&self, user_id: UserId) -> Result<&CallMember, Refusal> {
        self.member(user_id).ok_or(Refusal::NotAMember(user_id))
    }

    /// The answer to the payload of a main connection over which media go.
    pub(crate) fn connection(&self) -> Update {
        Update::Connection(CallConnection {
            presentation: false,
            params: self.media.params(),
        })
    }

    /// Lets a member leave (`spec/protocol.md`, 8).
    ///
    /// The source names the membership, so that one that ends late does not end its successor; without one it is
    /// whichever there is.
    pub(crate) fn leave(&mut self, from: UserId, source: Option<Ssrc>) -> Result<Outcome, Refusal> {
        let member = self.member(from).ok_or(Refusal::NotJoined)?;
        match source.is_none_or(|source| source == member.source()) {
            true => self.disconnect(from),
            false => Err(Refusal::NotJoined),
        }
    }

    /// Takes a member out of the roster.
    pub(crate) fn disconnect(&mut self, user_id: UserId) -> Result<Outcome, Refusal> {
        let gone = self.roster.remove(&[user_id]);
        let update = |viewer| {
            let roster = &self.roster;
            roster.change(self.reference(), viewer, &gone, RosterChange::Left)
        };
        let own = update(user_id).ok_or(Refusal::NotAMember(user_id))?;
        Ok(Outcome::new(user_id, vec![own], &self.roster, update))
    }

    /// Edits a participant on behalf of a member, as far as that may (`spec/protocol.md`, 8).
    pub(crate) fn edit(
        &mut self,
        from: UserId,
        request: &EditGroupCallParticipant,
        hands: Hands,
        is_admin: impl Fn(UserId) -> bool,
    ) -> Result<Outcome, Refusal> {
        self.check_member(from)?;
        let user_id = self.roster.find(&request.participant, from);
        let user_id = user_id.ok_or(Refusal::NoParticipant)?;
        let edit = Edit {
            editor: from,
            is_by_admin: is_admin(from),
            is_of_admin: is_admin(user_id),
            hands,
            next_hand: self.roster.next_hand(),
            is_video_full: self.roster.is_video_full_without(user_id),
            request,
        };
        let effect = self.roster.edit(user_id, &edit)?;
        Ok(self.edited(from, user_id, effect))
    }

    /// Notes that a member speaks, which its media show.
    pub(crate) fn note_speaking(&mut self, user_id: UserId, date: i32) -> Result<Outcome, Refusal> {
        self.roster.note_speaking(user_id, date)?;
        Ok(self.edited(user_id, user_id, Effect::All))
    }

    /// Lets a member share a screen over a media connection of its own (`spec/protocol.md`, 11.1).
    pub(crate) fn share(
        &mut self,
        from: UserId,
        params: &DataJson,
        limits: &Limits,
    ) -> Result<Outcome, Refusal> {
        let member = self.member(from).ok_or(Refusal::NoParticipant)?;
        if !self.roster.voices().may_speak(from) {
            return Err(Refusal::Silenced(from));
        }
        let payload = JoinPayload::from_json(params.as_str())?;
        let sharing = member.with_screen(&payload, limits)?;
        self.roster.check_sources(&sharing)?;
        let params = self.screens.screen_params(&sharing.screen_endpoint());
        self.roster.enter(sharing);
        let mut outcome = self.edited(from, from, Effect::Counted);
        let connection = Update::Connection(CallConnection {
            presentation: true,
            params,
        });
        outcome.answer.0.insert(0, connection);
        Ok(outcome)
    }

    /// Ends the sharing of a screen; there need not be any.
    pub(crate) fn unshare(&mut self, from: UserId) -> Result<Outcome, Refusal> {
        let member = self.check_member(from)?;
        if member.screen.is_none() {
            return Ok(self.edited(from, from, Effect::Editor));
        }
        let screen = None;
        let member = member.clone();
        self.roster.enter(CallMember { screen, ..member });
        Ok(self.edited(from, from, Effect::Counted))
    }

    /// Those of some sources that are a member's (`spec/protocol.md`, 10).
    pub(crate) fn joined_sources(
        &self,
        user_id: UserId,
        sources: &[Ssrc],
    ) -> Result<Vec<Ssrc>, Refusal> {
        let member = self.member(user_id).ok_or(Refusal::NotJoined)?;
        let own: Vec<_> = member.sources().collect();
        let joined = sources.iter().filter(|source| own.contains(source));
        Ok(joined.copied().collect())
    }

    /// A page of the roster for a member (`spec/protocol.md`, 8).
    pub(crate) fn roster_page(
        &self,
        from: UserId,
        request: &GetGroupParticipants,
    ) -> Result<ParticipantsPage, Refusal> {
        self.check_member(from)?;
        self.roster.page(from, request)
    }

    /// The call when it is over.
    pub(crate) fn discarded(&self, now: i32) -> GroupCall {
        GroupCall::Discarded {
            id: self.call.id,
            access_hash: self.call.access_hash,
            duration: self.duration(now),
        }
    }

    /// The entry of a member after an edit: the editor gets it in any case, to see what became of a wish.
    fn edited(&self, from: UserId, user_id: UserId, effect: Effect) -> Outcome {
        let change = match effect {
            Effect::Counted => RosterChange::Edited,
            Effect::Editor | Effect::All => RosterChange::None,
        };
        let update = |viewer| {
            let member = self.member(user_id);
            self.roster.change(self.reference(), viewer, member, change)
        };
        let answer = update(from).into_iter().collect();
        match effect {
            Effect::All | Effect::Counted => Outcome::new(from, answer, &self.roster, update),
            Effect::Editor => Outcome::of_answer(answer),
        }
    }
}
