//! Being in: the block was taken, and what is left to do is not entering any more.

use super::super::Transition;
use super::super::end::{EndReason, RejoinReason};
use super::super::secrets::AnnouncedKey;
use super::Attempt;
use super::quest::Quest;
use crate::api::{InputGroupCall, Response};
use crate::joining::{AnswerFault, JoinAnswer, JoinPayload, Tip};

/// Somebody whose block the server took.
#[derive(Debug)]
pub(in super::super) struct Entrant {
    /// Why we entered again, if it was not the first time.
    pub(in super::super) again: Option<RejoinReason>,
    /// The key that our block announces.
    pub(in super::super) key: AnnouncedKey,
    /// By what we know it.
    pub(in super::super) evidence: Evidence,
    /// The call as it was asked for; `None` if we created it.
    pub(in super::super) asked: Option<InputGroupCall>,
    /// The link or invitation that led to it.
    pub(in super::super) link: Option<InputGroupCall>,
    /// The call by its id, if it was known before.
    pub(in super::super) known: Option<InputGroupCall>,
    /// The payload that the server took.
    pub(in super::super) payload: JoinPayload,
    /// How many times a block was sent.
    pub(in super::super) attempts: u32,
}

/// By what we know that the server took our block.
#[derive(Debug)]
pub(in super::super) enum Evidence {
    /// It said so.
    Answer(Box<JoinAnswer>),
    /// Its answer was lost, and the newest block has our key.
    Tip(Box<Tip>),
}

impl Quest {
    /// The server took the block.
    pub(super) fn taken(self, response: Response, attempt: Attempt) -> Transition {
        let updates = response.into_updates().map_err(AnswerFault::from);
        let answer = updates.and_then(|updates| JoinAnswer::read(updates, self.call.as_ref()));
        match answer {
            Ok(answer) => self.joined(attempt.key, Evidence::Answer(Box::new(answer))),
            Err(fault) => self.abandon(fault.into()),
        }
    }

    /// Ends although a join was carried out or may have been.
    pub(super) fn abandon(self, reason: EndReason) -> Transition {
        let source = self.payload.ssrc();
        let call = self.known.or(self.call);
        Transition::Abandoned(reason, call.map(|call| (call, source)))
    }

    pub(super) fn joined(self, key: AnnouncedKey, evidence: Evidence) -> Transition {
        Transition::Entered(Box::new(Entrant {
            again: self.again,
            key,
            evidence,
            asked: self.call,
            link: self.link,
            known: self.known,
            payload: self.payload,
            attempts: self.sent,
        }))
    }
}
