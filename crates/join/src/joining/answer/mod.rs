//! The answer to a join payload: how the media connects.
//!
//! Implements `spec/protocol.md`, 10.

mod error;
mod parameters;
mod read;

use serde_json::Value;

use crate::api::DataJson;
use crate::limits;

pub use error::{AnswerError, MissingPart};
pub use parameters::{
    Candidate, ConnectionParameters, Feedback, HeaderExtension, MediaParameters, PayloadType,
    Transport,
};

/// The media of a call, as the server offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A connection of the client's own.
    Connect(Box<ConnectionParameters>),
    /// A stream to be downloaded in parts, which a conference never gets.
    Stream {
        /// True if the stream comes by RTMP.
        rtmp: bool,
    },
}

impl Answer {
    /// Reads the JSON of an answer; unknown fields are ignored, and so is whatever cannot be used and is not needed.
    ///
    /// # Errors
    ///
    /// [`AnswerError`], if no connection is possible with it.
    pub fn from_json(text: &str) -> Result<Self, AnswerError> {
        if text.len() > limits::ANSWER_BYTES {
            return Err(AnswerError::TooLong { length: text.len() });
        }
        let Ok(Value::Object(answer)) = serde_json::from_str(text) else {
            return Err(AnswerError::NotAnObject);
        };
        let rtmp = read::is_set(answer.get("rtmp"));
        if rtmp || read::is_set(answer.get("stream")) {
            return Ok(Self::Stream { rtmp });
        }
        let parameters = read::parameters(&answer)?;
        Ok(Self::Connect(Box::new(parameters)))
    }

    /// Reads the JSON of an answer in a conference.
    ///
    /// # Errors
    ///
    /// Those of [`Answer::from_json`] and [`Answer::into_conference`]
    pub fn of_conference(params: &DataJson) -> Result<ConnectionParameters, AnswerError> {
        Self::from_json(params.as_str())?.into_conference()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::joining::payload::{IceError, Setup};
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
        let (field, min, max, length) = ("ufrag", 4, limits::ICE_BYTES, 1);
        let short = AnswerError::Ice(IceError::Length {
            field,
            min,
            max,
            length,
        });
        for (replaced, by, expected) in [
            ("\"transport\"", "\"x\"", MissingPart::Transport.into()),
            ("\"ufrag\"", "\"x\"", MissingPart::Ufrag.into()),
            ("\"pwd\"", "\"x\"", MissingPart::Pwd.into()),
            ("\"serv\"", "\"s\"", short),
            ("sha-256", "md5", MissingPart::Fingerprint.into()),
            ("\"fingerprints\"", "\"x\"", MissingPart::Fingerprint.into()),
            ("{\"hash\"", "null, {\"x\"", MissingPart::Fingerprint.into()),
        ] {
            let text = example().replace(replaced, by);
            assert_eq!(Answer::from_json(&text), Err(expected), "{replaced}");
        }
        for text in ["", "[true]", "[true, true]", "null", "{"] {
            assert_eq!(
                Answer::from_json(text),
                Err(AnswerError::NotAnObject),
                "{text}"
            );
        }
        assert_eq!(Answer::from_json("{}"), Err(MissingPart::Transport.into()));
        let length = limits::ANSWER_BYTES + 1;
        let long = " ".repeat(length);
        assert_eq!(
            Answer::from_json(&long),
            Err(AnswerError::TooLong { length })
        );
    }

    /// The only codec of the example with something replaced.
    fn codec(replaced: &str, by: &str) -> Option<PayloadType> {
        let text = example();
        assert!(text.contains(replaced), "{replaced}");
        let video = connect(&text.replace(replaced, by)).video?;
        video.payload_types.into_iter().next()
    }

    #[test]
    fn an_oddity_in_the_row_of_a_codec_is_read_as_what_it_means() {
        let parameters = r#"{"apt": 99, "mode": "x"}"#;
        for odd in ["[]", "null", "7", "\"x\"", "[{\"a\": 1}]"] {
            assert!(
                codec(parameters, odd).unwrap().parameters.is_empty(),
                "{odd}"
            );
        }
        for (odd, clockrate) in [
            ("90000.0", 90_000),
            ("\"48000\"", 48_000),
            ("null", 90_000),
            ("-1", 90_000),
            ("0", 90_000),
            ("1.5", 90_000),
            ("1e99", 90_000),
        ] {
            assert_eq!(codec("90000", odd).unwrap().clockrate, clockrate, "{odd}");
        }
        assert_eq!(
            codec("\"clockrate\": 90000,", "").unwrap().clockrate,
            90_000
        );
        for (odd, channels) in [
            ("\"2\"", Some(2)),
            ("2.0", Some(2)),
            ("null", None),
            ("[]", None),
        ] {
            let odd = format!("90000, \"channels\": {odd}");
            assert_eq!(codec("90000", &odd).unwrap().channels, channels, "{odd}");
        }
        for odd in ["\"100\"", "100.0"] {
            assert_eq!(
                codec("\"id\": 100", &format!("\"id\": {odd}")).unwrap().id,
                100
            );
        }
    }

