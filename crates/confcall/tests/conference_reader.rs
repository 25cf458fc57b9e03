//! A reader of events who is slow.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use common::{ALICE, BOB, CAROL, Member, hub, link, message, options, options_again, pass, said};
use confcall::limits::UNREAD_EVENTS;
use confcall::{Conference, Cryptor, Joined, Notice};
use confcall_join::engine::{EndReason, Event};
use confcall_join::joining::Target;
use confcall_state::verification::Phase;

/// Everything that waits to be read.
async fn read_all(member: &mut Member) -> Vec<Notice> {
    let mut read = Vec::new();
    let moment = Duration::from_millis(1);
    while let Ok(Some(notice)) = tokio::time::timeout(moment, member.events.next()).await {
        read.push(notice);
    }
    read
}

fn events(notices: &[Notice]) -> impl Iterator<Item = &Event> {
    notices.iter().filter_map(|notice| match notice {
        Notice::Event(event) => Some(event),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_does_not_read_holds_nothing_up_and_learns_how_much_it_missed() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    for number in 1..=1000 {
        let text = number.to_string();
        let sent = alice.conference.send_message(message(number, &text)).await;
        assert_eq!(sent, Ok(()));
    }
    // The chain goes on meanwhile.
    for stay in 0..20 {
        let options = options_again(link(&hub), CAROL, stay);
        let carol = Member::over(hub.connect(CAROL), options).await;
        let mut carol = carol.unwrap();
        carol.end_of_verification().await;
        assert_eq!(carol.conference.close().await.reason, EndReason::Left);
        pass(Duration::from_secs(30)).await;
    }
    assert_eq!(bob.conference.view().members, [ALICE, BOB]);
    let height = alice.conference.view().height;
    assert_eq!(bob.conference.view().height, height);

    let read = read_all(&mut bob).await;
    let Some(Notice::Lagged { missed }) = read.first() else {
        panic!("{:?}", read.first());
    };
    assert_eq!(read.len(), 1 + UNREAD_EVENTS);
    assert!(*missed > 744, "{missed}");
    // In their order, and the newest of them.
    let heights: Vec<_> = events(&read)
        .filter_map(|event| match event {
            Event::EpochStarted { height, .. } => Some(*height),
            _ => None,
        })
        .collect();
    assert!(heights.is_sorted());
    assert_eq!(heights.last().copied(), height);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_lagged_finds_in_the_view_all_that_it_missed_but_messages() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    let emoji = alice.emoji_at(1).await;
    for number in 1..=1000 {
        let text = number.to_string();
        let sent = alice.conference.send_message(message(number, &text)).await;
        assert_eq!(sent, Ok(()));
    }
    let read = read_all(&mut bob).await;
    assert!(matches!(read.first(), Some(Notice::Lagged { .. })));
    assert!(!events(&read).any(|event| matches!(event, Event::Joined(_) | Event::Emoji { .. })));
    let newest: Vec<_> = events(&read).filter_map(said).collect();
    assert_eq!(newest.last().unwrap().1, "1000");

    let view = bob.conference.view();
    assert_eq!(view.emoji, Some(emoji));
    assert_eq!(view.verification, Some(Phase::End));
    assert!(view.missing.is_empty());
    assert_eq!(view.members, [ALICE, BOB]);
    let source = hub.with(|server| server.calls().next().unwrap().member(BOB).unwrap().source());
    assert_eq!(view.payload.as_ref().unwrap().ssrc(), source);
    assert!(view.connection.is_some());
    assert!(view.link.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_late_reader_finds_each_membership_in_its_order() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    assert_eq!(bob.conference.rejoin().await, Ok(()));
    let cryptor = bob.conference.cryptor().unwrap();
    let read = read_all(&mut bob).await;
    let memberships: Vec<_> = events(&read)
        .filter_map(|event| match event {
            Event::Joined(joined) => Some(("joined", is_same(joined, &cryptor))),
            Event::Rejoined(joined) => Some(("again", is_same(joined, &cryptor))),
            _ => None,
        })
        .collect();
    assert_eq!(memberships, [("joined", false), ("again", true)]);
}

#[tokio::test(start_paused = true)]
async fn the_end_is_read_however_late() {
    let hub = hub();
    let alice = Conference::start(hub.connect(ALICE), options(Target::Create, ALICE));
    let mut events = alice.events_from_start().unwrap();
    pass(Duration::from_secs(5)).await;
    let reason = alice.close().await.reason;
    let mut last = None;
    while let Some(notice) = events.next().await {
        last = Some(notice);
    }
    let Some(Notice::Event(Event::Ended(ended))) = last else {
        panic!("{last:?}");
    };
    assert_eq!(ended.reason, reason);
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_events_need_no_reader() {
    let hub = hub();
    let Member { conference, events } = Member::create(&hub, ALICE).await;
    drop(events);
    let mut bob = Member::join(&hub, BOB).await;
    bob.emoji_at(1).await;
    assert_eq!(conference.view().members, [ALICE, BOB]);
}

/// A reader who looks at the conference as soon as it is woken.
struct Hasty {
    conference: Conference,
    heights: Mutex<Vec<Option<i32>>>,
}

impl Wake for Hasty {
    fn wake(self: Arc<Self>) {
        let height = self.conference.view().height;
        let mut heights = self.heights.lock().unwrap();
        heights.push(height.map(|height| height.value()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_woken_sees_the_new_state_at_once() {
    let conference = Conference::start(hub().connect(ALICE), options(Target::Create, ALICE));
    let mut events = conference.events_from_start().unwrap();
    let hasty = Arc::new(Hasty {
        conference,
        heights: Mutex::default(),
    });
    let waker = Waker::from(Arc::clone(&hasty));
    let mut next = pin!(events.next());
    let waits = next.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(waits.is_pending());
    pass(Duration::from_secs(1)).await;
    assert_eq!(*hasty.heights.lock().unwrap(), [Some(0)]);
}

/// True if a membership has this cryptor.
fn is_same(joined: &Joined, cryptor: &Arc<Cryptor>) -> bool {
    let of_joined = joined.cryptor.as_ref();
    of_joined.is_some_and(|joined| Arc::ptr_eq(joined, cryptor))
}
