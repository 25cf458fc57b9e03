use serde::Deserialize;
use serde_json::Value;

/// The form in which answers have the ids of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ids {
    /// As the vectors have them.
    Numbers,
    /// In decimal strings, for readers that keep 53 bits of a number.
    Strings,
}

/// The fields that have an id, or a list of them.
const FIELDS: [&str; 2] = ["user_id", "dest_user_id"];

impl Ids {
    /// Gives a result the ids in this form.
    pub(super) fn apply(self, result: &mut Value) {
        if self == Self::Strings {
            with_strings(result, false);
        }
    }
}

fn with_strings(value: &mut Value, is_id: bool) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                with_strings(value, FIELDS.contains(&name.as_str()));
            }
        }
        Value::Array(values) => values
            .iter_mut()
            .for_each(|value| with_strings(value, is_id)),
        Value::Number(number) if is_id => *value = Value::String(number.to_string()),
        _ => {}
    }
}
