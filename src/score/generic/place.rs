//! Places where a name that speaks of a secret means something else: catalogues of translations, environments of processes, the
//! configuration of git.

use crate::candidate::Setting;
use crate::score::assigned::{Assigned, has_word, last_name};
use crate::score::name;

/// Lines of a catalogue that are read back from a text that goes on over several.
const LINES: usize = 12;

/// Why a value is no secret: a reason's name and text.
pub(super) type Refusal = (&'static str, &'static str);

/// Letters and digits alone, in lower case.
pub(super) fn plain(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
}

/// What a value is by the place that it stands in.
pub(super) fn no_secret(assigned: &Assigned<'_>) -> Option<Refusal> {
    no_value(assigned).or_else(|| no_literal(assigned))
}

/// What the words before a name, and the name itself, say of it: a command, a message, a part of something else.
fn no_value(assigned: &Assigned<'_>) -> Option<Refusal> {
    let line = assigned.line_before();
    if assigned.before.ends_with(b"checksum/") {
        return Some(("name", "the checksum of a manifest"));
    }
    if is_in_resource_name(line) {
        return Some(("identifier", "a part of the name of a resource"));
    }
    if is_directive(assigned) {
        return Some(("name", "a command that asks for it"));
    }
    // `nopassword=no password=…` is another setting.
    if line.last_chunk().is_some_and(|end: &[u8; 3]| end.eq_ignore_ascii_case(b"no ")) && !line.ends_with(b"=no ") {
        return Some(("name", "that there is none"));
    }
    if assigned.setting != Setting::Login && inner_name(assigned.between).is_some_and(name::is_about) {
        return Some(("name", "a map that says something about it"));
    }
    if is_verb(assigned) {
        return Some(("name", "the verb, not a password"));
    }
    if assigned.name == b"PASS" && assigned.between.starts_with(b":")
        || assigned.name.eq_ignore_ascii_case(b"pass") && assigned.before.ends_with(b"::")
    {
        return Some(("name", "the result of a test"));
    }
    if memchr::memmem::find(line, b"COMMENT ON ").is_some() {
        return Some(("name", "a comment on a column"));
    }
    if assigned.name.eq_ignore_ascii_case(b"identified") && !assigned.is_quoted() && !is_statement(assigned.before) {
        return Some(("name", "a sentence, not SQL"));
    }
    if is_message_of_shell(assigned) {
        return Some(("reference", "what a shell says where the variable is not set"));
    }
    if is_of_provider(assigned) {
        return Some(("reference", "what a provider of configuration fills in"));
    }
    if is_shipped(assigned) {
        return Some(("placeholder", "a word in a comment, as shipped settings show them"));
    }
    if assigned.setting == Setting::Url && has_word(line, &["sourcemappingurl="]) {
        return Some(("name", "what tells a version of a file from others"));
    }
    let is_published = assigned.setting == Setting::Url && is_badge(assigned.before);
    is_published.then_some(("published", "the token of a badge, which is published with it"))
}

/// `${DB_PW:?set it}`, `${DB_PW?}`.
fn is_message_of_shell(assigned: &Assigned<'_>) -> bool {
    assigned.before.ends_with(b"${") && (assigned.value.starts_with(b"?") || assigned.between.ends_with(b"?"))
}

/// `${secrets:path:key}`, `${secretsManager:name:key}`: Kafka asks a provider of that name.
fn is_of_provider(assigned: &Assigned<'_>) -> bool {
    const PROVIDERS: [&[u8]; 3] = [b"secrets", b"secretmanager", b"secretsmanager"];
    assigned.before.ends_with(b"${")
        && assigned.between == b":"
        && PROVIDERS.iter().any(|name| name.eq_ignore_ascii_case(assigned.name))
        && memchr::memchr2(b':', b'/', assigned.value).is_some()
}

/// Whether it is a word of lower case or a short number in a line that is a comment, as the settings that a program ships with show
/// how they are written: `#password = foo`, `;secret = 1234`.
fn is_shipped(assigned: &Assigned<'_>) -> bool {
    let line = assigned.line_before().trim_ascii();
    let is_comment = !line.is_empty() && line.iter().all(|byte| matches!(byte, b'#' | b';'));
    let is_comment = is_comment || is_in_manual(assigned.before);
    let value = assigned.value;
    let is_plain = value.len() <= 8 && value.iter().all(u8::is_ascii_lowercase)
        || value.len() <= 6 && value.iter().all(u8::is_ascii_digit);
    is_comment && is_plain && matches!(assigned.setting, Setting::Bare | Setting::Quoted)
}

