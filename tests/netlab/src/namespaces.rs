//! Network namespaces of one run. The root namespace is left alone.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use nix::sched::{CloneFlags, setns};
use tun_rs::{DeviceBuilder, SyncDevice};

use crate::LabError;
use crate::command::run;
use crate::nat::Nat;

/// What every namespace of every lab is called first; the owner's process id follows.
const PREFIX: &str = "isnl-";
const NAMED: &str = "/run/netns";

/// A namespace that is removed, with the processes in it, when it is dropped.
#[derive(Debug)]
pub(crate) struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes `isnl-PID-ROLE`.
    pub(crate) fn make(role: &str) -> Result<Self, LabError> {
        let name = format!("{PREFIX}{}-{role}", std::process::id());
        run(&["ip", "netns", "add", &name], "")?;
        let namespace = Self { name };
        namespace.ip("link set lo up")?;
        Ok(namespace)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Lines for `ip -batch`.
    pub(crate) fn ip(&self, lines: &str) -> Result<(), LabError> {
        run(&["ip", "-n", &self.name, "-batch", "-"], lines)?;
        Ok(())
    }

    /// Replaces all rules of the firewall in here.
    pub(crate) fn filter(&self, nat: Nat) -> Result<(), LabError> {
        let words = ["ip", "netns", "exec", &self.name, "nft", "-f", "-"];
        run(&words, &nat.rules())?;
        Ok(())
    }

    /// Carries packets from one link to another.
    pub(crate) fn forward(&self) -> Result<(), LabError> {
        self.inside(|| fs::write("/proc/sys/net/ipv4/ip_forward", "1"))
    }

    /// The device `wan`, for the router to read and write.
    pub(crate) fn wan(&self) -> Result<SyncDevice, LabError> {
        self.inside(|| DeviceBuilder::new().name("wan").mtu(1500).build_sync())
    }

    /// Does something on a thread that is in this namespace; the others stay where they are.
    fn inside<T: Send>(&self, work: impl FnOnce() -> io::Result<T> + Send) -> Result<T, LabError> {
        let enter = || -> io::Result<T> {
            let namespace = File::open(Path::new(NAMED).join(&self.name))?;
            setns(namespace, CloneFlags::CLONE_NEWNET)?;
            work()
        };
        std::thread::scope(|scope| scope.spawn(enter).join())
            .unwrap_or_else(|_| Err(io::Error::other("the thread panicked")))
            .map_err(|source| LabError::Namespace {
                name: self.name.clone(),
                source,
            })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

/// Removes what owners left behind that were killed.
pub(crate) fn sweep() {
    let Ok(named) = fs::read_dir(NAMED) else {
        return;
    };
    for name in named.filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
        let owner = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|owner| !Path::new(&format!("/proc/{owner}")).exists()) {
            remove(&name);
        }
    }
}

/// Removes a namespace and ends what still runs in it: only a lab's programs do.
fn remove(name: &str) {
    let pids = run(&["ip", "netns", "pids", name], "").unwrap_or_default();
    for pid in pids.split_whitespace() {
        // It may have ended by itself.
        let _ = run(&["kill", "-KILL", pid], "");
    }
    // Two labs that start at once may sweep the same one.
    let _ = run(&["ip", "netns", "delete", name], "");
}
