//! The rules of a block, in the words and the order of `spec/protocol.md`, 2.2.

use confcall_state::PublicKey;
use confcall_state::keys::Signature;

use crate::trie::{self, Entries};
use crate::values::{Block, Change, Group, Person, SharedKey};
use crate::verdict::{Refused, require};

const ADD: u32 = 1;
const REMOVE: u32 = 2;
const SET_VALUE: u32 = 4;
const ALL: u32 = 7;

/// The part of the trie that a chain knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// All entries.
    Full(Entries),
    /// The hash alone.
    Client,
}

/// The chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) height: i32,
    pub(crate) hash: [u8; 32],
    pub(crate) kv_hash: [u8; 32],
    pub(crate) group: Group,
    pub(crate) key: SharedKey,
    pub(crate) values: Values,
}

impl Model {
    /// The chain before the first block.
    pub(crate) fn new(values: Values) -> Self {
        Self {
            height: -1,
            hash: [0; 32],
            kv_hash: trie::hash(&Entries::new()),
            group: Group::before_first(),
            key: SharedKey::empty(),
            values,
        }
    }

    /// The chain after a block; this one is not changed.
    pub(crate) fn after(&self, block: &Block) -> Result<Self, Refused> {
        let height = i64::from(self.height) + 1;
        let follows = height == i64::from(block.height);
        require(follows, Refused::with(204, "the height follows"))?;
        let on_last = block.previous == self.hash;
        require(on_last, Refused::with(203, "it stands on the last block"))?;
        let signer = match (block.signer, self.group.people.first()) {
            (Some(key), _) => key,
            (None, Some(first)) => first.key,
            (None, None) => return Err(Refused::without_code("there is a signer")),
        };
        let signature = Signature::from_bytes(block.signature);
        let signed = PublicKey::from_bytes(signer).verify(&block.signed(), &signature);
        require(signed.is_ok(), Refused::with(202, "the signer signed it"))?;

        // Everything is copied, so that a refusal cannot leave anything half done.
        let mut next = self.clone();
        for change in &block.changes {
            next.change(change, &signer)?;
        }
        match &next.values {
            Values::Full(entries) => next.kv_hash = trie::hash(entries),
            // Adopted before the proof is checked, which then holds by itself.
            Values::Client => next.kv_hash = block.proof.kv_hash,
        }
        next.check_proof(block)?;
        if next.values == Values::Client {
            check_value_keys(block)?;
        }
        next.height = block.height;
        next.hash = block.hash();
        Ok(next)
    }

    fn change(&mut self, change: &Change, signer: &[u8; 32]) -> Result<(), Refused> {
        match change {
            Change::Noop(_) => Ok(()),
            Change::Value { key, value } => self.set_value(key, value, signer),
            Change::Group(next) => self.set_group(next, signer),
            Change::Key(next) => self.set_key(next, signer),
        }
    }

    fn set_value(&mut self, key: &[u8], value: &[u8], signer: &[u8; 32]) -> Result<(), Refused> {
        // Looked up for each change again: an earlier one may have changed them.
        let flags = permissions(&self.group, signer);
        let Values::Full(entries) = &mut self.values else {
            return Ok(());
        };
        let may = flags & SET_VALUE != 0;
        require(may, Refused::with(207, "the signer may set values"))?;
        let Ok(key) = key.try_into() else {
            return Err(Refused::without_code("a key has 32 bytes"));
        };
        entries.insert(key, value.to_vec());
        Ok(())
    }

    fn set_group(&mut self, next: &Group, signer: &[u8; 32]) -> Result<(), Refused> {
        check_group(next)?;
        let flags = permissions(&self.group, signer);
        check_permissions(&self.group, next, flags)?;
        self.group = next.clone();
        // In the new group, in which the signer may have lost its place.
        let stays = may_write(&self.group, signer);
        require(stays, Refused::with(207, "the signer stays in charge"))?;
        self.key = SharedKey::empty();
        Ok(())
    }

    fn set_key(&mut self, next: &SharedKey, signer: &[u8; 32]) -> Result<(), Refused> {
        let is_free = self.key == SharedKey::empty();
        require(is_free, Refused::without_code("no key is set"))?;
        let may = may_write(&self.group, signer);
        require(may, Refused::with(207, "the signer may write keys"))?;
        check_recipients(next, &self.group)?;
        self.key = next.clone();
        Ok(())
    }

