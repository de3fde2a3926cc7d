//! Lets the programs find libtss2 where it is not in a system folder.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "device")]
    add_run_path();
}

/// Writes libtss2's folder into the programs, so that they start without `LD_LIBRARY_PATH`.
///
/// A system folder needs no entry, and `pkg-config` names none for it. The transports, which
/// libtss2 loads by name, are found through its own run path.
#[cfg(feature = "device")]
fn add_run_path() {
    let library = pkg_config::Config::new()
        .cargo_metadata(false)
        .probe("tss2-esys")
        .expect("tss-esapi-sys, which is built before this package, has found it");
    for folder in library.link_paths {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
}
