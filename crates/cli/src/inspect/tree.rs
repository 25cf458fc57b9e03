//! A tree of labelled lines.
//!
//! ```text
//! title
//! ├─ label   value
//! │  └─ longer label  value
//! └─ last    value
//! ```

use std::io::{self, Write};

use super::style::{FAINT, LABEL, TITLE};

/// A line and what belongs to it.
pub(super) struct Tree {
    label: String,
    value: String,
    branches: Vec<Tree>,
}

impl Tree {
    /// A line with a label before its value; either can be empty.
    pub(super) fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            branches: Vec::new(),
        }
    }

    /// The tree with one more line below it.
    pub(super) fn line(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(Self::new(label, value))
    }

    /// The tree with one more tree below it.
    pub(super) fn with(mut self, branch: Self) -> Self {
        self.branches.push(branch);
        self
    }

    /// The tree with more trees below it.
    pub(super) fn with_all(mut self, branches: impl IntoIterator<Item = Self>) -> Self {
        self.branches.extend(branches);
        self
    }

    /// Writes the tree with its line as the title.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{TITLE}{}{TITLE:#}{}", self.label, self.value)?;
        self.print_branches("", out)
    }

    fn print_branches(&self, indent: &str, out: &mut impl Write) -> io::Result<()> {
        let width = self
            .branches
            .iter()
            .map(|branch| branch.label.chars().count());
        let width = width.max().unwrap_or(0);
        let last = self.branches.len().saturating_sub(1);
        for (number, branch) in self.branches.iter().enumerate() {
            let (knot, line) = if number == last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            let gap = if width == 0 { "" } else { "  " };
            let Self { label, value, .. } = branch;
            let padding = " ".repeat(width.saturating_sub(label.chars().count()));
            let text = format!("{LABEL}{label}{LABEL:#}{padding}{gap}{value}");
            writeln!(out, "{FAINT}{indent}{knot}{FAINT:#}{}", text.trim_end())?;
            branch.print_branches(&format!("{indent}{line}"), out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_drawn_and_labels_aligned() {
        let tree = Tree::new("title", ", more")
            .with(Tree::new("a", "1").line("", "row"))
            .line("bcd", "2");
        let mut out = anstream::StripStream::new(Vec::new());
        tree.print(&mut out).unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        assert_eq!(text, "title, more\n├─ a    1\n│  └─ row\n└─ bcd  2\n");
    }
}
