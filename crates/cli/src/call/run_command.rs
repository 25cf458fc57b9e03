//! The effects of a user's commands.

use core::fmt::Display;
use core::future::Future;
use core::pin::Pin;
use std::borrow::Cow;
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use confcall::api::{InputUser, JoinAsPeers};
use confcall::join::engine::CommandFailure;
use confcall::{
    CallKind, Conference, Cryptor, GroupCall, GroupMessage, Load, Newcomer, RandomId, RequestError,
    RtmpFeed, Spam, UserId,
};
use serde_json::Value;
use tokio::time::Instant;

use super::aside::{self, Aside, AsideError};
use super::attended::Attended;
use super::history::{self, CallHistory};
use super::names::Names;
use super::report::{CallReport, OwnPeer};
use super::user_command::{Switch, UserCommand};
use super::{describe, frames, media};

/// The name of the reason that calls of this kind do not have something, as the library has it.
const OTHER_KIND: &str = "not_in_this_kind";

/// A command under way, which ends in an outcome.
pub(super) struct RunningCommand {
    name: &'static str,
    pub(super) since: Instant,
    outcome: Pin<Box<dyn Future<Output = CommandOutcome> + Send>>,
}

/// The end of a command.
pub(super) enum CommandOutcome {
    Done(CallReport),
    Failed(&'static str, CommandError),
}

/// The reason why a command was not carried out.
pub(super) enum CommandError {
    Call(CommandFailure),
    Aside(AsideError),
}

impl From<CommandFailure> for CommandError {
    fn from(why: CommandFailure) -> Self {
        Self::Call(why)
    }
}

impl From<AsideError> for CommandError {
    fn from(why: AsideError) -> Self {
        match why {
            // In the words for the same refusal of a command of the call.
            AsideError::Request(RequestError::Refused(error)) => {
                CommandFailure::Refused(error).into()
            }
            AsideError::Request(RequestError::Unanswered) => CommandFailure::Unanswered.into(),
            why => Self::Aside(why),
        }
    }
}

impl CommandOutcome {
    pub(super) fn report(self, names: &Names, call: Option<CallKind>) -> CallReport {
        match self {
            Self::Done(report) => report,
            Self::Failed(command, CommandError::Call(why)) => CallReport::Failed {
                command,
                why: kind(&why),
                message: why.to_string(),
                words: describe::failure(command, &why, names, call),
            },
            Self::Failed(command, CommandError::Aside(why)) => CallReport::Failed {
                command,
                why: why.kind().into(),
                message: why.to_string(),
                words: why.to_string(),
            },
        }
    }
}

impl RunningCommand {
    /// What people wait for meanwhile.
    pub(super) fn what(&self) -> String {
        match self.name {
            "message" => "the server to take your message".to_owned(),
            name => format!("/{name} to be carried out"),
        }
    }

    /// Waits for the outcome, of which there is one.
    pub(super) async fn outcome(&mut self) -> CommandOutcome {
        (&mut self.outcome).await
    }
}

/// The effect of a command.
pub(super) enum Effect {
    Report(CallReport),
    Run(RunningCommand),
    Leave,
}

/// The things that commands act on and with.
pub(super) struct Means<'a> {
    pub(super) call: &'a Attended,
    /// `None` in a conference.
    pub(super) aside: Option<&'a Arc<dyn Aside>>,
    pub(super) user: UserId,
    pub(super) history: &'a CallHistory,
    pub(super) rng: &'a mut ChaCha20Rng,
    /// True if a typed line leaves the screen.
    pub(super) has_input_line: bool,
}