/// Whether the manual that stands in a program of Perl is open at the end of `before`: behind `=head1`, before `=cut`.
fn is_in_manual(before: &[u8]) -> bool {
    const COMMANDS: [&[u8]; 5] = [b"=head", b"=item", b"=over", b"=pod", b"=back"];
    let command = before.rsplit(|&byte| byte == b'\n').find(|line| line.starts_with(b"="));
    command.is_some_and(|line| COMMANDS.iter().any(|command| line.starts_with(command)))
}

/// Whether a value is compared with what its name leads to, as far as what stands between shows.
pub(super) fn is_compared(assigned: &Assigned<'_>) -> bool {
    const COMPARISONS: [&[u8]; 5] = [b"equals", b"equalsignorecase", b"compareto", b"localecompare", b"eql?"];
    let has = |word: &[u8]| memchr::memmem::find(assigned.between, word).is_some();
    let by_call = |text: &[u8]| {
        let text = text.to_ascii_lowercase();
        COMPARISONS.iter().any(|word| text.ends_with(word))
    };
    let call = memchr::memrchr(b'(', assigned.between).map(|open| &assigned.between[..open]);
    has(b"==")
        || has(b"!=")
        || has(b"<>")
        || [&b" -"[..], b" eq ", b" ne "].iter().any(|operator| assigned.between.starts_with(operator))
            && assigned.is_quoted()
        || call.is_some_and(|call| by_call(if call.is_empty() { assigned.name } else { call }))
}

/// Whether a test says what it expects there: `assert user.password == "…"`, `assertEqual(user.password, "…")`.
fn is_expected(assigned: &Assigned<'_>) -> bool {
    let line = assigned.line_before().trim_ascii_start();
    let begins = |word: &[u8]| line.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    let is_first = assigned.setting == Setting::Login
        && [&b".equals"[..], b".content", b" == ", b" === "]
            .iter()
            .any(|next| assigned.after.get(1..).is_some_and(|after| after.starts_with(next)));
    (is_first || assigned.between.starts_with(b",") || is_compared(assigned))
        && (begins(b"expect") || begins(b"t.") || has_word(line, &[b"assert"]))
}

/// What the text around says that the value is.
fn no_literal(assigned: &Assigned<'_>) -> Option<Refusal> {
    if is_translated(assigned.before) {
        return Some(("prose", "a text of a catalogue of translations"));
    }
    if is_anonymous(assigned) {
        return Some(("placeholder", "an anonymous user gives anything for a password"));
    }
    if is_working_directory(assigned) {
        return Some(("identifier", "a working directory"));
    }
    if assigned.line_before().trim_ascii_end().ends_with(b"(using") {
        return Some(("prose", "a server's refusal, which says whether there was one"));
    }
    if is_expected(assigned) {
        return Some(("published", "what a test expects"));
    }
    const DIGESTS: [&[u8]; 4] = [b"sha1 of ", b"sha256 of ", b"md5 of ", b"hash of "];
    if has_word(assigned.line_before(), &DIGESTS) || is_digest_by_comment(assigned) {
        return Some(("hash", "a digest, as the line says"));
    }
    let is_long = assigned.value.len() >= 100 && assigned.value.starts_with(b"Ag");
    if is_long && has_word(tail(assigned.before), &[b"encrypteddata:"]) {
        return Some(("reference", "ciphertext of a sealed secret"));
    }
    if is_for_clients(assigned) {
        return Some(("published", "a key for clients"));
    }
    if is_in_sentence(assigned) {
        return Some(("prose", "a word of a sentence"));
    }
    if has_word(assigned.line_before(), &["setcredentialencrypted="]) {
        return Some(("reference", "ciphertext, as systemd takes it"));
    }
    if has_word(assigned.line_before(), &["sshagent("]) {
        return Some(("reference", "the name of an object that holds it"));
    }
    if is_variable_of_psql(assigned) {
        return Some(("reference", "a variable of psql"));
    }
    if is_git_signing_key(assigned) {
        return Some(("identifier", "the id of a key"));
    }
    None
}

/// Whether a name that says little stands for a password where it stands: the community of an agent of SNMP, the key of a
/// wireless network in a note.
pub(super) fn names_password(assigned: &Assigned<'_>) -> bool {
    const KEYS: &[&str] = &["key", "schlüssel", "sleutel", "clave", "chiave", "clé", "nyckel", "klucz", "chave"];
    const NETWORKS: &[&[u8]] = &[b"ssid", b"wlan", b"wifi", b"wi-fi"];
    let name = String::from_utf8_lossy(assigned.name).to_lowercase();
    if name == "community" || name == "communities" {
        const AGENTS: [&[u8]; 4] = [b"snmp", b"v2c", b"priv_password", b"auth_protocol"];
        return has_word(tail(assigned.before), &AGENTS) || has_word(head(assigned.after), &AGENTS);
    }
    KEYS.contains(&name.as_str())
        && matches!(assigned.setting, Setting::Prose | Setting::Quoted)
        && assigned.between.ends_with(b"`")
        && has_word(assigned.line_before(), NETWORKS)
}

