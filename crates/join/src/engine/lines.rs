//! Events and their parts, each in one line for people.

use core::fmt;

use super::call_info::CallInfo;
use super::event::{EmojiOverdue, Event, Joined, StreamState, Suspicion, Trouble};
use super::own_state::{MediaConnection, OwnState};
use super::participant::{Microphone, Participant};
use crate::membership::Gap;
use crate::shown::{List, Printable};

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined(joined) => write!(f, "joined {joined}"),
            Self::Rejoined(joined) => write!(f, "joined again {joined}"),
            Self::Resumed(joined) => write!(f, "resumed {joined}"),
            Self::CheckpointDue => f.write_str("a checkpoint is due"),
            Self::Connection { connection, .. } => {
                write!(f, "{connection} has new connection parameters")
            }
            Self::Link(_) => f.write_str("the link of the call is a new one"),
            Self::Settings(settings) => match settings.messages_enabled {
                true => f.write_str("the settings of the call: messages are on"),
                false => f.write_str("the settings of the call: messages are off"),
            },
            Self::EpochStarted { height, hash } => write!(f, "new keys at height {height}: {hash}"),
            Self::MembersChanged {
                added,
                removed,
                rekeyed,
                by,
            } => {
                f.write_str("the members changed")?;
                let all = [
                    ("came", added),
                    ("gone", removed),
                    ("under another key", rekeyed),
                ];
                for (change, users) in all.iter().filter(|(_, users)| !users.is_empty()) {
                    write!(f, ", {change}: {}", List(users))?;
                }
                by.map_or(Ok(()), |by| write!(f, ", by user {by}"))
            }
            Self::Gap(gap) => gap.fmt(f),
            Self::H264 { is_permitted } => match is_permitted {
                true => f.write_str("frames of H.264 can be sealed again"),
                false => f.write_str("frames of H.264 cannot be sealed, send VP8 meanwhile"),
            },
            Self::OwnState(state) => state.fmt(f),
            Self::PayloadWanted {
                connection, within, ..
            } => {
                let seconds = within.as_secs_f64();
                write!(
                    f,
                    "{connection} needs another payload within {seconds:.2} s"
                )
            }
            Self::Invitation(invitation) => invitation.fmt(f),
            Self::ParticipantsChanged {
                joined,
                left,
                changed,
                more,
            } => {
                f.write_str("the participants changed")?;
                joined
                    .iter()
                    .try_for_each(|one| write!(f, ", came: {one}"))?;
                let mut left = left.iter();
                left.try_for_each(|one| write!(f, ", gone: {}", Name(one)))?;
                let mut changed = changed.iter();
                changed.try_for_each(|one| write!(f, ", now: {}", one.now))?;
                match more {
                    0 => Ok(()),
                    more => write!(f, ", and {more} more"),
                }
            }
            Self::Verification {
                height,
                phase,
                missing,
                ..
            } => write!(
                f,
                "verifying height {height}, {phase}, missing: {}",
                List(missing)
            ),
            Self::Emoji { height, hash } => write!(f, "emoji of height {height}: {hash}"),
            Self::EmojiOverdue(overdue) => overdue.fmt(f),
            Self::Message { from, message, .. } => {
                write!(f, "{from} writes: {}", Printable(message.text()))
            }
            Self::MessagesDeleted { messages } => {
                write!(f, "messages were deleted: {}", List(messages))
            }
            Self::Scheduled(info) => write!(f, "waiting for the call to begin: {info}"),
            Self::Call(info) => write!(f, "the call: {info}"),
            Self::MessageNotShown { from, why } => {
                write!(f, "user {from} wrote something that cannot be shown: {why}")
            }
            Self::StreamPart(part) => {
                let (time, bytes) = (part.time_ms, part.bytes.len());
                write!(f, "a part of the stream at {time} ms, {bytes} bytes")
            }
            Self::Stream(state) => state.fmt(f),
            Self::Suspicious(suspicion) => write!(f, "suspicious: {suspicion}"),
            Self::Retrying { why, pause, .. } => {
                write!(f, "{why}; again after {:.2} s", pause.as_secs_f64())
            }
            Self::Done { command, .. } => write!(f, "done: {command}"),
            Self::Failed { command, why, .. } => write!(f, "{command} failed: {why}"),
            Self::Ended(ended) => write!(f, "ended: {ended}"),
        }
    }
}

impl fmt::Display for StreamState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodyPublishes => f.write_str("nobody publishes the stream"),
            Self::Resynchronised => f.write_str("the stream goes on at another time"),
            Self::Unreachable { data_centre } => {
                write!(
                    f,
                    "the stream is at data centre {data_centre}, which cannot be reached"
                )
            }
        }
    }
}

impl fmt::Display for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if let Some(title) = &self.title {
            write!(f, " \"{}\"", Printable(title))?;
        }
        write!(f, ", {} participants", self.participants)?;
        for (holds, words) in [
            (self.scheduled_for.is_some(), ", not begun"),
            (self.recorded_since.is_some(), ", recorded"),
        ] {
            f.write_str(if holds { words } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (call, source) = (self.call.id, self.payload.ssrc());
        write!(f, "call {call} with source {source}")
    }
}

