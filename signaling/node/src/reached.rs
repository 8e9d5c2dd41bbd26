//! How a peer reached the node: its own address, and the one by which it found the node.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};
use isession_turn::Network;
use url::Url;

/// What is known of a connection before it says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    /// The other end, which may be a proxy. IPv4 is never mapped into IPv6 here.
    pub from: IpAddr,
    /// The port of the node's own end.
    pub port: u16,
    /// Whether it came through the node's own TLS.
    pub tls: bool,
}

/// How a peer addressed the node, and what is in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// A name or an address, as in URLs.
    pub host: Box<str>,
    pub port: u16,
    pub https: bool,
    /// Something in between speaks HTTP, and so lets nothing else through.
    pub proxied: bool,
}

/// Who sent a request: the address that limits are kept by.
pub(crate) fn sender(headers: &HeaderMap, from: IpAddr, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(*address));
    let mut sender = from;
    let mut before = forwarded_for(headers).into_iter().rev();
    // Each proxy appends whom it speaks for. Beyond the first that is not trusted, and beyond what
    // is no address, anything may have been made up.
    while is_trusted(&sender) {
        match before.next().flatten() {
            Some(address) => sender = address,
            None => break,
        }
    }
    sender
}

impl Reached {
    /// What a request tells, and what the operator said.
    pub(crate) fn of(
        headers: &HeaderMap,
        connection: Connection,
        public_url: Option<&str>,
        trusted: &[Network],
    ) -> Self {
        let trusted = trusted.iter().any(|net| net.contains(connection.from));
        let public = public_url.and_then(|url| Url::parse(url).ok());
        let told = trusted && forwarded_proto(headers).is_some_and(|proto| proto == "https");
        let https = public
            .as_ref()
            .map_or(connection.tls || told, |url| url.scheme() == "https");
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let asked = host.and_then(|host| Url::parse(&format!("http://{host}/")).ok());
        let place = public.as_ref().or(asked.as_ref());
        // `Url` takes port 80 for none at all.
        let named = host.and_then(port).filter(|_| public.is_none());
        let usual = if https { 443 } else { 80 };
        let port = named.or_else(|| place.and_then(Url::port)).unwrap_or(usual);
        // Whoever makes up such a header is told of fewer relays, and nobody else is.
        let passed_on = [header::FORWARDED, header::VIA]
            .iter()
            .any(|name| headers.contains_key(name))
            || headers.contains_key(FORWARDED_FOR);
        Self {
            host: place.and_then(Url::host_str).unwrap_or("localhost").into(),
            port,
            https,
            // What carries the node's own TLS carries anything. Plain HTTP that comes to another
            // port than it was sent to may have been within TLS before.
            proxied: trusted || passed_on || !connection.tls && (https || port != connection.port),
        }
    }
}

impl Reached {
    /// Whether a page of this origin came from this node, by the address it was asked for.
    pub(crate) fn is_own(&self, origin: &str) -> bool {
        let (scheme, usual) = if self.https {
            ("https", 443)
        } else {
            ("http", 80)
        };
        let host = &self.host;
        // As browsers write it (RFC 6454, section 6.2).
        let own = match self.port {
            port if port == usual => format!("{scheme}://{host}"),
            port => format!("{scheme}://{host}:{port}"),
        };
        own.eq_ignore_ascii_case(origin)
    }
}

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Whom the proxies say that they speak for, the nearest last; `None` for what is no address.
/// `X-Forwarded-For` where it is, `Forwarded` (RFC 7239) otherwise.
fn forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    if headers.contains_key(FORWARDED_FOR) {
        return elements(headers, FORWARDED_FOR).map(address).collect();
    }
    elements(headers, header::FORWARDED.as_str())
        .map(|element| parameter(element, "for").and_then(address))
        .collect()
}

