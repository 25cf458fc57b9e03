use super::*;

const ONE: Picture<'_> = &[(51, 52)];
const THREE: Picture<'_> = &[(51, 52), (53, 54), (55, 56)];

/// A call in which Alice has a camera that Bob wants at a height, and Carol does not.
fn with_camera(picture: Picture<'_>, height: u16) -> Stage {
    let mut stage = Stage::empty();
    stage.join(ALICE, picture);
    stage.join(BOB, &[]);
    stage.join(CAROL, &[]);
    stage.run(500);
    for user in [BOB, CAROL] {
        let (source, repair) = picture[0];
        stage.client(user).expect_picture(source, repair);
    }
    stage.client(BOB).want(&[("1", height)]);
    stage.client(CAROL).want(&[("2", 720)]);
    stage.run(50);
    stage
}

/// Lets Alice show a picture in these sizes, so many times.
fn show(stage: &mut Stage, layers: &[usize], times: usize, is_key: bool) -> Vec<Vec<u8>> {
    let mut shown = Vec::new();
    for _ in 0..times {
        let now = stage.now;
        for layer in layers {
            shown.push(stage.client(ALICE).show(*layer, is_key, now));
        }
        stage.run(33);
    }
    shown
}

#[test]
fn a_picture_goes_to_those_who_asked_for_it_and_as_it_was_sent() {
    let mut stage = with_camera(ONE, 720);
    let mut shown = show(&mut stage, &[0], 1, true);
    shown.extend(show(&mut stage, &[0], 9, false));
    assert_eq!(stage.client(BOB).payloads(51), shown);
    let first = stage.client(BOB).heard[0].clone();
    assert_eq!(
        (first.payload_type, first.marker, first.seq),
        (100, true, 100)
    );
    assert!(stage.client(CAROL).heard.is_empty());
    stage.client(BOB).want(&[]);
    stage.run(20);
    show(&mut stage, &[0], 3, false);
    assert_eq!(stage.client(BOB).heard.len(), 10);
}

#[test]
fn a_sender_is_told_the_greatest_height_that_anybody_wants() {
    let mut stage = with_camera(ONE, 180);
    stage.client(CAROL).want(&[("1", 360)]);
    stage.run(20);
    stage.client(CAROL).want(&[("1", 180)]);
    stage.run(20);
    let heights = stage.client(ALICE).messages.iter().map(|message| {
        let message: serde_json::Value = serde_json::from_str(message).unwrap();
        assert_eq!(message["colibriClass"], "SenderVideoConstraints");
        message["videoConstraints"]["idealHeight"].as_u64().unwrap()
    });
    let heights: Vec<_> = heights.collect();
    assert_eq!(heights, [0, 180, 360, 180]);
    assert!(stage.client(BOB).messages.is_empty());
}

#[test]
fn a_new_receiver_has_a_key_frame_asked_for_at_once_and_then_one_a_second() {
    let mut stage = with_camera(ONE, 720);
    show(&mut stage, &[0], 2, true);
    let stream = stage.client(ALICE).stream(0);
    let once = core::slice::from_ref(&stream);
    assert_eq!(stage.client(ALICE).key_frames, once);
    for _ in 0..10 {
        stage.client(BOB).need_key_frame(51);
        stage.run(50);
    }
    assert_eq!(stage.client(ALICE).key_frames.len(), 1);
    stage.run(1000);
    assert_eq!(stage.client(ALICE).key_frames, [stream.clone(), stream]);
}