/// A participant by its label and by what it is, since labels can be anything.
struct Name<'a>(&'a Participant);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.label {
            Some(label) => write!(f, "{label} ({})", self.0.peer),
            None => self.0.peer.fmt(f),
        }
    }
}

impl fmt::Display for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", Name(self), self.microphone)?;
        for (picture, name) in [(&self.camera, "camera"), (&self.screen, "screen")] {
            if let Some(picture) = picture {
                let state = if picture.paused { "paused" } else { "on" };
                write!(f, ", {name} {state}")?;
            }
        }
        for (holds, words) in [
            (self.raised_hand.is_some(), ", hand raised"),
            (self.muted_by_us, ", muted for us"),
        ] {
            f.write_str(if holds { words } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Microphone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::On => "microphone on",
            Self::Muted => "microphone off",
            Self::MutedByAdmin => "microphone off by an admin",
        })
    }
}

impl fmt::Display for MediaConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Main => "the media",
            Self::Presentation => "the screen",
        })
    }
}

impl fmt::Display for OwnState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let media = &self.confirmed;
        f.write_str(match (media.muted, self.can_unmute) {
            (true, true) => "microphone off",
            (true, false) => "muted by an admin",
            (false, _) => "microphone on",
        })?;
        f.write_str(match (media.video_stopped, media.video_paused) {
            (true, _) => ", camera off",
            (false, true) => ", camera paused",
            (false, false) => ", camera on",
        })?;
        f.write_str(match (self.is_presenting, media.presentation_paused) {
            (false, _) => "",
            (true, true) => ", screen paused",
            (true, false) => ", screen shared",
        })
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blocks = match self.blocks {
            1 => "1 block was".to_owned(),
            blocks => format!("{blocks} blocks were"),
        };
        write!(
            f,
            "{blocks} written without us, came: {}, gone: {}, under another key: {}; compare the emoji again",
            List(&self.joined),
            List(&self.left),
            List(&self.rekeyed)
        )
    }
}

impl fmt::Display for EmojiOverdue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.as_secs_f64();
        write!(f, "no emoji long enough to compare for {since:.2} s")?;
        if self.ended > 0 {
            f.write_str("; blocks")?;
            if !self.writers.is_empty() {
                write!(f, " of users {}", List(&self.writers))?;
            }
            let ended = self.ended;
            write!(
                f,
                " have ended {ended} rounds, as happens while many come and go"
            )?;
        }
        match self.missing.is_empty() {
            true => Ok(()),
            false => write!(f, "; waiting for {}", List(&self.missing)),
        }
    }
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnlistedMember(user) => write!(
                f,
                "user {user} is in the chain and can decrypt, but the server has not listed it for longer than leaving takes"
            ),
            Self::Fork { height, what } => write!(
                f,
                "the server shows another chain than the one that we follow to height {height}: {what}"
            ),
            Self::ForeignKeys { by, users } => write!(
                f,
                "user {by} wrote a block that gives keys to users {}, and may take part under their names; a user joins by a block of its own",
                List(users)
            ),
            Self::Swapped(broken) => write!(
                f,
                "the server may show another call than the one that we were in: {broken}; compare the emoji before anything is said"
            ),
            Self::BadBroadcasts { from, count } => {
                write!(f, "{count} broadcasts of the verification")?;
                from.map_or(Ok(()), |user| write!(f, " in the name of user {user}"))?;
                f.write_str(" are bad")
            }
            Self::BroadcastRefused(error) => write!(
                f,
                "the server does not take our part of the verification: {error}"
            ),
            Self::KindChanged { from } => write!(
                f,
                "the call was shown as {from}, and is shown as a call with another encryption now"
            ),
            Self::Endless { read } => {
                write!(f, "a list of the server does not end after {read}")
            }
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Race => f.write_str("another block came first"),
            Self::SourceTaken => f.write_str("our media source is taken"),
            Self::NoBlockYet => f.write_str("the call has no block yet"),
            Self::WentBack => f.write_str("the call is shorter than when it was seen last"),
            Self::Flood { method } => write!(f, "{method}: the server wants us to wait"),
            Self::Refused { method, error } => write!(f, "{method}: {error}"),
            Self::Unanswered { method } => write!(f, "{method} has no answer"),
            Self::Rejoining(reason) => write!(f, "coming in again: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_state::UserId;
    use core::time::Duration;

    #[test]
    fn overdue_emoji_name_the_writers_of_the_blocks_and_those_who_are_missing() {
        let mut overdue = EmojiOverdue {
            since: Duration::from_secs(31),
            missing: vec![UserId::new(4)],
            ..EmojiOverdue::default()
        };
        assert_eq!(
            overdue.to_string(),
            "no emoji long enough to compare for 31.00 s; waiting for 4"
        );
        overdue.ended = 5;
        overdue.writers = [2, 3].map(UserId::new).to_vec();
        assert_eq!(
            overdue.to_string(),
            "no emoji long enough to compare for 31.00 s; blocks of users 2 3 have ended 5 rounds, as happens while many come and go; waiting for 4"
        );
    }
}
