use std::io::{self, Write as _};
use std::thread;

use anyhow::ensure;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

/// Asks for a line.
pub(crate) async fn ask(question: &str) -> anyhow::Result<String> {
    print!("{question}: ");
    io::stdout().flush()?;
    let mut line = String::new();
    let (length, line) =
        spawn_blocking(|| io::stdin().read_line(&mut line).map(|n| (n, line))).await??;
    ensure!(length > 0, "the input ended before it was answered");
    Ok(line.trim().to_owned())
}

/// Asks for a line that is not shown while it is typed.
pub(crate) async fn ask_secretly(question: &str) -> anyhow::Result<String> {
    let question = format!("{question}: ");
    Ok(spawn_blocking(|| rpassword::prompt_password(question)).await??)
}

/// The lines that are typed from now on.
pub(crate) fn lines() -> mpsc::UnboundedReceiver<String> {
    let (typed, lines) = mpsc::unbounded_channel();
    // A thread, because a task that reads would hold up the end of the runtime until the next line.
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if typed.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
