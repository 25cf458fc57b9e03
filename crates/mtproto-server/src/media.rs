use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use confcall_join::api::{Request, Response};
use confcall_server::Server;
use confcall_server::sfu::{Attendance, Sfu, SfuCounters, SfuDatagram, SfuError, SfuOptions};
use thiserror::Error;
use tokio::net::UdpSocket;
use tokio::sync::{Notify, watch};
use tokio::time::sleep_until;

use crate::config::MediaConfig;
use crate::requester::Requester;

/// The datagrams that are read before what they lead to is sent.
const BATCH: usize = 32;

/// More than a datagram of media has; what is beyond is cut, and refused.
const BUFFER: usize = 2048;

/// As good as never.
const LONGEST: Duration = Duration::from_secs(3600);

/// The SFU that requests and the socket share.
///
/// It is locked for a batch of datagrams at most, and nothing waits for the network meanwhile.
pub(crate) struct Media {
    sfu: Mutex<Sfu>,
    /// Wakes the socket's task when a request made something to send.
    wake: Notify,
}

/// The socket of all media connections, before it is served.
pub(crate) struct MediaSocket {
    socket: UdpSocket,
    address: SocketAddr,
    media: Arc<Media>,
}

/// The socket of the media connections cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The system refuses the address.
    #[error("cannot take media at {address}: {source}")]
    Socket {
        /// The address.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(getrandom::Error),
    /// The SFU does not start.
    #[error(transparent)]
    Sfu(#[from] SfuError),
}

impl fmt::Debug for MediaSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaSocket")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl MediaSocket {
    /// Takes a UDP port of the address at which the server listens: by default the one of the same number, or one that is free.
    pub(crate) async fn bind(
        config: &MediaConfig,
        listening: SocketAddr,
        chaos: Option<u64>,
    ) -> Result<Self, MediaError> {
        let port = config.port.unwrap_or(listening.port());
        let address = SocketAddr::new(listening.ip(), port);
        let socket = match UdpSocket::bind(address).await {
            Err(_) if config.port.is_none() => UdpSocket::bind((address.ip(), 0)).await,
            bound => bound,
        };
        let failed = |source| MediaError::Socket { address, source };
        let socket = socket.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(MediaError::Randomness)?;
        let options = SfuOptions {
            stun_delay: config.stun_delay,
            chaos,
            ..SfuOptions::new(address, seed)
        };
        let media = Media {
            sfu: Mutex::new(Sfu::new(options, Instant::now())?),
            wake: Notify::new(),
        };
        Ok(Self {
            socket,
            address,
            media: Arc::new(media),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn media(&self) -> Arc<Media> {
        Arc::clone(&self.media)
    }

    /// Carries media until the server stops, whatever becomes of one datagram.
    pub(crate) async fn run(self, stop: watch::Receiver<bool>) {
        let socket = Arc::new(self);
        while let Err(error) = tokio::spawn(Arc::clone(&socket).carry(stop.clone())).await {
            if error.is_cancelled() {
                return;
            }
            tracing::error!(%error, "the media failed, and go on");
        }
    }

    async fn carry(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut buffer = vec![0; BUFFER];
        loop {
            let (datagrams, due) = self.media.take_output();
            for datagram in datagrams {
                // A client that is gone is none of the others' concern.
                let _ = self
                    .socket
                    .send_to(&datagram.contents, datagram.destination)
                    .await;
            }
            let due = due.unwrap_or_else(|| Instant::now() + LONGEST);
            tokio::select! {
                _ = stop.changed() => return,
                _ = self.socket.readable() => self.receive(&mut buffer),
                () = self.media.wake.notified() => {}
                () = sleep_until(due.into()) => self.media.lock().handle_timeout(Instant::now()),
            }
        }
    }

    /// Hands in the datagrams that have come, up to a batch.
    fn receive(&self, buffer: &mut [u8]) {
        let mut sfu = self.media.lock();
        for _ in 0..BATCH {
            match self.socket.try_recv_from(buffer) {
                Ok((size, from)) => {
                    let datagram = buffer.get(..size).unwrap_or_default();
                    sfu.handle_datagram(from, datagram, Instant::now());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // On some systems that a datagram before did not arrive.
                Err(error) => tracing::debug!(%error, "no datagram"),
            }
        }
    }
}

impl Media {
    /// Takes part in a request that the server carried out, over a connection to this address.
    pub(crate) fn attend(
        &self,
        server: &Server,
        requester: Requester,
        request: &Request,
        answer: &mut Response,
    ) {
        let reached: IpAddr = requester.address.ip();
        let asked = Attendance {
            from: requester.user,
            reached,
            now: Instant::now(),
        };
        self.lock().attend(server, asked, request, answer);
        self.wake.notify_one();
    }

    /// Takes over what the server did by itself.
    pub(crate) fn follow(&self, server: &Server) {
        self.lock().follow(server, Instant::now());
        self.wake.notify_one();
    }

    pub(crate) fn counters(&self) -> SfuCounters {
        self.lock().counters()
    }

    /// What is to be sent, and the moment at which the SFU is to be looked at again.
    fn take_output(&self) -> (Vec<SfuDatagram>, Option<Instant>) {
        let mut sfu = self.lock();
        let datagrams = core::iter::from_fn(|| sfu.poll_datagram()).collect();
        (datagrams, sfu.poll_timeout())
    }

    fn lock(&self) -> MutexGuard<'_, Sfu> {
        // A panic at one datagram does not end the media of all others.
        self.sfu.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
