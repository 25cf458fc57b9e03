use core::time::Duration;

use confcall_join::api::{GetGroupCallChainBlocks, InputGroupCall, Method, Request, Updates};
use confcall_join::backoff::Backoff;
use confcall_join::engine::EmptyCall;
use confcall_join::joined::{AnswerFault, Tip};
use confcall_join::policy::{ConferenceCreation, ConferenceJoin, FirstJoin, Media};
use confcall_join::presend::CheckedJoin;
use confcall_join::reaction::Reaction;
use confcall_join::target::Target;
use confcall_state::{JoinBlock, Newcomer};
use rand_core::CryptoRng;

use crate::adapter::{CallError, Transport};
use crate::answer::Joined;
use crate::error::JoinError;
use crate::step::Step;

/// How long to wait for an answer before it is lost.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

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

/// Joins a conference, once: reads the tip, builds a block, sends it, and takes the answer.
///
/// A block that lost a race (`CONF_WRITE_CHAIN_INVALID…`) is built again on the new tip, with a new key and
/// the same payload; a clash of media sources gives a new payload and a new block. Both are tried again after
/// jittered, growing pauses, a bounded number of times. After a lost answer to a join the tip is read first: our
/// key there means that we are in. A creation has no tip; it is sent again as it was, under the same `random_id`.
/// An answer that takes longer than 30 s is lost. Every other error comes back with its reaction, which is left to
/// the caller. `on_step` is told each step.
///
/// The future may be dropped at any time; a request that is under way then may still be carried out.
/// Implements `spec/protocol.md`, 6 and the rows of 11.2 for a join.
///
/// # Errors
///
/// [`JoinError`]
///
/// # Panics
///
/// Outside a tokio runtime whose timer is enabled (`enable_time` or `enable_all`).
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
        reads: Backoff::new(Duration::from_millis(250), Duration::from_secs(2), 6),
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
    reads: Backoff,
    sent: u32,
}

