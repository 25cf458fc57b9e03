//! What the randomness of the operating system saves a caller from giving.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_join::api::{CallRef, InputPeer};
use confcall_join::engine::Config;
use confcall_join::joining::{Fingerprint, JoinPayload};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_join::policy::Media;
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};
use confcall_transport::Transport;

use crate::call::Call;
use crate::conference::Conference;
use crate::creation::{CreateError, Created};
use crate::error::{JoinError, NoRandomness, OptionsError, SendTextError};
use crate::group_call::GroupCall;
use crate::hosting::NewCall;
use crate::inputs::{IntoTarget, IntoUser};
use crate::options::{IntoOptions, Options};

impl Options {
    /// A user who enters a call without sound and picture, with the operating system's randomness.
    ///
    /// It announces a certificate that is made up: a server may send away those who do not connect their media for long. A
    /// client with media sets [`Config::media`] to the payload of its own certificate.
    ///
    /// # Errors
    ///
    /// [`OptionsError`]
    pub fn new(target: impl IntoTarget, user: impl IntoUser) -> Result<Self, OptionsError> {
        let target = target.into_target()?;
        let mut rng = generator()?;
        let mut certificate = [0; 32];
        rng.fill_bytes(&mut certificate);
        let media = Media {
            payload: JoinPayload::generate(Fingerprint::sha256(certificate), None, &mut rng),
            muted: true,
            video_stopped: true,
        };
        let config = Config::new(target, Joiner::new(user.into_user()), media);
        Ok(Self::with_seed(config, random()?))
    }
}

impl<T: IntoTarget> IntoOptions for T {
    fn into_options(self, own: Option<UserId>) -> Result<Options, JoinError> {
        let user = own.ok_or(JoinError::UnknownUser)?;
        Ok(Options::new(self, user)?)
    }
}

impl IntoOptions for &Created {
    fn into_options(self, own: Option<UserId>) -> Result<Options, JoinError> {
        let mut options = self.target().into_options(own)?;
        self.prepare(&mut options);
        Ok(options)
    }
}

impl Conference {
    /// Creates a conference without joining it.
    ///
    /// # Errors
    ///
    /// [`CreateError`]
    pub async fn create<T: Transport>(transport: &T) -> Result<Created, CreateError> {
        let random_id = generator()?.next_u32().cast_signed();
        Self::create_as(transport, random_id).await
    }
}

impl GroupCall {
    /// Creates the call of a group or channel without joining it, for its admins.
    ///
    /// # Errors
    ///
    /// [`CreateError`]
    pub async fn create<T: Transport>(
        transport: &T,
        peer: InputPeer,
        call: NewCall,
    ) -> Result<CallRef, CreateError> {
        let random_id = generator()?.next_u32().cast_signed();
        Self::create_as(transport, peer, call, random_id).await
    }
}

impl Call {
    /// Sends a text to all members of the call.
    ///
    /// [`Call::send_message`] sends one with bold letters and the like, and is for those who keep its number.
    ///
    /// # Errors
    ///
    /// [`SendTextError`]
    pub async fn send_text(&self, text: &str) -> Result<(), SendTextError> {
        let id = RandomId::generate(&mut generator()?);
        let message = GroupMessage::new(id, text, Vec::new())?;
        Ok(self.send_message(message).await?)
    }
}

fn random() -> Result<Seed, NoRandomness> {
    Seed::try_fill_with(|bytes| getrandom::fill(bytes).map_err(NoRandomness))
}

/// A generator for what is drawn before there is an engine, or beside it.
fn generator() -> Result<ChaCha20Rng, NoRandomness> {
    Ok(ChaCha20Rng::from_seed(*random()?.dangerous_bytes()))
}
