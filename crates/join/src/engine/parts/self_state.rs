//! Our own side of the media: the payload that the server took, and the parameters of the connection.

use core::time::Duration;

use crate::api::CallConnection;
use crate::engine::context::Context;
use crate::engine::event::Event;
use crate::engine::timers::Timer;
use crate::joining::{Answer, ConnectionParameters, JoinPayload};

/// The time for which the connection parameters may be missing after a lost answer.
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

    /// Waits for parameters that did not come with the answer to the join.
    pub(in crate::engine) fn await_connection(&self, ctx: &mut Context) {
        if self.connection.is_none() {
            ctx.after(Timer::Connection, CONNECTION);
        }
    }

    /// Shows the parameters of the media connection to the caller, once: an adapter may hand out as an update what the
    /// answer to the join held.
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
