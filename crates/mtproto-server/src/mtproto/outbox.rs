use core::ops::Deref;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use confcall_state::tl::Writer;

use super::message::{self, CONTAINER, Clock, Origin, write_message};
use crate::limits;

/// The most bytes of the messages of one packet, so that the packet fits into what a client can take.
// The rest is for the head of the packet, the container, and up to 1024 bytes of padding.
const MAX_MESSAGES_SIZE: usize = limits::PACKET - 4096;

/// The most bytes of the body of a message.
pub(crate) const MAX_BODY: usize = MAX_MESSAGES_SIZE - message::OVERHEAD;

/// The messages of a session that wait to be sent.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<Outgoing>,
    /// The number of bytes that they will take on the wire.
    size: usize,
    clock: Clock,
    /// The number of content-related messages that were sent.
    relevant: i32,
}

/// The body of a message: its own, or one that the messages of several sessions share.
#[derive(Debug)]
pub(crate) enum Body {
    Own(Vec<u8>),
    Shared(Arc<[u8]>),
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(body) => body,
            Self::Shared(body) => body,
        }
    }
}

impl From<Vec<u8>> for Body {
    fn from(body: Vec<u8>) -> Self {
        Self::Own(body)
    }
}

impl From<Arc<[u8]>> for Body {
    fn from(body: Arc<[u8]>) -> Self {
        Self::Shared(body)
    }
}

#[derive(Debug)]
struct Outgoing {
    body: Body,
    origin: Origin,
    relevance: Relevance,
}

impl Outgoing {
    /// The number of bytes on the wire: a small body is mostly what stands before it.
    fn size(&self) -> usize {
        self.body.len().saturating_add(message::OVERHEAD)
    }
}

/// The two kinds of messages: a client acknowledges content, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relevance {
    ContentRelated,
    Service,
}

impl Outbox {
    /// Adds a message; its body is no larger than [`MAX_BODY`].
    pub(crate) fn add(&mut self, body: impl Into<Body>, origin: Origin, relevance: Relevance) {
        let message = Outgoing {
            body: body.into(),
            origin,
            relevance,
        };
        self.size = self.size.saturating_add(message.size());
        self.waiting.push_back(message);
    }

    /// The number of bytes that wait.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Writes as many of the messages as fit into one packet and one container, if there are several; says whether there
    /// were any.
    pub(crate) fn write(&mut self, writer: &mut Writer, now: Duration) -> bool {
        let batch = self.next_batch();
        match batch.as_slice() {
            [] => return false,
            [only] => self.write_one(writer, only, now),
            several => {
                let size: usize = several.iter().map(Outgoing::size).sum();
                let mut container = Writer::with_capacity(size.saturating_add(8));
                container.u32(CONTAINER);
                container.count(several.len());
                several
                    .iter()
                    .for_each(|one| self.write_one(&mut container, one, now));
                let container = Outgoing {
                    body: container.into_bytes().into(),
                    origin: Origin::Notice,
                    relevance: Relevance::Service,
                };
                self.write_one(writer, &container, now);
            }
        }
        true
    }

    fn next_batch(&mut self) -> Vec<Outgoing> {
        let mut size = 0_usize;
        let fits = |one: &&Outgoing| {
            size = size.saturating_add(one.size());
            size <= MAX_MESSAGES_SIZE
        };
        let room = self.waiting.iter().take(limits::CONTAINER_MESSAGES);
        let count = room.take_while(fits).count();
        let batch: Vec<_> = self.waiting.drain(..count).collect();
        self.size -= batch.iter().map(Outgoing::size).sum::<usize>();
        if self.waiting.is_empty() {
            // The place of a long backlog is not kept for the next one.
            self.waiting = VecDeque::new();
        }
        batch
    }

    fn write_one(&mut self, writer: &mut Writer, one: &Outgoing, now: Duration) {
        let even = self.relevant.wrapping_mul(2);
        // Twice the number of content-related messages before, and one more for such a message.
        let seq_no = match one.relevance {
            Relevance::Service => even,
            Relevance::ContentRelated => {
                self.relevant = self.relevant.wrapping_add(1);
                even.wrapping_add(1)
            }
        };
        let id = self.clock.next(now, one.origin);
        write_message(writer, id, seq_no, &one.body);
    }
}

#[cfg(test)]
mod tests {
    use super::message::read_container;
    use super::*;

    const NOW: Duration = Duration::from_secs(1_700_000_000);

    fn write(outbox: &mut Outbox) -> Option<Vec<u8>> {
        let mut writer = Writer::new();
        let written = outbox.write(&mut writer, NOW);
        written.then(|| writer.into_bytes())
    }

    #[test]
    fn several_messages_go_in_one_container_and_are_numbered() {
        let mut outbox = Outbox::default();
        outbox.add(vec![1; 4], Origin::Answer, Relevance::ContentRelated);
        outbox.add(vec![2; 4], Origin::Notice, Relevance::Service);
        outbox.add(vec![3; 4], Origin::Notice, Relevance::ContentRelated);
        let bytes = write(&mut outbox).unwrap();
        let messages = read_container(&bytes[message::OVERHEAD..]).unwrap();
        let numbers: Vec<_> = messages.iter().map(|one| one.seq_no).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert!(messages.is_sorted_by(|one, other| one.id < other.id));
        assert_eq!(write(&mut outbox), None);
    }

    #[test]
    fn a_backlog_of_small_messages_counts_what_stands_before_them_and_leaves_no_room_behind() {
        let mut outbox = Outbox::default();
        for _ in 0..2_500 {
            outbox.add(vec![0; 4], Origin::Answer, Relevance::ContentRelated);
        }
        assert_eq!(outbox.size(), 2_500 * (message::OVERHEAD + 4));
        while write(&mut outbox).is_some() {}
        assert_eq!((outbox.size(), outbox.waiting.capacity()), (0, 0));
    }

    #[test]
    fn no_container_holds_more_messages_than_a_client_takes() {
        let mut outbox = Outbox::default();
        for _ in 0..2_500 {
            outbox.add(vec![0; 4], Origin::Answer, Relevance::ContentRelated);
        }
        let packets = core::iter::from_fn(|| write(&mut outbox));
        let counts = packets.map(|bytes| {
            let messages = read_container(&bytes[message::OVERHEAD..]).unwrap();
            messages.len()
        });
        assert_eq!(counts.collect::<Vec<_>>(), [1020, 1020, 460]);
    }

    #[test]
    fn what_does_not_fit_into_one_packet_goes_in_the_next() {
        let mut outbox = Outbox::default();
        for byte in 0..3 {
            outbox.add(vec![byte; MAX_BODY], Origin::Notice, Relevance::Service);
        }
        for byte in 0..3 {
            let bytes = write(&mut outbox).unwrap();
            assert!(bytes.len() <= limits::PACKET - 64);
            assert_eq!(bytes.last(), Some(&byte));
        }
        assert_eq!(write(&mut outbox), None);
    }
}
