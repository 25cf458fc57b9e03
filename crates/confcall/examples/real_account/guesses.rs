//! The guesses about the service, and what a run can tell right from wrong of them; `spec/group-calls.md` marks them.

use confcall::RpcError;
use confcall::api::{FilePart, GroupCall, GroupCallParticipant, Request, Response, Update};

/// The signature at the beginning of a part that has sound and picture in one.
const SIGNATURE: [u8; 4] = 0xa12e_810d_u32.to_le_bytes();
/// The length of its header, as far as is known.
const HEADER: usize = 32;

/// Something that came from the server.
#[derive(Clone, Copy)]
pub(crate) enum Seen<'a> {
    Answer {
        request: &'a Request,
        answer: Result<&'a Response, &'a RpcError>,
        /// The number of requests by this method before it.
        before: usize,
    },
    Update(&'a Update),
}

/// A guess, with the rule of the specification that has it.
struct Guess {
    rule: &'static str,
    says: &'static str,
    /// Whether this shows that it holds; `None` if it shows nothing about it.
    holds: fn(Seen<'_>) -> Option<bool>,
}

const GUESSES: [Guess; 7] = [
    Guess {
        rule: "J5",
        says: "where newcomers are muted, who is no admin is joined muted by force",
        holds: |seen| {
            let updates = joined(seen)?;
            let call = updates.iter().find_map(shown)?.active()?.settings;
            let mut own = updates.iter().flat_map(participants).filter(|one| one.own);
            let own = own.next()?;
            let is_asked = call.join_muted && !call.can_change_join_muted;
            is_asked.then_some(own.muted && !own.can_self_unmute)
        },
    },
    Guess {
        rule: "U3",
        says: "a call that is shown in part leaves out all that depends on who looks",
        holds: |seen| {
            let Seen::Update(update) = seen else {
                return None;
            };
            let call = shown(update)?.active().filter(|call| call.min)?;
            let settings = call.settings;
            Some(
                !call.creator
                    && !call.can_start_video
                    && !call.start_subscribed
                    && !settings.can_change_join_muted
                    && !settings.can_change_messages_enabled
                    && call.invite_link.is_none()
                    && call.default_send_as.is_none(),
            )
        },
    },
    Guess {
        rule: "U8",
        says: "where nobody is hidden, the count is that of the roster",
        holds: |seen| {
            let Response::GroupCall(info) = answer(seen)? else {
                return None;
            };
            let call = info.call.active().filter(|call| !call.listeners_hidden)?;
            let is_whole = info.next_offset.is_none();
            is_whole
                .then(|| usize::try_from(call.participants_count) == Ok(info.participants.len()))
        },
    },
    Guess {
        rule: "S1",
        says: "a stream that is fed by RTMP names its data centre",
        holds: |seen| {
            let call = joined(seen)?.iter().find_map(shown)?.active()?;
            call.rtmp_stream.then_some(call.stream_dc.is_some())
        },
    },
    Guess {
        rule: "S4",
        says: "channel 1 of scale 0 has sound and picture in one",
        holds: |seen| match answer(seen)? {
            Response::StreamChannels(channels) if !channels.is_empty() => Some(
                channels
                    .iter()
                    .any(|one| (one.channel, one.scale) == (1, 0)),
            ),
            _ => None,
        },
    },
    Guess {
        rule: "S11",
        says: "its parts have a header of 32 bytes before their container, and need no media connection",
        holds: |seen| match (seen, answer(seen)?) {
            (
                Seen::Answer {
                    request: Request::File(file),
                    ..
                },
                Response::FilePart(FilePart::Bytes(part)),
            ) if file.video.is_some() && !part.is_empty() => {
                let first_box = part.get(HEADER + 4..HEADER + 8);
                Some(part.starts_with(&SIGNATURE) && first_box == Some(b"ftyp"))
            }
            _ => None,
        },
    },
    Guess {
        rule: "S5",
        says: "without RTMP the first part that is asked for, of the server's time, is there",
        holds: |seen| match seen {
            Seen::Answer {
                request: Request::File(file),
                answer,
                before: 0,
            } if file.video.is_none() => Some(answer.is_ok()),
            _ => None,
        },
    },
];

/// A guess that no run can tell right from wrong, and why.
struct Unseen {
    rule: &'static str,
    says: &'static str,
}

const UNSEEN: [Unseen; 12] = [
    Unseen {
        rule: "R10",
        says: "hands come first, then those who spoke, then the others as they came: applications show that, no answer does",
    },
    Unseen {
        rule: "S3",
        says: "a part is longer than a second below scale 0: streams have scale 0",
    },
    Unseen {
        rule: "S7",
        says: "sound that is late for ten seconds is lost: a choice of ours",
    },
    Unseen {
        rule: "S8",
        says: "two losses without a part between are a reason to join again: a choice of ours",
    },
    Unseen {
        rule: "S13",
        says: "a picture is late when the sound of the next second is there: a choice of ours",
    },
    Unseen {
        rule: "S15",
        says: "who may speak and gets a stream all the same asks again after five minutes: a choice of ours",
    },
    Unseen {
        rule: "D3",
        says: "a source of zero is nobody, and a channel that there is not is passed over: no part has to have either",
    },
    Unseen {
        rule: "D4",
        says: "a file without tags says that there is nothing: no part has to be one",
    },
    Unseen {
        rule: "D5",
        says: "a list without channel 1 says that nobody publishes: S4 shows whether there is one",
    },
    Unseen {
        rule: "D7",
        says: "scales have a lowest and a highest: streams have scale 0",
    },
    Unseen {
        rule: "D13",
        says: "a time that is lost twice is a reason to join again: a choice of ours",
    },
    Unseen {
        rule: "D15",
        says: "the second in which the time was lost counts for the next question: a choice of ours",
    },
];

/// What was seen of each guess; once it failed, nothing mends it.
#[derive(Default)]
pub(crate) struct Verdicts([Option<bool>; GUESSES.len()]);

impl Verdicts {
    pub(crate) fn look(&mut self, seen: Seen<'_>) {
        for (verdict, guess) in self.0.iter_mut().zip(&GUESSES) {
            if let Some(holds) = (guess.holds)(seen) {
                *verdict = Some(holds && *verdict != Some(false));
            }
        }
    }

