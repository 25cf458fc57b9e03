use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use crate::limits;

/// The height at which a picture is sent in full.
pub(super) const FULL: u16 = 720;

/// The pictures that a receiver wants to see, by endpoint: a `ReceiverVideoConstraints` as the server keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Constraints {
    others: u16,
    on_stage: Vec<String>,
    heights: BTreeMap<String, u16>,
}

/// A message of the data channel; the fields that the server does not use are ignored.
#[derive(Deserialize)]
#[serde(tag = "colibriClass")]
enum Message {
    #[serde(rename_all = "camelCase")]
    ReceiverVideoConstraints {
        #[serde(default)]
        default_constraints: Height,
        #[serde(default)]
        on_stage_endpoints: Vec<String>,
        #[serde(default)]
        constraints: BTreeMap<String, Height>,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Height {
    #[serde(default)]
    max_height: i64,
}

impl Height {
    fn value(&self) -> u16 {
        let most = i64::from(FULL);
        u16::try_from(self.max_height.clamp(0, most)).unwrap_or(FULL)
    }
}

impl Constraints {
    /// Reads a message of a client; `None` for one that is none, too long, or of another kind.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        if message.len() > limits::COLIBRI_BYTES {
            return None;
        }
        match serde_json::from_slice(message).ok()? {
            Message::ReceiverVideoConstraints {
                default_constraints,
                mut on_stage_endpoints,
                constraints,
            } => {
                let fits = |endpoint: &String| endpoint.len() <= limits::ENDPOINT_BYTES;
                on_stage_endpoints.retain(fits);
                on_stage_endpoints.truncate(limits::COLIBRI_ENDPOINTS);
                let heights = constraints.into_iter();
                let heights = heights.filter(|(endpoint, _)| fits(endpoint));
                let heights = heights.map(|(endpoint, height)| (endpoint, height.value()));
                Some(Self {
                    others: default_constraints.value(),
                    on_stage: on_stage_endpoints,
                    heights: heights.take(limits::COLIBRI_ENDPOINTS).collect(),
                })
            }
            Message::Unknown => None,
        }
    }

    /// The height at which an endpoint is wanted; 0 if it is not.
    pub(super) fn height(&self, endpoint: &str) -> u16 {
        self.heights.get(endpoint).copied().unwrap_or(self.others)
    }

    /// True if the receiver shows the endpoint before the others.
    pub(super) fn is_on_stage(&self, endpoint: &str) -> bool {
        self.on_stage.iter().any(|one| one == endpoint)
    }
}

/// The message by which a sender learns the greatest height that anybody wants.
pub(super) fn sender_constraints(height: u16) -> String {
    let constraints = json!({"idealHeight": height});
    json!({"colibriClass": "SenderVideoConstraints", "videoConstraints": constraints}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_has_the_height_of_the_others() {
        let message = r#"{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":0},
            "onStageEndpoints":["e1"],"constraints":{"e1":{"minHeight":180,"maxHeight":720},"e2":{"maxHeight":180}}}"#;
        let read = Constraints::read(message.as_bytes()).unwrap();
        let heights = ["e1", "e2", "e3"].map(|endpoint| read.height(endpoint));
        assert_eq!(heights, [720, 180, 0]);
        assert!(read.is_on_stage("e1") && !read.is_on_stage("e2"));
    }

    #[test]
    fn a_height_that_no_picture_has_is_the_next_that_one_has() {
        let message = r#"{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":-5},
            "constraints":{"e1":{"maxHeight":99999999}}}"#;
        let read = Constraints::read(message.as_bytes()).unwrap();
        assert_eq!((read.height("e1"), read.height("e2")), (FULL, 0));
    }

    #[test]
    fn what_is_no_such_message_or_is_too_long_is_not_read() {
        let other = br#"{"colibriClass":"EndpointStats","x":1}"#;
        assert_eq!(Constraints::read(other), None);
        assert_eq!(Constraints::read(b"{"), None);
        let padding = " ".repeat(limits::COLIBRI_BYTES);
        let long = format!(r#"{{"colibriClass":"ReceiverVideoConstraints"}}{padding}"#);
        assert_eq!(Constraints::read(long.as_bytes()), None);
        assert!(Constraints::read(long.trim_end().as_bytes()).is_some());
    }

    #[test]
    fn so_many_endpoints_are_kept_and_none_with_a_long_name() {
        let listed: Vec<_> = (0..200)
            .map(|n| format!(r#""{n:03}":{{"maxHeight":180}}"#))
            .collect();
        let name = "n".repeat(limits::ENDPOINT_BYTES + 1);
        let message = format!(
            r#"{{"colibriClass":"ReceiverVideoConstraints","constraints":{{"{name}":{{"maxHeight":180}},{}}}}}"#,
            listed.join(",")
        );
        let read = Constraints::read(message.as_bytes()).unwrap();
        assert_eq!(read.heights.len(), limits::COLIBRI_ENDPOINTS);
        assert_eq!(read.height(&name), 0);
    }
}
