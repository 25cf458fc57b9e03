//! One creates a call, and others follow its link at the same moment.

use std::io::Write;

use confcall::join::joining::Link;
use confcall::{Target, UserId};

use super::super::broken::DidNotHold;
use super::client;
use super::stage::Stage;

/// Creates a call; gives its link.
pub(super) fn create(user_id: UserId, stage: &mut Stage<'_, impl Write>) -> anyhow::Result<Link> {
    stage.line("create", &format!("{} creates a call", stage.name(user_id)))?;
    stage.start(user_id, Target::Create)?;
    let link = stage.wait_for(
        |stage| {
            client::joined(stage.node(user_id).ok()?)?
                .invite_link
                .clone()
        },
        DidNotHold::Link(user_id),
    )?;
    let link = Link::parse(link.as_str())?;
    stage.line("link", &link.to_string())?;
    Ok(link)
}

/// Lets users follow the link at once: of those who write on the same block all but one must try again.
pub(super) fn follow(
    link: &Link,
    users: &[UserId],
    stage: &mut Stage<'_, impl Write>,
) -> anyhow::Result<()> {
    let target = Target::from(link.clone());
    let count = users.len();
    let names = stage.list(users);
    stage.line("follow", &format!("{names} follow the link at once"))?;
    for user_id in users {
        stage.start(*user_id, target.clone())?;
    }
    let mut tried_again = 0;
    for user_id in users {
        let attempts = stage.wait_for(
            |stage| Some(client::joined(stage.node(*user_id).ok()?)?.attempts),
            DidNotHold::InTheCall(*user_id),
        )?;
        tried_again += usize::from(attempts > 1);
    }
    if tried_again + 1 != count {
        return Err(DidNotHold::Raced { count, tried_again }.into());
    }
    Ok(())
}
