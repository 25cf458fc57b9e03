use std::net::{IpAddr, SocketAddr};

use confcall_join::joining::{
    Candidate, ConnectionParameters, Fingerprint, FingerprintHash, HeaderExtension, IceCredentials,
    MediaParameters, PayloadType, Setup,
};
use thiserror::Error;

use super::address::Network;
use crate::limits;

/// The numbers of the server where its answer gives none (those of all clients).
const OPUS: u8 = 111;
const LEVEL: (u8, &str) = (1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level");
const SEND_TIME: (u8, &str) = (
    2,
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
);
const TRANSPORT: (u8, &str) = (
    3,
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
);
const ORIENTATION: (u8, &str) = (13, "urn:3gpp:video-orientation");

/// An answer of the server cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// A candidate has an address that is not in the network of the server.
    #[error("the answer names {address}, which is not in the network of the server")]
    Address {
        /// The address.
        address: IpAddr,
    },
    /// There are too many candidates.
    #[error("an answer has at most {max} candidates, not {count}", max = limits::CANDIDATES)]
    CandidateCount {
        /// Their number.
        count: usize,
    },
    /// There is no candidate over UDP of a family that we have an address of.
    #[error("the answer has no candidate over UDP that we can reach")]
    NoCandidate,
    /// The first fingerprint, the only one that counts, is missing or by another function than SHA-256.
    #[error("the answer has no fingerprint by sha-256 in the first place")]
    Fingerprint,
    /// The server would not open the DTLS connection.
    #[error("the server does not open the connection, as its setup is {}", setup.as_str())]
    Setup {
        /// Its side.
        setup: Setup,
    },
    /// The server does not take Opus at 48 kHz.
    #[error("the server does not take Opus")]
    NoOpus,
    /// Two codecs, or two extensions, have one number, or one that RTP has no room for.
    #[error("{what} of {number} is taken, or outside of what RTP has room for")]
    Number {
        /// A payload type or an extension.
        what: &'static str,
        /// The number.
        number: u32,
    },
    /// One of our own addresses cannot be a candidate.
    #[error("{address} cannot be an address of ours")]
    OwnAddress {
        /// The address.
        address: SocketAddr,
    },
}

/// An answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) candidates: Vec<SocketAddr>,
    pub(super) credentials: IceCredentials,
    pub(super) fingerprint: Fingerprint,
    pub(super) opus: u8,
    /// VP8 and its repetition; none if the server takes no pictures that we can send.
    pub(super) vp8: Option<(u8, u8)>,
    pub(super) extensions: Extensions,
}

/// The numbers of the header extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) level: u8,
    pub(super) send_time: u8,
    pub(super) transport: u8,
    pub(super) orientation: u8,
}

impl Server {
    pub(super) fn new(
        answer: &ConnectionParameters,
        network: Network,
        own: &[SocketAddr],
    ) -> Result<Self, AnswerError> {
        let fingerprints = &answer.transport.fingerprints;
        let first = fingerprints.first();
        let fingerprint = first.filter(|first| first.hash() == FingerprintHash::Sha256);
        let fingerprint = fingerprint.ok_or(AnswerError::Fingerprint)?.clone();
        let setup = fingerprint.setup();
        if setup == Setup::Passive {
            return Err(AnswerError::Setup { setup });
        }
        let opus = opus(answer.audio.as_ref())?;
        let vp8 = vp8(answer.video.as_ref())?;
        let numbers = [Some(opus), vp8.map(|pair| pair.0), vp8.map(|pair| pair.1)];
        distinct("a payload type", numbers.into_iter().flatten())?;
        Ok(Self {
            candidates: candidates(&answer.transport.candidates, network, own)?,
            credentials: answer.transport.credentials.clone(),
            fingerprint,
            opus,
            vp8,
            extensions: extensions(answer)?,
        })
    }
}

/// The addresses over UDP of the families that we have; one that must not be named spoils them all.
fn candidates(
    named: &[Candidate],
    network: Network,
    own: &[SocketAddr],
) -> Result<Vec<SocketAddr>, AnswerError> {
    let count = named.len();
    if count > limits::CANDIDATES {
        return Err(AnswerError::CandidateCount { count });
    }
    let mut found = Vec::new();
    for candidate in named {
        // A name is not looked up, so that nothing is sent to where it leads.
        let (Ok(address), Ok(port)) = (candidate.ip.parse::<IpAddr>(), candidate.port.parse())
        else {
            continue;
        };
        let address = address.to_canonical();
        if !network.permits(address) {
            return Err(AnswerError::Address { address });
        }
        let is_reachable = own.iter().any(|own| own.is_ipv4() == address.is_ipv4());
        let place = SocketAddr::new(address, port);
        if candidate.protocol == "udp" && port != 0 && is_reachable && !found.contains(&place) {
            found.push(place);
        }
    }
    match found.is_empty() {
        true => Err(AnswerError::NoCandidate),
        false => Ok(found),
    }
}

