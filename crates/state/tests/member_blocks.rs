//! Blocks that add the joining user or remove the named ones, and those that do more or less.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::*;
use confcall_state::chain::{
    MemberChangeFault, RemovalFault, SelfAddFault, check_removal, check_self_add,
};
use confcall_state::wire::{Change, Participant, SharedKey};
use confcall_state::{Chain, KvHash};

/// The call of users 1 to 3, of whom the third has a key of before.
fn chain() -> Chain {
    keyed_call(&before(), ALL)
}

fn before() -> [Participant; 3] {
    [member(1, ALL), member(2, ADD), rekeyed(3, ALL)]
}

fn to(participants: &[Participant]) -> Vec<Change> {
    vec![set_group(participants, ALL), set_key(participants)]
}

/// What is wrong with a block of user 3 with these changes as one that adds it.
fn self_add(chain: &Chain, changes: Vec<Change>) -> Result<(), SelfAddFault> {
    let block = fields(chain.state(), changes, 3).sign(&key(3));
    let staged = chain.stage(&block).unwrap();
    let added = key(3).public_key();
    check_self_add(chain.state(), &block, staged.state(), user(3), added)
}

/// What is wrong with a block of user 1 with these changes as one that removes these users.
fn removal(changes: Vec<Change>, users: &[u8]) -> Result<(), RemovalFault> {
    let chain = chain();
    let block = fields(chain.state(), changes, 1).sign(&key(1));
    let staged = chain.stage(&block).unwrap();
    let users: Vec<_> = users.iter().map(|number| user(*number)).collect();
    check_removal(chain.state(), &block, staged.state(), &users)
}

#[test]
fn who_joins_stands_last_and_everybody_else_as_before() {
    let [one, two, _] = before();
    let three = member(3, ALL);
    assert_eq!(self_add(&chain(), to(&[one, two, three])), Ok(()));
    let versioned = Participant { version: 7, ..two };
    let others = [
        vec![two, one, three],
        vec![one, three],
        vec![one, versioned, three],
        vec![one, member(2, ALL), three],
        vec![one, two, member(4, ADD), three],
    ];
    for participants in others {
        let fault = self_add(&chain(), to(&participants));
        assert_eq!(fault, Err(SelfAddFault::Others));
    }
}

#[test]
fn who_joins_is_added_with_the_announced_user_and_key() {
    let [one, two, _] = before();
    let three = member(3, ALL);
    let heir = Participant {
        user_id: user(4),
        ..three
    };
    let first = [three, one, two];
    for participants in [first, [one, two, heir]] {
        let fault = self_add(&chain(), to(&participants));
        assert_eq!(fault, Err(SelfAddFault::NotLast));
    }
    let chain = chain();
    let block = fields(chain.state(), to(&[one, two, three]), 3).sign(&key(3));
    let staged = chain.stage(&block).unwrap();
    let other_key = rekeyed(3, ALL).public_key;
    let fault = check_self_add(chain.state(), &block, staged.state(), user(3), other_key);
    assert_eq!(fault, Err(SelfAddFault::NotLast));
}

#[test]
fn a_removal_leaves_everybody_else_as_before() {
    let [one, two, three] = before();
    assert_eq!(removal(to(&[one, two]), &[3]), Ok(()));
    assert_eq!(removal(to(&[one]), &[3, 2]), Ok(()));
    let versioned = Participant { version: 7, ..two };
    for participants in [
        vec![one],
        vec![one, two, three],
        vec![two, one],
        vec![one, versioned],
        vec![one, rekeyed(2, ADD)],
        vec![one, two, member(4, ADD)],
        vec![one, two, member(3, ALL)],
    ] {
        let fault = removal(to(&participants), &[3]);
        assert_eq!(fault, Err(RemovalFault::Others));
    }
    assert_eq!(removal(to(&before()), &[]), Err(RemovalFault::Nobody));
    let not_there = RemovalFault::NotThere(user(9));
    assert_eq!(removal(to(&[one, two]), &[3, 9]), Err(not_there));
}

#[test]
fn a_block_of_members_sets_the_group_then_the_key_and_nothing_beside() {
    let [one, two, _] = before();
    let after = [one, two, member(3, ALL)];
    let group = || set_group(&after, ALL);
    let noop = Change::Noop { nonce: [0; 32] };
    let [group_change, key_change] = [group(), set_key(&after)];
    for changes in [
        vec![group_change.clone(), key_change.clone(), noop.clone()],
        vec![noop, group_change.clone(), key_change.clone()],
        vec![group_change.clone(), set_value(), key_change],
        vec![group_change.clone(), group_change.clone()],
    ] {
        assert_eq!(
            self_add(&chain(), changes),
            Err(MemberChangeFault::Changes.into())
        );
    }
    let empty = Change::SetSharedKey(SharedKey::empty().into());
    for changes in [vec![group_change], vec![group(), empty]] {
        assert_eq!(
            self_add(&chain(), changes),
            Err(MemberChangeFault::NoSharedKey.into())
        );
    }
    let narrowed = vec![set_group(&after, ADD), set_key(&after)];
    let fault = self_add(&chain(), narrowed);
    assert_eq!(fault, Err(MemberChangeFault::ExternalPermissions.into()));
    // A removal is held to the same.
    let narrowed = vec![set_group(&[one, two], ADD), set_key(&[one, two])];
    let fault = MemberChangeFault::ExternalPermissions;
    assert_eq!(removal(narrowed, &[3]), Err(fault.into()));
}

#[test]
fn a_block_of_members_leaves_the_trie_as_it_was() {
    let [one, two, _] = before();
    let chain = chain();
    let mut fields = fields(chain.state(), to(&[one, two, member(3, ALL)]), 3);
    fields.state_proof.kv_hash = KvHash::from_bytes([1; 32]);
    let block = fields.sign(&key(3));
    let staged = chain.stage(&block).unwrap();
    let added = key(3).public_key();
    let fault = check_self_add(chain.state(), &block, staged.state(), user(3), added);
    assert_eq!(fault, Err(MemberChangeFault::KvHash.into()));
}

#[test]
fn only_block_0_says_what_outsiders_may_do() {
    let alone = [member(3, ALL)];
    for external in [NOTHING, ADD | REMOVE, ALL] {
        let changes = vec![set_group(&alone, external), set_key(&alone)];
        assert_eq!(self_add(&Chain::client(), changes), Ok(()));
    }
}
