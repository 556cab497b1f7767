//! `gen PROTO_DIR OUT_DIR`: compiles every `.proto` with protox (no protoc needed) into prost code.

use std::error::Error;
use std::path::PathBuf;

const FILES: [&str; 3] = ["control.proto", "jobs.proto", "realtime.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let (Some(proto), Some(out)) = (args.next(), args.next()) else {
        return Err("usage: gen PROTO_DIR OUT_DIR".into());
    };
    let (proto, out) = (PathBuf::from(proto), PathBuf::from(out));
    std::fs::create_dir_all(&out)?;
    let files = FILES.map(|name| proto.join(name));
    let descriptors = protox::compile(&files, [&proto])?;
    prost_build::Config::new().out_dir(&out).compile_fds(descriptors)?;
    Ok(())
}
