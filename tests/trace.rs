//! Traces of whole calls: they replay, hold no secret, show every edit, and find the fork.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::OnceLock;
use std::time::Duration;

use confcall::join::engine::{Command, Config, Event, Family, Input};
use confcall::join::message::{GroupMessage, RandomId};
use confcall::join::trace::{
    Difference, Divergence, Ending, Fact, History, Trace, TraceErrorKind, Verdict, compare, replay,
};
use confcall::{Joiner, Target, UserId};
use confcall_simulator::{Faults, NodeId, World, media};
use proptest::prelude::*;

fn start(world: &mut World, target: Target) -> NodeId {
    let user = UserId::new(world.nodes.len() as i64 + 1);
    let media = media(world.rng());
    world.start_recorded(Config::new(target, Joiner::new(user), media))
}

fn message(text: &str) -> Command {
    let id = RandomId::new(7).unwrap();
    Command::Send(GroupMessage::new(id, text, Vec::new()).unwrap())
}

/// A call in which much happens, up to its end.
fn busy_call(seed: u64, faults: Faults) -> World {
    let mut world = World::new(seed, faults);
    start(&mut world, Target::Create);
    let created = world.run_while_not(Duration::from_secs(60), |world| world.nodes[0].is_in());
    assert!(created, "seed {seed}\n{}", world.history());
    let link = world.link();
    for _ in 0..3 {
        start(&mut world, link.clone());
    }
    world.run(Duration::from_secs(30));
    world.command(0, message(TEXT));
    world.command(0, Command::RevokeLink);
    world.run(Duration::from_secs(3));
    let users = vec![UserId::new(3)];
    world.command(0, Command::Kick { users });
    world.run(Duration::from_secs(20));
    world.command(1, Command::Rejoin);
    world.input(0, Input::Missed);
    world.run(Duration::from_secs(10));
    world.command(1, Command::Leave);
    world.run(Duration::from_secs(20));
    world
}

const TEXT: &str = "meet at the old mill";

fn traces(world: &mut World) -> Vec<String> {
    world
        .nodes
        .iter_mut()
        .map(|node| node.take_trace())
        .collect()
}

#[test]
fn every_trace_of_a_bad_network_replays_to_the_same_outputs() {
    for seed in 0..30 {
        let mut world = busy_call(seed, Faults::MANY);
        for text in traces(&mut world) {
            let trace = Trace::read(text.as_bytes()).unwrap();
            assert_eq!(trace.ending, Ending::Complete);
            let replayed = replay(&trace).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!(replayed.inputs, trace.inputs());
            assert!(replayed.outputs > 10);
        }
    }
}

#[test]
fn a_trace_of_a_call_of_another_kind_replays_to_its_end() {
    let mut world = World::new(5, Faults::NONE);
    let target = "t.me/some?videochat".parse().unwrap();
    let media = media(world.rng());
    let mut config = Config::new(target, Joiner::new(UserId::new(1)), media);
    config.family = Family::Conferences;
    world.start_recorded(config);
    let text = traces(&mut world).remove(0);
    let replayed = replay(&Trace::read(text.as_bytes()).unwrap()).unwrap();
    // The end, and nothing before it.
    assert_eq!(replayed.outputs, 1);
}

