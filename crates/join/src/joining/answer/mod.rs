//! The answer to a join payload: how the media connects.
//!
//! Implements `spec/protocol.md`, 10.

mod parameters;

use serde::Deserialize;
use thiserror::Error;

use crate::limits;

pub use parameters::{
    Candidate, ConnectionParameters, Feedback, HeaderExtension, MediaParameters, PayloadType,
    Transport,
};

/// What the server says about the media of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A connection of the client's own.
    Connect(Box<ConnectionParameters>),
    /// A stream to be downloaded in parts, which a conference never gets.
    Stream {
        /// Whether the stream comes by RTMP.
        rtmp: bool,
    },
}

/// Something is not an answer, or not one for this kind of call.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The text is too long to be an answer.
    #[error("an answer has at most {max} bytes, not {length}", max = limits::ANSWER_BYTES)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The text is not the JSON of an answer.
    #[error("the answer cannot be read in line {line} at column {column}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A conference was answered with a stream.
    #[error("a conference is never answered with a stream")]
    StreamInConference,
}

impl Answer {
    /// Reads the JSON of an answer; unknown fields are ignored.
    ///
    /// # Errors
    ///
    /// [`AnswerError::TooLong`] and [`AnswerError::Malformed`]
    pub fn from_json(text: &str) -> Result<Self, AnswerError> {
        if text.len() > limits::ANSWER_BYTES {
            return Err(AnswerError::TooLong { length: text.len() });
        }
        // The parser would take a list for an object whose fields stand in order.
        if !text.trim_ascii_start().starts_with('{') {
            let (line, column) = (1, 1);
            return Err(AnswerError::Malformed { line, column });
        }
        let stream: RawStream = read(text)?;
        if stream.stream {
            let rtmp = stream.rtmp;
            return Ok(Self::Stream { rtmp });
        }
        read(text).map(Self::Connect)
    }

    /// The answer as that to a conference join.
    ///
    /// # Errors
    ///
    /// [`AnswerError::StreamInConference`]
    pub fn into_conference(self) -> Result<ConnectionParameters, AnswerError> {
        match self {
            Self::Connect(parameters) => Ok(*parameters),
            Self::Stream { .. } => Err(AnswerError::StreamInConference),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, AnswerError> {
    serde_json::from_str(text).map_err(|error| AnswerError::Malformed {
        line: error.line(),
        column: error.column(),
    })
}

#[derive(Deserialize)]
struct RawStream {
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    rtmp: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example() -> String {
        let fingerprint = ["AB"; 32].join(":");
        format!(
            r#"{{"transport": {{
                "xmlns": "ignored", "rtcp-mux": true, "ufrag": "serv", "pwd": "ABCDEFGHIJKLMNOPQRSTUV",
                "fingerprints": [{{"hash": "sha-256", "setup": "active", "fingerprint": "{fingerprint}"}}],
                "candidates": [{{"port": "32000", "protocol": "udp", "network": "0", "generation": "0",
                    "id": "1", "component": "1", "foundation": "1", "priority": "2130706431",
                    "ip": "192.0.2.1", "type": "host", "rel-addr": "192.0.2.2", "rel-port": "9"}}]}},
              "video": {{"endpoint": "edge", "server_sources": [-1, 5, 0, 4294967294],
                "payload-types": [{{"id": 100, "name": "VP8", "clockrate": 90000,
                    "parameters": {{"apt": 99, "mode": "x"}},
                    "rtcp-fbs": [{{"type": "nack", "subtype": "pli"}}, {{"type": "nack"}}]}}],
                "rtp-hdrexts": [{{"id": 3, "uri": "urn:3gpp:video-orientation"}}]}}}}"#
        )
    }

    fn connect(text: &str) -> ConnectionParameters {
        Answer::from_json(text).unwrap().into_conference().unwrap()
    }

    #[test]
    fn an_answer_is_read_with_every_field() {
        let parameters = connect(&example());
        let transport = parameters.transport;
        assert_eq!(transport.credentials.pwd(), "ABCDEFGHIJKLMNOPQRSTUV");
        assert_eq!(transport.fingerprints[0].as_bytes(), [0xab; 32]);
        assert!(transport.rtcp_mux);
        let candidate = &transport.candidates[0];
        assert_eq!(
            (candidate.port.as_str(), candidate.kind.as_str()),
            ("32000", "host")
        );
        assert_eq!(candidate.rel_addr.as_deref(), Some("192.0.2.2"));
        assert_eq!(candidate.tcptype, None);

        let video = parameters.video.unwrap();
        let sources: Vec<_> = video
            .server_sources
            .iter()
            .map(|source| source.signed())
            .collect();
        assert_eq!(sources, [-1, 5, -2]);
        let codec = &video.payload_types[0];
        assert_eq!(
            (codec.id, codec.clockrate, codec.channels),
            (100, 90_000, None)
        );
        assert_eq!(codec.parameters["apt"], "99");
        assert_eq!(codec.parameters["mode"], "x");
        assert_eq!(codec.rtcp_fbs[0].subtype.as_deref(), Some("pli"));
        assert_eq!(video.rtp_hdrexts[0].id, 3);
        assert_eq!(parameters.audio, None);
    }

    #[test]
    fn a_stream_is_not_for_a_conference() {
        for (text, rtmp) in [
            (r#"{"stream": true}"#, false),
            (r#"{"stream": true, "rtmp": true}"#, true),
        ] {
            let answer = Answer::from_json(text).unwrap();
            assert_eq!(answer, Answer::Stream { rtmp });
            assert_eq!(
                answer.into_conference(),
                Err(AnswerError::StreamInConference)
            );
        }
    }

    #[test]
    fn a_malformed_answer_is_refused() {
        for (replaced, by) in [
            ("\"32000\"", "32000"),
            ("\"transport\"", "\"x\""),
            ("\"ufrag\"", "\"x\""),
            ("\"serv\"", "\"s\""),
            ("sha-256", "md5"),
            ("[-1,", "[1.5,"),
            ("[-1,", "[4294967296,"),
            ("\"ip\"", "\"x\""),
        ] {
            let text = example().replace(replaced, by);
            let error = Answer::from_json(&text).unwrap_err();
            assert!(
                matches!(error, AnswerError::Malformed { .. }),
                "{replaced}: {error}"
            );
        }
        for text in ["", "[true]", "[true, true]", "{}", "null"] {
            let error = Answer::from_json(text).unwrap_err();
            assert!(
                matches!(error, AnswerError::Malformed { .. }),
                "{text}: {error}"
            );
        }
        let length = limits::ANSWER_BYTES + 1;
        let long = " ".repeat(length);
        assert_eq!(
            Answer::from_json(&long),
            Err(AnswerError::TooLong { length })
        );
    }

    #[test]
    fn debug_does_not_show_the_servers_pwd() {
        let shown = format!("{:?}", Answer::from_json(&example()).unwrap());
        assert!(!shown.contains("ABCDEFGHIJKLMNOPQRSTUV"));
    }

    proptest! {
        #[test]
        fn an_arbitrary_text_is_read_or_refused(text: String) {
            let _ = Answer::from_json(&text);
        }

        #[test]
        fn an_answer_changed_anywhere_is_read_or_refused(at: prop::sample::Index, by: char) {
            let mut characters: Vec<char> = example().chars().collect();
            let at = at.index(characters.len());
            characters[at] = by;
            let _ = Answer::from_json(&characters.iter().collect::<String>());
        }
    }
}