/// `?user=robin&pass=…`: beside a user `pass` is nothing else.
pub(super) fn is_pass_in_query(assigned: &Assigned<'_>) -> bool {
    const USERS: [&[u8]; 5] = [b"user=", b"username=", b"login=", b"usr=", b"uid="];
    let query = || assigned.line_before().rsplit(|&byte| byte == b'?').next().unwrap_or_default();
    assigned.setting == Setting::Url && assigned.name.eq_ignore_ascii_case(b"pass") && has_word(query(), &USERS)
}

/// Whether a list of bytes stands beside others that are its input or output, as in tests of ciphers.
pub(super) fn is_test_vector(assigned: &Assigned<'_>) -> bool {
    const WORDS: &[&str] = &["plaintext", "ciphertext", "expected", "vector", "rfc", "assert", "known answer"];
    // `sk_test_` begins keys of payment services.
    let is_test = |side: &[u8]| {
        let side = side.to_ascii_lowercase();
        memchr::memmem::find_iter(&side, b"_test")
            .any(|at| !(side[..at].ends_with(b"\"sk") || side[..at].ends_with(b"=sk")))
    };
    [assigned.before, assigned.after].into_iter().any(|side| has_word(side, WORDS) || is_test(side))
}

/// Bytes beside an assignment in which is looked for what it belongs to.
const BESIDE: usize = 480;

fn tail(text: &[u8]) -> &[u8] {
    &text[text.len().saturating_sub(BESIDE)..]
}

fn head(text: &[u8]) -> &[u8] {
    &text[..text.len().min(BESIDE)]
}

/// Whether the user named before a password on its line is `anonymous`.
fn is_anonymous(assigned: &Assigned<'_>) -> bool {
    let mut words = assigned.line_before().rsplit(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.next().is_some_and(|user| user.eq_ignore_ascii_case(b"anonymous"))
        && words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"login") || word.eq_ignore_ascii_case(b"user"))
}

/// `0x04…; // keccak256("role.admin")`: a constant, and what it is the hash of.
fn is_digest_by_comment(assigned: &Assigned<'_>) -> bool {
    const HASHES: [&[u8]; 6] = [b"keccak256(", b"sha3(", b"sha256(", b"sha512(", b"sha1(", b"md5("];
    let digits = assigned.value.strip_prefix(b"0x").unwrap_or(assigned.value);
    let rest = assigned.line_after();
    let comment = || memchr::memmem::find(rest, b"//").or_else(|| memchr::memchr(b'#', rest));
    digits.len() >= 32
        && digits.iter().all(u8::is_ascii_hexdigit)
        && comment().is_some_and(|comment| has_word(&rest[comment..], &HASHES))
}

/// Whether a text of gettext is open at the end of `before`: `msgid "…`, `msgstr[0] "…`, and lines of it in quotes below.
fn is_translated(before: &[u8]) -> bool {
    let mut lines = before.rsplit(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_start);
    let Some(own) = lines.next().filter(|own| own.contains(&b'"')) else { return false };
    let is_text =
        |line: &[u8]| line.starts_with(b"msgid") || line.starts_with(b"msgstr") || line.starts_with(b"msgctxt");
    is_text(own)
        || own.starts_with(b"\"") && lines.take(LINES).find(|line| !line.starts_with(b"\"")).is_some_and(is_text)
}

/// `client_key = "client-…"`, `clientKey: "live_…"`: what says itself that it is given to browsers; the key beside the name of an
/// index that a site is searched with (Algolia's).
fn is_for_clients(assigned: &Assigned<'_>) -> bool {
    let name = plain(assigned.name);
    let is_search = || {
        let hex = assigned.value.len() == 32 && assigned.value.iter().all(u8::is_ascii_hexdigit);
        hex && has_word(head(assigned.after), &[b"indexname"])
    };
    if name == b"apikey" && is_search() {
        return true;
    }
    name.ends_with(b"clientkey")
        && [&b"client-"[..], b"client_", b"live_", b"test_", b"pub"].iter().any(|head| assigned.value.starts_with(head))
}

