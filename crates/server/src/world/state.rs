use std::collections::{BTreeMap, BTreeSet, VecDeque};

use confcall_join::api::{
    CallId, CallRef, ChannelId, ChatId, CreateGroupCall, DeleteGroupCallMessages,
    DeleteGroupCallParticipantMessages, ExportGroupCallInvite, FullChat, GetFullChannel,
    GetGroupCallStreamRtmpUrl, GetPeerStories, GetStoriesById, InputGroupCall, InputPeer,
    InputUser, InviteLink, InviteToGroupCall, JoinAsPeers, JoinGroupCall, LiveStories, LiveStory,
    Peer, PeerLabel, Request, ResolveUsername, ResolvedPeer, RtmpUrl, SaveDefaultGroupCallJoinAs,
    SendGroupCallMessage, StoryId, StreamKey, Updates,
};
use confcall_join::joining::{InviteHash, JoinPayload, Link, Username};
use confcall_join::policy::{self, CallKind, PolicyViolation};
use confcall_state::UserId;

use super::chat::Standing;
use super::circle::Host;
use super::description::ChatKind;
use super::hosted_call::{HostedCall, check_admin};
use super::peers::Peers;
use super::schedule::{SCHEDULE, Schedule};
use super::served::{Asked, Served};
use crate::limits;
use crate::names::{Names, draw_hash};
use crate::refusal::Refusal;
use crate::room::{CallMember, Entrance, Outcome};

/// The users, groups and channels of a server, and the calls that belong to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct World {
    pub(crate) names: Names,
    pub(crate) peers: Peers,
    pub(crate) calls: BTreeMap<CallId, HostedCall>,
    /// The calls that ended, the oldest first, to recognise a request to end one of them again.
    pub(crate) ended: VecDeque<CallRef>,
    /// Users who take part without a client.
    pub(crate) residents: BTreeSet<UserId>,
    /// The requests that created calls, to recognise one that is sent again.
    pub(crate) creations: BTreeMap<(UserId, i32), CallId>,
    /// The secrets by which programs publish, each with whose stream it is.
    pub(crate) keys: BTreeMap<StreamOf, StreamKey>,
}

/// The stream of a chat, or of the live story of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamOf {
    pub(crate) peer: Peer,
    pub(crate) is_story: bool,
}

impl World {
    /// A world without anything in it, which draws names from `names`.
    pub(crate) fn empty(names: Names) -> Self {
        Self {
            peers: Peers::new(names.access_hashes()),
            names,
            calls: BTreeMap::new(),
            ended: VecDeque::new(),
            residents: BTreeSet::new(),
            creations: BTreeMap::new(),
            keys: BTreeMap::new(),
        }
    }

    pub(crate) fn calls(&self) -> impl ExactSizeIterator<Item = &HostedCall> {
        self.calls.values()
    }

    pub(crate) fn call(&self, id: CallId) -> Option<&HostedCall> {
        self.calls.get(&id)
    }

    /// The link of a call in a public chat, or of the live story of a peer with a public name.
    pub(crate) fn link(&self, id: CallId) -> Option<Link> {
        let host = self.call(id)?.host;
        let username = Username::new(self.peers.username(host.peer)?).ok()?;
        Some(match host.story {
            Some(_) => Link::LiveStory { username },
            None => Link::VideoChat {
                username,
                invite_hash: None,
                livestream: self.peers.circle(host).is_broadcast(),
            },
        })
    }

    /// The participants who have a client, each with its call.
    pub(crate) fn clients(&self) -> impl Iterator<Item = (CallId, UserId)> {
        let users = self.calls().flat_map(|call| {
            let users = call.members().map(CallMember::user_id);
            users.map(|user| (call.id(), user))
        });
        users.filter(|(_, user)| !self.is_resident(*user))
    }

    /// True for a user who takes part without a client, and so is pushed nothing.
    pub(crate) fn is_resident(&self, user_id: UserId) -> bool {
        self.residents.contains(&user_id)
    }

