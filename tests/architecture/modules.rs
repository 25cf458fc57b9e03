//! The modules of a crate, read from its sources, and what each file imports from which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::Visit as _;

use crate::paths::{Import, Paths, is_only_for_tests, name_of};

/// The names that a file uses of another one, by the two files.
pub(crate) type Imports = BTreeMap<(PathBuf, PathBuf), BTreeSet<String>>;

/// Circular re-exports end here.
const DEEPEST: usize = 16;

/// The tree of a crate's modules; the first one is the root. Tests are left out.
pub(crate) struct Modules(Vec<Module>);

struct Module {
    file: PathBuf,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// The names that are defined here.
    items: BTreeSet<String>,
    paths: Paths,
}

/// The end of a path.
enum Target {
    Module(usize),
    /// Something of this name that is defined in this module.
    Item(usize, String),
}

impl Modules {
    /// Reads a crate from its first file; `read` gives the text of a file.
    pub(crate) fn read(start: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Self {
        let mut modules = Self(Vec::new());
        let directory = start.parent().unwrap_or(Path::new(""));
        modules.add_file(start, directory, None, read);
        modules
    }

    /// Adds a file's module; `directory` has the files of its children.
    fn add_file(
        &mut self,
        file: &Path,
        directory: &Path,
        parent: Option<usize>,
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> usize {
        let text = read(file).unwrap_or_else(|| panic!("{} is missing", file.display()));
        let parsed = syn::parse_file(&text);
        let items = parsed
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
            .items;
        self.add(file, directory, parent, &items, read)
    }

    fn add(
        &mut self,
        file: &Path,
        directory: &Path,
        parent: Option<usize>,
        items: &[syn::Item],
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> usize {
        let index = self.0.len();
        self.0.push(Module {
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            paths: Paths::default(),
        });
        for item in items {
            let syn::Item::Mod(module) = item else {
                self.0[index].items.extend(name_of(item));
                self.0[index].paths.visit_item(item);
                continue;
            };
            if is_only_for_tests(&module.attrs) {
                continue;
            }
            let name = module.ident.to_string();
            let below = directory.join(&name);
            let child = match &module.content {
                Some((_, items)) => self.add(file, &below, Some(index), items, read),
                None => {
                    let flat = directory.join(format!("{name}.rs"));
                    let file = match read(&flat) {
                        Some(_) => flat,
                        None => below.join("mod.rs"),
                    };
                    self.add_file(&file, &below, Some(index), read)
                }
            };
            self.0[index].children.insert(name, child);
        }
        index
    }

    /// The names that each file uses of the others.
    ///
    /// A re-export counts where its name is used, and there for the file that defines it: a facade makes no circle.
    pub(crate) fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (index, module) in self.0.iter().enumerate() {
            let own = module.paths.imports.iter();
            let own = own.filter(|import| !import.is_public);
            let own = own.map(|import| &import.path);
            for path in own.chain(&module.paths.used) {
                let Some(Target::Item(other, name)) = self.resolve(index, path, 0) else {
                    continue;
                };
                let other = &self.0[other].file;
                if *other != module.file {
                    let names = imports.entry((module.file.clone(), other.clone()));
                    names.or_default().insert(name);
                }
            }
        }
        imports
    }

    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<Target> {
        let (head, rest) = path.split_first()?;
        let mut target = match head.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(from),
            "super" => Target::Module(self.0[from].parent?),
            name => self.look_up(from, name, depth)?,
        };
        for name in rest {
            let Target::Module(module) = target else {
                break;
            };
            target = match name.as_str() {
                "super" => Target::Module(self.0[module].parent?),
                // A macro may have defined what is not seen here.
                name => {
                    let found = self.look_up(module, name, depth);
                    found.unwrap_or_else(|| Target::Item(module, name.to_owned()))
                }
            };
        }
        Some(target)
    }

    /// The meaning of a name in a module; `None` if it is of another crate.
    fn look_up(&self, module: usize, name: &str, depth: usize) -> Option<Target> {
        if depth > DEEPEST {
            return None;
        }
        let Module {
            children,
            items,
            paths,
            ..
        } = &self.0[module];
        if let Some(child) = children.get(name) {
            return Some(Target::Module(*child));
        }
        if items.contains(name) {
            return Some(Target::Item(module, name.to_owned()));
        }
        let is_named = |import: &&Import| import.name.as_deref() == Some(name);
        if let Some(import) = paths.imports.iter().find(is_named) {
            return self.resolve(module, &import.path, depth + 1);
        }
        let mut globs = paths.globs.iter();
        globs.find_map(|glob| match self.resolve(module, glob, depth + 1)? {
            Target::Module(other) => self.look_up(other, name, depth + 1),
            Target::Item(..) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(files: &[(&str, &str)]) -> Vec<String> {
        let read = |path: &Path| {
            let mut files = files.iter();
            let (_, text) = files.find(|(name, _)| Path::new(name) == path)?;
            Some((*text).to_owned())
        };
        let imports = Modules::read(Path::new("lib.rs"), &read).imports();
        let shown = |((from, to), names): (&(PathBuf, PathBuf), &BTreeSet<String>)| {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            format!(
                "{} > {}: {}",
                from.display(),
                to.display(),
                names.join(", ")
            )
        };
        imports.iter().map(shown).collect()
    }

    #[test]
    fn a_path_leads_to_the_file_that_defines_its_end() {
        let found = imports(&[
            ("lib.rs", "mod a; mod b; pub use b::deep::Deep;"),
            (
                "a.rs",
                "use crate::Deep; use super::b; fn f(_: b::Flat) -> Deep { todo!() }",
            ),
            ("b/mod.rs", "pub mod deep; pub struct Flat;"),
            ("b/deep.rs", "pub struct Deep;"),
        ]);
        assert_eq!(found, ["a.rs > b/deep.rs: Deep", "a.rs > b/mod.rs: Flat"]);
    }

    #[test]
    fn a_child_that_uses_its_parent_and_is_used_by_it_is_seen_in_both_directions() {
        let found = imports(&[
            ("lib.rs", "mod a; use a::A; pub struct Root(A);"),
            (
                "a.rs",
                "pub struct A; fn f() { assert!(crate::Root::is_fine()); }",
            ),
        ]);
        assert_eq!(found, ["a.rs > lib.rs: Root", "lib.rs > a.rs: A"]);
    }

    #[test]
    fn re_exports_tests_and_other_crates_are_no_imports() {
        let found = imports(&[
            ("lib.rs", "mod a; pub use a::A; pub struct Root;"),
            (
                "a.rs",
                "use std::fmt; use fmt::Debug as _; pub struct A; \
                 #[cfg(test)] use crate::Root; #[cfg(test)] mod tests { use crate::Root; }",
            ),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_name_behind_a_star_is_found() {
        let found = imports(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub enum Kind { One }"),
            ("b.rs", "use crate::a::*; fn f() -> Kind { Kind::One }"),
        ]);
        assert_eq!(found, ["b.rs > a.rs: Kind"]);
    }
}