/// `utilities to handle password: shadow, group and token files`.
fn is_in_sentence(assigned: &Assigned<'_>) -> bool {
    let words = |text: &[u8]| {
        let words = text.split(u8::is_ascii_whitespace);
        words.filter(|word| word.len() > 1 && word.iter().all(u8::is_ascii_alphabetic)).count()
    };
    let rest = assigned.line_after();
    assigned.setting == Setting::Bare
        && assigned.between == b": "
        && assigned.value.iter().all(u8::is_ascii_lowercase)
        && words(assigned.line_before()) >= 2
        && rest.starts_with(b",")
        && words(rest) >= 2
}

/// `PASSWORD :'grafana_pw'` in a statement.
fn is_variable_of_psql(assigned: &Assigned<'_>) -> bool {
    const STATEMENTS: [&[u8]; 4] = [b"role ", b"user ", b"set ", b"mapping "];
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    assigned.between.ends_with(b":'")
        && assigned.value.iter().all(is_name)
        && has_word(assigned.line_before(), &STATEMENTS)
}

/// `PWD=/srv/app`, as processes have it in their environment, and logs of sudo show.
fn is_working_directory(assigned: &Assigned<'_>) -> bool {
    matches!(assigned.name, b"PWD" | b"OLDPWD")
        && matches!(assigned.value, [b'/' | b'~', ..] | [_, b':', b'\\' | b'/', ..])
}

/// `signingkey = …` below `[user]`, `git config user.signingkey …`: the id or fingerprint of an OpenPGP key.
fn is_git_signing_key(assigned: &Assigned<'_>) -> bool {
    let value = assigned.value.strip_prefix(b"0x").unwrap_or(assigned.value);
    let value = value.strip_suffix(b"!").unwrap_or(value);
    let is_id = matches!(value.len(), 8 | 16 | 32 | 40) && value.iter().all(u8::is_ascii_hexdigit);
    if !is_id {
        return false;
    }
    let name = assigned.name.to_ascii_lowercase();
    let in_section = || {
        let section =
            assigned.before.rsplit(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).find(|line| line.starts_with(b"["));
        section.is_some_and(|section| section.starts_with(b"[user"))
    };
    name.ends_with(b"user.signingkey")
        || name == b"signingkey" && (in_section() || has_word(assigned.line_before(), &[b"git config"]))
}

/// `passwd alice`: the command, not a password.
fn is_directive(assigned: &Assigned<'_>) -> bool {
    assigned.name == b"passwd"
        && !assigned.is_quoted()
        && assigned.between.iter().all(|byte| matches!(byte, b' ' | b'\t'))
        && assigned.value.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'))
}

/// `Only pass 'kwargs' to …`: `pass` in a sentence.
fn is_verb(assigned: &Assigned<'_>) -> bool {
    let line = assigned.line_before();
    // Tcl sets it so.
    let in_sentence =
        assigned.name == b"Pass" || line.iter().any(u8::is_ascii_alphabetic) && line.trim_ascii() != b"set";
    matches!(assigned.name, b"pass" | b"Pass")
        // A key of Clojure.
        && !assigned.before.ends_with(b":")
        && assigned.between.strip_prefix(b" ").is_some_and(|rest| matches!(rest, [b'"' | b'\'' | b'`'] | b"``"))
        && in_sentence
}

/// Whether a password that SQL sets without quotes belongs to a statement that sets one.
fn is_statement(before: &[u8]) -> bool {
    let before = before[before.len().saturating_sub(160)..].to_ascii_lowercase();
    ["create", "alter", "grant", "connect to", "set "]
        .iter()
        .any(|verb| memchr::memmem::find(&before, verb.as_bytes()).is_some())
}

/// `https://host/owner/name/badge.svg?token=`: what shows a badge may see no more than that.
fn is_badge(before: &[u8]) -> bool {
    let url = before.iter().rposition(|byte| byte.is_ascii_whitespace() || matches!(byte, b'(' | b'"' | b'\'' | b'<'));
    memchr::memmem::find(&before[url.map_or(0, |start| start + 1)..], b"badge").is_some()
}

/// Whether a line ends within an ARN: `arn:aws:secretsmanager:eu-west-1:123456789012:secret:`.
fn is_in_resource_name(line: &[u8]) -> bool {
    let start =
        line.iter().rposition(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'(' | b'='));
    line[start.map_or(0, |start| start + 1)..].starts_with(b"arn:")
}

/// The key of the entry that the value has in a map which the name is given: `live` of `apiKeys: { live: "…"`.
fn inner_name(between: &[u8]) -> Option<&[u8]> {
    let open = memchr::memrchr(b'{', between)?;
    let inside = &between[open + 1..];
    let operator = inside.iter().rposition(|byte| matches!(byte, b':' | b'='))?;
    // `("robin", "…") => true`: an arm of a match.
    let is_arm = inside[..operator].trim_ascii_end().ends_with(b")");
    last_name(&inside[..operator]).filter(|_| !is_arm)
}
