//! Text of other people on a terminal.

/// Escapes the characters of a text that a terminal would act on or show in another order.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        // Escaped rather than left out, so that people see that there was something.
        if is_acted_on(character) {
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

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_a_terminal_would_act_on_or_turn_around_is_escaped() {
        let forged = "a\u{1b}[2J\u{9b}\u{202e}b\u{2066}🙂é";
        let shown = r"a\u{1b}[2J\u{9b}\u{202e}b\u{2066}🙂é";
        assert_eq!(printable(forged), shown);
    }
}
