//! The text of each error, which must not change, and its source.

use std::error::Error;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use model::ModelError;
use serde_json::Value;

use super::error::{
    InstallError, ProbeError, ProgramError, RegistryError, SelectionError, SharedObjectError, SignatureError,
    SmallFileError, Unusable,
};

fn full() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOSPC)
}

fn path() -> PathBuf {
    PathBuf::from("/data/file")
}

fn no_json() -> serde_json::Error {
    serde_json::from_str::<Value>("").expect_err("is empty")
}

const FULL: &str = "No space left on device (os error 28)";
const FREE: &str = "the disk is full, free some space";

#[test]
fn the_reason_why_a_model_is_unusable_follows_its_name() {
    let features = Unusable::OtherFeatures { has: 0xab, count: 11, need: u64::MAX };
    for (error, expected) in [
        (
            Unusable::NoManifest(SmallFileError::Unread(full())),
            format!("it has no manifest ({FULL})").as_str(),
        ),
        (Unusable::NoManifest(SmallFileError::TooLong(7)), "it has no manifest (7 bytes)"),
        (Unusable::NotSigned(SmallFileError::Unread(full())), "it is not signed"),
        (SignatureError::NoSignature.into(), "its signature is malformed"),
        (SignatureError::KeyNotTrusted("x".to_owned()).into(), "its key x is not trusted here"),
        (SignatureError::Altered.into(), "its signature does not match: it was altered"),
        (
            Unusable::NoJson(no_json()),
            "its manifest is not JSON: EOF while parsing a value at line 1 column 0",
        ),
        (Unusable::OtherModule("mev".into()), "it is a model of \"mev\""),
        (Unusable::OtherModule(Value::Null), "it is a model of null"),
        (Unusable::NoFile(full()), "its file is missing"),
        (Unusable::TooLong(536_870_913), "it is 536870913 bytes long, need at most 536870912"),
        (Unusable::Unread(full()), &format!("its file cannot be read: {FULL}")),
        (Unusable::OtherBytes, "its bytes differ from those that were signed"),
        (ModelError::CutOff.into(), "it is cut off"),
        (Unusable::TooManyFeatures { count: 12, known: 11 }, "it reads 12 features, the agent has 11"),
        (features, "its features are 00000000000000ab, the agent's first 11 are ffffffffffffffff"),
        (
            Unusable::ForeignNotAllowed,
            "it has code of its own, which would have all rights of the agent: set models.foreign = true to allow that",
        ),
        (Unusable::NotCopied(full()), &format!("it cannot be copied: {FULL}")),
        (
            Unusable::NoMark(full()),
            &format!("the file that would record its crash cannot be written: {FREE}"),
        ),
        (SharedObjectError::Refused(libloading::Error::DlOpenUnknown).into(), "the loader refuses it"),
        (SharedObjectError::NoPredict.into(), "it has no symbol treelite_predict"),
        (SharedObjectError::OtherFile.into(), "the loader returned another file, which was loaded before"),
        (
            Unusable::Crashed(path()),
            "it crashed this agent or did not answer; to try it again, remove its entry from /data/file",
        ),
    ] {
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_trials_result_is_its_text() {
    let wait = Duration::from_secs(2);
    let not_there = ProgramError::NotThere { path: path(), own: "/data/own".into() };
    for (error, expected) in [
        (ProbeError::System(full()), format!("it cannot be probed: {FULL}").as_str()),
        (
            ProgramError::OwnFile.into(),
            "it cannot be probed: the path of the executable is not known (/proc/self/maps)",
        ),
        (
            not_there.into(),
            "it cannot be probed: /data/file is missing, it belongs beside /data/own: build or copy legend again",
        ),
        (
            ProgramError::File { path: path(), source: full() }.into(),
            &format!("it cannot be probed: /data/file cannot be used: {FULL}"),
        ),
        (
            ProgramError::NotTrusted(path()).into(),
            "it cannot be probed: /data/file cannot be used: it must be a file of this user that no other user may write",
        ),
        (
            ProbeError::NotBegun(ExitStatus::from_raw(1 << 8)),
            "it cannot be probed: legend-probe ended before it began (exit status: 1)",
        ),
        (ProbeError::NotStarted(wait), "it cannot be probed: legend-probe did not start within 2000 ms"),
        (ProbeError::NoAnswer(wait), "it did not answer within 2000 ms in a child process"),
        (ProbeError::Crashed(11), "it crashed in a child process (signal 11)"),
        (ProbeError::Ended, "it ended its process instead of answering"),
        (ProbeError::Answered("x".to_owned()), "x"),
    ] {
        assert_eq!(error.to_string(), expected);
        assert_eq!(Unusable::from(error).to_string(), expected);
    }
}

#[test]
fn an_error_of_the_registry_names_the_action_and_one_of_a_slot_its_content() {
    let take = |source| RegistryError::Install { version: "0123456789ab".to_owned(), module: "mev", source };
    let (version, module) = ("0123456789ab".to_owned(), "mev");
    for (error, expected) in [
        (
            RegistryError::Register { folder: path(), source: full() },
            format!("Cannot register a model in /data/file: {FREE}").as_str(),
        ),
        (
            take(InstallError::LongManifest(7)),
            "Cannot accept model 0123456789ab of mev: its manifest has 7 bytes",
        ),
        (
            take(Unusable::from(SignatureError::Altered).into()),
            "Cannot accept model 0123456789ab of mev: its signature does not match: it was altered",
        ),
        (
            take(InstallError::OtherBytes),
            "Cannot accept model 0123456789ab of mev: its bytes differ from its manifest",
        ),
        (
            take(InstallError::NoVersion),
            "Cannot accept model 0123456789ab of mev: a version is 12 hex digits",
        ),
        (
            RegistryError::Select { verb: "pin", folder: path(), source: full() },
            &format!("Cannot pin in /data/file: {FREE}"),
        ),
        (
            RegistryError::NoVersion { verb: "deploy", version, module },
            "Cannot deploy 0123456789ab: mev has no such version, see `legend model list`",
        ),
    ] {
        assert_eq!(error.to_string(), expected);
    }
    for (error, expected) in [
        (SelectionError::Pin, "the pin names no version"),
        (SelectionError::NoSymlink { path: path(), source: full() }, "/data/file is not a symlink"),
        (
            SelectionError::NoVersion { path: path(), target: "../x".into() },
            "/data/file points to ../x, which is not a version of this folder",
        ),
    ] {
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn the_systems_error_is_the_source_of_ours() {
    let errors: [Box<dyn Error>; 5] = [
        Box::new(Unusable::NoFile(full())),
        Box::new(Unusable::from(ProbeError::System(full()))),
        Box::new(ProgramError::File { path: path(), source: full() }),
        Box::new(SelectionError::NoSymlink { path: path(), source: full() }),
        Box::new(RegistryError::Register { folder: path(), source: full() }),
    ];
    for error in errors {
        let below = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        assert_eq!(below.and_then(io::Error::raw_os_error), Some(libc::ENOSPC), "{error}");
    }
}
