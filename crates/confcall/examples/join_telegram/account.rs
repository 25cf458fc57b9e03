use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use grammers_mtsender::ConnectionParams;

const API: &str = "get an id and a hash for your own application at https://my.telegram.org, \
    under \"API development tools\", and set TG_API_ID and TG_API_HASH to them";

/// Who speaks to the server: an application, and a user by a session.
pub(crate) struct Account {
    pub(crate) api_id: i32,
    pub(crate) api_hash: String,
    pub(crate) session: PathBuf,
}

impl Account {
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let api_id = env::var("TG_API_ID").map_err(|_| anyhow!("TG_API_ID is not set; {API}"))?;
        let api_hash =
            env::var("TG_API_HASH").map_err(|_| anyhow!("TG_API_HASH is not set; {API}"))?;
        let session = env::var_os("TG_SESSION").context(
            "TG_SESSION is not set; set it to a path for the session file, which is created \
                if it is not there and lets whoever reads it act as you",
        )?;
        Ok(Self {
            api_id: api_id
                .trim()
                .parse()
                .with_context(|| format!("TG_API_ID is {api_id:?}, which is no number; {API}"))?,
            api_hash,
            session: session.into(),
        })
    }
}

/// What to tell the server of this application.
pub(crate) fn parameters() -> ConnectionParams {
    ConnectionParams {
        device_model: "confcall example".to_owned(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..ConnectionParams::default()
    }
}
