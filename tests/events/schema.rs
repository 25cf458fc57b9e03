//! As much of JSON Schema as `spec/events.schema.json` uses. A field that the schema does not name is an error here, though readers
//! have to pass over such fields.

use serde_json::Value;

const SCHEMA: &str = include_str!("../../spec/events.schema.json");

/// The schema of events, and in `$defs` that of what they hold.
pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn read() -> Self {
        Self(serde_json::from_str(SCHEMA).unwrap())
    }

    /// The part of the schema behind this name.
    pub(crate) fn definition(&self, name: &str) -> &Value {
        &self.0["$defs"][name]
    }

    /// The words that tell the alternatives of an enum apart, under the name `tag` or as they are.
    pub(crate) fn tags<'a>(&'a self, definition: &'a Value, tag: &str) -> Vec<&'a str> {
        let words = match &definition["enum"] {
            Value::Array(words) => words.iter().collect::<Vec<_>>(),
            _ => {
                let all = definition["oneOf"].as_array().unwrap().iter();
                all.map(|one| &one["properties"][tag]["const"]).collect()
            }
        };
        let mut words: Vec<_> = words.iter().map(|word| word.as_str().unwrap()).collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    pub(crate) fn events(&self) -> &Value {
        &self.0
    }

    /// Checks a value; says where it is another one than the schema has.
    pub(crate) fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.strip_prefix("#/$defs/").unwrap();
            let found = self.check(self.definition(name), value);
            return found.map_err(|why| format!("{name}: {why}"));
        }
        if let Some(alternatives) = schema["oneOf"].as_array() {
            return self.check_alternatives(alternatives, value);
        }
        if let Some(constant) = schema.get("const") {
            return holds(constant == value, || format!("{value} for {constant}"));
        }
        if let Some(words) = schema["enum"].as_array() {
            return holds(words.contains(value), || {
                format!("{value} is no word of it")
            });
        }
        match (schema["type"].as_str().unwrap(), value) {
            ("string", Value::String(text)) => check_text(schema["pattern"].as_str(), text),
            ("integer", Value::Number(number)) => {
                holds(!number.is_f64(), || format!("{number} is not whole"))
            }
            ("boolean", Value::Bool(_)) | ("null", Value::Null) => Ok(()),
            ("array", Value::Array(items)) => items
                .iter()
                .try_for_each(|item| self.check(&schema["items"], item)),
            ("object", Value::Object(_)) => self.check_object(schema, value),
            (kind, value) => Err(format!("{value} is no {kind}")),
        }
    }

    fn check_alternatives(&self, all: &[Value], value: &Value) -> Result<(), String> {
        let errors: Vec<_> = all
            .iter()
            .filter_map(|one| self.check(one, value).err())
            .collect();
        holds(errors.len() + 1 == all.len(), || {
            format!("{value} is not one of:\n{}", errors.join("\n"))
        })
    }

    fn check_object(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let (fields, named) = (value.as_object().unwrap(), &schema["properties"]);
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            holds(fields.contains_key(name), || format!("{name} is missing"))?;
        }
        for (name, field) in fields {
            let schema = named.get(name).or(schema.get("additionalProperties"));
            let schema = schema.ok_or(format!("{name} is not named"))?;
            self.check(schema, field)
                .map_err(|why| format!("{name}: {why}"))?;
        }
        Ok(())
    }
}

fn check_text(pattern: Option<&str>, text: &str) -> Result<(), String> {
    let fits = match pattern {
        None => true,
        Some("^-?[0-9]+$") => text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok(),
        Some("^[0-9a-f]+$") => hex::decode(text).is_ok_and(|bytes| !bytes.is_empty()),
        Some(pattern) => panic!("the check of {pattern} is not written"),
    };
    holds(fits, || format!("{text} does not fit"))
}

fn holds(holds: bool, why: impl Fn() -> String) -> Result<(), String> {
    holds.then_some(()).ok_or_else(why)
}
