//! Reading of input that has a bound.

use std::io::{self, Read};

/// Reads a source to its end; `None` if it has more than `most` bytes.
pub(crate) fn read(source: impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    // One byte beyond the bound shows that there are more, without reading them.
    source
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_to_its_end_or_not_kept() {
        assert_eq!(read(&b"four"[..], 4).unwrap().unwrap(), b"four");
        assert_eq!(read(&b"four"[..], 3).unwrap(), None);
        assert_eq!(read(io::repeat(7), 3).unwrap(), None);
    }
}
