//! What a candidate of a relay tells beside the relay's address.

/// The text with no related addresses: by them whoever may learn of relays only would learn where
/// this machine is. Browsers write the same in their place.
pub(crate) fn without_related(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut before = "";
    for part in text.split_inclusive([' ', '\n']) {
        let word = part.trim_end();
        told.push_str(match before {
            "raddr" => "0.0.0.0",
            "rport" => "0",
            _ => word,
        });
        told.push_str(&part[word.len()..]);
        before = word;
    }
    told
}

#[cfg(test)]
mod tests {
    use super::without_related;

    #[test]
    fn related_addresses_go_and_all_else_stays() {
        let sdp = "c=IN IP4 0.0.0.0\r\na=candidate:1 1 udp 2 198.51.100.7 49152 typ relay \
                   raddr 192.168.0.7 rport 50000\r\na=candidate:2 1 udp 1 198.51.100.7 49153 typ \
                   relay raddr fd00::7 rport 50001 generation 0\r\na=end-of-candidates\r\n";
        let told = "c=IN IP4 0.0.0.0\r\na=candidate:1 1 udp 2 198.51.100.7 49152 typ relay \
                    raddr 0.0.0.0 rport 0\r\na=candidate:2 1 udp 1 198.51.100.7 49153 typ \
                    relay raddr 0.0.0.0 rport 0 generation 0\r\na=end-of-candidates\r\n";
        assert_eq!(without_related(sdp), told);
        let line = "candidate:3 1 udp 1 203.0.113.4 9 typ host";
        assert_eq!(without_related(line), line);
        assert_eq!(without_related(""), "");
    }
}
