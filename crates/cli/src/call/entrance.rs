//! The way from an account and a target to the network on which the call is.

use std::process::ExitCode;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::{Target, Transport, UserId};
use tokio::runtime::Builder;

use super::account::Account;
use super::args::AccountArgs;
use super::embedded;
use crate::seed;

/// One who enters a call, over whichever network it is on.
pub(super) trait Guest {
    /// Enters a call and stays in it to the end.
    async fn attend<T: Transport + 'static>(
        self,
        transport: T,
        user: UserId,
        target: Target,
        rng: ChaCha20Rng,
    ) -> anyhow::Result<()>;
}

/// Has a guest enter the target with an account; without a target, the call of the embedded server's bots.
pub(super) fn enter(
    args: &AccountArgs,
    target: Option<Target>,
    guest: impl Guest,
) -> anyhow::Result<ExitCode> {
    let rng = ChaCha20Rng::from_seed(seed::random()?);
    // The call has a thread of its own, since this one waits while the reader of our output is slow.
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(connect(args, target, guest, rng))?;
    Ok(ExitCode::SUCCESS)
}

async fn connect(
    args: &AccountArgs,
    target: Option<Target>,
    guest: impl Guest,
    mut rng: ChaCha20Rng,
) -> anyhow::Result<()> {
    match (&args.session, target) {
        (Some(session), Some(target)) => {
            let account = Account::open(session).await?;
            let user = account.user;
            let connection = account.connect(args.api_id);
            let ended = guest
                .attend(connection.transport(), user, target, rng)
                .await;
            // Also after a failure: the server learns at once that the account is gone.
            connection.close().await;
            ended
        }
        (_, target) => {
            let (transport, user, target) = embedded::open(target, &mut rng).await?;
            guest.attend(transport, user, target, rng).await
        }
    }
}
