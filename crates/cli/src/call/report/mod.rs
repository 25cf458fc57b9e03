//! The reports of `join` and `create`, for people (`lines.rs`) and, serialised, for programs.

mod call_report;
mod group_call;
mod lines;
mod participants;

use confcall::CallKind;
use serde_json::Value;

pub(super) use call_report::{CallReport, Emoji, OwnPeer, Presence, RequestEnd};

use super::names::Names;
use crate::screen::{Line, Report};

/// A report, the names of those in it, and the kind of the call.
pub(super) struct Named<'a> {
    pub(super) report: &'a CallReport,
    pub(super) names: &'a Names,
    pub(super) kind: Option<CallKind>,
}

impl Report for Named<'_> {
    fn lines(&self) -> Vec<Line> {
        lines::lines(self.report, self.names, self.kind)
    }

    fn json(&self) -> Value {
        // Nothing in a report fails to serialise.
        serde_json::to_value(self.report).unwrap_or_default()
    }
}
