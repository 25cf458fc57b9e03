use core::net::SocketAddr;
use core::time::Duration;
use std::time::Instant;

use confcall_join::joining::{Fingerprint, IceCredentials, JoinPayload};
use str0m::channel::ChannelId;
use str0m::format::{Codec, FormatParams};
use str0m::ice::StunMessage;
use str0m::media::{Frequency, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::Extension;
use str0m::{Candidate, Event, IceCreds, Input, Output, Rtc, RtcConfig};

use super::budget::Budget;
use super::datagram::{SfuDatagram, Transaction, request_transaction};
use super::identity::Identity;
use super::parameters;
use super::publication::Publication;
use crate::limits;

/// The time after its last answer to a check for which an address is sent media.
const CONSENT: Duration = Duration::from_secs(15);

/// The sizes of datagrams with media; the ends of paths take at least so many bytes.
const SIZES: core::ops::RangeInclusive<usize> = 1200..=1280;

/// The transport of one media connection: ICE, DTLS, SRTP and SCTP.
///
/// It sleeps, and costs a few hundred bytes, until the first check of its client.
pub(super) struct Link {
    /// The address at which the client finds the server.
    local: SocketAddr,
    credentials: IceCredentials,
    remote: Remote,
    /// The time from which on checks are answered.
    opens: Instant,
    rtc: Option<Box<Rtc>>,
    addresses: Vec<Address>,
    budget: Budget,
    pub(super) is_connected: bool,
    pub(super) channel: Option<ChannelId>,
}

/// The client's end, as its payload says.
struct Remote {
    credentials: IceCredentials,
    fingerprint: Fingerprint,
}

/// An address from which the client checked.
struct Address {
    at: SocketAddr,
    /// The moment at which it answered a check of ours.
    answered: Option<Instant>,
}

/// A reason for which a check is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is too early.
    Early,
    /// It was made with other credentials, or comes from one address too many.
    Unauthenticated,
}

/// The next thing that a link does.
pub(super) enum Step {
    /// It sends a datagram.
    Send(SfuDatagram),
    /// It sends a check with this number.
    Check(Transaction, SfuDatagram),
    /// It would send to an address that has not answered for a while.
    WithoutConsent,
    Event(Box<Event>),
    /// It waits for input until this moment.
    Wait(Instant),
    /// It is over.
    Ended,
}

impl Link {
    pub(super) fn new(
        local: SocketAddr,
        credentials: IceCredentials,
        payload: &JoinPayload,
        opens: Instant,
        now: Instant,
    ) -> Option<Self> {
        // A socket at such an address can have no candidate.
        Candidate::host(local, Protocol::Udp).ok()?;
        Some(Self {
            local,
            credentials,
            remote: Remote {
                credentials: payload.credentials().clone(),
                // Clients have one; a client of several would present the first.
                fingerprint: payload.fingerprints().first()?.clone(),
            },
            opens,
            rtc: None,
            addresses: Vec::new(),
            budget: Budget::full(now),
            is_connected: false,
            channel: None,
        })
    }

    pub(super) fn credentials(&self) -> &IceCredentials {
        &self.credentials
    }

    /// Takes a datagram of this size from the client; false beyond its rate.
    pub(super) fn afford(&mut self, size: usize, now: Instant) -> bool {
        self.budget.take(size, now)
    }

    /// Judges a check of the client, before anything is done for it.
    pub(super) fn admit_check(
        &mut self,
        message: &StunMessage<'_>,
        from: SocketAddr,
        identity: &Identity,
        now: Instant,
    ) -> Result<(), Refused> {
        let names = message.split_username();
        let is_named = names == Some((self.credentials.ufrag(), self.remote.credentials.ufrag()));
        if !is_named || !identity.verify(message, self.credentials.pwd()) {
            return Err(Refused::Unauthenticated);
        }
        if now < self.opens {
            return Err(Refused::Early);
        }
        if !self.addresses.iter().any(|one| one.at == from) {
            // Each of them is checked in turn: a member could have others checked without end.
            if self.addresses.len() >= limits::MEDIA_ADDRESSES {
                return Err(Refused::Unauthenticated);
            }
            let answered = None;
            self.addresses.push(Address { at: from, answered });
        }
        Ok(())
    }

    /// Judges an answer to a check of ours, and notes that its address consents to be sent media.
    pub(super) fn admit_answer(
        &mut self,
        message: &StunMessage<'_>,
        from: SocketAddr,
        identity: &Identity,
        now: Instant,
    ) -> Result<(), Refused> {
        if !identity.verify(message, self.remote.credentials.pwd()) {
            return Err(Refused::Unauthenticated);
        }
        let mut addresses = self.addresses.iter_mut();
        if let Some(address) = addresses.find(|one| one.at == from)
            && message.is_successful_binding_response()
        {
            address.answered = Some(now);
        }
        Ok(())
    }

