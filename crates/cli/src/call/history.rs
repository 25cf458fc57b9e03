//! The command's memory of a call, for reports that need more than one event.

use confcall::api::{CallSettings, Peer};
use confcall::join::api::InviteLink;
use confcall::join::engine::{CallInfo, Event, OwnState, Participant, Trouble};
use confcall::state::{BlockHash, Height};
use confcall::{CallKind, UserId, View, WaitingFor};
use tokio::time::Instant;

use super::describe;
use super::exit::{self, Unanswered};
use super::kinds;
use super::names::Names;
use super::report::{CallReport, Emoji, Presence, RequestEnd};
use super::status::Wait;

/// The progress of a call, as events have shown it.
#[derive(Debug, Default)]
pub(super) struct CallHistory {
    is_in: bool,
    link: Option<InviteLink>,
    newest: Option<(Height, BlockHash)>,
    emoji: Option<Emoji>,
    connected: Vec<UserId>,
    leaving: Vec<UserId>,
    own: Option<OwnState>,
    settings: Option<CallSettings>,
    info: Option<CallInfo>,
    /// The moment since when we wait for a call that is announced.
    announced: Option<Instant>,
    /// The request that has no answer yet, or will have none.
    unanswered: Option<Unanswered>,
    /// The start of the newest block's verification, until it has emoji.
    round: Option<Instant>,
}

impl CallHistory {
    /// True while we are in the call.
    pub(super) fn is_in(&self) -> bool {
        self.is_in
    }

    /// True while we wait for the beginning of a call that is announced.
    pub(super) fn is_announced(&self) -> bool {
        self.announced.is_some()
    }

    /// The emoji of the newest block, once it is verified.
    pub(super) fn emoji(&self) -> CallReport {
        CallReport::Emoji(self.emoji)
    }

    /// The link of the call, if the server has shown one.
    pub(super) fn link(&self) -> CallReport {
        CallReport::Link(self.link.clone())
    }

    /// What the way in waits for, and from the way in on the members whose part of the verification is missing.
    pub(super) fn wait(&self, view: &View, names: &Names) -> Option<Wait> {
        if let Some(since) = self.announced {
            return Some(Wait::new("an admin to begin the call", since));
        }
        if !self.is_in {
            return Some(match view.waiting_for.as_ref()? {
                WaitingFor::Answer { method, since } => {
                    Wait::new(describe::awaited(*method), Instant::from_std(*since))
                }
                attempt => Wait::new(attempt.to_string(), Instant::now()),
            });
        }
        let since = self.round?;
        let what = match view.missing.is_empty() {
            true => "the emoji".to_owned(),
            false => format!("{} to verify the call", names.list(&view.missing)),
        };
        Some(Wait::new(what, since))
    }

    /// Remembers the newest request on the way in or out, until it has an answer.
    pub(super) fn note_request(&mut self, report: &CallReport) {
        self.unanswered = match report {
            CallReport::Request(method) => Some(Unanswered {
                method: *method,
                why: None,
            }),
            CallReport::Answer {
                method,
                answer: RequestEnd::Lost(why),
                ..
            } => Some(Unanswered {
                method: *method,
                why: Some(why.clone()),
            }),
            _ => None,
        };
    }

