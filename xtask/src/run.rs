//! Running other programs.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::Outcome;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_owned)
}

/// A command that runs in a folder of the repository.
pub(crate) fn command(folder: &str, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root().join(folder));
    command
}

/// Runs it to its end; anything but success is an error that names it.
pub(crate) fn run(folder: &str, program: &str, arguments: &[&str]) -> Outcome {
    finish(&mut command(folder, program, arguments))
}

/// Runs a prepared command to its end.
pub(crate) fn finish(command: &mut Command) -> Outcome {
    let line = describe(command);
    say(&format!("$ {line}"));
    let status = command
        .status()
        .map_err(|error| format!("{line}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{line}: {status}"))
    }
}

/// Runs it and gives back what it wrote to standard output.
pub(crate) fn output(folder: &str, program: &str, arguments: &[&str]) -> Result<String, String> {
    let mut command = command(folder, program, arguments);
    let line = describe(&command);
    let output = command
        .output()
        .map_err(|error| format!("{line}: {error}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{line}: {}\n{errors}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{line}: wrote no text"))
}

/// Whether a program is on the path.
pub(crate) fn has(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|paths| {
        std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
    })
}

/// A running program that ends with its handle.
pub(crate) struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
