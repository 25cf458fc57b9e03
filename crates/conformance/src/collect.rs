use std::fs;
use std::path::{Path, PathBuf};

use crate::error::CollectError;

/// The paths of all `*.json` files under a directory, sorted; a file stands for itself.
///
/// Links to directories are not followed, so the search ends.
///
/// # Errors
///
/// [`CollectError`] names the directory that could not be read.
pub fn collect(path: &Path) -> Result<Vec<PathBuf>, CollectError> {
    let error = |source| CollectError {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(error)?.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(error)? {
        let entry = entry.map_err(error)?;
        let child = entry.path();
        if entry.file_type().map_err(error)?.is_dir() {
            files.extend(collect(&child)?);
        } else if child
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(child);
        }
    }
    // Directories come in any order; reports should not.
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = collect(Path::new("no such directory")).unwrap_err();
        assert!(error.to_string().starts_with("no such directory: "));
    }
}
