use serde::Serialize;

/// The form of an item, by its constructor id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ItemForm {
    /// The canonical id, as clients send it.
    Local,
    /// The incremented id, as the server sends it.
    Server,
}

impl ItemForm {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Local => "local form",
            Self::Server => "server form",
        }
    }
}
