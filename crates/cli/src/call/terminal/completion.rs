use super::super::user_command;

/// The effect of a Tab at the end of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Completion {
    Nothing,
    /// Another line.
    Line(String),
    /// The words that it can become.
    Choices(Vec<String>),
}

/// Completes the last word of a line: a command, or one of the users where the command takes users.
pub(super) fn complete(line: &str, users: &[String]) -> Completion {
    let Some(command) = line.strip_prefix('/') else {
        return Completion::Nothing;
    };
    let (word, words) = match command.split_once(' ') {
        None => (command, user_command::names().map(str::to_owned).collect()),
        Some((command, rest)) if user_command::takes_users(command) => {
            (last_word(rest), users.to_vec())
        }
        Some(_) => return Completion::Nothing,
    };
    let before = line.strip_suffix(word).unwrap_or_default();
    among(before, word, words)
}

/// The word at the end of a text, which begins with a quote if it has spaces.
fn last_word(text: &str) -> &str {
    let mut is_quoted = false;
    let mut start = 0;
    for (at, character) in text.char_indices() {
        match character {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => start = at.saturating_add(1),
            _ => {}
        }
    }
    text.get(start..).unwrap_or_default()
}

/// Completes a word, after what is before it, to one of these, whatever their case and whether they stand in quotes.
fn among(before: &str, word: &str, words: Vec<String>) -> Completion {
    let begun = plain(word);
    let mut choices: Vec<_> = words
        .into_iter()
        .filter(|one| plain(one).starts_with(&begun))
        .filter(|one| one.starts_with('"') || !word.starts_with('"'))
        .collect();
    choices.sort_unstable();
    let (Some(first), Some(last)) = (choices.first(), choices.last()) else {
        return Completion::Nothing;
    };
    if choices.len() == 1 {
        return Completion::Line(format!("{before}{first} "));
    }
    // Of words in order, what the first and the last begin with is what all begin with.
    let pairs = first.chars().zip(last.chars());
    let common = pairs.take_while(|(a, b)| a == b).map(|(a, _)| a);
    let common: String = common.collect();
    match common.len() > word.len() {
        true => Completion::Line(format!("{before}{common}")),
        false => Completion::Choices(choices),
    }
}

/// A word as it is compared.
fn plain(word: &str) -> String {
    word.trim_start_matches('"').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(line: &str) -> Completion {
        complete(line, &["21".to_owned(), "22".to_owned(), "3".to_owned()])
    }

    fn becomes(line: &str) -> Completion {
        Completion::Line(line.to_owned())
    }

    #[test]
    fn a_command_is_completed_to_the_only_one_or_as_far_as_all_agree() {
        assert_eq!(completed("/ki"), becomes("/kick "));
        let all = ["record", "rejoin", "remind", "revoke"];
        assert_eq!(completed("/re"), choices(&all));
        assert_eq!(completed("/xyz"), Completion::Nothing);
        assert_eq!(completed("ki"), Completion::Nothing);
    }

    #[test]
    fn users_are_completed_where_a_command_takes_them() {
        assert_eq!(completed("/kick 3"), becomes("/kick 3 "));
        assert_eq!(completed("/kick 3 2"), choices(&["21", "22"]));
        assert_eq!(completed("/seal 3 2"), Completion::Nothing);
    }

    #[test]
    fn a_name_with_a_space_is_completed_in_quotes() {
        let users = ["\"Bob Smith\"".to_owned(), "2".to_owned()];
        for line in ["/kick \"", "/kick \"Bob S", "/kick b"] {
            assert_eq!(complete(line, &users), becomes("/kick \"Bob Smith\" "));
        }
        let second = complete("/kick 2 \"Bo", &users);
        assert_eq!(second, becomes("/kick 2 \"Bob Smith\" "));
    }

    fn choices(words: &[&str]) -> Completion {
        Completion::Choices(words.iter().map(|&word| word.to_owned()).collect())
    }
}
