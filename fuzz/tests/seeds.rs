//! The committed seeds, without a fuzzer.

use std::fs;
use std::path::Path;

use confcall_fuzz::TARGETS;

#[test]
fn every_target_has_seeds_and_keeps_its_laws_on_them() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for (name, body) in TARGETS {
        let files = fs::read_dir(seeds.join(name)).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty(), "{name}");
        for file in files {
            body(&fs::read(&file).unwrap());
        }
    }
}
