//! A server that was written and read again is the same server.

use confcall_join::api::{
    CreateConferenceCall, DeclineConferenceCallInvite, DiscardCall, DiscardReason,
    GetGroupCallChainBlocks,
};
use proptest::prelude::*;

use super::sequences::{Step, step, user};
use super::*;
use crate::snapshot::sealed;
use crate::{LoadError, SnapshotError};

/// Magic, version and hash.
const HEADER: usize = 8 + 1 + 32;

/// Something that happens to a server.
#[derive(Clone, Copy, Debug)]
enum Event {
    Asked(UserId, Step),
    Created(UserId, i32),
    Dropped(UserId),
    Compacted,
    LeftAlone,
    Waited(i32),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => (user(), step()).prop_map(|(user, step)| Event::Asked(user, step)),
        1 => (user(), 0..3).prop_map(|(user, id)| Event::Created(user, id)),
        1 => user().prop_map(Event::Dropped),
        1 => Just(Event::Compacted),
        1 => Just(Event::LeftAlone),
        2 => (0..100).prop_map(Event::Waited),
    ]
}

impl Scene {
    /// The request of an event, if it is one.
    fn asked(&mut self, event: Event) -> Option<(UserId, Request)> {
        match event {
            Event::Asked(user, step) => self
                .server
                .call(self.call)
                .is_some()
                .then(|| self.step(user, step))?
                .map(|request| (user, request)),
            Event::Created(user, random_id) => {
                let create = CreateConferenceCall {
                    muted: false,
                    video_stopped: false,
                    random_id,
                    public_key: None,
                    block: None,
                    params: None,
                };
                Some((user, create.into()))
            }
            Event::Dropped(_) | Event::Compacted | Event::LeftAlone | Event::Waited(_) => None,
        }
    }
}

/// Lets an event happen, and gives all that shows of it.
fn happen(
    server: &mut Server,
    call: CallId,
    event: Event,
    asked: Option<&(UserId, Request)>,
) -> impl PartialEq + core::fmt::Debug + use<> {
    let answer = asked.map(|(from, request)| server.answer(*from, request));
    let done = match event {
        Event::Dropped(user) => server.drop_member(call, user).is_ok(),
        Event::Compacted => server.compact(call).is_ok(),
        Event::LeftAlone => !server.discard_idle().is_empty(),
        Event::Waited(seconds) => {
            server.set_time(server.now + seconds);
            true
        }
        Event::Asked(..) | Event::Created(..) => false,
    };
    let pushed: Vec<_> = core::iter::from_fn(|| server.poll_push()).collect();
    (answer, done, pushed)
}

#[track_caller]
fn restored(server: &Server) -> Server {
    Server::from_snapshot(&server.to_snapshot(), server.options.limits).unwrap()
}

/// A server that has something of everything.
fn lived_in() -> Scene {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    scene.leave(CAROL);
    let commit = scene.commit(ALICE);
    scene.say(&commit);
    scene.server.invite(scene.call, CAROL).unwrap();
    scene.server.create_empty(BOB).unwrap();
    scene.server.set_name(ALICE, "Alice");
    scene.server.set_time(1_700_000_000);
    let (share, _) = scene.sharing();
    scene.send(BOB, share).unwrap();
    for (from, step) in [
        (ALICE, Step::Mute(BOB, true)),
        (ALICE, Step::Volume(BOB, 2)),
        (BOB, Step::Mute(ALICE, true)),
        (BOB, Step::Volume(ALICE, 3)),
        (ALICE, Step::Messages(false)),
    ] {
        let request = scene.step(from, step).unwrap();
        scene.ask(from, request).unwrap();
    }
    let [of_alice, _] = scene.server.phone_call(ALICE, BOB);
    scene.server.phone_call(BOB, CAROL);
    let hangup = DiscardCall {
        video: false,
        peer: of_alice,
        duration: 0,
        reason: DiscardReason::Hangup,
        connection_id: 0,
    };
    scene.ask(ALICE, hangup).unwrap();
    while scene.server.poll_push().is_some() {}
    scene
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn at_any_point_of_its_life_a_server_can_be_written_and_goes_on_as_if_it_had_not_been(
        before in prop::collection::vec(event(), 0..40),
        after in prop::collection::vec(event(), 1..20),
    ) {
        let mut scene = Scene::empty();
        for event in before {
            let asked = scene.asked(event);
            happen(&mut scene.server, scene.call, event, asked.as_ref());
        }
        let mut again = restored(&scene.server);
        prop_assert_eq!(&again, &scene.server);
        for event in after {
            let asked = scene.asked(event);
            let expected = happen(&mut scene.server, scene.call, event, asked.as_ref());
            let found = happen(&mut again, scene.call, event, asked.as_ref());
            prop_assert_eq!(found, expected);
        }
        prop_assert_eq!(again, scene.server);
    }

    #[test]
    fn no_content_makes_a_reader_panic(content: Vec<u8>) {
        let _ = Server::from_snapshot(&content, Limits::default());
        let _ = Server::from_snapshot(&sealed(&content), Limits::default());
    }

    #[test]
    fn a_content_that_somebody_changed_is_refused_or_makes_a_server_that_can_be_written(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..3),
    ) {
        let mut content = lived_in().server.to_snapshot().split_off(HEADER);
        for (place, byte) in places {
            let place = place.index(content.len());
            content[place] = byte;
        }
        if let Ok(server) = Server::from_snapshot(&sealed(&content), Limits::default()) {
            prop_assert_eq!(restored(&server), server);
        }
    }
}

