//! What a command that runs for long says, for people or for programs: one thing, one line.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::printable::{printable, printable_json};

/// Something to be told.
pub(crate) trait Tell {
    /// As lines for people; none if only programs want to know.
    fn lines(&self) -> Vec<Line>;

    /// As an object for programs, whose field `event` names it.
    fn json(&self) -> Value;
}

/// How things are told.
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

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Something happened.
    Plain,
    /// What was wanted happened.
    Good,
    /// Something is tried again, or not certain.
    Doubt,
    /// Something failed or is suspicious.
    Bad,
    /// Only those who look closely want to know.
    Faint,
}

impl Mood {
    const fn style(self) -> Style {
        match self {
            Self::Plain => AnsiColor::Cyan.on_default(),
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Doubt => AnsiColor::Yellow.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Faint => Style::new().dimmed(),
        }
    }
}

/// A line for people: what it is about, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) mood: Mood,
    pub(crate) label: &'static str,
    pub(crate) text: String,
}

impl Line {
    pub(crate) fn new(mood: Mood, label: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { mood, label, text }
    }
}

/// Where things are told.
#[derive(Debug)]
pub(crate) struct Screen<W> {
    out: W,
    format: Format,
}

impl<W: Write> Screen<W> {
    pub(crate) fn new(out: W, format: Format) -> Self {
        Self { out, format }
    }

    /// Tells something at once; nothing of it can be what a terminal would act on.
    pub(crate) fn tell(&mut self, what: &impl Tell) -> io::Result<()> {
        match self.format {
            Format::Json => {
                writeln!(self.out, "{}", printable_json(&what.json().to_string()))?;
            }
            Format::People => {
                for Line { mood, label, text } in what.lines() {
                    let (style, text) = (mood.style(), printable(&text));
                    writeln!(self.out, "{style}{label:<9}{style:#} {text}")?;
                }
            }
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Forged;

    impl Tell for Forged {
        fn lines(&self) -> Vec<Line> {
            let one = Line::new(Mood::Plain, "message", "\u{1b}[2J\nended");
            vec![one, Line::new(Mood::Plain, "two", "")]
        }

        fn json(&self) -> Value {
            json!({"event": "message", "text": "\u{1b}[2J\nended"})
        }
    }

    fn told(format: Format) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        Screen::new(&mut out, format).tell(&Forged).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn a_text_of_others_neither_moves_the_cursor_nor_begins_a_line() {
        let text = told(Format::People);
        assert_eq!(text, "message   \\u{1b}[2J\\nended\ntwo       \n");
    }

    #[test]
    fn what_is_told_to_a_program_is_one_object_a_line() {
        let text = told(Format::Json);
        let object = text.strip_suffix('\n').unwrap();
        assert!(!object.contains('\n'));
        assert!(serde_json::from_str::<Value>(object).unwrap().is_object());
    }

    struct Text(&'static str);

    impl Tell for Text {
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
        let told = Screen::new(&mut out, Format::Json).tell(&Text(forged));
        told.unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        let is_escaped = |character| !"\u{1b}\u{9b}\u{7f}\u{202e}".contains(character);
        assert!(text.chars().all(is_escaped), "{text:?}");
        let object: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(object, json!({ "text": forged }));
    }
}
