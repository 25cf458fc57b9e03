use confcall_join::api::Update;
use thiserror::Error;
use tokio::sync::broadcast;

use crate::limits;

/// Updates were missed: dropped because they were not read in time, or pushed while there was no connection.
///
/// A client that follows a call reads the chain and the roster again to catch up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{} were missed", how_many(.count))]
pub struct Missed {
    /// The number that was dropped; `None` if only the server knows it.
    pub count: Option<u64>,
}

fn how_many(count: &Option<u64>) -> String {
    count.map_or_else(
        || "perhaps some updates".to_owned(),
        |count| format!("{count} updates"),
    )
}

/// The adapter's end of an [`UpdateStream`], for what the server pushes to one user; clones share the readers.
#[derive(Clone, Debug)]
pub struct UpdateSender(broadcast::Sender<Pushed>);

#[derive(Clone, Debug)]
enum Pushed {
    Update(Update),
    Gap,
}

impl UpdateSender {
    /// A sender without readers.
    pub fn new() -> Self {
        Self(broadcast::Sender::new(limits::UPDATES))
    }

    /// Passes on an update; without readers it is dropped, for then no call is followed.
    pub fn send(&self, update: Update) {
        let _ = self.0.send(Pushed::Update(update));
    }

    /// Says that the server may have pushed what did not arrive, after a new connection for example.
    pub fn gap(&self) {
        let _ = self.0.send(Pushed::Gap);
    }

    /// The updates that are pushed from now on.
    pub fn subscribe(&self) -> UpdateStream {
        UpdateStream(self.0.subscribe())
    }
}

impl Default for UpdateSender {
    fn default() -> Self {
        Self::new()
    }
}

/// Pushed updates in the order of their arrival, from the moment that the stream was made.
///
/// It holds a bounded number of them: a reader that falls behind misses the oldest and learns how many.
#[derive(Debug)]
pub struct UpdateStream(broadcast::Receiver<Pushed>);

impl UpdateStream {
    /// The next update, or `None` once all of the adapter's senders are gone.
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Update, Missed>> {
        match self.0.recv().await {
            Ok(Pushed::Update(update)) => Some(Ok(update)),
            Ok(Pushed::Gap) => Some(Err(Missed { count: None })),
            Err(broadcast::error::RecvError::Lagged(count)) => {
                Some(Err(Missed { count: Some(count) }))
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::api::{CallConnection, DataJson};

    #[tokio::test]
    async fn a_reader_that_falls_behind_misses_the_oldest_and_learns_how_many() {
        let sender = UpdateSender::new();
        let mut stream = sender.subscribe();
        let numbered = |number: usize| {
            Update::Connection(CallConnection {
                presentation: false,
                params: DataJson::new(number.to_string()),
            })
        };
        let last = limits::UPDATES + 10;
        (1..=last).for_each(|number| sender.send(numbered(number)));
        let missed = Missed { count: Some(10) };
        assert_eq!(stream.next().await, Some(Err(missed)));
        for number in 11..=last {
            assert_eq!(stream.next().await, Some(Ok(numbered(number))));
        }
    }
}
