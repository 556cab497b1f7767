//! The API's doorkeeper for JavaScript: started with JSON; JavaScript reports who is inside a handler.

use door::{Door, DoorOptions};

use crate::buffers::{answer_text, call};
use crate::failure::Failure;
use crate::handles::Handles;

static DOORS: Handles<Door> = Handles::new("the door");

/// Starts the doorkeeper (`door::DoorOptions` as JSON); returns its handle.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_door_start(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], options[options_len], |_| {
        let options: DoorOptions = options.json("Cannot limit the connections of the API")?;
        Ok(DOORS.insert(Door::start(options)?))
    })
}

/// Sets who is inside a handler, one `ADDRESS PORT` per line.
///
/// # Safety
/// `peers` valid for `peers_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_door_busy(
    door: u32,
    peers: *const u8,
    peers_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], peers[peers_len], |_| {
        DOORS.get(door)?.busy(peers.text()?);
        Ok(0)
    })
}

/// Declares that a client's connection becomes a stream; 1 once its limits are set, 0 if there is no such
/// connection.
///
/// # Safety
/// `peer` valid for `peer_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_door_stream(
    door: u32,
    peer: *const u8,
    peer_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], peer[peer_len], |_| {
        let door = DOORS.get(door)?;
        Ok(i32::from(door.stream(peer.text()?)))
    })
}

/// Writes the current connections and those closed so far, as JSON; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_door_status(door: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let status = DOORS.get(door)?.status();
        let json = serde_json::to_string(&status)
            .map_err(|error| Failure::invalid(format!("Cannot read the status of the door: {error}")))?;
        answer_text(out, &json)
    })
}

/// Stops it. Blocks.
#[unsafe(no_mangle)]
pub extern "C" fn legend_door_close(door: u32) {
    drop(DOORS.remove(door));
}

/// Writes how many descriptors this process has open, and the maximum, as JSON; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_descriptors(out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let json = serde_json::to_string(&door::descriptors())
            .map_err(|error| Failure::invalid(format!("Cannot count descriptors: {error}")))?;
        answer_text(out, &json)
    })
}
