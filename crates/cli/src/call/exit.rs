//! The exit status of the command, by the end of the call.

use std::process::ExitCode;

use confcall::join::api::Method;
use confcall::join::engine::{Advice, EndReason, Ended};
use thiserror::Error;

use super::describe;

/// The table of exit statuses in `--help`.
pub(super) const HELP: &str = "\
Exit status:
    0  left, or the call is over
    1  something on this computer: the session file, the terminal
    2  the command line is wrong
    3  removed by a member, or the same account joined elsewhere
    4  no such call, none of this kind, or the server refuses us for good
    5  not now: the call is full, has not begun, or the server wants us to wait
    6  the network: no answers, or other members were always faster
    7  the server or a member does what an honest one would not; be warned
    8  a defect of this program; please report it
  130  interrupted twice, before the server knew that we leave";

/// Exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum ExitStatus {
    Over = 0,
    Removed = 3,
    Refused = 4,
    NotNow = 5,
    Network = 6,
    Suspicious = 7,
    Defect = 8,
    Interrupted = 130,
}

impl ExitStatus {
    /// The status of an end.
    fn of(reason: &EndReason) -> Self {
        match reason {
            EndReason::Left | EndReason::Discarded => Self::Over,
            // By reason, since their advice is that of ends with another status.
            EndReason::Removed { .. } | EndReason::JoinedElsewhere => Self::Removed,
            reason => match reason.advice() {
                Advice::Nothing => Self::Over,
                Advice::JoinAgain | Advice::Reconnect | Advice::SetClock => Self::Network,
                Advice::JoinLater => Self::NotNow,
                Advice::AskForInvitation
                | Advice::LogIn
                | Advice::UseOtherAccount
                | Advice::UseOtherClient => Self::Refused,
                Advice::Warn => Self::Suspicious,
                _ => Self::Defect,
            },
        }
    }
}

/// The call ended otherwise than the user wanted.
#[derive(Clone, Debug, Error)]
#[error("{what}{}", then(.next))]
pub(crate) struct UnwantedEnd {
    status: ExitStatus,
    what: String,
    next: Option<&'static str>,
    /// True if the user has read it already.
    is_shown: bool,
}

fn then(next: &Option<&'static str>) -> String {
    next.map_or_else(String::new, |next| format!("; {next}"))
}

impl UnwantedEnd {
    fn new(status: ExitStatus, what: impl Into<String>) -> Self {
        Self {
            status,
            what: what.into(),
            next: None,
            is_shown: false,
        }
    }

    /// The end in other words, with what to do next.
    pub(super) fn said(&self, what: &str) -> String {
        format!("{what}{}", then(&self.next))
    }

    /// The same end, which the user has read.
    pub(super) fn shown(self) -> Self {
        let is_shown = true;
        Self { is_shown, ..self }
    }

    /// True if the user has read it already.
    pub(crate) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// The exit code of the command.
    pub(crate) fn exit_code(&self) -> ExitCode {
        self.code().into()
    }

    /// The number that the shell sees.
    pub(super) const fn code(&self) -> u8 {
        self.status as u8
    }
}

/// A request on the way into the call or out of it without an answer.
#[derive(Clone, Debug)]
pub(super) struct Unanswered {
    pub(super) method: Method,
    /// The reason, where it is known.
    pub(super) why: Option<String>,
}

/// The events ended before the call did.
pub(super) fn stopped() -> UnwantedEnd {
    let next = next(EndReason::Stopped.advice());
    UnwantedEnd {
        next,
        ..UnwantedEnd::new(ExitStatus::Network, EndReason::Stopped.to_string())
    }
}

/// The server did not answer in time when we left.
pub(super) fn leave_unanswered() -> UnwantedEnd {
    let what = "the server was not reached to say that we leave; it will notice by itself";
    UnwantedEnd::new(ExitStatus::Network, what)
}

/// The call has no stream that could be heard.
pub(super) fn no_stream() -> UnwantedEnd {
    let what = "this call sends its media by WebRTC, and has no stream to hear";
    UnwantedEnd {
        next: Some("`confcall join` takes part in it"),
        ..UnwantedEnd::new(ExitStatus::Refused, what)
    }
}

/// The user interrupted the wait until we have left.
pub(super) fn interrupted() -> UnwantedEnd {
    let what = "quit before the server knew that we leave; it will notice by itself";
    UnwantedEnd::new(ExitStatus::Interrupted, what)
}