#[test]
fn the_sizes_of_a_picture_arrive_as_one_stream_without_a_gap() {
    let mut stage = with_camera(THREE, 180);
    show(&mut stage, &[0, 1, 2], 1, true);
    show(&mut stage, &[0, 1, 2], 4, false);
    let small = stage.client(BOB).heard.clone();
    assert_eq!(small.len(), 5);
    stage.client(BOB).want(&[("1", 720)]);
    stage.run(20);
    // Until a key frame of the other size comes, the one that is shown goes on.
    show(&mut stage, &[0, 1, 2], 2, false);
    show(&mut stage, &[0, 1, 2], 1, true);
    show(&mut stage, &[0, 1, 2], 4, false);
    let heard = stage.client(BOB).heard.clone();
    let layers = heard.iter().map(|one| *one.payload.last().unwrap());
    let layers = String::from_utf8(layers.collect()).unwrap();
    // The packet of the small size may come before the key frame at which it is left.
    assert!(
        ["000000022222", "0000000022222"].contains(&&*layers),
        "{layers}"
    );
    assert!(heard.iter().all(|one| one.source == 51));
    for two in heard.windows(2) {
        assert_eq!(two[1].seq, two[0].seq + 1);
        let passed = two[1].time.wrapping_sub(two[0].time);
        assert!((1..=9000).contains(&passed), "{passed}");
    }
    let picture = |one: &client::Heard| u16::from_be_bytes([one.payload[2] & 0x7f, one.payload[3]]);
    let pictures: Vec<_> = heard.iter().map(picture).collect();
    assert!(
        pictures.windows(2).all(|two| two[1] == two[0] + 1),
        "{pictures:?}"
    );
}

#[test]
fn a_size_that_is_not_sent_any_more_gives_way_to_a_smaller_one() {
    let mut stage = with_camera(THREE, 720);
    show(&mut stage, &[0, 1, 2], 1, true);
    show(&mut stage, &[0, 1], 40, false);
    let stream = stage.client(ALICE).stream(1);
    assert!(stage.client(ALICE).key_frames.contains(&stream));
    show(&mut stage, &[0, 1], 1, true);
    let heard = &stage.client(BOB).heard;
    assert_eq!(heard.last().unwrap().payload.last(), Some(&b'1'));
}

#[test]
fn a_camera_that_is_off_is_not_passed_on() {
    let mut stage = with_camera(ONE, 720);
    show(&mut stage, &[0], 1, true);
    stage.edit(ALICE, ALICE, |edit| edit.video_stopped = Some(true));
    show(&mut stage, &[0], 3, true);
    assert_eq!(stage.client(BOB).heard.len(), 1);
    stage.edit(ALICE, ALICE, |edit| edit.video_stopped = Some(false));
    show(&mut stage, &[0], 1, true);
    assert_eq!(stage.client(BOB).heard.len(), 2);
    stage.edit(ALICE, ALICE, |edit| edit.muted = Some(true));
    show(&mut stage, &[0], 1, true);
    assert_eq!(stage.client(BOB).heard.len(), 3);
}

#[test]
fn a_screen_is_passed_on_over_a_connection_of_its_own_and_receives_nothing() {
    let mut stage = with_camera(ONE, 720);
    stage.share(ALICE, &[(71, 72)]);
    stage.run(300);
    stage.client(BOB).expect_picture(71, 72);
    stage.client(BOB).want(&[("1-screen", 720)]);
    stage.run(50);
    let now = stage.now;
    let screen = stage.clients.last_mut().unwrap();
    assert!(screen.is_connected);
    let shown = screen.show(0, true, now);
    stage.run(20);
    assert_eq!(stage.client(BOB).payloads(71), [shown]);
    stage.speak(BOB, 3);
    assert!(stage.clients.last().unwrap().heard.is_empty());
    let ended = stage.scene.unsharing();
    stage.send(ALICE, ended);
    stage.run(20);
    assert!(stage.clients.last().unwrap().is_closed);
    assert!(!stage.client(ALICE).is_closed);
}

#[test]
fn what_was_lost_on_the_way_is_repeated() {
    let mut stage = with_camera(ONE, 720);
    show(&mut stage, &[0], 1, true);
    stage.client(BOB).is_reachable = false;
    let lost = show(&mut stage, &[0], 1, false);
    stage.client(BOB).is_reachable = true;
    show(&mut stage, &[0], 10, false);
    assert!(stage.client(BOB).payloads(51).contains(&lost[0]));
}
