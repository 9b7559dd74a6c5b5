//! Values that their owners published for everybody: keys of emulators, samples of documentation, accounts of test chains. They
//! open nothing that is anybody's own. Kept as hashes, so that no scanner stumbles over this list.

use sha2::{Digest, Sha256};

/// Lines of 16 hexadecimal digits, the first half of a SHA-256 and less, and what the value is. Sources: the documentation of
/// Azurite, of the Cosmos DB emulator, of Stripe, reCAPTCHA, AWS, GitHub and Twitter; standards; the accounts that Hardhat, Anvil and Ganache print at start;
/// the configuration files that Grafana, Joomla, CakePHP, Symfony, Gogs, Mattermost, Nacos, Dify, Jetty, Maven, FreeRADIUS, Subversion,
/// Dovecot, RabbitMQ, Net-SNMP and hostapd ship.
const LIST: &str = include_str!("published.txt");

/// What a value is that was published; `None` for all others.
pub(super) fn name(value: &[u8]) -> Option<&'static str> {
    let value = value.strip_prefix(b"0x").unwrap_or(value);
    let sum = Sha256::digest(value);
    let hash = sum[..8].iter().fold(String::with_capacity(16), |hash, byte| hash + &format!("{byte:02x}"));
    LIST.lines().find_map(|line| line.strip_prefix(hash.as_str())).map(str::trim_start)
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
