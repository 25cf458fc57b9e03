use std::sync::LazyLock;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng as _;
use confcall_join::api::DataJson;
use confcall_join::joining::{Fingerprint, FingerprintHash, IceCredentials};
use serde_json::{Value, json};

/// The server's end of the media connections of a call.
///
/// There are no media: the addresses are those of the client's own host, on a port on which nothing listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaEnd {
    pub(crate) credentials: IceCredentials,
    pub(crate) fingerprint: Fingerprint,
}

impl MediaEnd {
    pub(crate) fn draw(rng: &mut ChaCha20Rng) -> Self {
        let mut digest = [0; 32];
        rng.fill_bytes(&mut digest);
        Self {
            credentials: IceCredentials::generate(rng),
            fingerprint: Fingerprint::sha256(digest),
        }
    }

    /// The parameters of a main connection that `updateGroupCallConnection` carries (`spec/protocol.md`, 10).
    pub(crate) fn params(&self) -> DataJson {
        DataJson::new(self.complete(&MAIN))
    }

    /// The parameters of the connection of a screen, whose sound has those of the main connection.
    pub(crate) fn screen_params(&self, endpoint: &str) -> DataJson {
        DataJson::new(self.complete(&SCREEN).replace(ENDPOINT, endpoint))
    }

    /// A form with the credentials and the fingerprint, neither of which holds a character that JSON escapes.
    fn complete(&self, form: &str) -> String {
        form.replace(UFRAG, self.credentials.ufrag())
            .replace(PWD, self.credentials.pwd())
            .replace(FINGERPRINT, &self.fingerprint.to_string())
    }
}

// The names in a form; `$` stands in no value.
const UFRAG: &str = "$ufrag";
const PWD: &str = "$pwd";
const FINGERPRINT: &str = "$fingerprint";
const ENDPOINT: &str = "$endpoint";

/// The form of a main connection, with names for what differs; written once for all calls.
static MAIN: LazyLock<String> = LazyLock::new(|| {
    let connection = json!({
        "transport": transport(),
        "audio": {
            "payload-types": [opus()],
            "rtp-hdrexts": [
                header_extension(1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
                header_extension(3, SEND_TIME),
            ],
        },
        "video": video("local"),
    });
    connection.to_string()
});

/// The form of the connection of a screen.
static SCREEN: LazyLock<String> = LazyLock::new(|| {
    let connection = json!({
        "transport": transport(),
        "video": video(ENDPOINT),
    });
    connection.to_string()
});

fn transport() -> Value {
    json!({
        "ufrag": UFRAG,
        "pwd": PWD,
        // The server opens the DTLS connection.
        "fingerprints": [{
            "hash": FingerprintHash::Sha256.as_str(),
            "fingerprint": FINGERPRINT,
            "setup": "active",
        }],
        // So that nothing leaves the host, and a client learns at once that it reaches nobody.
        "candidates": [
            candidate("1", "127.0.0.1", "2130706431"),
            candidate("2", "::1", "2130706175"),
        ],
        "rtcp-mux": true,
    })
}

const SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

/// Every value is a string, numbers too.
fn candidate(id: &str, ip: &str, priority: &str) -> Value {
    json!({
        "port": "32000",
        "protocol": "udp",
        "network": "0",
        "generation": "0",
        "id": id,
        "component": "1",
        "foundation": id,
        "priority": priority,
        "ip": ip,
        "type": "host",
    })
}

fn video(endpoint: &str) -> Value {
    json!({
        "endpoint": endpoint,
        "server_sources": [],
        "payload-types": [vp8(), repetition()],
        "rtp-hdrexts": [
            header_extension(3, SEND_TIME),
            header_extension(13, "urn:3gpp:video-orientation"),
        ],
    })
}

fn opus() -> Value {
    json!({
        "id": 111,
        "name": "opus",
        "clockrate": 48000,
        "channels": 2,
        "parameters": {"minptime": 10, "useinbandfec": 1},
        "rtcp-fbs": [{"type": "transport-cc"}],
    })
}

fn vp8() -> Value {
    json!({
        "id": 100,
        "name": "VP8",
        "clockrate": 90000,
        "channels": 1,
        "parameters": {},
        "rtcp-fbs": [
            {"type": "ccm", "subtype": "fir"},
            {"type": "nack"},
            {"type": "nack", "subtype": "pli"},
            {"type": "transport-cc"},
        ],
    })
}

fn repetition() -> Value {
    json!({
        "id": 101,
        "name": "rtx",
        "clockrate": 90000,
        "channels": 1,
        "parameters": {"apt": 100},
        "rtcp-fbs": [],
    })
}

fn header_extension(id: u8, uri: &str) -> Value {
    json!({"id": id, "uri": uri})
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20::rand_core::SeedableRng as _;
    use confcall_join::joining::Answer;

    #[test]
    fn a_client_can_read_the_connection() {
        let end = MediaEnd::draw(&mut ChaCha20Rng::seed_from_u64(1));
        for params in [end.params(), end.screen_params("screen")] {
            let answer = Answer::from_json(params.as_str());
            assert!(answer.is_ok(), "{answer:?}");
        }
    }
}
