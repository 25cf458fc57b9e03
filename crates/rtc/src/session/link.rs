//! The connection of `str0m`, of which nothing else here knows the inside.
//!
//! Its direct API panics where it is used inconsistently, so everything is declared here, each source under a name of its own, and only
//! what was declared is used. Packets of sources that were not declared never come this far.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use confcall_join::Ssrc;
use confcall_join::joining::IceCredentials;
use confcall_media::AudioLevel;
use str0m::change::DirectApi;
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::config::{CryptoProvider, DtlsCert, Fingerprint};
use str0m::format::{Codec, FormatParams};
use str0m::ice::IceCreds;
use str0m::media::{Frequency, KeyframeRequestKind, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};

use super::answer::{AnswerError, Server};
use crate::limits;

/// The label of the data channel.
const LABEL: &str = "data";

/// The secrets of a connection.
pub(super) struct Identity {
    pub(super) credentials: IceCredentials,
    pub(super) certificate: DtlsCert,
    pub(super) provider: Arc<CryptoProvider>,
}

/// One size of our picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OwnLayer {
    pub(super) source: Ssrc,
    pub(super) repetition: Ssrc,
}

/// A connection to the server of a call.
pub(super) struct Link {
    rtc: Rtc,
    candidates: Vec<SocketAddr>,
    own: Vec<SocketAddr>,
    sound: Ssrc,
    opus: Pt,
    layers: Vec<(OwnLayer, Mid)>,
    vp8: Option<(Pt, Pt)>,
    channel: Option<ChannelId>,
    names: u64,
}

/// A name of a source that is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name(Mid);

/// What came of the connection.
pub(super) enum Step {
    /// A datagram for the server.
    Datagram { to: SocketAddr, bytes: Vec<u8> },
    /// The handshake is over.
    Connected,
    /// Whether the server answers.
    Reachable(bool),
    /// A packet of a declared source.
    Packet(Box<RtpPacket>),
    /// The server wants a key frame of this layer of ours.
    KeyFrameWanted(usize),
    /// The data channel was opened, or lost.
    Channel { is_open: bool },
    /// A message on it.
    Message(Vec<u8>),
    /// The server closed the connection.
    Closed,
    /// A datagram for somebody else, which is not sent.
    Misdirected,
    /// Nothing that is of interest.
    Nothing,
    /// Nothing until this instant, or a datagram.
    Wait(Instant),
    /// The connection is beyond repair.
    Broken,
}

/// What is written of a packet of ours.
pub(super) struct Stamp {
    pub(super) number: u64,
    pub(super) time: u32,
    pub(super) marker: bool,
}

impl Link {
    pub(super) fn new(
        now: Instant,
        identity: Identity,
        server: &Server,
        own: &[SocketAddr],
        sound: Ssrc,
        layers: &[OwnLayer],
    ) -> Result<Self, AnswerError> {
        let (opus, vp8) = (
            pt(server.opus),
            server.vp8.map(|(vp8, rtx)| (pt(vp8), pt(rtx))),
        );
        let mut config = RtcConfig::new()
            .set_crypto_provider(identity.provider)
            .set_dtls_cert(identity.certificate)
            .set_local_ice_credentials(credentials(&identity.credentials))
            .set_rtp_mode(true)
            .set_mtu(limits::VIDEO_DATAGRAM..=limits::AUDIO_DATAGRAM)
            .clear_codecs()
            .clear_extension_map()
            .set_extension(server.extensions.level, Extension::AudioLevel)
            .set_extension(server.extensions.send_time, Extension::AbsoluteSendTime)
            .set_extension(
                server.extensions.transport,
                Extension::TransportSequenceNumber,
            )
            .set_extension(server.extensions.orientation, Extension::VideoOrientation);
        let (khz_48, khz_90) = (Frequency::FORTY_EIGHT_KHZ, Frequency::NINETY_KHZ);
        let (codecs, format) = (config.codec_config(), FormatParams::default());
        codecs.add_config(opus, None, Codec::Opus, khz_48, Some(2), format);
        if let Some((vp8, rtx)) = vp8 {
            codecs.add_config(vp8, Some(rtx), Codec::Vp8, khz_90, None, format);
        }
        let mut rtc = config.build(now);

        for address in own {
            let candidate = Candidate::host(*address, Protocol::Udp);
            let address = *address;
            let candidate = candidate.map_err(|_| AnswerError::OwnAddress { address })?;
            rtc.add_local_candidate(candidate);
        }
        for address in &server.candidates {
            // One that is refused here has been refused before, by its address.
            if let Ok(candidate) = Candidate::host(*address, Protocol::Udp) {
                rtc.add_remote_candidate(candidate);
            }
        }
        let mut link = Self {
            rtc,
            candidates: server.candidates.clone(),
            own: own.to_vec(),
            sound,
            opus,
            layers: Vec::new(),
            vp8,
            channel: None,
            names: 0,
        };
        link.start(server)?;
        link.declare_own(layers);
        Ok(link)
    }

