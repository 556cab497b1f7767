//! The launcher of `legend`: unpacks the runtime that is appended to it once per version, checks it at
//! every start, and replaces itself with it by `execve`, so that pid, signals and exit code are the program's own.
//!
//! `legend __unpack clickhouse` unpacks ClickHouse's library and prints its folder.
#![forbid(unsafe_code)]

mod error;
mod trust;
mod unpack;

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use error::{Error, Result};
use launcher::{Part, TRAILER, Trailer};

/// The runtime's program, Deno under the product's name, which is then the process title.
const PROGRAM: &str = "legend";
/// Exit code of "not ready".
const NOT_READY: u8 = 3;

/// How to kill the agents when this program cannot start.
const KILL_ANYWAY: &str = ". Nothing was killed. To kill: LEGEND_CACHE_DIR=/dev/shm/legend legend kill, or \
     pkill -USR2 -f 'main.js run agent', which kills every agent of this host";

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(line) => {
            let is_kill = env::args_os().skip(1).any(|word| word == "kill");
            eprintln!("legend: {line}{}", if is_kill { KILL_ANYWAY } else { "" });
            ExitCode::from(NOT_READY)
        }
    }
}

fn start() -> Result<ExitCode> {
    // Only this user may use what this process and its children create, and no child gets more rights than it has.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    rustix::thread::set_no_new_privs(true).map_err(Error::Process)?;
    end_with_parent()?;
    let mut exe = File::open("/proc/self/exe").map_err(Error::OwnFile)?;
    let path = env::current_exe().unwrap_or_else(|_| PathBuf::from("legend"));
    let (trailer, runtime_at) = read_trailer(&mut exe, &path)?;
    let cache = cache_folder()?;
    let mut args = env::args_os().skip(1);
    if args.next().is_some_and(|verb| verb == "__unpack") {
        return unpack_clickhouse(&mut exe, &path, &cache, trailer, runtime_at, args.next());
    }
    let root = unpack::unpack_part(&mut exe, &path, &cache, trailer.runtime, runtime_at)?;
    Err(become_program(&root, &path, trailer.clickhouse.len > 0))
}

fn unpack_clickhouse(
    exe: &mut File,
    path: &Path,
    cache: &Path,
    trailer: Trailer,
    runtime_at: u64,
    what: Option<OsString>,
) -> Result<ExitCode> {
    if what.is_none_or(|what| what != "clickhouse") {
        return Err(Error::UnpackWhat);
    }
    if trailer.clickhouse.len == 0 {
        return Err(Error::Slim { exe: path.to_owned() });
    }
    let folder = unpack::unpack_part(exe, path, cache, trailer.clickhouse, runtime_at + trailer.runtime.len)?;
    println!("{}", folder.display());
    Ok(ExitCode::SUCCESS)
}

fn read_trailer(exe: &mut File, path: &Path) -> Result<(Trailer, u64)> {
    let damaged = || Error::Cut { exe: path.to_owned() };
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

/// A part of `legend run` ends with it, from the start of the part on: the signal is kept over `execve`.
fn end_with_parent() -> Result<()> {
    let Some(parent) = env::var("LEGEND_PARENT").ok().and_then(|text| text.parse::<i32>().ok()) else {
        return Ok(());
    };
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
        .map_err(Error::Process)?;
    // The parent may have ended before the signal was requested.
    if rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()) == Some(parent) {
        return Ok(());
    }
    Err(Error::ParentEnded)
}

/// `LEGEND_CACHE_DIR`, else the user's cache folder. A folder that everyone may write to is never used.
fn cache_folder() -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("LEGEND_CACHE_DIR")
        .or_else(|| set("XDG_CACHE_HOME").map(|base| base.join("legend")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/legend")))
        .ok_or(Error::NoCacheFolder)
}

/// Only returns when the program cannot be started.
fn become_program(root: &Path, exe: &Path, has_clickhouse: bool) -> Error {
    let program = root.join(PROGRAM);
    let path = root.join("flags");
    let flags = match fs::read_to_string(&path) {
        Ok(flags) => flags,
        Err(source) => return Error::Read { path, source },
    };
    let (root_text, exe_text) = (root.to_string_lossy(), exe.to_string_lossy());
    let flags = flags.lines().map(|flag| flag.replace("{ROOT}", &root_text).replace("{EXE}", &exe_text));
    // Libraries for other programs (CUDA, an allocator) must not replace or precede ours.
    let foreign =
        env::vars_os().map(|(name, _)| name).filter(|name| name.as_encoded_bytes().starts_with(b"LD_"));
    let mut command = Command::new(&program);
    for name in foreign {
        command.env_remove(name);
    }
    let source: io::Error = command
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
    if source.kind() == io::ErrorKind::PermissionDenied {
        return Error::Denied { program };
    }
    Error::Run { program, source }
}
