//! UTF-16 text as UTF-8, with a map from a place in one to the place in the other.

/// Which byte of a unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The low byte, as Windows writes it.
    Little,
    /// The high byte.
    Big,
}

/// Whether a text is UTF-16, told from its beginning: a byte order mark, or at least 16 units of which nearly all are
/// ASCII with a zero byte on one side.
pub fn detect(beginning: &[u8]) -> Option<Order> {
    match beginning {
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => return Some(Order::Little),
        [0xfe, 0xff, ..] => return Some(Order::Big),
        _ => {}
    }
    let beginning = &beginning[..beginning.len().min(512)];
    let units = beginning.len() / 2;
    if units < 16 {
        return None;
    }
    let looks = |zero: usize| {
        beginning.chunks_exact(2).filter(|unit| unit[zero] == 0 && is_plain(unit[1 - zero])).count() * 20 >= units * 19
    };
    if looks(1) {
        Some(Order::Little)
    } else if looks(0) {
        Some(Order::Big)
    } else {
        None
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t')
}

/// A decoded text.
#[derive(Debug)]
pub struct Decoded {
    /// UTF-8; what is no UTF-16 is a replacement character.
    pub text: Vec<u8>,
    /// Pairs of (offset in `text`, offset in the original) where the two stop running side by side: between pairs every
    /// byte of `text` stands for two of the original.
    bends: Vec<(usize, usize)>,
}

impl Decoded {
    /// The offset in the original of the character at an offset in the text.
    pub fn original(&self, offset: usize) -> usize {
        let bend = self.bends.partition_point(|(text, _)| *text <= offset);
        let (text, original) = if bend == 0 { (0, 0) } else { self.bends[bend - 1] };
        original + 2 * (offset - text)
    }
}

/// Decodes a whole text.
pub fn decode(bytes: &[u8], order: Order) -> Decoded {
    let skip = usize::from(bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])) * 2;
    let units = bytes[skip..].chunks_exact(2).map(|unit| match order {
        Order::Little => u16::from_le_bytes([unit[0], unit[1]]),
        Order::Big => u16::from_be_bytes([unit[0], unit[1]]),
    });
    let mut text = Vec::with_capacity(bytes.len() / 2);
    let mut bends = vec![(0, skip)];
    let mut original = skip;
    for decoded in char::decode_utf16(units) {
        let (c, width) = match decoded {
            Ok(c) => (c, 2 * c.len_utf16()),
            Err(_) => (char::REPLACEMENT_CHARACTER, 2),
        };
        let mut buffer = [0; 4];
        text.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        original += width;
        if c.len_utf8() != 1 {
            bends.push((text.len(), original));
        }
    }
    Decoded { text, bends }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str, order: Order, mark: bool) -> Vec<u8> {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if order == Order::Little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    #[test]
    fn both_orders_with_and_without_a_mark() {
        let text = "password = \"é€😀 and more text\"";
        for order in [Order::Little, Order::Big] {
            for mark in [true, false] {
                let bytes = encode(text, order, mark);
                let plain = encode("plain ascii text, long enough", order, mark);
                assert_eq!(detect(&plain), Some(order));
                let decoded = decode(&bytes, order);
                assert_eq!(decoded.text, text.as_bytes());
                let place = text.find("and").expect("is there");
                let original = decoded.original(place);
                assert_eq!(&bytes[original..original + 6], &encode("and", order, false)[..]);
            }
        }
        assert_eq!(detect(b"plain text of thirty-two bytes.."), None);
        assert_eq!(detect(&[0; 64]), None);
    }
}
