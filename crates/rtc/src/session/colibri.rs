//! The messages of the data channel: which pictures are wanted, by endpoint and height.
//!
//! ```text
//! ▶ {"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":0},"onStageEndpoints":["a"],
//!    "constraints":{"a":{"minHeight":180,"maxHeight":720}}}
//! ◀ {"colibriClass":"SenderVideoConstraints","videoConstraints":{"idealHeight":360}}
//! ```

use core::time::Duration;
use std::collections::BTreeMap;

use confcall_media::Moment;
use serde::{Deserialize, Serialize};

use super::sources::Height;
use crate::limits;

/// The least time between two messages.
const SHORTEST: Duration = Duration::from_millis(100);
/// The time after which they are said again.
const REGULAR: Duration = Duration::from_secs(5);
/// The time for which a lower height must hold before it acts.
const LOWER_HOLDS: Duration = Duration::from_secs(2);
/// The height that counts before the server says one, and the highest one.
const FULL: u16 = 720;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceiverConstraints<'a> {
    colibri_class: &'a str,
    default_constraints: Heights,
    on_stage_endpoints: Vec<&'a str>,
    constraints: BTreeMap<&'a str, Heights>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Heights {
    #[serde(skip_serializing_if = "Option::is_none")]
    min_height: Option<u16>,
    max_height: u16,
}

/// The message that asks for pictures.
pub(super) fn receiver_constraints<'a>(wanted: impl Iterator<Item = (&'a str, Height)>) -> String {
    let mut constraints = BTreeMap::new();
    let mut on_stage_endpoints = Vec::new();
    for (endpoint, height) in wanted {
        if height == Height::Full {
            on_stage_endpoints.push(endpoint);
        }
        let heights = Heights {
            min_height: Some(Height::Thumbnail.lines()),
            max_height: height.lines(),
        };
        constraints.insert(endpoint, heights);
    }
    let message = ReceiverConstraints {
        colibri_class: "ReceiverVideoConstraints",
        default_constraints: Heights {
            min_height: None,
            max_height: 0,
        },
        on_stage_endpoints,
        constraints,
    };
    // Text and numbers under keys that are text.
    serde_json::to_string(&message).unwrap_or_default()
}

/// A message of the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// The greatest height that anybody wants of us.
    IdealHeight(u16),
    /// One that means nothing to a client.
    Other,
    /// Too long, or no message of this kind.
    Refused,
}

impl Message {
    pub(super) fn read(data: &[u8]) -> Self {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Read {
            colibri_class: String,
            video_constraints: Option<Constraints>,
        }

        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Constraints {
            ideal_height: u64,
        }

        if data.len() > limits::MESSAGE_BYTES {
            return Self::Refused;
        }
        match serde_json::from_slice(data) {
            Ok(Read {
                colibri_class,
                video_constraints: Some(constraints),
            }) if colibri_class == "SenderVideoConstraints" => {
                let height = u16::try_from(constraints.ideal_height).unwrap_or(FULL);
                Self::IdealHeight(height.min(FULL))
            }
            Ok(_) => Self::Other,
            Err(_) => Self::Refused,
        }
    }
}

/// When the wanted pictures are said to the server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announcements {
    is_open: bool,
    has_changed: bool,
    last: Option<Moment>,
}

impl Announcements {
    pub(super) fn new() -> Self {
        Self {
            is_open: false,
            has_changed: true,
            last: None,
        }
    }

    /// Takes note of the channel, which was opened or lost.
    pub(super) fn set_open(&mut self, is_open: bool) {
        self.is_open = is_open;
        self.has_changed = true;
    }

    pub(super) fn change(&mut self) {
        self.has_changed = true;
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        let pause = if self.has_changed { SHORTEST } else { REGULAR };
        let next = self.last.map_or(Moment::default(), |last| last + pause);
        self.is_open.then_some(next)
    }

    /// True if they are to be said now.
    pub(super) fn take(&mut self, now: Moment) -> bool {
        let is_due = self.deadline().is_some_and(|deadline| now >= deadline);
        if is_due {
            self.last = Some(now);
            self.has_changed = false;
        }
        is_due
    }
}

