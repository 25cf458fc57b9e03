use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use super::message::MsgId;
use super::service::BadMessage;
use crate::limits;

/// The most seconds by which the clock of a client is behind and ahead.
const BEHIND: i64 = 300;
const AHEAD: i64 = 30;

/// The messages of a session that arrived, and the answers to the newest of them.
#[derive(Debug, Default)]
pub(crate) struct Received {
    messages: BTreeMap<MsgId, Seen>,
    /// Ids up to this one are not remembered any more.
    forgotten: Option<MsgId>,
    answered: VecDeque<MsgId>,
    answers_size: usize,
}

#[derive(Debug)]
struct Seen {
    seq_no: i32,
    answer: Option<Vec<u8>>,
}

/// The first arrival of a message, or a repeated one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    First,
    /// With the answer that it had, if it is still kept.
    Again(Option<Vec<u8>>),
}

impl Received {
    /// Judges the id and the number of a message by those that came before.
    pub(crate) fn check(&self, id: MsgId, seq_no: i32) -> Result<Arrival, BadMessage> {
        if !id.is_of_client() {
            return Err(BadMessage::NotOfClient);
        }
        if let Some(seen) = self.messages.get(&id) {
            return Ok(Arrival::Again(seen.answer.clone()));
        }
        if self.forgotten.is_some_and(|forgotten| id <= forgotten) {
            return Err(BadMessage::Forgotten);
        }
        let in_order =
            |earlier: i32, later: i32| earlier < later || (earlier == later && earlier % 2 == 0);
        // Messages can arrive in another order than they were made, so the neighbours by id count.
        let before = self.messages.range(..id).next_back();
        if before.is_some_and(|(_, seen)| !in_order(seen.seq_no, seq_no)) {
            return Err(BadMessage::NumberTooLow);
        }
        let after = self.messages.range(id..).next();
        match after.is_some_and(|(_, seen)| !in_order(seq_no, seen.seq_no)) {
            true => Err(BadMessage::NumberTooHigh),
            false => Ok(Arrival::First),
        }
    }

    /// Remembers a message that was taken.
    pub(crate) fn note(&mut self, id: MsgId, seq_no: i32) {
        let answer = None;
        self.messages.insert(id, Seen { seq_no, answer });
        // The lowest ids are the oldest; whatever lies below them is refused from now on and not taken for new.
        if self.messages.len() > limits::SEEN_MESSAGES
            && let Some((id, seen)) = self.messages.pop_first()
        {
            self.forgotten = Some(id);
            self.drop_answer(seen.answer);
        }
    }

    /// Keeps the answer to a message.
    pub(crate) fn answer(&mut self, id: MsgId, answer: &[u8]) {
        let Some(seen) = self.messages.get_mut(&id) else {
            return;
        };
        seen.answer = Some(answer.to_vec());
        self.answered.push_back(id);
        self.answers_size = self.answers_size.saturating_add(answer.len());
        while self.answers_size > limits::KEPT_ANSWERS
            || self.answered.len() > limits::SEEN_MESSAGES
        {
            let Some(oldest) = self.answered.pop_front() else {
                break;
            };
            let seen = self.messages.get_mut(&oldest);
            let answer = seen.and_then(|seen| seen.answer.take());
            self.drop_answer(answer);
        }
    }

    fn drop_answer(&mut self, answer: Option<Vec<u8>>) {
        let size = answer.map_or(0, |answer| answer.len());
        self.answers_size = self.answers_size.saturating_sub(size);
    }

    /// True until a message is taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The state of a message, as `msgs_state_info` says it.
    pub(crate) fn state(&self, id: MsgId) -> u8 {
        let newest = self.messages.last_key_value().map(|(newest, _)| *newest);
        match () {
            () if self.messages.contains_key(&id) => 4,
            () if self.forgotten.is_some_and(|forgotten| id <= forgotten) => 1,
            () if newest.is_some_and(|newest| id < newest) => 2,
            () => 3,
        }
    }
}

