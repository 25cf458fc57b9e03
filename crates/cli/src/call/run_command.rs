//! The effects of a user's commands.

use core::fmt::Display;
use core::future::Future;
use core::pin::Pin;

use chacha20::ChaCha20Rng;
use confcall::join::engine::CommandFailure;
use confcall::{Conference, Cryptor, GroupMessage, RandomId};

use super::frames;
use super::history::{self, CallHistory};
use super::report::CallReport;
use super::user_command::UserCommand;

/// A command under way, which ends in a report.
pub(super) type RunningCommand = Pin<Box<dyn Future<Output = CallReport> + Send>>;

/// The effect of a command.
pub(super) enum Effect {
    Report(CallReport),
    Run(RunningCommand),
    Leave,
}

/// Begins to carry out a command.
pub(super) fn begin(
    command: UserCommand,
    conference: &Conference,
    history: &CallHistory,
    rng: &mut ChaCha20Rng,
) -> Effect {
    let call = conference.clone();
    match command {
        UserCommand::Message(text) => {
            match GroupMessage::new(RandomId::generate(rng), text, vec![]) {
                Ok(message) => run("message", async move { call.send_message(message).await }),
                Err(error) => failed("message", "not_sent", error),
            }
        }
        UserCommand::Kick(users) => run("kick", async move { call.kick(users).await }),
        UserCommand::Invite(user) => run("invite", async move { call.invite(user, false).await }),
        UserCommand::Revoke => run("revoke", async move { call.revoke_link().await }),
        UserCommand::Rejoin => run("rejoin", async move { call.rejoin().await }),
        UserCommand::Discard => run("discard", async move { call.discard().await }),
        // The loop has to stop taking lines first.
        UserCommand::Leave => Effect::Leave,
        UserCommand::Members => Effect::Report(history::members(&call.view())),
        UserCommand::Emoji => Effect::Report(history.emoji()),
        UserCommand::Link => Effect::Report(history.link()),
        UserCommand::Help => Effect::Report(CallReport::Help),
        UserCommand::Seal(text) => with_cryptor("seal", &call, |cryptor| {
            frames::seal(cryptor, call.now(), &text, rng)
        }),
        UserCommand::Open { from, packet } => with_cryptor("open", &call, |cryptor| {
            frames::open(cryptor, call.now(), from, &packet)
        }),
    }
}

fn run(
    command: &'static str,
    request: impl Future<Output = Result<(), CommandFailure>> + Send + 'static,
) -> Effect {
    Effect::Run(Box::pin(async move {
        match request.await {
            Ok(()) => CallReport::Done { command },
            Err(why) => CallReport::Failed {
                command,
                why: name(&why),
                message: why.to_string(),
            },
        }
    }))
}

fn with_cryptor<E: Display>(
    command: &'static str,
    call: &Conference,
    act: impl FnOnce(&Cryptor) -> Result<CallReport, E>,
) -> Effect {
    let Some(cryptor) = call.cryptor() else {
        let why = CommandFailure::NotJoined;
        return failed(command, name(&why), why);
    };
    match act(&cryptor) {
        Ok(report) => Effect::Report(report),
        Err(error) => failed(command, "refused", error),
    }
}

fn failed(command: &'static str, why: &'static str, message: impl Display) -> Effect {
    let message = message.to_string();
    Effect::Report(CallReport::Failed {
        command,
        why,
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
