//! Programs of others that read what was written.

use std::path::Path;
use std::process::{Command, Output};

/// The output of a program, with arguments before and behind the file; where there is no program, nobody looks into the file.
pub(crate) fn run(program: &str, before: &[&str], file: &Path, behind: &[&str]) -> Option<Output> {
    let mut command = Command::new(program);
    let output = command.args(before).arg(file).args(behind).output();
    if output.is_err() {
        println!("there is no {program} to look into {}", file.display());
    }
    output.ok()
}

/// What FFmpeg finds in a file, which it takes without a warning: the values of these entries, in its order.
pub(crate) fn probe(file: &Path, entries: &str) -> Option<String> {
    let show = ["-v", "warning", "-of", "csv=p=0", "-show_entries", entries];
    let output = run("ffprobe", &show, file, &[])?;
    let warnings = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && warnings.is_empty(), "{warnings}");
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}
