//! The commands that calls of a kind have.

use super::command::Command;
use crate::policy::CallKind;

/// True for a command that calls of this kind have; the server has the last word on who may.
pub(super) fn has(kind: CallKind, command: &Command) -> bool {
    let is_conference = kind == CallKind::Conference;
    let is_chat = matches!(kind, CallKind::VideoChat | CallKind::RtmpViewer);
    let publishes = matches!(kind, CallKind::Conference | CallKind::VideoChat);
    match command {
        Command::Kick { .. }
        | Command::Invite { .. }
        | Command::Decline { .. }
        | Command::Migrate { .. } => is_conference,
        Command::RevokeLink => kind != CallKind::LiveStoryListener,
        Command::SetTitle { .. }
        | Command::StartRecording { .. }
        | Command::StopRecording
        | Command::StartScheduled
        | Command::SubscribeStart { .. }
        | Command::InviteUsers { .. }
        | Command::ExportLink { .. }
        | Command::JoinAs { .. } => is_chat,
        Command::RaiseHand { .. } | Command::LowerHand { .. } => kind == CallKind::VideoChat,
        Command::DeleteMessages { .. } | Command::DeleteMessagesOf { .. } => !is_conference,
        // What is off already can be turned off.
        Command::SetMuted { muted: false }
        | Command::SetVideo { on: true }
        | Command::SetVideoPaused { .. }
        | Command::SetPresentationPaused { .. }
        | Command::Mute { .. }
        | Command::SetVolume { .. }
        | Command::StartPresentation { .. }
        | Command::StopPresentation => publishes,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_listens_turns_nothing_on_and_a_conference_has_no_hands() {
        let unmute = Command::SetMuted { muted: false };
        let mute = Command::SetMuted { muted: true };
        let hand = Command::RaiseHand { raised: true };
        let can = |command: &Command| CallKind::ALL.map(|kind| has(kind, command));
        assert_eq!(can(&unmute), [true, true, false, false]);
        assert_eq!(can(&mute), [true; 4]);
        assert_eq!(can(&hand), [false, true, false, false]);
    }
}
