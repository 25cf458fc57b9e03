//! A case of each way in which a server or the others in a call abuse the trust of an engine, as choices of `engine_ops`.
//!
//! Another order of the choices there makes other cases of these bytes.

use super::Seeds;

const TARGET: &str = "engine_ops";

/// The call of users 2 and 3 that the engine finds by its link.
const CALL: [&[u8]; 3] = [&[0, 0], &interrupt(2), &interrupt(3)];
/// The newest request that waits is answered.
const ANSWER: &[u8] = &[0, 0, 5];
const LOSE_ANSWER: &[u8] = &[0, 0, 1];
/// The newest request that waits is answered with yes, and nothing is done.
const YES: &[u8] = &[0, 0, 17];
/// Time passes up to when the engine wants to be woken.
const WAKE: &[u8] = &[26, 0, 0, 0];
const LEAVE: &[u8] = &[21, 0];
const REJOIN: &[u8] = &[21, 2];
const KICK_USER_2: &[u8] = &[21, 13, 1, 1];
const RESTART: &[u8] = &[25];
const COME_BACK: &[u8] = &[36];
/// Connection parameters of another call come.
const MIX_UP: &[u8] = &[37, 3, 0, 0];

/// A user joins, perhaps once more, and the engine learns of it at once.
const fn interrupt(user: u8) -> [u8; 2] {
    [32, user - 1]
}

/// Another call of the same id, which these users have joined.
fn swap(users: &[u8]) -> Vec<u8> {
    let choices = users.iter().map(|user| user - 1);
    [34, users.len() as u8].into_iter().chain(choices).collect()
}

/// The newest request that waits is answered with a block of strangers, of a height by this more or less, in which we are
/// under our key, and users 2 and 3 under others.
fn forge(ahead: i8) -> Vec<u8> {
    vec![0, 0, 16, 0, (ahead + 2) as u8, 1, 1, 1, 0]
}

pub(super) fn add(seeds: &mut Seeds) {
    // Behind the call that was known; at its height; one ahead; more people than blocks; all replaced.
    let others: [&[u8]; 5] = [
        &[2],
        &[2, 3, 4],
        &[2, 3, 4, 2],
        &[2, 3, 4, 2, 3],
        &[2, 3, 4, 2, 3, 4, 2],
    ];
    for users in others {
        let entered = [ANSWER, ANSWER, WAKE, ANSWER, ANSWER];
        let again = [&[REJOIN] as &[_], &entered].concat();
        seeds.add(
            TARGET,
            member(&[&[&swap(users) as &[_]] as &[_], &again].concat()),
        );
        let back = [&[COME_BACK, ANSWER] as &[_], &entered].concat();
        let left = [LEAVE, ANSWER, &swap(users)];
        seeds.add(TARGET, member(&[&left as &[_], &back].concat()));
    }
    for ahead in [-2, 0, 1, 2] {
        let entering = [&CALL as &[_], &[ANSWER, ANSWER]].concat();
        let forged = forge(ahead);
        seeds.add(TARGET, [entering.concat(), forged.clone()].concat());
        let lost = [LOSE_ANSWER, WAKE, &forged].concat();
        seeds.add(TARGET, [entering.concat(), lost].concat());
    }
    let interruptions = [interrupt(2), interrupt(3)].concat().repeat(4);
    seeds.add(TARGET, member(&[&interruptions]));
    seeds.add(TARGET, member(&[KICK_USER_2, YES, WAKE, WAKE]));
    let goes_on = [MIX_UP, RESTART, ANSWER, ANSWER, WAKE, ANSWER, MIX_UP];
    seeds.add(TARGET, member(&[&goes_on.concat(), &interruptions]));
}

/// The engine joins the call of users 2 and 3, and goes on.
fn member(choices: &[&[u8]]) -> Vec<u8> {
    [CALL.concat(), ANSWER.repeat(3), choices.concat()].concat()
}