    /// A line for each, and for each that cannot be seen.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let seen = self.0.iter().zip(&GUESSES).map(|(verdict, guess)| {
            let verdict = match verdict {
                None => "not seen",
                Some(true) => "held",
                Some(false) => "FAILED",
            };
            line(verdict, guess.rule, guess.says)
        });
        let unseen = UNSEEN.iter();
        seen.chain(unseen.map(|guess| line("no way", guess.rule, guess.says)))
    }
}

fn line(verdict: &str, rule: &str, says: &str) -> String {
    format!("{verdict:8}  {rule:4}  {says}")
}

fn answer(seen: Seen<'_>) -> Option<&Response> {
    match seen {
        Seen::Answer { answer, .. } => answer.ok(),
        Seen::Update(_) => None,
    }
}

/// The updates in the answer to a join.
fn joined(seen: Seen<'_>) -> Option<&[Update]> {
    match (seen, answer(seen)?) {
        (
            Seen::Answer {
                request: Request::Join(_),
                ..
            },
            Response::Updates(updates),
        ) => Some(&updates.0),
        _ => None,
    }
}

fn shown(update: &Update) -> Option<&GroupCall> {
    match update {
        Update::GroupCall { call, .. } => Some(call),
        _ => None,
    }
}

fn participants(update: &Update) -> &[GroupCallParticipant] {
    match update {
        Update::Participants(change) => &change.participants,
        _ => &[],
    }
}
