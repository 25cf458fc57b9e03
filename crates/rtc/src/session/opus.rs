//! The duration of an Opus packet, by its first bytes (RFC 6716, 3.1).

/// The samples in 2.5 ms, of which every frame has a multiple.
const SAMPLES: u32 = 120;

/// The most samples of a packet: 120 ms.
const LONGEST: u32 = 48 * SAMPLES;

/// The number of samples of a packet at 48 kHz; `None` if it is no packet of Opus.
pub(super) fn samples(packet: &[u8]) -> Option<u32> {
    let (toc, rest) = packet.split_first()?;
    let config = toc >> 3;
    // In units of 2.5 ms.
    let frame = match config {
        0..=11 => [4, 8, 16, 24].get(usize::from(config & 3)),
        12..=15 => [4, 8].get(usize::from(config & 1)),
        _ => [1, 2, 4, 8].get(usize::from(config & 3)),
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(rest.first()? & 0x3f),
    };
    let samples = frame? * SAMPLES * count;
    (1..=LONGEST).contains(&samples).then_some(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_say_how_long_a_packet_lasts() {
        // CELT of 20 ms, once and twice; SILK of 60 ms twice; hybrid of 10 ms; CELT of 2.5 ms in 48 frames.
        for (packet, expected) in [
            (&[0xf8][..], 960),
            (&[0xf9], 1920),
            (&[0xfa, 1], 1920),
            (&[0x19], 5760),
            (&[0x60], 480),
            (&[0xe3, 48], 5760),
            (&[0xfb, 0xc2], 1920),
        ] {
            assert_eq!(samples(packet), Some(expected), "{packet:02x?}");
        }
    }

    #[test]
    fn what_lasts_no_time_or_too_long_is_no_packet() {
        for packet in [&[][..], &[0xfb], &[0xfb, 0], &[0xfb, 7], &[0x1b, 3]] {
            assert_eq!(samples(packet), None, "{packet:02x?}");
        }
    }
}
