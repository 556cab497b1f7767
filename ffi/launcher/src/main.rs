//! The front of `legend`: unpacks the runtime that is appended to it once per version, checks it at
//! every start, and becomes it with `execve`, so that pid, signals and exit code are the program's own.
//!
//! `legend __unpack clickhouse` unpacks ClickHouse's library and prints its folder.
#![forbid(unsafe_code)]

mod unpack;

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use launcher::{Part, TRAILER, Trailer};

/// The runtime's program, Deno under the product's name, which is then the process title.
const PROGRAM: &str = "legend";
/// Exit code of "not ready" (SPEC 12).
const NOT_READY: u8 = 3;

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(line) => {
            eprintln!("legend: {line}");
            ExitCode::from(NOT_READY)
        }
    }
}

fn start() -> Result<ExitCode, String> {
    let mut exe =
        File::open("/proc/self/exe").map_err(|error| format!("Cannot read /proc/self/exe: {error}"))?;
    let path = env::current_exe().unwrap_or_else(|_| PathBuf::from("legend"));
    let (trailer, runtime_at) = read_trailer(&mut exe, &path)?;
    let cache = cache_folder();
    let mut args = env::args_os().skip(1);
    if args.next().is_some_and(|verb| verb == "__unpack") {
        return unpack_clickhouse(&mut exe, &path, &cache, trailer, runtime_at, args.next());
    }
    let root = unpack::part(&mut exe, &path, &cache, trailer.runtime, runtime_at)?;
    Err(become_program(&root, &path, trailer.clickhouse.len > 0))
}

fn unpack_clickhouse(
    exe: &mut File,
    path: &Path,
    cache: &Path,
    trailer: Trailer,
    runtime_at: u64,
    what: Option<OsString>,
) -> Result<ExitCode, String> {
    if what.is_none_or(|what| what != "clickhouse") {
        return Err("Cannot unpack: need `__unpack clickhouse`".to_owned());
    }
    if trailer.clickhouse.len == 0 {
        return Err(format!(
            "Cannot unpack ClickHouse: {} was built with --slim, set CLICKHOUSE_URL or use the full build",
            path.display()
        ));
    }
    let folder = unpack::part(exe, path, cache, trailer.clickhouse, runtime_at + trailer.runtime.len)?;
    println!("{}", folder.display());
    Ok(ExitCode::SUCCESS)
}

fn read_trailer(exe: &mut File, path: &Path) -> Result<(Trailer, u64), String> {
    let damaged = || format!("Cannot start {}: the file is damaged or cut, copy it again", path.display());
    let mut bytes = [0; TRAILER];
    let read =
        exe.seek(SeekFrom::End(-(TRAILER as i64))).and_then(|at| exe.read_exact(&mut bytes).map(|()| at));
    let end = read.map_err(|_| damaged())?;
    let trailer = Trailer::decode(&bytes).ok_or_else(damaged)?;
    let packed = trailer.runtime.len.checked_add(trailer.clickhouse.len).ok_or_else(damaged)?;
    let runtime_at = end.checked_sub(packed).ok_or_else(damaged)?;
    let Part { len, .. } = trailer.runtime;
    if len == 0 { Err(damaged()) } else { Ok((trailer, runtime_at)) }
}

/// `LEGEND_CACHE_DIR`, else the user's cache folder, else one in /tmp.
fn cache_folder() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("LEGEND_CACHE_DIR")
        .or_else(|| set("XDG_CACHE_HOME").map(|base| base.join("legend")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/legend")))
        .unwrap_or_else(|| PathBuf::from(format!("/tmp/legend-{}", rustix::process::geteuid().as_raw())))
}

/// Only returns when the program cannot be started.
fn become_program(root: &Path, exe: &Path, has_clickhouse: bool) -> String {
    let program = root.join(PROGRAM);
    let flags = match fs::read_to_string(root.join("flags")) {
        Ok(flags) => flags,
        Err(error) => return format!("Cannot read {}: {error}", root.join("flags").display()),
    };
    let (root_text, exe_text) = (root.to_string_lossy(), exe.to_string_lossy());
    let flags = flags.lines().map(|flag| flag.replace("{ROOT}", &root_text).replace("{EXE}", &exe_text));
    let error: io::Error = Command::new(&program)
        .arg0(PROGRAM)
        .args(flags)
        .arg(root.join("app/main.js"))
        .args(env::args_os().skip(1))
        .env("LEGEND_EXE", exe)
        .env("LEGEND_ROOT", root)
        .env("LEGEND_PACKED", "launcher")
        .env("LEGEND_CLICKHOUSE", if has_clickhouse { "packed" } else { "" })
        .env("DENO_DIR", root.join(".deno"))
        .env("DENO_NO_UPDATE_CHECK", "1")
        .exec();
    if error.kind() == io::ErrorKind::PermissionDenied {
        return format!(
            "Cannot run {}: permission denied (a noexec mount?), set LEGEND_CACHE_DIR to another folder",
            program.display()
        );
    }
    format!("Cannot run {}: {error}", program.display())
}
