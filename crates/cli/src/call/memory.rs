//! What is kept of what happened, to be shown again or beside what happens next.

use confcall::UserId;
use confcall::conference::View;
use confcall::join::api::InviteLink;
use confcall::join::engine::{Event, Trouble};
use confcall::state::{BlockHash, Height};

use super::exit::{self, Unanswered};
use super::told::{Answer, Emoji, Told};

/// What is known of our stay in the call.
#[derive(Debug, Default)]
pub(super) struct Memory {
    is_in: bool,
    link: Option<InviteLink>,
    newest: Option<(Height, BlockHash)>,
    emoji: Option<Emoji>,
    connected: Vec<UserId>,
    /// The request that has no answer yet, or will have none.
    unanswered: Option<Unanswered>,
}

impl Memory {
    /// Whether we are in the call.
    pub(super) fn is_in(&self) -> bool {
        self.is_in
    }

    /// The emoji of the newest block, once it is verified.
    pub(super) fn emoji(&self) -> Told {
        Told::Emoji(self.emoji)
    }

    pub(super) fn link(&self) -> Told {
        Told::Link(self.link.clone())
    }

    /// Takes note of a step on the way in or out.
    pub(super) fn note(&mut self, step: &Told) {
        let unanswered = |method: &_, why| {
            let method = *method;
            Some(Unanswered { method, why })
        };
        self.unanswered = match step {
            Told::Request(method) => unanswered(method, None),
            Told::Answer {
                method,
                answer: Answer::Lost(why),
                ..
            } => unanswered(method, Some(why.clone())),
            _ => None,
        };
    }

    /// Takes note of an event; gives what is to be told of it.
    pub(super) fn take(&mut self, event: Event, view: &View) -> Vec<Told> {
        match event {
            Event::Joined(_) | Event::Rejoined(_) | Event::Resumed(_) => self.enter(event, view),
            Event::Retrying {
                why: Trouble::Rejoining(_),
                ..
            } => {
                self.is_in = false;
                vec![of_event(event)]
            }
            Event::Ended(ended) => {
                self.is_in = false;
                let badly = exit::check(&ended, self.unanswered.as_ref()).err();
                vec![Told::Ended { ended, badly }]
            }
            Event::Link(link) => {
                self.link = Some(link);
                vec![self.link()]
            }
            Event::EpochStarted { height, hash } => {
                self.newest = Some((height, hash));
                self.emoji = None;
                vec![of_event(event)]
            }
            Event::MembersChanged { added, removed, by } => vec![Told::Members {
                members: view.members.clone(),
                added,
                removed,
                by,
            }],
            Event::RosterChanged => self.look_around(view),
            Event::Emoji { height, hash } => {
                let newest = self.newest.filter(|newest| newest.0 == height);
                let block = newest.map(|newest| newest.1);
                self.emoji = Some(Emoji {
                    height,
                    hash,
                    block,
                });
                vec![self.emoji()]
            }
            Event::CheckpointDue => Vec::new(),
            event => vec![of_event(event)],
        }
    }

    /// A membership has begun.
    fn enter(&mut self, event: Event, view: &View) -> Vec<Told> {
        if let Event::Joined(joined) | Event::Rejoined(joined) | Event::Resumed(joined) = &event {
            self.link = joined.invite_link.clone().or(self.link.take());
        }
        self.is_in = true;
        self.emoji = None;
        vec![of_event(event), members(view)]
    }

    fn look_around(&mut self, view: &View) -> Vec<Told> {
        if self.connected == view.connected {
            return Vec::new();
        }
        self.connected.clone_from(&view.connected);
        vec![Told::Roster(view.connected.clone())]
    }
}

fn of_event(event: Event) -> Told {
    Told::Event(Box::new(event))
}

/// Who is in the call, without a change.
pub(super) fn members(view: &View) -> Told {
    Told::Members {
        members: view.members.clone(),
        added: Vec::new(),
        removed: Vec::new(),
        by: None,
    }
}
