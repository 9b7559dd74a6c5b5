//! Platforms, and which of them are the same though they are written in several ways: as containerd's normalisation says,
//! which builders and Docker follow.

/// `os/architecture[/variant]`.
pub(super) fn platform_name(os: &str, architecture: &str, variant: Option<&str>) -> String {
    match variant.filter(|variant| !variant.is_empty()) {
        Some(variant) => format!("{os}/{architecture}/{variant}"),
        None => format!("{os}/{architecture}"),
    }
}

/// A platform that users or images name, `os/architecture[/variant]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Platform {
    os: String,
    architecture: String,
    /// `None` where none is written.
    variant: Option<String>,
}

impl Platform {
    /// Reads a name; `None` of what is none.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let parts: Vec<&str> = name.split('/').collect();
        let is_word = |part: &&str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        if !parts.iter().all(is_word) {
            return None;
        }
        let (os, architecture, variant) = match *parts.as_slice() {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant)),
            _ => return None,
        };
        let os = if os == "macos" { "darwin" } else { os };
        let (architecture, variant) = match (architecture, variant) {
            ("i386", _) => ("386", None),
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", _) => ("arm", Some("v7")),
            ("armel", _) => ("arm", Some("v6")),
            other => other,
        };
        let variant = variant.map(|variant| match (architecture, variant.as_bytes()) {
            ("arm" | "arm64", [b'5'..=b'9']) => format!("v{variant}"),
            _ => variant.to_owned(),
        });
        Some(Platform { os: os.to_owned(), architecture: architecture.to_owned(), variant })
    }

    /// The variant that is meant.
    fn whole_variant(&self) -> &str {
        match (&self.variant, self.architecture.as_str()) {
            (Some(variant), _) => variant,
            (None, "amd64") => "v1",
            (None, "arm") => "v7",
            (None, "arm64") => "v8",
            (None, _) => "",
        }
    }

    /// Whether an image's platform is this one; without a variant all of them are.
    pub fn is(&self, image: &Platform) -> bool {
        self.os == image.os
            && self.architecture == image.architecture
            && (self.variant.is_none() || self.whole_variant() == image.whole_variant())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_several_ways_is_one_platform() {
        let is = |wanted: &str, image: &str| Platform::parse(wanted).unwrap().is(&Platform::parse(image).unwrap());
        for (wanted, image) in [
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm64", "linux/arm64/v8"),
            ("linux/aarch64", "linux/arm64/v9"),
            ("linux/arm64/8", "linux/arm64/v8"),
            ("linux/arm/v7", "linux/arm"),
            ("linux/armhf", "linux/arm/7"),
            ("linux/arm", "linux/arm/v6"),
            ("linux/x86_64", "linux/amd64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("Linux/AMD64", "linux/amd64/v3"),
            ("linux/i386", "linux/386"),
            ("macos/arm64", "darwin/arm64"),
        ] {
            assert!(is(wanted, image), "{wanted} {image}");
        }
        for (wanted, image) in [
            ("linux/amd46", "linux/amd64"),
            ("windows/amd64", "linux/amd64"),
            ("linux/arm64/v9", "linux/arm64"),
            ("linux/arm/v6", "linux/arm"),
            ("linux/arm", "linux/arm64"),
            ("linux/amd64/v3", "linux/amd64"),
        ] {
            assert!(!is(wanted, image), "{wanted} {image}");
        }
        for name in ["", "foo", "linux/", "/amd64", "linux//v8", "linux/amd64/v1/x", "linux amd64", "a b/c"] {
            assert_eq!(Platform::parse(name), None, "{name}");
        }
    }
}