/// Begins to carry out a command.
pub(super) fn begin(command: UserCommand, means: &mut Means<'_>) -> Effect {
    let call = means.call.clone();
    match command {
        UserCommand::Message(text) => message(text, means),
        UserCommand::Kick(users) => {
            of_conference("kick", call, async |call| call.kick(users).await)
        }
        UserCommand::Invite(user) => invite(user, call),
        UserCommand::Revoke => run("revoke", async move { call.revoke_link().await }),
        UserCommand::Rejoin => run("rejoin", async move { call.rejoin().await }),
        UserCommand::Discard => run("discard", async move { call.discard().await }),
        UserCommand::Mute(switch) => run(on(switch, "mute", "unmute"), async move {
            call.set_muted(switch.is_on()).await
        }),
        UserCommand::MuteOthers(switch, peers) => run(on(switch, "mute", "unmute"), async move {
            for peer in peers {
                call.mute(peer, switch.is_on()).await?;
            }
            Ok(())
        }),
        UserCommand::MuteForMe(switch, peers) => {
            run(on(switch, "mute-for-me", "unmute-for-me"), async move {
                for peer in peers {
                    call.mute_for_me(peer, switch.is_on()).await?;
                }
                Ok(())
            })
        }
        UserCommand::Volume { peer, level } => {
            run("volume", async move { call.set_volume(peer, level).await })
        }
        UserCommand::Video(switch) => {
            run("video", async move { call.set_video(switch.is_on()).await })
        }
        UserCommand::Screen(switch) => screen(switch, means),
        UserCommand::Messages(switch) => run("messages", async move {
            call.set_messages_enabled(switch.is_on()).await
        }),
        UserCommand::Hand(Switch::On) => {
            of_group("hand", call, async |call| call.raise_hand().await)
        }
        UserCommand::Hand(Switch::Off) => {
            of_group("hand", call, async |call| call.lower_hand().await)
        }
        UserCommand::LowerHands(peers) => of_group("hand", call, async |call| {
            for peer in peers {
                call.lower_hand_of(peer).await?;
            }
            Ok(())
        }),
        UserCommand::OwnPeers => means.beside("as", async |_, aside| {
            let listed = aside.own_peers().await?;
            Ok(own_peers(listed))
        }),
        UserCommand::As(word) => {
            let user = means.user;
            means.beside("as", async move |call, aside| {
                let listed = aside.own_peers().await?;
                call.join_as(aside::find(&listed, user, &word)?).await?;
                Ok(CallReport::Done { command: "as" })
            })
        }
        UserCommand::Key(key) => {
            let feed = match means.call.kind() {
                Some(CallKind::LiveStoryListener) => RtmpFeed::LiveStory,
                _ => RtmpFeed::Call,
            };
            means.beside("key", async move |_, aside| {
                let address = aside.stream_key(feed, key).await?;
                Ok(CallReport::StreamKey(address))
            })
        }
        UserCommand::Title(title) => {
            of_group("title", call, async |call| call.set_title(title).await)
        }
        UserCommand::Record { switch, title } => {
            of_group("record", call, async move |call| match switch {
                Switch::On => call.start_recording(title, None).await,
                Switch::Off => call.stop_recording().await,
            })
        }
        UserCommand::Remind(switch) => of_group("remind", call, async move |call| {
            call.subscribe_start(switch.is_on()).await
        }),
        UserCommand::Start => of_group("start", call, async |call| call.start_scheduled().await),
        UserCommand::Delete(messages) => of_group("delete", call, async |call| {
            call.delete_messages(messages, Spam::NotReported).await
        }),
        // The loop has to stop taking lines first.
        UserCommand::Leave => Effect::Leave,
        UserCommand::Members => {
            shown_of_conference("members", &call, || history::members(&call.view()))
        }
        UserCommand::Who => Effect::Report(history::who(&call.view())),
        UserCommand::Emoji => shown_of_conference("emoji", &call, || means.history.emoji()),
        UserCommand::WhoAll => who_all(call),
        UserCommand::Link => match call {
            // There each who asks has one made.
            Attended::Group(call) => link(call, Newcomer::Listens),
            Attended::Conference(_) => Effect::Report(means.history.link()),
        },
        UserCommand::LinkToSpeak => match call {
            Attended::Group(call) => link(call, Newcomer::Speaks),
            Attended::Conference(_) => not_in_a_conference("link"),
        },
        UserCommand::Help => Effect::Report(CallReport::Help { kind: call.kind() }),
        UserCommand::Seal(text) => means.with_cryptor("seal", |cryptor, rng| {
            frames::seal(cryptor, call.now(), &text, rng)
        }),
        UserCommand::Open { from, packet } => means.with_cryptor("open", |cryptor, _| {
            frames::open(cryptor, call.now(), from, &packet)
        }),
    }
}

/// The name of the command that turns a switch this way.
fn on(switch: Switch, on: &'static str, off: &'static str) -> &'static str {
    match switch {
        Switch::On => on,
        Switch::Off => off,
    }
}

fn message(text: String, means: &mut Means<'_>) -> Effect {
    // Where the server reads messages, it sends us our own, with their numbers.
    let comes_back = matches!(means.call, Attended::Group(_));
    let echo = (means.has_input_line && !comes_back).then(|| text.clone());
    let message = match GroupMessage::new(RandomId::generate(means.rng), text, vec![]) {
        Ok(message) => message,
        Err(error) => return failed("message", "not_sent", error),
    };
    let call = means.call.clone();
    run_to("message", async move {
        call.send_message(message).await?;
        Ok(CallReport::Sent { echo })
    })
}

/// Invites a user: to a conference itself, to another call by a message in its group or channel.
fn invite(user: InputUser, call: Attended) -> Effect {
    run("invite", async move {
        match call {
            Attended::Conference(call) => call.invite(user, false).await,
            Attended::Group(call) => call.invite_users(vec![user]).await,
        }
    })
}

/// Runs a command that only conferences have.
fn of_conference<F: Future<Output = Result<(), CommandFailure>> + Send + 'static>(
    command: &'static str,
    call: Attended,
    request: impl FnOnce(Conference) -> F,
) -> Effect {
    match call {
        Attended::Conference(call) => run(command, request(call)),
        Attended::Group(_) => not_encrypted(command),
    }
}

