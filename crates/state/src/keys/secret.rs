/// Defines a newtype for 32 secret bytes: wiped when dropped, never printed, compared in constant time.
///
/// A secret that is kept is in a box, so that no copy stays where a value that holds it is moved. One that lives as long as the
/// call that uses it is not: packets allocate nothing.
macro_rules! secret_bytes {
    ($(#[$doc:meta])* $name:ident in $place:ty) => {
        $(#[$doc])*
        #[derive(zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
        pub struct $name($place);

        impl $name {
            /// Has a closure write the secret bytes where they stay.
            pub(crate) fn fill_with(fill: impl FnOnce(&mut [u8; 32])) -> Self {
                let mut secret = Self(<$place>::from([0; 32]));
                fill(&mut secret.0);
                secret
            }

            /// Copies the secret bytes; the original is its owner's to wipe.
            pub fn from_bytes(bytes: &[u8; 32]) -> Self {
                Self::fill_with(|secret| secret.copy_from_slice(bytes))
            }

            /// The secret bytes; copies of them are the caller's to wipe.
            pub fn dangerous_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                // The time of a comparison must not say how long a prefix agrees.
                subtle::ConstantTimeEq::ct_eq(self.0.as_slice(), other.0.as_slice()).into()
            }
        }

        impl Eq for $name {}

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}
pub(super) use secret_bytes;

secret_bytes! {
    /// The key of an epoch, with which the packets of that epoch are addressed to the members.
    EpochKey in Box<[u8; 32]>
}

secret_bytes! {
    /// The key that a shared key carries; an [`EpochKey`] is made of it for each block.
    RawKey in Box<[u8; 32]>
}

secret_bytes! {
    /// The secret under which one payload is encrypted; it travels encrypted in headers.
    OneTimeSecret in [u8; 32]
}

secret_bytes! {
    /// The nonce that a commit hides until all members have committed.
    #[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
    Nonce in Box<[u8; 32]>
}

/// Defines drawing for secrets that are not derived from others.
macro_rules! drawn {
    ($($name:ident)*) => {
        $(impl $name {
            /// Draws a new secret.
            pub fn random(rng: &mut (impl rand_core::CryptoRng + ?Sized)) -> Self {
                Self::fill_with(|secret| rng.fill_bytes(secret))
            }
        })*
    };
}

drawn!(RawKey OneTimeSecret Nonce);
