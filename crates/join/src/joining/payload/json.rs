//! The payload's JSON.
//!
//! Numbers are read as whole numbers and never through floating point; a number with a fraction or an
//! exponent is refused. Sources are read in the signed range only: one at or above 2^31 is a client that forgot
//! the sign, and the server would refuse it. Unknown fields are ignored, a field that stands twice is refused.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Fingerprint, IceCredentials, JoinPayload, PayloadError};
use crate::api::{DataJson, Semantics, Ssrc, SsrcGroup};
use crate::limits;

/// The fields of a payload, with anything in them.
#[derive(Deserialize)]
struct Fields {
    ssrc: Option<Value>,
    ufrag: Option<Value>,
    pwd: Option<Value>,
    fingerprints: Option<Value>,
    #[serde(rename = "ssrc-groups")]
    ssrc_groups: Option<Value>,
}

impl JoinPayload {
    /// Reads the JSON of a payload.
    ///
    /// # Errors
    ///
    /// [`PayloadError`]; a field that is `null` is missing.
    pub fn from_json(text: &str) -> Result<Self, PayloadError> {
        if text.len() > limits::PAYLOAD_BYTES {
            return Err(PayloadError::TooLong { length: text.len() });
        }
        // The parser would take a list for an object whose fields stand in order.
        if !text.trim_ascii_start().starts_with('{') {
            let (line, column) = (1, 1);
            return Err(PayloadError::NotAnObject { line, column });
        }
        let fields: Fields = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            PayloadError::NotAnObject { line, column }
        })?;
        let ssrc = fields.ssrc.ok_or(PayloadError::MissingSsrc)?;
        let ufrag = string(fields.ufrag.as_ref(), "ufrag")?;
        let pwd = string(fields.pwd.as_ref(), "pwd")?;
        // Media engines write a list without groups where there is no video.
        let groups = fields.ssrc_groups.as_ref();
        let groups =
            groups.filter(|groups| groups.as_array().is_none_or(|groups| !groups.is_empty()));
        Self::new(
            read_source(&ssrc, "ssrc")?,
            IceCredentials::new(ufrag, pwd)?,
            list(
                fields.fingerprints.as_ref(),
                "fingerprints",
                read_fingerprint,
            )?,
            groups.map_or(Ok(Vec::new()), |groups| {
                list(Some(groups), "ssrc-groups", read_group)
            })?,
        )
    }

    /// The payload as the `params` of a request.
    pub fn to_params(&self) -> DataJson {
        DataJson::new(self.to_json())
    }

    /// Writes the JSON of the payload, without white space.
    pub fn to_json(&self) -> String {
        let mut fields = object([
            ("ssrc", self.ssrc.signed().into()),
            ("ufrag", self.credentials.ufrag().into()),
            ("pwd", self.credentials.pwd().into()),
            (
                "fingerprints",
                self.fingerprints.iter().map(write_fingerprint).collect(),
            ),
        ]);
        if !self.ssrc_groups.is_empty() {
            let groups = self.ssrc_groups.iter().map(write_group).collect();
            fields.insert("ssrc-groups".to_owned(), groups);
        }
        Value::Object(fields).to_string()
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    let fields = fields.into_iter();
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn write_fingerprint(fingerprint: &Fingerprint) -> Value {
    let fields = object([
        ("hash", fingerprint.hash().as_str().into()),
        ("fingerprint", fingerprint.to_string().into()),
        ("setup", fingerprint.setup().as_str().into()),
    ]);
    Value::Object(fields)
}

fn write_group(group: &SsrcGroup) -> Value {
    let sources = group.sources().iter().map(|source| source.signed());
    let fields = object([
        ("semantics", group.semantics().as_str().into()),
        ("sources", sources.collect()),
    ]);
    Value::Object(fields)
}

fn read_fingerprint(value: &Value) -> Result<Fingerprint, PayloadError> {
    let hash = string(value.get("hash"), "fingerprints.hash")?;
    let text = string(value.get("fingerprint"), "fingerprints.fingerprint")?;
    let setup = string(value.get("setup"), "fingerprints.setup")?;
    Ok(Fingerprint::from_texts(hash, text, setup)?)
}

fn read_group(value: &Value) -> Result<SsrcGroup, PayloadError> {
    let semantics = string(value.get("semantics"), "ssrc-groups.semantics")?;
    let semantics = Semantics::from_word(semantics).ok_or(PayloadError::UnknownSemantics)?;
    let field = "ssrc-groups.sources";
    let sources = list(value.get("sources"), field, |source| {
        read_source(source, field)
    })?;
    Ok(SsrcGroup::new(semantics, sources)?)
}

fn read_source(value: &Value, field: &'static str) -> Result<Ssrc, PayloadError> {
    // Signed on purpose: 2^31 and more is a client that forgot the sign, and the server refuses it.
    let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
    let number = number.ok_or(PayloadError::NotSigned32 { field })?;
    Ssrc::from_signed(number).ok_or(PayloadError::ZeroSource { field })
}

fn string<'a>(value: Option<&'a Value>, field: &'static str) -> Result<&'a str, PayloadError> {
    let expected = "a string";
    let value = value.ok_or(PayloadError::Missing { field })?;
    value
        .as_str()
        .ok_or(PayloadError::WrongType { field, expected })
}

/// Reads a list that has at least one element.
fn list<T>(
    value: Option<&Value>,
    field: &'static str,
    read: impl Fn(&Value) -> Result<T, PayloadError>,
) -> Result<Vec<T>, PayloadError> {
    let expected = "a list";
    let value = value.ok_or(PayloadError::Missing { field })?;
    match value.as_array().map(Vec::as_slice) {
        None => Err(PayloadError::WrongType { field, expected }),
        Some([]) => Err(PayloadError::Empty { field }),
        Some(elements) => elements.iter().map(read).collect(),
    }
}
