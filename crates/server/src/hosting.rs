use confcall_join::api::{CallId, ChannelId, ChatId};
use confcall_join::joining::Link;
use confcall_state::UserId;

use crate::names::Names;
use crate::options::ServerOptions;
use crate::room::CallMember;
use crate::server::{SERVICE, Server};
use crate::world::{self, HostedCall, WorldDescription, WorldError};

/// The calls of groups and channels, and live stories, as the operator of a server sees and moves them.
impl Server {
    /// A server with the groups and channels that are described, and their calls.
    ///
    /// # Errors
    ///
    /// [`WorldError`]
    pub fn with_world(
        options: ServerOptions,
        described: &WorldDescription,
    ) -> Result<Self, WorldError> {
        let mut server = Self::new(options);
        server.world = world::build(described, Names::of_world(options.seed))?;
        for user in &described.user {
            if let Some(name) = &user.name {
                server.set_name(UserId::new(user.id), name);
            }
        }
        Ok(server)
    }

    /// The call of a chat or of a live story with this id.
    pub fn hosted_call(&self, id: CallId) -> Option<&HostedCall> {
        self.world.call(id)
    }

    /// All calls of chats and of live stories, by id.
    pub fn hosted_calls(&self) -> impl ExactSizeIterator<Item = &HostedCall> {
        self.world.calls()
    }

    /// The link of a call of a chat or of a live story, if there is one: the chat or user needs a public name.
    pub fn hosted_link(&self, id: CallId) -> Option<Link> {
        self.world.link(id)
    }

    /// The title of a call of a chat or of a live story, or the name of its chat or user without one.
    pub fn hosted_title(&self, call: &HostedCall) -> String {
        let title = call.title().map(str::to_owned);
        title.unwrap_or_else(|| self.introductions(SERVICE).label(call.peer()).name)
    }

    /// The users who are in calls with a client of theirs, each with its call.
    pub fn connected(&self) -> impl Iterator<Item = (CallId, UserId)> {
        let conferences = self.calls().flat_map(|call| {
            let users = call.members().map(CallMember::user_id);
            users.map(|user| (call.id(), user))
        });
        conferences.chain(self.world.clients())
    }

    /// Makes a supergroup of a basic group, and gives its id; the call of the group goes on in it.
    ///
    /// All who know of the call are pushed that. `None` if there is no such group.
    pub fn migrate_chat(&mut self, group: ChatId) -> Option<ChannelId> {
        let (channel, outcome) = self.world.migrate(group)?;
        self.push_all(outcome.pushes);
        Some(channel)
    }

    /// Lets a program feed the call of a chat by RTMP from now on, so that its participants become viewers.
    ///
    /// All who know of the call are pushed that. False if there is no such call.
    pub fn convert_to_rtmp(&mut self, call: CallId) -> bool {
        let outcome = self.world.convert_to_rtmp(call);
        let is_there = outcome.is_some();
        self.push_all(outcome.into_iter().flat_map(|outcome| outcome.pushes));
        is_there
    }

    /// Lets the program that feeds a call by RTMP publish, as it does from the start, or stop.
    ///
    /// False if there is no such call.
    pub fn set_published(&mut self, call: CallId, is_published: bool) -> bool {
        self.world.publish(call, is_published)
    }
}
