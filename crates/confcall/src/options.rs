use core::fmt;
use core::time::Duration;

use confcall_join::engine::Config;
use confcall_state::UserId;
use confcall_state::keys::Seed;

use crate::error::JoinError;

/// Everything that a call starts with.
///
/// It is used up by one call, because its seed must be.
#[non_exhaustive]
pub struct Options {
    /// The call, the user, its media, and how to behave in the call.
    pub config: Config,
    /// The time after which an answer that has not come is lost.
    pub answer_timeout: Duration,
    pub(crate) seed: Seed,
}

impl Options {
    /// These parts, with a seed of the caller's, from which all keys, nonces and pads are made.
    ///
    /// The seed is secret, and must be fresh for every call.
    pub fn with_seed(config: Config, seed: Seed) -> Self {
        Self {
            config,
            // A mobile connection that hangs comes back within that time or not at all.
            answer_timeout: Duration::from_secs(30),
            seed,
        }
    }

    /// The configuration and the seed, for a caller who drives an [`Engine`](crate::Engine) without a conference.
    pub fn into_parts(self) -> (Config, Seed) {
        (self.config, self.seed)
    }
}

/// The thing to join: [`Options`], or, with the feature `os-rng`, the call alone: in every form of
/// [`IntoTarget`](crate::IntoTarget), or as it was [created](crate::Created).
///
/// ```compile_fail,E0277
/// # async fn join(client: impl confcall::Transport + 'static) {
/// confcall::Conference::join(client, 42).await;
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no call to join",
    label = "not a link, a text, a `Target` or `Options`",
    note = "give a link as text (`\"https://t.me/call/…\"`), a `Link`, a `Target`, or `Options` for all that can be chosen"
)]
pub trait IntoOptions {
    /// The options of a transport whose user is `own`, if it says so.
    ///
    /// # Errors
    ///
    /// [`JoinError`]
    fn into_options(self, own: Option<UserId>) -> Result<Options, JoinError>;
}

impl IntoOptions for Options {
    fn into_options(self, _: Option<UserId>) -> Result<Options, JoinError> {
        Ok(self)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("config", &self.config)
            .field("answer_timeout", &self.answer_timeout)
            .finish_non_exhaustive()
    }
}
