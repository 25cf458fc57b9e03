use tokio::time::Instant;

/// The contact with the server, so that its loss and its return are said once each.
///
/// One answer that does not come is no loss: others came meanwhile. It is lost with a request during which nothing was
/// heard at all, and back with the next thing that is.
#[derive(Debug)]
pub(crate) struct Contact {
    /// The moment at which the server was heard last.
    heard: Option<Instant>,
    is_lost: bool,
}

impl Contact {
    pub(crate) fn new() -> Self {
        Self {
            heard: None,
            is_lost: false,
        }
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// The server was heard; gives whether the contact is back by that.
    pub(crate) fn hear(&mut self) -> bool {
        self.heard = Some(Instant::now());
        core::mem::take(&mut self.is_lost)
    }

    /// A request that was sent at a moment has no answer; gives whether the contact is lost by that.
    pub(crate) fn miss(&mut self, sent: Instant) -> bool {
        let was_silent = self.heard.is_none_or(|heard| heard <= sent);
        was_silent && !core::mem::replace(&mut self.is_lost, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_loss_and_a_return_are_said_once_each() {
        let mut contact = Contact::new();
        let second = Duration::from_secs(1);
        assert!(!contact.hear());
        let sent = Instant::now();
        tokio::time::advance(second).await;
        assert!(contact.miss(sent));
        assert!(!contact.miss(sent) && contact.is_lost());
        assert!(contact.hear());
        assert!(!contact.hear() && !contact.is_lost());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_come_while_others_do_is_no_loss() {
        let mut contact = Contact::new();
        let sent = Instant::now();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!contact.hear());
        assert!(!contact.miss(sent) && !contact.is_lost());
    }
}
