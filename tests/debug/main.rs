//! `Debug` of everything that holds a secret, to the letter where it is short.
//!
//! Of what is long, no four bytes of the secret may be in it, in hexadecimal or as numbers, and no text that is one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod calls;
mod keys;
mod texts;

use std::fmt::Debug;

/// Checks what `Debug` shows, in a line and spread out.
#[track_caller]
fn is_shown_as(value: &impl Debug, expected: &str) {
    assert_eq!(format!("{value:?}"), expected);
    let spread: String = format!("{value:#?}").split_whitespace().collect();
    let one_line: String = expected.split_whitespace().collect();
    assert_eq!(spread.replace(",}", "}").replace(",)", ")"), one_line);
}

/// Checks that nothing of some secret bytes is shown.
#[track_caller]
fn hides_bytes(value: &impl Debug, secret: &[u8]) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        let shown: String = shown.split_whitespace().collect();
        for part in secret.windows(4) {
            let numbers: Vec<_> = part.iter().map(u8::to_string).collect();
            let forms = [
                hex::encode(part),
                hex::encode_upper(part),
                numbers.join(","),
            ];
            for form in forms {
                assert!(!shown.contains(&form), "{form} is in {shown}");
            }
        }
    }
}

/// Checks that a secret text is not shown.
#[track_caller]
fn hides_text(value: &impl Debug, secret: &str) {
    let shown = format!("{value:?}");
    assert!(!shown.contains(secret), "{secret} is in {shown}");
    hides_bytes(value, secret.as_bytes());
}
