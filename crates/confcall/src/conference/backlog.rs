//! What a slow reader finds when it comes back: bounded, and the newest of everything.
//!
//! ```text
//! event ─▶ replaces an older one? ── yes ─▶ both become one ─┐
//!               │ no                                         ▼
//!               └──▶ messages, suspicions: too many? ──▶ at the end
//!                         the oldest goes, and is counted
//! ```

use core::mem::discriminant;
use std::collections::VecDeque;

use confcall_join::engine::{Event, Suspicion};
use confcall_state::UserId;

use super::Notice;
use crate::limits;

/// The events that were not read yet, in their order.
///
/// Besides messages and suspicions it holds one event of each kind at most.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    events: VecDeque<Event>,
    dropped_messages: u64,
    dropped_suspicions: u64,
}

impl Backlog {
    pub(super) fn add(&mut self, event: Event) {
        if let Some(at) = self.events.iter().position(|old| replaces(&event, old)) {
            let merged = match self.events.remove(at) {
                Some(old) => merge(old, event),
                None => Some(event),
            };
            self.events.extend(merged);
            return;
        }
        match event {
            Event::Message { .. } => {
                let is_full = self.make_room(is_message, limits::UNREAD_MESSAGES);
                self.dropped_messages += u64::from(is_full);
            }
            Event::Suspicious(_) => {
                let is_full = self.make_room(is_suspicion, limits::UNREAD_SUSPICIONS);
                self.dropped_suspicions += u64::from(is_full);
            }
            _ => {}
        }
        self.events.push_back(event);
    }

    /// Drops the oldest of a kind if there are `most` of it already; tells whether it did.
    fn make_room(&mut self, is_one: impl Fn(&Event) -> bool, most: usize) -> bool {
        let is_full = self.events.iter().filter(|old| is_one(old)).count() >= most;
        if is_full && let Some(oldest) = self.events.iter().position(is_one) {
            self.events.remove(oldest);
        }
        is_full
    }

    pub(super) fn take(&mut self) -> Option<Notice> {
        let (messages, suspicions) = (self.dropped_messages, self.dropped_suspicions);
        if (messages, suspicions) != (0, 0) {
            (self.dropped_messages, self.dropped_suspicions) = (0, 0);
            return Some(Notice::Dropped {
                messages,
                suspicions,
            });
        }
        self.events.pop_front().map(Notice::Event)
    }
}

fn is_message(event: &Event) -> bool {
    matches!(event, Event::Message { .. })
}

fn is_suspicion(event: &Event) -> bool {
    matches!(event, Event::Suspicious(_))
}

fn is_membership(event: &Event) -> bool {
    matches!(
        event,
        Event::Joined(_) | Event::Rejoined(_) | Event::Resumed(_)
    )
}

/// Whether an event makes an older one needless.
fn replaces(new: &Event, old: &Event) -> bool {
    match (new, old) {
        (Event::Message { .. }, _) => false,
        (Event::Suspicious(new), Event::Suspicious(old)) => is_same(new, old),
        (
            Event::Connection { presentation, .. },
            Event::Connection {
                presentation: of_old,
                ..
            },
        ) => presentation == of_old,
        _ if is_membership(new) => is_membership(old),
        _ => discriminant(new) == discriminant(old),
    }
}

/// Whether two suspicions are the same, the counts aside.
fn is_same(new: &Suspicion, old: &Suspicion) -> bool {
    match (new, old) {
        (Suspicion::BadBroadcasts { from, .. }, Suspicion::BadBroadcasts { from: of_old, .. }) => {
            from == of_old
        }
        (new, old) => new == old,
    }
}

/// What two events say together; nothing, if the one takes the other back.
fn merge(old: Event, new: Event) -> Option<Event> {
    match (old, new) {
        (Event::Joined(_), Event::Rejoined(joined)) => Some(Event::Joined(joined)),
        (
            Event::MembersChanged { added, removed, by },
            Event::MembersChanged {
                added: then_added,
                removed: then_removed,
                by: then_by,
            },
        ) => {
            let all_added = sum(&added, then_added.clone(), &then_removed, &removed);
            let all_removed = sum(&removed, then_removed, &then_added, &added);
            let is_nothing = all_added.is_empty() && all_removed.is_empty();
            (!is_nothing).then_some(Event::MembersChanged {
                added: all_added,
                removed: all_removed,
                by: by.filter(|_| by == then_by),
            })
        }
        (_, new) => Some(new),
    }
}

