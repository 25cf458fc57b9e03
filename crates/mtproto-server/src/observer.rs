use std::sync::Arc;

use crate::hub::Hub;
use crate::overview::Overview;

/// A view of a running server, to show what happens; clones view the same one.
#[derive(Clone, Debug)]
pub struct Observer(Arc<Hub>);

impl Observer {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        Self(hub)
    }

    /// Looks at the server; it waits while a request is carried out, and a request waits for it.
    pub fn look(&self) -> Overview {
        self.0.overview()
    }
}
