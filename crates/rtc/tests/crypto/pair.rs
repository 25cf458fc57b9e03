//! Two ends of a connection, joined without sockets under a clock of their own.

use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use confcall_rtc::str0m::channel::{ChannelConfig, ChannelId, Reliability};
use confcall_rtc::str0m::config::{CryptoProvider, DtlsVersion, Fingerprint};
use confcall_rtc::str0m::crypto::CryptoError;
use confcall_rtc::str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, KeyingMaterial,
    ProtocolVersion, SrtpProfile,
};
use confcall_rtc::str0m::media::{MediaKind, Mid};
use confcall_rtc::str0m::net::{Protocol, Receive, Transmit};
use confcall_rtc::str0m::rtp::{RtpWrite, Ssrc};
use confcall_rtc::str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig, RtcError};

const SSRC: u32 = 0x1234_5678;
const OPUS: u8 = 111;
/// Far longer than a handshake of two ends that lose nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// One end, and what came out of it.
pub(crate) struct End {
    pub(crate) rtc: Rtc,
    address: SocketAddr,
    sent: Vec<Transmit>,
    pub(crate) events: Vec<Event>,
    pub(crate) datagrams: Vec<Vec<u8>>,
}

/// The client of the handshake, and its server.
pub(crate) struct Pair {
    pub(crate) client: End,
    pub(crate) server: End,
    start: Instant,
    now: Instant,
}

/// The configuration of an end that exchanges RTP packets without header extensions.
pub(crate) fn config(provider: Arc<CryptoProvider>, version: DtlsVersion) -> RtcConfig {
    RtcConfig::new()
        .set_rtp_mode(true)
        .clear_extension_map()
        .set_dtls_version(version)
        .set_crypto_provider(provider)
}

impl End {
    fn new(config: RtcConfig, address: &str, start: Instant) -> Self {
        let address = address.parse().unwrap();
        let mut rtc = config.build(start);
        let candidate = Candidate::host(address, "udp").unwrap();
        rtc.add_local_candidate(candidate).unwrap();
        Self {
            rtc,
            address,
            sent: Vec::new(),
            events: Vec::new(),
            datagrams: Vec::new(),
        }
    }

    pub(crate) fn fingerprint(&mut self) -> Fingerprint {
        self.rtc.direct_api().local_dtls_fingerprint().clone()
    }

    fn meet(&mut self, other: &mut Self, is_client: bool) {
        let candidate = Candidate::host(other.address, "udp").unwrap();
        self.rtc.add_remote_candidate(candidate);
        let credentials = other.rtc.direct_api().local_ice_credentials();
        let fingerprint = other.fingerprint();
        let mut direct = self.rtc.direct_api();
        direct.set_remote_ice_credentials(credentials);
        direct.set_remote_fingerprint(fingerprint);
        direct.set_ice_controlling(is_client);
        direct.start_dtls(is_client).unwrap();
        direct.start_sctp(is_client);
        direct.declare_media(Mid::from("0"), MediaKind::Audio);
        direct.expect_stream_rx(Ssrc::from(SSRC), None, Mid::from("0"), None);
        direct.declare_stream_tx(Ssrc::from(SSRC), None, Mid::from("0"), None);
    }

    /// Takes what it sends until it waits, and says until when it does.
    fn drain(&mut self) -> Result<Instant, RtcError> {
        loop {
            match self.rtc.poll_output()? {
                Output::Transmit(transmit) => {
                    self.datagrams.push(transmit.contents.to_vec());
                    self.sent.push(transmit);
                }
                Output::Event(event) => self.events.push(event),
                Output::Timeout(until) => return Ok(until),
            }
        }
    }

    /// Hands in what was sent to it. What each leads to has to be taken before the next: one packet at a time is kept for it.
    fn receive(&mut self, datagrams: &[Transmit], now: Instant) -> Result<(), RtcError> {
        for one in datagrams {
            let received = Receive::new(Protocol::Udp, one.source, one.destination, &one.contents);
            self.rtc.handle_input(Input::Receive(now, received?))?;
            self.drain()?;
        }
        Ok(())
    }

    pub(crate) fn send_voice(&mut self, number: u64, payload: &[u8], now: Instant) {
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx(&Ssrc::from(SSRC)).unwrap();
        let time = u32::try_from(number * 960).unwrap();
        stream.write_rtp(RtpWrite::new(
            OPUS.into(),
            number.into(),
            time,
            now,
            payload,
        ));
    }

    pub(crate) fn voices(&self) -> Vec<&[u8]> {
        let packets = self.events.iter().filter_map(|event| match event {
            Event::RtpPacket(packet) => Some(&packet.payload[..]),
            _ => None,
        });
        packets.collect()
    }

    pub(crate) fn messages(&self) -> Vec<&[u8]> {
        let messages = self.events.iter().filter_map(|event| match event {
            Event::ChannelData(data) => Some(&data.data[..]),
            _ => None,
        });
        messages.collect()
    }