    /// Disconnects a participant whose client has been silent.
    pub(crate) fn drop_member(
        &mut self,
        id: CallId,
        user_id: UserId,
    ) -> Option<Result<Outcome, Refusal>> {
        let call = self.calls.get_mut(&id)?;
        Some(call.room.disconnect(user_id))
    }

    /// Notes that a participant speaks now.
    pub(crate) fn note_speaking(
        &mut self,
        id: CallId,
        user_id: UserId,
        now: i32,
    ) -> Option<Result<Outcome, Refusal>> {
        let call = self.calls.get_mut(&id)?;
        Some(call.room.note_speaking(user_id, now))
    }

    /// Begins the calls of a world that was made before there was a time.
    pub(crate) fn begin(&mut self, now: i32) {
        let timeless = self
            .calls
            .values_mut()
            .filter(|call| call.room.created == 0);
        timeless.for_each(|call| call.date(now));
    }

    /// Lets the program that feeds a call publish, or stop; false if there is no such call.
    pub(crate) fn publish(&mut self, id: CallId, is_published: bool) -> bool {
        let call = self.calls.get_mut(&id).filter(|call| call.rtmp);
        let is_there = call.is_some();
        call.into_iter()
            .for_each(|call| call.is_published = is_published);
        is_there
    }

    /// Makes a supergroup of a basic group, whose call goes on there; gives the pushes of that.
    pub(crate) fn migrate(&mut self, group: ChatId) -> Option<(ChannelId, Outcome)> {
        let mut chat = self.peers.chats.remove(&Peer::Chat(group))?;
        let mut id = ChannelId::new(group.value());
        while self.peers.chats.contains_key(&Peer::Channel(id)) {
            id = ChannelId::new(id.value().saturating_add(1));
        }
        chat.peer = Peer::Channel(id);
        chat.kind = ChatKind::Supergroup;
        let (peer, call) = (chat.peer, chat.call);
        self.peers.chats.insert(peer, chat);
        let call = call.and_then(|call| self.calls.get_mut(&call));
        let outcome = call.map(|call| {
            call.host.peer = peer;
            let circle = self.peers.circle(call.host);
            call.changed(NOBODY, circle)
        });
        Some((
            id,
            outcome.unwrap_or_else(|| Outcome::of_answer(Vec::new())),
        ))
    }

    /// Lets a program feed a video chat by RTMP from now on; all who take part in it become viewers.
    pub(crate) fn convert_to_rtmp(&mut self, id: CallId) -> Option<Outcome> {
        let call = self.calls.get_mut(&id)?;
        call.rtmp = true;
        call.hide_listeners(true);
        let users: Vec<_> = call.members().map(CallMember::user_id).collect();
        for user in users {
            call.room.roster.voices_mut().silence(user);
        }
        Some(call.changed(NOBODY, self.peers.circle(call.host)))
    }

    /// Carries out a request that is about the world; `None` if it is not.
    pub(crate) fn serve(
        &mut self,
        asked: Asked,
        request: &Request,
    ) -> Option<Result<Served, Refusal>> {
        Some(match request {
            Request::ResolveUsername(request) => self.resolve(asked, request),
            Request::FullChannel(request) => self.full_channel(asked, *request),
            Request::FullChat(request) => self.full_chat(asked, Peer::Chat(request.chat)),
            Request::PeerStories(request) => self.peer_stories(asked, request),
            Request::StoriesById(request) => self.stories_by_id(asked, request),
            Request::JoinAs(request) => self.join_as_peers(asked, &request.peer),
            Request::SaveJoinAs(request) => self.save_join_as(asked, request),
            Request::CreateInChat(request) => self.create(asked, request),
            Request::RtmpUrl(request) => self.rtmp_url(asked, request),
            about_call => {
                let named = about_call.call()?;
                if let (Request::Discard(_), true) = (request, self.has_ended(named)) {
                    return Some(Err(Refusal::EndedBefore));
                }
                let id = self.find(named)?;
                self.serve_call(asked, id, request)
            }
        })
    }

