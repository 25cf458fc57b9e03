//! Reading what others write: only a transport that cannot work refuses the answer.
//!
//! Servers and their proxies write numbers as texts and texts as numbers, lists as objects or `null`, and objects that are
//! empty as lists. An oddity in one codec, extension or candidate costs that one, or is read as what it means, because a call
//! without it is better than no call.

use serde_json::{Map, Value};

use super::error::{AnswerError, MissingPart};
use super::parameters::{
    Candidate, ConnectionParameters, Feedback, HeaderExtension, MediaParameters, PayloadType,
    Transport,
};
use crate::api::Ssrc;
use crate::joining::payload::{Fingerprint, IceCredentials, Setup};

/// The clock of every video codec in RTP.
const VIDEO_CLOCK: u32 = 90_000;
/// The clock of Opus in RTP.
const SOUND_CLOCK: u32 = 48_000;

pub(super) fn parameters(answer: &Map<String, Value>) -> Result<ConnectionParameters, AnswerError> {
    let media = |name, clock| Some(media(answer.get(name)?.as_object()?, clock));
    Ok(ConnectionParameters {
        transport: transport(answer)?,
        video: media("video", VIDEO_CLOCK),
        audio: media("audio", SOUND_CLOCK),
    })
}

/// Reads a flag, however it is written.
pub(super) fn is_set(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(set)) => *set,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => matches!(text.as_str(), "true" | "1"),
        _ => false,
    }
}

fn transport(answer: &Map<String, Value>) -> Result<Transport, AnswerError> {
    let transport = answer.get("transport").and_then(Value::as_object);
    let transport = transport.ok_or(MissingPart::Transport)?;
    let ufrag = text(transport.get("ufrag")).ok_or(MissingPart::Ufrag)?;
    let pwd = text(transport.get("pwd")).ok_or(MissingPart::Pwd)?;
    let credentials = IceCredentials::new(&ufrag, &pwd)?;
    let fingerprints = list(transport.get("fingerprints"), fingerprint);
    if fingerprints.is_empty() {
        return Err(MissingPart::Fingerprint.into());
    }
    Ok(Transport {
        credentials,
        fingerprints,
        candidates: list(transport.get("candidates"), candidate),
        rtcp_mux: is_set(transport.get("rtcp-mux")),
    })
}

/// Reads a fingerprint that a certificate can be compared with.
fn fingerprint(value: &Value) -> Option<Fingerprint> {
    let word = |name: &str| text(value.get(name)).map(|word| word.to_ascii_lowercase());
    let setup = word("setup").filter(|setup| Setup::from_word(setup).is_some());
    // The server opens the connection, since clients write `passive`.
    let setup = setup.as_deref().unwrap_or(Setup::Active.as_str());
    Fingerprint::from_texts(&word("hash")?, &text(value.get("fingerprint"))?, setup).ok()
}

/// Reads a candidate that says where it is; the rest has values that ICE takes.
fn candidate(value: &Value) -> Option<Candidate> {
    let fields = value.as_object()?;
    let field = |name: &str| text(fields.get(name));
    let or = |name: &str, default: &str| field(name).unwrap_or_else(|| default.to_owned());
    Some(Candidate {
        id: or("id", ""),
        generation: or("generation", "0"),
        component: or("component", "1"),
        protocol: or("protocol", "udp"),
        ip: field("ip").filter(|ip| !ip.is_empty())?,
        port: field("port").filter(|port| port.parse::<u16>().is_ok())?,
        foundation: or("foundation", "1"),
        priority: or("priority", "0"),
        kind: or("type", "host"),
        network: or("network", "0"),
        tcptype: field("tcptype"),
        rel_addr: field("rel-addr"),
        rel_port: field("rel-port"),
    })
}

fn media(fields: &Map<String, Value>, clock: u32) -> MediaParameters {
    let codec = |value: &Value| payload_type(value, clock);
    MediaParameters {
        endpoint: text(fields.get("endpoint")),
        server_sources: list(fields.get("server_sources"), source),
        payload_types: list(fields.get("payload-types"), codec),
        rtp_hdrexts: list(fields.get("rtp-hdrexts"), extension),
    }
}

/// Reads a codec that has a name and a number of RTP.
fn payload_type(value: &Value, clock: u32) -> Option<PayloadType> {
    let fields = value.as_object()?;
    let count = |name: &str| number(fields.get(name)).filter(|number| *number > 0);
    Some(PayloadType {
        id: number(fields.get("id")).filter(|id| *id <= 127)?,
        name: text(fields.get("name")).filter(|name| !name.is_empty())?,
        clockrate: count("clockrate").unwrap_or(clock),
        channels: count("channels"),
        parameters: match fields.get("parameters") {
            Some(Value::Object(parameters)) => {
                let parameters = parameters.iter().filter(|(_, value)| !value.is_null());
                parameters
                    .map(|(name, value)| (name.clone(), plain(value)))
                    .collect()
            }
            _ => Default::default(),
        },
        rtcp_fbs: list(fields.get("rtcp-fbs"), feedback),
    })
}

/// Reads a kind of feedback; SDP writes the kind within the kind behind a space.
fn feedback(value: &Value) -> Option<Feedback> {
    let kind = text(Some(value)).or_else(|| text(value.get("type")))?;
    let (kind, rest) = kind.trim().split_once(' ').unwrap_or((kind.trim(), ""));
    let rest = Some(rest.trim()).filter(|rest| !rest.is_empty());
    let subtype = text(value.get("subtype")).filter(|subtype| !subtype.is_empty());
    (!kind.is_empty()).then(|| Feedback {
        kind: kind.to_owned(),
        subtype: subtype.or_else(|| rest.map(str::to_owned)),
    })
}

fn extension(value: &Value) -> Option<HeaderExtension> {
    Some(HeaderExtension {
        id: number(value.get("id")).filter(|id| (1..=255).contains(id))?,
        uri: text(value.get("uri")).filter(|uri| !uri.is_empty())?,
    })
}

/// Reads a source, signed or unsigned; zero is no source.
fn source(value: &Value) -> Option<Ssrc> {
    let number = whole(value)?;
    match i32::try_from(number) {
        Ok(signed) => Ssrc::from_signed(signed),
        Err(_) => Ssrc::new(u32::try_from(number).ok()?),
    }
}

/// Reads the elements of a list, which can be one element alone, or an object of which they are the values.
fn list<T>(value: Option<&Value>, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(elements)) => elements.iter().filter_map(read).collect(),
        Some(one) => match (read(one), one) {
            (Some(one), _) => vec![one],
            (None, Value::Object(elements)) => {
                let mut elements: Vec<_> = elements.iter().collect();
                // The keys are the places, as texts.
                elements.sort_by_key(|(place, _)| place.parse::<u32>().ok());
                let elements = elements.into_iter();
                elements.filter_map(|(_, element)| read(element)).collect()
            }
            _ => Vec::new(),
        },
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A value as a text: its own if it is one, else its JSON.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: Option<&Value>) -> Option<u32> {
    u32::try_from(whole(value?)?).ok()
}

/// A whole number, also one that is written with a fraction of zero or as a text.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_i64().or_else(|| {
            let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
            // All that is read here has 32 bits, which floating point holds exactly.
            let is_small = number.abs() <= f64::from(u32::MAX);
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
            is_small.then_some(number as i64)
        }),
        _ => None,
    }
}
