use core::time::Duration;

use confcall_join::engine::MediaState;
use confcall_media::Moment;

/// The time for the first connection, and without any datagram of the server, after which a connection has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// The time without any datagram after which a connection counts as disconnected; checks go every few seconds.
const SILENCE: Duration = Duration::from_secs(7);

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// It has not been connected yet.
    Connecting,
    /// Media can be sent and received.
    Connected,
    /// Nothing comes at present; it goes on trying by itself.
    Disconnected,
    /// It is over: the call is to be joined again, with the payload of another offer.
    Failed(ConnectionFailure),
}

/// The reason for which a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionFailure {
    /// The server was not reached, or did not finish the handshake, within 20 s.
    NotReached,
    /// Nothing came for 20 s.
    Silence,
    /// The handshake failed: the server has another certificate than its answer said, or broke the protocol.
    Handshake,
    /// The server closed it.
    ClosedByServer,
    /// We closed it.
    Closed,
}

impl From<ConnectionState> for MediaState {
    /// The state for the engine, which checks with the server and joins again while the media is down.
    fn from(state: ConnectionState) -> Self {
        match state {
            ConnectionState::Connected => Self::Connected,
            _ => Self::Disconnected,
        }
    }
}

/// The life of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    state: ConnectionState,
    /// The last datagram, or the beginning.
    heard: Moment,
    /// The moment at which ICE lost the server.
    lost: Option<Moment>,
    was_connected: bool,
}

impl Life {
    pub(super) fn new(now: Moment) -> Self {
        Self {
            state: ConnectionState::Connecting,
            heard: now,
            lost: None,
            was_connected: false,
        }
    }

    pub(super) fn state(&self) -> ConnectionState {
        self.state
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(self.state, ConnectionState::Failed(_))
    }

    /// Takes note of a datagram of the server.
    pub(super) fn heard(&mut self, now: Moment) {
        // The time for the first connection does not begin again.
        if self.was_connected {
            self.heard = now;
        }
    }

    /// Takes note of the end of the handshake.
    pub(super) fn connected(&mut self, now: Moment) {
        self.was_connected = true;
        self.heard = now;
    }

    /// Takes note of what ICE says about the server.
    pub(super) fn reachable(&mut self, now: Moment, is_reachable: bool) {
        if is_reachable {
            self.lost = None;
        } else if self.was_connected {
            self.lost.get_or_insert(now);
        }
    }

    /// Ends it, unless it has ended.
    pub(super) fn fail(&mut self, failure: ConnectionFailure) {
        if !self.has_failed() {
            self.state = ConnectionState::Failed(failure);
        }
    }

    /// Brings the state up to date; true if it has changed.
    pub(super) fn update(&mut self, now: Moment) -> bool {
        let before = self.state;
        let down = [Some(self.heard), self.lost].into_iter().flatten().min();
        let silence = down.map_or(Duration::ZERO, |since| now.since(since));
        if self.has_failed() {
            return false;
        }
        self.state = match self.was_connected {
            false if silence >= PATIENCE => ConnectionState::Failed(ConnectionFailure::NotReached),
            false => ConnectionState::Connecting,
            true if silence >= PATIENCE => ConnectionState::Failed(ConnectionFailure::Silence),
            true if silence >= SILENCE || self.lost.is_some() => ConnectionState::Disconnected,
            true => ConnectionState::Connected,
        };
        self.state != before
    }

    /// The moment at which the state may change without a datagram.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let since = self.lost.map_or(self.heard, |lost| lost.min(self.heard));
        match self.state {
            ConnectionState::Connecting | ConnectionState::Disconnected => Some(since + PATIENCE),
            ConnectionState::Connected => Some(since + SILENCE),
            ConnectionState::Failed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    #[test]
    fn a_connection_that_does_not_come_about_fails_after_20_s_whatever_arrives() {
        let mut life = Life::new(at(100));
        life.heard(at(119));
        assert!(!life.update(at(119)));
        assert_eq!(life.deadline(), Some(at(120)));
        assert!(life.update(at(120)));
        assert_eq!(
            life.state(),
            ConnectionState::Failed(ConnectionFailure::NotReached)
        );
        life.connected(at(121));
        assert!(!life.update(at(121)));
        assert_eq!(life.deadline(), None);
    }

    #[test]
    fn a_silent_connection_is_disconnected_and_comes_back_or_fails_after_20_s() {
        let mut life = Life::new(at(0));
        life.connected(at(1));
        assert!(life.update(at(1)));
        assert_eq!(MediaState::from(life.state()), MediaState::Connected);
        assert!(life.update(at(8)));
        assert_eq!(life.state(), ConnectionState::Disconnected);
        assert_eq!(MediaState::from(life.state()), MediaState::Disconnected);
        life.heard(at(20));
        assert!(life.update(at(20)));
        assert_eq!(life.state(), ConnectionState::Connected);
        life.update(at(27));
        assert_eq!(life.deadline(), Some(at(40)));
        assert!(life.update(at(40)));
        assert_eq!(
            life.state(),
            ConnectionState::Failed(ConnectionFailure::Silence)
        );
    }

    #[test]
    fn a_server_that_does_not_answer_checks_is_lost_whatever_else_arrives() {
        let mut life = Life::new(at(0));
        life.connected(at(1));
        life.update(at(1));
        life.reachable(at(2), false);
        for second in 2..22 {
            life.heard(at(second));
            life.update(at(second));
            assert_eq!(life.state(), ConnectionState::Disconnected);
        }
        life.heard(at(22));
        assert!(life.update(at(22)));
        assert_eq!(
            life.state(),
            ConnectionState::Failed(ConnectionFailure::Silence)
        );
    }
}
