//! A client as the media plane of the calls asks for, over str0m.

use std::net::SocketAddr;
use std::time::Instant;

use confcall_join::Ssrc;
use confcall_join::api::{Semantics, SsrcGroup};
use confcall_join::joining::{ConnectionParameters, Fingerprint, IceCredentials, JoinPayload};
use confcall_state::UserId;
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Frequency, KeyframeRequestKind, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, IceCreds, Input, Output, Rtc, RtcConfig};

pub(crate) struct Client {
    pub(crate) user: UserId,
    pub(crate) address: SocketAddr,
    /// False to let everything that is sent to it get lost.
    pub(crate) is_reachable: bool,
    pub(crate) rtc: Rtc,
    pub(crate) sound: u32,
    picture: Vec<(u32, u32)>,
    server: Option<SocketAddr>,
    outbox: Vec<Vec<u8>>,
    channel: Option<ChannelId>,
    spoken: u32,
    /// The pictures shown, of each size.
    shown: Vec<u32>,
    pub(crate) is_connected: bool,
    pub(crate) is_closed: bool,
    pub(crate) heard: Vec<Heard>,
    /// The messages of the data channel.
    pub(crate) messages: Vec<String>,
    /// The streams of which a key frame was asked for.
    pub(crate) key_frames: Vec<String>,
}

/// A packet that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) source: u32,
    pub(crate) payload_type: u8,
    pub(crate) seq: u64,
    pub(crate) time: u32,
    pub(crate) marker: bool,
    pub(crate) level: Option<i8>,
    pub(crate) payload: Vec<u8>,
}

impl Client {
    /// A client whose sound has a source, and whose picture has these.
    pub(crate) fn new(
        user: UserId,
        address: SocketAddr,
        sound: u32,
        picture: &[(u32, u32)],
        now: Instant,
    ) -> Self {
        let mut config = RtcConfig::new()
            .set_crypto_provider(confcall_rtc::crypto::provider())
            .set_rtp_mode(true)
            .clear_codecs()
            .clear_extension_map()
            .set_extension(1, Extension::AudioLevel)
            .set_extension(2, Extension::AbsoluteSendTime)
            .set_extension(3, Extension::TransportSequenceNumber)
            .set_extension(13, Extension::VideoOrientation);
        let (codecs, format) = (config.codec_config(), FormatParams::default());
        let rate = Frequency::FORTY_EIGHT_KHZ;
        codecs.add_config(111.into(), None, Codec::Opus, rate, Some(2), format);
        let rate = Frequency::NINETY_KHZ;
        codecs.add_config(100.into(), Some(101.into()), Codec::Vp8, rate, None, format);
        let mut rtc = config.build(now);
        rtc.add_local_candidate(Candidate::host(address, Protocol::Udp).unwrap());
        Self {
            user,
            address,
            is_reachable: true,
            rtc,
            sound,
            picture: picture.to_vec(),
            server: None,
            outbox: Vec::new(),
            channel: None,
            spoken: 0,
            shown: vec![0; picture.len()],
            is_connected: false,
            is_closed: false,
            heard: Vec::new(),
            messages: Vec::new(),
            key_frames: Vec::new(),
        }
    }

    pub(crate) fn payload(&mut self) -> JoinPayload {
        let api = self.rtc.direct_api();
        let creds = api.local_ice_credentials();
        let credentials = IceCredentials::new(&creds.ufrag, &creds.pass).unwrap();
        let digest = api.local_dtls_fingerprint().bytes.clone();
        let fingerprints = vec![Fingerprint::sha256(digest.try_into().unwrap())];
        let ssrc = |value: u32| Ssrc::new(value).unwrap();
        let group = |semantics, sources: Vec<u32>| {
            SsrcGroup::new(semantics, sources.into_iter().map(ssrc).collect()).unwrap()
        };
        let layers: Vec<_> = self.picture.iter().map(|(source, _)| *source).collect();
        let mut groups = Vec::new();
        if layers.len() > 1 {
            groups.push(group(Semantics::Simulcast, layers));
        }
        let pairs = self.picture.iter();
        groups.extend(
            pairs.map(|(source, repair)| {
                group(Semantics::FlowIdentification, vec![*source, *repair])
            }),
        );
        JoinPayload::new(ssrc(self.sound), credentials, fingerprints, groups).unwrap()
    }

