//! The fuzz targets' bodies over the committed corpora, on the compiler that everything else is
//! built with.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]

use std::path::Path;

// Public, as it is in the fuzz targets.
#[path = "bodies.rs"]
pub mod bodies;

/// Every sample of a target does what its name says.
fn check(target: &str, body: fn(&[u8]) -> bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let (mut valid, mut damaged) = (0, 0);
    for entry in std::fs::read_dir(folder.join(target)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        if name.starts_with("valid_") {
            assert!(body(&bytes), "{target}/{name} is not understood");
            valid += 1;
        } else {
            assert!(!body(&bytes), "{target}/{name} is understood");
            damaged += 1;
        }
        // What was cut off must not do harm either.
        for end in 0..bytes.len() {
            body(&bytes[..end]);
        }
    }
    assert!(valid > 0 && damaged > 0, "{target} has both kinds");
}

#[test]
fn turn() {
    check("turn", bodies::turn);
}

#[test]
fn framing() {
    check("framing", bodies::framing);
}

#[test]
fn signaling() {
    check("signaling", bodies::signaling);
}

#[test]
fn channel() {
    check("channel", bodies::channel);
}

#[test]
fn ticket() {
    check("ticket", bodies::ticket);
}