/// The number of Opus; that of all clients where the answer says nothing about sound, as it does for a screen.
fn opus(audio: Option<&MediaParameters>) -> Result<u8, AnswerError> {
    let Some(types) = audio
        .map(|audio| &audio.payload_types)
        .filter(|types| !types.is_empty())
    else {
        return Ok(OPUS);
    };
    let is_opus =
        |one: &&PayloadType| one.name.eq_ignore_ascii_case("opus") && one.clockrate == 48_000;
    let found = types.iter().find(is_opus).ok_or(AnswerError::NoOpus)?;
    payload_type(found.id)
}

/// The numbers of VP8 and its repetition.
fn vp8(video: Option<&MediaParameters>) -> Result<Option<(u8, u8)>, AnswerError> {
    let Some(video) = video else {
        return Ok(None);
    };
    let named = |name: &'static str| {
        let types = video.payload_types.iter();
        types.filter(move |one| one.name.eq_ignore_ascii_case(name) && one.clockrate == 90_000)
    };
    for vp8 in named("VP8") {
        let of = vp8.id.to_string();
        let mut repetitions = named("rtx");
        let repetition = repetitions.find(|one| one.parameters.get("apt") == Some(&of));
        if let Some(repetition) = repetition {
            return Ok(Some((payload_type(vp8.id)?, payload_type(repetition.id)?)));
        }
    }
    Ok(None)
}

/// 64 to 95 would be taken for control packets.
fn payload_type(number: u32) -> Result<u8, AnswerError> {
    let what = "a payload type";
    let narrow = u8::try_from(number).ok();
    let valid = narrow.filter(|narrow| matches!(narrow, 1..=63 | 96..=127));
    valid.ok_or(AnswerError::Number { what, number })
}

fn extensions(answer: &ConnectionParameters) -> Result<Extensions, AnswerError> {
    let listed = answer.audio.iter().chain(&answer.video);
    let listed: Vec<_> = listed.flat_map(|media| &media.rtp_hdrexts).collect();
    let find = |(usual, uri): (u8, &str)| {
        let mut named = listed
            .iter()
            .filter(|one: &&&HeaderExtension| one.uri == uri);
        let Some(number) = named.next().map(|named| named.id) else {
            return Ok(usual);
        };
        let what = "an extension";
        let narrow = u8::try_from(number).ok();
        let valid = narrow.filter(|narrow| matches!(narrow, 1..=14));
        valid.ok_or(AnswerError::Number { what, number })
    };
    let found = Extensions {
        level: find(LEVEL)?,
        send_time: find(SEND_TIME)?,
        transport: find(TRANSPORT)?,
        orientation: find(ORIENTATION)?,
    };
    let Extensions {
        level,
        send_time,
        transport,
        orientation,
    } = found;
    distinct(
        "an extension",
        [level, send_time, transport, orientation].into_iter(),
    )?;
    Ok(found)
}

