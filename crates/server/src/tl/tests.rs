use confcall_join::Ssrc;
use confcall_join::api::{
    AccessHash, CallId, ChainBlocks, EncryptedMessage, GroupCallParticipant, InputGroupCall,
    Invitation, InvitationState, MessageId, Participants, Peer, PeerLabel, SubChain,
};
use confcall_state::UserId;
use grammers_tl_types::{Deserializable as _, enums};

use super::*;

const ALICE: UserId = UserId::new(1);
const BOB: UserId = UserId::new(2);

fn seen_by(viewer: UserId) -> Occasion {
    seen(viewer, 1_700_000_000)
}

pub(super) fn seen(viewer: UserId, date: i32) -> Occasion {
    Occasion {
        viewer,
        date,
        layer: Layer::Newest,
    }
}

fn call() -> InputGroupCall {
    InputGroupCall::Id {
        id: CallId::new(i64::MIN),
        access_hash: AccessHash::new(-1),
    }
}

fn participant(user: UserId) -> GroupCallParticipant {
    GroupCallParticipant {
        own: user == ALICE,
        versioned: false,
        ..GroupCallParticipant::new(Peer::User(user), Ssrc::new(u32::MAX))
    }
}

fn label(user: UserId) -> PeerLabel {
    PeerLabel {
        peer: Peer::User(user),
        name: format!("Person {user}"),
        username: None,
        access_hash: None,
        photo: None,
    }
}

fn invitation(state: InvitationState) -> Updates {
    let invitation = Update::Invitation(Invitation {
        message: MessageId::new(7),
        call_id: CallId::new(-3),
        from: ALICE,
        to: BOB,
        video: true,
        date: 1_700_000_000,
        state,
    });
    Updates(vec![
        Update::Labels(vec![label(ALICE), label(BOB)]),
        invitation,
    ])
}

fn message_as_seen_by(viewer: UserId) -> types::MessageService {
    let bytes = write_push(&invitation(InvitationState::Pending), seen_by(viewer));
    let enums::Updates::Updates(pushed) = enums::Updates::from_bytes(&bytes).unwrap() else {
        panic!("not updates")
    };
    let [enums::Update::NewMessage(new)] = &pushed.updates[..] else {
        panic!("{:?}", pushed.updates)
    };
    match new.message.clone() {
        enums::Message::Service(message) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_names_nobody_is_pushed_as_a_short_update() {
    let update = Update::ChainBlocks(ChainBlocks {
        call: call(),
        sub_chain: SubChain::Broadcasts,
        blocks: vec![vec![1, 2, 3], vec![]],
        next_offset: 9,
    });
    let bytes = write_push(&Updates(vec![update]), seen_by(ALICE));
    let enums::Updates::UpdateShort(short) = enums::Updates::from_bytes(&bytes).unwrap() else {
        panic!("not short")
    };
    assert_eq!(short.date, 1_700_000_000);
    let enums::Update::GroupCallChainBlocks(items) = short.update else {
        panic!("{:?}", short.update)
    };
    assert_eq!((items.sub_chain_id, items.next_offset), (1, 9));
    assert_eq!(items.blocks, [vec![1, 2, 3], vec![]]);
}

#[test]
fn whom_an_answer_names_it_shows_once_and_the_reader_as_such() {
    let updates = Updates(vec![
        Update::Labels(vec![label(ALICE), label(BOB)]),
        Update::Participants(Participants {
            call: call(),
            participants: vec![participant(BOB), participant(ALICE)],
            version: 4,
        }),
        Update::EncryptedMessage(EncryptedMessage {
            call: call(),
            from: Peer::User(BOB),
            encrypted_message: vec![5],
        }),
    ]);
    let bytes = write_response(
        Method::JoinGroupCall,
        &Response::Updates(updates),
        seen_by(ALICE),
    )
    .unwrap();
    let enums::Updates::Updates(answer) = enums::Updates::from_bytes(&bytes).unwrap() else {
        panic!("not updates")
    };
    assert_eq!((answer.updates.len(), answer.seq), (2, 0));
    let users = answer.users.into_iter().map(|user| match user {
        enums::User::User(user) => (user.id, user.is_self, user.first_name),
        other => panic!("{other:?}"),
    });
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(
        users.collect::<Vec<_>>(),
        [(1, true, name("Person 1")), (2, false, name("Person 2"))]
    );
}

#[test]
fn an_invitation_stands_in_the_chat_with_the_other_user() {
    let sent = message_as_seen_by(ALICE);
    let received = message_as_seen_by(BOB);
    let peer = |user: UserId| participant::peer(Peer::User(user));
    assert_eq!((sent.out, sent.peer_id), (true, peer(BOB)));
    assert_eq!((received.out, received.peer_id), (false, peer(ALICE)));
    assert_eq!(
        (sent.from_id, received.from_id),
        (Some(peer(ALICE)), Some(peer(ALICE)))
    );
    let enums::MessageAction::ConferenceCall(action) = received.action else {
        panic!("{:?}", received.action)
    };
    assert_eq!((received.id, action.call_id, action.video), (7, -3, true));
    assert!(!action.missed && !action.active);
}

#[test]
fn a_pending_invitation_is_a_new_message_and_every_later_state_an_edit_of_it() {
    for (state, is_new, expected) in [
        (InvitationState::Pending, true, (false, false, None)),
        (InvitationState::Active, false, (true, false, None)),
        (InvitationState::Missed, false, (false, true, None)),
        (
            InvitationState::Over { duration: 9 },
            false,
            (false, false, Some(9)),
        ),
    ] {
        let bytes = write_push(&invitation(state), seen_by(BOB));
        let enums::Updates::Updates(pushed) = enums::Updates::from_bytes(&bytes).unwrap() else {
            panic!("not updates")
        };
        let message = match &pushed.updates[..] {
            [enums::Update::NewMessage(new)] if is_new => &new.message,
            [enums::Update::EditMessage(edit)] if !is_new => &edit.message,
            other => panic!("{other:?}"),
        };
        let enums::Message::Service(message) = message else {
            panic!("{message:?}")
        };
        let enums::MessageAction::ConferenceCall(action) = &message.action else {
            panic!("{message:?}")
        };
        assert_eq!((action.active, action.missed, action.duration), expected);
        assert_eq!((message.id, message.date), (7, 1_700_000_000));
    }
}

#[test]
fn truth_values_and_sources_are_written_as_the_api_does() {
    let bytes = |response| {
        let method = Method::CheckGroupCall;
        write_response(method, &response, seen_by(ALICE)).unwrap()
    };
    assert_eq!(bytes(Response::Bool(true)), true.to_bytes());
    let sources = vec![Ssrc::new(1).unwrap(), Ssrc::new(u32::MAX).unwrap()];
    let sources = bytes(Response::Sources(sources));
    assert_eq!(Vec::<i32>::from_bytes(&sources).unwrap(), [1, -1]);
}
