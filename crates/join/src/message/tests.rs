use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::limits;

const VALID: &str = r#"{"_":"groupCallMessage","random_id":"1234567890123456789","message":{"_":"textWithEntities","text":"Hello!","entities":[{"_":"messageEntityBold","offset":0,"length":5}]}}"#;

fn read(text: &str) -> Result<GroupMessage, MessageError> {
    GroupMessage::from_json(text.as_bytes())
}

/// Reads the valid message in which `replaced` is replaced by `by`.
fn with(replaced: &str, by: &str) -> Result<GroupMessage, MessageError> {
    assert!(VALID.contains(replaced), "{replaced}");
    read(&VALID.replacen(replaced, by, 1))
}

fn with_entity(entity: &str) -> Result<GroupMessage, MessageError> {
    with(r#"{"_":"messageEntityBold","offset":0,"length":5}"#, entity)
}

fn entity(kind: EntityKind, offset: usize, length: usize) -> Entity {
    Entity {
        kind,
        offset,
        length,
    }
}

fn custom(document_id: i64) -> EntityKind {
    EntityKind::CustomEmoji {
        document_id: DocumentId::new(document_id),
    }
}

fn id() -> RandomId {
    RandomId::new(1).unwrap()
}

#[test]
fn the_example_of_the_protocol_is_read_and_written() {
    let message = read(VALID).unwrap();
    assert_eq!(message.random_id().value(), 1_234_567_890_123_456_789);
    assert_eq!(message.text(), "Hello!");
    assert_eq!(message.entities(), [entity(EntityKind::Bold, 0, 5)]);
    let written: serde_json::Value = serde_json::from_str(&message.to_json()).unwrap();
    let expected: serde_json::Value = serde_json::from_str(VALID).unwrap();
    assert_eq!(written, expected);
}

#[test]
fn numbers_beyond_floating_point_survive() {
    // 2^53 + 1 is the first whole number that a 64-bit floating-point number does not hold.
    for number in [i64::MIN, 9_007_199_254_740_993, i64::MAX] {
        let random_id = RandomId::new(number).unwrap();
        let entities = vec![entity(custom(number), 0, 1)];
        let message = GroupMessage::new(random_id, "a", entities).unwrap();
        let json = message.to_json();
        assert_eq!(json.matches(&format!(r#""{number}""#)).count(), 2, "{json}");
        assert_eq!(read(&json), Ok(message));
    }
}

#[test]
fn what_official_clients_write_is_read_as_what_they_mean() {
    let valid = read(VALID).unwrap();
    // Android writes every number as a string.
    for (replaced, by) in [
        (r#""offset":0,"length":5"#, r#""offset":"0","length":"5""#),
        (r#"{"_""#, r#"{"_min_layer":"100","_""#),
        (
            r#"{"_":"messageEntityBold""#,
            r#"{"_":"messageEntityBold","_min_layer":"100""#,
        ),
        (r#""1234567890123456789""#, "1234567890123456789"),
    ] {
        assert_eq!(with(replaced, by).as_ref(), Ok(&valid), "{by}");
    }
    let emoji = r#"{"_":"groupCallMessage","random_id":"1","message":{"_":"textWithEntities","text":"👍","entities":[{"_":"messageEntityCustomEmoji","offset":"0","length":"2","document_id":"5368324170671202286"}]}}"#;
    for text in [
        emoji.to_owned(),
        emoji.replace(r#""5368324170671202286""#, "5368324170671202286"),
    ] {
        let message = read(&text).unwrap();
        assert_eq!(
            message.entities(),
            [entity(custom(5_368_324_170_671_202_286), 0, 2)]
        );
        assert!(message.reaction().is_some());
    }
    let entities = r#","entities":[{"_":"messageEntityBold","offset":0,"length":5}]"#;
    for written in [
        "",
        r#","entities":null"#,
        r#","entities":[]"#,
        r#","entities":{}"#,
    ] {
        let message = with(entities, written).unwrap();
        assert_eq!(
            (message.text(), message.entities()),
            ("Hello!", &[][..]),
            "{written}"
        );
    }
}

#[test]
fn a_random_id_is_a_number_of_64_bits_in_any_form() {
    for (written, value) in [
        ("0", 0),
        (r#""0""#, 0),
        (r#""-0""#, 0),
        ("-1", -1),
        (r#""-9223372036854775808""#, i64::MIN),
        ("9007199254740993", 9_007_199_254_740_993),
        ("18446744073709551615", -1),
        (r#""18446744073709551615""#, -1),
        (r#""9223372036854775808""#, i64::MIN),
    ] {
        let message = with(r#""1234567890123456789""#, written).unwrap();
        assert_eq!(message.random_id().value(), value, "{written}");
    }
    for wrong in [
        r#""""#,
        r#""-""#,
        r#""+1""#,
        r#"" 1""#,
        r#""1e3""#,
        r#""18446744073709551616""#,
        r#""-9223372036854775809""#,
        "1.0",
        "1e3",
        "null",
        "18446744073709551616",
    ] {
        let error = with(r#""1234567890123456789""#, wrong).unwrap_err();
        assert_eq!(error, MessageError::RandomId, "{wrong}");
    }
    let error = with(r#""random_id""#, r#""id""#).unwrap_err();
    assert_eq!(error, MessageError::RandomId);
}

#[test]
fn entities_that_we_do_not_know_are_skipped_whatever_is_in_them() {
    for unknown in [
        r#"{"_":"messageEntityTextUrl","offset":0,"length":5,"url":"x"}"#,
        r#"{"_":"messageEntityMention","offset":-1,"length":"x"}"#,
        r#"{"_":"messageEntityBold","_min_layer":231,"offset":0,"length":5}"#,
        r#"{"_":"messageEntityBold","_min_layer":"231","offset":0,"length":5}"#,
    ] {
        let message = with_entity(unknown).unwrap();
        assert_eq!((message.text(), message.entities()), ("Hello!", &[][..]));
    }
    let message = with(
        r#"{"_":"messageEntityBold""#,
        r#"{"_":"x"},{"_":"messageEntityStrike""#,
    );
    let expected = [entity(EntityKind::Strike, 0, 5)];
    assert_eq!(message.unwrap().entities(), expected);
}

#[test]
fn an_entity_outside_the_text_is_refused() {
    for (offset, length) in [(0, 7), (6, 1), (7, 0), (2_usize.pow(31), 2_usize.pow(31))] {
        let units = 6;
        let error = MessageError::Bounds {
            offset,
            length,
            units,
        };
        let entities = vec![entity(EntityKind::Bold, offset, length)];
        assert_eq!(GroupMessage::new(id(), "Hello!", entities), Err(error));
    }
}

#[test]
fn an_entity_that_is_malformed_or_outside_the_text_is_left_out_or_cut_and_the_text_is_shown() {
    let entities = |entity: &str| {
        let message = with_entity(entity).unwrap();
        assert_eq!(message.text(), "Hello!");
        message.entities().to_vec()
    };
    let bold = |offset: &str, length: &str| {
        entities(&format!(
            r#"{{"_":"messageEntityBold","offset":{offset},"length":{length}}}"#
        ))
    };
    for (length, cut) in [("7", 6), ("\"2147483648\"", 6), ("6", 6), ("5", 5)] {
        assert_eq!(bold("0", length), [entity(EntityKind::Bold, 0, cut)]);
    }
    for (offset, length) in [
        ("7", "0"),
        ("2147483648", "1"),
        ("0", "-1"),
        ("-9223372036854775808", "1"),
    ] {
        assert_eq!(bold(offset, length), []);
    }
    for wrong in [
        "-1",
        "0.5",
        "null",
        "1e2",
        "{}",
        "\"x\"",
        "18446744073709551616",
    ] {
        assert_eq!(
            (bold(wrong, "1"), bold("0", wrong)),
            (vec![], vec![]),
            "{wrong}"
        );
    }
    for wrong in [
        "7",
        "null",
        "{}",
        r#"{"_":7}"#,
        r#"{"__":"messageEntityBold","offset":0,"length":1}"#,
    ] {
        assert_eq!(entities(wrong), [], "{wrong}");
    }
    for document_id in ["1.5", r#""+7""#, r#"" 7""#, r#""""#, "null"] {
        let custom = r#"{"_":"messageEntityCustomEmoji","offset":0,"length":1,"document_id":"#;
        assert_eq!(
            entities(&format!("{custom}{document_id}}}")),
            [],
            "{document_id}"
        );
    }
    // Inside a character: the second half of a pair of units.
    let half = with("Hello!", "👍").unwrap();
    assert_eq!(half.entities(), [entity(EntityKind::Bold, 0, 2)]);
    let half = read(
        &VALID
            .replace("Hello!", "👍")
            .replace(r#""length":5"#, r#""length":1"#),
    );
    assert_eq!(half.unwrap().entities(), []);
}

#[test]
fn an_object_of_a_newer_layer_is_hidden_before_anything_in_it_is_read() {
    let min_layer = LAYER + 1;
    let newer = Err(MessageError::NewerLayer { min_layer });
    for (replaced, by) in [
        (r#""_":"groupCallMessage""#, r#""_min_layer":231,"_":"x""#),
        (r#""_":"textWithEntities""#, r#""_min_layer":231"#),
    ] {
        assert_eq!(with(replaced, by), newer);
    }
    for layer in ["230", "0", "-5"] {
        let same = with(r#"{"_""#, &format!(r#"{{"_min_layer":{layer},"_""#));
        assert_eq!(same, read(VALID), "{layer}");
    }
    assert_eq!(with(r#"{"_""#, r#"{"_min_layer":"231","_""#), newer);
}

#[test]
fn an_empty_text_is_no_message() {
    assert_eq!(with("Hello!", ""), Err(MessageError::Empty));
    assert_eq!(
        GroupMessage::new(id(), "", Vec::new()),
        Err(MessageError::Empty)
    );
}

#[test]
fn a_text_has_at_most_128_characters_whatever_their_size() {
    for character in ["a", "é", "👍"] {
        let bold = r#""length":5"#;
        let valid = VALID.replace(bold, r#""length":2"#);
        let json = |count| read(&valid.replace("Hello!", &character.repeat(count)));
        assert!(json(128).is_ok());
        let length = 129;
        assert_eq!(json(129), Err(MessageError::TextTooLong { length }));
        let built = GroupMessage::new(id(), character.repeat(129), Vec::new());
        assert_eq!(built, Err(MessageError::TextTooLong { length }));
    }
}

#[test]
fn a_message_has_at_most_1000_entities_unknown_ones_included() {
    let bold = entity(EntityKind::Bold, 0, 1);
    let message = |count| GroupMessage::new(id(), "a", vec![bold; count]);
    assert_eq!(read(&message(1000).unwrap().to_json()), message(1000));
    let count = 1001;
    assert_eq!(message(1001), Err(MessageError::TooManyEntities { count }));
    let unknown = vec![r#"{"_":"x"}"#; count].join(",");
    assert_eq!(
        with_entity(&unknown),
        Err(MessageError::TooManyEntities { count })
    );
}

#[test]
fn another_object_or_type_is_refused() {
    for (replaced, by) in [
        ("groupCallMessage", "groupCallReaction"),
        ("textWithEntities", "text"),
        (r#""message":{"#, r#""other":{"#),
        (r#""text":"#, r#""txt":"#),
        (r#""Hello!""#, "7"),
        (r#""Hello!""#, "null"),
        (r#""Hello!""#, r#""""#),
    ] {
        assert!(with(replaced, by).is_err(), "{replaced} as {by}");
    }
    for other in ["", "null", "[]", "7", "\u{feff}{}", "{} {}", r#""\ud83d""#] {
        assert!(read(other).is_err(), "{other}");
    }
}

#[test]
fn deep_and_long_plaintexts_are_refused() {
    let deep = "[".repeat(limits::MESSAGE_BYTES);
    assert!(matches!(read(&deep), Err(MessageError::NotJson { .. })));
    let length = limits::MESSAGE_BYTES + 1;
    let long = " ".repeat(length);
    assert_eq!(read(&long), Err(MessageError::TooLong { length }));
}

#[test]
fn debug_shows_no_text() {
    let message = GroupMessage::new(id(), "a secret", Vec::new()).unwrap();
    let shown = "GroupMessage(1, 8 bytes, 0 entities)";
    assert_eq!(format!("{message:?}"), shown);
}

#[test]
fn drawn_random_ids_differ() {
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let drawn = RandomId::generate(&mut rng);
    assert_ne!(drawn, RandomId::generate(&mut rng));
}

fn kind() -> impl Strategy<Value = EntityKind> {
    prop_oneof![
        Just(EntityKind::Bold),
        Just(EntityKind::Italic),
        Just(EntityKind::Underline),
        Just(EntityKind::Strike),
        Just(EntityKind::Spoiler),
        any::<i64>().prop_map(custom),
    ]
}

proptest! {
    #[test]
    fn what_can_be_built_is_read_back(
        number in any::<i64>().prop_filter("zero", |number| *number != 0),
        text in "\\PC{1,128}|[a👍\"\\\\\n\0]{1,128}",
        parts in vec((kind(), 0..260_usize, 0..260_usize), 0..8),
    ) {
        let parts = parts.into_iter().map(|(kind, offset, length)| entity(kind, offset, length));
        let entities = parts.filter(|one| one.bytes_in(&text).is_some()).collect();
        let random_id = RandomId::new(number).unwrap();
        let message = GroupMessage::new(random_id, text, entities).unwrap();
        prop_assert_eq!(read(&message.to_json()), Ok(message));
    }

    #[test]
    fn any_bytes_are_a_message_that_can_be_built_or_an_error(
        bytes: Vec<u8>,
        at: prop::sample::Index,
        cut in 0..12_usize,
    ) {
        let mut damaged = VALID.as_bytes().to_vec();
        let start = at.index(damaged.len());
        let end = damaged.len().min(start + cut);
        damaged.splice(start..end, bytes.iter().copied());
        for input in [bytes, damaged] {
            if let Ok(message) = GroupMessage::from_json(&input) {
                let (text, entities) = (message.text(), message.entities().to_vec());
                let built = GroupMessage::new(message.random_id(), text, entities);
                prop_assert_eq!(built, Ok(message));
            }
        }
    }
}
