use core::net::SocketAddr;

use confcall_join::api::DataJson;
use confcall_join::joining::{Fingerprint, FingerprintHash, IceCredentials};
use serde_json::{Value, json};

/// The payload type of sound.
pub(super) const OPUS: u8 = 111;
/// The payload types of pictures and of what repeats their packets. Clients number their codecs by themselves, and expect these.
pub(super) const VP8: u8 = 100;
pub(super) const VP8_REPAIR: u8 = 101;

/// The ids of the header extensions, which clients have fixed.
pub(super) const AUDIO_LEVEL: u8 = 1;
pub(super) const SEND_TIME: u8 = 2;
pub(super) const TRANSPORT_SEQUENCE: u8 = 3;
pub(super) const ORIENTATION: u8 = 13;

/// The server's end of one media connection, as `updateGroupCallConnection` names it (`spec/protocol.md`, 10).
pub(super) struct Parameters<'a> {
    pub(super) credentials: &'a IceCredentials,
    pub(super) fingerprint: Fingerprint,
    pub(super) address: SocketAddr,
    /// The name by which others ask for the picture of this connection.
    pub(super) endpoint: &'a str,
}

impl Parameters<'_> {
    /// Of a main connection.
    pub(super) fn main(&self) -> DataJson {
        let parameters = json!({
            "transport": self.transport(),
            "audio": audio(),
            "video": self.video(),
        });
        DataJson::new(parameters.to_string())
    }

    /// Of the connection of a screen, whose sound has the parameters of the main one.
    pub(super) fn screen(&self) -> DataJson {
        let parameters = json!({"transport": self.transport(), "video": self.video()});
        DataJson::new(parameters.to_string())
    }

    fn transport(&self) -> Value {
        json!({
            "ufrag": self.credentials.ufrag(),
            "pwd": self.credentials.pwd(),
            "rtcp-mux": true,
            // The server opens the DTLS connection.
            "fingerprints": [{
                "hash": FingerprintHash::Sha256.as_str(),
                "fingerprint": self.fingerprint.to_string(),
                "setup": "active",
            }],
            // Every value is a string, numbers too.
            "candidates": [{
                "port": self.address.port().to_string(),
                "protocol": "udp",
                "network": "0",
                "generation": "0",
                "id": "1",
                "component": "1",
                "foundation": "1",
                "priority": "2130706431",
                "ip": self.address.ip().to_string(),
                "type": "host",
            }],
        })
    }

    fn video(&self) -> Value {
        json!({
            "endpoint": self.endpoint,
            "server_sources": [1],
            "payload-types": [
                {
                    "id": VP8,
                    "name": "VP8",
                    "clockrate": 90000,
                    "parameters": {},
                    "rtcp-fbs": [
                        {"type": "goog-remb"},
                        {"type": "transport-cc"},
                        {"type": "ccm", "subtype": "fir"},
                        {"type": "nack"},
                        {"type": "nack", "subtype": "pli"},
                    ],
                },
                {
                    "id": VP8_REPAIR,
                    "name": "rtx",
                    "clockrate": 90000,
                    "parameters": {"apt": VP8.to_string()},
                },
            ],
            "rtp-hdrexts": [
                extension(SEND_TIME),
                extension(TRANSPORT_SEQUENCE),
                extension(ORIENTATION),
            ],
        })
    }
}

fn audio() -> Value {
    json!({
        "payload-types": [{
            "id": OPUS,
            "name": "opus",
            "clockrate": 48000,
            "channels": 2,
            "parameters": {"minptime": 10, "useinbandfec": 1},
            "rtcp-fbs": [{"type": "transport-cc"}],
        }],
        "rtp-hdrexts": [
            extension(AUDIO_LEVEL),
            extension(SEND_TIME),
            extension(TRANSPORT_SEQUENCE),
        ],
    })
}

fn extension(id: u8) -> Value {
    let uri = match id {
        AUDIO_LEVEL => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        SEND_TIME => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        TRANSPORT_SEQUENCE => {
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
        }
        _ => "urn:3gpp:video-orientation",
    };
    json!({"id": id, "uri": uri})
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::joining::Answer;

    #[test]
    fn a_client_can_read_the_connection() {
        let credentials = IceCredentials::new("name", "apasswordof22character").unwrap();
        let parameters = Parameters {
            credentials: &credentials,
            fingerprint: Fingerprint::sha256([7; 32]),
            address: ([127, 0, 0, 1], 50_000).into(),
            endpoint: "e1",
        };
        for json in [parameters.main(), parameters.screen()] {
            let answer = Answer::from_json(json.as_str());
            assert!(answer.is_ok(), "{answer:?}");
        }
    }
}