    /// Makes the connection that waited for its client; its sources are those of the payload.
    pub(super) fn wake(&mut self, publication: &Publication, identity: &Identity, now: Instant) {
        if self.rtc.is_some() {
            return;
        }
        let mut rtc = self.config(identity).build(now);
        if let Ok(candidate) = Candidate::host(self.local, Protocol::Udp) {
            rtc.add_local_candidate(candidate);
        }
        let mut api = rtc.direct_api();
        api.set_remote_ice_credentials(creds(&self.remote.credentials));
        let fingerprint = &self.remote.fingerprint;
        api.set_remote_fingerprint(str0m::config::Fingerprint {
            hash_func: fingerprint.hash().as_str().to_owned(),
            bytes: fingerprint.as_bytes().to_vec(),
        });
        // A native client nominates nothing: the server has to.
        api.set_ice_controlling(true);
        // No feedback on the numbers of transport-cc: str0m lists every number between two of a member that lies, without an end.
        // Senders stay at the rate that they start with.
        let started = api.start_dtls(true);
        if started.is_err() {
            return;
        }
        // The client initiates the association and opens the channel.
        api.start_sctp(false);
        let sound = Mid::from("sound");
        api.declare_media(sound, MediaKind::Audio);
        api.expect_stream_rx(publication.sound.value().into(), None, sound, None);
        for (place, layer) in publication.layers.iter().enumerate() {
            let picture = Mid::from(format!("picture{place}").as_str());
            api.declare_media(picture, MediaKind::Video);
            let repair = layer.repair.map(|repair| repair.value().into());
            api.expect_stream_rx(layer.source.value().into(), repair, picture, None);
        }
        self.rtc = Some(Box::new(rtc));
    }

    fn config(&self, identity: &Identity) -> RtcConfig {
        let mut config = RtcConfig::new()
            .set_crypto_provider(identity.provider.clone())
            .set_dtls_cert(identity.certificate.clone())
            .set_local_ice_credentials(creds(&self.credentials))
            .set_rtp_mode(true)
            .set_ice_lite(false)
            .set_mtu(SIZES)
            .set_sctp_max_message_size(limits::CHANNEL_MESSAGE)
            .clear_codecs()
            .clear_extension_map()
            .set_extension(parameters::AUDIO_LEVEL, Extension::AudioLevel)
            .set_extension(parameters::SEND_TIME, Extension::AbsoluteSendTime)
            .set_extension(
                parameters::TRANSPORT_SEQUENCE,
                Extension::TransportSequenceNumber,
            )
            .set_extension(parameters::ORIENTATION, Extension::VideoOrientation);
        let codecs = config.codec_config();
        let format = FormatParams::default();
        let opus = Pt::from(parameters::OPUS);
        codecs.add_config(
            opus,
            None,
            Codec::Opus,
            Frequency::FORTY_EIGHT_KHZ,
            Some(2),
            format,
        );
        let (vp8, repair) = (Pt::from(parameters::VP8), Pt::from(parameters::VP8_REPAIR));
        codecs.add_config(
            vp8,
            Some(repair),
            Codec::Vp8,
            Frequency::NINETY_KHZ,
            None,
            format,
        );
        config
    }

    /// Hands in a datagram of the client; false if it is unreadable.
    pub(super) fn receive(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) -> bool {
        let Some(rtc) = &mut self.rtc else {
            return false;
        };
        let received = Receive::new(Protocol::Udp, from, self.local, datagram);
        match received {
            Ok(received) => rtc.handle_input(Input::Receive(now, received)).is_ok(),
            Err(_) => false,
        }
    }

    /// Lets the time pass, which also sends what was written.
    pub(super) fn pass_time(&mut self, now: Instant) {
        if let Some(rtc) = &mut self.rtc {
            // An error ends the connection, which the next step says.
            let _ = rtc.handle_input(Input::Timeout(now));
        }
    }

    /// The next step; after each input until it waits.
    pub(super) fn step(&mut self, now: Instant) -> Option<Step> {
        let rtc = self.rtc.as_mut()?;
        if !rtc.is_alive() {
            return Some(Step::Ended);
        }
        let sent = match rtc.poll_output() {
            Ok(Output::Timeout(at)) => return Some(Step::Wait(at)),
            Ok(Output::Event(event)) => return Some(Step::Event(Box::new(event))),
            Ok(Output::Transmit(sent)) => sent,
            Err(_) => return Some(Step::Ended),
        };
        let destination = sent.destination;
        let contents = Vec::from(sent.contents);
        let is_stun = contents.first().is_some_and(|first| *first < 2);
        let datagram = SfuDatagram {
            destination,
            contents,
        };
        Some(match request_transaction(&datagram.contents) {
            Some(check) => Step::Check(check, datagram),
            None if is_stun || self.consents(destination, now) => Step::Send(datagram),
            None => Step::WithoutConsent,
        })
    }

    /// True if an address answered a check a short while ago.
    fn consents(&self, address: SocketAddr, now: Instant) -> bool {
        let mut addresses = self.addresses.iter().filter(|one| one.at == address);
        let answered = addresses.find_map(|one| one.answered);
        answered.is_some_and(|at| now.saturating_duration_since(at) <= CONSENT)
    }

    /// The connection, if it is one by which media go.
    pub(super) fn connected(&mut self) -> Option<&mut Rtc> {
        self.rtc.as_deref_mut().filter(|_| self.is_connected)
    }

    /// Writes a message to the data channel; false if that is not open, or takes no more.
    pub(super) fn write(&mut self, message: &str) -> bool {
        let (Some(rtc), Some(id)) = (&mut self.rtc, self.channel) else {
            return false;
        };
        let channel = rtc.channel(id);
        channel.is_some_and(|mut channel| channel.write(false, message.as_bytes()).unwrap_or(false))
    }

    /// Begins to say goodbye; what it sends comes by the next steps.
    pub(super) fn close(&mut self) {
        if let Some(rtc) = &mut self.rtc {
            let _ = rtc.close();
        }
    }
}

fn creds(credentials: &IceCredentials) -> IceCreds {
    IceCreds {
        ufrag: credentials.ufrag().to_owned(),
        pass: credentials.pwd().to_owned(),
    }
}
