/// The most items that one answer has.
const MAX_PAGE: i32 = 100;

/// The items of one subchain in server form, each at the offset that is its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemList(Vec<Vec<u8>>);

/// Some items in a row, and the offset after the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page<'a> {
    pub(crate) items: &'a [Vec<u8>],
    pub(crate) next_offset: i32,
}

impl ItemList {
    pub(crate) fn items(&self) -> &[Vec<u8>] {
        &self.0
    }

    pub(crate) fn push(&mut self, item: Vec<u8>) {
        self.0.push(item);
    }

    /// The offset after the last item.
    pub(crate) fn end(&self) -> i32 {
        offset(self.0.len())
    }

    /// Items from an offset on; a negative offset counts from the end.
    pub(crate) fn page(&self, from: i32, limit: i32) -> Page<'_> {
        let length = self.0.len();
        let distance = usize::try_from(from.unsigned_abs()).unwrap_or(usize::MAX);
        let start = if from < 0 {
            length.saturating_sub(distance)
        } else {
            distance.min(length)
        };
        let limit = usize::try_from(limit.clamp(1, MAX_PAGE)).unwrap_or(1);
        let end = start.saturating_add(limit).min(length);
        Page {
            items: self.0.get(start..end).unwrap_or_default(),
            next_offset: offset(end),
        }
    }

    /// The last item alone.
    pub(crate) fn last(&self) -> Page<'_> {
        self.page(-1, 1)
    }

    /// No item, and where the next one will be.
    pub(crate) fn nothing(&self) -> Page<'_> {
        Page {
            items: &[],
            next_offset: self.end(),
        }
    }
}

/// The length of a list is limited far below what an offset can hold.
fn offset(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(length: u8) -> ItemList {
        ItemList((0..length).map(|byte| vec![byte]).collect())
    }

    fn page(length: u8, from: i32, limit: i32) -> (Vec<u8>, i32) {
        let list = list(length);
        let page = list.page(from, limit);
        (page.items.concat(), page.next_offset)
    }

    #[test]
    fn a_negative_offset_counts_from_the_end() {
        assert_eq!(page(5, -1, 9), (vec![4], 5));
        assert_eq!(page(5, -3, 2), (vec![2, 3], 4));
        assert_eq!(page(5, i32::MIN, 2), (vec![0, 1], 2));
    }

    #[test]
    fn a_page_has_one_to_a_hundred_items() {
        assert_eq!(page(5, 1, 0), (vec![1], 2));
        assert_eq!(page(5, 1, -7), (vec![1], 2));
        assert_eq!(page(150, 20, i32::MAX), ((20..120).collect(), 120));
    }

    #[test]
    fn after_the_end_there_is_nothing() {
        assert_eq!(page(5, 5, 9), (vec![], 5));
        assert_eq!(page(5, i32::MAX, 9), (vec![], 5));
        assert_eq!(page(0, -1, 9), (vec![], 0));
    }

    proptest! {
        #[test]
        fn a_page_ends_where_it_says(length: u8, from: i32, limit: i32) {
            let list = list(length);
            let page = list.page(from, limit);
            let end = usize::try_from(page.next_offset).unwrap();
            prop_assert_eq!(&list.items()[end - page.items.len()..end], page.items);
        }
    }
}