/// By which scheme the nearest proxy was asked.
fn forwarded_proto(headers: &HeaderMap) -> Option<String> {
    let proto = elements(headers, FORWARDED_PROTO).last().or_else(|| {
        let last = elements(headers, header::FORWARDED.as_str()).last()?;
        parameter(last, "proto")
    })?;
    Some(proto.to_ascii_lowercase())
}

/// The elements of a list that may be spread over several lines.
fn elements<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.to_str().unwrap_or_default().split(','))
        .map(str::trim)
}

/// The value of `name=value` among those between semicolons.
fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let is_it = key.trim().eq_ignore_ascii_case(name);
        is_it.then(|| value.trim().trim_matches('"'))
    })
}

/// An address, perhaps with a port and in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address: IpAddr = bare.parse().ok().or_else(with_port)?;
    Some(address.to_canonical())
}

fn port(host: &str) -> Option<u16> {
    let (name, port) = host.rsplit_once(':')?;
    // The last group of an IPv6 address is no port.
    let is_port = !name.contains(':') || name.ends_with(']');
    is_port.then(|| port.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&str, &str)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        };
        let mut headers = HeaderMap::new();
        for (name, value) in lines.iter().map(line) {
            headers.append(name, value);
        }
        headers
    }

    fn trusted() -> Vec<Network> {
        ["10.0.0.0/8", "2001:db8:1::/48"]
            .map(|net| net.parse().unwrap())
            .to_vec()
    }

    #[test]
    fn the_sender_is_the_nearest_that_is_not_trusted() {
        let xff = "x-forwarded-for";
        for (from, lines, sender) in [
            // Nobody else is believed.
            ("9.9.9.9", &[(xff, "1.1.1.1")][..], "9.9.9.9"),
            ("9.9.9.9", &[("forwarded", "for=1.1.1.1")], "9.9.9.9"),
            // One proxy, and what it passed on unseen.
            ("10.0.0.1", &[(xff, "1.1.1.1")], "1.1.1.1"),
            ("10.0.0.1", &[(xff, "6.6.6.6, 1.1.1.1")], "1.1.1.1"),
            ("10.0.0.1", &[(xff, "6.6.6.6"), (xff, "1.1.1.1")], "1.1.1.1"),
            // Proxies in a row, and a sender among them.
            (
                "10.0.0.1",
                &[(xff, "6.6.6.6, 1.1.1.1, 10.0.0.2")],
                "1.1.1.1",
            ),
            ("10.0.0.1", &[(xff, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            // Nothing, or nothing that is an address.
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &[(xff, "")], "10.0.0.1"),
            ("10.0.0.1", &[(xff, "1.1.1.1, unknown")], "10.0.0.1"),
            (
                "10.0.0.1",
                &[(xff, "1.1.1.1, _hidden, 10.0.0.2")],
                "10.0.0.2",
            ),
            // Other spellings.
            ("10.0.0.1", &[(xff, "1.1.1.1:4711")], "1.1.1.1"),
            ("10.0.0.1", &[(xff, "[2001:db8::7]:4711")], "2001:db8::7"),
            ("10.0.0.1", &[(xff, "::ffff:1.1.1.1")], "1.1.1.1"),
            ("2001:db8:1::9", &[(xff, "2001:db8::7")], "2001:db8::7"),
            ("10.0.0.1", &[("forwarded", "for=1.1.1.1")], "1.1.1.1"),
            (
                "10.0.0.1",
                &[(
                    "forwarded",
                    "For=6.6.6.6, proto=https;for=\"[2001:db8::7]:47\"",
                )],
                "2001:db8::7",
            ),
            // The one that proxies set most is the one that counts.
            (
                "10.0.0.1",
                &[("forwarded", "for=6.6.6.6"), (xff, "1.1.1.1")],
                "1.1.1.1",
            ),
        ] {
            let headers = headers(lines);
            let found = super::sender(&headers, from.parse().unwrap(), &trusted());
            assert_eq!(found.to_string(), sender, "{from} {lines:?}");
        }
    }

    fn reached(from: &str, tls: bool, url: Option<&str>, lines: &[(&str, &str)]) -> Reached {
        let connection = Connection {
            from: from.parse().unwrap(),
            port: 8080,
            tls,
        };
        Reached::of(&headers(lines), connection, url, &trusted())
    }

    #[test]
    fn the_node_is_found_where_it_was_asked_unless_the_operator_says_where() {
        for (host, tls, name, port) in [
            ("help.example", false, "help.example", 80),
            ("help.example", true, "help.example", 443),
            ("help.example:80", true, "help.example", 80),
            ("help.example:8443", true, "help.example", 8443),
            ("[2001:db8::1]", false, "[2001:db8::1]", 80),
            ("[2001:db8::1]:8080", false, "[2001:db8::1]", 8080),
            ("not a host", false, "localhost", 80),
        ] {
            let found = reached("9.9.9.9", tls, None, &[("host", host)]);
            assert_eq!((&*found.host, found.port), (name, port), "{host}");
            assert_eq!(found.https, tls, "{host}");
        }
        let found = reached(
            "9.9.9.9",
            true,
            Some("https://help.example"),
            &[("host", "10.0.0.1:8443")],
        );
        assert_eq!((&*found.host, found.port), ("help.example", 443));
    }

    #[test]
    fn what_speaks_http_in_between_is_noticed() {
        let url = Some("https://help.example");
        assert!(!reached("9.9.9.9", true, url, &[]).proxied);
        // TLS ends before the node, or begins anew behind a proxy.
        assert!(reached("9.9.9.9", false, url, &[]).proxied);
        assert!(reached("10.0.0.1", true, url, &[]).proxied);
        assert!(reached("9.9.9.9", true, url, &[("via", "1.1 proxy")]).proxied);
        let here = ("host", "help.example:8080");
        assert!(!reached("9.9.9.9", false, None, &[here]).proxied);
        let forwarded = [here, ("x-forwarded-for", "1.1.1.1")];
        assert!(reached("9.9.9.9", false, None, &forwarded).proxied);
        let elsewhere = ("host", "help.example:8443");
        assert!(reached("9.9.9.9", false, None, &[elsewhere]).proxied);
        // Ports may be mapped to others.
        assert!(!reached("9.9.9.9", true, None, &[elsewhere]).proxied);
    }

    #[test]
    fn only_the_nodes_own_pages_are_its_own() {
        let port = ("host", "help.example:8443");
        let found = reached("9.9.9.9", true, None, &[port]);
        assert!(found.is_own("https://help.example:8443"));
        for foreign in [
            "http://help.example:8443",
            "https://help.example",
            "https://evil.example:8443",
            "null",
            "",
        ] {
            assert!(!found.is_own(foreign), "{foreign}");
        }
        // Proxies that rewrite the host are why the operator says it.
        let rewritten = [("host", "127.0.0.1:8080")];
        let found = reached("10.0.0.1", false, Some("https://help.example"), &rewritten);
        assert!(found.is_own("https://help.example"));
        assert!(!found.is_own("http://127.0.0.1:8080"));
        let found = reached("9.9.9.9", false, None, &[("host", "[2001:db8::1]:80")]);
        assert!(found.is_own("http://[2001:db8::1]"));
    }

    #[test]
    fn only_a_trusted_proxy_says_that_it_was_asked_by_https() {
        for (name, value) in [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-proto", "http, HTTPS"),
            ("forwarded", "for=1.1.1.1;proto=https"),
        ] {
            let lines = &[(name, value)][..];
            assert!(reached("10.0.0.1", false, None, lines).https, "{value}");
            assert!(!reached("9.9.9.9", false, None, lines).https, "{value}");
        }
        let plain = &[("x-forwarded-proto", "https, http")][..];
        assert!(!reached("10.0.0.1", false, None, plain).https);
    }
}
