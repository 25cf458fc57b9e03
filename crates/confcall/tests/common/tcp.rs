//! Users with connections of grammers to a server that listens.

use std::future::pending;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use confcall::grammers_mtsender::ConnectionParams;
use confcall::grammers_session::Session as _;
use confcall::grammers_session::storages::MemorySession;
use confcall::grammers_session::types::DcOption;
use confcall::transport::grammers::{GrammersConnection, GrammersTransport};
use confcall::{Call, Participant, Target, View};
use confcall_mtproto_server::{Config, Keys, Listener};
use confcall_server::Server;
use confcall_state::UserId;
use tempfile::TempDir;

use super::network::Network;
use super::{Member, options};

/// Longer than anything takes that happens at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that runs until the end of the test, and the connections to it.
pub(crate) struct Scene {
    address: SocketAddr,
    directory: TempDir,
    connections: Vec<GrammersConnection>,
}

impl Scene {
    pub(crate) async fn around(server: Server) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut scene = Self {
            address: SocketAddr::from(([0; 4], 0)),
            directory,
            connections: Vec::new(),
        };
        drop(Keys::create(scene.key_file()).unwrap());
        let secret = "07".repeat(32);
        let content = format!(r#"{{"secret": "{secret}", "users": []}}"#);
        std::fs::write(scene.key_file(), content).unwrap();
        let listener = Listener::bind(Config::default(), scene.keys(), server).await;
        let listener = listener.unwrap();
        scene.address = listener.address();
        tokio::spawn(listener.run(pending()));
        scene
    }

    fn key_file(&self) -> PathBuf {
        self.directory.path().join("server.keys")
    }

    fn keys(&self) -> Keys {
        Keys::load(self.key_file()).unwrap()
    }

    /// Another device of a user.
    pub(crate) async fn device(&mut self, user: UserId) -> Network<GrammersTransport> {
        let SocketAddr::V4(ipv4) = self.address else {
            panic!("the server listens on an IPv4 address");
        };
        let home = DcOption {
            id: 1,
            ipv4,
            ipv6: SocketAddrV6::new(Ipv6Addr::LOCALHOST, ipv4.port(), 0, 0),
            auth_key: Some(*self.keys().issue(user).unwrap().expose()),
        };
        let session = MemorySession::default();
        session.set_home_dc_id(home.id).await.unwrap();
        session.set_dc_option(&home).await.unwrap();
        let session = Arc::new(session);
        let connection = GrammersConnection::open(session, 0, user, ConnectionParams::default);
        let network = Network::new(connection.transport());
        self.connections.push(connection);
        network
    }

    /// A user who has entered a call by a device of its own.
    pub(crate) async fn member(&mut self, target: Target, user: UserId) -> Member {
        let device = self.device(user).await;
        Member::over(device, options(target, user)).await.unwrap()
    }

    /// Users in one call that the first of them created, its microphone on as those of the others.
    pub(crate) async fn call<const N: usize>(&mut self, users: [UserId; N]) -> [Member; N] {
        let mut members = Vec::new();
        for user in users {
            let target = match members.first() {
                None => Target::Create,
                Some(creator) => link_of(creator),
            };
            members.push(self.member(target, user).await);
        }
        members.try_into().ok().unwrap()
    }
}

/// The call of a member, by its link.
pub(crate) fn link_of(member: &Member) -> Target {
    let link = member.conference.link().unwrap();
    link.as_str().parse().unwrap()
}

/// Does something that must come to an end.
pub(crate) async fn in_time<T>(wanted: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, wanted).await;
    done.unwrap_or_else(|_| panic!("no end in time"))
}

/// Waits until a call shows something.
pub(crate) async fn shown<T>(call: &Call, shows: impl Fn(&View) -> Option<T>) -> T {
    in_time(async {
        loop {
            if let Some(found) = shows(&call.view()) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

/// Waits until a call lists a user in some state.
pub(crate) async fn sees(
    call: &Call,
    user: UserId,
    is_so: impl Fn(&Participant) -> bool,
) -> Participant {
    let listed = |view: &View| {
        let mut all = view.participants.iter();
        let found = all.find(|one| one.peer == user.into() && is_so(one));
        found.cloned()
    };
    shown(call, listed).await
}
