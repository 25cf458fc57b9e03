//! Text of other people on a terminal.

use confcall::join::shown::{Printable, is_acted_on};

/// Escapes the characters of a text that a terminal would act on, show in another order, or not show at all.
pub(crate) fn printable(text: &str) -> String {
    Printable(text).to_string()
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

#[cfg(test)]
mod tests {
    use super::printable_json;

    #[test]
    fn an_object_stays_the_same_and_a_terminal_does_nothing_with_it() {
        let forged = "{\"a\":\"\u{9b}\u{202e}\u{200b}\"}";
        let printable = printable_json(forged);
        assert_eq!(printable, "{\"a\":\"\\u009b\\u202e\u{200b}\"}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&printable), read(forged));
    }
}
