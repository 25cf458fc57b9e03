//! Gives files to a target without a fuzzer: `cargo run --release --example replay TARGET FILE_OR_DIRECTORY..`.
//!
//! By this another fuzzer's findings are looked at, coverage is measured, and the seeds are tested.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use confcall_fuzz::TARGETS;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let target = TARGETS.iter().find(|(target, _)| *target == name);
    let Some((_, body)) = target else {
        let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
        return Err(format!("no target {name:?}; there are {}", names.join(", ")).into());
    };
    let mut count = 0;
    for path in arguments {
        for file in files(Path::new(&path))? {
            body(&fs::read(file)?);
            count += 1;
        }
    }
    println!("{name}: {count} inputs, and its laws hold for each");
    Ok(())
}

fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect()
}