    pub(crate) fn connect(&mut self, server: &ConnectionParameters, now: Instant) {
        let [candidate] = &server.transport.candidates[..] else {
            panic!("{server:?}");
        };
        let address = format!("{}:{}", candidate.ip, candidate.port);
        let address: SocketAddr = address.parse().unwrap();
        self.server = Some(address);
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.rtc
            .add_remote_candidate(Candidate::host(address, Protocol::Udp).unwrap());
        let mut api = self.rtc.direct_api();
        let credentials = &server.transport.credentials;
        api.set_remote_ice_credentials(IceCreds {
            ufrag: credentials.ufrag().to_owned(),
            pass: credentials.pwd().to_owned(),
        });
        let fingerprint = &server.transport.fingerprints[0];
        assert_eq!(fingerprint.setup().as_str(), "active");
        api.set_remote_fingerprint(str0m::config::Fingerprint {
            hash_func: fingerprint.hash().as_str().to_owned(),
            bytes: fingerprint.as_bytes().to_vec(),
        });
        api.set_ice_controlling(true);
        api.start_dtls(false).unwrap();
        api.start_sctp(true);
        self.channel = Some(api.create_data_channel(ChannelConfig {
            label: "data".to_owned(),
            ordered: true,
            reliability: Reliability::Reliable,
            negotiated: None,
            protocol: String::new(),
        }));
        api.enable_twcc_feedback();
        let mid = Mid::from("own");
        api.declare_media(mid, MediaKind::Audio);
        api.declare_stream_tx(self.sound.into(), None, mid, None);
        for (source, repair) in self.picture.clone() {
            let mid = Mid::from(format!("own{source}").as_str());
            api.declare_media(mid, MediaKind::Video);
            api.declare_stream_tx(source.into(), Some(repair.into()), mid, None);
        }
    }

    /// Declares the sound of another one, which the roster names.
    pub(crate) fn expect_sound(&mut self, source: u32) {
        if source != self.sound {
            self.expect(source, None, MediaKind::Audio);
        }
    }

    /// Declares the picture of another one.
    pub(crate) fn expect_picture(&mut self, source: u32, repair: u32) {
        self.expect(source, Some(repair), MediaKind::Video);
    }

    fn expect(&mut self, source: u32, repair: Option<u32>, kind: MediaKind) {
        let mut api = self.rtc.direct_api();
        if api.stream_rx(&source.into()).is_some() {
            return;
        }
        let mid = Mid::from(format!("of{source}").as_str());
        api.declare_media(mid, kind);
        api.expect_stream_rx(source.into(), repair.map(u32::into), mid, None);
    }

    /// Writes a packet of sound that no other packet is equal to.
    pub(crate) fn speak(&mut self, now: Instant) -> Vec<u8> {
        let payload = format!("sound {} of {}", self.spoken, self.user);
        self.say(payload.as_bytes(), now);
        payload.into_bytes()
    }

