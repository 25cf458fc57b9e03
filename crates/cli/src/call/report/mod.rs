//! The reports of `join` and `create`, for people (`lines.rs`) and, serialised, for programs.

mod call_report;
mod lines;

use serde_json::Value;

pub(super) use call_report::{CallReport, Emoji, RequestEnd};

use crate::screen::{Line, Report};

impl Report for CallReport {
    fn lines(&self) -> Vec<Line> {
        lines::lines(self)
    }

    fn json(&self) -> Value {
        // Nothing in a report fails to serialise.
        serde_json::to_value(self).unwrap_or_default()
    }
}
