use core::fmt;

use serde_json::{Map, Value};

/// A request to a peer; its `Display` is the line.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub(super) op: &'static str,
    pub(super) fields: Map<String, Value>,
}

impl Request {
    /// A request with the fields of a JSON object, without those that are `null`.
    pub(super) fn new(op: &'static str, fields: Value) -> Self {
        let mut fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        fields.retain(|_, value| !value.is_null());
        Self { op, fields }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The operation first, as people write it.
        write!(f, "{{\"op\":\"{}\"", self.op)?;
        for (name, value) in &self.fields {
            write!(f, ",\"{name}\":{value}")?;
        }
        f.write_str("}")
    }
}
