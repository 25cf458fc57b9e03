use core::time::Duration;

use proptest::prelude::*;

use super::*;
use GiveUpReason as G;
use Reaction as R;

fn reaction(code: i32, message: &str, method: Method) -> Reaction {
    RpcError::new(code, message).reaction(method)
}

/// Which methods are meant by a word of the table in `spec/protocol.md`, 11.2.
fn methods(word: &str) -> Vec<Method> {
    match word {
        "join" => vec![Method::JoinGroupCall, Method::CreateConferenceCall],
        "remove" => vec![Method::DeleteConferenceCallParticipants],
        "broadcast" => vec![Method::SendConferenceCallBroadcast],
        "invite" => vec![Method::InviteConferenceCallParticipant],
        "decline" => vec![Method::DeclineConferenceCallInvite],
        "settings" => vec![Method::ToggleGroupCallSettings],
        "discard" => vec![Method::DiscardGroupCall],
        "participant" => vec![Method::EditGroupCallParticipant],
        "screen payload" => vec![Method::JoinGroupCallPresentation],
        "screen" => vec![
            Method::JoinGroupCallPresentation,
            Method::LeaveGroupCallPresentation,
        ],
        "check" => vec![Method::CheckGroupCall],
        "any" => Method::ALL.to_vec(),
        "not join" => all_but(&["join", "screen"]),
        "not screen" => all_but(&["screen"]),
        "invite members" => vec![Method::InviteToGroupCall],
        "record" => vec![Method::ToggleGroupCallRecord],
        "begin" => vec![
            Method::StartScheduledGroupCall,
            Method::ToggleGroupCallStartSubscription,
        ],
        "part" => vec![Method::GetFile],
        "stream" => vec![Method::GetFile, Method::GetGroupCallStreamChannels],
        "not part" => all_but(&["part"]),
        "not stream" => all_but(&["stream"]),
        word => panic!("{word}"),
    }
}

fn all_but(words: &[&str]) -> Vec<Method> {
    let named: Vec<_> = words.iter().flat_map(|word| methods(word)).collect();
    let others = Method::ALL.iter().filter(|method| !named.contains(method));
    others.copied().collect()
}

