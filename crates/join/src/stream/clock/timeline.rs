//! The parts that are asked for and ready, from the first that was not given out on.

use core::time::Duration;
use std::collections::VecDeque;

use confcall_media::Moment;

use super::values::{AskId, PartAnswer, PartAsk, StreamPart, Track};
use crate::api::StreamVideo;
use crate::limits;

/// The pause before the same part is asked for again.
pub(super) const PART_PAUSE: Duration = Duration::from_millis(100);
/// The most milliseconds that are asked for and ready beyond what is due.
const LEAD_MS: i64 = 2000;
/// How long sound that is not there yet is waited for, beside the length of its segment.
const PATIENCE: Duration = Duration::from_secs(10);
/// The scales of which a segment has a length that can be played. The only one below zero that was seen is -5.
const SCALES: core::ops::RangeInclusive<i32> = -5..=3;

/// The length of the segments of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segmentation {
    pub(super) scale: i32,
    pub(super) length_ms: i64,
}

impl Segmentation {
    /// Segments of a second.
    pub(super) const SECONDS: Self = Self {
        scale: 0,
        length_ms: 1000,
    };

    /// The segments of a scale; `None` for a scale that no stream has.
    pub(super) fn of_scale(scale: i32) -> Option<Self> {
        let length_ms = match SCALES.contains(&scale) {
            true if scale < 0 => 1000 << scale.unsigned_abs(),
            true => 1000 >> scale,
            false => return None,
        };
        Some(Self { scale, length_ms })
    }

    /// The time of the segment with which playing begins when this is the newest time: two seconds before.
    pub(super) fn first_time(self, newest_ms: i64) -> i64 {
        (newest_ms / self.length_ms * self.length_ms).saturating_sub(LEAD_MS)
    }
}

/// A track with the picture that is asked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) track: Track,
    pub(super) video: Option<StreamVideo>,
}

#[derive(Clone, Debug)]
struct Segment {
    time_ms: i64,
    /// The sound, alone or with the picture, and then the pictures that come apart.
    slots: Vec<Slot>,
    /// When it was said first that the sound is not there yet.
    late_since: Option<Moment>,
}

impl Segment {
    fn is_heard(&self) -> bool {
        let mut sound = self.slots.iter().filter(|slot| !slot.is_picture());
        sound.all(|slot| matches!(slot.state, State::Ready(_)))
    }

    fn is_complete(&self) -> bool {
        self.slots.iter().all(Slot::is_settled)
    }
}

#[derive(Clone, Debug)]
struct Slot {
    wanted: Wanted,
    state: State,
}

impl Slot {
    fn is_picture(&self) -> bool {
        matches!(self.wanted.track, Track::Picture(_))
    }

    fn is_settled(&self) -> bool {
        matches!(self.state, State::Ready(_) | State::Absent)
    }

    /// The question that is under way.
    fn question(&self) -> Option<AskId> {
        match self.state {
            State::Asked(id) => Some(id),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
enum State {
    Due(Moment),
    Asked(AskId),
    Ready(Vec<u8>),
    /// There is no such picture.
    Absent,
}

/// What an answer to a question for a part means for the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// Nothing more: it was taken, or the question is forgotten.
    Taken,
    /// The time must be found anew.
    Resynchronise,
    /// The call must be joined again.
    Rejoin,
}

/// A stream that is played, from its first time on.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    segmentation: Segmentation,
    /// The time of the segment that follows those below.
    next_ms: i64,
    segments: VecDeque<Segment>,
    /// The questions under way whose answers are of no use any more.
    given_up: Vec<AskId>,
    /// A part that was given out when it was due, and when that was.
    played: Option<(i64, Moment)>,
    /// The first moment at which anything is asked for.
    not_before: Moment,
}

impl Timeline {
    pub(super) fn new(segmentation: Segmentation, first_ms: i64, not_before: Moment) -> Self {
        Self {
            segmentation,
            next_ms: first_ms,
            segments: VecDeque::new(),
            given_up: Vec::new(),
            played: None,
            not_before,
        }
    }

    /// The time of the first segment that was not given out.
    fn front_ms(&self) -> i64 {
        let front = self.segments.front();
        front.map_or(self.next_ms, |segment| segment.time_ms)
    }

    /// The time that a player shows who began with the first part and stops where one is late.
    fn due_ms(&self, now: Moment) -> i64 {
        let front = self.front_ms();
        let Some((time_ms, moment)) = self.played else {
            return front;
        };
        let elapsed = i64::try_from(now.since(moment).as_millis()).unwrap_or(i64::MAX);
        time_ms.saturating_add(elapsed).min(front)
    }

    /// The time that must be due for the next segment to be opened.
    fn opens_at_ms(&self) -> i64 {
        // A segment that is longer than the lead could never be asked for in time if all of it counted.
        let counted = self.segmentation.length_ms.min(LEAD_MS / 2);
        self.next_ms.saturating_add(counted).saturating_sub(LEAD_MS)
    }

    /// True if the next segment may be asked for.
    pub(super) fn is_open(&self, now: Moment) -> bool {
        self.opens_at_ms() <= self.due_ms(now)
    }

    /// Adds the next segment, with these tracks.
    pub(super) fn open(&mut self, wanted: impl Iterator<Item = Wanted>) {
        let slots = wanted.map(|wanted| Slot {
            wanted,
            state: State::Due(self.not_before),
        });
        self.segments.push_back(Segment {
            time_ms: self.next_ms,
            slots: slots.collect(),
            late_since: None,
        });
        self.next_ms = self.next_ms.saturating_add(self.segmentation.length_ms);
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.segments.iter().flat_map(|segment| &segment.slots)
    }

