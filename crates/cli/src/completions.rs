//! `confcall completions`: scripts that complete the command line in a shell.

use std::io::Write;
use std::process::ExitCode;

use clap_complete::Shell;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  confcall completions bash > ~/.local/share/bash-completion/completions/confcall
  confcall completions zsh > ~/.zfunc/_confcall
  confcall completions fish > ~/.config/fish/completions/confcall.fish")]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(
    args: &Args,
    mut command: clap::Command,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    // The generator panics where it cannot write, so it writes into memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "confcall", &mut script);
    out.write_all(&script)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
