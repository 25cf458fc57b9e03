//! `confcall completions`: what a shell needs to complete our command line.

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory as _;
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

pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    // What writes the script panics if it cannot, so it gets what always can.
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut crate::Cli::command(),
        "confcall",
        &mut script,
    );
    out.write_all(&script)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
