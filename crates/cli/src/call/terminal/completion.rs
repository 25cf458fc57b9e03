use super::super::user_command;

/// The effect of a Tab at the end of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Completion {
    Nothing,
    /// More of a word.
    Insert(String),
    /// The words that it can become.
    Choices(Vec<String>),
}

/// Completes the last word of a line: a command, or one of the users where the command takes users.
pub(super) fn complete(line: &str, users: &[String]) -> Completion {
    let Some(command) = line.strip_prefix('/') else {
        return Completion::Nothing;
    };
    let Some((command, rest)) = command.split_once(' ') else {
        let names = user_command::names().map(str::to_owned);
        return among(command, names.collect());
    };
    if !user_command::takes_users(command) {
        return Completion::Nothing;
    }
    let (_, word) = rest.rsplit_once(' ').unwrap_or(("", rest));
    among(word, users.to_vec())
}

/// Completes a word to one of these.
fn among(word: &str, words: Vec<String>) -> Completion {
    let mut choices: Vec<_> = words
        .into_iter()
        .filter(|one| one.starts_with(word))
        .collect();
    choices.sort_unstable();
    let (Some(first), Some(last)) = (choices.first(), choices.last()) else {
        return Completion::Nothing;
    };
    // Of words in order, what the first and the last begin with is what all begin with.
    let common = first
        .chars()
        .zip(last.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a);
    let mut more: String = common.skip(word.chars().count()).collect();
    match choices.len() {
        1 => {
            more.push(' ');
            Completion::Insert(more)
        }
        _ if more.is_empty() => Completion::Choices(choices),
        _ => Completion::Insert(more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(line: &str) -> Completion {
        complete(line, &["21".to_owned(), "22".to_owned(), "3".to_owned()])
    }

    fn inserts(text: &str) -> Completion {
        Completion::Insert(text.to_owned())
    }

    #[test]
    fn a_command_is_completed_to_the_only_one_or_as_far_as_all_agree() {
        assert_eq!(completed("/ki"), inserts("ck "));
        assert_eq!(completed("/re"), choices(&["rejoin", "revoke"]));
        assert_eq!(completed("/xyz"), Completion::Nothing);
        assert_eq!(completed("ki"), Completion::Nothing);
    }

    #[test]
    fn users_are_completed_where_a_command_takes_them() {
        assert_eq!(completed("/kick 3"), inserts(" "));
        assert_eq!(completed("/kick 3 2"), choices(&["21", "22"]));
        assert_eq!(completed("/seal 3 2"), Completion::Nothing);
    }

    fn choices(words: &[&str]) -> Completion {
        Completion::Choices(words.iter().map(|&word| word.to_owned()).collect())
    }
}
