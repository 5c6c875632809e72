//! What the host does for a job, and what a program without an operating system has to bring along.

use alloc::{vec, vec::Vec};

mod imports {
    #[link(wasm_import_module = "vouch")]
    extern "C" {
        pub fn input_len() -> u32;
        pub fn input_read(dst: *mut u8, offset: u32, len: u32);
        pub fn output_write(src: *const u8, len: u32);
        pub fn log(src: *const u8, len: u32);
    }
}

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The task's input.
pub fn input() -> Vec<u8> {
    // SAFETY: The host writes as many bytes as there is room for.
    unsafe {
        let mut input = vec![0; imports::input_len() as usize];
        imports::input_read(input.as_mut_ptr(), 0, input.len() as u32);
        input
    }
}

/// Appends to the task's output.
pub fn output(bytes: &[u8]) {
    // SAFETY: The host only reads.
    unsafe { imports::output_write(bytes.as_ptr(), bytes.len() as u32) }
}

/// Tells whoever tries the job out; it is no part of the result.
pub fn log(text: &str) {
    // SAFETY: The host only reads.
    unsafe { imports::log(text.as_ptr(), text.len() as u32) }
}
