//! A list that a registry gives page by page: each answer names the next page in its `Link` header (RFC 8288), and what is
//! named is asked of the registry itself, whichever host the link names.

use std::collections::HashSet;

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

use super::failure::{Failure, FailureKind};
use super::server::{Document, Server, Wanted};

/// The pages of a list, each once. One that cannot be had, or whose link to the next is not understood, ends it with the
/// failure after what was read.
pub(super) struct Pages<'a, 's> {
    server: &'a Server<'s>,
    accept: &'a str,
    scope: &'a str,
    /// Pages to ask for, at most.
    most: usize,
    next: Option<Result<String, Failure>>,
    asked: HashSet<String>,
}

impl<'a, 's> Pages<'a, 's> {
    /// A list whose first page is at a path below the registry's root.
    pub fn new(server: &'a Server<'s>, first: String, (accept, scope): (&'a str, &'a str), most: usize) -> Self {
        Pages { server, accept, scope, most, next: Some(Ok(first)), asked: HashSet::new() }
    }

    /// The path of the page after one, if there is one.
    fn after(&self, page: &str, headers: &HeaderMap) -> Result<Option<String>, Failure> {
        let fault = |detail: String| Err(Failure::new(FailureKind::Other, detail));
        let next = self.server.url(page).ok().map(|url| next_page(headers, &url));
        match next {
            None | Some(Link::Unclear) => fault("how it names its next page is not understood".to_owned()),
            Some(Link::None) => Ok(None),
            Some(Link::Path(next)) if self.asked.contains(&next) => {
                fault("it names a page as its next that was read before".to_owned())
            }
            Some(Link::Path(_)) if self.asked.len() >= self.most => {
                fault(format!("it has more than {} pages", self.most))
            }
            Some(Link::Path(next)) => Ok(Some(next)),
        }
    }
}

impl Iterator for Pages<'_, '_> {
    type Item = Result<Document, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        let page = match self.next.take()? {
            Ok(page) => page,
            Err(failure) => return Some(Err(failure)),
        };
        let wanted = Wanted { path: &page, accept: self.accept, scope: self.scope };
        let document = match self.server.document(&wanted) {
            Ok(document) => document,
            Err(failure) => return Some(Err(failure)),
        };
        // Links name pages from the host's root on.
        self.asked.insert(self.server.url(&page).map_or_else(|_| page.clone(), |url| path_of(&url)));
        self.next = self.after(&page, &document.headers).transpose();
        Some(Ok(document))
    }
}

/// What an answer says of the page after it.
#[derive(Debug, PartialEq, Eq)]
enum Link {
    /// It is the last.
    None,
    /// Path and query.
    Path(String),
    /// Something, but nothing that is a link.
    Unclear,
}

/// The page after one, as the headers of its answer name it.
fn next_page(headers: &HeaderMap, page: &Url) -> Link {
    for header in headers.get_all(LINK) {
        let Some(links) = header.to_str().ok().and_then(links) else { return Link::Unclear };
        for (target, parameters) in links {
            match is_next(parameters) {
                Some(false) => {}
                Some(true) => {
                    let url = page.join(target).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
                    return url.map_or(Link::Unclear, |url| Link::Path(path_of(&url)));
                }
                None => return Link::Unclear,
            }
        }
    }
    Link::None
}

/// Path and query of a URL; none that begins as the name of a host would.
fn path_of(url: &Url) -> String {
    let path = url.path().trim_start_matches('/');
    url.query().map_or_else(|| format!("/{path}"), |query| format!("/{path}?{query}"))
}

/// The links of a header, each with its parameters; `None` where it is none.
fn links(header: &str) -> Option<Vec<(&str, &str)>> {
    let mut links = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(links);
        }
        let (target, after) = rest.strip_prefix('<')?.split_once('>')?;
        let mut is_quoted = false;
        let end = after.find(|c| {
            is_quoted ^= c == '"';
            c == ',' && !is_quoted
        });
        let (parameters, after) = after.split_at(end.unwrap_or(after.len()));
        links.push((target, parameters));
        rest = after;
    }
}

/// Whether a link's parameters say that it leads to the next page; `None` where they do not say where it leads.
fn is_next(parameters: &str) -> Option<bool> {
    let mut pairs = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let (_, relation) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("rel"))?;
    Some(relation.trim().trim_matches('"').split_whitespace().any(|word| word.eq_ignore_ascii_case("next")))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn next(values: &[&'static str]) -> Link {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, HeaderValue::from_static(value));
        }
        next_page(&headers, &Url::parse("http://h.example:5000/v2/team/a/tags/list?n=1").unwrap())
    }

    #[test]
    fn links_lead_to_a_path_and_never_to_a_host() {
        let path = |path: &str| Link::Path(path.to_owned());
        for (link, expected) in [
            ("</v2/_catalog?last=a&n=1>; rel=\"next\"", path("/v2/_catalog?last=a&n=1")),
            ("</v2/_catalog?last=a,b>;rel=next", path("/v2/_catalog?last=a,b")),
            ("<https://registry.internal/v2/_catalog?last=a>; rel=\"next\"", path("/v2/_catalog?last=a")),
            ("<//registry.internal/v2/_catalog?last=a>; rel=\"next\"", path("/v2/_catalog?last=a")),
            ("<http://h.example//evil.example/x>; rel=\"next\"", path("/evil.example/x")),
            ("<?n=1&last=a>; rel=\"next\"", path("/v2/team/a/tags/list?n=1&last=a")),
            ("<list?n=1&last=a>; title=\"x, y\"; REL=\"last Next\"", path("/v2/team/a/tags/list?n=1&last=a")),
            ("</a>; rel=\"prev\", </b>; rel=\"next\"", path("/b")),
            ("</a.css>; rel=preload", Link::None),
            ("", Link::None),
            ("garbage", Link::Unclear),
            ("</a", Link::Unclear),
            ("</a>", Link::Unclear),
            ("<http://[/a>; rel=next", Link::Unclear),
            ("<mailto:a@h.example>; rel=next", Link::Unclear),
        ] {
            assert_eq!(next(&[link]), expected, "{link}");
        }
        assert_eq!(next(&["</a>; rel=\"first\"", "</b>; rel=\"next\""]), path("/b"));
        assert_eq!(next(&[]), Link::None);
    }
}