    /// Remembers an event; returns the reports that follow from it.
    pub(super) fn reports(&mut self, event: Event, view: &View) -> Vec<CallReport> {
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
                self.announced = None;
                // The request without an answer explains the end better than the number of attempts.
                let unwanted = exit::check(&ended, self.unanswered.as_ref()).err();
                vec![CallReport::Ended { ended, unwanted }]
            }
            // There each link was asked for, and is shown as the answer.
            Event::Link(_) if view.kind.is_some_and(kinds::is_open) => Vec::new(),
            Event::Link(link) => vec![self.show_link(link)],
            Event::EpochStarted { height, hash } => {
                self.newest = Some((height, hash));
                self.emoji = None;
                self.round = Some(Instant::now());
                vec![of_event(event)]
            }
            Event::MembersChanged {
                added,
                removed,
                rekeyed,
                by,
            } => {
                self.leaving.clone_from(&view.leaving);
                vec![CallReport::Members {
                    members: view.members.clone(),
                    leaving: view.leaving.clone(),
                    added,
                    removed,
                    rekeyed,
                    by,
                }]
            }
            Event::ParticipantsChanged { .. } => {
                let mut reports = self.compare_roster(view);
                reports.push(of_event(event));
                reports
            }
            Event::Settings(now) => {
                let before = self.settings.replace(now);
                vec![CallReport::Settings { before, now }]
            }
            Event::Call(now) => {
                let before = self.info.replace(now.clone());
                vec![CallReport::Call { before, now }]
            }
            Event::Scheduled(now) => {
                self.announced.get_or_insert_with(Instant::now);
                vec![CallReport::Scheduled(now)]
            }
            Event::OwnState(now) => {
                let before = self.own.replace(now);
                vec![CallReport::OwnState { before, now }]
            }
            Event::Emoji { height, hash } => {
                // The words are those of the block, so they are known only while it is the newest.
                let newest = self.newest.filter(|newest| newest.0 == height);
                let block = newest.map(|newest| newest.1);
                self.round = None;
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

    /// Begins a membership.
    fn enter(&mut self, event: Event, view: &View) -> Vec<CallReport> {
        let mut link = None;
        if let Event::Joined(joined) | Event::Rejoined(joined) | Event::Resumed(joined) = &event {
            // A rejoin that shows no link leaves the one that is known.
            link.clone_from(&joined.invite_link);
        }
        self.is_in = true;
        self.announced = None;
        // Emoji are those of one block, and a new membership starts from another.
        self.emoji = None;
        let is_conference = view.kind == Some(CallKind::Conference);
        self.round = is_conference.then(Instant::now);
        let mut reports = vec![of_event(event)];
        reports.extend(link.map(|link| self.show_link(link)));
        reports.extend(is_conference.then(|| members(view)));
        reports
    }

    fn show_link(&mut self, link: InviteLink) -> CallReport {
        self.link = Some(link);
        self.link()
    }

    /// The server repeats rosters, so only one that differs is reported.
    fn compare_roster(&mut self, view: &View) -> Vec<CallReport> {
        if self.connected == view.connected && self.leaving == view.leaving {
            return Vec::new();
        }
        self.connected.clone_from(&view.connected);
        self.leaving.clone_from(&view.leaving);
        vec![CallReport::Roster {
            connected: view.connected.clone(),
            leaving: view.leaving.clone(),
        }]
    }
}

fn of_event(event: Event) -> CallReport {
    CallReport::Event(Box::new(event))
}

/// The members of the call, without a change.
pub(super) fn members(view: &View) -> CallReport {
    CallReport::Members {
        members: view.members.clone(),
        leaving: view.leaving.clone(),
        added: Vec::new(),
        removed: Vec::new(),
        rekeyed: Vec::new(),
        by: None,
    }
}

/// Everyone in the call: the members in the order of the chain, and then those who are connected without being members.
pub(super) fn who(view: &View) -> CallReport {
    let connected = view.connected.iter().copied().map(Peer::User);
    let listed = view.participants.iter().map(|one| one.peer);
    let mut others: Vec<_> = match view.members.is_empty() {
        // Without a chain the roster is all there is, in the order in which it is shown.
        true => listed.collect(),
        false => connected.collect(),
    };
    others.retain(|peer| !matches!(peer, Peer::User(user) if view.members.contains(user)));
    let members = view.members.iter().copied().map(Peer::User);
    let people = members.chain(others).map(|peer| {
        let user = match peer {
            Peer::User(user) => Some(user),
            Peer::Chat(_) | Peer::Channel(_) => None,
        };
        let is = |users: &[UserId]| user.is_some_and(|user| users.contains(&user));
        let participant = self::listed(view, peer).cloned();
        Presence {
            user,
            is_member: is(&view.members),
            is_connected: is(&view.connected) || participant.is_some(),
            is_missing: is(&view.missing),
            participant,
        }
    });
    let people: Vec<_> = people.collect();
    let listed = i32::try_from(people.len()).unwrap_or(i32::MAX);
    let counted = view.info.as_ref().map_or(0, |info| info.participants);
    CallReport::Who {
        people,
        unlisted: counted.saturating_sub(listed).max(0),
    }
}

/// One who takes part, as the roster lists it.
fn listed(view: &View, peer: Peer) -> Option<&Participant> {
    view.participants.iter().find(|one| one.peer == peer)
}

#[cfg(test)]
mod tests {
    use super::super::report::Named;
    use super::*;
    use crate::screen::Report as _;

    #[test]
    fn who_is_leaving_is_said_once_and_without_advice_to_kick() {
        let (mut history, mut view) = (CallHistory::default(), View::default());
        let ids = |users: &[i64]| users.iter().copied().map(UserId::new).collect::<Vec<_>>();
        view.connected = ids(&[1]);
        view.leaving = ids(&[2]);
        let changed = Event::ParticipantsChanged {
            joined: Vec::new(),
            left: Vec::new(),
            changed: Vec::new(),
            more: 0,
        };
        let reports = history.reports(changed.clone(), &view);
        let [report, _] = &reports[..] else {
            panic!("{reports:?}");
        };
        let names = &Names::default();
        let kind = Some(CallKind::Conference);
        let report = Named {
            report,
            names,
            kind,
        };
        let object = report.json();
        assert_eq!(object["connected"], serde_json::json!(["1"]));
        assert_eq!(object["leaving"], serde_json::json!(["2"]));
        let lines = format!("{:?}", report.lines());
        assert!(
            lines.contains("leaving") && !lines.contains("kick"),
            "{lines}"
        );
        let again = history.reports(changed, &view);
        assert!(matches!(again[..], [CallReport::Event(_)]), "{again:?}");
    }
}