/// Errors of each row of the table, the methods that they come from, and what follows.
#[rustfmt::skip]
const EXPECTED: &[(i32, &str, &str, R)] = &[
    ( 400, "CONF_WRITE_CHAIN_INVALID",          "join",      R::RebuildOnNewTip),
    ( 400, "CONF_WRITE_CHAIN_INVALID",          "remove",    R::CatchUpAndRebuild),
    ( 400, "CONF_WRITE_CHAIN_INVALID",          "broadcast", R::CatchUpAndDrop),
    ( 400, "BLOCK_INVALID",                     "broadcast", R::DropAndReport),
    ( 400, "BLOCK_INVALID",                     "remove",    R::DropAndReport),
    ( 400, "GROUPCALL_SSRC_DUPLICATE_MUCH",     "join",      R::NewSsrc),
    ( 403, "GROUPCALL_FORBIDDEN",               "join",      R::GiveUp(G::OverOrNotForUs)),
    ( 403, "GROUPCALL_FORBIDDEN",               "not join",  R::Rejoin),
    ( 400, "GROUPCALL_JOIN_MISSING",            "check",     R::Rejoin),
    ( 400, "GROUPCALL_JOIN_MISSING",            "not screen", R::Rejoin),
    ( 400, "GROUPCALL_SSRC_DUPLICATE_MUCH",     "screen payload",    R::NewSsrc),
    ( 403, "GROUPCALL_FORBIDDEN",               "screen",    R::Report),
    ( 400, "GROUPCALL_JOIN_MISSING",            "screen",    R::Report),
    ( 403, "PARTICIPANT_JOIN_MISSING",          "screen",    R::Report),
    ( 403, "PARTICIPANT_JOIN_MISSING",          "participant", R::Report),
    ( 400, "RAISE_HAND_FORBIDDEN",              "participant", R::Report),
    ( 400, "USER_VOLUME_INVALID",               "participant", R::Report),
    ( 400, "VIDEO_PAUSE_FORBIDDEN",             "participant", R::Report),
    ( 400, "VIDEO_STOP_FORBIDDEN",              "participant", R::Report),
    ( 400, "GROUPCALL_INVALID",                 "any",       R::RefreshReferenceOnce),
    ( 500, "GROUPCALL_ADD_PARTICIPANTS_FAILED", "join",      R::RetryWithBackoff),
    ( 400, "DATA_JSON_INVALID",                 "join",      R::GiveUp(G::OurMistake)),
    ( 400, "JOIN_AS_PEER_INVALID",              "join",      R::GiveUp(G::OurMistake)),
    ( 400, "PUBLIC_KEY_INVALID",                "join",      R::GiveUp(G::OurMistake)),
    ( 400, "CHAT_ADMIN_REQUIRED",               "join",      R::GiveUp(G::NotAllowed)),
    ( 403, "CHAT_WRITE_FORBIDDEN",              "join",      R::GiveUp(G::NotAllowed)),
    ( 400, "GROUPCALL_PARTICIPANTS_TOO_MUCH",   "join",      R::GiveUp(G::Full)),
    ( 403, "GROUPCALL_ANONYMOUS_FORBIDDEN",     "join",      R::GiveUp(G::NotAsThisPeer)),
    ( 400, "GROUPCALL_NOT_MODIFIED",            "settings",  R::TreatAsSuccess),
    ( 400, "GROUPCALL_ALREADY_DISCARDED",       "discard",   R::TreatAsSuccess),
    ( 403, "USER_PRIVACY_RESTRICTED",           "invite",    R::Report),
    ( 400, "USER_ALREADY_PARTICIPANT",          "invite",    R::Report),
    ( 400, "USER_WAS_KICKED",                   "invite",    R::Report),
    ( 400, "MESSAGE_ID_INVALID",                "decline",   R::Ignore),
    ( 420, "FLOOD_WAIT_17",                     "not part",     R::WaitThenRepeat(SEVENTEEN)),
    ( 420, "FLOOD_WAIT_17",                     "part",      R::NotYet),
    ( 420, "FLOOD_PREMIUM_WAIT_17",             "not part",     R::WaitThenRepeat(SEVENTEEN)),
    ( 420, "FLOOD_PREMIUM_WAIT_17",             "part",      R::NotYet),
    ( 400, "TIME_TOO_BIG",                      "part",      R::NotYet),
    ( 420, "SLOWMODE_WAIT_17",                  "any",       R::WaitThenRepeat(SEVENTEEN)),
    ( 400, "BLOCK_INVALID",                     "join",      R::GiveUp(G::OurMistake)),
    ( 420, "FROZEN_METHOD_INVALID",             "any",       R::GiveUp(G::Frozen)),
    ( 400, "BOT_METHOD_INVALID",                "any",       R::GiveUp(G::Bot)),
    ( 400, "MSG_WAIT_FAILED",                   "any",       R::GiveUp(G::WaitFailed)),
    ( 500, "MSG_WAIT_FAILED",                   "any",       R::GiveUp(G::WaitFailed)),
    ( 400, "MSG_WAIT_TIMEOUT",                  "any",       R::GiveUp(G::WaitFailed)),
    ( 400, "CONNECTION_NOT_INITED",             "any",       R::GiveUp(G::Unprepared)),
    ( 303, "USER_MIGRATE_4",                    "any",       R::GiveUp(G::OtherDataCentre)),
    ( 303, "PHONE_MIGRATE_4",                   "any",       R::GiveUp(G::OtherDataCentre)),
    ( 303, "NETWORK_MIGRATE_4",                 "any",       R::GiveUp(G::OtherDataCentre)),
    ( 303, "FILE_MIGRATE_4",                    "not stream",       R::GiveUp(G::OtherDataCentre)),
    ( 303, "FILE_MIGRATE_4", "stream", R::Report),
    ( 400, "GROUPCALL_NOT_MODIFIED", "record", R::TreatAsSuccess),
    ( 403, "GROUPCALL_ALREADY_STARTED", "begin", R::TreatAsSuccess),
    ( 400, "USER_ALREADY_INVITED", "invite members", R::TreatAsSuccess),
    ( 303, "STATS_MIGRATE_4",                   "any",       R::GiveUp(G::OtherDataCentre)),
    ( 406, "AUTH_KEY_DUPLICATED",               "any",       R::GiveUp(G::LoggedOut)),
    ( 401, "SESSION_REVOKED",                   "any",       R::GiveUp(G::LoggedOut)),
    ( 401, "A_NEW_NAME",                        "any",       R::GiveUp(G::LoggedOut)),
    ( 401, "SESSION_PASSWORD_NEEDED",           "any",       R::GiveUp(G::PasswordNeeded)),
    ( 500, "INTERNAL",                          "any",       R::CheckTipFirst),
    (-503, "Timeout",                           "any",       R::CheckTipFirst),
];

