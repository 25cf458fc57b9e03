use confcall_media::{Moment, RemovalGrace};
use confcall_state::wire::Permissions;
use confcall_state::{Joiner, UserId};
use serde::{Deserialize, Serialize};

use super::group::GroupForm;
use super::moment::{moment, nanoseconds};
use crate::api::redact;
use crate::api::traced::{self, Hex};
use crate::api::{InputGroupCall, InputPeer};
use crate::engine::{Config, EmptyCall, Family, Payloads};
use crate::joining::{JoinPayload, Target};
use crate::membership::LastKnown;
use crate::policy::Media;

/// The name of the format.
const FORMAT: &str = "confcall trace";
/// The version of the format.
const VERSION: u32 = 1;

/// The beginning of an engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Header {
    format: String,
    version: u32,
    /// The version of the crate that wrote the trace.
    engine: String,
    at: u64,
    public_seed: Hex,
    config: ConfigForm,
}

/// A configuration without secrets.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ConfigForm {
    #[serde(with = "traced::user")]
    user: UserId,
    permissions: u32,
    version: i32,
    /// `None` for a call that is to be created.
    call: Option<InputGroupCall>,
    /// The target, if it is no conference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<GroupForm>,
    #[serde(
        default,
        with = "traced::optional_input_peer",
        skip_serializing_if = "Option::is_none"
    )]
    join_as: Option<InputPeer>,
    #[serde(default)]
    family: Family,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unix_ms: Option<i64>,
    payload: String,
    muted: bool,
    video_stopped: bool,
    start_if_empty: bool,
    /// Absent in older traces.
    #[serde(default)]
    await_if_empty: bool,
    strict_sending: bool,
    size_limit: usize,
    /// Absent in older traces.
    #[serde(default)]
    payloads: Payloads,
    /// Absent in older traces.
    #[serde(default)]
    last_known: Option<Hex>,
}

impl Header {
    pub(super) fn new(config: &Config, public_seed: [u8; 32], now: Moment) -> Self {
        let Config { joiner, media, .. } = config;
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            at: nanoseconds(now),
            public_seed: Hex(public_seed.to_vec()),
            config: ConfigForm {
                user: joiner.user_id,
                permissions: joiner.permissions.bits(),
                version: joiner.version,
                call: config.target.reference(),
                group: match &config.target {
                    Target::Group(target) => Some(GroupForm::of(target)),
                    _ => None,
                },
                join_as: config.join_as.clone(),
                unix_ms: config.unix_ms,
                family: config.family,
                // A replayed engine joins with redacted credentials, which no server sees.
                payload: redact::params(&media.payload.to_params())
                    .as_str()
                    .to_owned(),
                muted: media.muted,
                video_stopped: media.video_stopped,
                start_if_empty: config.empty_call == EmptyCall::Start,
                await_if_empty: config.empty_call == EmptyCall::Await,
                strict_sending: config.removal_grace == RemovalGrace::Strict,
                size_limit: config.size_limit,
                payloads: config.payloads,
                last_known: config
                    .last_known
                    .as_ref()
                    .map(|known| Hex(known.to_bytes())),
            },
        }
    }

    /// The user whose engine it was.
    pub fn user(&self) -> UserId {
        self.config.user
    }

    /// The version of the crate that wrote the trace.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// The moment at which it began.
    pub fn start(&self) -> Moment {
        moment(self.at)
    }

    /// The call that it was to enter.
    pub fn call(&self) -> Option<&InputGroupCall> {
        self.config.call.as_ref()
    }

    /// Checks that this crate reads the format; else says what is wrong with it.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err("this is no trace".to_owned());
        }
        if self.version != VERSION {
            return Err(format!("version {} is not known", self.version));
        }
        // A replay needs both, and the place of a fault is the first line.
        self.public_seed()?;
        self.config().map(drop)
    }

    pub(super) fn public_seed(&self) -> Result<[u8; 32], String> {
        let seed = self.public_seed.0.as_slice().try_into();
        seed.map_err(|_| "a public seed has 32 bytes".to_owned())
    }

    /// The configuration that an engine is replayed with.
    pub(super) fn config(&self) -> Result<Config, String> {
        let form = &self.config;
        let payload = JoinPayload::from_json(&form.payload);
        let payload = payload.map_err(|error| error.to_string())?;
        let mut joiner = Joiner::new(form.user);
        joiner.permissions = Permissions::from_bits(form.permissions);
        joiner.version = form.version;
        let media = Media {
            payload,
            muted: form.muted,
            video_stopped: form.video_stopped,
        };
        let target = match &form.group {
            Some(group) => Target::Group(group.target()?),
            None => target(form.call.as_ref()),
        };
        let mut config = Config::new(target, joiner, media);
        if form.start_if_empty {
            config.empty_call = EmptyCall::Start;
        } else if form.await_if_empty {
            config.empty_call = EmptyCall::Await;
        }
        if form.strict_sending {
            config.removal_grace = RemovalGrace::Strict;
        }
        config.size_limit = form.size_limit;
        config.join_as = form.join_as.clone();
        config.unix_ms = form.unix_ms;
        config.family = form.family;
        config.payloads = form.payloads;
        let known = form.last_known.as_ref();
        let known = known
            .map(|known| LastKnown::from_bytes(&known.0))
            .transpose();
        config.last_known = known.map_err(|error| error.to_string())?;
        Ok(config)
    }
}

fn target(call: Option<&InputGroupCall>) -> Target {
    match call.cloned() {
        None => Target::Create,
        Some(InputGroupCall::Id { id, access_hash }) => Target::Call { id, access_hash },
        Some(InputGroupCall::Slug(slug)) => Target::Slug(slug),
        Some(InputGroupCall::InviteMessage(message)) => Target::Invitation(message),
    }
}
