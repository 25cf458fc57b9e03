use std::collections::HashMap;

use super::refusal::Refusal;

/// Objects of one kind by the names that the driver gave them.
pub(super) struct Named<T> {
    kind: &'static str,
    objects: HashMap<String, T>,
}

impl<T> Named<T> {
    /// No object; `kind` names what they are in errors.
    pub(super) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            objects: HashMap::new(),
        }
    }

    /// Names an object; another that had the name is gone.
    pub(super) fn put(&mut self, name: String, object: T) {
        // Replaced only here, after its request succeeded.
        self.objects.insert(name, object);
    }

    pub(super) fn named(&self, name: &str) -> Result<&T, Refusal> {
        let object = self.objects.get(name);
        object.ok_or_else(|| missing(self.kind))
    }

    pub(super) fn named_mut(&mut self, name: &str) -> Result<&mut T, Refusal> {
        let object = self.objects.get_mut(name);
        object.ok_or_else(|| missing(self.kind))
    }

    /// Takes an object away.
    pub(super) fn take(&mut self, name: &str) -> Result<T, Refusal> {
        let object = self.objects.remove(name);
        object.ok_or_else(|| missing(self.kind))
    }
}

fn missing(kind: &str) -> Refusal {
    Refusal::uncoded(&format_args!("there is no {kind} of this name"))
}
