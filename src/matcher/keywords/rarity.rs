//! How common a few bytes are in what is scanned: which part of a word a filter does best to look for.
//!
//! Measured over code, configuration, documentation, minified scripts and programs, about 90 MB. It steers speed alone.

/// Letters stand for both cases, `0` for any digit; all other bytes share the last row and column.
const SYMBOLS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0_-./:=\"' ";
/// Symbols, and one for what is none.
const KINDS: usize = SYMBOLS.len() + 1;

/// How rare a pair is: a row for its first byte, in the order of [`SYMBOLS`], a column for its second. A letter stands
/// for the negative logarithm, to the base of 2, of the pair's share in all pairs: `a` for 0, `b` for 1.
const PAIRS: [&[u8; KINDS]; KINDS] = [
    b"nkkjmmlpkpmijipkpiiilmnlkpomonpoqnpkr",
    b"lnmnknqqllqkpolopmmolrqnlqooqnpqrnplr",
    b"jnmnkmpklrkknpinplmjkppnnrolonpnqoplr",
    b"knmlimnpjoqnooknnmlllpomnrokolpmompjq",
    b"jljjkjlompnjkimllhiiolljlpojllokmlohp",
    b"konmlknojrrlomjorkmmlqqqnrompkrnpopjq",
    b"mpopjpomkrrmommprlknmpqqqqqlpnompoqkr",
    b"jpooipqokrqoopkprmnlnqprorpmpoqoonqkp",
    b"llkkkjkqopnkkhjlpljjplqmrkqmqopprpqmr",
    b"nrqrlrrrpqrrqqorrrororrssrsqsqtssqsos",
    b"nqppkqqqmqpopopoppmpoqorqrrlqnroqpqls",
    b"jonlikoojqokoojnpokkkopolpqkonpnonpkq",
    b"jlnojpqqkrqnlnkjrpknkpprnrpmpmooqoqlr",
    b"jokjjljpkpnmoljkqojilmnpmpokmmpmomnir",
    b"llkknkmplolkjilkqilkjllnqqrloopnqoqkr",
    b"jpnmjopmlrokooklqklkkpqnkrplplpnpoqmr",
    b"orrqrrrrrsrorrrrnopqkrprsrqorpsqqqrms",
    b"inllhnkpjrmllkjnpkkjkmoqlrolompmonojq",
    b"lolnhnkkjrmlmnkknnjikonqlpqknknlmmoiq",
    b"jolminpiiqpmmojlqikkkpnmkoojmlolnmoiq",
    b"lklnkmmplrmjkjolrjkjpqrorqoorprqspqns",
    b"kqpojpqqmrrooqnnoqpqqqrorqoororqrqrns",
    b"lqqplqrmkrqpqnlqrmnqrqoorsqnqospqprms",
    b"mnmnmnromrromonlopolqqrjoomlonqoonplq",
    b"opopnoqqorrnlnmkromlpqomqqrlompmpnpkr",
    b"oqqqkrrqosrqppoqronqqrqrqlrprqsrrpros",
    b"oooonosqrrqrrrsrrsqrrssnssmopmrprpqmr",
    b"klklklmmkpmllllkolkkllmnpooktqrqsrrns",
    b"ooooonqpnrqnopporonnpppqrpnsjrstrrrlr",
    b"lnlmmlnnlppmmmnmqmlmnoooqpmmrmqtrmqlr",
    b"npnoopnporqoopporoooqqpqsrqqrrjusqskr",
    b"opnnnnqqmsrpnnnnsnnopqqsspqrqsnjrpsjr",
    b"pqppqorrpsrqpnpprqpnqrrqrrqrrsstkmois",
    b"mnmnnnonnppnmnonqnmnoooopqpqpoqlrlpmp",
    b"opopqpqqpsrpppqprpnoqqrqrrrpqprosqonr",
    b"ijijjjlkinmjjjjjmjiikkkkmmlkkmkmiildo",
    b"qrrqrqsprssqqrsrsqqrrrsqsssssrrrsrsns",
];

/// Shares of pairs and of single bytes.
pub(super) struct Rarity {
    pairs: [[f32; KINDS]; KINDS],
    singles: [f32; KINDS],
    /// Of pairs whose first byte is one of those with the same lower four bits.
    first: [[f32; KINDS]; 16],
    /// Of pairs whose last byte is one of those with the same lower three bits.
    last: [[f32; 8]; KINDS],
}

fn kind(byte: u8) -> usize {
    let byte = if byte.is_ascii_digit() { b'0' } else { byte.to_ascii_lowercase() };
    SYMBOLS.iter().position(|&symbol| symbol == byte).unwrap_or(SYMBOLS.len())
}

impl Rarity {
    pub fn new() -> Self {
        let pairs = PAIRS.map(|row| row.map(|letter| (-f32::from(letter - b'a')).exp2()));
        // All digits, and all other bytes, share a kind: a byte's share is that of its kind's pairs.
        let singles = pairs.map(|row| row.iter().sum());
        let (mut first, mut last) = ([[0.0; KINDS]; 16], [[0.0; 8]; KINDS]);
        for byte in (0x20..0x80).filter(|byte| byte & 0x20 != 0) {
            let own = kind(byte);
            for other in 0..KINDS {
                first[usize::from(byte & 15)][other] += pairs[own][other];
                last[other][usize::from(byte & 7)] += pairs[other][own];
            }
        }
        Rarity { pairs, singles, first, last }
    }

    /// About the share of places at which the filter takes what stands there for this gram, as a chain of pairs gives it: it
    /// knows four bits of the first byte and three of the last.
    pub fn share(&self, gram: &[u8; 4]) -> f32 {
        let [_, second, third, _] = gram.map(kind);
        let (first, last) = (usize::from(gram[0] & 15), usize::from(gram[3] & 7));
        self.first[first][second] * self.pairs[second][third] * self.last[third][last]
            / (self.singles[second] * self.singles[third])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_shares_of_one_whole() {
        let rarity = Rarity::new();
        let sizes = |kind: usize| match SYMBOLS.get(kind) {
            Some(b'0') => 10.0,
            Some(_) => 1.0,
            None => 256.0 - 26.0 * 2.0 - 10.0 - 9.0,
        };
        let total: f32 = (0..KINDS)
            .flat_map(|a| (0..KINDS).map(move |b| (a, b)))
            .map(|(a, b)| rarity.pairs[a][b] * sizes(a) * sizes(b))
            .sum();
        assert!((0.7..1.4).contains(&total), "{total}");
    }

    #[test]
    fn common_bytes_are_told_from_rare_ones() {
        let rarity = Rarity::new();
        for (common, rare) in [(b"tion", b"zqxj"), (b"    ", b"eyJh"), (b"name", b"k9_x"), (b"THE ", b"ghp_")] {
            assert!(rarity.share(common) > 4.0 * rarity.share(rare), "{common:?} {rare:?}");
        }
        // `h` and `x` look alike at the front, `d` and `t` at the end.
        assert_eq!(rarity.share(b"hqxd"), rarity.share(b"xqxt"));
    }
}
