//! A member: a conference over a connection of its own.

use std::net::{SocketAddr, SocketAddrV6};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall::join::api::InviteLink;
use confcall::join::engine::{Config, Event};
use confcall::join::joining::Fingerprint;
use confcall::state::keys::Seed;
use confcall::transport::grammers::GrammersConnection;
use confcall::{Conference, Events, JoinPayload, Joiner, Media, Notice, Options, Target, UserId};
use confcall_mtproto_server::AuthKey;
use grammers_mtsender::ConnectionParams;
use grammers_session::Session as _;
use grammers_session::storages::MemorySession;
use grammers_session::types::DcOption;
use tokio::time::sleep;

use crate::record::Record;

/// How long members may take to come to rest.
const REST: Duration = Duration::from_secs(120);

/// How often is looked whether they have.
const LOOK: Duration = Duration::from_millis(2);

/// Who can call.
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) key: AuthKey,
    pub(crate) address: SocketAddr,
}

/// Who calls.
pub(crate) struct Caller {
    conference: Conference,
    connection: GrammersConnection,
    link: Option<InviteLink>,
    heights: Arc<Heights>,
}

/// The heights of the newest blocks that a caller has merged and verified.
struct Heights {
    merged: AtomicI32,
    verified: AtomicI32,
}

impl Caller {
    /// Creates a call.
    pub(crate) async fn create(user: User, record: &Record) -> Self {
        Self::enter(user, Target::Create, record.clone()).await
    }

    /// Follows a link.
    pub(crate) async fn follow(user: User, link: InviteLink, record: Record) -> Self {
        let target = Target::try_from(link.as_str()).expect("a link");
        Self::enter(user, target, record).await
    }

    async fn enter(user: User, target: Target, record: Record) -> Self {
        let connection = connect(&user).await;
        let joining = Conference::join(connection.transport(), options(target, user.id));
        let conference = joining.await.expect("it joins");
        let link = conference.link();
        // First, so that no block is missed.
        let events = conference.events();
        let merged = conference.view().height;
        let heights = Arc::new(Heights {
            merged: AtomicI32::new(merged.map_or(-1, |height| height.value())),
            verified: AtomicI32::new(-1),
        });
        tokio::spawn(watch(events, record, Arc::clone(&heights)));
        Self {
            conference,
            connection,
            link,
            heights,
        }
    }

    /// The link of the call.
    pub(crate) fn link(&self) -> InviteLink {
        self.link.clone().expect("the server tells the link")
    }

    /// Ends the call for everybody.
    pub(crate) async fn discard(&self) {
        self.conference.discard().await.expect("the creator may");
    }

    /// Leaves the call, and closes the connection.
    pub(crate) async fn close(self) {
        self.conference.close().await;
        self.connection.close().await;
    }

    /// The height of the newest block that it has merged, and of the newest that it has verified.
    fn heights(&self) -> (i32, i32) {
        let Heights { merged, verified } = &*self.heights;
        let load = |height: &AtomicI32| height.load(Ordering::Relaxed);
        (load(merged), load(verified))
    }
}

/// Waits until all of a call have merged and verified the same block; gives how long that took.
pub(crate) async fn rest(callers: &[Caller]) -> Duration {
    let started = Instant::now();
    loop {
        let heights: Vec<_> = callers.iter().map(Caller::heights).collect();
        let newest = heights.iter().map(|(height, _)| *height).max();
        if heights
            .iter()
            .all(|both| Some(*both) == newest.map(|one| (one, one)))
        {
            return started.elapsed();
        }
        assert!(started.elapsed() < REST, "no rest comes: {heights:?}");
        sleep(LOOK).await;
    }
}

async fn connect(user: &User) -> GrammersConnection {
    let SocketAddr::V4(ipv4) = user.address else {
        unreachable!("the server listens on an IPv4 address");
    };
    let session = MemorySession::default();
    let server = DcOption {
        id: 1,
        ipv4,
        ipv6: SocketAddrV6::new(ipv4.ip().to_ipv6_mapped(), ipv4.port(), 0, 0),
        auth_key: Some(*user.key.expose()),
    };
    session.set_home_dc_id(1).await.expect("memory");
    session.set_dc_option(&server).await.expect("memory");
    GrammersConnection::open(Arc::new(session), 0, user.id, ConnectionParams::default)
}

/// How a user is in a call; it is fixed by its number.
fn options(target: Target, user: UserId) -> Options {
    let mut rng = ChaCha20Rng::seed_from_u64(user.value().unsigned_abs());
    let mut secret = || {
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        secret
    };
    let (fingerprint, seed) = (Fingerprint::sha256(secret()), secret());
    let media = Media {
        payload: JoinPayload::generate(fingerprint, None, &mut rng),
        muted: true,
        video_stopped: true,
    };
    let config = Config::new(target, Joiner::new(user), media);
    Options::with_seed(config, Seed::copy_of(&seed))
}

/// Notes what a caller sees.
async fn watch(mut events: Events, record: Record, heights: Arc<Heights>) {
    while let Some(notice) = events.next().await {
        let Notice::Event(event) = notice else {
            continue;
        };
        match event {
            Event::EpochStarted { hash, height } => {
                record.block(&hash);
                heights.merged.fetch_max(height.value(), Ordering::Relaxed);
            }
            Event::Emoji { height, .. } => {
                heights.verified.store(height.value(), Ordering::Relaxed);
            }
            Event::Rejoined(_) => record.rejoined(),
            Event::Suspicious(_) => record.warned(),
            _ => {}
        }
    }
}
