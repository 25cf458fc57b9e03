//! A live story, and one who listens.

use std::io::Write;

use confcall::CallKind;

use super::super::broken::DidNotHold;
use super::super::life::leaving;
use super::super::life::stage::Stage;
use super::following::{GUEST, follow};

pub(super) fn play(stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    stage.title("a live story, to which one listens")?;
    let link = "https://t.me/fay/s/live";
    follow(link, &[GUEST], CallKind::LiveStoryListener, stage)?;
    let publisher = stage.wait_for(
        |stage| {
            let participants = stage.node(GUEST).ok()?.engine.participants();
            let others = participants.into_iter().filter(|one| !one.own);
            others.filter_map(|one| one.label).next()
        },
        DidNotHold::Listens(GUEST),
    )?;
    let name = stage.name(GUEST);
    let text = format!("{} publishes, and {name} listens", publisher.name);
    stage.line("listen", &text)?;
    let own = stage.node(GUEST)?.engine.own_state();
    if !own.is_some_and(|own| own.confirmed.muted && own.confirmed.video_stopped) {
        return Err(DidNotHold::Listens(GUEST).into());
    }
    stage
        .proof("who listens to a story is heard and seen by nobody, whatever else is asked for")?;
    leaving::leave(GUEST, stage)
}
