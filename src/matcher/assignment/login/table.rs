//! The calls that take a login, and where the password stands among their arguments.

use Place::{Account, AfterName, At, Before, Declared, Either, Last, Made, Pair};

/// Where the password stands among the arguments of a call, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At this place.
    At(usize),
    /// At this place, if it looks like what a machine makes.
    Made(usize),
    /// The second, or the last of four strings, behind a host and a realm.
    Account,
    /// Behind the distinguished name of a directory, wherever that stands.
    AfterName,
    /// The first, or the second of exactly two.
    Either,
    /// The second of exactly two.
    Pair,
    /// The only one, or the second of two.
    Last,
    /// Before the call: `"…".equals(password)`.
    Before,
    /// At this place behind `new` without a type, which the declaration names before: `NetworkCredential login = new("robin", "…")`.
    Declared(usize),
}

/// Words that begin the arguments of a login, and where the password is. A word is the end of a call's name and what
/// follows it; of words of which one is the end of the other the longest counts.
pub(super) const LOGINS: &[(&str, Place)] = &[
    // Databases and hosts.
    ("connect(", At(2)),
    ("oci_connect(", At(1)),
    ("oci_pconnect(", At(1)),
    ("oracle.connect(", At(1)),
    ("oracledb.connect(", At(1)),
    ("wlan.connect(", At(1)),
    ("station.connect(", At(1)),
    ("sta.connect(", At(1)),
    ("real_connect(", At(3)),
    ("getconnection(", At(2)),
    ("database.forurl(", At(2)),
    ("new mysqli(", At(2)),
    ("new pdo(", At(2)),
    ("redis.redis(", At(3)),
    ("strictredis(", At(3)),
    ("= database(", At(2)),
    ("logonuser(", At(2)),
    ("runas(", At(2)),
    ("runaswait(", At(2)),
    // Tables of ClickHouse that lie elsewhere.
    ("mysql('", At(4)),
    ("postgresql('", At(4)),
    ("mongodb('", At(4)),
    ("remote('", At(4)),
    ("s3('", Made(2)),
    (".open \"", At(2)),
    ("sp_addlogin '", At(1)),
    ("sp_password '", At(1)),
    ("sp_addlinkedsrvlogin '", At(4)),
    ("sp_addlinkedsrvlogin n'", At(4)),
    ("wifi.begin(", At(1)),
    ("wifi.softap(", At(1)),
    ("new sequelize(", At(2)),
    ("sqlconnect(", At(5)),
    ("db.open(", Pair),
    ("connection.open(", Pair),
    ("factory.createconnection(", Pair),
    ("connectionfactory(", At(1)),
    ("sqlite3_key(", At(1)),
    ("sqlite3_rekey(", At(1)),
    ("keyring.set_password(", At(2)),
    // Mail, files and shells.
    ("login(", At(1)),
    ("ftp_login(", At(2)),
    (".login '", At(1)),
    (".login \"", At(1)),
    ("imap_open(", At(2)),
    ("plainauth(", At(2)),
    ("crammd5auth(", At(1)),
    ("auth_password(", At(1)),
    ("ssh2_auth_password(", At(2)),
    ("smtp.start(", At(4)),
    ("ssh.start(", At(2)),
    ("ftp.open(", At(2)),
    ("factory.begin(", At(1)),
    ("username_pw_set(", At(1)),
    ("mosquitto_username_pw_set(", At(2)),
    ("ssh_userauth_password(", At(2)),
    ("ssh2_userauth_password(", At(2)),
    ("sshclient(", At(2)),
    ("sftpclient(", At(2)),
    ("ftpclient(", At(2)),
    ("passwordconnectioninfo(", At(2)),
    ("passwordauthenticationmethod(", At(1)),
    ("ftplib.ftp(", At(2)),
    ("ftp_tls(", At(2)),
    ("= ftp(", At(2)),
    ("newdialer(", At(3)),
    ("transport.send(", At(2)),
    ("setauthentication(", At(1)),
    ("defaultauthenticator(", At(1)),
    // Requests.
    ("basicauth(", At(1)),
    ("digestauth(", At(1)),
    ("ntlmauth(", At(1)),
    ("basic_auth(", At(1)),
    ("auth_basic(", At(1)),
    ("basic_auth '", At(1)),
    ("basic_auth \"", At(1)),
    (".basic(", At(1)),
    (".basic '", At(1)),
    (".basic \"", At(1)),
    (":basic, ", At(1)),
    ("basicauth \"", At(1)),
    ("basic-auth [\"", Pair),
    ("httpbasicauthhandler(", At(1)),
    ("setbasicauth(", At(1)),
    ("basicauthenticator(", At(1)),
    ("basicauthentication(", At(1)),
    ("add_password(", At(3)),
    (".auth(", Pair),
    (":auth(", Last),
    ("redis.auth(", Last),
    ("redis->auth(", Last),
    ("jedis.auth(", Last),
    ("auth=(", Pair),
    ("auth = (", Pair),
    ("creds = (", Pair),
    ("creds=(", Pair),
    ("credentials = (", Pair),
    ("credentials=(", Pair),
    ("login = (", Pair),
    ("login=(", Pair),
    ("auth=[", Pair),
    ("auth = [", Pair),
    ("auth: [", Pair),
    ("login: [", Pair),
    ("login = [", Pair),
    ("\"auth\": (", Pair),
    ("'auth': (", Pair),
    ("\"login\": (", Pair),
    ("'login': (", Pair),
    ("'login' => [", Pair),
    ("'auth' => [", Pair),
    ("auth => [", Pair),
    ("login => [", Pair),
    ("\"auth\" => [", Pair),
    ("\"auth\": [", Pair),
    ("'auth': [", Pair),
    ("set_authentication(", At(2)),
    ("setvapiddetails(", At(2)),
    ("unsafeplaintext(", At(0)),
    ("client(", Made(1)),
    ("client.new(", Made(1)),
    // Objects that hold a login.
    ("credential(", At(1)),
    ("credential]::new(", At(1)),
    ("credentials(", Account),
    ("creds(", At(1)),
    ("communitydata(", Either),
    ("credentials::new(", At(1)),
    ("credentials.new(", At(1)),
    ("credentialsprovider(", At(1)),
    ("clientsecretcredential(", At(2)),
    ("azurekeycredential(", Made(0)),
    ("networkcredential ", Declared(1)),
    ("clientsecretcredential ", Declared(2)),
    ("x509certificate2 ", Declared(1)),
    ("erlang:set_cookie(", At(1)),
    ("apikeycredential(", Made(0)),
    ("passwordauthentication(", At(1)),
    ("authenticationtoken(", At(1)),
    ("authenticate(", At(1)),
    ("create_user(", At(1)),
    ("createuser(", At(1)),
    ("createaccount(", At(1)),
    ("create_superuser(", At(1)),
    ("emailandpassword(", At(1)),
    ("sign_in(", Pair),
    (".signin(", Pair),
    ("passwordsigninasync(", At(1)),
    ("checkpasswordasync(", At(1)),
    ("resetpasswordasync(", At(2)),
    ("validateuser(", At(1)),
    ("newstaticv4(", At(1)),
    // The secrets of an application and of its account, behind their ids.
    ("oauthhandler(", Made(1)),
    ("oauth1userhandler(", Made(1)),
    ("oauth1(", Made(1)),
    ("oauth1session(", Made(1)),
    ("set_access_token(", Made(1)),
    ("setoauthconsumer(", Made(1)),
    ("new accesstoken(", Made(1)),
    ("gameanalytics.initialize(", Made(1)),
    // Directories.
    ("dc=", AfterName),
    ("directoryentry(", At(2)),
    ("ldap_bind(", At(2)),
    ("simple_bind(", At(1)),
    ("simple_bind_s(", At(1)),
    ("principalcontext(", At(3)),
    ("security.adduser(", At(5)),
    ("usernamepasswordcredentialsimpl(", At(4)),
    ("binddn, \"", At(0)),
    ("bind_dn, \"", At(0)),
    ("bind_dn, '", At(0)),
    ("userdn, \"", At(0)),
    ("user_dn, '", At(0)),
    // What is compared with a password.
    ("\".equals(", Before),
    ("\".equalsignorecase(", Before),
    ("\".contentequals(", Before),
    ("\" == pass", Before),
    ("' == pass", Before),
    ("\" === pass", Before),
    ("' === pass", Before),
];

#[cfg(test)]
mod tests {
    use super::LOGINS;
    use crate::matcher::assignment::login::keys::KEYS;
    use crate::signature::{Recogniser, embedded};

    #[test]
    fn keywords_of_signatures_and_this_table_agree() {
        let signatures = embedded().expect("signatures parse");
        let logins = signatures.iter().filter(|one| one.signature.recogniser == Recogniser::Login);
        let words: Vec<String> = logins.flat_map(|one| one.signature.keywords.clone()).collect();
        for (login, _) in LOGINS.iter().chain(KEYS) {
            assert!(words.iter().any(|word| login.ends_with(word.as_str())), "nothing looks for {login}");
        }
        for word in words {
            assert!(LOGINS.iter().chain(KEYS).any(|(login, _)| login.ends_with(&word)), "{word} leads nowhere");
        }
    }
}
