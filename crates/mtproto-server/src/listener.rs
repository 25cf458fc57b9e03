use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet, spawn_blocking};
use tokio::time::{Interval, MissedTickBehavior, interval_at, sleep, timeout};
use tracing::Instrument as _;

use crate::chaos::Chaos;
use crate::clock;
use crate::config::{Config, ConnectionLimits, Login, Reach, descriptors};
use crate::connection::Connection;
use crate::desk::Desk;
use crate::hub::Hub;
use crate::keys::Keys;
#[cfg(feature = "sfu")]
use crate::media::{MediaError, MediaSocket};
use crate::observer::Observer;
use crate::unidentified::Place;
use confcall_server::Server;

/// The pause when the system gives no connection, for too many open files perhaps.
const PAUSE: Duration = Duration::from_millis(100);

/// The least time between two looks at what has been silent.
const LEAST_LOOK: Duration = Duration::from_millis(10);

/// A server that listens for clients.
///
/// It is bound by [`Listener::bind`], so that its address is known, and serves while [`Listener::run`] does.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    config: Config,
    hub: Arc<Hub>,
    #[cfg(feature = "sfu")]
    media: Option<MediaSocket>,
}

/// A server cannot listen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BindError {
    /// Other machines could reach the address, which [`Reach::Loopback`] excludes.
    #[error(
        "other machines could reach {0}, and this server is made for development: listen on 127.0.0.1, or say `--allow-public`"
    )]
    Public(SocketAddr),
    /// The system refuses the address.
    #[error("cannot listen on {address}: {source}")]
    Socket {
        /// The address.
        address: SocketAddr,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file of the login codes cannot be written.
    #[error("the login codes cannot be written to {}: {source}", path.display())]
    LoginCodes {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The media of calls cannot be carried.
    #[cfg(feature = "sfu")]
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The runtime ended before the keys were derived.
    #[error("the keys were not derived: {0}")]
    Keys(JoinError),
}

impl Listener {
    /// Derives the keys and takes an address; clients can connect from now on, and are served once it runs.
    ///
    /// # Errors
    ///
    /// [`BindError`]
    pub async fn bind(config: Config, mut keys: Keys, server: Server) -> Result<Self, BindError> {
        let address = config.listen;
        let config = Config {
            limits: config.limits.within(descriptors()),
            ..config
        };
        if config.reach == Reach::Loopback && !address.ip().is_loopback() {
            return Err(BindError::Public(address));
        }
        let failed = |source| BindError::Socket { address, source };
        // Hundreds of thousands of keys take a while, during which the caller can still stop.
        let indexed = spawn_blocking(move || {
            keys.index();
            keys
        });
        let keys = indexed.await.map_err(BindError::Keys)?;
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let chaos = config.chaos.map(Chaos::new);
        let desk = open_desk(&config.login)?;
        let hub = Hub::new(server, keys, chaos, config.limits, desk);
        let address = socket.local_addr().map_err(failed)?;
        #[cfg(feature = "sfu")]
        let media = open_media(&config, address, &hub).await?;
        Ok(Self {
            address,
            socket,
            config,
            hub: Arc::new(hub),
            #[cfg(feature = "sfu")]
            media,
        })
    }

    /// The address that it listens on, with the port that was free.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The UDP address of the media of calls; `None` without them.
    #[cfg(feature = "sfu")]
    pub fn media_address(&self) -> Option<SocketAddr> {
        self.media.as_ref().map(MediaSocket::address)
    }

    /// A view of the server while it runs.
    pub fn observer(&self) -> Observer {
        Observer::new(Arc::clone(&self.hub))
    }

    /// Serves clients until `stop` is done, and gives back the server with all its calls.
    ///
    /// Then no connection is accepted any more, requests under way are carried out and answered, and the connections
    /// are closed, at once where that takes longer than the limit.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Server {
        let Config {
            silence,
            idle_calls,
            limits,
            ..
        } = self.config;
        let hub = self.hub;
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        #[cfg(feature = "sfu")]
        let media = self
            .media
            .map(|media| tokio::spawn(media.run(stopped.clone())));
        let mut looks = every(silence / 3);
        let mut clearings = every(idle_calls);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                _ = looks.tick() => hub.drop_silent(silence),
                _ = clearings.tick() => hub.discard_idle_calls(),
                Some(ended) = connections.join_next() => note_end(ended),
                accepted = self.socket.accept() => match accepted {
                    // A silent client gives way; if there is none, the new one is closed at once.
                    Ok(_) if connections.len() >= limits.connections
                        && !hub.displace_oldest() => {}
                    Ok((stream, from)) => {
                        let place = hub.place();
                        let hub = Arc::clone(&hub);
                        let served = serve(stream, hub, limits, place, stopped.clone());
                        let span = tracing::debug_span!("connection", %from);
                        connections.spawn(served.instrument(span));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "no connection is accepted");
                        hub.displace_oldest();
                        sleep(PAUSE).await;
                    }
                },
            }
        }
        // First, so that no client connects to a server that is stopping.
        drop(self.socket);
        stopping.send_replace(true);
        let parting = async {
            while let Some(ended) = connections.join_next().await {
                note_end(ended);
            }
        };
        // A client that reads each packet just in time could go on for hours.
        if timeout(limits.stopping, parting).await.is_err() {
            connections.shutdown().await;
        }
        #[cfg(feature = "sfu")]
        if let Some(media) = media {
            note_end(media.await);
        }
        hub.take_server()
    }
}

/// The socket of the media of calls, if there are to be any.
#[cfg(feature = "sfu")]
async fn open_media(
    config: &Config,
    address: SocketAddr,
    hub: &Hub,
) -> Result<Option<MediaSocket>, MediaError> {
    let Some(media) = &config.media else {
        return Ok(None);
    };
    let media = MediaSocket::bind(media, address, config.chaos).await?;
    hub.set_media(media.media());
    Ok(Some(media))
}

/// The desk at which clients log in, if they can.
fn open_desk(login: &Login) -> Result<Option<Desk>, BindError> {
    let Login::ByCode { codes } = login else {
        return Ok(None);
    };
    let desk = Desk::open(codes.clone());
    let desk = desk.map_err(|source| BindError::LoginCodes {
        path: codes.clone().unwrap_or_default(),
        source,
    });
    desk.map(Some)
}

/// Ticks at intervals, the first time after one of them.
fn every(time: Duration) -> Interval {
    let time = time.max(LEAST_LOOK);
    let mut ticks = interval_at(clock::after(time), time);
    // A machine that slept looks once afterwards, not once for each interval that it missed.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn serve(
    stream: TcpStream,
    hub: Arc<Hub>,
    limits: ConnectionLimits,
    place: Place,
    stop: watch::Receiver<bool>,
) {
    match Connection::new(stream, hub, limits, place) {
        Ok(connection) => connection.run(stop).await,
        Err(error) => tracing::debug!(%error, "a connection ended before it began"),
    }
}

fn note_end(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection failed");
    }
}
