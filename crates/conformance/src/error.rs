use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A directory could not be searched for vector files.
#[derive(Debug, Error)]
#[error("{}: {source}", path.display())]
pub struct CollectError {
    /// The directory or file.
    pub path: PathBuf,
    /// The error of the operating system.
    pub source: io::Error,
}

/// A file could not be run, so none of its cases counts.
#[derive(Debug, Error)]
#[error("{}: {fault}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// The fault.
    #[source]
    pub fault: Fault,
}

/// The fault of a file of vectors.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The file is not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The file is JSON, but not of vectors.
    #[error("not a vector file: {0}")]
    Header(CaseFault),
    /// The file has another format.
    #[error("not a vector file: its format is {found:?}")]
    Format {
        /// The format that it names.
        found: String,
    },
    /// The kind of the file's cases is not implemented.
    #[error("unknown kind {kind:?}")]
    UnknownKind {
        /// The kind.
        kind: String,
    },
    /// The file would check nothing.
    #[error("it has no cases")]
    NoCases,
    /// A case is malformed.
    #[error("case {case}: {fault}")]
    Case {
        /// The case's name in quotes, or its number from 0 if it has no name.
        case: String,
        /// The fault.
        fault: CaseFault,
    },
}

/// The fault of a JSON object of a vector file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaseFault {
    /// Something else stands where an object is needed.
    #[error("{what} is not an object")]
    NotAnObject {
        /// Which object.
        what: String,
    },
    /// A field is missing.
    #[error("the field {field:?} is missing")]
    Missing {
        /// The field.
        field: String,
    },
    /// A field has a value that it cannot have.
    #[error("the field {field:?} is wrong: {source}")]
    Invalid {
        /// The field.
        field: String,
        /// The reason.
        source: serde_json::Error,
    },
    /// A field means nothing, so what it says would not be checked.
    #[error("the field {field:?} is not known")]
    Unknown {
        /// The field.
        field: String,
    },
    /// An outcome is not exactly one of `ok`, `error` and `crash`.
    #[error("an outcome is one of \"ok\", \"error\" and \"crash\": true; there are {found}")]
    Outcome {
        /// The number that was found.
        found: usize,
    },
    /// Lists that belong together differ in length.
    #[error("{first} and {second} differ in length")]
    Lengths {
        /// One list.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A step of the case is malformed.
    #[error("step {step}: {fault}")]
    Step {
        /// The step's number from 0.
        step: usize,
        /// The fault.
        fault: Box<CaseFault>,
    },
}
