use core::iter;

use chacha20::ChaCha20Rng;
use confcall::Moment;
use confcall_server::Server;
use confcall_server::loopback::Hub;

use super::broken::DidNotHold;
use super::joining::{JOINER, JoinedCall};
use super::person::{EntryPoint, Person};
use super::recorded::RecordedCall;

/// The members of the call.
pub(super) struct People {
    pub(super) us: Person,
    /// The recorded members, with their own keys.
    pub(super) others: Vec<Person>,
}

impl People {
    /// Brings us in by our block, and the recorded members by the block before it.
    pub(super) async fn gather(
        hub: &Hub<Server>,
        recorded: &RecordedCall,
        joined: JoinedCall,
        now: Moment,
        rng: &mut ChaCha20Rng,
    ) -> anyhow::Result<Self> {
        let state = joined.chain.state();
        let height = state.height().value();
        let entry_point = |user_id, key, next_block| EntryPoint {
            call: joined.call.clone(),
            user_id,
            key,
            next_block,
            next_broadcast: joined.next_broadcast,
        };
        let mut others = Vec::new();
        for (user_id, key) in recorded.members(state.group_state())? {
            // They are members since before our block, which they have to follow as all members do.
            let entry_point = entry_point(user_id, key, height.saturating_sub(1));
            others.push(Person::enter(hub.connect(user_id), entry_point, now, rng).await?);
        }
        let entry_point = entry_point(JOINER, joined.key, height);
        let us = Person::enter(hub.connect(JOINER), entry_point, now, rng).await?;
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

    /// All members but this one.
    pub(super) fn besides(&self, person: &Person) -> Vec<&Person> {
        let user_id = person.user_id();
        self.all().filter(|one| one.user_id() != user_id).collect()
    }

    /// Us and the first of the others, the two who send in turn.
    pub(super) fn speakers(&self) -> Result<[&Person; 2], DidNotHold> {
        let first = self.others.first().ok_or(DidNotHold::Company)?;
        Ok([&self.us, first])
    }
}
