use std::sync::Arc;

use confcall_join::stream::StreamPart;
use tokio::sync::broadcast;

use crate::limits;

/// The parts of a call that is shown as a stream, in the order of each track, for one reader; each
/// [`GroupCall::stream`](crate::GroupCall::stream) gives another.
///
/// It holds the newest eight that were not read yet, so that a slow reader holds nothing up and keeps little. It ends with the call, and
/// may be dropped: the parts are loaded all the same.
#[derive(Debug)]
pub struct StreamParts(Option<broadcast::Receiver<Arc<StreamPart>>>);

impl StreamParts {
    /// The next part, or the number of those that were dropped because they were not read in time; `None` at the end of the call.
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Arc<StreamPart>, u64>> {
        match self.0.as_mut()?.recv().await {
            Ok(part) => Some(Ok(part)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Err(missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// The way to readers of the parts.
#[derive(Debug)]
pub(crate) struct StreamReaders(broadcast::WeakSender<Arc<StreamPart>>);

impl StreamReaders {
    pub(crate) fn later(&self) -> StreamParts {
        StreamParts(self.0.upgrade().map(|parts| parts.subscribe()))
    }
}

/// The other end of the parts; dropping it ends them.
#[derive(Debug)]
pub(crate) struct StreamPublisher(broadcast::Sender<Arc<StreamPart>>);

impl StreamPublisher {
    pub(crate) fn new() -> (Self, StreamReaders) {
        let (parts, _) = broadcast::channel(limits::UNREAD_PARTS);
        let readers = StreamReaders(parts.downgrade());
        (Self(parts), readers)
    }

    /// Adds a part; never waits.
    pub(crate) fn add(&self, part: StreamPart) {
        // Without a reader it is dropped.
        let _ = self.0.send(Arc::new(part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::stream::Track;

    fn part(time_ms: i64) -> StreamPart {
        StreamPart {
            track: Track::Unified,
            time_ms,
            duration_ms: 1000,
            bytes: vec![0; 10],
        }
    }

    #[tokio::test]
    async fn a_slow_reader_keeps_the_newest_parts_and_learns_how_many_it_missed() {
        let (publisher, readers) = StreamPublisher::new();
        let mut parts = readers.later();
        let mut other = readers.later();
        for time in 0..10 {
            publisher.add(part(time));
        }
        assert_eq!(parts.next().await, Some(Err(2)));
        for time in 2..10 {
            assert_eq!(parts.next().await, Some(Ok(Arc::new(part(time)))));
        }
        drop(publisher);
        assert_eq!(parts.next().await, None);
        assert_eq!(other.next().await, Some(Err(2)));
        assert_eq!(readers.later().next().await, None);
    }
}
