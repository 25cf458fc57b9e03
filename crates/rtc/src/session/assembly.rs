use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use confcall_media::Moment;

use super::vp8::Descriptor;
use crate::limits;

/// The time for which a missing packet is waited for: several repetitions.
const WAIT: Duration = Duration::from_millis(400);

/// The packets of one picture, put in order and joined to frames.
#[derive(Debug)]
pub(super) struct Assembly {
    parts: BTreeMap<u64, Part>,
    /// The number with which the next frame starts; none before the first one.
    next: Option<u64>,
    /// Everything from `next` up to this number is there, and none of it is the last part of a frame.
    reached: u64,
    /// The moment since when a packet is missing.
    gap: Option<Moment>,
}

/// What a packet of a picture says.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    /// Its number in the stream.
    pub(super) number: u64,
    /// The time of its frame in ticks of 90 kHz.
    pub(super) time: u32,
    /// True for the last one of its frame.
    pub(super) marker: bool,
    pub(super) payload: Arc<[u8]>,
}

#[derive(Debug)]
struct Part {
    time: u32,
    starts: bool,
    is_last: bool,
    payload: Arc<[u8]>,
    /// The bytes of the descriptor; all of a packet that only pads.
    skip: usize,
}

/// What came of the packets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Assembled {
    /// A frame, sealed or in clear.
    Frame { time: u32, data: Vec<u8> },
    /// Something is missing: what follows cannot be decoded without a key frame.
    Broken,
}

impl Assembly {
    pub(super) fn new() -> Self {
        Self {
            parts: BTreeMap::new(),
            next: None,
            reached: 0,
            gap: None,
        }
    }

    /// Takes a packet; one that comes too late or twice changes nothing.
    pub(super) fn insert(&mut self, packet: Packet) {
        let descriptor = Descriptor::read(&packet.payload);
        let starts = descriptor.is_some_and(|descriptor| descriptor.starts_frame);
        match self.next {
            // Nothing before the first frame is of use.
            None if !starts => return,
            None => (self.next, self.reached) = (Some(packet.number), packet.number),
            Some(next) if packet.number < next => return,
            Some(_) => {}
        }
        let part = Part {
            time: packet.time,
            starts,
            is_last: packet.marker,
            skip: descriptor.map_or(packet.payload.len(), |descriptor| descriptor.length),
            payload: packet.payload,
        };
        self.parts.entry(packet.number).or_insert(part);
    }

    /// Gives out the next frame, or says that one is missing.
    pub(super) fn take(&mut self, now: Moment) -> Option<Assembled> {
        let next = self.next?;
        while let Some(part) = self.parts.get(&self.reached) {
            self.reached = self.reached.saturating_add(1);
            if part.is_last {
                self.gap = None;
                return Some(self.join(next));
            }
        }
        let is_full = self.parts.len() >= limits::PICTURE_PACKETS;
        let has_more = self.parts.range(self.reached..).next().is_some();
        if !has_more && !is_full {
            self.gap = None;
            return None;
        }
        let gap = *self.gap.get_or_insert(now);
        if now.since(gap) < WAIT && !is_full {
            return None;
        }
        self.skip();
        Some(Assembled::Broken)
    }

    /// Joins the parts up to where everything is there.
    fn join(&mut self, next: u64) -> Assembled {
        self.next = Some(self.reached);
        let rest = self.parts.split_off(&self.reached);
        let parts = core::mem::replace(&mut self.parts, rest);
        debug_assert!(
            parts
                .first_key_value()
                .is_none_or(|(number, _)| *number >= next)
        );
        let mut parts = parts
            .into_values()
            .filter(|part| part.skip < part.payload.len());
        let Some(first) = parts.next() else {
            // Padding under a marker.
            return Assembled::Broken;
        };
        let time = first.time;
        let mut is_whole = first.starts;
        let mut data = first.payload.get(first.skip..).unwrap_or_default().to_vec();
        for part in parts {
            is_whole &= !part.starts && part.time == time;
            data.extend_from_slice(part.payload.get(part.skip..).unwrap_or_default());
        }
        if is_whole && data.len() <= limits::PICTURE_BYTES {
            Assembled::Frame { time, data }
        } else {
            Assembled::Broken
        }
    }

