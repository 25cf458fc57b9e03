//! The output of a command that runs for long, for people or for programs: one event, one line.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::printable::{printable, printable_json};

/// An event that can be shown.
pub(crate) trait Report {
    /// The lines for people; none where only programs are interested.
    fn lines(&self) -> Vec<Line>;

    /// The object for programs, whose field `event` names the event.
    fn json(&self) -> Value;
}

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Lines with a label, in colour on a terminal.
    People,
    /// One JSON object a line.
    Json,
}

impl Format {
    /// The format that the flag `--json` asks for.
    pub(crate) fn of_flag(json: bool) -> Self {
        match json {
            true => Self::Json,
            false => Self::People,
        }
    }
}

/// The importance of a line, as its colour shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    /// A wish came true.
    Success,
    /// A retry, or something uncertain.
    Warning,
    /// A failure or a suspicion.
    Error,
    /// Only for those who look closely.
    Detail,
}

impl Level {
    const fn style(self) -> Style {
        match self {
            Self::Info => AnsiColor::Cyan.on_default(),
            Self::Success => AnsiColor::Green.on_default().bold(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Error => AnsiColor::Red.on_default().bold(),
            Self::Detail => Style::new().dimmed(),
        }
    }
}

/// A line for people: a label and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) level: Level,
    pub(crate) label: &'static str,
    pub(crate) text: String,
}

impl Line {
    pub(crate) fn new(level: Level, label: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { level, label, text }
    }
}

/// The place where reports are written.
#[derive(Debug)]
pub(crate) struct Screen<W> {
    out: W,
    format: Format,
}

impl<W: Write> Screen<W> {
    pub(crate) fn new(out: W, format: Format) -> Self {
        Self { out, format }
    }

    /// Writes a report at once, without anything that a terminal would act on.
    pub(crate) fn show(&mut self, report: &impl Report) -> io::Result<()> {
        match self.format {
            Format::Json => {
                let object = report.json().to_string();
                writeln!(self.out, "{}", printable_json(&object))?;
            }
            Format::People => {
                for Line { level, label, text } in report.lines() {
                    let (style, text) = (level.style(), printable(&text));
                    writeln!(self.out, "{style}{label:<9}{style:#} {text}")?;
                }
            }
        }
        // A reader at the other end of a pipe waits for each line.
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Forged;

    impl Report for Forged {
        fn lines(&self) -> Vec<Line> {
            let one = Line::new(Level::Info, "message", "\u{1b}[2J\nended");
            vec![one, Line::new(Level::Info, "two", "")]
        }

        fn json(&self) -> Value {
            json!({"event": "message", "text": "\u{1b}[2J\nended"})
        }
    }

    fn shown(format: Format) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        Screen::new(&mut out, format).show(&Forged).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn a_text_of_others_neither_moves_the_cursor_nor_begins_a_line() {
        let text = shown(Format::People);
        assert_eq!(text, "message   \\u{1b}[2J\\nended\ntwo       \n");
    }

    #[test]
    fn a_report_for_a_program_is_one_object_a_line() {
        let text = shown(Format::Json);
        let object = text.strip_suffix('\n').unwrap();
        assert!(!object.contains('\n'));
        assert!(serde_json::from_str::<Value>(object).unwrap().is_object());
    }

    struct Text(&'static str);

    impl Report for Text {
        fn lines(&self) -> Vec<Line> {
            Vec::new()
        }

        fn json(&self) -> Value {
            json!({ "text": self.0 })
        }
    }

    #[test]
    fn a_program_gets_every_character_and_a_terminal_none_that_it_would_act_on() {
        let forged = "\u{1b}[2J\u{9b}2J\u{7f}\u{202e}🙂é";
        let mut out = anstream::StripStream::new(Vec::new());
        let shown = Screen::new(&mut out, Format::Json).show(&Text(forged));
        shown.unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        let is_escaped = |character| !"\u{1b}\u{9b}\u{7f}\u{202e}".contains(character);
        assert!(text.chars().all(is_escaped), "{text:?}");
        let object: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(object, json!({ "text": forged }));
    }
}
