//! Taking up a membership, and telling of it.

use core::time::Duration;

use confcall_state::{Block, Height};

use super::super::context::Context;
use super::super::cursor::Cursor;
use super::super::end::EndReason;
use super::super::entry::{Entrant, Evidence};
use super::super::event::{Event, Joined};
use super::super::timers::Timer;
use super::checking::CHECK;
use super::{Flow, Member};
use crate::api::{Participants, SubChain};
use crate::joining::{AnswerFault, ConnectionParameters};

/// For how long the connection parameters may be missing after a lost answer.
const CONNECTION: Duration = Duration::from_secs(5);

/// What a new member is told.
#[derive(Debug)]
pub(in super::super) struct Welcome {
    again: bool,
    attempts: u32,
    connection: Option<Box<ConnectionParameters>>,
    rosters: Vec<Participants>,
}

impl Member {
    /// Takes up the membership that the server's answer holds.
    pub(in super::super) fn of_entrant(
        ctx: &mut Context,
        entrant: Entrant,
    ) -> Result<(Self, Welcome), EndReason> {
        let Entrant { key, known, .. } = entrant;
        let user_id = ctx.config.joiner.user_id;
        let mut welcome = Welcome {
            again: entrant.again.is_some(),
            attempts: entrant.attempts,
            connection: None,
            rosters: Vec::new(),
        };
        let (call, invite_link, first, blocks, broadcasts) = match entrant.evidence {
            Evidence::Answer(answer) => {
                welcome.connection = Some(Box::new(answer.connection));
                welcome.rosters = answer.rosters;
                let first = answer.blocks.blocks.first().ok_or(AnswerFault::NoBlock)?;
                let first = Block::from_server(first).map_err(AnswerFault::from)?;
                let blocks = Cursor::behind_first(ctx.now, answer.blocks);
                let broadcasts = Cursor::from_first(ctx.now, answer.broadcasts);
                (answer.call, answer.invite_link, first, blocks, broadcasts)
            }
            Evidence::Tip(tip) => {
                let next = tip
                    .next_block
                    .or_else(|| tip.block.height().next().map(Height::value));
                let blocks = Cursor::new(next.unwrap_or(i32::MAX));
                // Where the broadcasts about this block begin is not known: from the first that is left.
                let broadcasts = Cursor::new(0);
                (
                    known.unwrap_or(tip.call),
                    None,
                    tip.block,
                    blocks,
                    broadcasts,
                )
            }
        };
        if call.id().is_none() {
            return Err(AnswerFault::NoCall.into());
        }
        let removal_grace = ctx.config.removal_grace;
        let membership = ctx
            .secrets
            .start(ctx.now, user_id, key, &first, removal_grace)?;
        let mut member = Self::new(
            ctx.now,
            call,
            membership,
            entrant.payload,
            [blocks, broadcasts],
        );
        member.link = entrant.link;
        member.connection.clone_from(&welcome.connection);
        member.invite_link = invite_link;
        Ok((member, welcome))
    }

    /// Tells of the membership and begins to follow the call: the connection first, then the chain.
    pub(in super::super) fn begin(&mut self, ctx: &mut Context, welcome: Welcome) -> Flow {
        if welcome.connection.is_none() {
            ctx.after(Timer::Connection, CONNECTION);
        }
        let joined = self.joined(welcome.connection, welcome.attempts);
        ctx.event(match welcome.again {
            true => Event::Rejoined(joined),
            false => Event::Joined(joined),
        });
        ctx.after(Timer::Check, CHECK);
        // What was pushed between the server's answer and now is lost to us.
        self.poll_soon(ctx, SubChain::Blocks);
        self.poll_soon(ctx, SubChain::Broadcasts);
        self.load_roster_soon(ctx);
        self.tell_of_block(ctx);
        for roster in &welcome.rosters {
            self.take_roster(ctx, roster)?;
        }
        self.settle(ctx)
    }

    pub(super) fn joined(
        &self,
        connection: Option<Box<ConnectionParameters>>,
        attempts: u32,
    ) -> Joined {
        Joined {
            call: self.call.clone(),
            connection,
            payload: self.payload.clone(),
            invite_link: self.invite_link.clone(),
            cryptor: self.membership.cryptor().clone(),
            attempts,
        }
    }
}
