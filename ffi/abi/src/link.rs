//! The link to Kafka for JavaScript: started with JSON; its counters are read on a timer.

use kafka::{Link, LinkOptions};

use crate::buffers::{answer_text, call};
use crate::failure::Failure;
use crate::handles::Handles;

static LINKS: Handles<Link> = Handles::new("the link");

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
    call!(out[out_len], options[options_len], |_| {
        let options: LinkOptions = options.json("Cannot start the link")?;
        Ok(LINKS.insert(Link::start(options).map_err(Failure::io)?))
    })
}

/// Writes the counters as JSON; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_link_status(link: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let link = LINKS.get(link)?;
        answer_text(out, &link.status())
    })
}

/// Stops a link and waits for it. Blocks.
/// On a thread of its own.
#[unsafe(no_mangle)]
pub extern "C" fn legend_link_close(link: u32) {
    drop(LINKS.remove(link));
}