    fn start(&mut self, server: &Server) -> Result<(), AnswerError> {
        let mut api = self.rtc.direct_api();
        api.set_remote_ice_credentials(credentials(&server.credentials));
        api.set_remote_fingerprint(Fingerprint {
            hash_func: "sha-256".to_owned(),
            bytes: server.fingerprint.as_bytes().to_vec(),
        });
        // It nominates by itself: a server that never does would leave a controlled agent mute.
        api.set_ice_controlling(true);
        api.start_dtls(false)
            .map_err(|_| AnswerError::Fingerprint)?;
        api.start_sctp(true);
        // No feedback on the numbers of transport-cc: str0m lists every number between two of a peer that lies, without an end.
        self.open_channel();
        Ok(())
    }

    fn declare_own(&mut self, layers: &[OwnLayer]) {
        let name = self.name();
        let mut api = self.rtc.direct_api();
        api.declare_media(name, MediaKind::Audio);
        api.declare_stream_tx(self.sound.value().into(), None, name, None);
        for layer in layers {
            let name = self.name();
            let mut api = self.rtc.direct_api();
            api.declare_media(name, MediaKind::Video);
            let (source, repetition) = (layer.source.value(), layer.repetition.value());
            api.declare_stream_tx(source.into(), Some(repetition.into()), name, None);
            self.layers.push((*layer, name));
        }
    }

    /// A name that no other source has.
    fn name(&mut self) -> Mid {
        self.names = self.names.wrapping_add(1);
        Mid::from(format!("{:x}", self.names).as_str())
    }

    /// Opens the data channel; on a connection that lost one too.
    pub(super) fn open_channel(&mut self) {
        let config = ChannelConfig {
            label: LABEL.to_owned(),
            ordered: true,
            reliability: Reliability::Reliable,
            negotiated: None,
            protocol: String::new(),
        };
        self.channel = Some(self.rtc.direct_api().create_data_channel(config));
    }

    pub(super) fn is_from_server(&self, from: SocketAddr) -> bool {
        self.candidates.contains(&from)
    }

    /// The repetition of VP8, and VP8 itself.
    pub(super) fn is_picture(&self, payload_type: u8) -> bool {
        let payload_type = pt(payload_type);
        self.vp8
            .is_some_and(|(vp8, rtx)| payload_type == vp8 || payload_type == rtx)
    }

    /// Takes a datagram of the server; false if it makes no sense.
    pub(super) fn receive(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) -> bool {
        let own = self.own.iter().find(|own| own.is_ipv4() == from.is_ipv4());
        let Some(own) = own else {
            return false;
        };
        let Ok(received) = Receive::new(Protocol::Udp, from, *own, bytes) else {
            return false;
        };
        // An error is one of this datagram; what ends the connection is seen by `poll`.
        self.rtc.handle_input(Input::Receive(now, received)).is_ok()
    }

    /// Lets the time go on.
    pub(super) fn advance(&mut self, now: Instant) -> bool {
        self.rtc.handle_input(Input::Timeout(now)).is_ok()
    }

    /// The next thing that came of it.
    pub(super) fn poll(&mut self) -> Step {
        if !self.rtc.is_alive() {
            return Step::Broken;
        }
        match self.rtc.poll_output() {
            Ok(Output::Transmit(datagram)) if self.is_from_server(datagram.destination) => {
                Step::Datagram {
                    to: datagram.destination,
                    bytes: datagram.contents.into(),
                }
            }
            Ok(Output::Transmit(_)) => Step::Misdirected,
            Ok(Output::Timeout(at)) => Step::Wait(at),
            Ok(Output::Event(event)) => self.step(event),
            Err(_) => Step::Broken,
        }
    }