#[test]
fn a_trace_holds_no_secret() {
    let mut world = World::new(5, Faults::NONE);
    let seed = world.seed();
    let media = media(world.rng());
    let credentials = media.payload.credentials().clone();
    let config = Config::new(Target::Create, Joiner::new(UserId::new(1)), media);
    world.start_recorded_from(config, seed);
    assert!(world.run_while_not(Duration::from_secs(60), |world| world.nodes[0].is_in()));
    let link = world.link();
    let Target::Slug(slug) = link.clone() else {
        panic!("a link has a slug")
    };
    start(&mut world, link);
    world.run(Duration::from_secs(20));
    world.command(0, message(TEXT));
    world.run(Duration::from_secs(1));
    let access_hash = world.nodes[1].engine.call().unwrap().access_hash;
    let servers = world.nodes[1].events.iter().find_map(|event| match event {
        Event::Joined(joined) => joined.connection.clone(),
        _ => None,
    });
    let servers = servers.unwrap().transport.credentials;

    let hash = access_hash.value();
    let number = hash.to_string();
    let secrets: [&[u8]; 10] = [
        credentials.pwd().as_bytes(),
        credentials.ufrag().as_bytes(),
        servers.pwd().as_bytes(),
        slug.as_str().as_bytes(),
        TEXT.as_bytes(),
        &seed,
        &hash.to_le_bytes(),
        &hash.to_be_bytes(),
        number.as_bytes(),
        servers.ufrag().as_bytes(),
    ];
    let traces = traces(&mut world);
    assert!(traces[1].contains(r#""message":{"from":1,"id":7,"length":20}"#));
    for trace in traces {
        for secret in secrets {
            let text = String::from_utf8_lossy(secret);
            assert!(!trace.contains(&*text), "{text} is in the trace");
            assert!(
                !trace.contains(&hex::encode(secret)),
                "{text} is in the trace as hex"
            );
        }
    }
}

/// The trace of a short call.
fn short_trace() -> String {
    let mut world = World::new(5, Faults::NONE);
    start(&mut world, Target::Create);
    world.run(Duration::from_secs(1));
    world.command(0, Command::Leave);
    world.run(Duration::from_secs(2));
    traces(&mut world).remove(0)
}

#[test]
fn a_trace_without_its_end_is_incomplete_and_replays_as_far_as_it_goes() {
    let whole = short_trace();
    let inputs = Trace::read(whole.as_bytes()).unwrap().inputs();
    for length in (1..whole.len()).step_by(7) {
        match Trace::read(&whole.as_bytes()[..length]) {
            Ok(trace) => {
                assert_eq!(trace.ending, Ending::Cut);
                assert!(trace.inputs() <= inputs);
                replay(&trace).unwrap();
            }
            Err(error) => assert_eq!(error.kind, TraceErrorKind::Empty),
        }
    }
}

#[test]
fn a_trace_that_is_cut_in_its_beginning_has_no_step_and_one_behind_it_has_one_more_than_inputs() {
    let whole = short_trace();
    let mut lines = whole.split_inclusive('\n');
    let mut text = lines.next().unwrap().to_owned();
    let header = Trace::read(text.as_bytes()).unwrap();
    assert!(header.steps.is_empty());
    assert_eq!(header.ending, Ending::Cut);
    let replayed = replay(&header).unwrap();
    assert_eq!((replayed.inputs, replayed.outputs), (0, 0));
    for line in lines {
        text += line;
        let trace = Trace::read(text.as_bytes()).unwrap();
        assert_eq!(trace.steps.len().saturating_sub(1), trace.inputs());
    }
}

#[test]
fn lines_that_are_cut_out_moved_or_repeated_break_the_chain() {
    let whole = short_trace();
    let lines: Vec<_> = whole.split_inclusive('\n').collect();
    for at in 0..lines.len() - 1 {
        let mut cut = lines.clone();
        cut.remove(at);
        let mut moved = lines.clone();
        moved.swap(at, at + 1);
        let mut repeated = lines.clone();
        repeated.insert(at, lines[at]);
        for (edited, line) in [(cut, at), (moved, at), (repeated, at + 1)] {
            let error = Trace::read(edited.concat().as_bytes()).unwrap_err();
            assert_eq!((error.line, error.kind), (line + 1, TraceErrorKind::Chain));
        }
    }
}

#[test]
fn a_replay_tells_the_first_line_that_differs() {
    let whole = short_trace();
    let mut trace = Trace::read(whole.as_bytes()).unwrap();
    let (step, line) = {
        let mut steps = trace.steps.iter().enumerate();
        let found = steps.find(|(_, step)| step.outputs.len() > 1).unwrap();
        (found.0, found.1.outputs[0].0)
    };
    trace.steps[step].outputs.remove(0);
    let difference = replay(&trace).unwrap_err();
    assert!(
        matches!(difference, Difference::Output { line: at, .. } if at == line + 1),
        "{difference}"
    );

    let mut trace = Trace::read(whole.as_bytes()).unwrap();
    for step in &mut trace.steps {
        step.facts.retain(|fact| !matches!(fact, Fact::Opened(_)));
    }
    assert!(matches!(replay(&trace), Err(Difference::Facts { .. })));
}

/// Two members of one call, whose server shows the second a chain of its own from some height on.
fn forked() -> [History; 2] {
    // The same seed gives the same call, until the scripts differ.
    let branches = [Faults::NONE; 2].map(|faults| {
        let mut world = World::new(9, faults);
        start(&mut world, Target::Create);
        world.run(Duration::from_secs(3));
        let link = world.link();
        start(&mut world, link.clone());
        world.run(Duration::from_secs(10));
        (world, link)
    });
    let [(mut left, _), (mut right, link)] = branches;
    let users = vec![UserId::new(2)];
    left.command(0, Command::Kick { users });
    start(&mut right, link);
    [(&mut left, 0), (&mut right, 1)].map(|(world, node)| {
        world.run(Duration::from_secs(10));
        let trace = traces(world).remove(node);
        History::of(&Trace::read(trace.as_bytes()).unwrap())
    })
}

#[test]
fn two_members_of_a_forked_call_part_at_the_height_of_the_fork() {
    let [left, right] = forked();
    let verdict = compare(&left, &right);
    let Verdict::Differs(Divergence::Block {
        height, same_up_to, ..
    }) = verdict
    else {
        panic!("{verdict:?}")
    };
    assert_eq!((height, same_up_to), (2, Some(1)));
}

#[test]
fn two_members_of_an_honest_call_saw_the_same() {
    let mut world = busy_call(3, Faults::NONE);
    let traces = traces(&mut world);
    let histories = [0, 1].map(|node: usize| {
        let trace = Trace::read(traces[node].as_bytes()).unwrap();
        History::of(&trace)
    });
    let [left, right] = &histories;
    let Verdict::Same { up_to } = compare(left, right) else {
        panic!("{:?}", compare(left, right))
    };
    assert!(up_to >= 4);
    assert!(left.emoji.len() > 1 && left.broadcasts.len() > 4);

    // One bit of one broadcast, or of one emoji hash.
    let mut lied = right.clone();
    let (&said, seen) = lied.broadcasts.last_key_value().unwrap();
    let mut other = seen[0].clone();
    other.what.replace_range(0..1, "f");
    lied.broadcasts.insert(said, vec![other]);
    let verdict = compare(left, &lied);
    assert!(
        matches!(verdict, Verdict::Differs(Divergence::Broadcast { said: at, .. }) if at == said),
        "{verdict:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_edit_of_any_byte_is_noticed(at: prop::sample::Index, flip in 1_u8..) {
        static WHOLE: OnceLock<String> = OnceLock::new();
        let whole = WHOLE.get_or_init(short_trace);
        let mut bytes = whole.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        match Trace::read(&bytes) {
            Err(_) => {}
            // Nothing says that the last line ends, so the end is missing.
            Ok(trace) => {
                prop_assert_eq!(at, whole.len() - 1);
                prop_assert_eq!(trace.ending, Ending::Cut);
            }
        }
    }
}

/// Gives every line the chain value that `spec/trace.md` asks for.
fn chained(objects: &[String]) -> String {
    let mut value = [0; 32];
    let mut text = String::new();
    for object in objects {
        let body = object.strip_suffix('}').unwrap_or(object);
        let mut hasher = blake3::Hasher::new_derive_key("confcall 2025 trace chain");
        hasher.update(&value).update(body.as_bytes());
        value = *hasher.finalize().as_bytes();
        text += &format!("{body},\"chain\":\"{}\"}}\n", hex::encode(value));
    }
    text
}

/// The lines of a trace without their chain values.
fn objects(text: &str) -> Vec<String> {
    let joint = ",\"chain\":";
    let bodies = text.lines().map(|line| line.rsplit_once(joint).unwrap().0);
    bodies.map(|body| format!("{body}}}")).collect()
}

#[test]
fn the_chain_is_the_one_of_the_specification() {
    let whole = short_trace();
    assert_eq!(chained(&objects(&whole)), whole);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_forged_trace_is_refused_or_replayed_and_never_a_panic(
        line: prop::sample::Index,
        at: prop::sample::Index,
        length in 0_usize..4,
        by in r#"[-0-9a-f"\[\]{},:]{0,20}"#,
    ) {
        static WHOLE: OnceLock<Vec<String>> = OnceLock::new();
        let mut forged = WHOLE.get_or_init(|| objects(&short_trace())).clone();
        let line = line.index(forged.len());
        let start = at.index(forged[line].len());
        let end = (start + length).min(forged[line].len());
        forged[line].replace_range(start..end, &by);
        if let Ok(trace) = Trace::read(chained(&forged).as_bytes()) {
            let _ = replay(&trace);
            let _ = History::of(&trace);
        }
    }
}

#[test]
fn a_length_that_no_message_has_is_refused() {
    let mut world = World::new(5, Faults::NONE);
    start(&mut world, Target::Create);
    world.run(Duration::from_secs(1));
    world.command(0, message(TEXT));
    let lines = objects(&traces(&mut world)[0]);
    let forged: Vec<_> = lines
        .iter()
        .map(|line| line.replace("[7,20]", "[7,99999999999]"))
        .collect();
    assert_ne!(forged, lines);
    let error = Trace::read(chained(&forged).as_bytes()).unwrap_err();
    assert!(
        matches!(error.kind, TraceErrorKind::Malformed(_)),
        "{error}"
    );
}