    /// The call that a reference names.
    pub(crate) fn find(&self, reference: &InputGroupCall) -> Option<CallId> {
        let named = CallRef::of(reference)?;
        let call = self.call(named.id)?;
        (call.room.call == named).then_some(named.id)
    }

    fn has_ended(&self, reference: &InputGroupCall) -> bool {
        let named = CallRef::of(reference);
        named.is_some_and(|named| self.ended.contains(&named))
    }

    fn serve_call(
        &mut self,
        asked: Asked,
        id: CallId,
        request: &Request,
    ) -> Result<Served, Refusal> {
        let (from, now, limits) = (asked.from, asked.now, &asked.limits);
        match request {
            Request::Join(request) => return self.join(asked, id, request),
            Request::Discard(_) => return self.discard(asked, id),
            Request::ExportInvite(request) => return self.export(asked, id, request),
            Request::InviteToCall(request) => return self.invite(asked, id, request),
            Request::PlainMessage(request) => return self.write(asked, id, request),
            _ => {}
        }
        let call = self.calls.get_mut(&id).ok_or(Refusal::UnknownCall)?;
        let circle = self.peers.circle(call.host);
        call.check_visible(from, circle)?;
        policy::check_request(call.kind(), request)?;
        let outcome = match request {
            Request::GroupCall(request) => {
                return Ok(Served::quietly(call.overview(from, request, circle)));
            }
            Request::Participants(request) => {
                return Ok(Served::quietly(call.roster_page(from, request)?));
            }
            Request::Check(request) => {
                let sources = call.room.joined_sources(from, &request.sources)?;
                return Ok(Served::quietly(sources));
            }
            Request::StreamChannels(_) => {
                return Ok(Served::quietly(call.channels(from, now)?));
            }
            Request::File(request) => {
                return Ok(Served::quietly(call.part(from, request, now)?));
            }
            Request::Leave(request) => call.leave(from, request.source, circle),
            Request::EditParticipant(request) => call.edit(from, request, circle),
            Request::JoinPresentation(request) => call.share(from, request, circle, limits),
            Request::LeavePresentation(_) => call.room.unshare(from),
            Request::Settings(request) => call.set(from, request, circle),
            Request::Title(request) => call.rename(from, &request.title, circle),
            Request::Record(request) => call.record(from, request, circle, now),
            Request::StartScheduled(_) => call.begin(from, circle, now),
            Request::SubscribeStart(request) => call.subscribe(from, request.subscribed, circle),
            Request::DeleteMessages(DeleteGroupCallMessages { messages, .. }) => {
                let messages: BTreeSet<_> = messages.iter().collect();
                call.delete_messages(from, circle, |one| messages.contains(&one.message.id))
            }
            Request::DeleteMessagesOf(DeleteGroupCallParticipantMessages {
                participant, ..
            }) => {
                check_admin(from, circle)?;
                let peer = participant.peer(from).ok_or(Refusal::NoParticipant)?;
                call.delete_messages(from, circle, |one| one.message.from == peer)
            }
            other => Err(Refusal::Unsupported(other.method())),
        };
        outcome.map(Served::from)
    }

    fn join(
        &mut self,
        asked: Asked,
        id: CallId,
        request: &JoinGroupCall,
    ) -> Result<Served, Refusal> {
        let from = asked.from;
        let host = self.call(id).ok_or(Refusal::UnknownCall)?.host;
        let peer = self
            .peers
            .own_peer(asked.from, host.peer, &request.join_as)?;
        let call = self.calls.get_mut(&id).ok_or(Refusal::UnknownCall)?;
        let circle = self.peers.circle(host);
        call.check_visible(from, circle)?;
        let viewer = as_viewer(call.kind(), request)?;
        let request = viewer.as_ref().unwrap_or(request);
        policy::check(call.kind(), request)?;
        let entrance = Entrance {
            user_id: from,
            peer,
            params: &request.params,
            muted: request.muted,
            video_stopped: request.video_stopped,
            date: asked.now,
        };
        let hash = request.invite_hash.as_deref();
        let outcome = call.join(&entrance, hash, circle, &asked.limits)?;
        if let Some(chat) = self.peers.chats.get_mut(&host.peer) {
            chat.admit(from, asked.limits.chat_members);
        }
        Ok(outcome.into())
    }

