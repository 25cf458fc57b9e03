//! The bodies of the fuzz targets for messages; each panics where a law of its reader does not hold.

use super::GroupMessage;

/// A message that is read is written as one that is read the same.
pub fn message_json(data: &[u8]) {
    if let Ok(message) = GroupMessage::from_json(data) {
        let written = message.to_json();
        let again = GroupMessage::from_json(written.as_bytes());
        assert_eq!(again.as_ref(), Ok(&message));
        assert_eq!(again.map(|again| again.to_json()), Ok(written));
        let _ = message.reaction();
    }
}
