//! A tree of labelled lines, with the values of neighbours in one column.
//!
//! ```text
//! title
//! ├─ label   value
//! │  └─ longer label  value
//! └─ last    value
//! ```

use std::io::{self, Write};

use termtree::GlyphPalette;

use super::style::{LABEL, TITLE};

/// The lines between the branches, dimmed.
const GLYPHS: GlyphPalette = GlyphPalette {
    middle_item: "\x1b[2m├",
    last_item: "\x1b[2m└",
    item_indent: "─ \x1b[0m",
    middle_skip: "\x1b[2m│\x1b[0m",
    last_skip: " ",
    skip_indent: "  ",
};

/// A line with the lines below it.
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

    /// Writes the tree with its first line as the title.
    pub(super) fn print(self, out: &mut impl Write) -> io::Result<()> {
        let title = format!("{TITLE}{}{TITLE:#}{}", self.label, self.value);
        let tree = termtree::Tree::new(title)
            .with_glyphs(GLYPHS)
            .with_leaves(aligned(self.branches));
        write!(out, "{tree}")
    }
}

/// The branches as lines, with the values in one column.
fn aligned(branches: Vec<Tree>) -> Vec<termtree::Tree<String>> {
    let widths = branches.iter().map(|branch| branch.label.chars().count());
    let width = widths.max().unwrap_or(0);
    let gap = if width == 0 { "" } else { "  " };
    let line = |branch: Tree| {
        let Tree { label, value, .. } = branch;
        let padding = " ".repeat(width.saturating_sub(label.chars().count()));
        let text = format!("{LABEL}{label}{LABEL:#}{padding}{gap}{value}");
        termtree::Tree::new(text.trim_end().to_owned()).with_leaves(aligned(branch.branches))
    };
    branches.into_iter().map(line).collect()
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
