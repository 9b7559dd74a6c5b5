//! Text in units of 16 or 32 bits as UTF-8, with a map from a place in one to the place in the other.

/// Which byte of a unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The low byte, as Windows writes it.
    Little,
    /// The high byte.
    Big,
}

/// How many bytes a unit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// UTF-16.
    Two,
    /// UTF-32.
    Four,
}

impl Width {
    const fn bytes(self) -> usize {
        match self {
            Width::Two => 2,
            Width::Four => 4,
        }
    }

    /// The name of what decodes it.
    pub const fn decoder(self) -> &'static str {
        match self {
            Width::Two => DECODERS[0],
            Width::Four => DECODERS[1],
        }
    }
}

/// Names of what decodes text in units of either width.
pub const DECODERS: [&str; 2] = ["utf-16", "utf-32"];

/// Bytes of ASCII that are no units, wherever they begin in a text of these: characters of other scripts are as many bytes of ASCII in a row
/// once in thousands, and hold no secret.
const PLAIN: usize = 16;

/// Units that text has at the least.
const FEWEST: usize = 16;

/// Whether a text is of units, told from its beginning: a byte order mark, or at least 16 of which nearly all are ASCII with zeros on
/// one side, or all are letters and marks with ASCII among them.
pub fn detect(beginning: &[u8]) -> Option<(Width, Order)> {
    match beginning {
        [0xff, 0xfe, 0, 0, low, _, 0, 0, ..] if *low != 0 => return Some((Width::Four, Order::Little)),
        [0, 0, 0xfe, 0xff, 0, 0, _, low, ..] if *low != 0 => return Some((Width::Four, Order::Big)),
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => return Some((Width::Two, Order::Little)),
        [0xfe, 0xff, ..] => return Some((Width::Two, Order::Big)),
        _ => {}
    }
    let beginning = &beginning[..beginning.len().min(512)];
    memchr::memchr(0, beginning)?;
    let looks = |width: Width, order: Order| {
        let width = width.bytes();
        let place = if order == Order::Little { 0 } else { width - 1 };
        let is_plain =
            |unit: &&[u8]| is_plain(unit[place]) && unit.iter().enumerate().all(|(at, byte)| at == place || *byte == 0);
        let units = beginning.len() / width;
        units >= FEWEST && beginning.chunks_exact(width).filter(is_plain).count() * 20 >= units * 19
    };
    [Width::Two, Width::Four]
        .into_iter()
        .flat_map(|width| [(width, Order::Little), (width, Order::Big)])
        .find(|&(width, order)| looks(width, order))
        .or_else(|| {
            [Order::Little, Order::Big]
                .into_iter()
                .find(|order| is_spoken(beginning, *order))
                .map(|order| (Width::Two, order))
        })
}

/// Whether bytes are UTF-16 of any language: nothing but what text is written with, in a line or in words. What has many characters of its
/// own is not told from numbers where ASCII is rare.
fn is_spoken(beginning: &[u8], order: Order) -> bool {
    let whole = beginning.chunks_exact(2).map(|unit| match order {
        Order::Little => u16::from_le_bytes([unit[0], unit[1]]),
        Order::Big => u16::from_be_bytes([unit[0], unit[1]]),
    });
    let (mut ascii, mut gaps, mut far, mut all) = (0, 0, 0, 0);
    for character in char::decode_utf16(whole) {
        let Ok(character) = character else {
            // The last one may have lost its second unit.
            if all * 2 + 2 >= beginning.len() - 1 {
                break;
            } else {
                return false;
            };
        };
        match character {
            ' '..='~' | '\n' | '\r' | '\t' => {
                ascii += 1;
                gaps += usize::from(matches!(character, ' ' | '\n'));
            }
            '\u{a0}'..'\u{600}' if character.is_alphanumeric() || character < '\u{c0}' => {}
            _ if character.is_alphanumeric() || is_mark(character) => far += 1,
            _ => return false,
        }
        all += character.len_utf16();
    }
    let fewest_ascii = if far == 0 { all / 10 } else { all / 3 };
    all >= FEWEST && gaps * 64 >= all && ascii > fewest_ascii
}

/// Marks beyond those of Latin: punctuation, signs of currencies and the like, and what East Asian scripts have; what joins emoji.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{2010}'..='\u{2044}' | '\u{20a0}'..='\u{20bf}' | '\u{2100}'..='\u{27bf}' | '\u{3000}'..='\u{3020}' | '\u{fe0f}' | '\u{ff01}'..='\u{ff65}' | '\u{1f300}'..='\u{1faff}')
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t')
}

