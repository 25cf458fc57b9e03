use std::net::{Ipv4Addr, SocketAddrV4, SocketAddrV6};

use anyhow::ensure;
use grammers_session::Session as _;
use grammers_session::storages::SqliteSession;
use grammers_session::types::DcOption;

/// The test servers, by the number of their data centre.
const TEST: [(i32, Ipv4Addr); 3] = [
    (1, Ipv4Addr::new(149, 154, 175, 10)),
    (2, Ipv4Addr::new(149, 154, 167, 40)),
    (3, Ipv4Addr::new(149, 154, 175, 117)),
];

/// Which servers to use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Servers {
    Production,
    Test,
}

impl Servers {
    /// Writes the addresses into a session; those of production are there already.
    pub(crate) async fn choose(self, session: &SqliteSession) -> anyhow::Result<()> {
        if self == Self::Production {
            return Ok(());
        }
        for id in 1..=5 {
            let key = session.dc_option(id)?.filter(|dc| dc.auth_key.is_some());
            ensure!(
                key.is_none_or(|dc| TEST.contains(&(id, *dc.ipv4.ip()))),
                "the session is one of the production servers; set TG_SESSION to another path"
            );
        }
        for (id, address) in TEST {
            let known = session.dc_option(id)?;
            let ipv4 = SocketAddrV4::new(address, 443);
            let test = DcOption {
                id,
                ipv4,
                ipv6: SocketAddrV6::new(address.to_ipv6_mapped(), ipv4.port(), 0, 0),
                auth_key: known.and_then(|dc| dc.auth_key),
            };
            session.set_dc_option(&test).await?;
        }
        Ok(())
    }

    /// How many participants a call may have there.
    pub(crate) fn size_limit(self) -> usize {
        match self {
            Self::Production => 200,
            Self::Test => 5,
        }
    }
}