    fn write(
        &mut self,
        asked: Asked,
        id: CallId,
        request: &SendGroupCallMessage,
    ) -> Result<Served, Refusal> {
        let host = self.call(id).ok_or(Refusal::UnknownCall)?.host;
        let send_as = request.send_as.as_ref();
        let send_as = send_as.map(|peer| self.peers.own_peer(asked.from, host.peer, peer));
        let send_as = send_as.transpose()?;
        let call = self.calls.get_mut(&id).ok_or(Refusal::UnknownCall)?;
        let circle = self.peers.circle(call.host);
        policy::check_request(call.kind(), &request.clone().into())?;
        let purse = self.peers.users.get(&asked.from);
        let purse = purse.map_or(0, |user| user.stars);
        let (outcome, paid) = call.write(asked.from, request, send_as, circle, purse, asked.now)?;
        if let Some(user) = self.peers.users.get_mut(&asked.from) {
            user.stars -= paid;
        }
        Ok(outcome.into())
    }

    fn discard(&mut self, asked: Asked, id: CallId) -> Result<Served, Refusal> {
        let call = self.call(id).ok_or(Refusal::UnknownCall)?;
        check_admin(asked.from, self.peers.circle(call.host))?;
        Ok(self.end(asked, id).into())
    }

    /// Ends a call for all.
    fn end(&mut self, asked: Asked, id: CallId) -> Outcome {
        let Some(call) = self.calls.remove(&id) else {
            return Outcome::of_answer(Vec::new());
        };
        let outcome = call.discarded(asked.from, self.peers.circle(call.host), asked.now);
        let chats = self.peers.chats.values_mut();
        let chats = chats.filter(|chat| chat.call == Some(id));
        chats.for_each(|chat| chat.call = None);
        self.creations.retain(|_, created| *created != id);
        self.ended.push_back(call.room.call);
        let surplus = self.ended.len().saturating_sub(limits::ENDED_CALLS);
        self.ended.drain(..surplus);
        outcome
    }

    fn create(&mut self, asked: Asked, request: &CreateGroupCall) -> Result<Served, Refusal> {
        let (from, now) = (asked.from, asked.now);
        let peer = self.peers.named_chat(asked.from, &request.peer)?;
        let host = Host { peer, story: None };
        check_admin(from, self.peers.circle(host))?;
        let created = self.creations.get(&(from, request.random_id));
        if let Some(call) = created.and_then(|id| self.call(*id)) {
            if call.host != host {
                return Err(Refusal::RandomIdUsed(request.random_id));
            }
            let shown = call.shown(from, self.peers.circle(host));
            return Ok(Served::quietly(Updates(vec![shown])));
        }
        let date = request.schedule_date;
        let is_near = |date: i32| SCHEDULE.contains(&date.saturating_sub(now));
        if date.is_some_and(|date| !is_near(date)) {
            return Err(Refusal::ScheduleDate);
        }
        let before = self.peers.chats.get(&peer).and_then(|chat| chat.call);
        let replaced = before.map(|before| self.end(asked, before));
        let mut call = HostedCall::new(host, Some(from), &mut self.names.fresh(), now);
        call.title = request.title.clone().filter(|title| !title.is_empty());
        call.rtmp = request.rtmp_stream;
        call.hide_listeners(false);
        call.schedule = date.map(Schedule::new);
        let id = call.id();
        if let Some(chat) = self.peers.chats.get_mut(&peer) {
            chat.call = Some(id);
        }
        self.creations.insert((from, request.random_id), id);
        let outcome = call.changed(from, self.peers.circle(host));
        self.calls.insert(id, call);
        let mut served = Served::from(outcome);
        let replaced = replaced.into_iter().flat_map(|replaced| replaced.pushes);
        served.pushes.splice(..0, replaced);
        Ok(served)
    }

