use confcall_join::api::{
    CallMessage, CallText, DeleteGroupCallMessages, DeleteGroupCallParticipantMessages,
    SendGroupCallMessage, ToggleGroupCallSettings,
};

use super::*;

fn message(stage: &Stage, number: i64, text: &str) -> SendGroupCallMessage {
    SendGroupCallMessage {
        call: stage.reference(number),
        random_id: 1,
        message: CallText {
            text: text.to_owned(),
            entities: Vec::new(),
        },
        allow_paid_stars: None,
        send_as: None,
    }
}

fn message_of(updates: &[Update]) -> CallMessage {
    match updates {
        [Update::Message(message)] => message.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_goes_to_all_who_are_in_and_comes_back_in_the_answer() {
    let mut stage = Stage::with(11, &[ALICE, BOB, CAROL]);
    let request = message(&stage, 11, "Hello");
    let sent = message_of(&stage.send(BOB, request.clone()));
    assert_eq!(
        (sent.from, sent.from_admin, sent.date),
        (Peer::User(BOB), false, 1_000_000)
    );
    let pushed = stage.pushed();
    // The one without a client gets nothing.
    let users: Vec<_> = pushed.iter().map(|(to, _)| *to).collect();
    assert_eq!(users, [ALICE, CAROL]);
    assert!(
        pushed
            .iter()
            .all(|(_, one)| *one == Update::Message(sent.clone()))
    );
    // Sent again after a lost answer it is the same, and nobody gets it twice.
    assert_eq!(message_of(&stage.send(BOB, request.clone())), sent);
    assert_eq!(stage.pushed(), []);
    assert!(message_of(&stage.send(ALICE, request.clone())).from_admin);
    stage.refused(EVE, request, 403, "GROUPCALL_FORBIDDEN");
    let long = message(&stage, 11, &"a".repeat(129));
    stage.refused(CAROL, long, 400, "MESSAGE_TOO_LONG");
    let empty = message(&stage, 11, "");
    stage.refused(CAROL, empty, 400, "MESSAGE_EMPTY");
}

#[test]
fn nobody_writes_where_messages_are_turned_off() {
    let mut stage = Stage::with(11, &[ALICE, BOB]);
    let mut settings = ToggleGroupCallSettings::nothing(stage.reference(11));
    settings.messages_enabled = Some(false);
    stage.send(ALICE, settings);
    let request = message(&stage, 11, "Hello");
    stage.refused(BOB, request, 403, "CHAT_WRITE_FORBIDDEN");
}

#[test]
fn a_comment_costs_its_price_once_and_no_more_than_there_is() {
    let mut stage = Stage::with(901, &[BOB, CAROL]);
    let mut request = message(&stage, 901, "Hello");
    stage.refused(BOB, request.clone(), 403, "ALLOW_PAYMENT_REQUIRED_5");
    request.allow_paid_stars = Some(11);
    stage.refused(BOB, request.clone(), 400, "BALANCE_TOO_LOW");
    request.allow_paid_stars = Some(5);
    stage.refused(CAROL, request.clone(), 400, "BALANCE_TOO_LOW");
    for _ in 0..2 {
        let sent = message_of(&stage.send(BOB, request.clone()));
        assert_eq!(sent.paid_stars, Some(5));
    }
    // Stars without a word are a gift.
    request.random_id = 2;
    request.message.text.clear();
    stage.send(BOB, request.clone());
    request.random_id = 3;
    stage.refused(BOB, request, 400, "BALANCE_TOO_LOW");
}

#[test]
fn one_deletes_what_one_wrote_and_an_admin_everything() {
    let mut stage = Stage::with(11, &[ALICE, BOB, CAROL]);
    let mut ids = Vec::new();
    for random_id in 1..=3 {
        let mut request = message(&stage, 11, "Hello");
        request.random_id = random_id;
        ids.push(message_of(&stage.send(BOB, request)).id);
    }
    while stage.server.poll_push().is_some() {}
    let delete = |id| DeleteGroupCallMessages {
        report_spam: false,
        call: stage.reference(11),
        messages: vec![id],
    };
    let [first, second, _] = [ids[0], ids[1], ids[2]].map(delete);
    stage.refused(CAROL, first.clone(), 403, "MESSAGE_DELETE_FORBIDDEN");
    let expected = Update::MessagesDeleted {
        call: stage.reference(11),
        messages: vec![ids[0]],
    };
    let own = stage.send(BOB, first.clone());
    let pushed = stage.pushed();
    let pushed = pushed.iter().map(|(_, update)| update);
    let all: Vec<_> = own.iter().chain(pushed).collect();
    assert_eq!(all, [&expected; 3]);
    stage.refused(BOB, first, 400, "MESSAGE_ID_INVALID");
    stage.send(ALICE, second);
    let all = DeleteGroupCallParticipantMessages {
        report_spam: true,
        call: stage.reference(11),
        participant: user(BOB),
    };
    stage.refused(CAROL, all.clone(), 400, "CHAT_ADMIN_REQUIRED");
    let messages = vec![ids[2]];
    let call = stage.reference(11);
    assert_eq!(
        stage.send(ALICE, all),
        [Update::MessagesDeleted { call, messages }]
    );
}

#[test]
fn a_story_is_commented_on_as_an_own_channel_and_no_other() {
    let mut stage = Stage::with(901, &[ALICE, BOB]);
    let mut request = message(&stage, 901, "Hello");
    request.allow_paid_stars = Some(5);
    // The channel of somebody else, by the access hash that is one's own.
    request.send_as = Some(stage.channel(BOB, "harbour"));
    stage.refused(BOB, request.clone(), 400, "JOIN_AS_PEER_INVALID");
    request.send_as = Some(stage.channel(ALICE, "harbour"));
    let sent = message_of(&stage.send(ALICE, request));
    assert_eq!(sent.from, Peer::Channel(ChannelId::new(12)));
}