const SEVENTEEN: Duration = Duration::from_secs(17);

#[test]
fn every_row_of_the_table_has_its_reaction() {
    for (code, message, on, expected) in EXPECTED {
        for method in methods(on) {
            assert_eq!(
                reaction(*code, message, method),
                *expected,
                "{message} from {method}"
            );
        }
    }
}

#[test]
fn a_chain_error_with_a_longer_name_is_matched_by_its_prefix() {
    for message in [
        "CONF_WRITE_CHAIN_INVALID_HEIGHT",
        "CONF_WRITE_CHAIN_INVALID: 204",
    ] {
        assert_eq!(
            reaction(400, message, Method::JoinGroupCall),
            Reaction::RebuildOnNewTip
        );
    }
}

#[test]
fn other_names_are_matched_whole() {
    for message in [
        "GROUPCALL_INVALID_",
        "GROUPCALL_INVALI",
        "groupcall_invalid",
        "",
    ] {
        assert_eq!(
            reaction(400, message, Method::JoinGroupCall),
            Reaction::Report,
            "{message}"
        );
    }
}

#[test]
fn an_error_of_another_method_is_unknown() {
    for (message, method) in [
        ("CONF_WRITE_CHAIN_INVALID", Method::GetGroupCall),
        ("GROUPCALL_SSRC_DUPLICATE_MUCH", Method::CheckGroupCall),
        ("MESSAGE_ID_INVALID", Method::JoinGroupCall),
        ("USER_WAS_KICKED", Method::JoinGroupCall),
    ] {
        assert_eq!(
            reaction(400, message, method),
            Reaction::Report,
            "{message}"
        );
    }
}

#[test]
fn the_name_decides_even_if_the_code_is_another_one() {
    let message = "GROUPCALL_SSRC_DUPLICATE_MUCH";
    assert_eq!(
        reaction(500, message, Method::JoinGroupCall),
        Reaction::NewSsrc
    );
}

#[test]
fn a_flood_wait_is_exactly_a_number_of_seconds() {
    let wait = |message: &str| reaction(420, message, Method::GetGroupCallChainBlocks);
    for (message, seconds) in [
        ("FLOOD_WAIT_0", 0),
        ("FLOOD_WAIT_1", 1),
        ("FLOOD_WAIT_2147483647", 2_147_483_647),
    ] {
        let expected = Reaction::WaitThenRepeat(Duration::from_secs(seconds));
        assert_eq!(wait(message), expected);
    }
    for message in [
        "FLOOD_WAIT_",
        "FLOOD_WAIT",
        "FLOOD_WAIT_+1",
        "FLOOD_WAIT_-1",
        "FLOOD_WAIT_1.5",
        "FLOOD_WAIT_1S",
        "FLOOD_WAIT_ 1",
        "FLOOD_WAIT_2147483648",
        "FLOOD_WAIT_99999999999999999999",
        "FLOOD_WAIT_٣",
    ] {
        assert_eq!(wait(message), Reaction::Report, "{message}");
    }
}

#[test]
fn every_row_can_be_reached() {
    for (index, row) in ROWS.iter().enumerate() {
        let (code, message) = match row.name {
            ErrorName::Exact(name) | ErrorName::Prefix(name) => (400, name.to_owned()),
            ErrorName::Seconds(prefix) => (420, format!("{prefix}0")),
            ErrorName::Code(code) => (code, "X".to_owned()),
            ErrorName::ServerFault => (500, "X".to_owned()),
        };
        let error = RpcError::new(code, message);
        let first = |method: &Method| {
            ROWS.iter()
                .position(|row| row.reaction_to(&error, *method).is_some())
                == Some(index)
        };
        assert!(row.methods.iter().any(first), "{row:?}");
    }
}

proptest! {
    #[test]
    fn an_arbitrary_error_has_a_reaction(code: i32, message: String) {
        for method in Method::ALL {
            let expected_fault = (500..600).contains(&code.unsigned_abs());
            let reaction = reaction(code, &message, *method);
            prop_assert_eq!(reaction == Reaction::CheckTipFirst, expected_fault);
        }
    }
}
