use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::Ssrc;
use crate::joining::payload::{Fingerprint, IceCredentials};

/// The server's media end, and what it understands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionParameters {
    /// The server's end.
    pub transport: Transport,
    /// Everything that the server knows about video.
    pub video: Option<MediaParameters>,
    /// Everything that the server knows about sound.
    pub audio: Option<MediaParameters>,
}

/// The server's end of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transport {
    /// The ICE credentials of the server.
    #[serde(skip)]
    pub credentials: IceCredentials,
    /// The fingerprints of the server's certificate, at least one.
    pub fingerprints: Vec<Fingerprint>,
    /// The places where the server can be reached.
    pub candidates: Vec<Candidate>,
    /// True if control packets share the port of the media.
    pub rtcp_mux: bool,
}

/// A place where the server can be reached; every field is a text on the wire, numbers too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

/// Everything that the server knows about one kind of media.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MediaParameters {
    /// The endpoint that the server itself sends as.
    pub endpoint: Option<String>,
    /// The sources that the server itself sends.
    pub server_sources: Vec<Ssrc>,
    /// The codecs.
    pub payload_types: Vec<PayloadType>,
    /// The extensions of the RTP header.
    pub rtp_hdrexts: Vec<HeaderExtension>,
}

/// A codec under its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PayloadType {
    /// The number in RTP packets.
    pub id: u32,
    /// The name of the codec.
    pub name: String,
    /// Ticks in a second.
    pub clockrate: u32,
    /// The number of channels of sound.
    pub channels: Option<u32>,
    /// The parameters of the codec; those that are no string are the text of their JSON.
    pub parameters: BTreeMap<String, String>,
    /// The kinds of feedback that the codec understands.
    pub rtcp_fbs: Vec<Feedback>,
}

/// A kind of feedback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feedback {
    /// The kind, such as `nack`.
    pub kind: String,
    /// The kind within the kind, such as `pli`.
    pub subtype: Option<String>,
}

/// An extension of the RTP header under its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeaderExtension {
    /// The number in RTP packets.
    pub id: u32,
    /// The name of the extension.
    pub uri: String,
}
