//! Who may change the group, and in which ways.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use confcall_state::chain::MissingPermission;
use confcall_state::wire::{Change, Participant};
use confcall_state::{Chain, ChainError, ChainState};

use MissingPermission::*;

/// What `signer` lacks to make these changes.
fn missing(chain: &Chain, changes: Vec<Change>, signer: u8) -> Option<MissingPermission> {
    let mut chain = chain.clone();
    let before = chain.state().clone();
    let block = fields(&before, changes, signer).sign(&key(signer));
    match chain.apply(&block).map(ChainState::height) {
        Ok(_) => None,
        Err(ChainError::NotPermitted { missing, .. }) => {
            assert_eq!(*chain.state(), before);
            Some(missing)
        }
        Err(other) => panic!("{other}"),
    }
}

/// What user 1 lacks, who may do `own`, to turn the others of the call into these.
fn lacks(own: u32, before: &[Participant], after: &[Participant]) -> Option<MissingPermission> {
    let with_own = |others: &[Participant]| [&[member(1, own)], others].concat();
    let chain = call(&with_own(before), ADD | REMOVE);
    missing(&chain, vec![set_group(&with_own(after), ADD | REMOVE)], 1)
}

#[test]
fn who_removes_somebody_needs_the_permission_to_remove() {
    let everybody = [2, 3, 4].map(|number| member(number, ADD));
    for left in [&everybody[1..], &everybody[..2], &everybody[1..2], &[]] {
        assert_eq!(lacks(ADD, &everybody, left), Some(RemoveUsers));
        assert_eq!(lacks(REMOVE, &everybody, left), None);
    }
}

#[test]
fn who_adds_somebody_needs_the_permission_to_add() {
    let everybody = [2, 3, 4].map(|number| member(number, NOTHING));
    for before in [&everybody[1..], &everybody[..2], &everybody[1..2], &[]] {
        assert_eq!(lacks(REMOVE, before, &everybody), Some(AddUsers));
        assert_eq!(lacks(ADD, before, &everybody), None);
    }
}

#[test]
fn another_key_of_the_same_user_is_a_removal_and_an_addition() {
    let [two, three] = [member(2, ADD), member(3, ADD)];
    for after in [[rekeyed(2, ADD), three], [two, rekeyed(3, ADD)]] {
        assert_eq!(lacks(ADD, &[two, three], &after), Some(RemoveUsers));
        assert_eq!(lacks(REMOVE, &[two, three], &after), Some(AddUsers));
        assert_eq!(lacks(ADD | REMOVE, &[two, three], &after), None);
    }
    // So it is when the key was another user's.
    let heir = Participant {
        user_id: user(9),
        ..two
    };
    assert_eq!(lacks(ADD, &[two], &[heir]), Some(RemoveUsers));
    assert_eq!(lacks(REMOVE, &[two], &[heir]), Some(AddUsers));
}

#[test]
fn a_removal_is_noticed_whoever_is_added_beside_it() {
    let [two, three, four] = [2, 3, 4].map(|number| member(number, NOTHING));
    for (before, after) in [(two, three), (three, two)] {
        assert_eq!(lacks(ADD, &[before], &[after]), Some(RemoveUsers));
        assert_eq!(lacks(ADD, &[before], &[after, four]), Some(RemoveUsers));
        assert_eq!(lacks(REMOVE, &[before], &[after]), Some(AddUsers));
    }
    let after = [rekeyed(2, NOTHING), three, four];
    assert_eq!(lacks(ADD, &[two, three], &after), Some(RemoveUsers));
}

#[test]
fn another_order_and_other_versions_take_no_permission_to_add_or_remove() {
    let [two, three, four] = [2, 3, 4].map(|number| member(number, SET_VALUE));
    let newer = Participant { version: 9, ..two };
    for own in [ADD, REMOVE] {
        let everybody = [two, three, four];
        for after in [[four, three, two], [three, two, four], [newer, three, four]] {
            assert_eq!(lacks(own, &everybody, &after), None);
        }
        let chain = call(&[member(1, own), two], ALL);
        let reversed = vec![set_group(&[two, member(1, own)], ALL)];
        assert_eq!(missing(&chain, reversed, 1), None);
    }
}

#[test]
fn what_somebody_may_do_is_changed_by_who_may_both_add_and_remove() {
    let [two, three] = [member(2, ADD), member(3, ADD)];
    let lowered = [member(2, NOTHING), member(3, NOTHING)];
    let in_place = [lowered[0], three];
    let moved = [three, lowered[0]];
    let twice = [lowered[0], lowered[1], member(4, NOTHING)];
    for own in [ADD, REMOVE] {
        for after in [in_place, moved, lowered] {
            assert_eq!(lacks(own, &[two, three], &after), Some(ChangePermissions));
        }
    }
    for after in [in_place.as_slice(), &moved, &lowered, &twice] {
        assert_eq!(lacks(ADD | REMOVE, &[two, three], after), None);
    }
    // Whoever is unchanged does not hide the one before.
    let [four, five] = [member(4, ADD), member(5, ADD)];
    let after = [lowered[0], three, four, five];
    assert_eq!(
        lacks(ADD, &[two, three, four, five], &after),
        Some(ChangePermissions)
    );
}

