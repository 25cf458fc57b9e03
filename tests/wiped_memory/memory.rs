//! The memory of this process, as it reads it itself.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::str;

/// The number of bytes that are searched for at once: what is freed gets an allocator's notes in it, and rarely everywhere.
const PIECE: usize = 8;

/// A mask for the pieces of a pattern, so that the pattern itself is not found.
const MASK: u64 = 0x5a3c_96e1_0fd2_784b;

/// A secret of 32 bytes to search for.
pub(crate) struct Pattern([u64; 4]);

impl Pattern {
    pub(crate) fn of(secret: &[u8; 32]) -> Self {
        let pieces = secret.as_chunks::<PIECE>().0;
        Self(core::array::from_fn(|place| {
            u64::from_le_bytes(pieces[place]) ^ MASK
        }))
    }

    /// The number of its four pieces that are in memory.
    ///
    /// It allocates nothing, because that could take the place of what it looks for.
    pub(crate) fn count(&self) -> usize {
        let mut found = [false; 4];
        for_each_place(|bytes| {
            let piece = u64::from_le_bytes(bytes) ^ MASK;
            for (found, wanted) in found.iter_mut().zip(self.0) {
                *found |= piece == wanted;
            }
        });
        found.into_iter().filter(|found| *found).count()
    }
}

/// Hands over the bytes at every place of the writable memory but the stack.
fn for_each_place(mut look: impl FnMut([u8; PIECE])) {
    let mut maps = [0; 1 << 16];
    let maps = read_maps(&mut maps);
    let mut memory = File::open("/proc/self/mem").expect("a process may read its own memory");
    let mut chunk = [0; 1 << 16];
    for line in maps.lines().filter(|line| is_searched(line)) {
        let (mut from, end) = range(line);
        // The end of each chunk is read again at the start of the next.
        while end - from >= PIECE as u64 {
            let length = chunk.len().min((end - from) as usize);
            let chunk = &mut chunk[..length];
            memory.seek(SeekFrom::Start(from)).expect("it is mapped");
            memory.read_exact(chunk).expect("it is mapped");
            for place in chunk.windows(PIECE) {
                look(*place.first_chunk().expect("a window has its size"));
            }
            from += (length - (PIECE - 1)) as u64;
        }
    }
}

fn read_maps(buffer: &mut [u8]) -> &str {
    let mut file = File::open("/proc/self/maps").expect("a process may read its own mappings");
    let mut length = 0;
    loop {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!(length < buffer.len(), "there are more mappings than room");
    str::from_utf8(&buffer[..length]).expect("mappings are text")
}

/// True if a mapping is writable, and not the stack.
fn is_searched(line: &str) -> bool {
    line.split(' ')
        .nth(1)
        .is_some_and(|mode| mode.starts_with("rw"))
        && !line.ends_with("[stack]")
}

fn range(line: &str) -> (u64, u64) {
    let number = |text| u64::from_str_radix(text, 16).expect("an address");
    let (range, _) = line.split_once(' ').expect("a range and the rest");
    let (from, end) = range.split_once('-').expect("two addresses");
    (number(from), number(end))
}
