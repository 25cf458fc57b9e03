//! Text of other people on a terminal.

/// Escapes the characters of a text that a terminal would act on, show in another order, or not show at all.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    let mut before = None;
    for character in text.chars() {
        let is_hidden = is_invisible(character) && !joins_emoji(before, character);
        before = Some(character);
        // Escaped rather than left out, so that people see that there was something.
        if is_acted_on(character) || is_hidden {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}

/// Escapes the characters of a JSON object that a terminal would act on; the object stays the same.
///
/// JSON itself escapes only some of them. They can stand inside strings only, where an escape means the same.
pub(crate) fn printable_json(object: &str) -> String {
    let mut printable = String::with_capacity(object.len());
    for character in object.chars() {
        if is_acted_on(character) {
            // All of them are below 0x10000, so that one escape of four digits is enough.
            printable.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            printable.push(character);
        }
    }
    printable
}

/// True for a character with which a terminal would do something else than show it.
fn is_acted_on(character: char) -> bool {
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
    use super::{printable, printable_json};

    #[test]
    fn what_is_not_shown_at_all_is_escaped_and_emoji_stay_whole() {
        let hidden = "Al\u{200b}ice\u{feff} a\u{200d}b \u{e0041}";
        let shown = r"Al\u{200b}ice\u{feff} a\u{200d}b \u{e0041}";
        assert_eq!(printable(hidden), shown);
        assert_eq!(printable_json("\u{200b}"), "\u{200b}");
        for emoji in [
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥",
            "1\u{fe0f}\u{20e3}",
            "e\u{301}",
        ] {
            assert_eq!(printable(emoji), emoji);
        }
    }

    #[test]
    fn what_a_terminal_would_act_on_or_turn_around_is_escaped() {
        let forged = "a\u{1b}[2J\u{9b}\u{202e}b\u{2066}🙂é";
        let shown = r"a\u{1b}[2J\u{9b}\u{202e}b\u{2066}🙂é";
        assert_eq!(printable(forged), shown);
    }
}
