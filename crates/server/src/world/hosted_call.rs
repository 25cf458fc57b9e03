use std::collections::BTreeSet;
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use confcall_join::Ssrc;
use confcall_join::api::{
    ActiveCall, CallConnection, CallId, CallMessage, CallSettings, DataJson,
    EditGroupCallParticipant, FilePart, GetFile, GetGroupCall, GetGroupParticipants, GroupCall,
    GroupCallInfo, InputGroupCall, JoinGroupCallPresentation, ParticipantsPage, Peer,
    SendGroupCallMessage, StoryId, StreamChannel, ToggleGroupCallRecord, ToggleGroupCallSettings,
    Update,
};
use confcall_join::joining::InviteHash;
use confcall_join::limits::MESSAGE_CHARACTERS;
use confcall_join::policy::CallKind;
use confcall_state::UserId;

use super::chat::Standing;
use super::circle::{Circle, Host};
use super::messages::{KeptMessage, Messages};
use super::schedule::Schedule;
use super::stream::{self, Publisher};
use crate::names::draw_call;
use crate::options::Limits;
use crate::refusal::Refusal;
use crate::room::{
    CallMember, Entrance, Hands, Listeners, Outcome, Room, RosterChange, VIDEO_LIMIT,
};

/// The data centre of everything that is streamed, which is the only one.
const STREAM_DC: i32 = 1;

/// A call of a chat, or of a live story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedCall {
    pub(crate) room: Room,
    pub(crate) host: Host,
    pub(crate) creator: Option<UserId>,
    pub(crate) title: Option<String>,
    pub(crate) rtmp: bool,
    /// True while a program publishes, if it is fed by RTMP.
    pub(crate) is_published: bool,
    pub(crate) join_muted: bool,
    /// Who comes by it may speak.
    pub(crate) invite_hash: Option<InviteHash>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) recording: Option<Recording>,
    /// The least price of a message, in stars.
    pub(crate) price: Option<i64>,
    pub(crate) messages: Messages,
    /// The number of participants from which on those who may not speak are served a stream.
    pub(crate) stream_above: usize,
    pub(crate) invited: BTreeSet<UserId>,
}

/// The recording of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recording {
    pub(crate) since: i32,
    pub(crate) has_video: bool,
}

impl HostedCall {
    /// A call in which nobody is.
    pub(super) fn new(
        host: Host,
        creator: Option<UserId>,
        rng: &mut ChaCha20Rng,
        created: i32,
    ) -> Self {
        let call = draw_call(rng);
        Self {
            room: Room::draw(call, rng, created),
            host,
            creator,
            title: None,
            rtmp: false,
            is_published: true,
            join_muted: false,
            invite_hash: None,
            schedule: None,
            recording: None,
            price: None,
            messages: Messages::default(),
            stream_above: 100,
            invited: BTreeSet::new(),
        }
    }

    /// Begins a call that was made before there was a time, or dates its announcement.
    pub(super) fn date(&mut self, now: i32) {
        self.room.created = now;
        if let Some(schedule) = &mut self.schedule {
            schedule.date = schedule.date.saturating_add(now);
        }
    }

    /// The id.
    pub fn id(&self) -> CallId {
        self.room.call.id
    }

    /// The reference that updates carry.
    pub fn reference(&self) -> InputGroupCall {
        self.room.reference()
    }

    /// The kind, which says what its participants may do.
    pub fn kind(&self) -> CallKind {
        match (self.host.story, self.rtmp) {
            (Some(_), _) => CallKind::LiveStoryListener,
            (None, true) => CallKind::RtmpViewer,
            (None, false) => CallKind::VideoChat,
        }
    }

    /// The chat that it belongs to, or whose story it is; or the user of the story.
    pub fn peer(&self) -> Peer {
        self.host.peer
    }

    /// The story, if it is a live one.
    pub fn story(&self) -> Option<StoryId> {
        self.host.story
    }

    /// The title, if it has one of its own.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// True if a program feeds it by RTMP.
    pub fn is_rtmp(&self) -> bool {
        self.rtmp
    }

