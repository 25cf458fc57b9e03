use confcall_join::api::{CallSettings, SendGroupCallEncryptedMessage, ToggleGroupCallSettings};

use super::*;

fn toggle(scene: &Scene, messages_enabled: Option<bool>) -> ToggleGroupCallSettings {
    ToggleGroupCallSettings {
        reset_invite_hash: false,
        messages_enabled,
        ..ToggleGroupCallSettings::revoke_link(scene.call().reference())
    }
}

#[track_caller]
fn shown(update: &Update) -> (CallSettings, i32) {
    match update {
        Update::GroupCall { call, .. } => {
            let call = call.active().unwrap();
            (call.settings, call.version)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_creator_turns_messages_off_and_on_and_all_see_it_by_the_next_version() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    for (enabled, version) in [(false, 3), (true, 4)] {
        let request = toggle(&scene, Some(enabled));
        let answer = scene.send(ALICE, request.clone()).unwrap();
        let pushed = scene.pushed();
        for (update, is_creator) in [(&answer.0[0], true), (&pushed[0].1, false)] {
            let settings = CallSettings {
                messages_enabled: enabled,
                can_change_messages_enabled: is_creator,
                ..CallSettings::default()
            };
            assert_eq!(shown(update), (settings, version));
        }
        scene.refused(ALICE, request, "GROUPCALL_NOT_MODIFIED");
    }
}

#[test]
fn no_message_is_taken_while_they_are_off() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let message = SendGroupCallEncryptedMessage {
        call: scene.call().reference(),
        encrypted_message: vec![1],
    };
    let off = toggle(&scene, Some(false));
    scene.send(ALICE, off).unwrap();
    for from in [ALICE, BOB] {
        scene.refused_with(403, from, message.clone(), "CHAT_WRITE_FORBIDDEN");
    }
    let on = toggle(&scene, Some(true));
    scene.send(ALICE, on).unwrap();
    assert_eq!(scene.ask(BOB, message), Ok(Response::Bool(true)));
}

#[test]
fn the_settings_of_other_calls_are_none_of_a_conference() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let off = toggle(&scene, Some(false));
    for request in [
        toggle(&scene, None),
        ToggleGroupCallSettings {
            join_muted: Some(true),
            ..off.clone()
        },
        ToggleGroupCallSettings {
            send_paid_messages_stars: Some(1),
            ..off.clone()
        },
    ] {
        scene.refused(ALICE, request, "GROUPCALL_NOT_MODIFIED");
    }
    scene.refused(BOB, off, "CHAT_ADMIN_REQUIRED");
}

#[test]
fn the_link_is_replaced_and_messages_are_turned_off_by_one_request() {
    let mut scene = Scene::with(&[ALICE]);
    let old = scene.call().slug().clone();
    let request = ToggleGroupCallSettings {
        reset_invite_hash: true,
        ..toggle(&scene, Some(false))
    };
    let answer = scene.send(ALICE, request).unwrap();
    assert!(!shown(&answer.0[0]).0.messages_enabled);
    assert_ne!(scene.call().slug(), &old);
}
