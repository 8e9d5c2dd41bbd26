//! The pages that the node carries.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::run::{has, root, run};

/// Installs what the lock file names, unless it is there already.
pub(crate) fn install(folder: &str) -> Outcome {
    if !has("npm") {
        return Err("Node.js 20.19 or newer with npm is needed; install it and try again".into());
    }
    let lock = root().join(folder).join("package-lock.json");
    let installed = root().join(folder).join("node_modules/.package-lock.json");
    if is_newer(&installed, &lock) {
        return Ok(());
    }
    run(folder, "npm", &["ci", "--no-fund", "--no-audit"])
}

/// Builds what pages and people load into `web/dist`.
pub(crate) fn build() -> Outcome {
    install("web")?;
    run("web", "npm", &["run", "--silent", "build"])
}

fn is_newer(this: &Path, that: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    match (modified(this), modified(that)) {
        (Some(this), Some(that)) => this >= that,
        _ => false,
    }
}