#[test]
fn a_snapshot_that_was_cut_or_changed_is_refused_as_such() {
    let snapshot = lived_in().server.to_snapshot();
    let read = |bytes: &[u8]| Server::from_snapshot(bytes, Limits::default()).unwrap_err();
    for length in 0..snapshot.len() {
        let error = read(&snapshot[..length]);
        let expected = match length {
            0..8 => SnapshotError::NotASnapshot { length },
            _ => SnapshotError::Damaged,
        };
        assert_eq!(error, expected);
    }
    for place in 0..snapshot.len() {
        let mut changed = snapshot.clone();
        changed[place] ^= 1;
        let length = snapshot.len();
        let expected = match place {
            0..8 => SnapshotError::NotASnapshot { length },
            8 => SnapshotError::Version { version: 2 },
            _ => SnapshotError::Damaged,
        };
        assert_eq!(read(&changed), expected);
    }
    let longer = [&snapshot[..], &[0]].concat();
    assert_eq!(read(&longer), SnapshotError::Damaged);
}

#[test]
fn a_snapshot_holds_no_chain_that_the_rules_refuse() {
    let scene = lived_in();
    let mut content = scene.server.to_snapshot().split_off(HEADER);
    let block = &scene.call().blocks()[1];
    let mut places = content.windows(block.len());
    let start = places.position(|window| window == block).unwrap();
    // The signature stands behind the constructor.
    content[start + 4] ^= 1;
    let error = Server::from_snapshot(&sealed(&content), Limits::default()).unwrap_err();
    let SnapshotError::Call { call, error } = error else {
        panic!("{error:?}")
    };
    assert_eq!(call, scene.call);
    assert!(
        matches!(error, LoadError::Chain { index: 1, .. }),
        "{error:?}"
    );
}

#[test]
fn a_server_keeps_from_a_snapshot_what_its_limits_allow() {
    let snapshot = lived_in().server.to_snapshot();
    let refused = |limits| match Server::from_snapshot(&snapshot, limits) {
        Err(SnapshotError::OverLimit { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let default = Limits::default;
    assert_eq!(
        refused(Limits {
            calls: 1,
            ..default()
        }),
        "calls"
    );
    assert_eq!(
        refused(Limits {
            invitations: 0,
            ..default()
        }),
        "invitations"
    );
    assert_eq!(
        refused(Limits {
            bytes: 1000,
            ..default()
        }),
        "bytes of blocks and broadcasts"
    );
}

#[test]
fn the_number_of_a_declined_invitation_is_never_given_again() {
    let mut scene = Scene::with(&[ALICE]);
    let message = scene.server.invite(scene.call, BOB).unwrap();
    let decline = DeclineConferenceCallInvite { message };
    scene.send(BOB, decline).unwrap();
    let mut again = restored(&scene.server);
    assert_ne!(again.invite(scene.call, BOB), Ok(message));
}

#[test]
fn a_recorded_call_is_written_too() {
    let server = recorded::load(&recorded::longest()).server;
    assert_eq!(restored(&server), server);
}

#[test]
fn what_waits_to_be_pushed_is_not_written() {
    let mut scene = Scene::with(&[ALICE]);
    scene.join(BOB).unwrap();
    let mut again = restored(&scene.server);
    assert_eq!(again.poll_push(), None);
    let tip = GetGroupCallChainBlocks::tip(scene.call().reference());
    let answer = again.answer(BOB, &tip.clone().into());
    assert_eq!(answer, scene.server.answer(BOB, &tip.into()));
}
