//! The exit status of a life in a call, by its end.

use std::process::ExitCode;

use confcall::join::api::Method;
use confcall::join::engine::{Advice, EndReason, Ended};
use thiserror::Error;

/// The table of `--help`.
pub(super) const HELP: &str = "\
Exit status:
    0  left, or the call is over
    1  something on this computer: the session file, the terminal
    2  the command line is wrong
    3  removed by a member, or the same account joined elsewhere
    4  no such call, or the server refuses us for good
    5  not now: the call is full, has not begun, or the server wants us to wait
    6  the network: no answers, or other members were always faster
    7  the server or a member does what an honest one would not; be warned
    8  a defect of this program; please report it
  130  interrupted twice, before the server was told that we leave";

/// How a life in a call ends, as a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Status {
    Over = 0,
    Removed = 3,
    Refused = 4,
    NotNow = 5,
    Network = 6,
    Suspicious = 7,
    Defect = 8,
    Interrupted = 130,
}

impl Status {
    /// The status of an end.
    fn of(reason: &EndReason) -> Self {
        match reason {
            EndReason::Left | EndReason::Discarded => Self::Over,
            EndReason::Removed { .. } | EndReason::JoinedElsewhere => Self::Removed,
            reason => match reason.advice() {
                Advice::Nothing => Self::Over,
                Advice::JoinAgain => Self::Network,
                Advice::JoinLater => Self::NotNow,
                Advice::AskForInvitation | Advice::LogIn => Self::Refused,
                Advice::Warn => Self::Suspicious,
                _ => Self::Defect,
            },
        }
    }
}

/// A life in a call ended otherwise than the user wanted.
#[derive(Clone, Debug, Error)]
#[error("{what}{}", then(.next))]
pub(crate) struct EndedBadly {
    status: Status,
    what: String,
    next: Option<&'static str>,
}

fn then(next: &Option<&'static str>) -> String {
    next.map_or_else(String::new, |next| format!("; {next}"))
}

impl EndedBadly {
    fn new(status: Status, what: impl Into<String>) -> Self {
        Self {
            status,
            what: what.into(),
            next: None,
        }
    }

    /// What the command ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        self.code().into()
    }

    /// The number that the shell gets.
    pub(super) const fn code(&self) -> u8 {
        self.status as u8
    }
}

/// A request on the way into the call or out of it that has no answer.
#[derive(Clone, Debug)]
pub(super) struct Unanswered {
    pub(super) method: Method,
    /// Why, as far as it is known.
    pub(super) why: Option<String>,
}

/// The events ended before the call did.
pub(super) fn stopped() -> EndedBadly {
    let next = next(EndReason::Stopped.advice());
    EndedBadly {
        next,
        ..EndedBadly::new(Status::Network, EndReason::Stopped.to_string())
    }
}

/// The server did not answer in time when we left.
pub(super) fn unheard() -> EndedBadly {
    let what = "the server was not reached to say that we leave; it will notice by itself";
    EndedBadly::new(Status::Network, what)
}

/// The user would not wait until we have left.
pub(super) fn interrupted() -> EndedBadly {
    let what = "quit before the server knew that we leave; it will notice by itself";
    EndedBadly::new(Status::Interrupted, what)
}

/// What is to be said of an end, unless it is a good one.
pub(super) fn check(ended: &Ended, unanswered: Option<&Unanswered>) -> Result<(), EndedBadly> {
    let reason = &ended.reason;
    let status = Status::of(reason);
    match (status, unanswered) {
        (Status::Over, Some(Unanswered { method, .. }))
            if *reason == EndReason::Left && *method == Method::LeaveGroupCall =>
        {
            Err(unheard())
        }
        (Status::Over, _) => Ok(()),
        (Status::Network, Some(Unanswered { why: Some(why), .. })) => {
            Err(EndedBadly::new(status, format!("{reason}, {why}")))
        }
        (status, _) => Err(EndedBadly {
            next: next(ended.advice),
            ..EndedBadly::new(status, reason.to_string())
        }),
    }
}

/// What to do after an end, if there is something.
pub(super) fn next(advice: Advice) -> Option<&'static str> {
    Some(match advice {
        Advice::Nothing => return None,
        Advice::JoinAgain => "join again",
        Advice::JoinLater => "join again later",
        Advice::AskForInvitation => "ask somebody in the call for a new link or invitation",
        Advice::LogIn => "log in again, or use a session of this server",
        Advice::Warn => "do not trust this server, or somebody in this call, before you know more",
        _ => "please report it, with what --log debug says",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall::UserId;
    use confcall::join::api::reaction::GiveUpReason;
    use confcall::join::api::{Method, RpcError};
    use confcall::join::engine::RejoinReason;

    fn refused(kind: GiveUpReason) -> EndReason {
        EndReason::Refused {
            method: Method::JoinGroupCall,
            error: RpcError::new(400, "X"),
            kind: Some(kind),
        }
    }

    fn logged_out() -> EndReason {
        EndReason::Refused {
            method: Method::GetGroupCall,
            error: RpcError::new(401, "AUTH_KEY_UNREGISTERED"),
            kind: None,
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
            (logged_out(), 4),
            (refused(GiveUpReason::Full), 5),
            (EndReason::Full, 5),
            (EndReason::Empty, 5),
            (EndReason::FloodWait { seconds: 9 }, 5),
            (EndReason::Raced { attempts: 9 }, 6),
            (EndReason::Broken(RejoinReason::Silence), 6),
            (
                EndReason::Broken(RejoinReason::Rewound { offset: 1, ours: 2 }),
                7,
            ),
            (refused(GiveUpReason::OurMistake), 8),
        ] {
            assert_eq!(Status::of(&reason) as u8, status, "{reason}");
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
            "removed from the call by user 1; ask somebody in the call for a new link or invitation"
        );
        assert!(check(&EndReason::Left.into(), None).is_ok());
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
    fn whoever_leaves_unheard_is_told_so() {
        let unanswered = |method| Unanswered { method, why: None };
        let leave = unanswered(Method::LeaveGroupCall);
        let error = check(&EndReason::Left.into(), Some(&leave)).unwrap_err();
        assert_eq!(error.code(), 6);
        // Nobody is told of a call that was not entered.
        let look_up = unanswered(Method::GetGroupCall);
        assert!(check(&EndReason::Left.into(), Some(&look_up)).is_ok());
    }
}
