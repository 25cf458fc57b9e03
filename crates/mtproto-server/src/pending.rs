use std::sync::Arc;

use confcall_join::api::RpcError;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::chaos::Fate;
use crate::hub::Hub;
use crate::mtproto::message::MsgId;
use crate::requester::Requester;
use confcall_server::faults::Strike;

/// The requests of one connection that are on their way through a bad network.
pub(crate) struct PendingRequests {
    requests: JoinSet<Answered>,
    limit: usize,
}

/// A request that came to its end.
pub(crate) struct Answered {
    pub(crate) id: MsgId,
    /// The answer; `None` if the client never learns it.
    pub(crate) answer: Option<Result<Vec<u8>, RpcError>>,
}

impl PendingRequests {
    pub(crate) fn new(limit: usize) -> Self {
        let requests = JoinSet::new();
        Self { requests, limit }
    }

    /// True if no more requests are to be started.
    pub(crate) fn is_full(&self) -> bool {
        self.requests.len() >= self.limit
    }

    /// Starts a request.
    pub(crate) fn start(
        &mut self,
        id: MsgId,
        fate: Fate,
        hub: Arc<Hub>,
        requester: Requester,
        method: Vec<u8>,
    ) {
        // A task each, since requests overtake each other on a bad network.
        self.requests.spawn(async move {
            sleep(fate.there).await;
            let strike = fate.strike;
            let answer = strike
                .is_carried_out()
                .then(|| hub.answer(requester, &method));
            sleep(fate.back).await;
            let answer = match strike.refusal() {
                Some(error) => Some(Err(error)),
                None if strike == Strike::LostAnswer => None,
                None => answer,
            };
            Answered { id, answer }
        });
    }

    /// Waits for the next request that comes to its end; `None` if there is none.
    pub(crate) async fn next(&mut self) -> Option<Answered> {
        loop {
            match self.requests.join_next().await? {
                Ok(answered) => return Some(answered),
                Err(error) => tracing::warn!(%error, "a request failed"),
            }
        }
    }
}
