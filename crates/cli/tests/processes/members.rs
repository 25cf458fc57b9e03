//! The members of a call, each a process.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::running::Running;
use crate::running::place::{Place, Server};

/// How members wait for an answer: long for a machine that does much else, and short for a test.
const PATIENCE: [&str; 2] = ["--answer-timeout", "3"];

/// A server, and a call on it.
pub(crate) struct Call {
    pub(crate) place: Place,
    pub(crate) server: Server,
    pub(crate) link: String,
}

impl Call {
    /// Starts a server, and lets user 1 create a call on it.
    pub(crate) fn create(place: Place, serve: &[&str]) -> (Self, Member) {
        let server = place.serve(serve);
        let mut creator = Member::enter(&place, &server, 1, &["create"]);
        let link = creator.process.next("link")["link"].clone();
        let link = link.as_str().unwrap().to_owned();
        let call = Self {
            place,
            server,
            link,
        };
        (call, creator)
    }

    /// Creates a call in which the creator and these users are, whose blocks may race.
    pub(crate) fn begin(place: Place, serve: &[&str], users: &[i64]) -> (Self, Vec<Member>) {
        let (call, creator) = Self::create(place, serve);
        let others = users.iter().map(|user| call.follow(*user));
        let mut members: Vec<_> = [creator].into_iter().chain(others).collect();
        all_see_all(&mut members);
        (call, members)
    }

    /// Lets a user follow the link, and does not wait until it is in.
    pub(crate) fn follow(&self, id: i64) -> Member {
        Member::enter(&self.place, &self.server, id, &["join", &self.link])
    }
}

/// A user's life in a call.
pub(crate) struct Member {
    pub(crate) id: i64,
    pub(crate) process: Running,
}

impl Member {
    fn enter(place: &Place, server: &Server, id: i64, call: &[&str]) -> Self {
        let call: Vec<_> = call.iter().chain(&PATIENCE).copied().collect();
        let process = place.enter(&server.address, &id.to_string(), &call);
        Self { id, process }
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        self.process.type_line(line);
    }

    /// Types `/leave`, and waits for a good end.
    pub(crate) fn leaves(mut self) {
        self.types("/leave");
        self.ends("left", 0);
    }

    /// Waits for the end, for this reason and with this status.
    pub(crate) fn ends(mut self, reason: &str, status: i32) {
        let ended = self.process.next("ended");
        assert_eq!(ended["reason"]["kind"], reason, "{ended}");
        assert_eq!(ended["status"], status, "{ended}");
        assert_eq!(self.process.end(), status);
    }

    /// Seals a frame, and gives the packet.
    fn seals(&mut self, text: &str) -> Option<String> {
        self.types(&format!("/seal {text}"));
        let sealed = self.process.answer("seal", "sealed");
        sealed["packet"].as_str().map(str::to_owned)
    }

    /// Opens a packet, which can fail; if it does not, it holds this frame of this user.
    fn opens(&mut self, from: i64, packet: &str, text: &str) -> bool {
        self.types(&format!("/open {from} {packet}"));
        let opened = self.process.answer("open", "opened");
        let is_open = opened["event"] == "opened";
        if is_open {
            assert_eq!(opened["from"], from.to_string());
            assert_eq!(opened["text"], text);
        }
        is_open
    }
}

/// Waits until each sees that these are the members, in whatever order.
pub(crate) fn all_see_all(members: &mut [Member]) {
    let all: BTreeSet<_> = members.iter().map(|member| member.id).collect();
    for member in members {
        let members = |call: &Value| ids(&call["members"]);
        member
            .process
            .newest("members", |call| members(call) == all);
    }
}

/// Ids as a set.
fn ids(list: &Value) -> BTreeSet<i64> {
    let ids = list.as_array().into_iter().flatten();
    ids.map(|id| id.as_str().unwrap().parse().unwrap())
        .collect()
}

/// Waits until all see all, and the same emoji and words, at this height or above; gives what they see.
pub(crate) fn agree(members: &mut [Member], least: i64) -> Value {
    all_see_all(members);
    let mut height = least;
    loop {
        let seen: Vec<_> = members
            .iter_mut()
            .map(|one| one.process.newest("emoji", |emoji| at(emoji) >= height))
            .collect();
        height = seen.iter().map(at).max().unwrap();
        let (first, others) = seen.split_first().unwrap();
        if others.iter().all(|other| at(other) == at(first)) {
            assert!(others.iter().all(|other| other == first), "{seen:#?}");
            assert_eq!(first["emoji"].as_array().unwrap().len(), 4);
            assert_eq!(first["words"].as_array().unwrap().len(), 24);
            return first.clone();
        }
    }
}

/// The height of what is seen.
pub(crate) fn at(emoji: &Value) -> i64 {
    emoji["height"].as_i64().unwrap()
}

/// Lets each seal a frame; says whether all others open it, as they do unless somebody enters anew meanwhile.
pub(crate) fn exchange_frames(members: &mut [Member]) -> bool {
    (0..members.len()).all(|sealer| {
        let from = members[sealer].id;
        let text = format!("a frame of user {from}");
        let Some(packet) = members[sealer].seals(&text) else {
            return false;
        };
        let mut others = members.iter_mut().filter(|member| member.id != from);
        others.all(|other| other.opens(from, &packet, &text))
    })
}

/// Lets one write a message that arrives at all others.
pub(crate) fn write(members: &mut [Member], writer: usize, text: &str) {
    let from = members[writer].id;
    members[writer].types(text);
    for reader in members.iter_mut().filter(|member| member.id != from) {
        let message = reader
            .process
            .wait_for("message", |one| one["text"] == text);
        assert_eq!(message["from"]["id"], from.to_string());
    }
}
