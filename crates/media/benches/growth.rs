//! The cost of calls and packets as participants, epochs and frames grow, drawn as SVG.
//!
//! An argument that ends in `.svg` is the file that it is written to, as in
//! `cargo bench -p confcall-media --bench growth -- "$PWD/spec/performance.svg"`; without one only the times are printed.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;
use std::{env, fs};

use confcall_bench_support::{
    ALICE, BOB, NOW, PARTICIPANTS, Panel, SIZES, call, fastest, member, rng, svg,
};
use confcall_media::ChannelId;
use confcall_state::{Block, Chain, JoinBlock, Joiner, UserId};

/// The epochs that are drawn; a member keeps 15 at most.
const EPOCHS: [u8; 5] = [1, 2, 4, 8, 15];
/// A frame of sound, which is drawn over epochs.
const SOUND: usize = 160;
/// The packets that a receiver opens in each of so many rounds, the fastest of which counts.
const PACKETS: usize = 32;
const ROUNDS: usize = 31;

fn main() -> Result<(), Box<dyn Error>> {
    let by_epochs = EPOCHS.map(|epochs| (f64::from(epochs), packet(epochs, SOUND)));
    let by_size = SIZES.map(|size| (size as f64, packet(1, size)));
    let panels = [
        Panel {
            over: "participants",
            lines: calls()?,
        },
        Panel {
            over: "epochs, frames of 160 bytes",
            lines: packets(&by_epochs),
        },
        Panel {
            over: "bytes of a frame, one epoch",
            lines: packets(&by_size),
        },
    ];
    panels.iter().for_each(Panel::print);
    if let Some(path) = env::args().find(|argument| argument.ends_with(".svg")) {
        fs::write(path, svg(&panels))?;
    }
    Ok(())
}

type Lines = Vec<(&'static str, Vec<(f64, f64)>)>;

/// Joining a call of so many with the joiner, and applying the block of the join.
fn calls() -> Result<Lines, Box<dyn Error>> {
    let mut rng = rng();
    let (mut joins, mut applied) = (Vec::new(), Vec::new());
    for participants in PARTICIPANTS {
        let (_, tip) = call(participants - 1, &mut rng);
        let joiner = Joiner::new(UserId::new(-7));
        let received = JoinBlock::add_self(&tip, joiner, &mut rng)?
            .block()
            .to_server();
        let chain = Chain::start_from(&tip)?;
        let join = fastest(|| JoinBlock::add_self(&tip, joiner, &mut rng));
        let apply = fastest(|| Block::from_server(&received).map(|block| chain.stage(&block)));
        joins.push((participants as f64, join));
        applied.push((participants as f64, apply));
    }
    Ok(vec![("join block", joins), ("apply block", applied)])
}

/// Sealing a frame, and opening it.
fn packet(epochs: u8, size: usize) -> (f64, f64) {
    let mut rng = rng();
    let (alice, frame, mut buffer) = (member(ALICE, epochs), vec![7; size], Vec::new());
    let sealing =
        fastest(|| alice.seal_into(NOW, ChannelId::MAIN, 0, &frame, &mut rng, &mut buffer));
    let packets = [(); PACKETS].map(|()| alice.seal(NOW, ChannelId::MAIN, 0, &frame, &mut rng));
    let rounds = (0..ROUNDS).map(|_| {
        // One who has seen none of them.
        let bob = member(BOB, epochs);
        let started = Instant::now();
        for packet in packets.iter().flatten() {
            buffer.clone_from(packet);
            let _ = black_box(bob.open_in_place(NOW, ALICE, &mut buffer));
        }
        started.elapsed().as_secs_f64() * 1e6 / PACKETS as f64
    });
    (sealing, rounds.fold(f64::MAX, f64::min))
}

fn packets<const N: usize>(times: &[(f64, (f64, f64)); N]) -> Lines {
    let seal = times.iter().map(|&(at, (seal, _))| (at, seal)).collect();
    let open = times.iter().map(|&(at, (_, open))| (at, open)).collect();
    vec![("seal", seal), ("open", open)]
}
