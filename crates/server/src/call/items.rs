use crate::limits;

/// The items of one subchain in server form, each at an offset that it keeps.
///
/// The oldest can be dropped; the others stay where they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemList {
    items: Vec<Vec<u8>>,
    dropped: usize,
    size: usize,
}

/// Some items in a row, and the offset after the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page<'a> {
    pub(crate) items: &'a [Vec<u8>],
    pub(crate) next_offset: i32,
}

impl ItemList {
    /// An empty list whose first item has an offset.
    pub(crate) fn starting_at(dropped: usize) -> Self {
        Self {
            dropped,
            ..Self::default()
        }
    }

    /// The number of items that were dropped, which is the offset of the first that is left.
    pub(crate) fn dropped(&self) -> usize {
        self.dropped
    }

    pub(crate) fn items(&self) -> &[Vec<u8>] {
        &self.items
    }

    /// The number of bytes of all items.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn push(&mut self, item: Vec<u8>) {
        self.size += item.len();
        self.items.push(item);
    }

    /// Drops the oldest items, as many as there are.
    pub(crate) fn drop_oldest(&mut self, count: usize) {
        let count = count.min(self.items.len());
        let dropped = self.items.drain(..count);
        self.size -= dropped.map(|item| item.len()).sum::<usize>();
        self.dropped = self.dropped.saturating_add(count);
    }

    /// The offset after the last item.
    pub(crate) fn end(&self) -> i32 {
        self.offset(self.items.len())
    }

    /// Items from an offset on, or from the first that is left; a negative offset counts from the end.
    pub(crate) fn page(&self, from: i32, limit: i32) -> Page<'_> {
        self.page_since(0, from, limit)
    }

    /// The same, but for the items before the offset `first`, which is not negative.
    pub(crate) fn page_since(&self, first: i32, from: i32, limit: i32) -> Page<'_> {
        // A joiner reads the tip by the offset -1, since it does not know the height (`spec/protocol.md`, 6).
        let from = match from {
            ..0 => self.end().saturating_add(from),
            0.. => from,
        };
        let from = usize::try_from(from.max(first)).unwrap_or(0);
        let start = from.saturating_sub(self.dropped).min(self.items.len());
        let limit = usize::try_from(limit.clamp(1, limits::PAGE_ITEMS)).unwrap_or(1);
        let items = self.items.iter().skip(start).take(limit);
        let end = start + fitting(items.map(Vec::len));
        Page {
            items: self.items.get(start..end).unwrap_or_default(),
            next_offset: self.offset(end),
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

    /// The offset of the item at a place; both are far below what an offset can hold.
    fn offset(&self, place: usize) -> i32 {
        i32::try_from(self.dropped.saturating_add(place)).unwrap_or(i32::MAX)
    }
}

/// The number of items of these sizes that one answer has: one at least.
fn fitting(sizes: impl Iterator<Item = usize>) -> usize {
    // Without the first, a client that goes on from `next_offset` would never get past an item that is too large.
    let ends = sizes.scan(0_usize, |end, size| {
        *end = end.saturating_add(size);
        Some(*end)
    });
    let fit = |(place, end): &(usize, usize)| *place == 0 || *end <= limits::PAGE_BYTES;
    ends.enumerate().take_while(fit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(length: u8) -> ItemList {
        let mut list = ItemList::default();
        (0..length).for_each(|byte| list.push(vec![byte]));
        list
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
    fn a_page_has_no_more_bytes_than_a_packet_but_one_item_at_least() {
        let mut list = ItemList::default();
        let sizes = [500 << 10, 460 << 10, 1, limits::PAGE_BYTES + 1, 1];
        sizes.iter().for_each(|size| list.push(vec![0; *size]));
        let ends = [0, 1, 2, 3, 4].map(|from| list.page(from, 9).next_offset);
        assert_eq!(ends, [2, 3, 3, 4, 5]);
    }

    #[test]
    fn a_page_can_leave_out_what_comes_before_an_offset() {
        let list = list(5);
        let page = |from, limit| {
            let page = list.page_since(2, from, limit);
            (page.items.concat(), page.next_offset)
        };
        assert_eq!(page(0, 9), (vec![2, 3, 4], 5));
        assert_eq!(page(0, 1), (vec![2], 3));
        assert_eq!(page(3, 9), (vec![3, 4], 5));
        assert_eq!(page(-1, 9), (vec![4], 5));
        assert_eq!(page(-4, 2), (vec![2, 3], 4));
        assert_eq!(page(i32::MIN, 1), (vec![2], 3));
        assert_eq!(page(i32::MAX, 9), (vec![], 5));
    }

    #[test]
    fn what_is_dropped_takes_no_space() {
        let mut list = ItemList::default();
        (1..=4).for_each(|size| list.push(vec![0; size]));
        list.drop_oldest(2);
        assert_eq!(list.size(), 3 + 4);
    }

    #[test]
    fn after_the_end_there_is_nothing() {
        assert_eq!(page(5, 5, 9), (vec![], 5));
        assert_eq!(page(5, i32::MAX, 9), (vec![], 5));
        assert_eq!(page(0, -1, 9), (vec![], 0));
    }

    #[test]
    fn a_list_whose_oldest_items_are_dropped_starts_later_than_asked() {
        let mut list = list(5);
        list.drop_oldest(3);
        let page = |from, limit| {
            let page = list.page(from, limit);
            (page.items.concat(), page.next_offset)
        };
        assert_eq!(page(0, 9), (vec![3, 4], 5));
        assert_eq!(page(2, 1), (vec![3], 4));
        assert_eq!(page(4, 9), (vec![4], 5));
        assert_eq!(page(-4, 9), (vec![3, 4], 5));
        list.drop_oldest(9);
        assert_eq!((list.items().len(), list.end()), (0, 5));
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