    #[test]
    fn feedback_is_read_in_every_form() {
        let feedback = r#"[{"type": "nack", "subtype": "pli"}, {"type": "nack"}]"#;
        let read = |odd| -> Vec<_> {
            let feedback = codec(feedback, odd).unwrap().rtcp_fbs.into_iter();
            feedback.map(|one| (one.kind, one.subtype)).collect()
        };
        let nack = |subtype: Option<&str>| ("nack".to_owned(), subtype.map(str::to_owned));
        for odd in [
            r#"[{"type": "nack pli"}, {"type": "nack", "subtype": null}]"#,
            r#"["nack pli", "nack"]"#,
            r#"{"0": {"type": "nack pli"}, "1": {"type": "nack", "subtype": ""}}"#,
            r#"[{"type": "nack", "subtype": "pli"}, {}, null, 1.5, {"type": ["x"]}, "nack"]"#,
        ] {
            let read: Vec<_> = read(odd)
                .into_iter()
                .filter(|one| one.0 == "nack")
                .collect();
            assert_eq!(read, [nack(Some("pli")), nack(None)], "{odd}");
        }
        assert_eq!(read(r#"{"type": "nack pli"}"#), [nack(Some("pli"))]);
        assert!(read("null").is_empty());
    }

    #[test]
    fn a_codec_without_a_name_or_number_is_skipped_and_no_other() {
        for odd in [
            "null",
            "[]",
            "\"x\"",
            "{}",
            r#"{"id": 100}"#,
            r#"{"id": 128, "name": "VP8"}"#,
        ] {
            let text = example().replace(r#"[{"id": 100"#, &format!(r#"[{odd}, {{"id": 100"#));
            let codecs = connect(&text).video.unwrap().payload_types;
            assert_eq!(codecs.len(), 1, "{odd}");
        }
        let codecs = r#"{"10": {"id": 1, "name": "b"}, "9": {"id": 2, "name": "a"}}"#;
        let text = format!(r#""payload-types": {codecs}, "x": ["#);
        let text = example().replace(r#""payload-types": ["#, &text);
        let codecs = connect(&text).video.unwrap().payload_types;
        let names: Vec<_> = codecs.iter().map(|codec| codec.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn media_that_is_missing_or_odd_costs_itself_alone() {
        for odd in ["null", "[]", "\"x\""] {
            let text =
                example().replacen("\"video\": {", &format!("\"video\": {odd}, \"x\": {{"), 1);
            assert_eq!(connect(&text).video, None, "{odd}");
        }
        let sources = r#"[-1, "5", 1.5, 4294967296, null, 6.0]"#;
        let text = example().replace("[-1, 5, 0, 4294967294]", sources);
        let sources = connect(&text).video.unwrap().server_sources;
        let sources: Vec<_> = sources.iter().map(|source| source.signed()).collect();
        assert_eq!(sources, [-1, 5, 6]);
        let text = example().replace(
            r#"[{"id": 3,"#,
            r#"[null, {"id": 0, "uri": "x"}, {"id": "3","#,
        );
        let extensions = connect(&text).video.unwrap().rtp_hdrexts;
        assert_eq!((extensions.len(), extensions[0].id), (1, 3));
    }

    #[test]
    fn a_transport_that_can_work_is_taken() {
        let transport = |replaced: &str, by: &str| {
            let text = example();
            assert!(text.contains(replaced), "{replaced}");
            connect(&text.replace(replaced, by)).transport
        };
        let usable = transport("[{\"hash\"", "[{\"hash\": \"md5\"}, null, {\"hash\"");
        assert_eq!(usable.fingerprints.len(), 1);
        let loud = transport("\"sha-256\", \"setup\": \"active\"", "\"SHA-256\"").fingerprints;
        assert_eq!((loud.len(), loud[0].setup()), (1, Setup::Active));
        assert_eq!(transport("\"32000\"", "32000").candidates[0].port, "32000");
        assert_eq!(
            transport("\"generation\": \"0\",", "").candidates[0].generation,
            "0"
        );
        for (replaced, by) in [
            ("\"ip\"", "\"x\""),
            ("\"32000\"", "\"x\""),
            ("\"32000\"", "70000"),
        ] {
            assert!(transport(replaced, by).candidates.is_empty(), "{by}");
        }
        assert!(transport("\"candidates\"", "\"x\"").candidates.is_empty());
        assert!(transport("\"rtcp-mux\": true", "\"rtcp-mux\": \"true\"").rtcp_mux);
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
