use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::case::Fields;
use crate::check::Check;
use crate::error::{CaseFault, Fault, FileError};
use crate::kinds::{self, RunCase};
use crate::report::{Failure, FileReport};

/// The value of `format` in every vector file.
pub const FORMAT: &str = "e2e-call-vectors/1";

/// Runs the cases of a vector file.
///
/// # Errors
///
/// [`FileError`] if the file is not of vectors, of an unknown kind, or malformed anywhere.
pub fn run_file(path: &Path) -> Result<FileReport, FileError> {
    let text = fs::read_to_string(path).map_err(Fault::Read);
    text.and_then(|text| run_text(&text))
        .map_err(|fault| FileError {
            path: path.to_owned(),
            fault,
        })
}

/// Runs the cases of a vector file that is in memory.
///
/// # Errors
///
/// [`Fault`], as for [`run_file`].
pub fn run_text(text: &str) -> Result<FileReport, Fault> {
    let value = serde_json::from_str(text)?;
    let mut file = Fields::new(value, "the file").map_err(Fault::Header)?;
    let format: String = file.take("format").map_err(Fault::Header)?;
    if format != FORMAT {
        return Err(Fault::Format { found: format });
    }
    let kind: String = file.take("kind").map_err(Fault::Header)?;
    let Some(run) = kinds::runner(&kind) else {
        return Err(Fault::UnknownKind { kind });
    };
    let cases: Vec<Value> = file.take("cases").map_err(Fault::Header)?;
    // An empty file would pass without a check.
    if cases.is_empty() {
        return Err(Fault::NoCases);
    }
    let mut report = FileReport::default();
    for (number, case) in cases.into_iter().enumerate() {
        // A malformed case ends the file: what it meant to check is not known.
        let failures = run_case(case, number, &file, run)?;
        match failures.as_slice() {
            [] => report.passed += 1,
            _ => report.failed += 1,
        }
        report.failures.extend(failures);
    }
    Ok(report)
}

/// Runs one case; what the file says beside its cases holds for each of them.
fn run_case(
    case: Value,
    number: usize,
    common: &Fields,
    run: RunCase,
) -> Result<Vec<Failure>, Fault> {
    let in_case = |case: String| move |fault: CaseFault| Fault::Case { case, fault };
    let mut fields = Fields::new(case, "it").map_err(in_case(number.to_string()))?;
    let name: String = fields.take("name").map_err(in_case(number.to_string()))?;
    fields.inherit(common);
    let mut check = Check::new(name.clone());
    run(&mut fields, &mut check)
        .and_then(|()| fields.finish())
        .map_err(in_case(format!("{name:?}")))?;
    Ok(check.into_failures())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        run_text(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_a_vector_file_is_an_error_that_says_why() {
        assert!(fault("").starts_with("not JSON: "));
        assert_eq!(fault("7"), "not a vector file: the file is not an object");
        assert_eq!(
            fault("{}"),
            r#"not a vector file: the field "format" is missing"#
        );
        assert_eq!(
            fault(r#"{"format": "x"}"#),
            r#"not a vector file: its format is "x""#
        );
        let of_kind = |kind: &str, cases: &str| {
            format!(r#"{{"format": "{FORMAT}", "kind": "{kind}", "cases": {cases}}}"#)
        };
        assert_eq!(fault(&of_kind("x", "[]")), r#"unknown kind "x""#);
        assert_eq!(fault(&of_kind("sign", "[]")), "it has no cases");
        assert_eq!(
            fault(&of_kind("sign", "[7]")),
            "case 0: it is not an object"
        );
        assert_eq!(
            fault(&of_kind("sign", r#"[{"name": "n"}]"#)),
            r#"case "n": the field "seed" is missing"#
        );
        assert_eq!(
            fault(&of_kind("verify", r#"[{"name": "n", "public_key": "00"}]"#)),
            r#"case "n": the field "public_key" is wrong: 32 bytes are needed, not 1"#
        );
        let step = r#"[{"name": "n", "mode": "full", "steps": [{"block": ""}]}]"#;
        assert_eq!(
            fault(&of_kind("chain", step)),
            r#"case "n": step 0: an outcome is one of "ok", "error" and "crash": true; there are 0"#
        );
    }
}