    /// True if a part may be asked for; pictures leave room for the sound.
    fn has_room(&self, is_picture: bool) -> bool {
        let under_way = self.slots().filter_map(Slot::question).count();
        let places = limits::STREAM_REQUESTS.saturating_sub(usize::from(is_picture));
        under_way.saturating_add(self.given_up.len()) < places
    }

    /// The next part to ask for now: sound before pictures, so that none of these holds it up.
    pub(super) fn ask(&mut self, now: Moment, id: AskId) -> Option<PartAsk> {
        for is_picture in [false, true] {
            if !self.has_room(is_picture) {
                return None;
            }
            for segment in &mut self.segments {
                for slot in &mut segment.slots {
                    let is_due = matches!(slot.state, State::Due(moment) if moment <= now);
                    if is_due && slot.is_picture() == is_picture {
                        slot.state = State::Asked(id);
                        return Some(PartAsk {
                            time_ms: segment.time_ms,
                            scale: self.segmentation.scale,
                            video: slot.wanted.video,
                        });
                    }
                }
            }
        }
        None
    }

    /// Leaves out the pictures that are not wanted any more.
    pub(super) fn keep(&mut self, is_wanted: impl Fn(&Track) -> bool) {
        for segment in &mut self.segments {
            let unwanted = |slot: &mut Slot| slot.is_picture() && !is_wanted(&slot.wanted.track);
            let removed = segment.slots.extract_if(.., unwanted);
            self.given_up
                .extend(removed.filter_map(|slot| slot.question()));
        }
    }

    /// The time and track of a question that is under way.
    pub(super) fn asked(&self, id: AskId) -> Option<(i64, &Track)> {
        self.segments.iter().find_map(|segment| {
            let mut slots = segment.slots.iter();
            let slot = slots.find(|slot| slot.question() == Some(id));
            Some((segment.time_ms, &slot?.wanted.track))
        })
    }

    /// Takes the answer to a question.
    pub(super) fn answered(&mut self, now: Moment, id: AskId, answer: PartAnswer) -> Answered {
        self.given_up.retain(|given_up| *given_up != id);
        let length = u64::try_from(self.segmentation.length_ms).unwrap_or(0);
        let patience = PATIENCE + Duration::from_millis(length);
        for segment in &mut self.segments {
            let mut slots = segment.slots.iter_mut();
            let Some(slot) = slots.find(|slot| slot.question() == Some(id)) else {
                continue;
            };
            slot.state = match answer {
                PartAnswer::Bytes(bytes) => State::Ready(bytes),
                PartAnswer::NotYet if slot.is_picture() => State::Due(now + PART_PAUSE),
                PartAnswer::NotYet => {
                    let since = *segment.late_since.get_or_insert(now);
                    if now.since(since) >= patience {
                        return Answered::Resynchronise;
                    }
                    State::Due(now + PART_PAUSE)
                }
                PartAnswer::NotJoined => return Answered::Rejoin,
                PartAnswer::Unusable if slot.is_picture() => State::Absent,
                PartAnswer::Unusable => return Answered::Resynchronise,
            };
            break;
        }
        Answered::Taken
    }

    /// The parts of the first segment, once all of them are there, or its sound and that of the next.
    pub(super) fn take(&mut self, now: Moment) -> Option<Vec<StreamPart>> {
        let (due_ms, time_ms) = (self.due_ms(now), self.front_ms());
        let (front, next) = (self.segments.front()?, self.segments.get(1));
        let is_late = front.is_heard() && next.is_some_and(Segment::is_heard);
        if !front.is_complete() && !is_late {
            return None;
        }
        let segment = self.segments.pop_front()?;
        self.given_up
            .extend(segment.slots.iter().filter_map(Slot::question));
        // A player that had to wait for this part goes on from it.
        if self.played.is_none() || due_ms >= time_ms {
            self.played = Some((time_ms, now));
        }
        let parts = segment.slots.into_iter().filter_map(|slot| {
            let State::Ready(bytes) = slot.state else {
                return None;
            };
            Some(StreamPart {
                track: slot.wanted.track,
                time_ms,
                duration_ms: self.segmentation.length_ms,
                bytes,
            })
        });
        Some(parts.collect())
    }

    /// The next moment at which there is something to ask for, if nothing is answered before.
    pub(super) fn wait(&self, now: Moment) -> Option<Moment> {
        // A question that has no room waits for an answer, which is an input.
        let due = self.slots().filter_map(|slot| match slot.state {
            State::Due(moment) if self.has_room(slot.is_picture()) => Some(moment),
            _ => None,
        });
        let due = due.min();
        [due, self.next_opening(now)].into_iter().flatten().min()
    }

    /// The moment at which the next segment may be opened, if the parts before it do not hold it up.
    fn next_opening(&self, now: Moment) -> Option<Moment> {
        let (time_ms, moment) = self.played?;
        let opens_at = self.opens_at_ms();
        let is_held_up = opens_at > self.front_ms();
        let after = u64::try_from(opens_at.saturating_sub(time_ms)).unwrap_or(0);
        let opening = moment + Duration::from_millis(after);
        (!is_held_up && opening > now).then_some(opening)
    }

    /// The number of parts that were not given out.
    #[cfg(test)]
    pub(super) fn pending(&self) -> usize {
        self.slots().count()
    }

    /// The number of questions under way.
    #[cfg(test)]
    pub(super) fn under_way(&self) -> usize {
        self.slots().filter_map(Slot::question).count() + self.given_up.len()
    }
}