impl<T: Transport, R: CryptoRng + Send + ?Sized> Attempts<'_, T, R> {
    async fn join(mut self, call: InputGroupCall, invited: bool) -> Result<Joined, JoinError> {
        let mut tip = self.first_tip(&call, invited).await?;
        loop {
            let (join, checked) = self.build(tip.as_ref())?;
            let request = ConferenceJoin {
                call: call.clone(),
                block: checked,
                media: self.options.media.clone(),
            };
            let error = match self.send(request.into_request().into()).await {
                Ok(answer) => return self.joined(answer, Some(&call), join),
                Err(error) => error,
            };
            let method = Method::JoinGroupCall;
            let may_be_done = may_be_done(method, &error);
            let pause = self.pause_after(method, error).await;
            if !may_be_done {
                pause.clone()?;
            }
            // Even after the last loss: our key may be there by now.
            let latest = self.tip(&call).await?;
            if let Some(latest) = latest
                .as_ref()
                .filter(|tip| may_be_done && tip.holds(&join.public_key()))
            {
                (self.on_step)(Step::FoundInTip(&latest.block));
                let payload = self.options.media.payload;
                return Ok(Joined::from_tip(latest, join, payload, self.sent)?);
            }
            pause?;
            if tip.is_some() && latest.is_none() {
                return Err(AnswerFault::ChainGone.into());
            }
            tip = latest;
        }
    }

    /// Creates the call. What may have been carried out is sent again as it was, under the same `random_id`, so
    /// that the server can tell that it is the same.
    async fn create(mut self) -> Result<Joined, JoinError> {
        let random_id = self.rng.next_u32().cast_signed();
        let method = Method::CreateConferenceCall;
        loop {
            let (join, checked) = self.build(None)?;
            let creation = ConferenceCreation {
                random_id,
                join: Some(FirstJoin {
                    block: checked,
                    media: self.options.media.clone(),
                }),
            };
            let request = Request::from(creation.into_request());
            loop {
                let error = match self.send(request.clone()).await {
                    Ok(answer) => return self.joined(answer, None, join),
                    Err(error) => error,
                };
                let may_be_done = may_be_done(method, &error);
                self.pause_after(method, error).await?;
                if !may_be_done {
                    break;
                }
            }
        }
    }

    /// A block on the tip, or the first one, with a key of its own.
    fn build(&mut self, tip: Option<&Tip>) -> Result<(JoinBlock, CheckedJoin), JoinError> {
        let newcomer = self.options.newcomer;
        let tip = tip.map(|tip| &tip.block);
        let join = match tip {
            Some(tip) => JoinBlock::add_self(tip, newcomer, self.rng)?,
            None => JoinBlock::first(newcomer, self.rng)?,
        };
        let checked = CheckedJoin::new(tip, &join)?;
        (self.on_step)(Step::BlockBuilt(&join));
        Ok((join, checked))
    }

    fn joined(
        self,
        answer: Updates,
        target: Option<&InputGroupCall>,
        join: JoinBlock,
    ) -> Result<Joined, JoinError> {
        let payload = self.options.media.payload;
        let ssrc = payload.ssrc();
        let joined = Joined::from_answer(answer, target, join, payload, self.sent);
        joined.map_err(|fault| JoinError::Unusable { fault, ssrc })
    }

    /// The tip to start from: an invitation may be older than the call's first block.
    async fn first_tip(
        &mut self,
        call: &InputGroupCall,
        invited: bool,
    ) -> Result<Option<Tip>, JoinError> {
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
    async fn tip(&mut self, call: &InputGroupCall) -> Result<Option<Tip>, JoinError> {
        loop {
            let request = GetGroupCallChainBlocks::tip(call.clone());
            match answer_to(self.transport, request.into()).await {
                Ok(answer) => {
                    let tip = Tip::from_answer(answer, call)?;
                    (self.on_step)(Step::TipRead(tip.as_ref().map(|tip| &tip.block)));
                    return Ok(tip);
                }
                Err(error) => {
                    self.pause_after(Method::GetGroupCallChainBlocks, error)
                        .await?;
                }
            }
        }
    }

    async fn send(&mut self, request: Request) -> Result<Updates, CallError> {
        (self.on_step)(Step::Sending(&request));
        self.sent += 1;
        answer_to(self.transport, request).await
    }

    /// Waits before the next attempt, if there is one.
    async fn pause_after(&mut self, method: Method, error: CallError) -> Result<(), JoinError> {
        let reaction = match &error {
            CallError::Policy(violation) => return Err(JoinError::Policy(*violation)),
            CallError::Lost { .. } => Reaction::CheckTipFirst,
            CallError::Rpc(rpc) => rpc.reaction(method),
        };
        let reads = method == Method::GetGroupCallChainBlocks;
        let budget = match reaction {
            Reaction::CheckTipFirst if reads => &mut self.reads,
            Reaction::CheckTipFirst => &mut self.losses,
            Reaction::RebuildOnNewTip => &mut self.races,
            Reaction::NewSsrc => &mut self.clashes,
            reaction => return Err(not_tried_again(method, error, reaction)),
        };
        let Some(pause) = budget.next(self.rng) else {
            let reads_or_sent = if reads {
                self.reads.used() + 1
            } else {
                self.sent
            };
            return Err(exhausted(method, error, reads_or_sent));
        };
        if reaction == Reaction::NewSsrc {
            let payload = self.options.media.payload.clone();
            self.options.media.payload = payload.with_new_sources(self.rng);
        }
        tracing::debug!(%method, %error, ?pause, "trying again");
        (self.on_step)(Step::Retrying {
            error: &error,
            pause,
        });
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// Sends a request; silence is a lost answer, and so is an answer of another type.
async fn answer_to(transport: &impl Transport, request: Request) -> Result<Updates, CallError> {
    let lost = |reason| CallError::Lost { reason };
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, transport.call(request)).await;
    let answer = answer.map_err(|_| lost(format!("no answer within {ANSWER_TIMEOUT:?}")))??;
    answer
        .into_updates()
        .map_err(|wrong| lost(wrong.to_string()))
}

/// Whether the server may have carried out a request that ended so.
fn may_be_done(method: Method, error: &CallError) -> bool {
    match error {
        CallError::Lost { .. } => true,
        CallError::Rpc(rpc) => rpc.reaction(method) == Reaction::CheckTipFirst,
        CallError::Policy(_) => false,
    }
}

fn not_tried_again(method: Method, error: CallError, reaction: Reaction) -> JoinError {
    match error {
        CallError::Rpc(error) => JoinError::Refused {
            method,
            error,
            reaction,
        },
        error => exhausted(method, error, 1),
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
