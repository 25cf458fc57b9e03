use super::chain::Chain;
use super::record::Record;
use super::{Ending, History, Trace, Verdict, compare, replay};

/// A trace as it comes from a file, and lines as a forger would chain them.
///
/// The laws: a record is written as one that is read the same; what is read has a step for the beginning and one for
/// each input, or was cut before; it can be explained and replayed, and differs in nothing from itself.
pub fn trace(data: &[u8]) {
    data.split(|byte| *byte == b'\n').for_each(check_record);
    for bytes in [data, chained(data).as_bytes()] {
        let Ok(trace) = Trace::read(bytes) else {
            continue;
        };
        match trace.steps.len().checked_sub(1) {
            Some(after_beginning) => assert_eq!(trace.inputs(), after_beginning),
            None => assert_eq!(trace.ending, Ending::Cut),
        }
        let _ = replay(&trace);
        let history = History::of(&trace);
        let verdict = compare(&history, &history);
        assert!(!matches!(verdict, Verdict::Differs(_)), "{verdict:?}");
    }
}

fn check_record(line: &[u8]) {
    let Ok(record) = serde_json::from_slice::<Record>(line) else {
        return;
    };
    let written = serde_json::to_string(&record).unwrap_or_default();
    let again = serde_json::from_str::<Record>(&written);
    let again = again.map(|again| serde_json::to_string(&again).unwrap_or_default());
    assert_eq!(again.ok().as_ref(), Some(&written));
}

/// The lines of `data`, each an object, as a trace.
fn chained(data: &[u8]) -> String {
    let mut chain = Chain::default();
    let text = String::from_utf8_lossy(data);
    text.lines().map(|line| chain.seal(line)).collect()
}
