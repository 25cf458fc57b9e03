//! The output of a command that runs for long, for people or for programs: one event, one line.

use std::io::{self, IsTerminal as _, Write};

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use serde_json::Value;
use terminal_size::{Width, terminal_size};
use textwrap::{WordSeparator, WordSplitter};
use unicode_width::UnicodeWidthChar as _;

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
    /// A text that a terminal shows in its place, with room around it.
    banner: Option<String>,
}

impl Line {
    pub(crate) fn new(level: Level, label: &'static str, text: impl Into<String>) -> Self {
        Self {
            level,
            label,
            text: text.into(),
            banner: None,
        }
    }

    /// The line as a banner on a terminal.
    pub(crate) fn with_banner(self, banner: String) -> Self {
        let banner = Some(banner);
        Self { banner, ..self }
    }
}

/// The columns of a label and of the space after it.
const LABEL_COLUMNS: usize = 10;

/// The columns of a terminal that does not say.
const USUAL_COLUMNS: usize = 80;

/// The place where reports are written.
#[derive(Debug)]
pub(crate) struct Screen<W> {
    out: W,
    format: Format,
    has_details: bool,
    is_terminal: bool,
}

impl<W: Write> Screen<W> {
    /// A screen that shows no details.
    pub(crate) fn new(out: W, format: Format) -> Self {
        Self {
            out,
            format,
            has_details: false,
            // Whatever is between, in the end it is standard output.
            is_terminal: io::stdout().is_terminal(),
        }
    }

    /// The same screen, with details or without.
    pub(crate) fn with_details(self, has_details: bool) -> Self {
        Self {
            has_details,
            ..self
        }
    }

    /// The same screen on another output.
    pub(crate) fn onto<V>(self, out: V) -> Screen<V> {
        let Self {
            format,
            has_details,
            is_terminal,
            ..
        } = self;
        Screen {
            out,
            format,
            has_details,
            is_terminal,
        }
    }

    /// True if people read it as it is written.
    pub(crate) fn is_live(&self) -> bool {
        self.is_terminal && self.format == Format::People
    }

    /// Writes a report at once, without anything that a terminal would act on.
    pub(crate) fn show(&mut self, report: &impl Report) -> io::Result<()> {
        match self.format {
            Format::Json => {
                let object = report.json().to_string();
                writeln!(self.out, "{}", printable_json(&object))?;
            }
            Format::People => {
                for line in report.lines() {
                    self.write(&line)?;
                }
            }
        }
        // A reader at the other end of a pipe waits for each line.
        self.out.flush()
    }

    /// Writes a line for people, of which no program wants to know.
    pub(crate) fn note(&mut self, line: &Line) -> io::Result<()> {
        if self.format == Format::People {
            self.write(line)?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        if line.level == Level::Detail && !self.has_details {
            return Ok(());
        }
        let style = line.level.style();
        if let (true, Some(banner)) = (self.is_terminal, &line.banner) {
            return writeln!(self.out, "\n{:6}{}\n", "", printable(banner));
        }
        let text = printable(&line.text);
        let text = match self.is_terminal {
            true => wrapped(&text, columns()),
            false => text,
        };
        writeln!(self.out, "{style}{:<9}{style:#} {text}", line.label)
    }
}

/// A text that goes on under its beginning, to the right of the label.
fn wrapped(text: &str, columns: usize) -> String {
    let indent = " ".repeat(LABEL_COLUMNS);
    let options = textwrap::Options::new(columns)
        .initial_indent(&indent)
        .subsequent_indent(&indent)
        // A link or a packet stays whole, so that it can be copied.
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let filled = textwrap::fill(text, options);
    filled.trim_start().to_owned()
}

/// The text of a line of standard output, after a label.
pub(crate) fn laid_out(text: &str) -> String {
    match io::stdout().is_terminal() {
        true => wrapped(text, columns()),
        false => text.to_owned(),
    }
}

/// The columns of the terminal that is standard output.
pub(crate) fn columns() -> usize {
    terminal_size().map_or(USUAL_COLUMNS, |(Width(columns), _)| usize::from(columns))
}

/// True if standard output takes colours.
pub(crate) fn has_colour() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// The start of a text that fits into one row, with a mark if it is not all.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    // The last column stays free: there the cursor of some terminals is in the next row already.
    let room = columns.saturating_sub(1);
    let width = |text: &str| text.chars().filter_map(char::width).sum::<usize>();
    if width(text) <= room {
        return text.to_owned();
    }
    let mut used = 0;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used < room
    };
    text.chars().take_while(fits).chain(['…']).collect()
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

    /// A screen that is a terminal only where a test says so.
    fn screen<W: Write>(out: W, format: Format, is_terminal: bool) -> Screen<W> {
        Screen {
            is_terminal,
            ..Screen::new(out, format)
        }
    }

    fn shown(format: Format) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        screen(&mut out, format, false).show(&Forged).unwrap();
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

    #[test]
    fn details_are_shown_only_if_they_are_asked_for() {
        for (asked, lines) in [(false, 0), (true, 1)] {
            let mut out = Vec::new();
            let mut screen = screen(&mut out, Format::People, false).with_details(asked);
            screen
                .note(&Line::new(Level::Detail, "request", "x"))
                .unwrap();
            assert_eq!(String::from_utf8(out).unwrap().lines().count(), lines);
        }
    }

    #[test]
    fn a_banner_has_room_on_a_terminal_and_is_a_line_elsewhere() {
        let line = Line::new(Level::Success, "emoji", "a b, the same").with_banner("a  b".into());
        for (is_terminal, text) in [
            (true, "\n      a  b\n\n"),
            (false, "emoji     a b, the same\n"),
        ] {
            let mut out = anstream::StripStream::new(Vec::new());
            let mut screen = screen(&mut out, Format::People, is_terminal);
            screen.note(&line).unwrap();
            assert_eq!(String::from_utf8(out.into_inner()).unwrap(), text);
        }
    }

    #[test]
    fn a_long_text_goes_on_beside_its_label_and_a_link_stays_whole() {
        let text = wrapped("one two three https://t.me/call/0123456789", 20);
        let indent = " ".repeat(LABEL_COLUMNS);
        assert_eq!(
            text,
            format!("one two\n{indent}three\n{indent}https://t.me/call/0123456789")
        );
    }

    #[test]
    fn what_does_not_fit_into_a_row_is_cut_with_a_mark() {
        assert_eq!(fit("12345", 6), "12345");
        assert_eq!(fit("123456", 6), "1234…");
        assert_eq!(fit("日本語", 6), "日本…");
        assert_eq!(fit("12", 0), "…");
    }
}
