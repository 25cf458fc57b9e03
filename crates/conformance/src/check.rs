use serde::Serialize;
use serde_json::Value;

use crate::outcome::Outcome;
use crate::report::Failure;
use crate::shapes::CodedError;

/// Collects the expectations of one case that are not met.
pub(crate) struct Check {
    case: String,
    step: Option<String>,
    failures: Vec<Failure>,
}

impl Check {
    /// Starts a case.
    pub(crate) fn new(case: String) -> Self {
        Self {
            case,
            step: None,
            failures: Vec::new(),
        }
    }

    /// Names the step that the checks that follow belong to.
    pub(crate) fn enter_step(&mut self, step: impl Into<String>) {
        self.step = Some(step.into());
    }

    /// True if anything was wrong so far.
    pub(crate) fn has_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Ends the case.
    pub(crate) fn into_failures(self) -> Vec<Failure> {
        self.failures
    }

    /// Expects a value; differences are reported field by field.
    pub(crate) fn same<T: Serialize + PartialEq>(&mut self, what: &str, expected: &T, got: &T) {
        if expected == got {
            return;
        }
        // Compared as values, then named field by field as JSON: the difference is what a reader needs.
        let before = self.failures.len();
        let value = |one: &T| serde_json::to_value(one).unwrap_or_default();
        self.compare(what, Some(&value(expected)), Some(&value(got)));
        if self.failures.len() == before {
            self.fail(what, "the reference's value", "another one");
        }
    }

    /// Expects something to hold.
    pub(crate) fn holds(&mut self, what: &str, holds: bool) {
        self.same(what, &true, &holds);
    }

    /// Expects something to succeed that has no outcome in the file.
    pub(crate) fn succeeds<T, E: core::fmt::Display>(
        &mut self,
        what: &str,
        got: Result<T, E>,
    ) -> Option<T> {
        got.map_err(|error| self.fail(what, "ok", &format!("error: {error}")))
            .ok()
    }

    /// Expects an outcome.
    pub(crate) fn outcome<T: Serialize + PartialEq>(
        &mut self,
        expected: &Outcome<T>,
        got: &Result<T, CodedError>,
    ) {
        match (expected, got) {
            (Outcome::Ok(expected), Ok(got)) => self.same("", expected, got),
            (_, Ok(_)) => self.fail("outcome", &expected.describe(), "ok"),
            // Codes and names must agree, messages need not.
            (_, Err(error)) if expected.is_met_by(error) => {}
            (_, Err(error)) => self.fail("outcome", &expected.describe(), &words(error)),
        }
    }

    fn compare(&mut self, path: &str, expected: Option<&Value>, got: Option<&Value>) {
        match (expected, got) {
            (Some(expected), Some(got)) if expected == got => {}
            (Some(Value::Object(expected)), Some(Value::Object(got))) => {
                // Fields that only one side has are differences too.
                let unexpected = got.keys().filter(|name| !expected.contains_key(*name));
                for name in expected.keys().chain(unexpected) {
                    let path = match path {
                        "" => name.clone(),
                        path => format!("{path}.{name}"),
                    };
                    self.compare(&path, expected.get(name), got.get(name));
                }
            }
            (Some(Value::Array(expected)), Some(Value::Array(got))) => {
                for at in 0..expected.len().max(got.len()) {
                    self.compare(&format!("{path}[{at}]"), expected.get(at), got.get(at));
                }
            }
            _ => self.fail(path, &text(expected), &text(got)),
        }
    }

    fn fail(&mut self, what: &str, expected: &str, got: &str) {
        let step = match &self.step {
            Some(step) if what.is_empty() => step.clone(),
            Some(step) => format!("{step}, {what}"),
            None => what.to_owned(),
        };
        self.failures.push(Failure {
            case: self.case.clone(),
            step,
            expected: expected.to_owned(),
            got: got.to_owned(),
        });
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        Some(value) => value.to_string(),
    }
}

fn words(error: &CodedError) -> String {
    let CodedError {
        code,
        name,
        message,
    } = error;
    match name.as_str() {
        "" => format!("error without a code: {message}"),
        name => format!("error {code} {name}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_reported_by_field() {
        let mut check = Check::new("c".to_owned());
        check.enter_step("step 2");
        check.same(
            "",
            &json!({"a": {"b": [1, 2]}, "same": 0, "left_out": "x"}),
            &json!({"a": {"b": [1, 3, 4]}, "same": 0, "more": ""}),
        );
        let lines: Vec<_> = check
            .into_failures()
            .iter()
            .map(Failure::to_string)
            .collect();
        assert_eq!(
            lines,
            [
                r#"case "c", step 2, a.b[1]: expected 2, got 3"#,
                r#"case "c", step 2, a.b[2]: expected nothing, got 4"#,
                r#"case "c", step 2, left_out: expected x, got nothing"#,
                r#"case "c", step 2, more: expected nothing, got """#,
            ]
        );
    }

    #[test]
    fn a_success_where_an_error_is_expected_fails() {
        let mut check = Check::new("c".to_owned());
        check.outcome(&Outcome::Crash, &Ok(1));
        assert!(check.has_failed());
    }
}
