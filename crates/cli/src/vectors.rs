//! `confcall vectors`: asks our implementation what the reference was asked.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use confcall_conformance::{Failure, FileReport, collect, run_file};
use serde::Serialize;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints one line for each file, one for each expectation that is not met, and the total last. A case counts \
as failed if any of its expectations is not met; a file that cannot be run (no vector file, unknown kind, \
malformed case) counts as one failure.

Exit status: 0 if everything passed, 1 if not.

Examples:
  confcall vectors tests/vectors/state
  confcall vectors tests/vectors/state tests/vectors/tl
  confcall vectors --json tests/vectors/state | jq 'select(.failed > 0)'")]
pub(crate) struct Args {
    /// Directories with vector files, searched with all below them; a single file will do too.
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,

    /// Print a JSON object a line: one for each file, the total last.
    #[arg(long)]
    json: bool,
}

/// The result of one file, as it is printed.
#[derive(Serialize)]
struct FileLine {
    file: String,
    passed: usize,
    failed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    failures: Vec<Failure>,
}

#[derive(Default, Serialize)]
struct Total {
    passed: usize,
    failed: usize,
}

impl FileLine {
    fn of_report(file: String, report: FileReport) -> Self {
        Self {
            file,
            passed: report.passed,
            failed: report.failed,
            error: None,
            failures: report.failures,
        }
    }

    /// A file that could not be run counts as one failure.
    fn of_error(file: String, error: &impl ToString) -> Self {
        Self {
            file,
            passed: 0,
            failed: 1,
            error: Some(error.to_string()),
            failures: Vec::new(),
        }
    }

    fn print(&self, out: &mut impl Write) -> std::io::Result<()> {
        let file = one_line(&self.file);
        if let Some(error) = &self.error {
            return writeln!(out, "{file}: {BAD}error{BAD:#}: {}", one_line(error));
        }
        let style = if self.failed == 0 { GOOD } else { BAD };
        let Self { passed, failed, .. } = self;
        writeln!(
            out,
            "{file}: {style}{passed} passed, {failed} failed{style:#}"
        )?;
        let mut failures = self.failures.iter();
        failures.try_for_each(|failure| {
            let failure = one_line(&failure.to_string());
            writeln!(out, "{file}: {BAD}failed{BAD:#}: {failure}")
        })
    }
}

pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut total = Total::default();
    for dir in &args.dirs {
        run_dir(dir, |line| {
            total.passed += line.passed;
            total.failed += line.failed;
            if args.json {
                writeln!(out, "{}", serde_json::to_string(&line)?)?;
            } else {
                line.print(out)?;
            }
            // A long run shows each file as soon as it is done.
            Ok(out.flush()?)
        })?;
    }
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&total)?)?;
    } else {
        let style = if total.failed == 0 { GOOD } else { BAD };
        let Total { passed, failed } = total;
        writeln!(out, "{style}{passed} passed, {failed} failed{style:#}")?;
    }
    Ok(match total.failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Runs every file under a directory and hands out each result as soon as it is there.
fn run_dir(dir: &Path, mut each: impl FnMut(FileLine) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let shown = || dir.display().to_string();
    let files = match collect(dir) {
        Ok(files) if files.is_empty() => {
            return each(FileLine::of_error(
                shown(),
                &"there is no *.json file in it",
            ));
        }
        Ok(files) => files,
        Err(error) => {
            let name = error.path.display().to_string();
            return each(FileLine::of_error(name, &error.source));
        }
    };
    for path in files {
        let name = name_in(dir, &path);
        each(match run_file(&path) {
            Ok(report) => FileLine::of_report(name, report),
            Err(error) => FileLine::of_error(name, &error.fault),
        })?;
    }
    Ok(())
}

/// The path within the directory, with slashes; the name alone if the directory is the file itself.
fn name_in(dir: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(dir).unwrap_or(path);
    let parts: Vec<_> = inner.iter().map(|part| part.to_string_lossy()).collect();
    // The directory is the file itself.
    if parts.is_empty() {
        let name = path.file_name().unwrap_or(path.as_os_str());
        name.to_string_lossy().into_owned()
    } else {
        parts.join("/")
    }
}

/// The text on one line, with nothing in it that a terminal would obey.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_within_the_directory() {
        let path = Path::new("a/b/c.json");
        assert_eq!(name_in(Path::new("a"), path), "b/c.json");
        assert_eq!(name_in(path, path), "c.json");
    }

    #[test]
    fn a_failure_stays_on_its_line_and_says_nothing_to_the_terminal() {
        assert_eq!(one_line("a\nb\u{1b}[31m"), "a b [31m");
    }
}
