//! Joins a conference with a real account, shows what happens in it, and sends what is typed.
//!
//! ```text
//! export TG_API_ID=..  TG_API_HASH=..        of your own application, from https://my.telegram.org
//! export TG_SESSION=account.session          created, and readable by you alone
//! cargo run -p confcall-transport --features session-file --example join_telegram -- https://t.me/call/..
//! ```
//!
//! The first time it asks for the phone number, the login code, and the password if the account has one. `--create`
//! instead of a link creates a call. `--test-dc` uses Telegram's test servers, where accounts are others. Ctrl-C leaves.
//!
//! It has no sound and no picture, and so the certificate that it announces is made up: a server may send away who does
//! not connect the media for long. In a client, the fingerprint is that of its DTLS certificate, and
//! `Event::Joined` has what connects the media and what seals and opens its frames.
#![allow(clippy::print_stdout, reason = "an example")]

mod account;
mod call;
mod login;
mod servers;
mod terminal;
mod words;

use std::env;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use confcall_join::joining::{Link, Target};
use confcall_transport::grammers::session_file::open_or_create;
use confcall_transport::grammers::{GrammersConnection, signed_in_user};

use self::account::Account;
use self::servers::Servers;

const USAGE: &str = "usage: join_telegram [--test-dc] (LINK | --create)";

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (target, servers) = arguments()?;
    let account = Account::from_environment()?;
    let session = Arc::new(open_or_create(&account.session).await?);
    servers.choose(&session).await?;
    let own = match signed_in_user(&*session).await? {
        Some(own) => own,
        None => login::log_in(&session, &account).await?,
    };
    println!("logged in as user {own}");
    let connection = GrammersConnection::open(session, account.api_id, own, account::parameters);
    let ended = call::stay(connection.transport(), target, own, servers).await;
    connection.close().await;
    println!("{}", words::of_the_end(&ended?, &account.session));
    Ok(())
}

/// What to join, and on which servers.
fn arguments() -> anyhow::Result<(Target, Servers)> {
    let (mut target, mut servers) = (None, Servers::Production);
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "--test-dc" => servers = Servers::Test,
            "--create" if target.is_none() => target = Some(Target::Create),
            link if target.is_none() && !link.starts_with('-') => {
                let link = Link::parse(link).with_context(|| format!("{link:?}; {USAGE}"))?;
                target = Some(Target::try_from(link)?);
            }
            other => bail!("{other:?} is not understood; {USAGE}"),
        }
    }
    Ok((target.context(USAGE)?, servers))
}
