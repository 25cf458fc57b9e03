//! The queue of pushes from the hub to one connection, with a bound on the bytes in it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// The cost of a push beside its bytes.
const OVERHEAD: usize = 256;

/// A push on its way; dropping it makes room for others.
pub(crate) struct QueuedPush {
    pub(crate) updates: Arc<[u8]>,
    _room: OwnedSemaphorePermit,
}

/// The hub's end of a queue.
pub(crate) struct PushSender {
    queue: mpsc::UnboundedSender<QueuedPush>,
    room: Arc<Semaphore>,
}

/// There is no room for a push: the client does not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// A queue in which at most `bytes` wait; the receiver gives `None` once the sender is dropped.
pub(crate) fn push_queue(bytes: usize) -> (PushSender, mpsc::UnboundedReceiver<QueuedPush>) {
    // The channel needs no bound of its own: a push holds its part of the room until it is taken out.
    let (queue, outlet) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)));
    (PushSender { queue, room }, outlet)
}

impl PushSender {
    /// Puts in a push that comes out after a delay.
    pub(crate) fn push(&self, updates: Arc<[u8]>, delay: Duration) -> Result<(), Full> {
        let size = u32::try_from(updates.len().saturating_add(OVERHEAD));
        let room = size.ok().and_then(|size| {
            let room = Arc::clone(&self.room);
            // Without waiting: the hub is locked, and other users wait for their pushes.
            room.try_acquire_many_owned(size).ok()
        });
        let room = room.ok_or(Full)?;
        let pushed = QueuedPush {
            updates,
            _room: room,
        };
        if delay.is_zero() {
            // A connection that is closing needs it no more.
            let _ = self.queue.send(pushed);
        } else {
            // A weak sender, so that the queue can end before the delay.
            let queue = self.queue.downgrade();
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                if let Some(queue) = queue.upgrade() {
                    let _ = queue.send(pushed);
                }
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pipe_takes_no_more_than_it_has_room_for() {
        let (sender, mut outlet) = push_queue(1000);
        let updates: Arc<[u8]> = Arc::from(vec![1; 400]);
        let put = || sender.push(Arc::clone(&updates), Duration::ZERO);
        assert_eq!((put(), put()), (Ok(()), Err(Full)));
        let first = outlet.recv().await;
        assert_eq!(put(), Err(Full));
        drop(first);
        assert_eq!(put(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn pushes_with_delays_overtake_each_other() {
        let (sender, mut outlet) = push_queue(10_000);
        for (byte, delay) in [(1, 30), (2, 10)] {
            let delay = Duration::from_millis(delay);
            sender.push(Arc::from(vec![byte; 4]), delay).unwrap();
        }
        let mut next = async || outlet.recv().await.map(|one| one.updates[0]);
        assert_eq!((next().await, next().await), (Some(2), Some(1)));
        drop(sender);
        assert_eq!(next().await, None);
    }
}
