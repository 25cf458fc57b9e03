//! AWS-LC beside the RustCrypto crates.
