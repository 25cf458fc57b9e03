//! A reader of events who is slow.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use common::{ALICE, BOB, CAROL, Member, hub, link, message, options, options_again, pass, said};
use confcall::conference::{Conference, Notice};
use confcall_join::engine::{EndReason, Event};
use confcall_join::joining::Target;

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
async fn who_does_not_read_holds_nothing_up_and_finds_the_newest() {
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
        let options = options_again(CAROL, stay);
        let carol = Member::over(hub.connect(CAROL), link(&hub), options).await;
        let mut carol = carol.unwrap();
        carol.end_of_verification().await;
        assert_eq!(carol.conference.close().await.reason, EndReason::Left);
        pass(Duration::from_secs(30)).await;
    }
    assert_eq!(bob.conference.view().members, [ALICE, BOB]);
    let height = alice.conference.view().height;
    assert_eq!(bob.conference.view().height, height);

    let read = read_all(&mut bob).await;
    assert!(matches!(
        read.first(),
        Some(Notice::Dropped {
            messages: 744,
            suspicions: 0
        })
    ));
    let said: Vec<_> = events(&read)
        .filter_map(said)
        .map(|(_, text)| text)
        .collect();
    let newest: Vec<_> = (745..=1000).map(|number| number.to_string()).collect();
    assert_eq!(said, newest);
    assert!(read.len() < 256 + 20, "{}", read.len());
    let joined = events(&read).filter(|event| matches!(event, Event::Joined(_)));
    assert_eq!(joined.count(), 1);
    let heights: Vec<_> = events(&read)
        .filter_map(|event| match event {
            Event::EpochStarted { height, .. } => Some(*height),
            _ => None,
        })
        .collect();
    assert_eq!(heights, Vec::from_iter(height));
    // Carol came and went; and nothing of it is left to tell.
    let changed = events(&read).any(|event| matches!(event, Event::MembersChanged { .. }));
    assert!(!changed);
}

#[tokio::test(start_paused = true)]
async fn who_knows_of_no_membership_yet_learns_of_the_newest_as_the_first() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    assert_eq!(bob.conference.rejoin().await, Ok(()));
    let cryptor = bob.conference.cryptor().unwrap();
    let read = read_all(&mut bob).await;
    let memberships: Vec<_> = events(&read)
        .filter_map(|event| match event {
            Event::Joined(joined) => Some(Arc::ptr_eq(&joined.cryptor, &cryptor)),
            Event::Rejoined(_) => panic!("joined again before joined"),
            _ => None,
        })
        .collect();
    assert_eq!(memberships, [true]);
}

#[tokio::test(start_paused = true)]
async fn the_end_is_read_however_late() {
    let hub = hub();
    let (alice, mut events) = Conference::start(hub.connect(ALICE), Target::Create, options(ALICE));
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
async fn nobody_needs_to_read() {
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
async fn whoever_is_told_sees_at_once_what_is() {
    let (conference, mut events) =
        Conference::start(hub().connect(ALICE), Target::Create, options(ALICE));
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
