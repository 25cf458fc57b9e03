//! The reports of `join` and `create`, for people (`lines.rs`) and for programs (`json.rs`).

mod call_report;
mod json;
mod lines;

use serde_json::Value;

pub(super) use call_report::{CallReport, Emoji, RequestEnd};

use crate::screen::{Line, Report};

impl Report for CallReport {
    fn lines(&self) -> Vec<Line> {
        lines::lines(self)
    }

    fn json(&self) -> Value {
        json::object(self)
    }
}
