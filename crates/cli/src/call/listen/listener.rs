use core::future::pending;
use core::time::Duration;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use confcall::join::stream::{AudioPart, Quality, StreamPart, Track};
use confcall::{Event, GroupCall, Joined, Notice, Options, Target, Transport, UserId};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::super::entrance::{self, Guest};
use super::super::exit::{self, UnwantedEnd};
use super::super::{media, target};
use super::ListenArgs;
use super::parts::{Content, Tracks};
use super::pictures::Pictures;
use super::progress::Progress;
use super::recording::{Added, RecordError, Recording};
use super::report::{ListenReport, PartOutcome, PartReport, Summary};
use crate::interrupts::Interrupts;
use crate::screen::{Format, Screen};

/// The time between two lines that say how much has come.
const PROGRESS: Duration = Duration::from_secs(10);

/// The time for the server to answer that we left; as long as a person waits without a second Ctrl-C.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Listens until the call ends, a signal, or a limit.
pub(crate) fn listen(
    args: &ListenArgs,
    details: bool,
    out: impl Write,
) -> anyhow::Result<ExitCode> {
    let target = args.target.read()?;
    // Before the call is entered: a folder that cannot be used has nothing to do with it.
    let begin = |folder: &PathBuf| Recording::begin(folder, args.record_limit);
    let recording = args.record.as_ref().map(begin).transpose()?;
    let listener = Listener {
        screen: Screen::new(out, Format::of_flag(args.json)).with_details(details),
        recording,
        tracks: Tracks::default(),
        pictures: Pictures::default(),
        progress: Progress::default(),
        seconds: args.seconds.map(Duration::from_secs),
        leaving_until: None,
        failure: None,
    };
    entrance::enter(&args.account, Some(target), listener)
}

/// One who listens, with what is kept and shown.
struct Listener<W> {
    screen: Screen<W>,
    recording: Option<Recording>,
    tracks: Tracks,
    pictures: Pictures,
    progress: Progress,
    /// The time after which we leave.
    seconds: Option<Duration>,
    /// The end of the wait for the server's answer, once we leave.
    leaving_until: Option<Instant>,
    /// The reason why we leave, if the call has not ended by itself or as the user wants.
    failure: Option<anyhow::Error>,
}

impl<W: Write> Guest for Listener<W> {
    async fn attend<T: Transport + 'static>(
        mut self,
        transport: T,
        user: UserId,
        target: Target,
        mut rng: ChaCha20Rng,
    ) -> anyhow::Result<()> {
        let mut interrupts = Interrupts::listen()?;
        let entering = ListenReport::Entering {
            user,
            target: target::name(&target),
        };
        self.screen.show(&entering)?;
        let mut options = Options::new(target, user)?;
        options.config.media.payload = media::listener(&mut rng);
        options.config.media.muted = true;
        let call = GroupCall::start(transport, options);
        let mut parts = call.stream();
        let events = call.events_from_start();
        let mut events = events.unwrap_or_else(|| call.events());
        let until = self
            .seconds
            .and_then(|time| Instant::now().checked_add(time));
        let mut clock = interval(PROGRESS);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is now.
        clock.tick().await;
        let end = loop {
            let stays = self.leaving_until.is_none();
            tokio::select! {
                biased;
                () = interrupts.next() => match stays {
                    true => self.leave(&call)?,
                    false => return Err(exit::interrupted().into()),
                },
                () = at(self.leaving_until) => return Err(exit::leave_unanswered().into()),
                () = at(until), if stays => self.leave(&call)?,
                notice = events.next() => {
                    let notice = notice.ok_or_else(exit::stopped)?;
                    if let Some(end) = self.hear(&call, notice)? {
                        break end;
                    }
                }
                Some(part) = parts.next(), if stays => self.take(&call, part).await?,
                _ = clock.tick(), if stays => {
                    self.screen.show(&ListenReport::Progress(self.progress))?;
                }
            }
        };
        tokio::select! {
            closed = timeout(LEAVE_TIMEOUT, call.close()) => {
                closed.map_err(|_| exit::leave_unanswered())?;
            }
            () = interrupts.next() => return Err(exit::interrupted().into()),
        }
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(end?),
        }
    }
}

