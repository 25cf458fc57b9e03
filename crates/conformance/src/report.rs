use core::fmt;

use serde::Serialize;

/// The results of the cases of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The cases that met all their expectations.
    pub passed: usize,
    /// The cases that did not.
    pub failed: usize,
    /// Each expectation that was not met, in the order of the file.
    pub failures: Vec<Failure>,
}

/// One expectation that was not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The name of the case.
    pub case: String,
    /// The step of the case and the field of its result, as far as there are any.
    pub step: String,
    /// The value of the reference.
    pub expected: String,
    /// Our value.
    pub got: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            case,
            step,
            expected,
            got,
        } = self;
        write!(f, "case {case:?}, {step}: expected {expected}, got {got}")
    }
}
