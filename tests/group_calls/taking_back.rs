//! What is taken back while the server wants its request later is not sent any more.

use core::time::Duration;

use confcall::join::api::{ActiveCall, CallSettings, Request};
use confcall::join::engine::{Command, CommandFailure, CommandId, Event};
use confcall::join::joining::GroupCallTarget;

use super::desk::{Asked, CALL, CHANNEL, CONNECT, Desk, config, payload, roster};

const LATER: Duration = Duration::from_secs(6);

/// A participant whose microphone and camera are off.
fn quiet() -> Desk {
    let mut wishes = config(GroupCallTarget::chat(CHANNEL));
    wishes.media.muted = true;
    let settings = CallSettings {
        can_change_messages_enabled: true,
        ..CallSettings::default()
    };
    let call = ActiveCall {
        settings,
        can_start_video: true,
        video_limit: 30,
        ..ActiveCall::new(CALL)
    };
    Desk::joined_by(wishes, call, CONNECT)
}

/// Takes the request of a command, and has the server want it later.
fn hold_back(desk: &mut Desk, is_it: impl Fn(&Request) -> bool) -> Asked {
    let asked = desk.take(is_it);
    desk.refuse(&asked, 420, "FLOOD_WAIT_5");
    asked
}

fn is_edit(request: &Request) -> bool {
    matches!(request, Request::EditParticipant(_))
}

fn is_screen(request: &Request) -> bool {
    matches!(request, Request::JoinPresentation(_))
}

/// The failure of a command by its number; `None` if it is done.
fn outcome(desk: &Desk, number: u64) -> Option<CommandFailure> {
    let answer = desk.events.iter().find_map(|event| match event {
        Event::Done { id, .. } if *id == CommandId::new(number) => Some(None),
        Event::Failed { id, why, .. } if *id == CommandId::new(number) => Some(Some(why.clone())),
        _ => None,
    });
    answer.expect("the command was answered")
}

#[test]
fn what_is_turned_on_and_off_again_is_never_on() {
    let switches = [
        [false, true].map(|muted| Command::SetMuted { muted }),
        [true, false].map(|on| Command::SetVideo { on }),
    ];
    let orders = switches
        .into_iter()
        .flat_map(|switch| [true, false].map(|late| (switch.clone(), late)));
    for ([on, off], is_late) in orders {
        let mut desk = quiet();
        desk.command(on);
        // The server can say so before the other wish, or after it.
        if !is_late {
            hold_back(&mut desk, is_edit);
        }
        desk.command(off);
        if is_late {
            hold_back(&mut desk, is_edit);
        }
        assert_eq!([1, 2].map(|number| outcome(&desk, number)), [None, None]);
        desk.wait(LATER);
        assert!(!desk.asks(is_edit), "{:?}", desk.asked);
    }
}

#[test]
fn who_is_silenced_meanwhile_is_not_unmuted() {
    let mut desk = quiet();
    desk.command(Command::SetMuted { muted: false });
    hold_back(&mut desk, is_edit);
    let silenced = desk.entry(true, false);
    desk.push(roster(2, vec![silenced]));
    assert_eq!(desk.outcome(), Some(CommandFailure::Silenced));
    desk.wait(LATER);
    assert!(!desk.asks(is_edit), "{:?}", desk.asked);
}

#[test]
fn a_hand_that_is_taken_down_again_is_not_raised() {
    let mut desk = quiet();
    desk.command(Command::RaiseHand { raised: true });
    let raised = desk.take(is_edit);
    desk.command(Command::RaiseHand { raised: false });
    desk.refuse(&raised, 420, "FLOOD_WAIT_5");
    desk.wait(LATER);
    let asked = desk.take(is_edit);
    assert!(
        matches!(&asked.body, Request::EditParticipant(edit) if edit.raise_hand == Some(false))
    );
    desk.wait(LATER);
    assert!(!desk.asks(is_edit));
}

#[test]
fn a_screen_that_is_stopped_again_is_not_shared() {
    for is_late in [true, false] {
        let mut desk = quiet();
        let payload = payload(9);
        desk.command(Command::StartPresentation { payload });
        if !is_late {
            hold_back(&mut desk, is_screen);
        }
        desk.command(Command::StopPresentation);
        if is_late {
            hold_back(&mut desk, is_screen);
        }
        assert_eq!(outcome(&desk, 1), Some(CommandFailure::Stopped));
        desk.wait(LATER);
        assert!(!desk.asks(is_screen), "{:?}", desk.asked);
    }
}

#[test]
fn another_screen_takes_the_place_of_one_that_is_still_to_be_shared() {
    let mut desk = quiet();
    desk.command(Command::StartPresentation {
        payload: payload(9),
    });
    hold_back(&mut desk, is_screen);
    let newer = payload(10);
    desk.command(Command::StartPresentation {
        payload: newer.clone(),
    });
    desk.wait(LATER);
    let asked = desk.take(is_screen);
    assert!(
        matches!(&asked.body, Request::JoinPresentation(join) if join.params == newer.to_params())
    );
    assert!(!desk.asks(is_screen));
}

#[test]
fn of_two_commands_about_a_setting_the_last_counts() {
    let is_setting = |request: &Request| matches!(request, Request::Settings(_));
    // The older one is still to be sent, or is refused only after the newer one was sent.
    for is_held_back in [true, false] {
        let mut desk = quiet();
        desk.command(Command::SetMessagesEnabled { enabled: true });
        let older = desk.take(is_setting);
        if is_held_back {
            desk.refuse(&older, 420, "FLOOD_WAIT_5");
        }
        desk.command(Command::SetMessagesEnabled { enabled: false });
        if !is_held_back {
            desk.refuse(&older, 420, "FLOOD_WAIT_5");
        }
        assert!(outcome(&desk, 1).is_some());
        desk.wait(LATER);
        let asked = desk.take(is_setting);
        assert!(
            matches!(&asked.body, Request::Settings(settings) if settings.messages_enabled == Some(false))
        );
        assert!(!desk.asks(is_setting));
    }
}
