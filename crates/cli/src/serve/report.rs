//! The reports of a server while it runs.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use confcall::UserId;
use confcall::join::api::{CallId, InviteLink};
use confcall::join::policy::CallKind;
use confcall::state::Height;
use confcall_mtproto_server::{CallOverview, HostedOverview, Overview};
#[cfg(feature = "sfu")]
use confcall_server::sfu::SfuCounters;
use serde_json::{Value, json};

use crate::screen::{Level, Line, Report};

/// An event on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ServerReport {
    Listening {
        address: SocketAddr,
        keys: PathBuf,
        /// True if clients can log in by a code.
        logins: bool,
    },
    /// The same in a word.
    Address(SocketAddr),
    Restored {
        path: PathBuf,
        calls: usize,
    },
    Connected(UserId),
    Disconnected(UserId),
    /// There is a new call.
    Call {
        call: CallId,
        link: InviteLink,
    },
    /// The members of a call have changed.
    Members {
        call: CallId,
        members: Vec<UserId>,
    },
    /// The chain of a call has grown.
    Block {
        call: CallId,
        height: Height,
    },
    /// A call is over.
    Over(CallId),
    /// There is a call of a chat, or a live story.
    ChatCall {
        call: CallId,
        kind: CallKind,
        title: String,
        link: Option<InviteLink>,
    },
    /// The participants of such a call have changed.
    ChatMembers {
        call: CallId,
        title: String,
        members: Vec<UserId>,
    },
    /// Such a call is over.
    ChatOver {
        call: CallId,
        title: String,
    },
    /// A client that has the number can log in by the code.
    LoginCode {
        number: String,
        code: String,
    },
    /// What was counted of the media of calls.
    #[cfg(feature = "sfu")]
    Media(SfuCounters),
    Stopping,
    Saved {
        path: PathBuf,
        calls: usize,
    },
}

impl ServerReport {
    /// The events between two overviews.
    pub(super) fn between(before: &Overview, now: &Overview) -> Vec<Self> {
        let connected = now.users.difference(&before.users).copied();
        let gone = before.users.difference(&now.users).copied();
        let codes = now.codes.iter();
        let codes = codes.filter(|(number, code)| before.codes.get(*number) != Some(*code));
        let codes = codes.map(|(number, code)| Self::LoginCode {
            number: number.clone(),
            code: code.clone(),
        });
        let mut reports: Vec<_> = codes.chain(connected.map(Self::Connected)).collect();
        for call in now.calls.values() {
            reports.extend(Self::of_call(before.calls.get(&call.id), call));
        }
        for call in now.hosted.values() {
            reports.extend(Self::of_hosted(before.hosted.get(&call.id), call));
        }
        let over = before.calls.keys();
        let over = over.filter(|call| !now.calls.contains_key(call));
        reports.extend(over.copied().map(Self::Over));
        let over = before.hosted.values();
        let over = over.filter(|call| !now.hosted.contains_key(&call.id));
        reports.extend(over.map(|over| Self::ChatOver {
            call: over.id,
            title: over.title.clone(),
        }));
        // Last, since the changes of a call explain why its users are gone.
        reports.extend(gone.map(Self::Disconnected));
        reports
    }

    fn of_hosted(before: Option<&HostedOverview>, now: &HostedOverview) -> Vec<Self> {
        let (call, title) = (now.id, now.title.clone());
        let mut reports = Vec::new();
        if before.is_none() {
            reports.push(Self::ChatCall {
                call,
                kind: now.kind,
                title: title.clone(),
                link: now.link.clone(),
            });
        }
        if before.map_or(&BTreeSet::new(), |before| &before.members) != &now.members {
            let members = now.members.iter().copied().collect();
            reports.push(Self::ChatMembers {
                call,
                title,
                members,
            });
        }
        reports
    }

    fn of_call(before: Option<&CallOverview>, now: &CallOverview) -> Vec<Self> {
        let call = now.id;
        let mut reports = Vec::new();
        if before.is_none() {
            let link = now.link.clone();
            reports.push(Self::Call { call, link });
        }
        if before.and_then(|before| before.height) != now.height {
            reports.extend(now.height.map(|height| Self::Block { call, height }));
        }
        if before.map_or(&BTreeSet::new(), |before| &before.members) != &now.members {
            let members = now.members.iter().copied().collect();
            reports.push(Self::Members { call, members });
        }
        reports
    }
}

