//! Values that their owners published for everybody: keys of emulators, samples of documentation, accounts of test chains. They
//! open nothing that is anybody's own. Kept as hashes, so that no scanner stumbles over this list.

use std::collections::HashMap;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// Lines of 16 hexadecimal digits, the first half of a SHA-256 and less, and what the value is. Sources: the documentation of
/// Azurite, of the Cosmos DB emulator, of Stripe, reCAPTCHA, AWS, GitHub and Twitter; standards; the accounts that Hardhat, Anvil and Ganache print at start;
/// the configuration files that Grafana, Joomla, CakePHP, Symfony, Gogs, Mattermost, Nacos, Dify, Jetty, Maven, FreeRADIUS, Subversion,
/// Dovecot, RabbitMQ, Net-SNMP and hostapd ship.
const LIST: &str = include_str!("published.txt");

/// The list by its hashes: each candidate that is kept is looked for.
static BY_HASH: LazyLock<HashMap<u64, &str>> = LazyLock::new(|| {
    let lines = LIST.lines().filter_map(|line| line.split_once(' '));
    lines.filter_map(|(hash, name)| Some((u64::from_str_radix(hash, 16).ok()?, name))).collect()
});

/// What a value is that was published; `None` for all others.
pub(super) fn name(value: &[u8]) -> Option<&'static str> {
    let value = value.strip_prefix(b"0x").unwrap_or(value);
    let hash = Sha256::digest(value)[..8].iter().fold(0, |hash, byte| hash << 8 | u64::from(*byte));
    BY_HASH.get(&hash).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_published_is_known_with_its_name() {
        let emulator =
            ["Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6t", "q/K1SZFPTOtr/KBHBeksoGMGw=="].concat();
        assert_eq!(name(emulator.as_bytes()), Some("the key of the Azure storage emulator"));
        let account = ["0xac0974bec39a17e36ba4a6b4d238ff94", "4bacb478cbed5efcae784d7bf4f2ff80"].concat();
        assert_eq!(name(account.as_bytes()), Some("an account of Hardhat and Anvil for tests"));
        assert_eq!(name(&account.as_bytes()[1..]), None);
        assert_eq!(name(b""), None);
    }

    #[test]
    fn every_line_has_a_hash_and_a_name() {
        for line in LIST.lines() {
            let (hash, name) = line.split_once(' ').unwrap();
            assert!(
                hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && !name.is_empty(),
                "{line}"
            );
        }
    }
}
