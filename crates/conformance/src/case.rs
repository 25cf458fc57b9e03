use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::CaseFault;
use crate::outcome::Outcome;

/// The fields of a JSON object, taken one by one so that none is overlooked.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Takes over an object; `what` names it in errors.
    pub(crate) fn new(value: Value, what: &str) -> Result<Self, CaseFault> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(CaseFault::NotAnObject {
                what: what.to_owned(),
            }),
        }
    }

    /// Takes a field that must be there.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, field: &str) -> Result<T, CaseFault> {
        self.take_optional(field)?
            .ok_or_else(|| CaseFault::Missing {
                field: field.to_owned(),
            })
    }

    /// Takes a field that need not be there.
    pub(crate) fn take_optional<T: DeserializeOwned>(
        &mut self,
        field: &str,
    ) -> Result<Option<T>, CaseFault> {
        // Taken out, so that `finish` finds a field that no runner knows: a typo must not pass.
        let value = self.0.remove(field).map(serde_json::from_value);
        value.transpose().map_err(|source| CaseFault::Invalid {
            field: field.to_owned(),
            source,
        })
    }

    /// Takes the outcome that stands among the fields.
    pub(crate) fn outcome<T: DeserializeOwned>(&mut self) -> Result<Outcome<T>, CaseFault> {
        let ok = self.take_optional("ok")?.map(Outcome::Ok);
        let error = self.take_optional("error")?.map(Outcome::Error);
        let crash = self.take_optional::<bool>("crash")?;
        // `"crash": false` says nothing, and must not hide that an outcome is missing.
        let crash = crash.filter(|crash| *crash).map(|_| Outcome::Crash);
        let mut found: Vec<_> = [ok, error, crash].into_iter().flatten().collect();
        match (found.pop(), found.len()) {
            (Some(outcome), 0) => Ok(outcome),
            (None, _) => Err(CaseFault::Outcome { found: 0 }),
            (Some(_), others) => Err(CaseFault::Outcome { found: others + 1 }),
        }
    }

    /// Takes the outcome that stands among the fields, whose success is the field `result`.
    pub(crate) fn outcome_of<T: DeserializeOwned>(
        &mut self,
        result: &str,
    ) -> Result<Outcome<T>, CaseFault> {
        match self.take_optional(result)? {
            Some(result) => Ok(Outcome::Ok(result)),
            None => self.outcome(),
        }
    }

    /// Takes a list of objects.
    pub(crate) fn objects(&mut self, field: &str) -> Result<Vec<Self>, CaseFault> {
        let values: Vec<Value> = self.take(field)?;
        let objects = values.into_iter().enumerate();
        objects
            .map(|(at, value)| Self::new(value, &format!("{field}[{at}]")))
            .collect()
    }

    /// Takes a list of steps, each read by `read`.
    pub(crate) fn steps<T>(
        &mut self,
        field: &str,
        read: impl Fn(Self) -> Result<T, CaseFault>,
    ) -> Result<Vec<T>, CaseFault> {
        let steps = self.objects(field)?.into_iter().enumerate();
        steps
            .map(|(step, fields)| {
                read(fields).map_err(|fault| CaseFault::Step {
                    step,
                    fault: Box::new(fault),
                })
            })
            .collect()
    }

    /// Takes an object that need not be there.
    pub(crate) fn optional_object(&mut self, field: &str) -> Result<Option<Self>, CaseFault> {
        let value = self.0.remove(field);
        value.map(|value| Self::new(value, field)).transpose()
    }

    /// Gives every field of `common` to this object, unless it has one of that name.
    pub(crate) fn inherit(&mut self, common: &Self) {
        for (name, value) in &common.0 {
            // A case may say otherwise than its file.
            let place = self.0.entry(name.clone());
            place.or_insert_with(|| value.clone());
        }
    }

    /// Refuses an object that has any field left.
    pub(crate) fn finish(&self) -> Result<(), CaseFault> {
        match self.0.keys().next() {
            Some(field) => Err(CaseFault::Unknown {
                field: field.clone(),
            }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        Fields::new(value, "a test").unwrap()
    }

    #[test]
    fn a_field_that_nobody_took_is_refused() {
        let mut case = fields(json!({"known": 1, "typo": 2}));
        assert_eq!(case.take::<i32>("known").unwrap(), 1);
        assert!(matches!(case.finish(), Err(CaseFault::Unknown { field }) if field == "typo"));
    }

    #[test]
    fn an_outcome_is_exactly_one_thing() {
        let error = json!({"code": 0, "name": ""});
        for wrong in [
            json!({}),
            json!({"crash": false}),
            json!({"ok": 1, "error": error}),
        ] {
            assert!(fields(wrong).outcome::<i32>().is_err());
        }
        assert!(matches!(
            fields(json!({"ok": 1})).outcome(),
            Ok(Outcome::Ok(1))
        ));
        let crash = fields(json!({"crash": true})).outcome::<i32>();
        assert!(matches!(crash, Ok(Outcome::Crash)));
    }
}
