//! The kinds of calls, as people are told of them: what a call is, who rules it, and which commands it has.

use confcall::CallKind;

use super::user_command;

/// The commands that hang on encryption.
const OF_CONFERENCES: [&str; 5] = ["members", "emoji", "kick", "seal", "open"];

/// The commands for the calls of groups and channels.
const OF_CHATS: [&str; 5] = ["as", "title", "record", "remind", "start"];

/// The commands for those who publish something.
const OF_PUBLISHERS: [&str; 4] = ["unmute", "video", "screen", "volume"];

/// The commands of a live story's links and invitations, which it has not.
const OF_ALL_BUT_STORIES: [&str; 3] = ["revoke", "invite", "link"];

/// The commands for what the server reads or shows, which it does not in a conference.
const OF_ALL_BUT_CONFERENCES: [&str; 2] = ["delete", "key"];

/// True for a command that calls of this kind do not have.
fn lacks(kind: CallKind, command: &str) -> bool {
    let is_conference = kind == CallKind::Conference;
    let is_story = kind == CallKind::LiveStoryListener;
    let only_listens = is_story || kind == CallKind::RtmpViewer;
    (!is_conference && OF_CONFERENCES.contains(&command))
        || ((is_conference || is_story) && OF_CHATS.contains(&command))
        || (only_listens && OF_PUBLISHERS.contains(&command))
        || (is_story && OF_ALL_BUT_STORIES.contains(&command))
        || (kind != CallKind::VideoChat && command == "hand")
        || (is_conference && OF_ALL_BUT_CONFERENCES.contains(&command))
}

/// The lines of the help in a call of this kind; all of them where it is not known.
pub(super) fn help(kind: Option<CallKind>) -> Vec<String> {
    let name = |line: &'static str| line.strip_prefix("  /")?.split_whitespace().next();
    let is_lacked = |line: &&'static str| {
        kind.zip(name(line))
            .is_some_and(|(kind, name)| lacks(kind, name))
    };
    let (lacked, had): (Vec<_>, Vec<_>) = user_command::HELP.lines().partition(is_lacked);
    let mut lines: Vec<_> = had.into_iter().map(str::to_owned).collect();
    if let (Some(kind), false) = (kind, lacked.is_empty()) {
        let names = lacked.into_iter().filter_map(name);
        let names: Vec<_> = names.map(|name| format!("/{name}")).collect();
        lines.push(format!("Not for {kind}: {}", names.join(" ")));
    }
    lines
}

/// The one who may do in a call of this kind what others may not.
pub(super) fn admin(kind: Option<CallKind>) -> &'static str {
    match kind {
        None | Some(CallKind::Conference) => "the creator of the call",
        Some(CallKind::LiveStoryListener) => "the owner of the story",
        Some(CallKind::VideoChat | CallKind::RtmpViewer) => "an admin",
    }
}

/// True where the server can read and hear what is said.
pub(super) fn is_open(kind: CallKind) -> bool {
    kind != CallKind::Conference
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_of_a_kind_has_what_it_has_and_names_what_it_has_not() {
        let has = |kind, command: &str| {
            let lines = help(Some(kind));
            let begins = |line: &String| line.starts_with(&format!("  /{command} "));
            lines.iter().any(begins)
        };
        for (command, kinds) in [
            ("kick", [true, false, false, false]),
            ("hand", [false, true, false, false]),
            ("title", [false, true, true, false]),
            ("video", [true, true, false, false]),
            ("delete", [false, true, true, true]),
            ("key", [false, true, true, true]),
            ("who", [true; 4]),
        ] {
            assert_eq!(
                CallKind::ALL.map(|kind| has(kind, command)),
                kinds,
                "{command}"
            );
        }
        let last = help(Some(CallKind::RtmpViewer)).pop().unwrap();
        assert!(last.starts_with("Not for an RTMP stream: /"), "{last}");
        let all = help(None);
        assert!(all.iter().eq(user_command::HELP.lines()));
    }

    #[test]
    fn every_command_that_a_kind_lacks_is_one() {
        let named = [&OF_CONFERENCES[..], &OF_CHATS, &OF_PUBLISHERS];
        let named = named.concat().into_iter().chain(OF_ALL_BUT_STORIES);
        let named = named.chain(OF_ALL_BUT_CONFERENCES);
        for command in named.chain(["hand"]) {
            assert!(
                user_command::names().any(|name| name == command),
                "{command}"
            );
        }
    }
}