/// Those of `first` who are not in `taken_back`, and those of `second` who are not in `was_opposite`.
fn sum(
    first: &[UserId],
    second: Vec<UserId>,
    taken_back: &[UserId],
    was_opposite: &[UserId],
) -> Vec<UserId> {
    let kept = first
        .iter()
        .filter(|user| !taken_back.contains(user))
        .copied();
    let more = second
        .into_iter()
        .filter(|user| !was_opposite.contains(user));
    let mut all: Vec<_> = kept.collect();
    for user in more {
        if !all.contains(&user) {
            all.push(user);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::api::{InviteLink, RpcError};
    use confcall_join::engine::EndReason;
    use confcall_state::{BlockHash, Height};

    const ALICE: UserId = UserId::new(1);
    const BOB: UserId = UserId::new(2);
    const CAROL: UserId = UserId::new(3);

    fn block(height: i32) -> Event {
        Event::EpochStarted {
            height: Height::new(height),
            hash: BlockHash::from_bytes([0; 32]),
        }
    }

    fn changed(added: &[UserId], removed: &[UserId], by: Option<UserId>) -> Event {
        Event::MembersChanged {
            added: added.to_vec(),
            removed: removed.to_vec(),
            by,
        }
    }

    /// Everything that a reader finds, in words.
    fn read(events: Vec<Event>) -> Vec<String> {
        let mut backlog = Backlog::default();
        events.into_iter().for_each(|event| backlog.add(event));
        std::iter::from_fn(|| backlog.take())
            .map(|notice| format!("{notice:?}"))
            .collect()
    }

    fn in_words(events: Vec<Event>) -> Vec<String> {
        let notices = events.into_iter().map(Notice::Event);
        notices.map(|notice| format!("{notice:?}")).collect()
    }

    #[test]
    fn a_state_is_told_once_and_where_it_is_newest() {
        let link = || Event::Link(InviteLink::new("a link"));
        let events = vec![block(1), link(), block(2), Event::RosterChanged, block(3)];
        let kept = in_words(vec![link(), Event::RosterChanged, block(3)]);
        assert_eq!(read(events), kept);
    }

    #[test]
    fn changes_of_the_members_become_their_sum() {
        let events = vec![
            changed(&[BOB], &[], Some(BOB)),
            changed(&[CAROL], &[ALICE], Some(CAROL)),
            changed(&[], &[BOB], Some(CAROL)),
        ];
        assert_eq!(
            read(events),
            in_words(vec![changed(&[CAROL], &[ALICE], None)])
        );
        let both = vec![
            changed(&[BOB], &[], Some(BOB)),
            changed(&[CAROL], &[], Some(BOB)),
        ];
        let sum = vec![changed(&[BOB, CAROL], &[], Some(BOB))];
        assert_eq!(read(both), in_words(sum));
    }

    #[test]
    fn who_came_and_went_or_went_and_came_has_not_changed_the_members() {
        let came_and_went = vec![changed(&[BOB], &[], None), changed(&[], &[BOB], None)];
        assert!(read(came_and_went).is_empty());
        let went_and_came = vec![changed(&[], &[BOB], None), changed(&[BOB], &[], None)];
        assert!(read(went_and_came).is_empty());
    }

    #[test]
    fn suspicions_are_told_once_each_and_have_a_bound() {
        let unlisted = |id| Event::Suspicious(Suspicion::UnlistedMember(UserId::new(id)));
        assert_eq!(read(vec![unlisted(1); 100]).len(), 1);
        let bad = |count| {
            let from = Some(ALICE);
            Event::Suspicious(Suspicion::BadBroadcasts { from, count })
        };
        assert_eq!(read(vec![bad(5), bad(50)]), in_words(vec![bad(50)]));

        let refused = Event::Suspicious(Suspicion::BroadcastRefused(RpcError::new(400, "A")));
        let mut events = vec![refused];
        events.extend((0..99).map(unlisted));
        let mut kept: Vec<_> = vec![format!(
            "{:?}",
            Notice::Dropped {
                messages: 0,
                suspicions: 36
            }
        )];
        kept.extend(in_words((35..99).map(unlisted).collect()));
        assert_eq!(read(events), kept);
    }

    #[test]
    fn the_end_comes_after_everything() {
        let ended = || Event::Ended(EndReason::Left.into());
        let events = vec![block(1), Event::CheckpointDue, ended()];
        assert_eq!(read(events.clone()), in_words(events));
    }
}