/// A decoded text.
#[derive(Debug)]
pub struct Decoded {
    /// UTF-8; what is none of the units' is a replacement character.
    pub text: Vec<u8>,
    /// Where the two stop running side by side: offset in `text`, offset in the original, and how many bytes of that each byte
    /// of `text` stands for from there to the next.
    bends: Vec<(usize, usize, usize)>,
}

impl Decoded {
    /// The offset in the original of the character at an offset in the text.
    pub fn original(&self, offset: usize) -> usize {
        let bend = self.bends.partition_point(|(text, ..)| *text <= offset);
        let (text, original, width) = self.bends[bend.saturating_sub(1)];
        original + width * (offset - text)
    }
}

/// Decodes a whole text. What another program wrote into it as it is, in ASCII or UTF-8, is taken as that: `>>` does so in some shells, and
/// some put a byte order mark before a text that has no units.
pub fn decode(bytes: &[u8], (width, order): (Width, Order)) -> Decoded {
    let unit = width.bytes();
    let starts_with_mark = match unit_at(bytes, width, order) {
        Some(first) => first == 0xfeff,
        None => false,
    };
    let mut place = usize::from(starts_with_mark) * unit;
    let mut text = Vec::with_capacity(bytes.len() / unit);
    let mut bends = vec![(0, place, unit)];
    // What comes next before it is known not to be plain: most texts have zeros in each unit.
    while let Some(first) = unit_at(&bytes[place..], width, order) {
        if let Some(length) = plain(&bytes[place..], place == usize::from(starts_with_mark) * unit) {
            let length = unit_back(&bytes[place..], length, (width, order));
            bends.push((text.len(), place, 1));
            text.extend_from_slice(&bytes[place..place + length]);
            place += length;
            bends.push((text.len(), place, unit));
            continue;
        }
        let low = || unit_at(&bytes[place + unit..], width, order).filter(|unit| matches!(unit, 0xdc00..=0xdfff));
        let (character, taken) = match first {
            0xd800..=0xdbff if width == Width::Two => match low() {
                Some(low) => (char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00)), 2 * unit),
                None => (None, unit),
            },
            _ => (char::from_u32(first), unit),
        };
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        place += taken;
        if character.len_utf8() != 1 {
            bends.push((text.len(), place, unit));
        }
    }
    Decoded { text, bends }
}

/// The unit that bytes begin with.
fn unit_at(bytes: &[u8], width: Width, order: Order) -> Option<u32> {
    let unit = bytes.get(..width.bytes())?;
    let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
    Some(match order {
        Order::Little => unit.iter().rev().fold(0, add),
        Order::Big => unit.iter().fold(0, add),
    })
}

