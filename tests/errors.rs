//! The reaction of an engine to each error that a join can meet, beside what the table says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::join::api::Method;
use confcall::join::api::reaction::{ErrorName, GiveUpReason, ROWS, Reaction, Row};
use confcall::join::engine::{EndReason, Event, Trouble};
use confcall_simulator::{Rule, Verdict, World};

const JOIN: Method = Method::JoinGroupCall;

/// A client of a link that met the error of a row once, and what it made of it.
fn met(row: &Row) -> World {
    let name = match row.name {
        ErrorName::Exact(name) | ErrorName::Prefix(name) => name.to_owned(),
        ErrorName::Seconds(name) => format!("{name}3"),
        _ => "ANY_NAME".to_owned(),
    };
    let mut world = World::with_call(1);
    let refusal = Verdict::refuse(row.code.unwrap_or(500), &name);
    world.rules.push(Rule::new(JOIN, refusal).of(2).times(1));
    let link = world.link();
    world.join(link);
    world.run(Duration::from_secs(20));
    world
}

fn is_retried_because(world: &World, expected: impl Fn(&Trouble) -> bool) -> bool {
    let events = world.nodes[1].events.iter();
    let mut whys = events.filter_map(|event| match event {
        Event::Retrying { why, .. } => Some(why),
        _ => None,
    });
    whys.any(expected) && world.nodes[1].sent(JOIN) == 2 && world.nodes[1].is_in()
}

fn is_given_up(world: &World, reason: GiveUpReason) -> bool {
    let end = world.end(1);
    let is_it = match end {
        EndReason::Full => reason == GiveUpReason::Full,
        EndReason::Refused { kind, .. } => *kind == Some(reason),
        _ => false,
    };
    is_it && world.nodes[1].sent(JOIN) == 1
}

#[test]
fn every_row_for_a_join_leads_where_the_table_says() {
    let mut rows = 0;
    let mut named = Vec::new();
    for row in ROWS.iter().filter(|row| row.methods.contains(&JOIN)) {
        // A row for a named request comes before one for any.
        if named.contains(&format!("{:?}", row.name)) {
            continue;
        }
        named.push(format!("{:?}", row.name));
        let world = met(row);
        let leads_there = match row.reaction {
            Reaction::RebuildOnNewTip => is_retried_because(&world, |why| *why == Trouble::Race),
            Reaction::NewSsrc => is_retried_because(&world, |why| *why == Trouble::SourceTaken),
            Reaction::WaitThenRepeat(_) => is_retried_because(&world, |why| *why == Trouble::Flood),
            Reaction::RetryWithBackoff | Reaction::CheckTipFirst => {
                is_retried_because(&world, |why| matches!(why, Trouble::Refused { .. }))
            }
            Reaction::RefreshReferenceOnce => {
                world.nodes[1].sent(Method::GetGroupCall) == 2 && world.nodes[1].is_in()
            }
            Reaction::GiveUp(reason) => is_given_up(&world, reason),
            // Without a membership there is none to lose.
            Reaction::Rejoin => matches!(world.end(1), EndReason::Refused { kind: None, .. }),
            _ => false,
        };
        assert!(leads_there, "{row:?}\n{}", world.history());
        rows += 1;
    }
    assert!(rows >= 14, "{rows} rows are about a join");
}

#[test]
fn an_error_that_the_table_does_not_know_ends_the_join_with_its_name() {
    let row = Row {
        name: ErrorName::Exact("NEW_ERROR"),
        code: Some(400),
        methods: &[JOIN],
        reaction: Reaction::Report,
    };
    let world = met(&row);
    assert!(matches!(
        world.end(1),
        EndReason::Refused { error, kind: None, .. } if error.message == "NEW_ERROR"
    ));
}
