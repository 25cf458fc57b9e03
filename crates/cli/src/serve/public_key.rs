//! The public key of a server, for clients that log in.

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use super::args::Args;
use super::server::keys;

/// Prints the key in PEM; what follows it are comments, so that the output is a file that clients can load.
pub(super) fn run(args: &Args, mut out: impl Write) -> anyhow::Result<ExitCode> {
    let key = keys(&args.keys)?.public_key()?;
    let (fingerprint, modulus) = (key.fingerprint, hex::encode(&key.modulus));
    if args.json {
        let object = json!({
            "event": "public_key",
            "pem": key.pem,
            "fingerprint": fingerprint.to_string(),
            "modulus": modulus,
            "exponent": 65537,
        });
        writeln!(out, "{object}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let (pem, address) = (key.pem.trim_end(), args.listen);
    let (ip, port) = (address.ip(), address.port());
    writeln!(out, "{pem}")?;
    writeln!(
        out,
        "# The fingerprint is {fingerprint}. A client of Telethon, with this output in server.pem:"
    )?;
    writeln!(
        out,
        "#   telethon.crypto.rsa.add_key(open('server.pem', 'rb').read(), old=False)"
    )?;
    writeln!(out, "#   client.session.set_dc(1, '{ip}', {port})")?;
    writeln!(out, "# A client of Pyrogram or a fork:")?;
    writeln!(
        out,
        "#   pyrogram.crypto.rsa.server_public_keys[{fingerprint}] = pyrogram.crypto.rsa.PublicKey(0x{modulus}, 65537)"
    )?;
    writeln!(
        out,
        "# A client of mtcute, with the key alone as pem, from BEGIN to END, and a NodeCryptoProvider that is initialised:"
    )?;
    writeln!(
        out,
        "#   addPublicKey(crypto, pem), of @mtcute/node/utils.js"
    )?;
    writeln!(
        out,
        "#   const main = {{ id: 1, ipAddress: '{ip}', port: {port}, testMode: true }}, defaultDcs = {{ main, media: main }}"
    )?;
    Ok(ExitCode::SUCCESS)
}
