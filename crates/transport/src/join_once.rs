use core::time::Duration;

use confcall_join::api::{GetGroupCallChainBlocks, InputGroupCall, Method, Request, RpcError};
use confcall_join::policy::ConferenceCreation;
use confcall_join::presend::{CheckedJoin, Media};
use confcall_join::reaction::Reaction;
use confcall_join::target::Target;
use confcall_state::{Block, JoinBlock, Newcomer};
use rand_core::CryptoRng;

use crate::adapter::{CallError, Transport};
use crate::answer::{Joined, tip_of};
use crate::backoff::Backoff;
use crate::error::JoinError;

/// What to do with a call that has no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EmptyCall {
    /// Join nothing. A user who was invited waits a while for the first block all the same.
    #[default]
    Refuse,
    /// Write the first block.
    Start,
}

/// How to join.
#[derive(Clone, Debug)]
pub struct JoinOptions {
    /// Who joins, and what its block says of it.
    pub newcomer: Newcomer,
    /// What it says of its sound and picture.
    pub media: Media,
    /// What to do with a call that has no block.
    pub empty_call: EmptyCall,
}

/// What [`join_once`] has just done, for whoever shows it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// The newest block was read; `None` if the call has none.
    TipRead(Option<&'a Block>),
    /// A block was built and may be sent.
    BlockBuilt(&'a JoinBlock),
    /// A request is being sent.
    Sending(&'a Request),
    /// The server refused the request, or its answer was lost; the next attempt follows after a pause.
    Retrying {
        /// Why.
        error: &'a CallError,
        /// The pause.
        pause: Duration,
    },
    /// The call that the user is invited to has no block yet; the tip is read again after a pause.
    WaitingForFirstBlock {
        /// The pause.
        pause: Duration,
    },
    /// The answer was lost, and our block is the tip: it had been carried out.
    FoundAsTip(&'a Block),
}

/// Joins a conference, once: reads the tip, builds a block, sends it, and takes the answer.
///
/// A block that lost a race (`CONF_WRITE_CHAIN_INVALID…`) is built again on the new tip, with a new key and
/// the same payload; a clash of media sources gives a new payload and a new block. Both are tried again after
/// jittered, growing pauses, a bounded number of times. After a lost answer the tip is read first: our own block
/// there means that we are in. Every other error comes back with its reaction. `on_step` is told each step.
///
/// The future may be dropped at any time; a request that is under way then may still be carried out.
/// Implements `spec/protocol.md`, 6 and the rows of 11.2 for a join.
///
/// # Errors
///
/// [`JoinError`]; the user is then not in the call, as far as the server has told.
pub async fn join_once<T: Transport>(
    transport: &T,
    target: &Target,
    options: JoinOptions,
    rng: &mut (impl CryptoRng + Send + ?Sized),
    on_step: &mut (dyn FnMut(Step<'_>) + Send),
) -> Result<Joined, JoinError> {
    let attempts = Attempts {
        transport,
        options,
        rng,
        on_step,
        races: Backoff::new(Duration::from_millis(200), Duration::from_secs(3), 12),
        clashes: Backoff::new(Duration::from_millis(50), Duration::from_millis(500), 5),
        losses: Backoff::new(Duration::from_millis(250), Duration::from_secs(2), 4),
        sent: 0,
    };
    match target.reference() {
        Some(call) => attempts.join(call, target.is_invited()).await,
        None => attempts.create().await,
    }
}

/// One join over all its attempts, with a budget for each reason to try again.
struct Attempts<'a, T, R: ?Sized> {
    transport: &'a T,
    options: JoinOptions,
    rng: &'a mut R,
    on_step: &'a mut (dyn FnMut(Step<'_>) + Send),
    races: Backoff,
    clashes: Backoff,
    losses: Backoff,
    sent: u32,
}

impl<T: Transport, R: CryptoRng + Send + ?Sized> Attempts<'_, T, R> {
    async fn join(mut self, call: InputGroupCall, invited: bool) -> Result<Joined, JoinError> {
        let mut tip = self.first_tip(&call, invited).await?;
        loop {
            let join = match &tip {
                Some(tip) => JoinBlock::add_self(tip, self.options.newcomer, self.rng)?,
                None => JoinBlock::first(self.options.newcomer, self.rng)?,
            };
            let checked = CheckedJoin::new(tip.as_ref(), &join)?;
            (self.on_step)(Step::BlockBuilt(&join));
            let request = checked.into_join(call.clone(), self.options.media.clone());
            let error = match self.send(request.into_request().into()).await {
                Ok(answer) => {
                    let payload = self.options.media.payload;
                    return Ok(Joined::from_answer(answer, join, payload, self.sent)?);
                }
                Err(error) => error,
            };
            let lost = self.pause_after(Method::JoinGroupCall, error).await?;
            tip = self.tip(&call).await?;
            if lost && let Some(tip) = tip.as_ref().filter(|tip| tip.hash() == join.block().hash())
            {
                (self.on_step)(Step::FoundAsTip(tip));
                let payload = self.options.media.payload;
                return Ok(Joined::from_tip(call, tip, join, payload, self.sent)?);
            }
        }
    }

    /// Creates the call; every attempt carries the same `random_id`, so that a repetition creates no second.
    async fn create(mut self) -> Result<Joined, JoinError> {
        let random_id = self.rng.next_u32().cast_signed();
        loop {
            let join = JoinBlock::first(self.options.newcomer, self.rng)?;
            let checked = CheckedJoin::new(None, &join)?;
            (self.on_step)(Step::BlockBuilt(&join));
            let creation = ConferenceCreation {
                random_id,
                join: Some(checked.into_first_join(self.options.media.clone())),
            };
            match self.send(creation.into_request().into()).await {
                Ok(answer) => {
                    let payload = self.options.media.payload;
                    return Ok(Joined::from_answer(answer, join, payload, self.sent)?);
                }
                Err(error) => {
                    self.pause_after(Method::CreateConferenceCall, error)
                        .await?;
                }
            }
        }
    }

    /// The tip to start from: an invitation may be older than the call's first block.
    async fn first_tip(
        &mut self,
        call: &InputGroupCall,
        invited: bool,
    ) -> Result<Option<Block>, JoinError> {
        // About 15 seconds in all.
        let waits = if invited { 12 } else { 0 };
        let mut waits = Backoff::new(Duration::from_millis(250), Duration::from_secs(2), waits);
        loop {
            let tip = self.tip(call).await?;
            if tip.is_some() {
                return Ok(tip);
            }
            match waits.next(self.rng) {
                Some(pause) => {
                    (self.on_step)(Step::WaitingForFirstBlock { pause });
                    tokio::time::sleep(pause).await;
                }
                None if self.options.empty_call == EmptyCall::Start => return Ok(None),
                None => return Err(JoinError::Empty),
            }
        }
    }

    /// Reads the newest block, again if the answer is lost; this changes nothing anywhere.
    async fn tip(&mut self, call: &InputGroupCall) -> Result<Option<Block>, JoinError> {
        loop {
            let request = GetGroupCallChainBlocks::tip(call.clone());
            match self.transport.call(request.into()).await {
                Ok(answer) => {
                    let tip = tip_of(answer)?;
                    (self.on_step)(Step::TipRead(tip.as_ref()));
                    return Ok(tip);
                }
                Err(error) => {
                    self.pause_after(Method::GetGroupCallChainBlocks, error)
                        .await?;
                }
            }
        }
    }

    async fn send(&mut self, request: Request) -> Result<confcall_join::api::Updates, CallError> {
        (self.on_step)(Step::Sending(&request));
        self.sent += 1;
        self.transport.call(request).await
    }

    /// Waits before the next attempt, if there is one; tells whether the request may have been carried out.
    async fn pause_after(&mut self, method: Method, error: CallError) -> Result<bool, JoinError> {
        let (budget, lost) = match &error {
            CallError::Policy(violation) => return Err(JoinError::Policy(*violation)),
            CallError::Lost { .. } => (&mut self.losses, true),
            CallError::Rpc(rpc) => match rpc.reaction(method) {
                Reaction::RebuildOnNewTip => (&mut self.races, false),
                Reaction::NewSsrc => (&mut self.clashes, false),
                Reaction::CheckTipFirst => (&mut self.losses, true),
                reaction => return Err(refused(method, rpc, reaction)),
            },
        };
        let Some(pause) = budget.next(self.rng) else {
            return Err(exhausted(method, error, budget.used() + 1));
        };
        if let CallError::Rpc(rpc) = &error
            && rpc.reaction(method) == Reaction::NewSsrc
        {
            let payload = self.options.media.payload.clone();
            self.options.media.payload = payload.with_new_sources(self.rng);
        }
        tracing::debug!(%method, %error, ?pause, "trying again");
        (self.on_step)(Step::Retrying {
            error: &error,
            pause,
        });
        tokio::time::sleep(pause).await;
        Ok(lost)
    }
}

fn refused(method: Method, error: &RpcError, reaction: Reaction) -> JoinError {
    let error = error.clone();
    JoinError::Refused {
        method,
        error,
        reaction,
    }
}

fn exhausted(method: Method, error: CallError, attempts: u32) -> JoinError {
    match error {
        CallError::Rpc(error) => JoinError::Exhausted { attempts, error },
        error => JoinError::Lost {
            method,
            attempts,
            reason: error.to_string(),
        },
    }
}
