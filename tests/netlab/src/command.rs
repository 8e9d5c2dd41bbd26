//! Running `ip` and `nft`.

use std::io::{self, Write};
use std::process::{Command, Output, Stdio};

/// A program did not do what the lab needs.
#[derive(Debug, thiserror::Error)]
#[error("{line}: {problem}")]
pub struct CommandError {
    line: String,
    problem: String,
}

/// Runs it to its end with this input, and gives back what it wrote.
pub(crate) fn run(words: &[&str], input: &str) -> Result<String, CommandError> {
    let failed = |problem: String| CommandError {
        line: words.join(" "),
        problem,
    };
    let output = finish(words, input).map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(failed(format!("{}, {}", output.status, errors.trim_end())))
    }
}

fn finish(words: &[&str], input: &str) -> io::Result<Output> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    child.wait_with_output()
}