/// Shows what only conferences have.
fn shown_of_conference(
    command: &'static str,
    call: &Attended,
    report: impl FnOnce() -> CallReport,
) -> Effect {
    match call {
        Attended::Conference(_) => Effect::Report(report()),
        Attended::Group(_) => not_encrypted(command),
    }
}

fn not_encrypted(command: &'static str) -> Effect {
    let why =
        "this call is not encrypted, and only conferences have that; /help shows what this one has";
    failed(command, OTHER_KIND, why)
}

/// Runs a command that conferences do not have.
fn of_group<F: Future<Output = Result<(), CommandFailure>> + Send + 'static>(
    command: &'static str,
    call: Attended,
    request: impl FnOnce(GroupCall) -> F,
) -> Effect {
    match call {
        Attended::Group(call) => run(command, request(call)),
        Attended::Conference(_) => not_in_a_conference(command),
    }
}

fn not_in_a_conference(command: &'static str) -> Effect {
    let why = "this is a conference, and only the calls of groups and channels have that";
    failed(command, OTHER_KIND, why)
}

/// Loads the whole roster of a large call, and shows it.
fn who_all(call: Attended) -> Effect {
    match call {
        Attended::Group(call) => run_to("who", async move {
            call.load_participants(Load::All).await?;
            Ok(history::who(&call.view()))
        }),
        // That of a conference is whole.
        Attended::Conference(call) => Effect::Report(history::who(&call.view())),
    }
}

/// Those as whom we may take part, with their names.
fn own_peers(listed: JoinAsPeers) -> CallReport {
    let JoinAsPeers { peers, labels } = listed;
    let name = |peer| labels.iter().find(|label| label.peer == peer);
    let named = peers.into_iter().map(|peer| OwnPeer {
        peer,
        name: name(peer).map_or_else(String::new, |label| label.name.clone()),
    });
    CallReport::OwnPeers {
        peers: named.collect(),
    }
}

/// Has the server make a link.
fn link(call: GroupCall, speech: Newcomer) -> Effect {
    run_to("link", async move {
        let link = call.export_link(speech).await?;
        Ok(CallReport::Link(Some(link)))
    })
}

/// Shares a screen, of which the others see that it is shared: the command sends no pictures.
fn screen(switch: Switch, means: &mut Means<'_>) -> Effect {
    let call = means.call.clone();
    match switch {
        Switch::On => {
            let payload = media::payload(means.rng);
            run(
                "screen",
                async move { call.start_presentation(payload).await },
            )
        }
        Switch::Off => run("screen", async move { call.stop_presentation().await }),
    }
}

fn run(
    command: &'static str,
    request: impl Future<Output = Result<(), CommandFailure>> + Send + 'static,
) -> Effect {
    run_to(command, async move {
        request.await?;
        Ok(CallReport::Done { command })
    })
}

/// Runs a command that ends in a report if it is carried out.
fn run_to(
    command: &'static str,
    request: impl Future<Output = Result<CallReport, CommandError>> + Send + 'static,
) -> Effect {
    let outcome = Box::pin(async move {
        match request.await {
            Ok(done) => CommandOutcome::Done(done),
            Err(why) => CommandOutcome::Failed(command, why),
        }
    });
    Effect::Run(RunningCommand {
        name: command,
        since: Instant::now(),
        outcome,
    })
}

impl Means<'_> {
    /// Runs a command that asks about the place of the call, which conferences have not.
    fn beside<F: Future<Output = Result<CallReport, CommandError>> + Send + 'static>(
        &self,
        command: &'static str,
        request: impl FnOnce(GroupCall, Arc<dyn Aside>) -> F,
    ) -> Effect {
        match (self.call, self.aside) {
            (Attended::Group(call), Some(aside)) => {
                run_to(command, request(call.clone(), Arc::clone(aside)))
            }
            _ => not_in_a_conference(command),
        }
    }

    fn with_cryptor<E: Display>(
        &mut self,
        command: &'static str,
        act: impl FnOnce(&Cryptor, &mut ChaCha20Rng) -> Result<CallReport, E>,
    ) -> Effect {
        let Attended::Conference(call) = self.call else {
            return not_encrypted(command);
        };
        let Some(cryptor) = call.cryptor() else {
            let why = CommandFailure::NotJoined;
            return failed(command, kind(&why), why);
        };
        match act(&cryptor, self.rng) {
            Ok(report) => Effect::Report(report),
            Err(error) => failed(command, "refused", error),
        }
    }
}

fn failed(
    command: &'static str,
    why: impl Into<Cow<'static, str>>,
    message: impl Display,
) -> Effect {
    let message = message.to_string();
    Effect::Report(CallReport::Failed {
        command,
        why: why.into(),
        words: message.clone(),
        message,
    })
}

/// The name of a failure, for programs (`spec/events.md`).
fn kind(why: &CommandFailure) -> Cow<'static, str> {
    let reason = serde_json::to_value(why).unwrap_or_default();
    let kind = reason.get("kind").and_then(Value::as_str);
    kind.map_or("other".into(), |kind| kind.to_owned().into())
}
