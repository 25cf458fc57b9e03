//! The colours, which `anstream` keeps out of pipes.

use anstyle::{AnsiColor, Style};

pub(super) const LABEL: Style = AnsiColor::Cyan.on_default();
pub(super) const TITLE: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBT: Style = AnsiColor::Yellow.on_default().bold();

pub(super) fn good(text: &str) -> String {
    format!("{GOOD}{text}{GOOD:#}")
}

pub(super) fn bad(text: &str) -> String {
    format!("{BAD}{text}{BAD:#}")
}

pub(super) fn doubt(text: &str) -> String {
    format!("{DOUBT}{text}{DOUBT:#}")
}

pub(super) fn faint(text: &str) -> String {
    format!("{FAINT}{text}{FAINT:#}")
}