/// The height that is wanted of us: a higher one acts at once, a lower one once it has held for two seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct WantedHeight {
    acting: u16,
    lower: Option<(u16, Moment)>,
}

impl WantedHeight {
    pub(super) fn new() -> Self {
        Self {
            acting: FULL,
            lower: None,
        }
    }

    pub(super) fn set(&mut self, now: Moment, height: u16) {
        let since = self.lower.map_or(now, |(_, since)| since);
        self.lower = (height != self.acting).then_some((height, since));
    }

    /// The height that acts from now on, if it is another one than before.
    pub(super) fn take(&mut self, now: Moment) -> Option<u16> {
        let (height, since) = self.lower?;
        let acts = height > self.acting || now.since(since) >= LOWER_HOLDS;
        if !acts {
            return None;
        }
        (self.acting, self.lower) = (height, None);
        Some(height)
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        self.lower.map(|(_, since)| since + LOWER_HOLDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> Moment {
        Moment::new(Duration::from_millis(ms))
    }

    #[test]
    fn what_is_wanted_in_full_is_on_stage_and_nothing_unlisted_is_sent() {
        let wanted = [("a", Height::Full), ("b", Height::Thumbnail)];
        assert_eq!(
            receiver_constraints(wanted.into_iter()),
            r#"{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":0},"onStageEndpoints":["a"],"constraints":{"a":{"minHeight":180,"maxHeight":720},"b":{"minHeight":180,"maxHeight":180}}}"#
        );
    }

    #[test]
    fn the_height_of_the_server_is_read_and_bounded_and_the_rest_ignored() {
        let ideal = |height: &str| {
            let text = format!(
                r#"{{"colibriClass":"SenderVideoConstraints","videoConstraints":{{"idealHeight":{height}}}}}"#
            );
            Message::read(text.as_bytes())
        };
        assert_eq!(ideal("360"), Message::IdealHeight(360));
        assert_eq!(ideal("0"), Message::IdealHeight(0));
        assert_eq!(ideal("99999999999"), Message::IdealHeight(720));
        assert_eq!(ideal("-1"), Message::Refused);
        let other = br#"{"colibriClass":"DebugMessage","message":"x"}"#;
        assert_eq!(Message::read(other), Message::Other);
        assert_eq!(Message::read(b"[]"), Message::Refused);
    }

    #[test]
    fn a_message_of_a_megabyte_is_refused_by_its_size() {
        let text = format!(
            r#"{{"colibriClass":"DebugMessage","message":"{}"}}"#,
            "x".repeat(1 << 20)
        );
        assert_eq!(Message::read(text.as_bytes()), Message::Refused);
        let text = format!(
            r#"{{"colibriClass":"DebugMessage","message":"{}"}}"#,
            "x".repeat(1 << 10)
        );
        assert_eq!(Message::read(text.as_bytes()), Message::Other);
    }

    #[test]
    fn wanted_pictures_are_said_on_opening_on_changes_and_every_five_seconds() {
        let mut announcements = Announcements::new();
        let mut said = Vec::new();
        for ms in 0..12_000 {
            match ms {
                1000 => announcements.set_open(true),
                // A change each 10 ms for a second.
                3000..4000 if ms % 10 == 0 => announcements.change(),
                _ => {}
            }
            if announcements.take(at(ms)) {
                said.push(ms);
            }
        }
        let mut expected = vec![1000];
        expected.extend((3000..4000).step_by(100));
        expected.extend([4000, 9000]);
        assert_eq!(said, expected);
        announcements.set_open(false);
        assert_eq!(announcements.deadline(), None);
    }

    #[test]
    fn a_higher_height_acts_at_once_and_a_lower_one_after_two_seconds() {
        let mut height = WantedHeight::new();
        height.set(at(0), 180);
        assert_eq!(height.take(at(1999)), None);
        height.set(at(1999), 360);
        assert_eq!(height.take(at(2000)), Some(360));
        height.set(at(2100), 720);
        assert_eq!(height.take(at(2100)), Some(720));
        height.set(at(2200), 0);
        height.set(at(2300), 720);
        assert_eq!(height.take(at(9000)), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_some_message(data: Vec<u8>) {
            let _ = Message::read(&data);
        }
    }
}
