//! VP8: the frame tag stays in clear, in a key frame with start code and size.

/// The bytes of frame tag, start code and size that a key frame starts with.
const KEY_FRAME: usize = 10;
/// The bit that is clear in the first byte of a key frame.
const INTER_FRAME: u8 = 1;

/// The bytes of a frame that stay in clear.
pub(super) fn prefix(frame: &[u8]) -> usize {
    let prefix = match frame.first() {
        Some(tag) if tag & INTER_FRAME == 0 => KEY_FRAME,
        _ => 1,
    };
    prefix.min(frame.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_keeps_ten_bytes_in_clear_and_another_one() {
        assert_eq!(prefix(&[0x10; 20]), 10);
        assert_eq!(prefix(&[0x10; 7]), 7);
        assert_eq!(prefix(&[0x11; 20]), 1);
        assert_eq!(prefix(&[]), 0);
    }
}