    /// The link of a call in a public chat; admins get one by which who comes may speak.
    fn export(
        &mut self,
        asked: Asked,
        id: CallId,
        request: &ExportGroupCallInvite,
    ) -> Result<Served, Refusal> {
        let link = self.link(id).ok_or(Refusal::NotPublic)?;
        let call = self.calls.get_mut(&id).ok_or(Refusal::UnknownCall)?;
        let circle = self.peers.circle(call.host);
        let Link::VideoChat {
            username,
            livestream,
            ..
        } = link
        else {
            return Err(Refusal::NotPublic);
        };
        let wants_to_speak = request.can_self_unmute && circle.is_admin(asked.from);
        if wants_to_speak && call.invite_hash.is_none() {
            call.invite_hash = InviteHash::new(&draw_hash(&mut self.names.fresh())).ok();
        }
        let hash = call.invite_hash.clone();
        let link = Link::VideoChat {
            username,
            invite_hash: hash.filter(|_| wants_to_speak),
            livestream,
        };
        Ok(Served::quietly(InviteLink::new(link.to_string())))
    }

    fn invite(
        &mut self,
        asked: Asked,
        id: CallId,
        request: &InviteToGroupCall,
    ) -> Result<Served, Refusal> {
        let call = self.calls.get_mut(&id).ok_or(Refusal::UnknownCall)?;
        let circle = self.peers.circle(call.host);
        policy::check_request(call.kind(), &request.clone().into())?;
        let own = call.check_joined(asked.from)?.peer();
        if own != Peer::User(asked.from) {
            return Err(Refusal::InviteAsOther(own));
        }
        let users = request.users.iter().map(|user| match *user {
            InputUser::Empty => Err(Refusal::NobodyToInvite),
            InputUser::SelfUser => Ok(asked.from),
            InputUser::User { id, .. } => Ok(id),
        });
        let users: Vec<_> = users.collect::<Result<_, _>>()?;
        for user in &users {
            if circle.standing(*user) < Standing::Member {
                return Err(Refusal::NotInChat(*user));
            }
            if call.member(*user).is_some() {
                return Err(Refusal::AlreadyMember(*user));
            }
        }
        // Of several only those are asked who were not before.
        if let Some(user) = users.first()
            && users.iter().all(|user| call.invited.contains(user))
        {
            return Err(Refusal::InvitedBefore(*user));
        }
        call.invited.extend(users);
        Ok(Served::quietly(Updates::default()))
    }

    fn resolve(&mut self, asked: Asked, request: &ResolveUsername) -> Result<Served, Refusal> {
        let peer = self.peers.find(&request.username);
        let peer = peer.ok_or(Refusal::UnknownName)?;
        if let Some(chat) = self.peers.chats.get_mut(&peer) {
            chat.admit(asked.from, asked.limits.chat_members);
        }
        Ok(Served::quietly(ResolvedPeer {
            peer,
            labels: vec![nameless(peer)],
        }))
    }

    fn full_channel(&mut self, asked: Asked, request: GetFullChannel) -> Result<Served, Refusal> {
        let peer = Peer::Channel(request.id);
        if self.peers.access_hash(peer, asked.from) != Some(request.access_hash) {
            return Err(Refusal::UnknownChannel);
        }
        self.full_chat(asked, peer)
    }

    fn full_chat(&mut self, asked: Asked, peer: Peer) -> Result<Served, Refusal> {
        let chat = self
            .peers
            .chats
            .get_mut(&peer)
            .ok_or(Refusal::UnknownPeer)?;
        if chat.standing(asked.from) == Standing::Barred {
            return Err(Refusal::PrivateChat);
        }
        chat.admit(asked.from, asked.limits.chat_members);
        let default_join_as = chat.join_as.get(&asked.from).copied();
        let call = chat.call.and_then(|id| self.calls.get(&id));
        Ok(Served::quietly(FullChat {
            call: call.map(|call| call.room.call),
            default_join_as,
            labels: vec![nameless(peer)],
        }))
    }

    fn peer_stories(&self, asked: Asked, request: &GetPeerStories) -> Result<Served, Refusal> {
        let peer = self.peers.named_peer(asked.from, &request.peer)?;
        Ok(Served::quietly(self.live_stories(peer, |_| true)))
    }

