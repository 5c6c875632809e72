//! What a job is written with: it reads its input, computes, and writes its output.
//!
//! ```ignore
//! #![cfg_attr(target_family = "wasm", no_std)]
//!
//! #[cfg(target_family = "wasm")]
//! vouch_job::run!(|input: &[u8]| input.iter().rev().copied().collect::<alloc::vec::Vec<u8>>());
//! ```
//!
//! Compile it with `crate-type = ["cdylib"]` for target `wasm32v1-none`; `scripts/jobs` shows how.
#![no_std]

extern crate alloc;

#[cfg(target_family = "wasm")]
mod host;
#[cfg(target_family = "wasm")]
pub use host::{input, log, output};

/// Exports a function from the input to the output, either as bytes, as the job.
///
/// A job that panics has trapped: that too is a result.
#[macro_export]
macro_rules! run {
    ($job:expr) => {
        /// Entry point of the job.
        #[no_mangle]
        pub extern "C" fn run() {
            let output = ($job)(&$crate::input());
            $crate::output(&output);
        }
    };
}

/// A number that inputs and outputs are made of, little-endian.
pub trait Number: Sized {
    /// Takes it from the front; `None` if there are too few bytes.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
}

macro_rules! number {
    ($($ty:ty),*) => {$(
        impl Number for $ty {
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                let (number, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(Self::from_le_bytes(*number))
            }
        }
    )*};
}
number!(u8, u16, u32, u64, i8, i16, i32, i64, f32, f64);

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn numbers_are_taken_from_the_front() {
        let mut bytes = &[1, 0, 2, 0, 0, 0, 3][..];
        assert_eq!(u16::take(&mut bytes), Some(1));
        assert_eq!(u32::take(&mut bytes), Some(2));
        assert_eq!(u16::take(&mut bytes), None);
        assert_eq!(u8::take(&mut bytes), Some(3));
        assert_eq!(u8::take(&mut bytes), None);
    }
}
