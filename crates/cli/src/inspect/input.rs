//! The input: standard input, a file or a text, in any notation of bytes.

use core::fmt;
use std::fs::File;
use std::io;
use std::io::ErrorKind::{InvalidFilename, NotFound};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::item;
use crate::{bounded, limits};

/// The input is not bytes in any notation that we read.
#[derive(Debug, PartialEq)]
pub(super) enum NotBytes {
    /// There is nothing.
    Empty,
    /// A character that cannot stand in this place of the text.
    Character {
        offset: usize,
        byte: u8,
        writing: &'static str,
    },
    /// The last byte has one digit only.
    OddDigits { offset: usize, digits: usize },
    /// The end of base64 cannot be right.
    Base64End { offset: usize, characters: usize },
}

impl fmt::Display for NotBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                f.write_str("at byte 0: there is nothing in it; give a block or a broadcast")
            }
            Self::Character {
                offset,
                byte,
                writing,
            } => write!(
                f,
                "at byte {offset} of the text: {:?} is not {writing}; give the block alone",
                char::from(*byte)
            ),
            Self::OddDigits { offset, digits } => write!(
                f,
                "at byte {offset} of the text: {digits} hexadecimal digits are not whole bytes; copy the text to its end"
            ),
            Self::Base64End { offset, characters } => write!(
                f,
                "at byte {offset} of the text: {characters} characters of base64 do not end with a whole byte; copy the text to its end"
            ),
        }
    }
}

impl std::error::Error for NotBytes {}

impl NotBytes {
    /// The place of the error, in bytes from the start of the input.
    pub(super) fn offset(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Character { offset, .. }
            | Self::OddDigits { offset, .. }
            | Self::Base64End { offset, .. } => *offset,
        }
    }
}

/// Reads standard input, a file, or the text itself.
pub(super) fn load(source: &str) -> anyhow::Result<Vec<u8>> {
    if source == "-" {
        return read(io::stdin());
    }
    match File::open(source) {
        Ok(file) => read(file),
        // A long text is no path on any system.
        Err(error) if matches!(error.kind(), NotFound | InvalidFilename) => {
            decode(source.as_bytes()).map_err(|error| {
                anyhow::Error::new(error).context("there is no such file, so it was read as a text")
            })
        }
        Err(error) => Err(error).with_context(|| format!("{source} cannot be read")),
    }
}

fn read(source: impl io::Read) -> anyhow::Result<Vec<u8>> {
    let most = limits::INSPECTED_BYTES;
    match bounded::read(source, most)? {
        Some(input) => Ok(decode(&input)?),
        None => bail!("there are more than {most} bytes in it, which is no block or broadcast"),
    }
}

/// The bytes of an input that is raw, in hexadecimal or in base64.
fn decode(input: &[u8]) -> Result<Vec<u8>, NotBytes> {
    // Raw first: a constructor id could also be read as text, but no text begins with one.
    if item::starts_like_one(input) {
        return Ok(input.to_vec());
    }
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    if !input.iter().all(is_text) {
        return Ok(input.to_vec());
    }
    // Each character keeps its place, so that an error can name it in the text as it was given.
    let text: Vec<(usize, u8)> = input
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, byte)| !byte.is_ascii_whitespace())
        .collect();
    let text = match text.as_slice() {
        [] => return Err(NotBytes::Empty),
        // As debuggers and block explorers print it.
        [(_, b'0'), (_, b'x' | b'X'), digits @ ..] => digits,
        text => text,
    };
    let characters: Vec<u8> = text.iter().map(|(_, byte)| *byte).collect();
    let first_bytes = characters.get(..8).and_then(|id| hex::decode(id).ok());
    // Hexadecimal digits are an alphabet of base64 too, so a block in hexadecimal is recognised by its first bytes,
    // and an error in the rest of it is one of hexadecimal.
    let is_hex = first_bytes.is_some_and(|id| item::starts_like_one(&id));
    if is_hex || characters.iter().all(u8::is_ascii_hexdigit) {
        from_hex(text, &characters)
    } else {
        from_base64(text, &characters)
    }
}

fn from_hex(text: &[(usize, u8)], characters: &[u8]) -> Result<Vec<u8>, NotBytes> {
    check(text, u8::is_ascii_hexdigit, "hexadecimal")?;
    hex::decode(characters).map_err(|_| NotBytes::OddDigits {
        offset: last(text),
        digits: characters.len(),
    })
}

/// Decodes the usual alphabet or that of URLs, with padding or without.
fn from_base64(text: &[(usize, u8)], characters: &[u8]) -> Result<Vec<u8>, NotBytes> {
    let padding = characters.iter().rev().take_while(|byte| **byte == b'=');
    let length = characters.len() - padding.count();
    let (text, _) = text.split_at(length);
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    check(text, is_base64, "hexadecimal or base64")?;
    let usual = |(_, byte): &(usize, u8)| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    let characters: Vec<u8> = text.iter().map(usual).collect();
    STANDARD_NO_PAD
        .decode(&characters)
        .map_err(|_| NotBytes::Base64End {
            offset: last(text),
            characters: characters.len(),
        })
}

/// The place of the last character.
fn last(text: &[(usize, u8)]) -> usize {
    text.last().map_or(0, |(offset, _)| *offset)
}

fn check(
    text: &[(usize, u8)],
    is_allowed: impl Fn(&u8) -> bool,
    writing: &'static str,
) -> Result<(), NotBytes> {
    match text.iter().find(|(_, byte)| !is_allowed(byte)) {
        Some(&(offset, byte)) => Err(NotBytes::Character {
            offset,
            byte,
            writing,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: [u8; 6] = [0xb6, 0x3d, 0x9a, 0x63, 0xfb, 0xff];

    #[test]
    fn raw_hexadecimal_and_base64_are_told_apart() {
        let inputs: [&[u8]; 7] = [
            &RAW,
            b"b63d9a63fbff",
            b"0xB63D9A63FBFF\n",
            b" b63d 9a63\r\n fb ff",
            b"tj2aY/v/",
            b"tj2aY_v_\n",
            b"tj2a\nY/v/==",
        ];
        for input in inputs {
            assert_eq!(decode(input).as_deref(), Ok(&RAW[..]), "{input:?}");
        }
    }

    #[test]
    fn a_text_that_is_neither_is_refused_with_the_place() {
        assert_eq!(decode(b" \n"), Err(NotBytes::Empty));
        assert_eq!(
            decode(b"b63d9a63f"),
            Err(NotBytes::OddDigits {
                offset: 8,
                digits: 9
            })
        );
        let wrong = |offset, byte, writing| {
            Err(NotBytes::Character {
                offset,
                byte,
                writing,
            })
        };
        assert_eq!(decode(b"b63d9a63 fg"), wrong(10, b'g', "hexadecimal"));
        assert_eq!(decode(b"a b:"), wrong(3, b':', "hexadecimal or base64"));
        assert_eq!(decode(b"a=b"), wrong(1, b'=', "hexadecimal or base64"));
        assert_eq!(
            decode(b"tj2aY"),
            Err(NotBytes::Base64End {
                offset: 4,
                characters: 5
            })
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_left_to_the_reader() {
        assert_eq!(decode(&[0, 1, 2]).as_deref(), Ok(&[0, 1, 2][..]));
    }
}