/// How far bytes that begin in ASCII are text as they stand; `is_first`: all that there is may be short.
fn plain(bytes: &[u8], is_first: bool) -> Option<usize> {
    let ascii = bytes.iter().take_while(|byte| is_plain(**byte)).take(PLAIN).count();
    if ascii < PLAIN && !(is_first && ascii > 0 && ascii == bytes.len()) {
        return None;
    }
    // It ends at the first zero: that of a unit, mostly.
    let mut length = ascii;
    while let Some(&first) = bytes.get(length).filter(|byte| **byte != 0) {
        let character = match first {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        if character > 1 && bytes.get(length..length + character).is_none_or(|one| std::str::from_utf8(one).is_err()) {
            break;
        }
        length += character;
    }
    Some(length)
}

/// The length of plain text without the byte that begins a unit, where units go on behind it. Where they are not seen to, the text goes on at
/// whole units from where it began.
fn unit_back(bytes: &[u8], length: usize, (width, order): (Width, Order)) -> usize {
    let unit = width.bytes();
    let is_mark = |at: usize| unit_at(&bytes[at..], width, order) == Some(0xfeff);
    if length == bytes.len() || is_mark(length) {
        return length;
    }
    let is_ascii = |at: usize| {
        let next = |at: usize| unit_at(bytes.get(at..)?, width, order);
        next(at).is_some_and(|one| one < 0x80) && next(at + unit).is_none_or(|one| one < 0x80)
    };
    [length - 1, length].into_iter().find(|&at| is_ascii(at)).unwrap_or(length - length % unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [(Width, Order); 4] = [
        (Width::Two, Order::Little),
        (Width::Two, Order::Big),
        (Width::Four, Order::Little),
        (Width::Four, Order::Big),
    ];

    fn encode(text: &str, (width, order): (Width, Order), mark: bool) -> Vec<u8> {
        let text = if mark { format!("\u{feff}{text}") } else { text.to_owned() };
        let units: Vec<u32> = match width {
            Width::Two => text.encode_utf16().map(u32::from).collect(),
            Width::Four => text.chars().map(u32::from).collect(),
        };
        let bytes = |unit: u32| match order {
            Order::Little => unit.to_le_bytes()[..width.bytes()].to_vec(),
            Order::Big => unit.to_be_bytes()[4 - width.bytes()..].to_vec(),
        };
        units.into_iter().flat_map(bytes).collect()
    }

    #[test]
    fn both_orders_with_and_without_a_mark() {
        let text = "password = \"é€😀 and more text\"";
        for form in FORMS {
            for mark in [true, false] {
                let bytes = encode(text, form, mark);
                assert_eq!(detect(&encode("plain ascii text, long enough", form, mark)), Some(form));
                let decoded = decode(&bytes, form);
                assert_eq!(decoded.text, text.as_bytes());
                let original = decoded.original(text.find("and").expect("is there"));
                assert_eq!(&bytes[original..][..3 * form.0.bytes()], &encode("and", form, false)[..]);
            }
        }
        assert_eq!(detect(b"plain text of thirty-two bytes.."), None);
        assert_eq!(detect(&[0; 64]), None);
    }

    #[test]
    fn what_is_written_as_it_is_among_units_is_read_so() {
        let plain = "TOKEN=abcdefghijklmnop é\n";
        for form in FORMS {
            for plain in [plain, &plain[1..]] {
                let text = format!("first = 1\r\n{plain}last = 2\r\n");
                let parts = [
                    encode("first = 1\r\n", form, true),
                    plain.as_bytes().to_vec(),
                    encode("last = 2\r\n", form, false),
                ];
                let decoded = decode(&parts.concat(), form);
                assert_eq!(String::from_utf8_lossy(&decoded.text), text);
                let place = |word: &str| decoded.original(text.find(word).expect("is there"));
                assert_eq!(place("OKEN"), parts[0].len() + plain.find("OKEN").expect("is there"));
                assert_eq!(place("last"), parts[0].len() + plain.len());
            }
            for plain in ["TOKEN=abcdefghijklmnopq\n", "pw = q1w2e3"] {
                let bytes = [encode("", form, true), plain.as_bytes().to_vec()].concat();
                assert_eq!(String::from_utf8_lossy(&decode(&bytes, form).text), plain);
            }
        }
    }

    #[test]
    fn no_bytes_are_too_many_or_too_few() {
        for length in 0..40 {
            for byte in [0, b'a', 0xff, 0xd8] {
                let bytes = [&[0xff, 0xfe][..], &vec![byte; length], &[0xd8]].concat();
                for form in FORMS {
                    let decoded = decode(&bytes, form);
                    assert!(decoded.original(decoded.text.len()) <= bytes.len());
                }
            }
        }
    }

    #[test]
    fn words_of_any_language_among_ascii_are_text_without_a_mark() {
        let spoken = [
            "/* Größe ändern für die Übersicht */\nALTER LOGIN jürgen",
            "; пароль\n[db]\nuser=admin\nport=5432\n",
            "; Настройки подключения к серверу базы данных, прочитать до конца\n[db]\n",
            "# mot de passe — côté « serveur »\r\nhôte = élan\r\n",
            "user=admin # 数据库管理员账号\nhost=db.internal\nport=5432\n",
            "status = ok ✓ 😀\nname = café-crème-brûlée\n",
        ];
        for text in spoken {
            for order in [Order::Little, Order::Big] {
                let bytes = encode(text, (Width::Two, order), false);
                assert_eq!(detect(&bytes), Some((Width::Two, order)), "{text}");
                assert_eq!(detect(&bytes[..bytes.len() - 1]), Some((Width::Two, order)), "{text}");
                assert_eq!(detect(text.as_bytes()), None, "{text}");
            }
        }
    }

    #[test]
    fn numbers_are_no_words() {
        let little = |units: &mut dyn Iterator<Item = u16>| units.flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let tables: [&mut dyn Iterator<Item = u16>; 5] = [
            &mut (0..256),
            &mut (0x20..0x120),
            &mut (0x400..0x500),
            &mut (0..256).map(|number| [u16::from(b'a'), 0, 0x20, 0x437][number % 4]),
            &mut (0..256).map(|number: u16| number.wrapping_mul(40_503)),
        ];
        for (number, table) in tables.into_iter().enumerate() {
            assert_eq!(detect(&little(table)), None, "{number}");
        }
        let strings: Vec<u8> =
            "a name\0another one\0größer\0und mehr davon\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(detect(&strings), None, "strings of a program, each with its end");
    }

    #[test]
    fn text_in_another_script_stays_in_units() {
        let text = "用户名：admin\n密码：请向运维部门索取，不要写在这里\n一二三四五六七八九十\n";
        for form in FORMS {
            assert_eq!(decode(&encode(text, form, true), form).text, text.as_bytes());
        }
    }
}
