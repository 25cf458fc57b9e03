//! The queue of pushes from the hub to one connection, with a bound on the bytes in it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// The cost of a push beside its bytes.
const OVERHEAD: usize = 256;

/// The places that a queue keeps when it is empty.
const KEPT_PLACES: usize = 64;

/// The hub's end of a queue.
pub(crate) struct PushSender(Arc<Queue>);

/// The connection's end of a queue.
pub(crate) struct PushReceiver(Arc<Queue>);

struct Queue {
    /// The most bytes that wait.
    limit: usize,
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Default)]
struct Waiting {
    pushes: VecDeque<Arc<[u8]>>,
    /// The cost of those that wait, and of those that are delayed.
    size: usize,
    /// True once the hub puts in nothing more.
    is_closed: bool,
}

/// There is no room for a push: the client does not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// A queue in which at most `bytes` wait.
pub(crate) fn push_queue(bytes: usize) -> (PushSender, PushReceiver) {
    let queue = Arc::new(Queue {
        limit: bytes,
        waiting: Mutex::default(),
        wake: Notify::new(),
    });
    (PushSender(Arc::clone(&queue)), PushReceiver(queue))
}

impl PushSender {
    /// Puts in a push that comes out after a delay.
    pub(crate) fn push(&self, updates: Arc<[u8]>, delay: Duration) -> Result<(), Full> {
        let mut waiting = self.0.lock();
        let size = waiting.size.saturating_add(cost(&updates));
        // Without waiting: the hub is locked, and other users wait for their pushes.
        if size > self.0.limit {
            return Err(Full);
        }
        waiting.size = size;
        if delay.is_zero() {
            self.0.put(waiting, updates);
        } else {
            // A weak one, so that the pushes of a connection that ended are dropped with it.
            let queue = Arc::downgrade(&self.0);
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                if let Some(queue) = queue.upgrade() {
                    queue.put(queue.lock(), updates);
                }
            });
        }
        Ok(())
    }
}

impl Drop for PushSender {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.wake.notify_one();
    }
}

impl PushReceiver {
    /// Waits until there is a push; false once the queue has ended.
    pub(crate) async fn has_some(&self) -> bool {
        loop {
            {
                let waiting = self.0.lock();
                if !waiting.pushes.is_empty() || waiting.is_closed {
                    return !waiting.pushes.is_empty();
                }
            }
            self.0.wake.notified().await;
        }
    }

    /// Takes out pushes in order, the first and those that fit into so many bytes with it; there is room for others then.
    pub(crate) fn take(&self, bytes: usize, mut each: impl FnMut(Arc<[u8]>)) {
        let mut left = bytes;
        let mut waiting = self.0.lock();
        while let Some(first) = waiting.pushes.front() {
            let cost = cost(first);
            if cost > left && left < bytes {
                return;
            }
            left = left.saturating_sub(cost);
            waiting.size = waiting.size.saturating_sub(cost);
            waiting.pushes.pop_front().map(&mut each);
        }
        // The place of a long backlog is not kept for the next one.
        waiting.pushes.shrink_to(KEPT_PLACES);
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts in a push that has its part of the room; a queue that has ended needs it no more.
    fn put(&self, mut waiting: MutexGuard<'_, Waiting>, updates: Arc<[u8]>) {
        if waiting.is_closed {
            return;
        }
        waiting.pushes.push_back(updates);
        let is_first = waiting.pushes.len() == 1;
        drop(waiting);
        // The connection looks at all that waits once it is awake.
        if is_first {
            self.wake.notify_one();
        }
    }
}

/// The part of the room that a push takes.
fn cost(updates: &[u8]) -> usize {
    updates.len().saturating_add(OVERHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first bytes of what waits.
    fn taken(receiver: &PushReceiver, bytes: usize) -> Vec<u8> {
        let mut taken = Vec::new();
        receiver.take(bytes, |push| taken.extend(push.first()));
        taken
    }

    #[test]
    fn a_pipe_takes_no_more_than_it_has_room_for() {
        let (sender, receiver) = push_queue(1000);
        let updates: Arc<[u8]> = Arc::from(vec![1; 400]);
        let put = || sender.push(Arc::clone(&updates), Duration::ZERO);
        assert_eq!((put(), put()), (Ok(()), Err(Full)));
        assert_eq!(taken(&receiver, 1000), [1]);
        assert_eq!((put(), put()), (Ok(()), Err(Full)));
    }

    #[tokio::test]
    async fn what_waits_comes_out_together_and_in_order_as_far_as_it_fits() {
        let (sender, receiver) = push_queue(10_000);
        for byte in 1..=5 {
            let push = Arc::from(vec![byte; 244]);
            sender.push(push, Duration::ZERO).unwrap();
        }
        assert!(receiver.has_some().await);
        assert_eq!(taken(&receiver, 1000), [1, 2]);
        assert!(receiver.has_some().await);
        // One that is larger than that comes alone.
        assert_eq!(taken(&receiver, 10), [3]);
        drop(sender);
        // What waited when the hub let go is still taken.
        assert!(receiver.has_some().await);
        assert_eq!(taken(&receiver, 10_000), [4, 5]);
        assert!(!receiver.has_some().await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_waits_is_woken_by_a_push_and_by_the_end() {
        let (sender, receiver) = push_queue(10_000);
        let woken = tokio::spawn(async move {
            let first = receiver.has_some().await;
            let first = (first, taken(&receiver, 10_000));
            (first, receiver.has_some().await)
        });
        tokio::time::sleep(Duration::from_millis(1)).await;
        sender.push(Arc::from(vec![7]), Duration::ZERO).unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        drop(sender);
        assert_eq!(woken.await.unwrap(), ((true, vec![7]), false));
    }

    #[tokio::test(start_paused = true)]
    async fn pushes_with_delays_overtake_each_other() {
        let (sender, receiver) = push_queue(10_000);
        for (byte, delay) in [(1, 30), (2, 10), (3, 60)] {
            let delay = Duration::from_millis(delay);
            sender.push(Arc::from(vec![byte; 4]), delay).unwrap();
        }
        let next = async || (receiver.has_some().await, taken(&receiver, 1));
        assert_eq!(next().await, (true, vec![2]));
        assert_eq!(next().await, (true, vec![1]));
        // The last comes too late for a queue that has ended.
        drop(sender);
        assert_eq!(next().await, (false, Vec::new()));
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(next().await, (false, Vec::new()));
    }
}
