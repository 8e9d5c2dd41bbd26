//! The shell around the network: reads packets from TUN devices and writes them when they are due.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use tun_rs::SyncDevice;

use crate::network::{Leg, Network};

/// How long the thread may not notice that it shall end.
const LOOK: Duration = Duration::from_millis(50);
/// Longer than any packet on a TUN device without offloading.
const PACKET: usize = 2048;

/// A thread that carries packets between the legs until it is dropped.
#[derive(Debug)]
pub(crate) struct Router {
    network: Arc<Mutex<Network>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Router {
    /// `devices` are in the order of `Leg::ALL`.
    pub(crate) fn start(network: Network, devices: [SyncDevice; 3]) -> io::Result<Self> {
        for device in &devices {
            device.set_nonblocking(true)?;
        }
        let network = Arc::new(Mutex::new(network));
        let over = Arc::new(AtomicBool::new(false));
        let thread = {
            let (network, over) = (Arc::clone(&network), Arc::clone(&over));
            std::thread::Builder::new()
                .name("router".to_owned())
                .spawn(move || carry(&network, &devices, &over))?
        };
        Ok(Self {
            network,
            over,
            thread: Some(thread),
        })
    }

    /// The network, between two packets. What is held already leaves when it was to leave, so
    /// the thread need not know of a change.
    pub(crate) fn network(&self) -> MutexGuard<'_, Network> {
        lock(&self.network)
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn carry(network: &Mutex<Network>, devices: &[SyncDevice; 3], over: &AtomicBool) {
    let start = Instant::now();
    let mut buffer = [0; PACKET];
    while !over.load(Ordering::Relaxed) {
        let deadline = lock(network).next_deadline();
        wait(deadline, start, devices);
        let mut network = lock(network);
        for (leg, device) in Leg::ALL.into_iter().zip(devices) {
            while let Ok(length) = device.recv(&mut buffer) {
                network.accept(start.elapsed(), leg, buffer[..length].to_vec());
            }
        }
        while let Some((leg, packet)) = network.release(start.elapsed()) {
            // A device whose network goes away takes nothing: the packet is lost, as on a wire.
            let _ = devices[leg as usize].send(&packet);
        }
    }
}

/// Until there is a packet to read, or one to write.
fn wait(deadline: Option<Duration>, start: Instant, devices: &[SyncDevice; 3]) {
    let rest = deadline.map_or(LOOK, |due| due.saturating_sub(start.elapsed()).min(LOOK));
    let [a, b, c] = devices;
    let mut fds = [a, b, c].map(|device| PollFd::new(device.as_fd(), PollFlags::POLLIN));
    // An interruption only means to look earlier.
    let _ = ppoll(&mut fds, Some(TimeSpec::from_duration(rest)), None);
}

fn lock(network: &Mutex<Network>) -> MutexGuard<'_, Network> {
    network.lock().unwrap_or_else(PoisonError::into_inner)
}
