use confcall_join::api::{AccessHash, GetGroupCall, GetGroupParticipants};

use super::*;

fn users(participants: &[confcall_join::api::GroupCallParticipant]) -> Vec<i64> {
    let users = participants.iter().filter_map(|one| one.user_id());
    users.map(UserId::value).collect()
}

#[test]
fn anybody_with_the_link_sees_the_call_and_the_first_page() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let call = InputGroupCall::Slug(scene.call().slug().clone());
    for (limit, expected, next_offset) in [
        (0, vec![], None),
        (2, vec![1, 2], Some("2")),
        (3, vec![1, 2, 3], None),
    ] {
        let call = call.clone();
        let outsider = UserId::new(9);
        let answer = scene.ask(outsider, GetGroupCall { call, limit }).unwrap();
        let info = answer.into_group_call().unwrap();
        assert_eq!(users(&info.participants), expected);
        assert_eq!(info.next_offset.as_deref(), next_offset);
        assert_eq!(info.call.reference(), scene.call().reference());
        let call = info.call.active().unwrap();
        assert_eq!((call.participants_count, call.version), (3, 3));
    }
}

#[test]
fn an_invited_user_sees_by_the_message_whose_call_it_is_and_its_link() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let message = scene.server.invite(scene.call, CAROL).unwrap();
    let by_message = GetGroupCall {
        call: InputGroupCall::InviteMessage(message),
        limit: 10,
    };
    scene.refused(BOB, by_message.clone(), "GROUPCALL_INVALID");
    let by_id = GetGroupCall {
        call: scene.call().reference(),
        ..by_message.clone()
    };
    for (user, request, is_creator) in [(CAROL, by_message, false), (ALICE, by_id, true)] {
        let answer = scene.ask(user, request).unwrap();
        let info = answer.into_group_call().unwrap();
        let call = info.call.active().unwrap();
        assert_eq!((call.conference, call.creator), (true, is_creator));
        assert_eq!(call.invite_link, Some(scene.call().invite_link()));
        assert_eq!(users(&info.participants), [1, 2]);
    }
}

#[test]
fn the_pages_of_a_roster_are_complete_although_others_come_and_go() {
    let everyone: Vec<_> = (1..=7).map(UserId::new).collect();
    let mut scene = Scene::with(&everyone);
    let call = scene.call().reference();
    let (mut seen, mut offset) = (Vec::new(), String::new());
    loop {
        let request = GetGroupParticipants::page(call.clone(), offset, 2);
        let page = scene.ask(ALICE, request).unwrap();
        let page = page.into_participants().unwrap();
        seen.extend(users(&page.participants));
        if seen.len() == 2 {
            scene.leave(BOB);
        }
        match page.next_offset {
            Some(next) => offset = next,
            None => break assert_eq!((page.count, page.version), (6, 8)),
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn a_page_has_one_to_a_hundred_participants() {
    let everyone: Vec<_> = (1..=101).map(UserId::new).collect();
    let mut scene = Scene::with(&everyone);
    // None is the server's own choice, which is as many as a page can have.
    for (limit, count) in [(1, 1), (99, 99), (i32::MAX, 100), (0, 100), (i32::MIN, 100)] {
        let call = scene.call().reference();
        let page = scene.ask(ALICE, GetGroupParticipants::page(call, "", limit));
        let page = page.unwrap().into_participants().unwrap();
        assert_eq!(page.participants.len(), count);
    }
}

#[test]
fn participants_are_found_by_user_and_by_source() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let source = scene.call().member(BOB).unwrap().source();
    let free = Ssrc::generate_besides(&[source], &mut scene.rng);
    let request = GetGroupParticipants {
        ids: vec![
            InputPeer::SelfUser,
            InputPeer::User {
                id: UserId::new(9),
                access_hash: AccessHash::new(0),
            },
        ],
        sources: vec![source, source, free],
        ..GetGroupParticipants::page(scene.call().reference(), "", 1)
    };
    let page = scene.ask(CAROL, request).unwrap();
    let page = page.into_participants().unwrap();
    assert_eq!(
        (users(&page.participants), page.next_offset),
        (vec![2, 3], None)
    );
    assert!(page.participants[1].own && !page.participants[1].versioned);
}

#[test]
fn whoever_asks_for_itself_is_found_in_every_form() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    for own in own_forms(BOB) {
        let request = GetGroupParticipants {
            ids: vec![own],
            ..GetGroupParticipants::page(scene.call().reference(), "", 1)
        };
        let page = scene.ask(BOB, request).unwrap();
        let page = page.into_participants().unwrap();
        assert_eq!(users(&page.participants), [2]);
    }
}

#[test]
fn the_roster_is_for_members_and_from_offsets_that_were_given() {
    let mut scene = Scene::with(&[ALICE]);
    let page =
        |scene: &Scene, offset| GetGroupParticipants::page(scene.call().reference(), offset, 10);
    let request = page(&scene, "");
    scene.refused_with(403, BOB, request, "GROUPCALL_FORBIDDEN");
    let request = page(&scene, "x");
    scene.refused(ALICE, request, "OFFSET_INVALID");
}
