use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::api::Ssrc;
use crate::joining::payload::{Fingerprint, IceCredentials, PayloadError, read_fingerprint};

/// How to connect to the server's media end.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ConnectionParameters {
    /// The server's end.
    pub transport: Transport,
    /// What the server knows about video.
    pub video: Option<MediaParameters>,
    /// What the server knows about sound.
    pub audio: Option<MediaParameters>,
}

/// The server's end of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawTransport")]
pub struct Transport {
    /// The ICE credentials of the server.
    pub credentials: IceCredentials,
    /// The fingerprints of the server's certificate.
    pub fingerprints: Vec<Fingerprint>,
    /// Where the server can be reached.
    pub candidates: Vec<Candidate>,
    /// Whether control packets share the port of the media.
    pub rtcp_mux: bool,
}

/// A place where the server can be reached; every field is a string on the wire, numbers too.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Candidate {
    /// The number of the candidate.
    pub id: String,
    /// The ICE generation.
    pub generation: String,
    /// The ICE component.
    pub component: String,
    /// `udp` or `tcp`.
    pub protocol: String,
    /// The IP address, of either family.
    pub ip: String,
    /// The port.
    pub port: String,
    /// The ICE foundation.
    pub foundation: String,
    /// The ICE priority.
    pub priority: String,
    /// `host`, `srflx`, `prflx` or `relay`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The number of the network.
    pub network: String,
    /// The role of a TCP candidate.
    pub tcptype: Option<String>,
    /// The address behind the candidate.
    pub rel_addr: Option<String>,
    /// The port behind the candidate.
    pub rel_port: Option<String>,
}

/// What the server knows about one kind of media.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MediaParameters {
    /// The endpoint that the server itself sends as.
    pub endpoint: Option<String>,
    /// The sources that the server itself sends.
    #[serde(rename = "server_sources", deserialize_with = "read_sources")]
    pub server_sources: Vec<Ssrc>,
    /// The codecs.
    pub payload_types: Vec<PayloadType>,
    /// The extensions of the RTP header.
    pub rtp_hdrexts: Vec<HeaderExtension>,
}

/// A codec under its number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PayloadType {
    /// The number in RTP packets.
    pub id: u32,
    /// The name of the codec.
    pub name: String,
    /// Ticks in a second.
    pub clockrate: u32,
    /// How many channels of sound.
    pub channels: Option<u32>,
    /// The parameters of the codec; those that are no string are the text of their JSON.
    #[serde(default, deserialize_with = "read_parameters")]
    pub parameters: BTreeMap<String, String>,
    /// The kinds of feedback that the codec understands.
    #[serde(default)]
    pub rtcp_fbs: Vec<Feedback>,
}

/// A kind of feedback.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Feedback {
    /// The kind, such as `nack`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind within the kind, such as `pli`.
    pub subtype: Option<String>,
}

/// An extension of the RTP header under its number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HeaderExtension {
    /// The number in RTP packets.
    pub id: u32,
    /// The name of the extension.
    pub uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawTransport {
    ufrag: String,
    pwd: String,
    fingerprints: Vec<Value>,
    candidates: Vec<Candidate>,
    #[serde(default)]
    rtcp_mux: bool,
}

impl TryFrom<RawTransport> for Transport {
    type Error = PayloadError;

    fn try_from(raw: RawTransport) -> Result<Self, Self::Error> {
        let fingerprints = raw.fingerprints.iter().map(read_fingerprint);
        Ok(Self {
            credentials: IceCredentials::new(&raw.ufrag, &raw.pwd)?,
            fingerprints: fingerprints.collect::<Result<_, _>>()?,
            candidates: raw.candidates,
            rtcp_mux: raw.rtcp_mux,
        })
    }
}

/// Reads sources as signed or unsigned numbers and leaves out zeros, which are nobody's.
fn read_sources<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Ssrc>, D::Error> {
    let numbers = Vec::<i64>::deserialize(input)?;
    let bits = |number: i64| match i32::try_from(number) {
        Ok(signed) => Ok(signed.cast_unsigned()),
        Err(_) => u32::try_from(number),
    };
    let sources = numbers.into_iter().map(|number| {
        let bits = bits(number).map_err(|_| de::Error::custom("a source has more than 32 bits"))?;
        Ok(Ssrc::new(bits))
    });
    sources.filter_map(Result::transpose).collect()
}

fn read_parameters<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let parameters = BTreeMap::<String, Value>::deserialize(input)?.into_iter();
    let texts = parameters.map(|(name, value)| match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    });
    Ok(texts.collect())
}
