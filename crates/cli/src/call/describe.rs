//! Texts for people about what the engine reports.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use confcall::join::api::{Method, Peer};
use confcall::join::engine::{CommandFailure, EndReason, Suspicion};

use super::names::Names;

/// A pause that began now, and the time of day at its end if it is long.
///
/// The time is in UTC: the standard library has no other, and the label says so.
pub(super) fn pause(pause: Duration, now: SystemTime) -> String {
    let after = format!("{:.2} s", pause.as_secs_f64());
    // Below this a person waits without a clock.
    if pause < Duration::from_secs(10) {
        return after;
    }
    let end = now.duration_since(UNIX_EPOCH).unwrap_or_default() + pause;
    let seconds = end.as_secs();
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!(
        "{after}, at {hours:02}:{minutes:02}:{:02} UTC",
        seconds % 60
    )
}

/// A suspicion and its meaning, with what can be done about it here.
pub(super) fn suspicion(what: &Suspicion) -> String {
    match what {
        Suspicion::UnlistedMember(user) => {
            format!("{what}; remove it with /kick {user} unless you know why")
        }
        what => what.to_string(),
    }
}

/// The reason why a command failed.
pub(super) fn failure(command: &str, why: &CommandFailure, names: &Names) -> String {
    match why {
        CommandFailure::Refused(error) => match refusal(command, &error.message, names.ruler()) {
            Some(words) => words,
            None => why.to_string(),
        },
        CommandFailure::NotAMember(user) => format!("{} is not in the call", names.of(*user)),
        CommandFailure::UnknownPeer(Peer::User(user)) => {
            format!("{} is not listed as a participant", names.of(*user))
        }
        CommandFailure::NotAllowed => format!("only {} can do this", names.ruler()),
        CommandFailure::MessagesDisabled => format!("{} has turned messages off", names.ruler()),
        CommandFailure::Silenced => {
            format!("{} muted you, and can let you speak again", names.ruler())
        }
        why => why.to_string(),
    }
}

/// The meaning of a refusal, by its name in the API.
fn refusal(command: &str, name: &str, ruler: &str) -> Option<String> {
    if let Some(stars) = name.strip_prefix("ALLOW_PAYMENT_REQUIRED_") {
        return Some(format!(
            "a message costs at least {stars} stars here, and this command pays none"
        ));
    }
    let words = match (name, command) {
        ("CHAT_ADMIN_REQUIRED", "discard") => {
            "only the creator can end the call; /leave leaves it to the others"
        }
        ("CHAT_ADMIN_REQUIRED", "revoke") => "only the creator can replace the link",
        ("CHAT_ADMIN_REQUIRED", _) => return Some(format!("only {ruler} can do this")),
        ("CHAT_WRITE_FORBIDDEN", "message") => {
            return Some(format!("{ruler} has turned messages off"));
        }
        ("PARTICIPANT_JOIN_MISSING", _) => "the user is not in the call",
        ("VIDEO_STOP_FORBIDDEN", _) => "the server does not let you show the camera now",
        ("USER_PRIVACY_RESTRICTED", _) => {
            "the user does not want to be invited by you; send the link instead, /link shows it"
        }
        ("USER_ALREADY_PARTICIPANT", _) => "the user is in the call already",
        ("USER_WAS_KICKED", _) => {
            "the user was removed from the call, and only its creator can invite it again"
        }
        ("USER_ID_INVALID" | "PEER_ID_INVALID", _) => {
            "the server knows no such user, or the access hash is missing or wrong"
        }
        ("GROUPCALL_FORBIDDEN" | "GROUPCALL_JOIN_MISSING", _) => {
            "the server does not see you in the call"
        }
        ("GROUPCALL_INVALID" | "GROUPCALL_ALREADY_DISCARDED", _) => "the call is over",
        ("RAISE_HAND_FORBIDDEN", _) => "hands are for those who may not speak",
        ("PUBLIC_CHANNEL_MISSING", _) => "the chat is not public; share its own link",
        ("INVITE_FORBIDDEN_WITH_JOINAS", _) => {
            "whoever is in the call as another peer invites nobody"
        }
        _ => return None,
    };
    Some(words.to_owned())
}

/// The reason of an end, without the names that the API has for it.
pub(super) fn end(reason: &EndReason) -> String {
    match reason {
        EndReason::NotFound(_) => "there is no such call".to_owned(),
        EndReason::Refused {
            kind: Some(kind), ..
        } => kind.to_string(),
        reason => reason.to_string(),
    }
}

/// The answer of the server that a request waits for.
pub(super) fn awaited(method: Method) -> &'static str {
    match method {
        Method::CreateConferenceCall => "the server to create the call",
        Method::GetGroupCall => "the server to find the call",
        Method::GetGroupCallChainBlocks => "the server to show the newest block",
        Method::ResolveUsername => "the server to find the name",
        Method::GetFullChannel | Method::GetFullChat => "the server to show the chat",
        Method::GetPeerStories | Method::GetStoriesById => "the server to show the story",
        Method::JoinGroupCall => "the server to let you in",
        Method::LeaveGroupCall => "the server to note that you leave",
        _ => "the server to answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall::UserId;
    use confcall::join::api::RpcError;

    #[test]
    fn a_refusal_that_is_known_is_said_in_words_and_another_one_as_it_is() {
        let names = Names::new(UserId::new(1));
        let says = |command, name| {
            let error = RpcError::new(400, name);
            failure(command, &CommandFailure::Refused(error), &names)
        };
        assert!(says("discard", "CHAT_ADMIN_REQUIRED").starts_with("only the creator can end"));
        assert_eq!(
            says("invite", "SOMETHING_NEW"),
            "the server refused: the server answered SOMETHING_NEW (400)"
        );
    }

    #[test]
    fn a_long_pause_has_the_time_of_day_at_its_end() {
        let now = UNIX_EPOCH + Duration::from_secs(20 * 86_400 + 23 * 3600 + 58 * 60 + 7);
        assert_eq!(pause(Duration::from_secs(9), now), "9.00 s");
        assert_eq!(
            pause(Duration::from_secs(300), now),
            "300.00 s, at 00:03:07 UTC"
        );
    }
}