/// Checks that an end is one that the user wanted.
pub(super) fn check(ended: &Ended, unanswered: Option<&Unanswered>) -> Result<(), UnwantedEnd> {
    let reason = &ended.reason;
    let status = ExitStatus::of(reason);
    match (status, unanswered) {
        // Leaving ends the engine without waiting for the answer, so a lost one shows here only.
        (ExitStatus::Over, Some(Unanswered { method, .. }))
            if *reason == EndReason::Left && *method == Method::LeaveGroupCall =>
        {
            Err(leave_unanswered())
        }
        (ExitStatus::Over, _) => Ok(()),
        // "No answer" alone does not help; the reason that the network gives may.
        (ExitStatus::Network, Some(Unanswered { why: Some(why), .. })) => {
            Err(UnwantedEnd::new(status, format!("{reason}, {why}")))
        }
        (status, _) => Err(UnwantedEnd {
            next: next(ended.advice),
            ..UnwantedEnd::new(status, describe::end(reason))
        }),
    }
}

/// The next thing to do after an end.
pub(super) fn next(advice: Advice) -> Option<&'static str> {
    Some(match advice {
        Advice::Nothing => return None,
        Advice::JoinAgain => "join again",
        Advice::JoinLater => "join again later",
        Advice::SetClock => "set the clock of this device, and join again",
        Advice::AskForInvitation => "ask a member of the call for a new link or invitation",
        Advice::LogIn => "log in again, or use a session of this server",
        Advice::Reconnect => "connect to the server again, and join again",
        Advice::UseOtherAccount => "use another account, no bot's and none that is frozen",
        Advice::UseOtherClient => "open it in an application of Telegram",
        Advice::Warn => "do not trust this server, or a member of this call, before you know more",
        _ => "please report it, with what --log debug says",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall::UserId;
    use confcall::join::api::reaction::GiveUpReason;
    use confcall::join::api::{Method, RpcError};
    use confcall::join::engine::{OtherKind, RejoinReason};

    fn refused(kind: GiveUpReason) -> EndReason {
        EndReason::Refused {
            method: Method::JoinGroupCall,
            error: RpcError::new(400, "X"),
            kind: Some(kind),
        }
    }

    #[test]
    fn every_end_has_the_status_of_the_table() {
        let by = Some(UserId::new(1));
        for (reason, status) in [
            (EndReason::Left, 0),
            (EndReason::Discarded, 0),
            (EndReason::Removed { by }, 3),
            (EndReason::JoinedElsewhere, 3),
            (EndReason::NotFound(RpcError::new(400, "X")), 4),
            (refused(GiveUpReason::OverOrNotForUs), 4),
            (refused(GiveUpReason::NotAllowed), 4),
            (refused(GiveUpReason::LoggedOut), 4),
            (refused(GiveUpReason::Bot), 4),
            (EndReason::OtherKind(OtherKind::ChatOrStory), 4),
            (refused(GiveUpReason::Full), 5),
            (EndReason::Full, 5),
            (EndReason::Empty, 5),
            (EndReason::FloodWait { seconds: 9 }, 5),
            (EndReason::Raced { attempts: 9 }, 6),
            (refused(GiveUpReason::Unprepared), 6),
            (refused(GiveUpReason::WaitFailed), 6),
            (refused(GiveUpReason::OtherDataCentre), 6),
            (EndReason::Broken(RejoinReason::Silence), 6),
            (
                EndReason::Broken(RejoinReason::Rewound { offset: 1, ours: 2 }),
                7,
            ),
            (refused(GiveUpReason::OurMistake), 8),
        ] {
            assert_eq!(ExitStatus::of(&reason) as u8, status, "{reason}");
            let row = format!("{status:>5}  ");
            assert!(HELP.lines().any(|line| line.starts_with(&row)), "{status}");
        }
    }

    #[test]
    fn a_bad_end_says_what_to_do_next() {
        let by = Some(UserId::new(1));
        let error = check(&EndReason::Removed { by }.into(), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "removed from the call by user 1; join again"
        );
        assert!(check(&EndReason::Left.into(), None).is_ok());
        let story = EndReason::OtherKind(OtherKind::ChatOrStory);
        assert_eq!(
            check(&story.into(), None).unwrap_err().to_string(),
            "the call is a video chat, a livestream or a live story, and no conference; open it in an application of Telegram"
        );
    }

    #[test]
    fn an_end_without_an_answer_says_why_there_was_none() {
        let method = Method::GetGroupCall;
        let last = "no answer".to_owned();
        let ended = EndReason::Exhausted {
            method,
            attempts: 7,
            last,
        };
        let why = Some("the connection failed".to_owned());
        let unanswered = Unanswered { method, why };
        assert_eq!(
            check(&ended.into(), Some(&unanswered))
                .unwrap_err()
                .to_string(),
            "phone.getGroupCall failed 7 times: no answer, the connection failed"
        );
    }

    #[test]
    fn a_leave_without_an_answer_is_reported() {
        let unanswered = |method| Unanswered { method, why: None };
        let leave = unanswered(Method::LeaveGroupCall);
        let error = check(&EndReason::Left.into(), Some(&leave)).unwrap_err();
        assert_eq!(error.code(), 6);
        // There is nothing to report of a call that was not entered.
        let look_up = unanswered(Method::GetGroupCall);
        assert!(check(&EndReason::Left.into(), Some(&look_up)).is_ok());
    }
}