impl Report for ServerReport {
    fn lines(&self) -> Vec<Line> {
        let (level, label, text) = match self {
            Self::Listening {
                address,
                keys,
                logins,
            } => return listening(*address, keys, *logins),
            Self::Address(address) => (Level::Success, "listening", address.to_string()),
            Self::Restored { path, calls } => {
                let text = format!("{} from {}", counted(*calls), path.display());
                (Level::Info, "restored", text)
            }
            Self::Connected(user) => (Level::Info, "user", format!("{user} is connected")),
            Self::Disconnected(user) => (Level::Warning, "user", format!("{user} is disconnected")),
            Self::Call { call, link } => (Level::Success, "call", format!("{call} begins: {link}")),
            Self::Members { call, members } => {
                let text = match &members[..] {
                    [] => format!("{call}: none left in it"),
                    members => {
                        let ids: Vec<_> = members.iter().map(UserId::to_string).collect();
                        format!("{call}: {} in it: {}", ids.len(), ids.join(" "))
                    }
                };
                (Level::Info, "members", text)
            }
            Self::Block { call, height } => {
                (Level::Info, "block", format!("{call}: height {height}"))
            }
            Self::Over(call) => (Level::Warning, "call", format!("{call} is over")),
            Self::ChatCall {
                kind, title, link, ..
            } => {
                let link = link.as_ref().map(InviteLink::as_str);
                let link = link.unwrap_or("without a link");
                (Level::Info, "chat", format!("{title}: {kind}, {link}"))
            }
            Self::ChatMembers { title, members, .. } => {
                let ids: Vec<_> = members.iter().map(UserId::to_string).collect();
                let text = format!("{title}: {} in it: {}", ids.len(), ids.join(" "));
                (Level::Info, "members", text)
            }
            Self::ChatOver { title, .. } => (Level::Warning, "chat", format!("{title} is over")),
            Self::LoginCode { number, code } => (
                Level::Info,
                "code",
                format!("{code} for {number} to log in"),
            ),
            #[cfg(feature = "sfu")]
            Self::Media(counters) => (Level::Info, "media", counted_media(counters)),
            Self::Stopping => (Level::Info, "stopping", "again to quit at once".to_owned()),
            Self::Saved { path, calls } => {
                let text = format!("{} to {}", counted(*calls), path.display());
                (Level::Success, "saved", text)
            }
        };
        vec![Line::new(level, label, text)]
    }

    fn json(&self) -> Value {
        match self {
            Self::Listening { address, keys, .. } => json!({
                "event": "listening",
                "address": address.to_string(),
                "keys": keys,
            }),
            Self::Address(address) => {
                json!({"event": "listening", "address": address.to_string()})
            }
            Self::Restored { path, calls } => {
                json!({"event": "restored", "path": path, "calls": calls})
            }
            Self::Connected(user) => json!({"event": "connected", "user": user.to_string()}),
            Self::Disconnected(user) => json!({"event": "disconnected", "user": user.to_string()}),
            Self::Call { call, link } => {
                json!({"event": "call", "call": call.to_string(), "link": link.as_str()})
            }
            Self::Members { call, members } => {
                let members: Vec<_> = members.iter().map(UserId::to_string).collect();
                json!({"event": "members", "call": call.to_string(), "members": members})
            }
            Self::Block { call, height } => {
                json!({"event": "block", "call": call.to_string(), "height": height.value()})
            }
            Self::Over(call) => json!({"event": "over", "call": call.to_string()}),
            Self::ChatCall {
                call,
                kind,
                title,
                link,
            } => json!({
                "event": "chat_call",
                "call": call.to_string(),
                "kind": word(*kind),
                "title": title,
                "link": link.as_ref().map(InviteLink::as_str),
            }),
            Self::ChatMembers { call, members, .. } => {
                let members: Vec<_> = members.iter().map(UserId::to_string).collect();
                json!({"event": "chat_members", "call": call.to_string(), "members": members})
            }
            Self::ChatOver { call, .. } => json!({"event": "chat_over", "call": call.to_string()}),
            Self::LoginCode { number, code } => {
                json!({"event": "login_code", "number": number, "code": code})
            }
            #[cfg(feature = "sfu")]
            Self::Media(counters) => media_json(counters),
            Self::Stopping => json!({"event": "stopping"}),
            Self::Saved { path, calls } => json!({"event": "saved", "path": path, "calls": calls}),
        }
    }
}

/// The kind of a call in one word.
fn word(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Conference => "conference",
        CallKind::VideoChat => "video_chat",
        CallKind::RtmpViewer => "rtmp_stream",
        CallKind::LiveStoryListener => "live_story",
    }
}

/// The counters in words: what goes well, and what is dropped if anything is.
#[cfg(feature = "sfu")]
fn counted_media(counters: &SfuCounters) -> String {
    let mut text = format!(
        "{} of {} connected, {} datagrams in, {} out, {} packets passed on",
        counters.connected,
        counters.connections,
        counters.received,
        counters.sent,
        counters.forwarded,
    );
    for (name, count) in counters.dropped().iter().filter(|(_, count)| *count > 0) {
        text.push_str(&format!(", {count} {}", name.replace('_', " ")));
    }
    text
}

#[cfg(feature = "sfu")]
fn media_json(counters: &SfuCounters) -> Value {
    let dropped = counters.dropped().into_iter();
    let dropped = dropped.map(|(name, count)| (name.to_owned(), count.into()));
    json!({
        "event": "media",
        "connections": counters.connections,
        "connected": counters.connected,
        "received": counters.received,
        "received_bytes": counters.received_bytes,
        "sent": counters.sent,
        "sent_bytes": counters.sent_bytes,
        "forwarded": counters.forwarded,
        "key_frames": counters.key_frames,
        "dropped": dropped.collect::<serde_json::Map<_, _>>(),
    })
}

