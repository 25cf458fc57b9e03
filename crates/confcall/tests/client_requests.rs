//! Requests of a client's own, over the connection of a conference.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::future::pending;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::Arc;

use confcall::grammers_mtsender::ConnectionParams;
use confcall::grammers_session::Session as _;
use confcall::grammers_session::storages::MemorySession;
use confcall::grammers_session::types::DcOption;
use confcall::grammers_tl_types::{enums, functions, types};
use confcall::transport::grammers::{GrammersConnection, InvokeError};
use confcall::{CallError, Conference, Target, UserId};
use confcall_join::policy::ClientRequestError;
use confcall_mtproto_server::{Config, Keys, Listener};
use confcall_server::{Server, ServerOptions};

#[tokio::test]
async fn a_client_asks_for_what_it_wants_over_the_connection_of_its_conference() {
    let (user, directory) = (UserId::new(1), tempfile::tempdir().unwrap());
    let mut keys = Keys::create(directory.path().join("server.keys")).unwrap();
    let key = keys.issue(user).unwrap();
    let server = Server::new(ServerOptions::default());
    let listener = Listener::bind(Config::default(), keys, server);
    let listener = listener.await.unwrap();
    let SocketAddr::V4(ipv4) = listener.address() else {
        panic!("the server listens on an IPv4 address");
    };
    tokio::spawn(listener.run(pending()));
    let session = MemorySession::default();
    let home = DcOption {
        id: 1,
        ipv4,
        ipv6: SocketAddrV6::new(Ipv6Addr::LOCALHOST, ipv4.port(), 0, 0),
        auth_key: Some(*key.expose()),
    };
    session.set_home_dc_id(home.id).await.unwrap();
    session.set_dc_option(&home).await.unwrap();
    let connection =
        GrammersConnection::open(Arc::new(session), 0, user, ConnectionParams::default);
    let transport = connection.transport();

    let conference = Conference::join(connection.transport(), Target::Create).await;
    let conference = conference.unwrap();
    let config = functions::help::GetAppConfig { hash: 0 };
    let config = transport.invoke(&config).await.unwrap();
    assert!(matches!(config, enums::help::AppConfig::Config(_)));
    let wrapped = functions::InvokeWithoutUpdates {
        query: functions::help::GetAppConfig { hash: 0 },
    };
    transport.invoke(&wrapped).await.unwrap();

    // This server has no support, and says so as one that does not know a function.
    let support = functions::help::GetSupport {};
    let refused = transport.invoke(&support).await.unwrap_err();
    assert!(
        matches!(refused, InvokeError::Call(CallError::Rpc(_))),
        "{refused:?}"
    );

    let call = conference.view().call.unwrap();
    let join = functions::InvokeWithoutUpdates {
        query: functions::phone::JoinGroupCall {
            muted: true,
            video_stopped: true,
            call: enums::InputGroupCall::Call(types::InputGroupCall {
                id: call.id.value(),
                access_hash: call.access_hash.value(),
            }),
            join_as: enums::InputPeer::PeerSelf,
            invite_hash: None,
            public_key: None,
            block: None,
            params: enums::DataJson::Json(types::DataJson {
                data: "{}".to_owned(),
            }),
        },
    };
    let not_sent = transport.invoke(&join).await.unwrap_err();
    assert!(
        matches!(
            not_sent,
            InvokeError::NotSent(ClientRequestError::Violation(_))
        ),
        "{not_sent:?}"
    );
    conference.close().await;
    connection.close().await;
}