    /// Goes on with the first frame behind what is missing.
    fn skip(&mut self) {
        self.gap = None;
        let mut behind = self.parts.range(self.reached..);
        let start = behind
            .find(|(_, part)| part.starts)
            .map(|(number, _)| *number);
        match start {
            Some(start) => self.parts = self.parts.split_off(&start),
            None => self.parts.clear(),
        }
        self.next = start;
        self.reached = start.unwrap_or(0);
    }

    /// The moment at which what is missing is given up.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.gap.map(|gap| gap + WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::vp8;
    use proptest::prelude::*;

    fn at(ms: u64) -> Moment {
        Moment::new(Duration::from_millis(ms))
    }

    /// The packets of frames of these sizes, each filled with its index.
    fn packets(sizes: &[usize]) -> Vec<Packet> {
        let mut packets = Vec::new();
        for (index, size) in sizes.iter().enumerate() {
            let frame = vec![index as u8; *size];
            for part in vp8::split(&frame, index as u16, 104) {
                packets.push(Packet {
                    number: 1000 + packets.len() as u64,
                    time: index as u32 * 3000,
                    marker: part.is_last,
                    payload: part.payload.into(),
                });
            }
        }
        packets
    }

    fn take(assembly: &mut Assembly, ms: u64) -> Vec<Option<u8>> {
        let taken = core::iter::from_fn(|| assembly.take(at(ms)));
        taken
            .map(|taken| match taken {
                Assembled::Frame { data, .. } => data.first().copied(),
                Assembled::Broken => None,
            })
            .collect()
    }

    #[test]
    fn packets_in_any_order_become_the_frames_in_theirs() {
        let mut packets = packets(&[300, 50, 250]);
        let first = packets.remove(0);
        packets.reverse();
        let mut assembly = Assembly::new();
        assembly.insert(first);
        for packet in packets {
            assembly.insert(packet.clone());
            assembly.insert(packet);
        }
        assert_eq!(take(&mut assembly, 0), [Some(0), Some(1), Some(2)]);
        assert_eq!(assembly.deadline(), None);
    }

    #[test]
    fn a_missing_packet_is_waited_for_and_then_passed_over() {
        let packets = packets(&[300, 300, 300]);
        let mut assembly = Assembly::new();
        for (index, packet) in packets.iter().enumerate() {
            if index != 4 {
                assembly.insert(packet.clone());
            }
        }
        assert_eq!(take(&mut assembly, 0), [Some(0)]);
        assert_eq!(assembly.deadline(), Some(at(400)));
        assert_eq!(take(&mut assembly, 399), []);
        assert_eq!(take(&mut assembly, 400), [None, Some(2)]);
        assembly.insert(packets[4].clone());
        assert_eq!(take(&mut assembly, 401), []);
    }

    #[test]
    fn a_repeated_packet_in_time_fills_the_gap() {
        let packets = packets(&[300, 300]);
        let mut assembly = Assembly::new();
        for (index, packet) in packets.iter().enumerate() {
            if index != 1 {
                assembly.insert(packet.clone());
            }
        }
        assert_eq!(take(&mut assembly, 0), []);
        assembly.insert(packets[1].clone());
        assert_eq!(take(&mut assembly, 300), [Some(0), Some(1)]);
    }

    #[test]
    fn a_frame_without_end_is_given_up_when_the_window_is_full() {
        let size = 100 * (limits::PICTURE_PACKETS + 10);
        let mut assembly = Assembly::new();
        let mut taken = Vec::new();
        for packet in packets(&[size, 50, 50]) {
            assembly.insert(Packet {
                // The markers of the first frame are missing.
                marker: packet.marker && packet.time != 0,
                ..packet
            });
            taken.extend(take(&mut assembly, 0));
            assert!(assembly.parts.len() <= limits::PICTURE_PACKETS);
        }
        assert_eq!(taken, [None, Some(1), Some(2)]);
    }

    proptest! {
        #[test]
        fn any_packets_are_bounded(packets in prop::collection::vec((0_u64..2000, any::<u32>(), any::<bool>(), any::<[u8; 3]>()), 0..700)) {
            let mut assembly = Assembly::new();
            for (number, time, marker, payload) in packets {
                assembly.insert(Packet { number, time, marker, payload: Arc::from(&payload[..]) });
                while assembly.take(at(0)).is_some() {}
                prop_assert!(assembly.parts.len() <= limits::PICTURE_PACKETS);
            }
        }
    }
}
