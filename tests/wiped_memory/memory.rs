//! The memory of this process, as it reads it itself.

use std::fs::File;
use std::hint::black_box;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::str;

/// The number of bytes that are searched for at once: what is freed gets an allocator's notes in it, and rarely everywhere.
const PIECE: usize = 8;

/// A mask for the pieces of a pattern, so that the pattern itself is not found.
const MASK: u64 = 0x5a3c_96e1_0fd2_784b;

/// The bytes of the stack that a search may use itself, and leaves out: its buffers, twice over.
const OWN_STACK: u64 = 256 << 10;

/// Does some work so far down on the stack that a search finds what it leaves there.
#[inline(never)]
pub(crate) fn far_down<T>(work: impl FnOnce() -> T) -> T {
    let room = [0_u8; 2 * OWN_STACK as usize];
    black_box(&room);
    let result = work();
    // Keeps the room until here.
    black_box(&room);
    result
}

/// A secret of 32 bytes to search for.
#[derive(Clone, PartialEq)]
pub(crate) struct Pattern([u64; 4]);

impl Pattern {
    pub(crate) fn of(secret: &[u8; 32]) -> Self {
        let pieces = secret.as_chunks::<PIECE>().0;
        Self(core::array::from_fn(|place| {
            u64::from_le_bytes(pieces[place]) ^ MASK
        }))
    }

    /// The masked pieces, for another process.
    pub(crate) fn to_text(&self) -> String {
        self.0.map(|piece| format!("{piece:016x}")).join(" ")
    }

    /// The pattern that another process has written.
    pub(crate) fn of_text(text: &str) -> Self {
        let mut pieces = text.split(' ');
        Self(core::array::from_fn(|_| {
            let piece = pieces.next().expect("there are four pieces");
            u64::from_str_radix(piece, 16).expect("a piece is a number")
        }))
    }

    /// The number of places in memory that hold one of its four pieces: four for a secret that is there once.
    ///
    /// It allocates nothing, because that could take the place of what it looks for.
    pub(crate) fn count(&self) -> usize {
        let mut count = 0;
        for_each_place(|bytes| {
            let piece = u64::from_le_bytes(bytes) ^ MASK;
            count += usize::from(self.0.contains(&piece));
        });
        count
    }
}

/// Hands over the bytes at every place of the writable memory, but of the stack only what lies far down.
fn for_each_place(mut look: impl FnMut([u8; PIECE])) {
    let mut maps = [0; 1 << 16];
    let maps = read_maps(&mut maps);
    let mut memory = File::open("/proc/self/mem").expect("a process may read its own memory");
    let mut chunk = [0; 1 << 16];
    let here = (&raw const chunk).addr() as u64;
    for line in maps.lines().filter(|line| is_writable(line)) {
        let (mut from, mut end) = range(line);
        if line.ends_with("[stack]") {
            end = end.min(here - OWN_STACK).max(from);
        }
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

/// True if a mapping is writable.
fn is_writable(line: &str) -> bool {
    let mode = line.split(' ').nth(1);
    mode.is_some_and(|mode| mode.starts_with("rw"))
}

fn range(line: &str) -> (u64, u64) {
    let number = |text| u64::from_str_radix(text, 16).expect("an address");
    let (range, _) = line.split_once(' ').expect("a range and the rest");
    let (from, end) = range.split_once('-').expect("two addresses");
    (number(from), number(end))
}
