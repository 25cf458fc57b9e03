//! Engines in calls: whole lives over a network that does what networks do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::Target;
use confcall::UserId;
use confcall::join::engine::{Command, EndReason, Engine, Input, Misuse, Output};
use confcall::media::Moment;
use confcall_simulator::{Faults, World};

#[test]
fn three_meet_verify_hear_each_other_remove_one_and_leave() {
    let mut world = World::new(1, Faults::NONE);
    world.join(Target::Create);
    assert!(
        world.run_while_not(Duration::from_secs(5), World::has_converged),
        "{}",
        world.history()
    );
    let link = world.link();
    world.join(link.clone());
    world.join(link);
    world.run(Duration::from_secs(1));
    assert!(
        world.run_while_not(Duration::from_secs(30), World::has_converged),
        "{}",
        world.history()
    );
    world.check_hearing();

    let users = vec![UserId::new(3)];
    world.command(0, Command::Kick { users });
    world.run(Duration::from_secs(5));
    let ended = world.nodes[2]
        .ended
        .clone()
        .unwrap_or_else(|| panic!("{}", world.history()));
    assert_eq!(
        ended.reason,
        EndReason::Removed {
            by: Some(UserId::new(1))
        },
        "{}",
        world.history()
    );
    assert!(
        world.run_while_not(Duration::from_secs(30), World::has_converged),
        "{}",
        world.history()
    );
    world.check_hearing();

    world.command(1, Command::Leave);
    world.run(Duration::from_secs(2));
    assert_eq!(
        world.nodes[1].ended.clone().unwrap().reason,
        EndReason::Left
    );
    // The one who stays removes the one who left.
    assert!(
        world.run_while_not(Duration::from_secs(30), |world| {
            let membership = world.nodes[0].engine.membership().unwrap();
            membership.state().group_state().participants.len() == 1
        }),
        "{}",
        world.history()
    );
}

#[test]
fn an_input_out_of_turn_is_a_misuse_and_changes_nothing() {
    let world = World::with_call(1);
    let mut engine = world.nodes[0].engine.clone();
    let wake = |engine: &mut Engine| loop {
        if let Output::Timeout(wake) = engine.poll_output() {
            return wake;
        }
    };
    engine.handle_input(world.moment(), Input::Tick).unwrap();
    let due = wake(&mut engine).unwrap();

    let earlier = Moment::new(world.now() - Duration::from_nanos(1));
    let before = format!("{engine:?}");
    let refused = engine.handle_input(earlier, Input::Missed);
    assert_eq!(refused, Err(Misuse::TimeWentBack));
    assert_eq!(format!("{engine:?}"), before);

    engine.handle_input(due, Input::Tick).unwrap();
    let before = format!("{engine:?}");
    let refused = engine.handle_input(due, Input::Missed);
    assert_eq!(refused, Err(Misuse::OutputPending));
    assert_eq!(format!("{engine:?}"), before);
    wake(&mut engine);
    assert_eq!(engine.handle_input(due, Input::Missed), Ok(()));
}