fn distinct(what: &'static str, numbers: impl Iterator<Item = u8>) -> Result<(), AnswerError> {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    let mut pairs = numbers.iter().zip(numbers.iter().skip(1));
    match pairs.find(|(one, other)| one == other) {
        Some((number, _)) => Err(AnswerError::Number {
            what,
            number: u32::from(*number),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::joining::Answer;

    const FINGERPRINT: &str = r#"{"hash":"sha-256","fingerprint":"HEX","setup":"active"}"#;
    const VIDEO: &str = r#","video":{"payload-types":[{"id":100,"name":"VP8","clockrate":90000},{"id":101,"name":"rtx","clockrate":90000,"parameters":{"apt":"100"}}]}"#;

    fn answer(
        fingerprint: &str,
        candidates: &[(&str, &str, &str)],
        rest: &str,
    ) -> ConnectionParameters {
        let fingerprint = fingerprint.replace("HEX", &["AB"; 32].join(":"));
        let candidate = |(ip, port, protocol): &(&str, &str, &str)| {
            format!(
                r#"{{"port":"{port}","protocol":"{protocol}","network":"0","generation":"0","id":"1","component":"1","foundation":"1","priority":"1","ip":"{ip}","type":"host"}}"#
            )
        };
        let candidates: Vec<_> = candidates.iter().map(candidate).collect();
        let text = format!(
            r#"{{"transport":{{"ufrag":"abcd","pwd":"{}","fingerprints":[{fingerprint}],"candidates":[{}]}}{rest}}}"#,
            "p".repeat(24),
            candidates.join(",")
        );
        Answer::from_json(&text).unwrap().into_conference().unwrap()
    }

    fn read(answer: &ConnectionParameters) -> Result<Server, AnswerError> {
        let own = ["198.51.100.7:5000".parse().unwrap()];
        Server::new(answer, Network::Internet, &own)
    }

    const PLACE: (&str, &str, &str) = ("91.108.9.1", "32000", "udp");

    #[test]
    fn an_answer_gives_places_over_udp_of_our_family_and_the_numbers_of_the_codecs() {
        let candidates = [
            PLACE,
            ("2001:b28:f23d::1", "32000", "udp"),
            ("91.108.9.1", "443", "tcp"),
            PLACE,
        ];
        let server = read(&answer(FINGERPRINT, &candidates, VIDEO)).unwrap();
        assert_eq!(server.candidates, ["91.108.9.1:32000".parse().unwrap()]);
        assert_eq!((server.opus, server.vp8), (111, Some((100, 101))));
        let Extensions {
            level,
            send_time,
            transport,
            orientation,
        } = server.extensions;
        assert_eq!([level, send_time, transport, orientation], [1, 2, 3, 13]);
    }

    #[test]
    fn one_private_address_spoils_an_answer_unless_the_server_is_private() {
        for ip in ["127.0.0.1", "192.168.0.1", "::1", "::ffff:10.0.0.1"] {
            for protocol in ["udp", "tcp"] {
                let answer = answer(FINGERPRINT, &[PLACE, (ip, "1", protocol)], "");
                let address: IpAddr = ip.parse().unwrap();
                let address = address.to_canonical();
                assert_eq!(read(&answer), Err(AnswerError::Address { address }));
                let own = ["198.51.100.7:5000".parse().unwrap()];
                assert!(Server::new(&answer, Network::Private, &own).is_ok());
            }
        }
    }

    #[test]
    fn an_answer_without_a_place_or_with_too_many_is_refused() {
        let refused = |candidates: &[_]| read(&answer(FINGERPRINT, candidates, "")).unwrap_err();
        assert_eq!(refused(&[]), AnswerError::NoCandidate);
        assert_eq!(
            refused(&[("91.108.9.1", "1", "tcp")]),
            AnswerError::NoCandidate
        );
        assert_eq!(
            refused(&[("2001:b28:f23d::1", "1", "udp")]),
            AnswerError::NoCandidate
        );
        assert_eq!(
            refused(&[("example.org", "1", "udp")]),
            AnswerError::NoCandidate
        );
        assert_eq!(
            refused(&[("91.108.9.1", "0", "udp")]),
            AnswerError::NoCandidate
        );
        assert_eq!(
            refused(&[PLACE; 17]),
            AnswerError::CandidateCount { count: 17 }
        );
    }

    #[test]
    fn only_the_first_fingerprint_counts_and_the_server_must_open() {
        let sha1 = r#"{"hash":"sha-1","fingerprint":"AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB","setup":"active"}"#;
        let both = format!("{sha1},{FINGERPRINT}");
        assert_eq!(
            read(&answer(&both, &[PLACE], "")),
            Err(AnswerError::Fingerprint)
        );
        let passive = FINGERPRINT.replace("active", "passive");
        let setup = Setup::Passive;
        assert_eq!(
            read(&answer(&passive, &[PLACE], "")),
            Err(AnswerError::Setup { setup })
        );
        let either = FINGERPRINT.replace("active", "actpass");
        assert!(read(&answer(&either, &[PLACE], "")).is_ok());
    }

    #[test]
    fn numbers_that_clash_or_that_rtp_has_no_room_for_are_refused() {
        let rest = |text: &str| {
            read(&answer(FINGERPRINT, &[PLACE], text)).map(|server| (server.opus, server.vp8))
        };
        let audio = |id: &str| {
            format!(
                r#","audio":{{"payload-types":[{{"id":{id},"name":"opus","clockrate":48000}}]}}"#
            )
        };
        let number = |number| {
            Err(AnswerError::Number {
                what: "a payload type",
                number,
            })
        };
        assert_eq!(rest(&audio("96")), Ok((96, None)));
        assert_eq!(rest(&audio("72")), number(72));
        assert_eq!(rest(&(audio("100") + VIDEO)), number(100));
        assert_eq!(
            rest(&audio("111").replace("opus", "PCMU")),
            Err(AnswerError::NoOpus)
        );
        // H.264 alone: there are no pictures that we can send.
        assert_eq!(rest(&VIDEO.replace("VP8", "H264")), Ok((111, None)));
        let extension = |id: &str| {
            format!(
                r#","audio":{{"rtp-hdrexts":[{{"id":{id},"uri":"{}"}}]}}"#,
                LEVEL.1
            )
        };
        let what = "an extension";
        assert_eq!(
            rest(&extension("15")),
            Err(AnswerError::Number { what, number: 15 })
        );
        assert_eq!(
            rest(&extension("3")),
            Err(AnswerError::Number { what, number: 3 })
        );
        assert!(rest(&extension("5")).is_ok());
    }
}
