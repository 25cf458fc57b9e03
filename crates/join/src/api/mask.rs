use std::borrow::Cow;

/// The names of fields whose texts are secret.
const SECRET: [&str; 2] = ["ufrag", "pwd"];

/// Replaces the ICE credentials in a JSON text by as many `x`, wherever they stand.
///
/// Nothing else changes, and no place moves: what reads the text comes to the same result, also to the same error if
/// it is no JSON. A character that no credentials have stays, so that what was wrong is still wrong.
pub(crate) fn mask(json: &str) -> String {
    let mut masked = String::with_capacity(json.len());
    let mut rest = json;
    // Whether the text before was the name of a secret field.
    let mut secret = false;
    while let Some(start) = rest.find('"') {
        let (before, from) = rest.split_at(start);
        let (literal, after) = from.split_at(literal_length(from));
        secret &= before.trim_ascii() == ":";
        masked.push_str(before);
        masked.push_str(&if secret {
            Cow::Owned(masked_literal(literal))
        } else {
            Cow::Borrowed(literal)
        });
        secret = serde_json::from_str::<String>(literal)
            .is_ok_and(|name| SECRET.contains(&name.as_str()));
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// The length of the literal that a text starts with, with its quotes; all of the text if it does not end.
fn literal_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

fn masked_literal(literal: &str) -> String {
    let mut masked = String::with_capacity(literal.len());
    let mut characters = literal.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let escape = characters.as_str();
                let (text, length) = masked_escape(escape);
                masked.push('\\');
                masked.push_str(text);
                characters = escape.get(length..).unwrap_or_default().chars();
            }
            '+' | '/' => masked.push('x'),
            _ if character.is_ascii_alphanumeric() => masked.push('x'),
            _ => masked.push(character),
        }
    }
    masked
}

/// What stands for an escape after its backslash, and how many bytes it is in the text.
fn masked_escape(text: &str) -> (&str, usize) {
    let code = text.strip_prefix('u').and_then(|code| code.get(..4));
    let value = code.and_then(|code| u8::from_str_radix(code, 16).ok());
    match value {
        Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => ("u0078", 5),
        _ if code.is_some() => (text.get(..5).unwrap_or_default(), 5),
        _ => {
            let length = text.chars().next().map_or(0, char::len_utf8);
            (text.get(..length).unwrap_or_default(), length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn credentials_are_masked_and_nothing_else_moves() {
        let json =
            r#"{"a":"pwd","pwd" : "Ab+/9","x":{"ufrag":"q\u0041","p\u0077d":"secret"},"b":"pwd"}"#;
        let masked =
            r#"{"a":"pwd","pwd" : "xxxxx","x":{"ufrag":"x\u0078","p\u0077d":"xxxxxx"},"b":"pwd"}"#;
        assert_eq!(mask(json), masked);
        assert_eq!(mask(masked), masked);
    }

    #[test]
    fn what_no_credentials_have_stays_wrong() {
        for json in [
            r#"{"pwd":"a b"#,
            r#"{"pwd":"\n\ud800\u00e9é\"#,
            r#"{"pwd":7}"#,
        ] {
            let masked = mask(json);
            assert_eq!(masked.len(), json.len());
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&masked).is_ok(),
                serde_json::from_str::<serde_json::Value>(json).is_ok()
            );
        }
    }

    proptest! {
        #[test]
        fn masking_twice_is_masking_once(json in r#"[{}:,"a-cpwdu\\0-9 ]{0,60}"#) {
            let once = mask(&json);
            prop_assert_eq!(once.len(), json.len());
            prop_assert_eq!(mask(&once), once);
        }
    }
}