    /// The participants, by user; those whom the world itself put there too.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &CallMember> {
        self.room.roster.members()
    }

    /// The participant that a user is.
    pub fn member(&self, user_id: UserId) -> Option<&CallMember> {
        self.room.member(user_id)
    }

    /// Hides those who may not speak where only few are of interest, and shows them elsewhere.
    pub(super) fn hide_listeners(&mut self, wanted: bool) {
        let hidden = wanted || self.kind() != CallKind::VideoChat;
        let listeners = match hidden {
            true => Listeners::Hidden,
            false => Listeners::Listed,
        };
        self.room.roster.set_listeners(listeners);
    }

    /// Lets a user join, as the peer that it may be.
    pub(super) fn join(
        &mut self,
        entrance: &Entrance<'_>,
        invite_hash: Option<&str>,
        circle: Circle<'_>,
        limits: &Limits,
    ) -> Result<Outcome, Refusal> {
        let user_id = entrance.user_id;
        if self.schedule.is_some() {
            return Err(Refusal::NotBegun);
        }
        let same = self.room.roster.by_peer(entrance.peer);
        if same.is_some_and(|member| member.user_id != user_id) {
            return Err(Refusal::JoinAs(entrance.peer));
        }
        let member = CallMember::entering(entrance, limits)?;
        self.room.roster.check_sources(&member)?;
        let before = self.room.member(user_id).map(CallMember::peer);
        let limit = limits.hosted_participants;
        if before.is_none() && self.members().len() >= limit {
            return Err(Refusal::Full { limit });
        }
        // Every check is behind us: from here on all of it happens.
        let was_other = before.is_some_and(|before| before != entrance.peer);
        let left = was_other.then(|| self.room.disconnect(user_id));
        let left = left.transpose()?.map(|left| left.pushes);
        self.grant(user_id, before.is_some(), invite_hash, circle);
        self.room.roster.enter(member);
        let change = |viewer| {
            let member = self.room.member(user_id);
            let reference = self.reference();
            let roster = &self.room.roster;
            roster.change(reference, viewer, member, RosterChange::Joined)
        };
        let answer = [self.connection(user_id), self.shown(user_id, circle)];
        let answer = answer.into_iter().chain(change(user_id)).collect();
        let mut outcome = Outcome::new(user_id, answer, &self.room.roster, change);
        outcome.pushes.splice(..0, left.into_iter().flatten());
        Ok(outcome.minimal_if(circle.is_broadcast()))
    }

    /// Decides at the entrance of a user whether it may speak.
    fn grant(&mut self, user_id: UserId, was_in: bool, hash: Option<&str>, circle: Circle<'_>) {
        let may_speak = self.kind() == CallKind::VideoChat;
        let has_hash = hash.is_some() && hash == self.invite_hash.as_ref().map(InviteHash::as_str);
        let is_muted = self.join_muted && !was_in;
        let voices = self.room.roster.voices_mut();
        if may_speak && (circle.is_admin(user_id) || has_hash) {
            voices.allow(user_id);
        } else if !may_speak || is_muted {
            voices.silence(user_id);
        }
    }

    /// Media for those who may speak and in small calls, a stream for the listeners of others.
    fn connection(&self, user_id: UserId) -> Update {
        let stream = |params| {
            Update::Connection(CallConnection {
                presentation: false,
                params: DataJson::new(params),
            })
        };
        let is_large = self.members().len() > self.stream_above;
        let is_listener = !self.room.roster.voices().may_speak(user_id);
        match self.kind() {
            _ if self.rtmp => stream(r#"{"stream":true,"rtmp":true}"#),
            CallKind::VideoChat if is_large && is_listener => stream(r#"{"stream":true}"#),
            _ => self.room.connection(),
        }
    }

    /// The channels of a stream for one who takes part; none where nobody publishes by RTMP.
    pub(super) fn channels(&self, from: UserId, now: i32) -> Result<Vec<StreamChannel>, Refusal> {
        self.check_joined(from)?;
        match self.rtmp && self.is_published {
            true => Ok(stream::channels(now)),
            false => Ok(Vec::new()),
        }
    }

    /// A part of a stream for one who takes part.
    pub(super) fn part(
        &self,
        from: UserId,
        request: &GetFile,
        now: i32,
    ) -> Result<FilePart, Refusal> {
        self.check_joined(from)?;
        let publisher = match self.kind() {
            _ if self.rtmp && !self.is_published => return Err(Refusal::PartToCome),
            _ if self.rtmp => Publisher::Rtmp,
            CallKind::VideoChat => Publisher::Participants {
                speakers: self.room.roster.speakers().collect(),
                // As many as a mask has bits.
                pictures: (0..32).zip(self.room.roster.pictures()).collect(),
            },
            // A live story that no program feeds goes over media.
            _ => return Err(Refusal::StreamLocation),
        };
        let part = stream::part(&publisher, request, now)?;
        Ok(FilePart::Bytes(part))
    }

    /// The call and the start of its roster.
    pub(super) fn overview(
        &self,
        viewer: UserId,
        request: &GetGroupCall,
        circle: Circle<'_>,
    ) -> GroupCallInfo {
        let limit = match request.limit {
            // The server's choice.
            ..=0 => crate::limits::PAGE_PARTICIPANTS,
            limit => limit.max(3),
        };
        let (participants, next_offset) = self.room.roster.first_page(viewer, limit);
        GroupCallInfo {
            call: self.info(viewer, circle).into(),
            participants,
            next_offset,
            labels: Vec::new(),
        }
    }

    pub(super) fn roster_page(
        &self,
        from: UserId,
        request: &GetGroupParticipants,
    ) -> Result<ParticipantsPage, Refusal> {
        self.room.roster_page(from, request)
    }

    pub(super) fn edit(
        &mut self,
        from: UserId,
        request: &EditGroupCallParticipant,
        circle: Circle<'_>,
    ) -> Result<Outcome, Refusal> {
        let is_admin = |user_id| circle.is_admin(user_id);
        let outcome = self.room.edit(from, request, Hands::Raised, is_admin)?;
        Ok(outcome.minimal_if(circle.is_broadcast()))
    }

    pub(super) fn share(
        &mut self,
        from: UserId,
        request: &JoinGroupCallPresentation,
        circle: Circle<'_>,
        limits: &Limits,
    ) -> Result<Outcome, Refusal> {
        let outcome = self.room.share(from, &request.params, limits)?;
        Ok(outcome.minimal_if(circle.is_broadcast()))
    }

    /// Changes what an admin may change, as far as this kind of call has it.
    pub(super) fn set(
        &mut self,
        from: UserId,
        request: &ToggleGroupCallSettings,
        circle: Circle<'_>,
    ) -> Result<Outcome, Refusal> {
        check_admin(from, circle)?;
        let before = (self.join_muted, self.room.messages_enabled, self.price);
        self.join_muted = request.join_muted.unwrap_or(before.0);
        self.room.messages_enabled = request.messages_enabled.unwrap_or(before.1);
        let price = request.send_paid_messages_stars.map(|stars| stars.max(0));
        // Nothing to pay is no price.
        self.price = price.or(before.2).filter(|stars| *stars > 0);
        let now = (self.join_muted, self.room.messages_enabled, self.price);
        if request.reset_invite_hash {
            self.invite_hash = None;
        } else if now == before {
            return Err(Refusal::NothingToSet);
        }
        Ok(self.changed(from, circle))
    }

    pub(super) fn rename(
        &mut self,
        from: UserId,
        title: &str,
        circle: Circle<'_>,
    ) -> Result<Outcome, Refusal> {
        check_admin(from, circle)?;
        self.title = Some(title.to_owned()).filter(|title| !title.is_empty());
        Ok(self.changed(from, circle))
    }

    /// Begins or ends a recording, of which this server keeps no more than that it runs.
    pub(super) fn record(
        &mut self,
        from: UserId,
        request: &ToggleGroupCallRecord,
        circle: Circle<'_>,
        now: i32,
    ) -> Result<Outcome, Refusal> {
        check_admin(from, circle)?;
        if request.start == self.recording.is_some() {
            return Err(Refusal::NothingToSet);
        }
        self.recording = request.start.then(|| Recording {
            since: now,
            has_video: request.video_portrait.is_some(),
        });
        Ok(self.changed(from, circle))
    }

    /// Begins a call that was announced.
    pub(super) fn begin(
        &mut self,
        from: UserId,
        circle: Circle<'_>,
        now: i32,
    ) -> Result<Outcome, Refusal> {
        check_admin(from, circle)?;
        self.schedule.take().ok_or(Refusal::Begun)?;
        self.room.created = now;
        Ok(self.changed(from, circle))
    }

    /// Notes that a user wants to be told when the call begins, which is nobody else's concern.
    pub(super) fn subscribe(
        &mut self,
        from: UserId,
        subscribed: bool,
        circle: Circle<'_>,
    ) -> Result<Outcome, Refusal> {
        let schedule = self.schedule.as_mut().ok_or(Refusal::Begun)?;
        match subscribed {
            true => schedule.subscribers.insert(from),
            false => schedule.subscribers.remove(&from),
        };
        self.room.roster.count_change();
        Ok(Outcome::of_answer(vec![self.shown(from, circle)]))
    }

    /// Sends a message of a participant, who has so many stars, to all of them; gives the stars that were paid too.
    ///
    /// The same message again is answered as before, and costs nothing.
    pub(super) fn write(
        &mut self,
        from: UserId,
        request: &SendGroupCallMessage,
        send_as: Option<Peer>,
        circle: Circle<'_>,
        stars: i64,
        now: i32,
    ) -> Result<(Outcome, i64), Refusal> {
        let joined_as = self.room.check_member(from)?.peer;
        if let Some(message) = self.messages.find(from, request.random_id) {
            let answer = vec![Update::Message(message.clone())];
            return Ok((Outcome::of_answer(answer), 0));
        }
        if !self.room.messages_enabled {
            return Err(Refusal::MessagesDisabled);
        }
        let length = request.message.text.chars().count();
        if length > MESSAGE_CHARACTERS {
            return Err(Refusal::TextTooLong { length });
        }
        let paid = request.allow_paid_stars.filter(|stars| *stars > 0);
        if length == 0 && paid.is_none() {
            return Err(Refusal::TextMissing);
        }
        let is_admin = circle.is_admin(from);
        match self.price {
            Some(price) if !is_admin && paid.is_none_or(|paid| paid < price) => {
                return Err(Refusal::PriceTooLow { price });
            }
            _ => {}
        }
        let price = paid.unwrap_or_default();
        if price > stars {
            return Err(Refusal::TooPoor);
        }
        let message = CallMessage {
            call: self.reference(),
            id: self.messages.next(),
            from: send_as.unwrap_or(joined_as),
            date: now,
            text: request.message.clone(),
            from_admin: is_admin,
            paid_stars: paid,
        };
        self.messages.keep(KeptMessage {
            writer: from,
            random_id: request.random_id,
            message: message.clone(),
        });
        let update = Update::Message(message);
        let outcome = Outcome::same(from, update, &self.room.roster);
        Ok((outcome, price))
    }

    /// Deletes messages: a participant's own, or any for an admin.
    pub(super) fn delete_messages(
        &mut self,
        from: UserId,
        circle: Circle<'_>,
        which: impl Fn(&KeptMessage) -> bool,
    ) -> Result<Outcome, Refusal> {
        let is_admin = circle.is_admin(from);
        if !is_admin {
            self.room.check_member(from)?;
        }
        let is_foreign = |one: &KeptMessage| which(one) && one.writer != from;
        if !is_admin && self.messages.any(is_foreign) {
            return Err(Refusal::OthersMessage);
        }
        let messages = self.messages.delete(which);
        if messages.is_empty() {
            return Err(Refusal::UnknownMessage);
        }
        let deleted = Update::MessagesDeleted {
            call: self.reference(),
            messages,
        };
        Ok(Outcome::same(from, deleted, &self.room.roster))
    }

    /// The end of the call for all who know of it.
    pub(super) fn discarded(&self, from: UserId, circle: Circle<'_>, now: i32) -> Outcome {
        let update = self.about(self.room.discarded(now));
        let mut outcome = Outcome::same(from, update.clone(), &self.room.roster);
        let (update, onlookers) = (Arc::new(update), self.onlookers(from, circle));
        outcome
            .pushes
            .extend(onlookers.map(|to| (to, Arc::clone(&update))));
        outcome
    }

    /// Shows to all who know of the call what is different in it.
    pub(super) fn changed(&mut self, from: UserId, circle: Circle<'_>) -> Outcome {
        // Clients pass over a call that has no newer version than the one that they know.
        self.room.roster.count_change();
        let update = |viewer| [self.shown(viewer, circle)];
        let mut outcome = Outcome::new(from, update(from).into(), &self.room.roster, update);
        let minimal = Arc::new(self.about(minimal(self.info(from, circle)).into()));
        let onlookers = self.onlookers(from, circle);
        outcome
            .pushes
            .extend(onlookers.map(|to| (to, Arc::clone(&minimal))));
        outcome
    }

    /// The members of the chat beside those who take part.
    fn onlookers<'a>(
        &'a self,
        from: UserId,
        circle: Circle<'a>,
    ) -> impl Iterator<Item = UserId> + use<'a> {
        let members = circle.members();
        members.filter(move |member| *member != from && self.member(*member).is_none())
    }

    /// The call as it is for a viewer.
    pub(super) fn shown(&self, viewer: UserId, circle: Circle<'_>) -> Update {
        self.about(self.info(viewer, circle).into())
    }

    fn about(&self, call: GroupCall) -> Update {
        Update::GroupCall {
            call,
            peer: Some(self.host.peer),
            live_story: self.host.story.is_some(),
        }
    }

    fn info(&self, viewer: UserId, circle: Circle<'_>) -> ActiveCall {
        let is_admin = circle.is_admin(viewer);
        let is_video_chat = self.kind() == CallKind::VideoChat;
        let roster = &self.room.roster;
        let video_count = roster.video_count();
        let schedule = self.schedule.as_ref();
        ActiveCall {
            rtmp_stream: self.rtmp,
            creator: self.creator == Some(viewer),
            participants_count: roster.count(),
            version: roster.version(),
            settings: CallSettings {
                join_muted: self.join_muted,
                can_change_join_muted: is_admin && is_video_chat,
                messages_enabled: self.room.messages_enabled,
                can_change_messages_enabled: is_admin,
            },
            title: self.title.clone(),
            stream_dc: self.rtmp.then_some(STREAM_DC),
            recorded_since: self.recording.map(|recording| recording.since),
            records_video: self.recording.is_some_and(|recording| recording.has_video),
            scheduled_for: schedule.map(|schedule| schedule.date),
            start_subscribed: schedule.is_some_and(|one| one.subscribers.contains(&viewer)),
            can_start_video: is_video_chat && video_count < VIDEO_LIMIT,
            video_count: Some(video_count),
            video_limit: VIDEO_LIMIT,
            listeners_hidden: roster.listeners() == Listeners::Hidden,
            message_price: self.price,
            ..ActiveCall::new(self.room.call)
        }
    }

    /// Checks that a user may know of the call.
    pub(super) fn check_visible(&self, from: UserId, circle: Circle<'_>) -> Result<(), Refusal> {
        match circle.standing(from) {
            Standing::Barred => Err(Refusal::NotAMember(from)),
            Standing::Guest | Standing::Member | Standing::Admin => Ok(()),
        }
    }

    /// Checks that a user is in the call.
    pub(super) fn check_joined(&self, from: UserId) -> Result<&CallMember, Refusal> {
        self.member(from).ok_or(Refusal::NotJoined)
    }

    /// Lets a participant leave; without a source whichever it joined with.
    pub(super) fn leave(
        &mut self,
        from: UserId,
        source: Option<Ssrc>,
        circle: Circle<'_>,
    ) -> Result<Outcome, Refusal> {
        let outcome = self.room.leave(from, source)?;
        Ok(outcome.minimal_if(circle.is_broadcast()))
    }
}

/// Checks that a user may manage the call.
pub(super) fn check_admin(from: UserId, circle: Circle<'_>) -> Result<(), Refusal> {
    match circle.is_admin(from) {
        true => Ok(()),
        false => Err(Refusal::NotAnAdmin(from)),
    }
}

/// A call without what depends on who looks.
fn minimal(call: ActiveCall) -> ActiveCall {
    ActiveCall {
        min: true,
        creator: false,
        start_subscribed: false,
        can_start_video: false,
        default_send_as: None,
        settings: CallSettings {
            can_change_join_muted: false,
            can_change_messages_enabled: false,
            ..call.settings
        },
        ..call
    }
}
