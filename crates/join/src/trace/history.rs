use std::collections::BTreeMap;

use confcall_media::Moment;
use confcall_state::UserId;
use confcall_state::wire::{Broadcast, BroadcastContent};

use super::reader::{Step, Trace};
use crate::api::{Response, SubChain, Update};
use crate::engine::{Input, Outcome};

/// Everything that one member saw of a call, by the height of its blocks.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The blocks that it followed, by their hashes; more than one at a height only after it joined again.
    pub blocks: BTreeMap<i32, Vec<Sighting>>,
    /// The emoji hashes that it came to.
    pub emoji: BTreeMap<i32, Vec<Sighting>>,
    /// The broadcasts that the server sent it.
    pub broadcasts: BTreeMap<Said, Vec<Sighting>>,
}

/// A broadcast by what there should be one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// The height of the block that is verified.
    pub height: i32,
    /// In whose name.
    pub user: UserId,
    /// The phase: a commit or a reveal.
    pub is_reveal: bool,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The thing: a hash or the bytes of a broadcast, in hexadecimal.
    pub what: String,
    /// The moment at which it was first seen.
    pub at: Moment,
    /// The number of the line that first shows it.
    pub line: usize,
}

impl History {
    /// Reads what a trace shows.
    pub fn of(trace: &Trace) -> Self {
        let mut history = Self::default();
        for step in &trace.steps {
            history.note_events(step);
            history.note_broadcasts(step);
        }
        history
    }

    fn note_events(&mut self, step: &Step) {
        for (line, output) in &step.outputs {
            // From the events and not the updates: these are the blocks that the member followed.
            let moved = output.event("epoch_started");
            let emoji = output.event("emoji");
            for (event, list) in [(moved, &mut self.blocks), (emoji, &mut self.emoji)] {
                let height = event.and_then(|event| event.get("height")?.as_i64());
                let height = height.and_then(|height| i32::try_from(height).ok());
                let hash = event.and_then(|event| event.get("hash")?.as_str());
                if let Some((height, hash)) = height.zip(hash) {
                    note(
                        list.entry(height).or_default(),
                        hash.to_owned(),
                        step.at,
                        *line,
                    );
                }
            }
        }
    }

    fn note_broadcasts(&mut self, step: &Step) {
        let updates = match &step.input {
            Some(Input::Update(update)) => core::slice::from_ref(update),
            Some(Input::Answer {
                outcome: Outcome::Done(Response::Updates(updates)),
                ..
            }) => updates.0.as_slice(),
            _ => &[],
        };
        for update in updates {
            let Update::ChainBlocks(items) = update else {
                continue;
            };
            if items.sub_chain != SubChain::Broadcasts {
                continue;
            }
            for bytes in &items.blocks {
                // What is no broadcast was refused by the member as well.
                if let Ok(broadcast) = Broadcast::from_server(bytes) {
                    let seen = self.broadcasts.entry(Said::of(&broadcast)).or_default();
                    note(seen, hex::encode(broadcast.to_bytes()), step.at, step.line);
                }
            }
        }
    }
}

impl Said {
    fn of(broadcast: &Broadcast) -> Self {
        Self {
            height: broadcast.height.value(),
            user: broadcast.user_id,
            is_reveal: matches!(broadcast.content, BroadcastContent::Reveal { .. }),
        }
    }
}

fn note(seen: &mut Vec<Sighting>, what: String, at: Moment, line: usize) {
    // A rejoin and a late poll show the same again; the first time counts.
    if seen.iter().all(|sighting| sighting.what != what) {
        seen.push(Sighting { what, at, line });
    }
}
