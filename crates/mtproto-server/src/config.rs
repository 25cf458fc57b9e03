use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The settings of a server that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The address; port 0 takes one that is free.
    pub listen: SocketAddr,
    /// The machines that may reach the server.
    pub reach: Reach,
    /// The way in for clients without a key that was issued; none unless said.
    pub login: Login,
    /// The seed of faults as a bad network has them, in conference requests, pushes and media; `None` for no faults.
    pub chaos: Option<u64>,
    /// The media of calls, over UDP; `None` to answer joins with an address at which nothing is.
    #[cfg(feature = "sfu")]
    pub media: Option<MediaConfig>,
    /// A member whose user has no connection for this long is disconnected from the call.
    pub silence: Duration,
    /// An empty call lasts this long at least, and twice as long at most.
    pub idle_calls: Duration,
    /// Bounds on the resources that clients take.
    pub limits: ConnectionLimits,
}

/// The way in for clients without a key that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// There is none: the server agrees on no keys.
    Refused,
    /// A client agrees on a key with the server and logs in with a test number, 99966, the digit of the data centre (1) and
    /// four digits, by a code that [`Observer::look`](crate::Observer::look) shows. So whoever can see that, or reads the
    /// file, can be the user of any number.
    ByCode {
        /// The file of the codes, for scripts: a line `number code` for each one that is open. Its owner alone can read it.
        codes: Option<PathBuf>,
    },
}

/// The settings of the media of calls.
#[cfg(feature = "sfu")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaConfig {
    /// The UDP port, of the address of [`Config::listen`]; `None` for the number that the TCP port has, or one that is free.
    pub port: Option<u16>,
    /// The time after a join for which checks of the client are not answered.
    ///
    /// Clients over libwebrtc can miss that they are connected where that takes a few milliseconds only.
    pub stun_delay: Duration,
}

/// The machines that may reach a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Processes of the same machine only; any other address is refused.
    Loopback,
    /// All that can reach the address. The server is made for development: it bounds the resources that clients take, and is
    /// not hardened for use as a service.
    Anybody,
}

/// Bounds on the resources that clients take, so that none disturbs the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections of all users; more are closed at once.
    pub connections: usize,
    /// Connections that have not shown a key of a user yet; the oldest is closed for one more.
    pub unidentified: usize,
    /// Connections of one user; the oldest is closed for one more.
    pub connections_per_user: usize,
    /// Requests of one connection that are under way; it is not read from meanwhile.
    pub requests: usize,
    /// Bytes of pushes that wait for one connection; it is closed for more.
    pub pushes: usize,
    /// The time until the first packet of a known user.
    pub greeting: Duration,
    /// The time without a packet.
    pub idle: Duration,
    /// The time that a client takes to read a packet.
    pub writing: Duration,
    /// The time for which clients that read slowly hold up a server that stops.
    pub stopping: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            reach: Reach::Loopback,
            login: Login::Refused,
            chaos: None,
            #[cfg(feature = "sfu")]
            media: None,
            silence: Duration::from_secs(30),
            idle_calls: Duration::from_secs(600),
            limits: ConnectionLimits::default(),
        }
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 4096,
            unidentified: 1024,
            connections_per_user: 64,
            requests: 64,
            pushes: 8 << 20,
            greeting: Duration::from_secs(10),
            idle: Duration::from_secs(150),
            writing: Duration::from_secs(10),
            stopping: Duration::from_secs(15),
        }
    }
}

impl ConnectionLimits {
    /// The same limits in a process that may open so many files.
    pub(crate) fn within(self, descriptors: usize) -> Self {
        // A quarter is left for files, and for connections that are about to be closed.
        Self {
            connections: self.connections.min(descriptors / 4 * 3),
            unidentified: self.unidentified.min(descriptors / 4),
            ..self
        }
    }
}

/// The number of files that this process may have open, where the system has such a limit.
#[cfg(unix)]
pub(crate) fn descriptors() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let limit = limit.current.map(usize::try_from);
    limit.and_then(Result::ok).unwrap_or(usize::MAX)
}

/// The number of files that this process may have open, where the system has such a limit.
#[cfg(not(unix))]
pub(crate) fn descriptors() -> usize {
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_connections_take_a_quarter_of_the_files_that_the_process_may_open() {
        let limits = ConnectionLimits::default().within(64);
        assert_eq!((limits.unidentified, limits.connections), (16, 48));
        let plenty = ConnectionLimits::default().within(usize::MAX);
        assert_eq!(plenty, ConnectionLimits::default());
    }
}
