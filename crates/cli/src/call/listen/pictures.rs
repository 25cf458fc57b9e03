use confcall::join::stream::AudioPart;

use crate::limits;

/// The pictures of a stream that are asked for: all that a part of the sound names.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    wanted: Vec<String>,
}

/// The endpoints of pictures that began, and of those that are over.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PictureChanges {
    pub(super) begun: Vec<String>,
    pub(super) over: Vec<String>,
}

impl Pictures {
    /// Takes in a part of the sound.
    pub(super) fn note(&mut self, sound: &AudioPart) -> PictureChanges {
        let shown = || sound.active.iter().map(|(_, endpoint)| endpoint);
        let is_over = |one: &String| !shown().any(|shown| shown == one);
        let over = self.wanted.extract_if(.., |one| is_over(one)).collect();
        let mut begun = Vec::new();
        for endpoint in shown() {
            let is_new = !self.wanted.contains(endpoint);
            if is_new && self.wanted.len() < limits::RECORDED_PICTURES {
                self.wanted.push(endpoint.clone());
                begun.push(endpoint.clone());
            }
        }
        PictureChanges { begun, over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(endpoints: &[&str]) -> AudioPart {
        let active = endpoints.iter().map(|&endpoint| endpoint.to_owned());
        AudioPart {
            channels: 1.try_into().unwrap(),
            speakers: Vec::new(),
            active: (0..).zip(active).collect(),
        }
    }

    fn changes(begun: &[&str], over: &[&str]) -> PictureChanges {
        let [begun, over] = [begun, over].map(|all| all.iter().map(ToString::to_string).collect());
        PictureChanges { begun, over }
    }

    #[test]
    fn a_picture_is_asked_for_once_while_it_is_shown() {
        let mut pictures = Pictures::default();
        assert_eq!(
            pictures.note(&sound(&["a", "b"])),
            changes(&["a", "b"], &[])
        );
        assert_eq!(pictures.note(&sound(&["b", "a"])), changes(&[], &[]));
        assert_eq!(pictures.note(&sound(&["b", "c"])), changes(&["c"], &["a"]));
        assert_eq!(pictures.note(&sound(&[])), changes(&[], &["b", "c"]));
    }
}
