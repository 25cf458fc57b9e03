use std::path::PathBuf;

use super::super::args::AccountArgs;
use super::super::exit;
use super::super::target::TargetArg;
use super::byte_size::ByteSize;
use crate::limits;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{}", reference()))]
pub(crate) struct ListenArgs {
    /// The call: its link, @NAME for the call of a public group or channel, or - for one of these on the first line of standard
    /// input, where other users of this machine do not see it.
    pub(super) target: TargetArg,

    #[command(flatten)]
    pub(super) account: AccountArgs,

    /// Keep each part as a file in DIR, which is made, or is there and empty, with a play list for each track.
    #[arg(long, value_name = "DIR")]
    pub(super) record: Option<PathBuf>,

    /// Stop before the files of the recording have more bytes than this, such as 500MB or 2GiB.
    #[arg(long, value_name = "SIZE", default_value_t = ByteSize(limits::RECORDING_BYTES), requires = "record")]
    pub(super) record_limit: ByteSize,

    /// Stop after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub(super) seconds: Option<u64>,

    /// Print a JSON object a line for each event.
    #[arg(long)]
    pub(super) json: bool,
}

const EXAMPLES: &str = "\
Examples:
  confcall listen t.me/lighthouse?livestream --embedded --seconds 5
  confcall listen @lighthouse --session alice.session --record tape
  confcall listen @lighthouse --session alice.session --record tape2 --record-limit 500MB --seconds 3600
  ffplay tape/stream.ffconcat
  ffmpeg -i tape/stream.ffconcat -c copy lighthouse.mkv";

/// The part of `--help` that `-h` leaves out.
fn reference() -> String {
    [RECORDING, "", exit::HELP].join("\n")
}

const RECORDING: &str = "\
A call has a stream if one program feeds it by RTMP, or if it is large and you may not speak in it; other calls send their media by \
WebRTC, of which this command receives nothing. A recording has stream-NNNNNN.mp4 for sound and picture in one, \
sound-NNNNNN.ogg for sound alone, and picture-N-NNNNNN.mp4 for pictures, a file for each part, which is a second or so long, \
and beside them a list that FFmpeg plays: stream.ffconcat, sound.ffconcat, picture-N.ffconcat. Other users cannot look into the \
folder, and nothing is ever overwritten. Ctrl-C leaves the call; a second one quits at once.";
