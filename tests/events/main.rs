//! Events and views serialise as `spec/events.schema.json` says, each in one line for people, and without credentials.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod samples;
mod schema;

use std::collections::BTreeSet;

use confcall::Notice;
use confcall::join::engine::{EndReason, Ended, Event, RejoinReason, Suspicion};
use schema::Schema;
use serde_json::Value;
use syn::{Item, ItemEnum};

const DOCUMENT: &str = include_str!("../../spec/events.md");

/// The enums of which every variant is an alternative of the schema: the file, the enum, its place in the schema.
const ENUMS: [(&str, &str, &str); 14] = [
    (EVENT, "Suspicion", "suspicion"),
    (EVENT, "Trouble", "trouble"),
    (END, "EndReason", "end_reason"),
    (END, "RejoinReason", "rejoin_reason"),
    (END, "Advice", "advice"),
    (COMMAND, "CommandKind", "command"),
    (COMMAND, "CommandFailure", "command_failure"),
    (KINDS, "GiveUpReason", "refusal"),
    (ENTITY, "EntityKind", "entity"),
    (PHASE, "Phase", "phase"),
    (OWN_STATE, "MediaConnection", "media_connection"),
    (OWN_STATE, "PayloadReason", "payload_reason"),
    (EVENT, "Event", ""),
    (NOTICE, "Notice", ""),
];
const EVENT: &str = include_str!("../../crates/join/src/engine/event.rs");
const END: &str = include_str!("../../crates/join/src/engine/end.rs");
const OWN_STATE: &str = include_str!("../../crates/join/src/engine/own_state.rs");
const COMMAND: &str = include_str!("../../crates/join/src/engine/command.rs");
const KINDS: &str = include_str!("../../crates/join/src/api/reaction/kinds.rs");
const ENTITY: &str = include_str!("../../crates/join/src/message/entity.rs");
const PHASE: &str = include_str!("../../crates/state/src/verification/phase.rs");
const NOTICE: &str = include_str!("../../crates/confcall/src/events.rs");

/// The names of an enum's variants in snake case.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let file = syn::parse_file(source).unwrap();
    let is_it = |item: Item| match item {
        Item::Enum(one) if one.ident == name => Some(one),
        _ => None,
    };
    let found: ItemEnum = file.items.into_iter().find_map(is_it).unwrap();
    let names = found.variants.iter().map(|one| one.ident.to_string());
    names.map(|name| snake_case(&name)).collect()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[test]
fn every_variant_stands_in_the_schema_and_nothing_else() {
    let schema = Schema::read();
    let mut events = BTreeSet::new();
    for (source, name, definition) in ENUMS {
        let variants = variants(source, name);
        if definition.is_empty() {
            events.extend(variants);
            continue;
        }
        let listed = schema.tags(schema.definition(definition), "kind");
        let listed = listed.into_iter().map(str::to_owned).collect();
        assert_eq!(variants, listed, "{name}");
    }
    // The variant of a notice that is an event has the name of the event.
    events.remove("event");
    let listed = schema.tags(schema.events(), "event");
    let listed = listed.into_iter().map(str::to_owned).collect();
    assert_eq!(events, listed);
}

#[test]
fn every_event_stands_in_the_document() {
    let schema = Schema::read();
    for event in schema.tags(schema.events(), "event") {
        let row = format!("| `{event}` |");
        assert!(DOCUMENT.contains(&row), "{row}");
    }
}

#[test]
fn every_event_serialises_as_the_schema_says_and_shows_itself_in_one_line() {
    let (schema, mut seen) = (Schema::read(), BTreeSet::new());
    for notice in samples::notices() {
        let value = serde_json::to_value(&notice).unwrap();
        let checked = schema.check(schema.events(), &value);
        assert_eq!(checked, Ok(()), "{value:#}");
        seen.insert(value["event"].as_str().unwrap().to_owned());
        let line = notice.to_string();
        assert!(!line.is_empty() && !line.contains('\n'), "{line}");
    }
    let listed = schema.tags(schema.events(), "event");
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), listed);
}

#[test]
fn a_view_serialises_as_the_schema_says_and_shows_itself_in_one_line() {
    let schema = Schema::read();
    for view in samples::views() {
        let value = serde_json::to_value(&*view).unwrap();
        let checked = schema.check(schema.definition("view"), &value);
        assert_eq!(checked, Ok(()), "{value:#}");
        let line = view.to_string();
        assert!(!line.is_empty() && !line.contains('\n'), "{line}");
    }
}

#[test]
fn an_incoming_call_serialises_as_the_schema_says_and_shows_itself_in_one_line() {
    let schema = Schema::read();
    for incoming in samples::incoming() {
        let value = serde_json::to_value(&incoming).unwrap();
        let checked = schema.check(schema.definition("incoming_call"), &value);
        assert_eq!(checked, Ok(()), "{value:#}");
        let line = incoming.to_string();
        assert!(!line.is_empty() && !line.contains('\n'), "{line}");
        assert!(!value.to_string().contains("Wx5f-8PqKJk"), "{value:#}");
    }
}

#[test]
fn nothing_that_is_shown_holds_a_credential() {
    let call = samples::call();
    let (link, ended) = (&call.link, samples::notices());
    let mut shown: Vec<_> = ended.iter().map(Notice::to_string).collect();
    shown.extend(ended.iter().map(|one| serde_json::to_string(one).unwrap()));
    for view in samples::views() {
        shown.extend([view.to_string(), serde_json::to_string(&*view).unwrap()]);
    }
    let slug = link.rsplit('/').next().unwrap();
    for (name, credential) in [
        ("slug", slug),
        ("access hash", &call.access_hash),
        ("password", &call.password),
        ("password of the server", &call.server_password),
    ] {
        assert!(credential.len() > 4, "{name}");
        let found = shown.iter().find(|text| text.contains(credential));
        assert_eq!(found, None, "{name} {credential}");
    }
}

#[test]
fn ids_are_strings_for_people_and_a_text_of_others_stays_in_its_line() {
    let [event] = [samples::message("two\nlines \u{1b}[31m")];
    let value = serde_json::to_value(&event).unwrap();
    assert_eq!(value["from"]["id"], Value::from(i64::MAX.to_string()));
    assert_eq!(value["text"], "two\nlines \u{1b}[31m");
    assert_eq!(
        event.to_string(),
        format!("user {} writes: two\\nlines \\u{{1b}}[31m", i64::MAX)
    );
}

#[test]
fn reasons_have_a_kind_for_programs_and_a_message_for_people() {
    let reason = EndReason::Broken(RejoinReason::Rewound { offset: 1, ours: 2 });
    let ended = serde_json::to_value(Event::Ended(Ended::from(reason.clone()))).unwrap();
    assert_eq!(ended["reason"]["kind"], "broken");
    assert_eq!(ended["reason"]["message"], reason.to_string());
    assert_eq!(ended["reason"]["reason"]["kind"], "rewound");
    assert_eq!(ended["advice"], "warn");
    let endless = Event::Suspicious(Suspicion::Endless { read: 7 });
    let endless = serde_json::to_value(endless).unwrap();
    assert_eq!(
        (&endless["kind"], &endless["read"]),
        (&"endless".into(), &7.into())
    );
}