    pub(crate) fn say(&mut self, payload: &[u8], now: Instant) {
        let extensions = ExtensionValues {
            audio_level: Some(-15),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let seq = 65_500 + u64::from(self.spoken);
        let time = 1_000_000_u32.wrapping_add(self.spoken * 960);
        let packet = RtpWrite::new(111.into(), seq.into(), time, now, payload);
        self.write(self.sound, packet.ext_vals(extensions));
        self.spoken += 1;
    }

    /// Writes the only packet of a picture in a size.
    pub(crate) fn show(&mut self, layer: usize, is_key: bool, now: Instant) -> Vec<u8> {
        let (source, _) = self.picture[layer];
        let number = self.shown[layer];
        self.shown[layer] += 1;
        let [high, low] = u16::try_from(1000 * (layer + 1)).unwrap().to_be_bytes();
        let low = low.wrapping_add(number.to_le_bytes()[0]);
        let mut payload = vec![0x90, 0x80, 0x80 | high, low, u8::from(!is_key)];
        payload.extend_from_slice(format!("picture {number} in {layer}").as_bytes());
        let seq = 100 * u64::try_from(layer + 1).unwrap() + u64::from(number);
        let time = 3000 * number + 500_000 * u32::try_from(layer).unwrap();
        let packet = RtpWrite::new(100.into(), seq.into(), time, now, &payload[..]);
        self.write(source, packet.marker(true).nackable(true));
        payload
    }

    pub(crate) fn write(&mut self, source: u32, packet: RtpWrite) {
        let mut api = self.rtc.direct_api();
        api.stream_tx(&source.into()).unwrap().write_rtp(packet);
    }

    /// Asks for these endpoints at these heights, and for no other.
    pub(crate) fn want(&mut self, wanted: &[(&str, u16)]) {
        let wanted: serde_json::Map<_, _> = wanted
            .iter()
            .map(|(endpoint, height)| {
                let height = serde_json::json!({"minHeight": 180, "maxHeight": height});
                ((*endpoint).to_owned(), height)
            })
            .collect();
        self.write_message(
            &serde_json::json!({
                "colibriClass": "ReceiverVideoConstraints",
                "defaultConstraints": {"maxHeight": 0},
                "onStageEndpoints": [],
                "constraints": wanted,
            })
            .to_string(),
        );
    }

    pub(crate) fn write_message(&mut self, message: &str) {
        let mut channel = self.rtc.channel(self.channel.unwrap()).unwrap();
        assert!(channel.write(false, message.as_bytes()).unwrap());
    }

    /// Asks for a key frame of a picture.
    pub(crate) fn need_key_frame(&mut self, source: u32) {
        let mut api = self.rtc.direct_api();
        let stream = api.stream_rx(&source.into()).unwrap();
        stream.request_keyframe(KeyframeRequestKind::Pli);
    }

    pub(crate) fn pass_time(&mut self, now: Instant) {
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.poll();
    }

    pub(crate) fn receive(&mut self, datagram: &[u8], now: Instant) {
        let from = self.server.unwrap();
        let received = Receive::new(Protocol::Udp, from, self.address, datagram).unwrap();
        self.rtc
            .handle_input(Input::Receive(now, received))
            .unwrap();
        self.poll();
    }

    pub(crate) fn take_datagrams(&mut self) -> Vec<Vec<u8>> {
        core::mem::take(&mut self.outbox)
    }

    /// The payloads that came of a source.
    pub(crate) fn payloads(&self, source: u32) -> Vec<Vec<u8>> {
        let heard = self.heard.iter().filter(|one| one.source == source);
        heard.map(|one| one.payload.clone()).collect()
    }

    fn poll(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(_) => return,
                Output::Transmit(sent) => self.outbox.push(sent.contents.into()),
                Output::Event(event) => self.note(event),
            }
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Connected => self.is_connected = true,
            Event::Closed => self.is_closed = true,
            Event::ChannelData(data) => {
                self.messages.push(String::from_utf8(data.data).unwrap());
            }
            Event::KeyframeRequest(request) => self.key_frames.push(request.mid.to_string()),
            Event::RtpPacket(packet) => self.heard.push(Heard {
                source: *packet.header.ssrc,
                payload_type: *packet.header.payload_type,
                seq: *packet.seq_no,
                time: packet.header.timestamp,
                marker: packet.header.marker,
                level: packet.header.ext_vals.audio_level,
                payload: packet.payload.to_vec(),
            }),
            _ => {}
        }
    }

    /// The name of the stream of a picture in a size, as requests for key frames name it.
    pub(crate) fn stream(&self, layer: usize) -> String {
        format!("own{}", self.picture[layer].0)
    }
}
