//! The laws of the fuzz target on files with a few changed bytes, and on recordings of generated calls.

use confcall_rtc::files::fuzzing::media_files;
use proptest::prelude::*;

use crate::built::seal_all;
use crate::{CHIME, PICTURE};

/// The first pages of the chime: the head, the tags and some sound.
const BEGINNING: usize = 6000;

/// Changes of a file: where, by the part of it, and to which byte.
fn changes() -> impl Strategy<Value = Vec<(u16, u8)>> {
    // Headers are at the beginning, and most often changed there.
    let place = prop_oneof![0..400u16, any::<u16>()];
    prop::collection::vec((place, any::<u8>()), 1..8)
}

fn change(file: &mut [u8], changes: &[(u16, u8)]) {
    for (place, value) in changes {
        let place = usize::from(*place) % file.len();
        file[place] = *value;
    }
}

proptest! {
    #[test]
    fn a_changed_file_of_opus_keeps_the_laws_with_the_right_checksums_and_the_wrong_ones(
        changes in changes(),
        is_sealed: bool,
    ) {
        let mut file = CHIME[..BEGINNING].to_vec();
        change(&mut file, &changes);
        if is_sealed {
            seal_all(&mut file);
        }
        media_files(&file);
    }

    #[test]
    fn a_changed_file_of_ivf_keeps_the_laws(changes in changes()) {
        let mut file = PICTURE.to_vec();
        change(&mut file, &changes);
        media_files(&file);
    }

    #[test]
    fn a_recording_of_whatever_comes_keeps_the_laws(choices in prop::collection::vec(any::<u8>(), 0..600)) {
        media_files(&choices);
    }
}
