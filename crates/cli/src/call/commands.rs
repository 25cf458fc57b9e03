//! What becomes of what is typed.

use core::fmt::Display;
use core::future::Future;
use core::pin::Pin;

use chacha20::ChaCha20Rng;
use confcall::join::engine::CommandFailure;
use confcall::{Conference, Cryptor, GroupMessage, RandomId};

use super::frames;
use super::memory::{self, Memory};
use super::told::Told;
use super::typed::Typed;

/// A command that is carried out; what it gives is told.
pub(super) type Running = Pin<Box<dyn Future<Output = Told> + Send>>;

/// What follows from a line.
pub(super) enum Consequence {
    Tell(Told),
    Run(Running),
    Leave,
}

/// Begins to do what is typed.
pub(super) fn begin(
    typed: Typed,
    conference: &Conference,
    memory: &Memory,
    rng: &mut ChaCha20Rng,
) -> Consequence {
    let call = conference.clone();
    match typed {
        Typed::Message(text) => match GroupMessage::new(RandomId::generate(rng), text, vec![]) {
            Ok(message) => run("message", async move { call.send_message(message).await }),
            Err(error) => failed("message", "not_sent", error),
        },
        Typed::Kick(users) => run("kick", async move { call.kick(users).await }),
        Typed::Invite(user) => run("invite", async move { call.invite(user, false).await }),
        Typed::Revoke => run("revoke", async move { call.revoke_link().await }),
        Typed::Rejoin => run("rejoin", async move { call.rejoin().await }),
        Typed::Discard => run("discard", async move { call.discard().await }),
        Typed::Leave => Consequence::Leave,
        Typed::Members => Consequence::Tell(memory::members(&call.view())),
        Typed::Emoji => Consequence::Tell(memory.emoji()),
        Typed::Link => Consequence::Tell(memory.link()),
        Typed::Help => Consequence::Tell(Told::Help),
        Typed::Seal(text) => with_cryptor("seal", &call, |cryptor| {
            frames::seal(cryptor, call.now(), &text, rng)
        }),
        Typed::Open { from, packet } => with_cryptor("open", &call, |cryptor| {
            frames::open(cryptor, call.now(), from, &packet)
        }),
    }
}

fn run(
    command: &'static str,
    doing: impl Future<Output = Result<(), CommandFailure>> + Send + 'static,
) -> Consequence {
    Consequence::Run(Box::pin(async move {
        match doing.await {
            Ok(()) => Told::Done { command },
            Err(why) => Told::Failed {
                command,
                why: word(&why),
                message: why.to_string(),
            },
        }
    }))
}

fn with_cryptor<E: Display>(
    command: &'static str,
    call: &Conference,
    act: impl FnOnce(&Cryptor) -> Result<Told, E>,
) -> Consequence {
    let Some(cryptor) = call.cryptor() else {
        let why = CommandFailure::NotJoined;
        return failed(command, word(&why), why);
    };
    match act(&cryptor) {
        Ok(told) => Consequence::Tell(told),
        Err(error) => failed(command, "refused", error),
    }
}

fn failed(command: &'static str, why: &'static str, message: impl Display) -> Consequence {
    let message = message.to_string();
    Consequence::Tell(Told::Failed {
        command,
        why,
        message,
    })
}

/// The name of a failure, for programs.
const fn word(why: &CommandFailure) -> &'static str {
    match why {
        CommandFailure::NotJoined => "not_joined",
        CommandFailure::Refused(_) => "refused",
        CommandFailure::Unanswered => "unanswered",
        CommandFailure::Block(_) => "block",
        CommandFailure::Message(_) => "message",
        CommandFailure::Busy => "busy",
        CommandFailure::TooOften => "too_often",
        _ => "other",
    }
}
