use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The address; port 0 takes one that is free.
    pub listen: SocketAddr,
    /// Who may reach the server.
    pub reach: Reach,
    /// The seed of faults as a bad network has them, in conference requests and pushes; `None` for no faults.
    pub chaos: Option<u64>,
    /// A member whose user has no connection for this long is disconnected from the call.
    pub silence: Duration,
    /// A call that nobody is in lasts this long at least, and twice as long at most.
    pub idle_calls: Duration,
    /// How much clients can take.
    pub limits: ConnectionLimits,
}

/// Who may reach a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Processes of the same machine only; any other address is refused.
    Loopback,
    /// Whoever can reach the address. The server is made for development: it bounds what clients can take, and is not
    /// hardened for use as a service.
    Anybody,
}

/// How much the clients of a server can take, so that none disturbs the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// How many connections there are at most; more are closed at once.
    pub connections: usize,
    /// How many of them one user has at most; the oldest is closed for one more.
    pub connections_per_user: usize,
    /// How many requests of one connection are under way at most; it is not read from beyond that.
    pub requests: usize,
    /// How many bytes of pushes wait for one connection at most; it is closed beyond that.
    pub pushes: usize,
    /// How long a connection may take until the first packet of a known user.
    pub greeting: Duration,
    /// How long a connection may be without a packet.
    pub idle: Duration,
    /// How long a client may take to read a packet.
    pub writing: Duration,
    /// How long clients that are answered slowly can hold up a server that stops.
    pub stopping: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            reach: Reach::Loopback,
            chaos: None,
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
