//! The link to Kafka for JavaScript: started with JSON; its counters are read on a timer.

use kafka::{Link, LinkOptions};

use crate::handles::Handles;
use crate::{Failure, Status, answer_text, bad_handle, guard, text};

static LINKS: Handles<Link> = Handles::new();

/// Starts the link (`kafka::LinkOptions` as JSON); returns its handle.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_link_start(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let options: LinkOptions = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| Failure(Status::Invalid, format!("Cannot start the link: {error}")))?;
            Ok(LINKS.insert(Link::start(options).map_err(Failure::io)?))
        })
    }
}

/// Writes the counters as JSON; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_link_status(link: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let link = LINKS.get(link).ok_or_else(|| bad_handle("the link"))?;
            answer_text(out, &link.status())
        })
    }
}

/// Stops a link and waits for it. Blocks.
/// On a thread of its own.
#[unsafe(no_mangle)]
pub extern "C" fn legend_link_close(link: u32) {
    drop(LINKS.remove(link));
}