/// Judges the time when a message was made.
pub(crate) fn check_time(id: MsgId, now: Duration) -> Result<(), BadMessage> {
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    match id.seconds().saturating_sub(now) {
        ..0 if id.seconds() < now.saturating_sub(BEHIND) => Err(BadMessage::TooOld),
        ahead if ahead > AHEAD => Err(BadMessage::TooNew),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: i64) -> MsgId {
        MsgId(number * 4)
    }

    fn received(messages: &[(i64, i32)]) -> Received {
        let mut received = Received::default();
        for (number, seq_no) in messages {
            received.note(id(*number), *seq_no);
        }
        received
    }

    #[test]
    fn a_message_that_came_before_is_known_with_its_answer() {
        let mut received = received(&[(1, 1), (2, 3)]);
        received.answer(id(2), b"answer");
        assert_eq!(received.check(id(1), 1), Ok(Arrival::Again(None)));
        let answer = Some(b"answer".to_vec());
        assert_eq!(received.check(id(2), 3), Ok(Arrival::Again(answer)));
        assert_eq!(received.check(id(3), 5), Ok(Arrival::First));
    }

    #[test]
    fn numbers_must_grow_with_the_ids() {
        let received = received(&[(10, 5), (20, 8)]);
        assert_eq!(received.check(id(30), 9), Ok(Arrival::First));
        assert_eq!(received.check(id(30), 8), Ok(Arrival::First));
        assert_eq!(received.check(id(30), 7), Err(BadMessage::NumberTooLow));
        assert_eq!(received.check(id(15), 5), Err(BadMessage::NumberTooLow));
        assert_eq!(received.check(id(15), 7), Ok(Arrival::First));
        assert_eq!(received.check(id(15), 9), Err(BadMessage::NumberTooHigh));
        assert_eq!(received.check(id(5), 5), Err(BadMessage::NumberTooHigh));
    }

    #[test]
    fn an_answer_that_was_forgotten_with_its_message_takes_no_room_from_later_ones() {
        let mut received = received(&[(0, 1)]);
        received.answer(id(0), &[7; limits::KEPT_ANSWERS]);
        let last = i64::try_from(limits::SEEN_MESSAGES).unwrap();
        (1..=last).for_each(|number| received.note(id(number), 2));
        received.answer(id(last), b"answer");
        let answer = Some(b"answer".to_vec());
        assert_eq!(received.check(id(last), 2), Ok(Arrival::Again(answer)));
    }

    #[test]
    fn an_id_that_a_server_would_give_is_refused() {
        let received = Received::default();
        let refused = received.check(MsgId(5), 1);
        assert_eq!(refused, Err(BadMessage::NotOfClient));
    }

    #[test]
    fn only_so_many_messages_and_answers_are_kept() {
        let mut received = Received::default();
        for number in 1..=2000 {
            received.note(id(number), 2);
            received.answer(id(number), &[0; 10_000]);
        }
        assert_eq!(received.messages.len(), limits::SEEN_MESSAGES);
        assert_eq!(received.check(id(976), 1), Err(BadMessage::Forgotten));
        assert_eq!(received.check(id(977), 2), Ok(Arrival::Again(None)));
        let newest = received.check(id(2000), 2);
        assert_eq!(newest, Ok(Arrival::Again(Some(vec![0; 10_000]))));
        assert!(received.answers_size <= limits::KEPT_ANSWERS);
    }

    #[test]
    fn the_state_of_a_message_says_whether_it_came() {
        let mut received = received(&[(10, 1), (20, 3)]);
        received.forgotten = Some(id(5));
        let states = [5, 10, 15, 25].map(|number| received.state(id(number)));
        assert_eq!(states, [1, 4, 2, 3]);
    }

    #[test]
    fn a_clock_that_is_far_off_is_told() {
        let now = Duration::from_secs(1000);
        let at = |seconds: i64| check_time(MsgId(seconds << 32), now);
        assert_eq!(at(699), Err(BadMessage::TooOld));
        assert_eq!(at(700), Ok(()));
        assert_eq!(at(1030), Ok(()));
        assert_eq!(at(1031), Err(BadMessage::TooNew));
        assert_eq!(check_time(MsgId(i64::MIN), now), Err(BadMessage::TooOld));
    }
}
