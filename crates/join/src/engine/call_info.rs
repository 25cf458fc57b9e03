//! A call as the server describes it.

use serde::Serialize;

use crate::api::{ActiveCall, Peer};
use crate::policy::CallKind;
use crate::shown;

/// The description of a call that is no conference, which is the server's word; times are in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CallInfo {
    /// The kind of the call.
    pub kind: CallKind,
    /// The title; the chat's own if there is none. It is cut to 1 KiB.
    pub title: Option<String>,
    /// The number of participants, listed or not.
    pub participants: i32,
    /// True if those who only listen are counted and not listed.
    pub listeners_hidden: bool,
    /// True if the participants are to be shown in the order in which they joined.
    pub joined_order: bool,
    /// The time since which the call is recorded.
    pub recorded_since: Option<i32>,
    /// True if the recording has video.
    pub records_video: bool,
    /// The time for which the call is announced, while it has not begun.
    pub scheduled_for: Option<i32>,
    /// True if we are told when the call begins.
    pub start_subscribed: bool,
    /// True if we may turn on a camera.
    pub can_start_video: bool,
    /// The number of participants who send video, if the server says it.
    pub video_count: Option<i32>,
    /// The number of participants who may send video.
    pub video_limit: i32,
    /// The least price of a message in a live story, in stars.
    #[serde(serialize_with = "shown::form")]
    pub message_price: Option<i64>,
    /// As whom we comment on a live story, if nothing else is said.
    #[serde(serialize_with = "shown::form")]
    pub default_send_as: Option<Peer>,
}

impl CallInfo {
    /// The description of a call that the server shows.
    pub fn new(kind: CallKind, call: &ActiveCall) -> Self {
        Self {
            kind,
            title: call.title.clone(),
            participants: call.participants_count,
            listeners_hidden: call.listeners_hidden,
            joined_order: call.joined_order,
            recorded_since: call.recorded_since,
            records_video: call.records_video,
            scheduled_for: call.scheduled_for,
            start_subscribed: call.start_subscribed,
            can_start_video: call.can_start_video,
            video_count: call.video_count,
            video_limit: call.video_limit,
            message_price: call.message_price,
            default_send_as: call.default_send_as,
        }
    }
}
