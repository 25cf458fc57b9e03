use core::iter;

use anyhow::Context as _;
use chacha20::ChaCha20Rng;
use confcall::transport::loopback::Hub;
use confcall::{Joined, Moment};
use confcall_server::Server;

use super::broken::DidNotHold;
use super::person::{self, Entrance, Person};
use super::recorded::RecordedCall;

/// Everybody in the call.
pub(super) struct People {
    pub(super) us: Person,
    /// The recorded members, with their own keys.
    pub(super) others: Vec<Person>,
}

impl People {
    /// Brings us in by the answer to our join, and the recorded members by the block before ours.
    pub(super) async fn gather(
        hub: &Hub<Server>,
        recorded: &RecordedCall,
        joined: Joined,
        now: Moment,
        rng: &mut ChaCha20Rng,
    ) -> anyhow::Result<Self> {
        let next_broadcast = joined.next_broadcast.context(person::LOST)?;
        let before_ours = joined.chain.state().height().value().saturating_sub(1);
        let mut others = Vec::new();
        for (user_id, key) in recorded.members(joined.chain.state().group_state())? {
            let entrance = Entrance {
                call: joined.call.clone(),
                user_id,
                key,
                next_block: before_ours,
                next_broadcast,
            };
            others.push(Person::enter(hub.connect(user_id), entrance, now, rng).await?);
        }
        let us = Person::of_joined(hub.connect(joined.user_id), joined, now, rng)?;
        Ok(Self { us, others })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Person> {
        iter::once(&self.us).chain(&self.others)
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Person> {
        iter::once(&mut self.us).chain(&mut self.others)
    }

    pub(super) fn count(&self) -> usize {
        self.all().count()
    }

    /// Everybody but this one.
    pub(super) fn besides(&self, person: &Person) -> Vec<&Person> {
        let user_id = person.user_id();
        self.all().filter(|one| one.user_id() != user_id).collect()
    }

    /// Us and the first of the others, who speak in turn.
    pub(super) fn speakers(&self) -> Result<[&Person; 2], DidNotHold> {
        let first = self.others.first().ok_or(DidNotHold::Company)?;
        Ok([&self.us, first])
    }
}