#[test]
fn nobody_gives_what_they_do_not_have() {
    let own = ADD | REMOVE;
    let more = own | SET_VALUE;
    let [two, three] = [member(2, own), member(3, own)];
    let refused = Some(GiveMoreThanOwn);
    assert_eq!(lacks(own, &[], &[two]), None);
    assert_eq!(lacks(own, &[], &[member(2, more)]), refused);
    assert_eq!(lacks(more, &[], &[member(2, more)]), None);
    assert_eq!(lacks(own, &[two], &[member(2, more)]), refused);
    assert_eq!(lacks(more, &[two], &[member(2, more)]), None);
    assert_eq!(lacks(ADD, &[], &[member(2, REMOVE)]), refused);
    // Two who get the same, and one beside others who get less.
    let both = [member(2, more), member(3, more)];
    assert_eq!(lacks(own, &[], &both), refused);
    assert_eq!(lacks(own, &[two, three], &both), refused);
    assert_eq!(lacks(own, &[two], &both), refused);
    for after in [[member(2, more), three], [two, member(3, more)]] {
        assert_eq!(lacks(own, &[], &after), refused);
        assert_eq!(lacks(own, &[two, three], &after), refused);
    }
    // What somebody has already is not given.
    assert_eq!(lacks(own, &[member(2, more)], &[member(2, more)]), None);
    assert_eq!(
        lacks(own, &[member(2, SET_VALUE)], &[member(2, more)]),
        None
    );
}

#[test]
fn the_permissions_of_outsiders_are_taken_away_and_never_given() {
    let members = [member(1, ALL)];
    for before in 0..=ALL {
        let chain = call(&members, before);
        for after in 0..=ALL {
            let widens = after & !before != 0;
            let changes = vec![set_group(&members, after)];
            let expected = widens.then_some(WidenExternal);
            assert_eq!(missing(&chain, changes, 1), expected, "{before} {after}");
        }
    }
}

#[test]
fn who_changes_the_group_is_in_it_afterwards_and_may_add_or_remove() {
    let chain = call(&[member(1, ALL), member(2, ALL)], ALL);
    for (own, refused) in [
        (NOTHING, true),
        (SET_VALUE, true),
        (ADD, false),
        (REMOVE, false),
    ] {
        let changes = vec![set_group(&[member(1, own), member(2, ALL)], ALL)];
        let expected = refused.then_some(MemberAfterwards);
        assert_eq!(missing(&chain, changes, 1), expected);
    }
    // That outsiders may do everything does not make them members.
    for signer in [1, 3] {
        let changes = vec![set_group(&[member(2, ALL)], ALL)];
        assert_eq!(missing(&chain, changes, signer), Some(MemberAfterwards));
    }
    let changes = vec![set_group(
        &[member(1, ALL), member(2, ALL), member(3, ALL)],
        ALL,
    )];
    assert_eq!(missing(&chain, changes, 3), None);
}

#[test]
fn a_shared_key_is_written_by_a_participant_who_may_add_or_remove() {
    let members = [
        member(1, ADD),
        member(2, REMOVE),
        member(3, SET_VALUE),
        member(4, NOTHING),
    ];
    let chain = call(&members, ALL);
    // User 5 is an outsider, and may do everything else.
    for (signer, refused) in [(1, false), (2, false), (3, true), (4, true), (5, true)] {
        let changes = vec![set_key(&members), set_value()];
        let block = fields(chain.state(), changes, signer).sign(&key(signer));
        let applied = chain.stage(&block).map(|_| ());
        let expected = ChainError::NotPermitted {
            change: 0,
            missing: WriteSharedKey,
        };
        assert_eq!(applied, if refused { Err(expected) } else { Ok(()) });
    }
}

#[test]
fn a_value_is_set_by_whoever_may_in_or_outside_the_group() {
    let members = [member(1, ADD | REMOVE), member(2, SET_VALUE)];
    for (external, allowed) in [
        (ALL, [false, true, true]),
        (ADD | REMOVE, [false, true, false]),
    ] {
        let mut chain = Chain::full();
        let founding = chain.build(vec![set_group(&members, external)], &key(1));
        chain.apply(&founding.unwrap()).unwrap();
        for (signer, allowed) in [1, 2, 3].into_iter().zip(allowed) {
            let refused = ChainError::NotPermitted {
                change: 1,
                missing: SetValue,
            };
            let noop = Change::Noop { nonce: [0; 32] };
            let built = chain
                .build(vec![noop, set_value()], &key(signer))
                .map(|_| ());
            assert_eq!(built, if allowed { Ok(()) } else { Err(refused) });
        }
    }
}

#[test]
fn each_change_is_made_with_the_permissions_that_the_one_before_left() {
    let chain = call(&[member(1, ALL), member(2, ALL)], ALL);
    let lowered = [member(1, REMOVE), member(2, ALL)];
    let grown = [member(1, REMOVE), member(2, ALL), member(3, NOTHING)];
    let changes = vec![set_group(&lowered, ALL), set_group(&grown, ALL)];
    assert_eq!(missing(&chain, changes, 1), Some(AddUsers));
    let joined = [member(1, ALL), member(2, ALL), member(3, ADD)];
    let changes = vec![set_group(&joined, ALL), set_key(&joined)];
    assert_eq!(missing(&chain, changes, 3), None);
}
