//! Texts for people about what the engine reports.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use confcall::CallKind;
use confcall::join::api::Method;
use confcall::join::engine::{CommandFailure, EndReason, Suspicion};

use super::kinds;
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
    format!("{after}, at {}", time_of_day(now + pause))
}

fn time_of_day(moment: SystemTime) -> String {
    let seconds = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = seconds.as_secs();
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02} UTC", seconds % 60)
}

/// A moment by its distance from now, and its time of day.
pub(super) fn moment(moment: SystemTime, now: SystemTime) -> String {
    let (distance, is_past) = match moment.duration_since(now) {
        Ok(ahead) => (ahead, false),
        Err(behind) => (behind.duration(), true),
    };
    let minutes = distance.as_secs() / 60;
    let distance = match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    };
    let at = time_of_day(moment);
    match is_past {
        true => format!("{at}, which was {distance} ago"),
        false => format!("{at}, in {distance}"),
    }
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
pub(super) fn failure(
    command: &str,
    why: &CommandFailure,
    names: &Names,
    kind: Option<CallKind>,
) -> String {
    let admin = kinds::admin(kind);
    match why {
        CommandFailure::Refused(error) => match refusal(command, &error.message, admin) {
            Some(words) => words,
            None => why.to_string(),
        },
        CommandFailure::NotAMember(user) => format!("{} is not in the call", names.of(*user)),
        CommandFailure::UnknownPeer(peer) => {
            format!("{} is not listed as a participant", names.of_peer(*peer))
        }
        CommandFailure::NotAllowed => format!("only {admin} can do this"),
        CommandFailure::MessagesDisabled => format!("{admin} has turned messages off"),
        CommandFailure::Silenced if kind == Some(CallKind::VideoChat) => {
            "an admin has to let you speak; /hand asks for it".to_owned()
        }
        CommandFailure::Silenced => format!("{admin} muted you, and can let you speak again"),
        CommandFailure::NotInThisKind(kind) => {
            format!("{kind} does not have that; /help shows what it has")
        }
        why => why.to_string(),
    }
}

/// The refusal of a message that somebody has to pay for.
const PRICED: &str = "a message costs stars here, and this command pays for none";

/// The meaning of a refusal, by its name in the API.
fn refusal(command: &str, name: &str, admin: &str) -> Option<String> {
    let words = match (name, command) {
        ("CHAT_ADMIN_REQUIRED", "discard") => {
            return Some(format!(
                "only {admin} can end it; /leave leaves it to the others"
            ));
        }
        ("CHAT_ADMIN_REQUIRED", "key") => {
            return Some(format!(
                "only {admin} may publish here, and is shown the key"
            ));
        }
        ("CHAT_ADMIN_REQUIRED", _) => return Some(format!("only {admin} can do this")),
        ("CHAT_WRITE_FORBIDDEN", "message") => {
            return Some(format!("{admin} has turned messages off"));
        }
        ("RAISE_HAND_FORBIDDEN", _) => {
            "a hand is raised where one may not speak, and you may: /unmute"
        }
        ("BALANCE_TOO_LOW", _) => PRICED,
        (name, _) if name.starts_with("ALLOW_PAYMENT_REQUIRED") => PRICED,
        ("JOIN_AS_PEER_INVALID", _) => {
            "you may not take part as this channel; /as me is always possible"
        }
        ("INVITE_FORBIDDEN_WITH_JOINAS", _) => "who takes part as a channel cannot invite; /as me",
        ("USER_ALREADY_INVITED", _) => "the user is invited already",
        ("USER_NOT_PARTICIPANT", _) => "the user is no member of the chat",
        ("PUBLIC_CHANNEL_MISSING", _) => "the chat has no public name; share its own link",
        ("GROUPCALL_ALREADY_STARTED", _) => "the call has begun already",
        ("GROUPCALL_NOT_MODIFIED", _) => "it is so already",
        ("PARTICIPANT_JOIN_MISSING", _) => "the user is not in the call",
        ("VIDEO_STOP_FORBIDDEN", _) => "the server does not let you show the camera now",
        ("USER_PRIVACY_RESTRICTED", _) => {
            "the user does not want to be invited by you; send the link instead, /link shows it"
        }
        ("USER_ALREADY_PARTICIPANT", _) => "the user is in the call already",
        ("USER_WAS_KICKED", _) => {
            "the user was removed from the call, and only its creator can invite it again"
        }
        ("PEER_ID_INVALID", "key") => "no program publishes in a call of this kind",
        ("USER_ID_INVALID" | "PEER_ID_INVALID", _) => {
            "the server knows no such user, or the access hash is missing or wrong"
        }
        ("GROUPCALL_FORBIDDEN" | "GROUPCALL_JOIN_MISSING", _) => {
            "the server does not see you in the call"
        }
        ("GROUPCALL_INVALID" | "GROUPCALL_ALREADY_DISCARDED", _) => "the call is over",
        _ => return None,
    };
    Some(words.to_owned())
}

/// The reason of an end, without the names that the API has for it.
pub(super) fn end(reason: &EndReason) -> String {
    match reason {
        EndReason::NotFound(_) => "there is no such call".to_owned(),
        EndReason::NoCallNow => "there is no call now where the link leads".to_owned(),
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
        Method::ResolveUsername => "the server to find the name",
        Method::GetFullChannel | Method::GetFullChat => "the server to find the call of the chat",
        Method::GetPeerStories | Method::GetStoriesById => "the server to find the live story",
        Method::GetGroupCallChainBlocks => "the server to show the newest block",
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
            let kind = Some(CallKind::Conference);
            failure(command, &CommandFailure::Refused(error), &names, kind)
        };
        let only = says("discard", "CHAT_ADMIN_REQUIRED");
        assert!(only.starts_with("only the creator of the call can end it"));
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

    #[test]
    fn a_date_is_said_by_its_distance_and_its_time_of_day() {
        let now = UNIX_EPOCH + Duration::from_secs(20 * 86_400 + 23 * 3600);
        let after = |seconds| moment(now + Duration::from_secs(seconds), now);
        assert_eq!(after(30), "23:00:30 UTC, in less than a minute");
        assert_eq!(after(2 * 3600), "01:00:00 UTC, in 2 h 0 min");
        assert_eq!(after(50 * 3600), "01:00:00 UTC, in 2 d 2 h");
        let before = moment(now - Duration::from_secs(300), now);
        assert_eq!(before, "22:55:00 UTC, which was 5 min ago");
    }
}