    fn step(&mut self, event: Event) -> Step {
        match event {
            Event::Connected => Step::Connected,
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                Step::Reachable(false)
            }
            Event::IceConnectionStateChange(
                IceConnectionState::Connected | IceConnectionState::Completed,
            ) => Step::Reachable(true),
            Event::RtpPacket(packet) => Step::Packet(Box::new(packet)),
            Event::KeyframeRequest(request) => {
                let layer = self.layers.iter().position(|(_, mid)| *mid == request.mid);
                layer.map_or(Step::Nothing, Step::KeyFrameWanted)
            }
            Event::ChannelOpen(id, _) if self.channel == Some(id) => {
                Step::Channel { is_open: true }
            }
            Event::ChannelClose(id) if self.channel == Some(id) => {
                self.channel = None;
                Step::Channel { is_open: false }
            }
            Event::ChannelData(data) if self.channel == Some(data.id) => Step::Message(data.data),
            Event::Closed => Step::Closed,
            _ => Step::Nothing,
        }
    }

    /// Sends a text on the data channel; false if it is not open or full.
    pub(super) fn send_text(&mut self, text: &str) -> bool {
        let channel = self.channel.and_then(|id| self.rtc.channel(id));
        channel.is_some_and(|mut channel| matches!(channel.write(false, text.as_bytes()), Ok(true)))
    }

    /// Declares a source of sound of somebody else.
    pub(super) fn add_sound(&mut self, source: Ssrc) -> Name {
        self.add(MediaKind::Audio, source, None)
    }

    /// Declares a source of a picture of somebody else.
    pub(super) fn add_picture(&mut self, source: Ssrc, repetition: Option<Ssrc>) -> Name {
        self.add(MediaKind::Video, source, repetition)
    }

    fn add(&mut self, kind: MediaKind, source: Ssrc, repetition: Option<Ssrc>) -> Name {
        let name = self.name();
        let repetition = repetition.map(|repetition| repetition.value().into());
        let mut api = self.rtc.direct_api();
        api.declare_media(name, kind);
        api.expect_stream_rx(source.value().into(), repetition, name, None);
        Name(name)
    }

    pub(super) fn remove(&mut self, Name(name): Name) {
        self.rtc.direct_api().remove_media(name);
    }

    pub(super) fn request_key_frame(&mut self, source: Ssrc) {
        let mut api = self.rtc.direct_api();
        if let Some(stream) = api.stream_rx(&source.value().into()) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    pub(super) fn send_sound(
        &mut self,
        now: Instant,
        stamp: &Stamp,
        level: AudioLevel,
        payload: Vec<u8>,
    ) {
        let values = ExtensionValues {
            audio_level: i8::try_from(level.level()).ok().map(|level| -level),
            voice_activity: Some(level.speech() == confcall_media::Speech::Present),
            ..ExtensionValues::default()
        };
        let packet = packet(self.opus, now, stamp, payload).ext_vals(values);
        write(&mut self.rtc.direct_api(), self.sound, packet);
    }

    pub(super) fn send_picture(
        &mut self,
        now: Instant,
        layer: usize,
        stamp: &Stamp,
        payload: Vec<u8>,
    ) {
        let (Some((layer, _)), Some((vp8, _))) = (self.layers.get(layer), self.vp8) else {
            return;
        };
        let packet = packet(vp8, now, stamp, payload).nackable(true);
        write(&mut self.rtc.direct_api(), layer.source, packet);
    }

    /// Says goodbye, as far as that can be sent.
    pub(super) fn close(&mut self) {
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
    }

    /// Stops at once.
    pub(super) fn stop(&mut self) {
        self.rtc.disconnect();
    }
}

fn pt(number: u8) -> Pt {
    Pt::from(number)
}

fn credentials(credentials: &IceCredentials) -> IceCreds {
    IceCreds {
        ufrag: credentials.ufrag().to_owned(),
        pass: credentials.pwd().to_owned(),
    }
}

fn packet(payload_type: Pt, now: Instant, stamp: &Stamp, payload: Vec<u8>) -> RtpWrite {
    let number = stamp.number.into();
    RtpWrite::new(payload_type, number, stamp.time, now, payload).marker(stamp.marker)
}

fn write(api: &mut DirectApi<'_>, source: Ssrc, packet: RtpWrite) {
    if let Some(stream) = api.stream_tx(&source.value().into()) {
        stream.write_rtp(packet);
    }
}
