//! `pack LAUNCHER OUT LEVEL RUNTIME_FOLDER [CLICKHOUSE_FOLDER]`: writes the executable.
//!
//! The same input gives the same bytes: files are sorted, times and owners are zero.
#![forbid(unsafe_code)]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use launcher::{MANIFEST, Part, Trailer, WINDOW_LOG, hex, sha256};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (launcher, out, level, runtime, clickhouse) = match &args[..] {
        [launcher, out, level, runtime] => (launcher, out, level, runtime, None),
        [launcher, out, level, runtime, clickhouse] => (launcher, out, level, runtime, Some(clickhouse)),
        _ => return Err("usage: pack LAUNCHER OUT LEVEL RUNTIME_FOLDER [CLICKHOUSE_FOLDER]".into()),
    };
    let level: i32 = level.to_str().ok_or("LEVEL is not a number")?.parse()?;
    let temporary = out.with_extension("new");
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&temporary)?;
    io::copy(&mut File::open(launcher)?, &mut file)?;
    let runtime = append(&mut file, runtime, level)?;
    let clickhouse = match clickhouse {
        Some(folder) => append(&mut file, folder, level)?,
        None => Part { len: 0, sha256: [0; 32], manifest: [0; 32] },
    };
    file.write_all(&Trailer { runtime, clickhouse }.encode())?;
    file.set_permissions(fs::Permissions::from_mode(0o755))?;
    file.sync_all()?;
    fs::rename(&temporary, out)?;
    Ok(())
}

fn append(file: &mut File, folder: &Path, level: i32) -> Result<Part, Box<dyn Error>> {
    let begin = file.stream_position()?;
    let mut encoder = zstd::Encoder::new(BufWriter::new(&mut *file), level)?;
    encoder.multithread(2)?;
    encoder.window_log(WINDOW_LOG)?;
    encoder.long_distance_matching(true)?;
    let mut archive = tar::Builder::new(encoder);
    let mut manifest = String::new();
    for path in files(folder)? {
        let name = path.strip_prefix(folder)?.to_path_buf();
        let mut input = File::open(&path)?;
        let meta = input.metadata()?;
        let line = format!("{} {} {}\n", hex(&sha256(&mut input)?), meta.len(), name.display());
        manifest.push_str(&line);
        input.seek(SeekFrom::Start(0))?;
        let executable = meta.permissions().mode() & 0o111 != 0;
        archive.append_data(&mut header(meta.len(), executable), &name, &mut input)?;
    }
    archive.append_data(&mut header(manifest.len() as u64, false), MANIFEST, manifest.as_bytes())?;
    archive.into_inner()?.finish()?.flush()?;
    let len = file.stream_position()? - begin;
    file.seek(SeekFrom::Start(begin))?;
    let manifest = launcher::sha256(&mut manifest.as_bytes())?;
    Ok(Part { len, sha256: sha256(file)?, manifest })
}

fn header(size: u64, executable: bool) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(if executable { 0o755 } else { 0o644 });
    header.set_mtime(0);
    header
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}
