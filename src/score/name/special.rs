//! Names that speak of a secret by several words together, or by a word of one trade.

use super::languages::key_of_another_language;
use super::{Head, OTHER_KEYS, Strength};

/// What a name speaks of whose last words are such.
pub(super) fn head(segments: &[&str]) -> Option<(Head, Strength)> {
    use {Head::*, Strength::*};
    let found = match segments {
        // What lets a manager read an agent of SNMP, or write to it.
        [.., "snmp" | "ro" | "rw" | "readonly" | "readwrite", "community"] => (Password, Weak),
        [.., "snmp", "ro" | "rw"] | [.., "snmp", "community", "ro" | "rw"] => (Password, Weak),
        // What a person types into a device to join a network.
        [.., "pre", "shared", "key"] | [.., "preshared", "key"] | [.., "wpa" | "wifi" | "wlan" | "psk", "key"] => {
            (Password, Strong)
        }
        // What the two ends of a tunnel, or of RADIUS, know each other by.
        [.., "ipsec" | "radius" | "group", "secret"] => (Password, Strong),
        [.., "wifi" | "wlan", key] if OTHER_KEYS.contains(*key) => (Password, Strong),
        // What a device of LoRaWAN joins its network with, and what a sensor encrypts its broadcasts with.
        [.., "appkey" | "nwkkey" | "bindkey"] => (Key, Weak),
        [.., "remember", "me", "key"] | [.., "rememberme", "key"] => (Key, Strong),
        [.., "ticket" | "hash", "salt"] | [.., "private" | "secret", "code"] => (Key, Strong),
        [.., "vapid", "private"] | [.., "private" | "secret", "vapid", "key"] => (Key, Strong),
        // What GitLab encrypts columns of its database with.
        [.., "db" | "otp", "key", "base"] => (Key, Strong),
        // What a switch asks for before it lets itself be changed.
        ["enable", "password" | "passwd" | "pass" | "pw" | "secret"] => (Password, Weak),
        // What a distribution sends to its origin, to be told from others.
        [.., "origin", "verify"] => (Key, Strong),
        // What nodes of a cluster know each other by.
        [.., "erlang" | "release" | "node", "cookie"] => (Key, Strong),
        _ => return key_of_another_language(segments).map(|strength| (Key, strength)),
    };
    Some(found)
}
