use core::fmt::{self, Write as _};

/// A text of others in one line: what a terminal would act on, or would not show, stands as its escape.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                // They need no escape inside a line.
                '\'' | '"' | '\\' => f.write_char(character)?,
                _ => write!(f, "{}", character.escape_debug())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_others_stays_in_its_line_and_hides_nothing() {
        let text = "it's \u{1b}[31mred\u{202e}\n\u{200b}é";
        let shown = Printable(text).to_string();
        assert_eq!(shown, "it's \\u{1b}[31mred\\u{202e}\\n\\u{200b}é");
    }
}