    /// Step 6, where `self` is the state after the changes.
    pub(crate) fn check_proof(&self, block: &Block) -> Result<(), Refused> {
        let proof = &block.proof;
        let any = |is: fn(&Change) -> bool| block.changes.iter().any(is);
        let values = any(|change| matches!(change, Change::Value { .. }));
        let group = any(|change| matches!(change, Change::Group(_)));
        let key = any(|change| matches!(change, Change::Key(_)));

        let same_values = proof.kv_hash == self.kv_hash;
        require(same_values, Refused::without_code("the trie is proven"))?;
        require(values || group, Refused::with(201, "it changes something"))?;
        let expected = (!group).then(|| self.group.clone());
        let proven = proof.group == expected;
        require(proven, Refused::with(205, "the group is proven"))?;
        let expected = (!group && !key).then(|| self.key.clone());
        let proven = proof.key == expected;
        require(proven, Refused::with(206, "the key is proven"))?;
        // The text asks for both again, so the model does, though they cannot fail by now.
        check_group(&self.group)?;
        check_recipients(&self.key, &self.group)
    }
}

/// The flags of a signer.
fn permissions(group: &Group, key: &[u8; 32]) -> u32 {
    let person = group.people.iter().find(|one| one.key == *key);
    person.map_or(group.external, |one| one.flags)
}

/// True if the signer is a participant who may add or remove.
fn may_write(group: &Group, key: &[u8; 32]) -> bool {
    let person = group.people.iter().find(|one| one.key == *key);
    person.is_some_and(|one| one.flags & (ADD | REMOVE) != 0)
}

/// Checks that a group is well-formed.
fn check_group(group: &Group) -> Result<(), Refused> {
    let people = &group.people;
    let mut known = group.external & !ALL == 0;
    let mut unique = true;
    for (at, one) in people.iter().enumerate() {
        known &= one.flags & !ALL == 0;
        for other in &people[..at] {
            unique &= one.user != other.user && one.key != other.key;
        }
    }
    require(known && unique, Refused::with(208, "it is well-formed"))
}

/// Checks that a signer with these flags may make one well-formed group of the other.
fn check_permissions(old: &Group, new: &Group, flags: u32) -> Result<(), Refused> {
    let may = |needed: u32| flags & needed == needed;
    let denied = |rule| Refused::with(207, rule);
    let gains = new.external & !old.external != 0;
    require(!gains, denied("the external permissions do not grow"))?;

    let find =
        |people: &[Person], wanted: &Person| people.iter().copied().find(|one| one.is(wanted));
    let is_gone = |one: &Person| find(&new.people, one).is_none();
    let removes = old.people.iter().any(is_gone);
    require(!removes || may(REMOVE), denied("the signer may remove"))?;

    let is_new = |one: &&Person| find(&old.people, one).is_none();
    let added: Vec<_> = new.people.iter().filter(is_new).collect();
    require(added.is_empty() || may(ADD), denied("the signer may add"))?;

    let mut changes = false;
    let mut needed = 0;
    for one in &new.people {
        match find(&old.people, one) {
            None => needed |= one.flags,
            Some(before) => {
                changes |= before.flags != one.flags;
                needed |= one.flags & !before.flags;
            }
        }
    }
    require(
        !changes || may(ADD | REMOVE),
        denied("the signer may change"),
    )?;
    require(may(needed), denied("nobody gives what they do not have"))
}

/// Checks that a key is the empty one, or for every participant once.
pub(crate) fn check_recipients(key: &SharedKey, group: &Group) -> Result<(), Refused> {
    if *key == SharedKey::empty() {
        return Ok(());
    }
    let mut users: Vec<i64> = group.people.iter().map(|one| one.user).collect();
    let mut recipients = key.users.clone();
    users.sort_unstable();
    recipients.sort_unstable();
    let complete = key.headers.len() == key.users.len() && users == recipients;
    require(complete, Refused::with(209, "it is for everybody once"))
}

/// The value keys on which a client of the reference aborts.
fn check_value_keys(block: &Block) -> Result<(), Refused> {
    let aborts = block.changes.iter().any(|change| match change {
        Change::Value { key, .. } => key.len() != 32 || key.iter().all(|byte| *byte == 0),
        _ => false,
    });
    require(!aborts, Refused::without_code("a client can take it"))
}
