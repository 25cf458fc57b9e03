//! Verdicts on requests, and rules that give them.

use chacha20::rand_core::Rng;
use confcall_join::api::{Method, Request, Response, RpcError, SubChain};
use confcall_server::faults::{Faults, Strike};
use confcall_state::UserId;

/// The fate of a request.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The server carries it out and answers.
    Pass,
    /// It does not arrive.
    Lose,
    /// It is carried out, and the answer does not arrive.
    LoseAnswer,
    /// It is not carried out.
    Refuse(RpcError),
    /// It is carried out, and the server says that it is not.
    RefuseAfter(RpcError),
    /// It is not carried out, and answered with this.
    Answer(Response),
}

impl Verdict {
    /// A refusal by the code and the name of its error.
    pub fn refuse(code: i32, name: &str) -> Self {
        Self::Refuse(RpcError::new(code, name))
    }

    /// A verdict by the faults of a network, with the fault that occurred.
    pub(crate) fn by_chance(faults: &Faults, rng: &mut impl Rng) -> (Self, Option<&'static str>) {
        let strike = faults.strike(rng);
        let fault = match strike {
            Strike::None => None,
            Strike::LostRequest => Some("lost requests"),
            Strike::LostAnswer => Some("lost answers"),
            Strike::Flood => Some("flood waits"),
            Strike::Failure => Some("failures"),
            Strike::FailureAfter => Some("failures of what was done"),
        };
        let verdict = match (strike, strike.refusal()) {
            (Strike::LostRequest, _) => Self::Lose,
            (Strike::LostAnswer, _) => Self::LoseAnswer,
            (_, None) => Self::Pass,
            (_, Some(error)) if strike.is_carried_out() => Self::RefuseAfter(error),
            (_, Some(error)) => Self::Refuse(error),
        };
        (verdict, fault)
    }
}

/// A verdict on requests of a test's choice.
#[derive(Clone, Debug)]
pub struct Rule {
    method: Method,
    user: Option<UserId>,
    sub_chain: Option<SubChain>,
    passing: usize,
    left: usize,
    verdict: Verdict,
}

impl Rule {
    /// A rule for every request of a method.
    pub fn new(method: Method, verdict: Verdict) -> Self {
        Self {
            method,
            user: None,
            sub_chain: None,
            passing: 0,
            left: usize::MAX,
            verdict,
        }
    }

    /// Only for requests of this user.
    pub fn of(self, user: i64) -> Self {
        let user = Some(UserId::new(user));
        Self { user, ..self }
    }

    /// Only for polls of this subchain.
    pub fn on(self, sub_chain: SubChain) -> Self {
        let sub_chain = Some(sub_chain);
        Self { sub_chain, ..self }
    }

    /// Only after so many others.
    pub fn after(self, passing: usize) -> Self {
        Self { passing, ..self }
    }

    /// Only so many times.
    pub fn times(self, left: usize) -> Self {
        Self { left, ..self }
    }

    pub(crate) fn apply(&mut self, user: UserId, body: &Request) -> Option<Verdict> {
        let fits = body.method() == self.method
            && self.user.is_none_or(|only| only == user)
            && self.sub_chain.is_none_or(|only| polls(body, only));
        if !fits {
            return None;
        }
        if self.passing > 0 {
            self.passing -= 1;
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        Some(self.verdict.clone())
    }
}

fn polls(body: &Request, sub_chain: SubChain) -> bool {
    matches!(body, Request::ChainBlocks(poll) if poll.sub_chain == sub_chain)
}
