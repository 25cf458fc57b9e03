//! The paths that a module's items write: imports, and uses of what is imported.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// One leaf of a `use`.
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// The name by which it is known here; none behind `as _`.
    pub(crate) name: Option<String>,
    pub(crate) is_public: bool,
}

/// All paths of a module, without those of its tests.
#[derive(Default)]
pub(crate) struct Paths {
    pub(crate) imports: Vec<Import>,
    /// The modules of which all is imported.
    pub(crate) globs: Vec<Vec<String>>,
    pub(crate) used: Vec<Vec<String>>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !attributes(item).is_some_and(is_only_for_tests) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, syn::Visibility::Inherited);
        self.add_tree(Vec::new(), &item.tree, is_public);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter();
            self.used
                .push(segments.map(|one| one.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        self.add_tokens(call.tokens.clone());
    }
}

impl Paths {
    fn add_tree(&mut self, mut path: Vec<String>, tree: &syn::UseTree, is_public: bool) {
        let (last, name) = match tree {
            syn::UseTree::Path(one) => {
                path.push(one.ident.to_string());
                return self.add_tree(path, &one.tree, is_public);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_tree(path.clone(), tree, is_public);
                }
                return;
            }
            syn::UseTree::Glob(_) => return self.globs.push(path),
            syn::UseTree::Name(one) => (&one.ident, &one.ident),
            syn::UseTree::Rename(one) => (&one.ident, &one.rename),
        };
        if last != "self" {
            path.push(last.to_string());
        }
        let name = match name == "self" {
            true => path.last().cloned(),
            false => Some(name.to_string()).filter(|name| name != "_"),
        };
        self.imports.push(Import {
            path,
            name,
            is_public,
        });
    }

    /// Paths among the arguments of a macro, which are no syntax yet.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut is_after_dot = false;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.used.push(core::mem::take(&mut path));
                    }
                    // What follows a dot is a field or a method.
                    if !is_after_dot {
                        path.push(name.to_string());
                    }
                    (colons, is_after_dot) = (0, false);
                }
                other => {
                    self.used.push(core::mem::take(&mut path));
                    is_after_dot =
                        matches!(&other, TokenTree::Punct(punct) if punct.as_char() == '.');
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.used.push(path);
    }
}

/// True if attributes leave something out of every build but that of the crate's own tests.
pub(crate) fn is_only_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return false;
        };
        let condition = list.tokens.to_string().replace(' ', "");
        list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all(test,"))
    })
}

/// The name that an item defines in its module.
pub(crate) fn name_of(item: &syn::Item) -> Option<String> {
    let name = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Macro(item) => item.ident.as_ref()?,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        syn::Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string()).filter(|_| !attributes(item).is_some_and(is_only_for_tests))
}

fn attributes(item: &syn::Item) -> Option<&[syn::Attribute]> {
    Some(match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Union(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => return None,
    })
}