fn counted(calls: usize) -> String {
    match calls {
        1 => "1 call".to_owned(),
        _ => format!("{calls} calls"),
    }
}

fn listening(address: SocketAddr, keys: &Path, logins: bool) -> Vec<Line> {
    let keys = keys.display();
    let issue =
        format!("confcall serve --listen {address} --keys {keys} --issue-session FILE --user-id N");
    let mut lines = vec![
        Line::new(Level::Success, "listening", address.to_string()),
        Line::new(
            Level::Warning,
            "note",
            "a development tool, not for calls that matter",
        ),
        Line::new(Level::Info, "users", format!("`{issue}` makes one")),
    ];
    if logins {
        let key = format!("confcall serve --listen {address} --keys {keys} --public-key");
        let text = format!(
            "any number from 9996610000 to 9996619999, for clients with the key that `{key}` prints"
        );
        lines.push(Line::new(Level::Info, "logins", text));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: i64, height: i32, members: &[i64]) -> CallOverview {
        CallOverview {
            id: CallId::new(id),
            link: InviteLink::new(format!("https://t.me/call/{id}")),
            height: Some(Height::new(height)),
            members: members.iter().copied().map(UserId::new).collect(),
        }
    }

    fn overview(users: &[i64], calls: Vec<CallOverview>) -> Overview {
        Overview {
            users: users.iter().copied().map(UserId::new).collect(),
            calls: calls.into_iter().map(|call| (call.id, call)).collect(),
            ..Overview::default()
        }
    }

    #[test]
    fn the_reports_are_what_differs_between_two_overviews() {
        let before = overview(&[1, 2], vec![call(7, 0, &[1]), call(8, 4, &[2])]);
        let now = overview(&[1, 3], vec![call(7, 1, &[1, 3]), call(9, 0, &[1])]);
        let events: Vec<_> = ServerReport::between(&before, &now)
            .iter()
            .map(|report| report.json().to_string())
            .collect();
        assert_eq!(
            events,
            [
                r#"{"event":"connected","user":"3"}"#,
                r#"{"call":"7","event":"block","height":1}"#,
                r#"{"call":"7","event":"members","members":["1","3"]}"#,
                r#"{"call":"9","event":"call","link":"https://t.me/call/9"}"#,
                r#"{"call":"9","event":"block","height":0}"#,
                r#"{"call":"9","event":"members","members":["1"]}"#,
                r#"{"call":"8","event":"over"}"#,
                r#"{"event":"disconnected","user":"2"}"#,
            ]
        );
        assert!(ServerReport::between(&now, &now).is_empty());
    }

    #[cfg(feature = "sfu")]
    #[test]
    fn what_was_dropped_is_named_if_there_is_any() {
        let counters = SfuCounters {
            connections: 3,
            connected: 2,
            too_many: 4,
            ..SfuCounters::default()
        };
        let report = ServerReport::Media(counters);
        let [line] = &report.lines()[..] else {
            panic!("one line");
        };
        let text = "2 of 3 connected, 0 datagrams in, 0 out, 0 packets passed on, 4 too many";
        assert!(format!("{line:?}").contains(text), "{line:?}");
        let json = report.json();
        assert_eq!(json["dropped"]["too_many"], 4);
        assert_eq!(json["connections"], 3);
    }

    #[test]
    fn a_code_is_reported_once_and_again_when_it_is_another() {
        let with = |code: &str| Overview {
            codes: [("9996610001".to_owned(), code.to_owned())].into(),
            ..Overview::default()
        };
        let steps = [
            Overview::default(),
            with("12345"),
            with("12345"),
            with("54321"),
        ];
        let reports: Vec<_> = steps
            .windows(2)
            .flat_map(|two| ServerReport::between(&two[0], &two[1]))
            .map(|report| report.json().to_string())
            .collect();
        assert_eq!(
            reports,
            [
                r#"{"code":"12345","event":"login_code","number":"9996610001"}"#,
                r#"{"code":"54321","event":"login_code","number":"9996610001"}"#,
            ]
        );
    }

    #[test]
    fn the_calls_of_chats_are_reported_by_events_of_their_own() {
        let hosted = |members: &[i64]| {
            let call = HostedOverview {
                id: CallId::new(5),
                kind: CallKind::VideoChat,
                title: "The Walkers".to_owned(),
                link: None,
                members: members.iter().copied().map(UserId::new).collect(),
            };
            Overview {
                hosted: [(call.id, call)].into(),
                ..Overview::default()
            }
        };
        let none = Overview::default();
        let steps = [none.clone(), hosted(&[]), hosted(&[1]), none];
        let steps = steps.windows(2);
        let reports: Vec<_> = steps
            .flat_map(|two| ServerReport::between(&two[0], &two[1]))
            .map(|report| report.json().to_string())
            .collect();
        assert_eq!(
            reports,
            [
                r#"{"call":"5","event":"chat_call","kind":"video_chat","link":null,"title":"The Walkers"}"#,
                r#"{"call":"5","event":"chat_members","members":["1"]}"#,
                r#"{"call":"5","event":"chat_over"}"#,
            ]
        );
    }
}
