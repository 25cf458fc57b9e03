use core::fmt;

use serde::Deserialize;

use crate::shapes::CodedError;

/// The codes below this one only say that something failed.
const FIRST_CODE: i32 = 100;

/// The outcome of an input in the reference.
pub(crate) enum Outcome<T> {
    /// It accepted, with these results.
    Ok(T),
    /// It refused.
    Error(ExpectedError),
    /// It aborted; we must refuse.
    Crash,
}

/// The error of the reference.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedError {
    code: i32,
    name: String,
}

impl<T> Outcome<T> {
    /// Makes something else of the results.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Ok(results) => Outcome::Ok(change(results)),
            Self::Error(error) => Outcome::Error(error),
            Self::Crash => Outcome::Crash,
        }
    }

    /// True if our error is as good as the reference's.
    pub(crate) fn is_met_by(&self, got: &CodedError) -> bool {
        match self {
            Self::Ok(_) => false,
            Self::Crash => true,
            Self::Error(expected) if expected.code < FIRST_CODE => true,
            Self::Error(expected) => (expected.code, &expected.name) == (got.code, &got.name),
        }
    }

    /// The expectation in words, without the results.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Ok(_) => "ok".to_owned(),
            Self::Crash => "any error, as the reference crashed".to_owned(),
            Self::Error(expected) => expected.to_string(),
        }
    }
}

impl fmt::Display for ExpectedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code < FIRST_CODE {
            f.write_str("any error")
        } else {
            write!(f, "error {} {}", self.code, self.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn got(code: i32, name: &str) -> CodedError {
        CodedError {
            code,
            name: name.to_owned(),
            message: String::new(),
        }
    }

    fn expected(code: i32, name: &str) -> Outcome<()> {
        Outcome::Error(ExpectedError {
            code,
            name: name.to_owned(),
        })
    }

    #[test]
    fn a_code_from_100_on_must_agree_in_code_and_name() {
        assert!(expected(207, "A").is_met_by(&got(207, "A")));
        assert!(!expected(207, "A").is_met_by(&got(207, "B")));
        assert!(!expected(207, "A").is_met_by(&got(208, "A")));
        assert!(!expected(207, "A").is_met_by(&got(0, "")));
    }

    #[test]
    fn without_a_code_any_error_will_do_and_success_expects_none() {
        assert!(expected(0, "").is_met_by(&got(207, "A")));
        assert!(Outcome::<()>::Crash.is_met_by(&got(0, "")));
        assert!(!Outcome::Ok(()).is_met_by(&got(0, "")));
    }
}
