//! Numbers that look random and are the same on every machine (SplitMix64).

#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `limit`, which is not zero.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Yes in `cases` of `of` cases.
    pub(crate) fn chance(&mut self, cases: u64, of: u64) -> bool {
        self.below(of) < cases
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// `total` in `pieces` pieces, none more than some three times as long as another.
    pub(crate) fn split(&mut self, total: u64, pieces: usize) -> Vec<u64> {
        let weights: Vec<u64> = (0..pieces).map(|_| 50 + self.below(100)).collect();
        let sum: u64 = weights.iter().sum();
        let mut rest = total;
        let mut split: Vec<u64> = weights
            .iter()
            .map(|weight| {
                let piece = (total * weight / sum).min(rest);
                rest -= piece;
                piece
            })
            .collect();
        if let Some(last) = split.last_mut() {
            *last += rest;
        }
        split
    }
}
