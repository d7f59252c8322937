//! A run of skipped macroblocks in CABAC (ITU-T H.264, 9.3): of each one flag that it is skipped, and one that the slice goes
//! on or ends. Where all are skipped the flag has one context only: that of a macroblock whose neighbours are, too.

use super::writer::Writer;

/// Table 9-44: the range of the less probable symbol.
const RANGE: [[u8; 4]; 64] = [
    [128, 176, 208, 240],
    [128, 167, 197, 227],
    [128, 158, 187, 216],
    [123, 150, 178, 205],
    [116, 142, 169, 195],
    [111, 135, 160, 185],
    [105, 128, 152, 175],
    [100, 122, 144, 166],
    [95, 116, 137, 158],
    [90, 110, 130, 150],
    [85, 104, 123, 142],
    [81, 99, 117, 135],
    [77, 94, 111, 128],
    [73, 89, 105, 122],
    [69, 85, 100, 116],
    [66, 80, 95, 110],
    [62, 76, 90, 104],
    [59, 72, 86, 99],
    [56, 69, 81, 94],
    [53, 65, 77, 89],
    [51, 62, 73, 85],
    [48, 59, 69, 80],
    [46, 56, 66, 76],
    [43, 53, 63, 72],
    [41, 50, 59, 69],
    [39, 48, 56, 65],
    [37, 45, 54, 62],
    [35, 43, 51, 59],
    [33, 41, 48, 56],
    [32, 39, 46, 53],
    [30, 37, 43, 50],
    [29, 35, 41, 48],
    [27, 33, 39, 45],
    [26, 31, 37, 43],
    [24, 30, 35, 41],
    [23, 28, 33, 39],
    [22, 27, 32, 37],
    [21, 26, 30, 35],
    [20, 24, 29, 33],
    [19, 23, 27, 31],
    [18, 22, 26, 30],
    [17, 21, 25, 28],
    [16, 20, 23, 27],
    [15, 19, 22, 25],
    [14, 18, 21, 24],
    [14, 17, 20, 23],
    [13, 16, 19, 22],
    [12, 15, 18, 21],
    [12, 14, 17, 20],
    [11, 14, 16, 19],
    [11, 13, 15, 18],
    [10, 12, 15, 17],
    [10, 12, 14, 16],
    [9, 11, 13, 15],
    [9, 11, 12, 14],
    [8, 10, 12, 14],
    [8, 9, 11, 13],
    [7, 9, 11, 12],
    [7, 9, 10, 12],
    [7, 8, 10, 11],
    [6, 8, 9, 11],
    [6, 7, 9, 10],
    [6, 7, 8, 9],
    [2, 2, 2, 2],
];

/// Table 9-45: the state after the less probable symbol.
const AFTER_LESS: [u8; 64] = [
    0, 0, 1, 2, 2, 4, 4, 5, 6, 7, 8, 9, 9, 11, 11, 12, 13, 13, 15, 15, 16, 16, 18, 18, 19, 19, 21, 21, 22,
    22, 23, 24, 24, 25, 26, 26, 27, 27, 28, 29, 29, 30, 30, 30, 31, 32, 32, 33, 33, 33, 34, 34, 35, 35, 35,
    36, 36, 36, 37, 37, 37, 38, 38, 63,
];

/// `m` and `n` of context 11 for `cabac_init_idc` 0 (table 9-13).
const START: (i32, i32) = (23, 33);

/// Writes so many skipped macroblocks, which end the slice. `quantizer` is that of the slice.
pub(super) fn put(blocks: u32, quantizer: i32, out: &mut Writer) {
    let mut coder = Coder { low: 0, range: 510, outstanding: 0, first: true, out };
    let mut context = Context::new(quantizer);
    for block in 1..=blocks {
        coder.decision(&mut context, true);
        coder.terminate(block == blocks);
    }
}

struct Context {
    state: u8,
    likely: bool,
}

impl Context {
    /// 9.3.1.1.
    fn new(quantizer: i32) -> Self {
        let (m, n) = START;
        let before = (((m * quantizer.clamp(0, 51)) >> 4) + n).clamp(1, 126);
        let likely = before > 63;
        let state = if likely { before - 64 } else { 63 - before };
        Self { state: u8::try_from(state).unwrap_or_default(), likely }
    }
}

/// The encoder of 9.3.4.2.
struct Coder<'a> {
    low: u32,
    range: u32,
    outstanding: u32,
    first: bool,
    out: &'a mut Writer,
}

impl Coder<'_> {
    fn decision(&mut self, context: &mut Context, value: bool) {
        let less = u32::from(RANGE[usize::from(context.state)][(self.range >> 6 & 3) as usize]);
        self.range -= less;
        if value == context.likely {
            context.state = (context.state + 1).min(62);
        } else {
            self.low += self.range;
            self.range = less;
            if context.state == 0 {
                context.likely = !context.likely;
            }
            context.state = AFTER_LESS[usize::from(context.state)];
        }
        self.renormalize();
    }

    /// Also the last bits of the slice, its stop bit the last of them (9.3.4.5).
    fn terminate(&mut self, last: bool) {
        self.range -= 2;
        if !last {
            self.renormalize();
            return;
        }
        self.low += self.range;
        self.range = 2;
        self.renormalize();
        self.put(self.low >> 9 & 1 == 1);
        self.out.put(self.low >> 7 & 3 | 1, 2);
        self.out.align(false);
    }

    fn renormalize(&mut self) {
        while self.range < 256 {
            if self.low < 256 {
                self.put(false);
            } else if self.low >= 512 {
                self.low -= 512;
                self.put(true);
            } else {
                self.low -= 256;
                self.outstanding += 1;
            }
            self.range <<= 1;
            self.low <<= 1;
        }
    }

    fn put(&mut self, bit: bool) {
        if self.first {
            self.first = false;
        } else {
            self.out.bit(bit);
        }
        for _ in 0..std::mem::take(&mut self.outstanding) {
            self.out.bit(!bit);
        }
    }
}