impl<W: Write> Listener<W> {
    /// Shows a notice; gives the end of the call if that was it.
    fn hear(
        &mut self,
        call: &GroupCall,
        notice: Notice,
    ) -> io::Result<Option<Result<(), UnwantedEnd>>> {
        let event = match notice {
            Notice::Event(event) => event,
            // The parts tell for themselves whether the server is heard.
            _ => return Ok(None),
        };
        match event {
            // Of a stream that was heard; who may speak gets a connection in its place.
            Event::Rejoined(joined) if !joined.mode.is_stream() => self.lose_stream(call)?,
            Event::Joined(joined) | Event::Rejoined(joined) => self.enter(call, joined)?,
            Event::Call(info) => self.screen.show(&ListenReport::Call(info))?,
            Event::Ended(ended) => {
                let unwanted = exit::check(&ended, None).err();
                let recording = self.recording.as_ref().map(|recording| Summary {
                    written: recording.written(),
                    play_lists: recording.play_lists().collect(),
                });
                self.screen.show(&ListenReport::Ended {
                    ended,
                    unwanted: unwanted.clone(),
                    progress: self.progress,
                    recording,
                })?;
                // On a terminal the error would say it once more below.
                let unwanted = unwanted.map(|end| match self.screen.is_live() {
                    true => end.shown(),
                    false => end,
                });
                return Ok(Some(unwanted.map_or(Ok(()), Err)));
            }
            event => self.screen.show(&ListenReport::Event(Box::new(event)))?,
        }
        Ok(None)
    }

    fn enter(&mut self, call: &GroupCall, joined: Joined) -> io::Result<()> {
        let has_stream = joined.mode.is_stream();
        self.screen.show(&ListenReport::Joined(Box::new(joined)))?;
        if !has_stream {
            self.failure = Some(exit::no_stream().into());
            self.leave(call)?;
        }
        Ok(())
    }

    /// Ends a stay that has no stream any more, which is as good an end as any.
    fn lose_stream(&mut self, call: &GroupCall) -> io::Result<()> {
        let own = call.view().own;
        self.screen.show(&ListenReport::StreamOver {
            may_speak: own.is_some_and(|own| own.can_unmute),
            is_recorded: self.recording.is_some(),
        })?;
        self.leave(call)
    }

    /// Shows a part, and keeps it if it is to be recorded.
    async fn take(
        &mut self,
        call: &GroupCall,
        part: Result<Arc<StreamPart>, u64>,
    ) -> io::Result<()> {
        let part = match part {
            Ok(part) => part,
            Err(parts) => return self.screen.show(&ListenReport::Missed { parts }),
        };
        self.progress.count(&part);
        self.ask_for_pictures(call, &part).await;
        let outcome = match self.keep(&part) {
            Ok(outcome) => outcome,
            Err(error) => {
                self.failure = Some(error.into());
                return self.leave(call);
            }
        };
        let Some(outcome) = outcome else {
            let limit = self.recording.as_ref().map(Recording::limit);
            let limit = limit.unwrap_or_default();
            self.screen.show(&ListenReport::Full(limit))?;
            return self.leave(call);
        };
        self.screen.show(&ListenReport::Part(PartReport {
            track: part.track.clone(),
            time_ms: part.time_ms,
            duration_ms: part.duration_ms,
            bytes: part.bytes.len(),
            outcome,
        }))
    }

    /// Asks for the pictures that the sound names, if they are to be recorded.
    async fn ask_for_pictures(&mut self, call: &GroupCall, part: &StreamPart) {
        if self.recording.is_none() || part.track != Track::Sound {
            return;
        }
        // A part that cannot be read names none, and the one after it does.
        let Ok(sound) = AudioPart::read(&part.bytes) else {
            return;
        };
        let changes = self.pictures.note(&sound);
        for endpoint in changes.over {
            call.stop_video(endpoint).await;
        }
        for endpoint in changes.begun {
            call.want_video(endpoint, Quality::Full).await;
        }
    }

    /// Keeps what is in a part; gives nothing once there is room for no more.
    fn keep(&mut self, part: &StreamPart) -> Result<Option<PartOutcome>, RecordError> {
        let (track, media) = match self.tracks.content(part) {
            Content::Media(track, media) => (track, media),
            Content::Silence => return Ok(Some(PartOutcome::Silence)),
            Content::Broken(error) => {
                return Ok(Some(PartOutcome::PassedOver(error.to_string())));
            }
            Content::TooMany => {
                let why = "there are too many pictures".to_owned();
                return Ok(Some(PartOutcome::PassedOver(why)));
            }
        };
        let Some(recording) = &mut self.recording else {
            return Ok(Some(PartOutcome::Heard));
        };
        Ok(match recording.add(track, media)? {
            Added::File(name) => Some(PartOutcome::File(name)),
            Added::Full => None,
        })
    }

    fn leave(&mut self, call: &GroupCall) -> io::Result<()> {
        call.leave();
        self.leaving_until = Some(Instant::now() + LEAVE_TIMEOUT);
        self.screen.show(&ListenReport::Leaving)
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}
