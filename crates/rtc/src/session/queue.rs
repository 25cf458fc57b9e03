use std::collections::VecDeque;

/// A queue of bounded length, of which the oldest element is dropped for a new one.
#[derive(Debug)]
pub(super) struct Queue<T> {
    elements: VecDeque<T>,
    limit: usize,
}

impl<T> Queue<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            elements: VecDeque::new(),
            limit,
        }
    }

    /// Adds an element; false if another one was dropped for it.
    pub(super) fn push(&mut self, element: T) -> bool {
        let has_room = self.elements.len() < self.limit;
        if !has_room {
            self.elements.pop_front();
        }
        self.elements.push_back(element);
        has_room
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        self.elements.pop_front()
    }

    pub(super) fn clear(&mut self) {
        self.elements.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_element_gives_way_to_a_new_one() {
        let mut queue = Queue::new(2);
        assert_eq!(
            [1, 2, 3].map(|element| queue.push(element)),
            [true, true, false]
        );
        assert_eq!(
            [queue.pop(), queue.pop(), queue.pop()],
            [Some(2), Some(3), None]
        );
    }
}
