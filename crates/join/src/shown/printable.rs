use core::fmt::{self, Write as _};

/// A text of others in one line: what a terminal would act on, show in another order, or not show at all, stands as its escape.
///
/// Escaped rather than left out, so that people see that there was something. Emoji stay whole.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for character in self.0.chars() {
            let is_hidden = is_invisible(character) && !joins_emoji(before, character);
            before = Some(character);
            match is_acted_on(character) || is_hidden {
                true => write!(f, "{}", character.escape_default())?,
                false => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// True for a character with which a terminal would do something else than show it.
pub fn is_acted_on(character: char) -> bool {
    character.is_control() || turns(character)
}

/// True for a character that turns the direction of the text around it, or ends its line.
fn turns(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// True for a character that nothing shows: two texts that look the same could differ by it.
///
/// Those are the code points that Unicode lets a program ignore where it does not know them.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// True for a joiner or a selector that belongs to the emoji before it.
fn joins_emoji(before: Option<char>, character: char) -> bool {
    let is_emoji =
        |before| matches!(before, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}');
    // The selector also makes an emoji of a digit, as on a key.
    let is_key = |before| matches!(before, '0'..='9' | '#' | '*');
    match character {
        '\u{200d}' => before.is_some_and(is_emoji),
        '\u{fe0f}' => before.is_some_and(|before| is_emoji(before) || is_key(before)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printable(text: &str) -> String {
        Printable(text).to_string()
    }

    #[test]
    fn what_is_not_shown_at_all_is_escaped_and_emoji_and_other_scripts_stay_whole() {
        let hidden = "Al\u{200b}ice\u{feff} a\u{200d}b \u{e0041} \u{3164}";
        let shown = r"Al\u{200b}ice\u{feff} a\u{200d}b \u{e0041} \u{3164}";
        assert_eq!(printable(hidden), shown);
        for text in [
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥",
            "1\u{fe0f}\u{20e3}",
            "e\u{301}",
            "नमस्ते",
            "it's \"so\"",
        ] {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn what_a_terminal_would_act_on_or_turn_around_is_escaped() {
        let forged = "a\u{1b}[2J\u{9b}\u{202e}b\u{2066}🙂é\n";
        let shown = r"a\u{1b}[2J\u{9b}\u{202e}b\u{2066}🙂é\n";
        assert_eq!(printable(forged), shown);
    }
}
