use anyhow::Context as _;

/// A seed from the system's randomness.
pub(crate) fn random() -> anyhow::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).context("the system gives no randomness")?;
    Ok(seed)
}
