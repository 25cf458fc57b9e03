//! The reports of `join` and `create`, for people (`lines.rs`) and, serialised, for programs.

mod call_report;
mod description;
mod lines;
mod participants;

use serde_json::Value;

pub(super) use call_report::{CallReport, Emoji, Presence, RequestEnd};

use super::names::Names;
use crate::screen::{Line, Report};

/// A report, and the names of the users in it.
pub(super) struct Named<'a> {
    pub(super) report: &'a CallReport,
    pub(super) names: &'a Names,
}

impl Report for Named<'_> {
    fn lines(&self) -> Vec<Line> {
        lines::lines(self.report, self.names)
    }

    fn json(&self) -> Value {
        // Nothing in a report fails to serialise.
        serde_json::to_value(self.report).unwrap_or_default()
    }
}