    fn stories_by_id(&self, asked: Asked, request: &GetStoriesById) -> Result<Served, Refusal> {
        let peer = self.peers.named_peer(asked.from, &request.peer)?;
        let is_named = |story: StoryId| request.ids.contains(&story);
        Ok(Served::quietly(self.live_stories(peer, is_named)))
    }

    fn live_stories(&self, peer: Peer, which: impl Fn(StoryId) -> bool) -> LiveStories {
        let calls = self.calls().filter(|call| call.host.peer == peer);
        let live = calls.filter_map(|call| {
            Some(LiveStory {
                id: call.host.story.filter(|story| which(*story))?,
                call: call.room.call,
                rtmp_stream: call.rtmp,
            })
        });
        LiveStories {
            live: live.collect(),
            labels: vec![nameless(peer)],
        }
    }

    fn join_as_peers(&self, asked: Asked, peer: &InputPeer) -> Result<Served, Refusal> {
        let peer = self.peers.named_chat(asked.from, peer)?;
        Ok(Served::quietly(JoinAsPeers {
            peers: self.peers.may_be(asked.from, peer).collect(),
            labels: Vec::new(),
        }))
    }

    fn save_join_as(
        &mut self,
        asked: Asked,
        request: &SaveDefaultGroupCallJoinAs,
    ) -> Result<Served, Refusal> {
        let peer = self.peers.named_chat(asked.from, &request.peer)?;
        let own = self.peers.own_peer(asked.from, peer, &request.join_as)?;
        let chat = self
            .peers
            .chats
            .get_mut(&peer)
            .ok_or(Refusal::UnknownPeer)?;
        chat.join_as.insert(asked.from, own);
        Ok(Served::quietly(true))
    }

    fn rtmp_url(
        &mut self,
        asked: Asked,
        request: &GetGroupCallStreamRtmpUrl,
    ) -> Result<Served, Refusal> {
        let peer = self.peers.named_peer(asked.from, &request.peer)?;
        // A user has stories alone, and a basic group none.
        let has_stream = match peer {
            Peer::User(_) => request.live_story,
            Peer::Chat(_) => !request.live_story,
            Peer::Channel(_) => true,
        };
        if !has_stream {
            return Err(Refusal::UnknownPeer);
        }
        let host = Host { peer, story: None };
        check_admin(asked.from, self.peers.circle(host))?;
        let stream = StreamOf {
            peer,
            is_story: request.live_story,
        };
        if request.revoke {
            self.keys.remove(&stream);
        }
        let names = &mut self.names;
        let draw = || StreamKey::new(draw_hash(&mut names.fresh()));
        let key = self.keys.entry(stream).or_insert_with(draw);
        Ok(Served::quietly(RtmpUrl {
            // Nothing listens there: the name is one that is kept for documentation.
            url: "rtmps://rtmp.example/s/".to_owned(),
            key: key.clone(),
        }))
    }
}

/// The user in whose name the world changes by itself.
const NOBODY: UserId = UserId::new(0);

/// A peer whose name is still to be put in.
fn nameless(peer: Peer) -> PeerLabel {
    PeerLabel {
        peer,
        name: String::new(),
        username: None,
        access_hash: None,
        photo: None,
    }
}

/// The request of a client that makes its payload before it knows that it will watch a stream: whatever it offers, it
/// sends nothing. `None` in a call of another kind.
fn as_viewer(
    kind: CallKind,
    request: &JoinGroupCall,
) -> Result<Option<JoinGroupCall>, PolicyViolation> {
    match kind {
        CallKind::Conference | CallKind::VideoChat | CallKind::LiveStoryListener => Ok(None),
        CallKind::RtmpViewer => {
            let payload = JoinPayload::from_json(request.params.as_str())?;
            Ok(Some(JoinGroupCall {
                muted: true,
                video_stopped: true,
                params: payload.without_ssrc_groups().to_params(),
                ..request.clone()
            }))
        }
    }
}
