use std::collections::VecDeque;

use tokio::sync::oneshot;

/// The connections that have not shown a key yet, the oldest first.
///
/// Any process that reaches the server can open them, so they have a bound of their own.
#[derive(Debug)]
pub(crate) struct Unidentified {
    limit: usize,
    connections: VecDeque<oneshot::Sender<()>>,
}

/// The place of one connection among them; dropping it makes room.
#[derive(Debug)]
pub(crate) struct Place(oneshot::Receiver<()>);

impl Unidentified {
    pub(crate) fn new(limit: usize) -> Self {
        let connections = VecDeque::new();
        Self { limit, connections }
    }

    /// Adds a connection, for which the oldest gives way if there are too many.
    pub(crate) fn add(&mut self) -> Place {
        self.connections.retain(|one| !one.is_closed());
        while !self.connections.is_empty() && self.connections.len() >= self.limit {
            self.connections.pop_front();
        }
        let (connection, place) = oneshot::channel();
        self.connections.push_back(connection);
        Place(place)
    }

    /// Lets the oldest connection give way; says whether there is one.
    pub(crate) fn displace_oldest(&mut self) -> bool {
        self.connections.retain(|one| !one.is_closed());
        self.connections.pop_front().is_some()
    }
}

impl Place {
    /// Waits until the connection has to give way.
    pub(crate) async fn lost(&mut self) {
        // Nothing is ever sent: the end is the sign.
        let _ = (&mut self.0).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// True if a connection has given way.
    fn is_lost(place: &mut Place) -> bool {
        place.0.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn the_oldest_connection_without_a_key_gives_way_to_a_newer_one() {
        let mut unidentified = Unidentified::new(2);
        let mut places = [0; 3].map(|_| unidentified.add());
        assert_eq!(places.each_mut().map(is_lost), [true, false, false]);
        assert!(unidentified.displace_oldest());
        assert_eq!(places.each_mut().map(is_lost), [true, true, false]);
    }

    #[test]
    fn a_connection_that_has_shown_its_key_takes_no_room_and_stays() {
        let mut unidentified = Unidentified::new(1);
        drop(unidentified.add());
        assert!(!unidentified.displace_oldest());
        let mut place = unidentified.add();
        drop(unidentified.add());
        assert!(is_lost(&mut place));
    }
}