    pub(crate) fn open_channel(&self) -> Option<ChannelId> {
        self.events.iter().find_map(|event| match event {
            Event::ChannelOpen(id, _) => Some(*id),
            _ => None,
        })
    }
}

impl Pair {
    pub(crate) fn new(client: RtcConfig, server: RtcConfig) -> Self {
        let start = Instant::now();
        let mut client = End::new(client, "192.0.2.1:1000", start);
        let mut server = End::new(server, "192.0.2.2:2000", start);
        client.meet(&mut server, true);
        server.meet(&mut client, false);
        Self {
            client,
            server,
            start,
            now: start,
        }
    }

    /// Delivers what is sent and lets time pass, until something holds.
    pub(crate) fn run_until(&mut self, done: impl Fn(&Self) -> bool) -> Result<(), RtcError> {
        loop {
            let until = self.client.drain()?.min(self.server.drain()?);
            if done(self) {
                return Ok(());
            }
            let from_client = mem::take(&mut self.client.sent);
            let from_server = mem::take(&mut self.server.sent);
            if from_client.is_empty() && from_server.is_empty() {
                self.now = until.max(self.now + Duration::from_millis(1));
                assert!(self.now - self.start < PATIENCE, "nothing more happens");
                self.client.rtc.handle_input(Input::Timeout(self.now))?;
                self.server.rtc.handle_input(Input::Timeout(self.now))?;
            }
            self.server.receive(&from_client, self.now)?;
            self.client.receive(&from_server, self.now)?;
        }
    }

    /// A data channel and a voice, both ways.
    pub(crate) fn exchange(&mut self) {
        let connected =
            |pair: &Self| pair.client.rtc.is_connected() && pair.server.rtc.is_connected();
        self.run_until(connected).unwrap();
        self.client
            .rtc
            .direct_api()
            .create_data_channel(ChannelConfig {
                label: "data".into(),
                ordered: true,
                reliability: Reliability::Reliable,
                ..ChannelConfig::default()
            });
        let open = |pair: &Self| {
            pair.client.open_channel().is_some() && pair.server.open_channel().is_some()
        };
        self.run_until(open).unwrap();

        let now = self.now;
        for (end, word) in [
            (&mut self.client, b"from a client"),
            (&mut self.server, b"from a server"),
        ] {
            let id = end.open_channel().unwrap();
            let mut channel = end.rtc.channel(id).unwrap();
            assert!(channel.write(false, word).unwrap());
            for number in 0..20 {
                end.send_voice(number, &voice(number), now);
            }
        }
        let heard = |pair: &Self| {
            let ends = [&pair.client, &pair.server];
            ends.iter()
                .all(|end| end.voices().len() == 20 && !end.messages().is_empty())
        };
        self.run_until(heard).unwrap();
        assert_eq!(self.server.messages(), [b"from a client"]);
        assert_eq!(self.client.messages(), [b"from a server"]);
        for end in [&self.client, &self.server] {
            for (number, heard) in (0..).zip(end.voices()) {
                assert_eq!(heard, voice(number));
            }
        }
    }
}

/// A payload of another length each time, none of which is a whole number of blocks.
pub(crate) fn voice(number: u64) -> Vec<u8> {
    let number = u8::try_from(number).unwrap();
    vec![number; 100 + usize::from(number) * 16 + 7]
}

/// A provider whose handshakes settle on a profile: the key material of a shorter profile is what that of the longer one, on which
/// they settle by themselves, begins with.
pub(crate) fn with_profile(provider: &CryptoProvider, profile: SrtpProfile) -> Arc<CryptoProvider> {
    let dtls_provider = Box::leak(Box::new(Settled {
        handshakes: provider.dtls_provider,
        profile,
    }));
    Arc::new(CryptoProvider {
        dtls_provider,
        ..provider.clone()
    })
}

#[derive(Debug)]
struct Settled<H> {
    handshakes: H,
    profile: SrtpProfile,
}

impl DtlsProvider for Settled<&'static dyn DtlsProvider> {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        self.handshakes.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        Ok(Box::new(Settled {
            handshakes: self.handshakes.new_dtls(cert, now, version, mtu)?,
            profile: self.profile,
        }))
    }
}

impl DtlsInstance for Settled<Box<dyn DtlsInstance>> {
    fn set_active(&mut self, active: bool) {
        self.handshakes.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.handshakes.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        match self.handshakes.poll_output(buf) {
            DtlsOutput::KeyingMaterial(material, settled) => {
                assert_eq!(settled, SrtpProfile::AEAD_AES_256_GCM);
                let material = &material[..self.profile.keying_material_len()];
                DtlsOutput::KeyingMaterial(KeyingMaterial::new(material), self.profile)
            }
            output => output,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.handshakes.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.handshakes.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.handshakes.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.handshakes.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.handshakes.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.handshakes.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.handshakes.close()
    }
}
