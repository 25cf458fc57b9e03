//! Our own side of the media: the payload that the server took, and the parameters of the connection.

use core::time::Duration;

use crate::api::CallConnection;
use crate::engine::context::Context;
use crate::engine::event::Event;
use crate::engine::timers::Timer;
use crate::joining::{Answer, ConnectionParameters, JoinPayload};

/// The time after a lost answer until we rejoin for the parameters of the connection that were in it.
const CONNECTION: Duration = Duration::from_secs(5);

/// Our payload, and the parameters of the media connection.
#[derive(Clone, Debug)]
pub(in crate::engine) struct SelfState {
    payload: JoinPayload,
    /// The newest parameters of the main connection.
    connection: Option<Box<ConnectionParameters>>,
}

impl SelfState {
    pub(in crate::engine) fn new(
        payload: JoinPayload,
        connection: Option<Box<ConnectionParameters>>,
    ) -> Self {
        Self {
            payload,
            connection,
        }
    }

    pub(in crate::engine) fn payload(&self) -> &JoinPayload {
        &self.payload
    }

    /// Rejoins soon if the answer to the join, and the parameters with it, were lost.
    pub(in crate::engine) fn await_connection(&self, ctx: &mut Context) {
        if self.connection.is_none() {
            ctx.after(Timer::Connection, CONNECTION);
        }
    }

    /// Shows the parameters of the media connection that came in an answer to us, if they are other ones.
    pub(in crate::engine) fn take_connection(
        &mut self,
        ctx: &mut Context,
        connection: &CallConnection,
    ) {
        let answer = Answer::from_json(connection.params.as_str());
        let Ok(parameters) = answer.and_then(Answer::into_conference) else {
            return;
        };
        let parameters = Box::new(parameters);
        let presentation = connection.presentation;
        // The parameters of a shared screen do not connect the main media.
        if !presentation {
            ctx.timers.cancel(Timer::Connection);
            let known = self.connection.replace(parameters.clone());
            if known.as_ref() == Some(&parameters) {
                return;
            }
        }
        ctx.event(Event::Connection {
            presentation,
            parameters,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::DataJson;
    use crate::engine::testing::{context, outputs};

    fn connection(presentation: bool) -> CallConnection {
        let fingerprint = ["AB"; 32].join(":");
        let params = DataJson::new(format!(
            r#"{{"transport": {{"ufrag": "serv", "pwd": "ABCDEFGHIJKLMNOPQRSTUV", "candidates": [],
                "fingerprints": [{{"hash": "sha-256", "setup": "active", "fingerprint": "{fingerprint}"}}]}}}}"#
        ));
        CallConnection {
            presentation,
            params,
        }
    }

    #[test]
    fn the_main_connection_is_shown_once_and_ends_the_wait_for_it() {
        let mut ctx = context();
        let payload = ctx.config.media.payload.clone();
        let mut state = SelfState::new(payload, None);
        state.await_connection(&mut ctx);
        state.take_connection(&mut ctx, &connection(true));
        assert!(ctx.timers.is_set(Timer::Connection));
        for _ in 0..2 {
            state.take_connection(&mut ctx, &connection(false));
        }
        assert!(!ctx.timers.is_set(Timer::Connection));
        assert_eq!(outputs(&mut ctx).1.len(), 2);
    }
}
