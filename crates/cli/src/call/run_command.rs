//! The effects of a user's commands.

use core::fmt::Display;
use core::future::Future;
use core::pin::Pin;

use chacha20::ChaCha20Rng;
use confcall::join::engine::CommandFailure;
use confcall::{Conference, Cryptor, GroupMessage, RandomId};
use tokio::time::Instant;

use super::history::{self, CallHistory};
use super::names::Names;
use super::report::CallReport;
use super::user_command::UserCommand;
use super::{describe, frames};

/// A command under way, which ends in a report.
pub(super) struct RunningCommand {
    name: &'static str,
    pub(super) since: Instant,
    report: Pin<Box<dyn Future<Output = CallReport> + Send>>,
}

impl RunningCommand {
    /// What people wait for meanwhile.
    pub(super) fn what(&self) -> String {
        match self.name {
            "message" => "the server to take your message".to_owned(),
            name => format!("/{name} to be carried out"),
        }
    }

    /// Waits for the report, of which there is one.
    pub(super) async fn report(&mut self) -> CallReport {
        (&mut self.report).await
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
    pub(super) conference: &'a Conference,
    pub(super) history: &'a CallHistory,
    pub(super) names: &'a Names,
    pub(super) rng: &'a mut ChaCha20Rng,
    /// True if a typed line leaves the screen.
    pub(super) has_input_line: bool,
}

/// Begins to carry out a command.
pub(super) fn begin(command: UserCommand, means: &mut Means<'_>) -> Effect {
    let call = means.conference.clone();
    match command {
        UserCommand::Message(text) => message(text, means),
        UserCommand::Kick(users) => means.run("kick", async move { call.kick(users).await }),
        UserCommand::Invite(user) => {
            means.run("invite", async move { call.invite(user, false).await })
        }
        UserCommand::Revoke => means.run("revoke", async move { call.revoke_link().await }),
        UserCommand::Rejoin => means.run("rejoin", async move { call.rejoin().await }),
        UserCommand::Discard => means.run("discard", async move { call.discard().await }),
        // The loop has to stop taking lines first.
        UserCommand::Leave => Effect::Leave,
        UserCommand::Members => Effect::Report(history::members(&call.view())),
        UserCommand::Who => Effect::Report(history::who(&call.view())),
        UserCommand::Emoji => Effect::Report(means.history.emoji()),
        UserCommand::Link => Effect::Report(means.history.link()),
        UserCommand::Help => Effect::Report(CallReport::Help),
        UserCommand::Seal(text) => means.with_cryptor("seal", |cryptor, rng| {
            frames::seal(cryptor, call.now(), &text, rng)
        }),
        UserCommand::Open { from, packet } => means.with_cryptor("open", |cryptor, _| {
            frames::open(cryptor, call.now(), from, &packet)
        }),
    }
}

fn message(text: String, means: &mut Means<'_>) -> Effect {
    let echo = means.has_input_line.then(|| text.clone());
    let message = match GroupMessage::new(RandomId::generate(means.rng), text, vec![]) {
        Ok(message) => message,
        Err(error) => return failed("message", "not_sent", error),
    };
    let call = means.conference.clone();
    let send = async move { call.send_message(message).await };
    means.run_to("message", send, CallReport::Sent { echo })
}

impl Means<'_> {
    fn run(
        &self,
        command: &'static str,
        request: impl Future<Output = Result<(), CommandFailure>> + Send + 'static,
    ) -> Effect {
        self.run_to(command, request, CallReport::Done { command })
    }

    /// Runs a command that is reported in this way if it is carried out.
    fn run_to(
        &self,
        command: &'static str,
        request: impl Future<Output = Result<(), CommandFailure>> + Send + 'static,
        done: CallReport,
    ) -> Effect {
        let names = *self.names;
        let report = Box::pin(async move {
            match request.await {
                Ok(()) => done,
                Err(why) => CallReport::Failed {
                    command,
                    why: name(&why),
                    message: why.to_string(),
                    words: describe::failure(command, &why, &names),
                },
            }
        });
        Effect::Run(RunningCommand {
            name: command,
            since: Instant::now(),
            report,
        })
    }

    fn with_cryptor<E: Display>(
        &mut self,
        command: &'static str,
        act: impl FnOnce(&Cryptor, &mut ChaCha20Rng) -> Result<CallReport, E>,
    ) -> Effect {
        let Some(cryptor) = self.conference.cryptor() else {
            let why = CommandFailure::NotJoined;
            return failed(command, name(&why), why);
        };
        match act(&cryptor, self.rng) {
            Ok(report) => Effect::Report(report),
            Err(error) => failed(command, "refused", error),
        }
    }
}

fn failed(command: &'static str, why: &'static str, message: impl Display) -> Effect {
    let message = message.to_string();
    Effect::Report(CallReport::Failed {
        command,
        why,
        words: message.clone(),
        message,
    })
}

/// The name of a failure, for programs.
const fn name(why: &CommandFailure) -> &'static str {
    match why {
        CommandFailure::NotJoined => "not_joined",
        CommandFailure::Refused(_) => "refused",
        CommandFailure::Unanswered => "unanswered",
        CommandFailure::NotTaken => "not_taken",
        CommandFailure::NoEffect => "no_effect",
        CommandFailure::NotAMember(_) => "not_a_member",
        CommandFailure::Block(_) => "block",
        CommandFailure::Message(_) => "message",
        CommandFailure::Busy => "busy",
        CommandFailure::TooOften => "too_often",
        _ => "other",
    }
}
