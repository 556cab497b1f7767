//! Models of a running process: what is refused and why, and what a crash costs.

mod foreign;
mod made;
mod watching;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use control::keys;
use control::names::Module;
use engine::features::Scorer;
use foreign::{Folder, QUARTER, foreign, schema};
use made::{bytes_of, probability, register, trusted};
use models::registry::{self, ModelSlot};
use models::watch::Watcher;
use models::{ModelCell, Trust, Unusable, load};
use serde_json::json;
use watching::{Watching, deploy};

/// Files that are not usable models, by name, with a part of the reason.
fn bad_files(data: &Path) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let endless =
        "__attribute__((constructor)) static void begin(void) { for (;;) { __asm__ volatile(\"\"); } }";
    let crash = "__attribute__((constructor)) static void begin(void) { raise(SIGSEGV); }";
    let leaves = "__attribute__((constructor)) static void begin(void) { exit(0); }";
    let whole = bytes_of(1.5, schema());
    vec![
        ("text", b"this is not a model, it is a text".to_vec(), "not a shared object"),
        ("empty", Vec::new(), "not a shared object"),
        ("cut", whole[..whole.len() / 2].to_vec(), "cut off"),
        ("schema", bytes_of(0.1, 7), "its features are"),
        ("symbol", foreign(data, "symbol", "int other;", "1"), "no symbol treelite_predict"),
        ("abi", foreign(data, "abi", QUARTER, "9"), "its ABI is 9"),
        (
            "constructor crashes",
            foreign(data, "crash", &format!("{QUARTER}{crash}"), "1"),
            "crashed in a child",
        ),
        (
            "constructor ends",
            foreign(data, "leaves", &format!("{QUARTER}{leaves}"), "1"),
            "ended its process",
        ),
        (
            "constructor never ends",
            foreign(data, "endless", &format!("{QUARTER}{endless}"), "1"),
            "did not answer",
        ),
        (
            "NaN",
            foreign(
                data,
                "nan",
                "float treelite_predict(const float *x, size_t n) { return 0.0f / 0.0f; }",
                "1",
            ),
            "it returns NaN",
        ),
        (
            "out of range",
            foreign(data, "range", "float treelite_predict(const float *x, size_t n) { return 1.5f; }", "1"),
            "it returns 1.5",
        ),
        (
            "golden",
            foreign(data, "golden", "float treelite_predict(const float *x, size_t n) { return 0.3f; }", "1"),
            "need 0.25",
        ),
        (
            "predict crashes",
            foreign(data, "dies", "float treelite_predict(const float *x, size_t n) { abort(); }", "1"),
            "crashed in a child",
        ),
    ]
}

#[test]
fn each_bad_file_is_refused_with_its_reason_and_the_old_model_answers_on() {
    let Folder(data) = &Folder::new("refused");
    let good = register(data, &bytes_of(0.4, schema()));
    deploy(data, &good);
    let watching = Watching::start(data, trusted(data));
    watching.wait_for(&good, "live");
    for (name, bytes, reason) in bad_files(data) {
        let version = register(data, &bytes);
        deploy(data, &version);
        let why = watching.wait_for(&version, "refused");
        assert!(why.contains(reason), "{name}: {why}");
        let answer = watching.live.score(&[0.0; 11]).expect("the old model answers");
        assert_eq!((&*answer.version, answer.score), (&*good, probability(0.4)), "{name}");
    }
    watching.stop();
}

#[test]
fn what_is_unsigned_or_signed_by_a_stranger_or_altered_is_refused() {
    let Folder(data) = &Folder::new("unsigned");
    let good = register(data, &bytes_of(0.4, schema()));
    deploy(data, &good);
    let watching = Watching::start(data, trusted(data));
    watching.wait_for(&good, "live");
    let version = register(data, &bytes_of(0.7, schema()));
    let path = registry::artefact_path(data, Module::Mev, &version);
    fs::remove_file(path.with_extension("sig")).expect("it was signed");
    deploy(data, &version);
    assert!(watching.wait_for(&version, "refused").contains("not signed"));
    let stranger = keys::from_hex(&"22".repeat(32)).expect("a seed");
    let bytes = bytes_of(0.8, schema());
    let version =
        registry::register(data, Module::Mev, &bytes, &json!({}), &stranger).expect("it is registered");
    deploy(data, &version);
    assert!(watching.wait_for(&version, "refused").contains("not trusted here"));
    let version = register(data, &bytes_of(0.9, schema()));
    let path = registry::artefact_path(data, Module::Mev, &version);
    let mut other = bytes_of(0.9, schema());
    let at = other.len() - 900;
    other[at] ^= 1;
    fs::write(&path, other).expect("written over");
    deploy(data, &version);
    assert!(watching.wait_for(&version, "refused").contains("differ from those that were signed"));
    assert_eq!(watching.live.version().as_deref(), Some(&*good));
    watching.stop();
}

#[test]
fn a_running_model_answers_on_when_its_file_is_written_over_and_that_is_reported() {
    let Folder(data) = &Folder::new("overwritten");
    let good = register(data, &bytes_of(0.4, schema()));
    deploy(data, &good);
    let watching = Watching::start(data, trusted(data));
    watching.wait_for(&good, "live");
    fs::write(registry::artefact_path(data, Module::Mev, &good), b"something else").expect("written over");
    assert!(watching.wait_for(&good, "refused").contains("differ from those that were signed"));
    assert_eq!(watching.live.score(&[0.0; 11]).map(|answer| answer.score), Some(probability(0.4)));
    watching.stop();
}

#[test]
fn a_symlink_that_points_outside_the_folder_is_refused() {
    let Folder(data) = &Folder::new("outside");
    let good = register(data, &bytes_of(0.4, schema()));
    deploy(data, &good);
    let watching = Watching::start(data, trusted(data));
    watching.wait_for(&good, "live");
    let link = registry::folder(data).join("libmev_latest.so");
    fs::remove_file(&link).expect("it is there");
    std::os::unix::fs::symlink("/tmp/libmev_v000000000000.so", &link).expect("a symlink");
    assert!(watching.wait_for("", "refused").contains("not a version of this folder"));
    assert_eq!(watching.live.version().as_deref(), Some(&*good));
    assert!(registry::select(data, Module::Mev, ModelSlot::Latest, Some("../../etc/passwd"), "").is_err());
    watching.stop();
}

#[test]
fn a_valid_foreign_model_runs_and_a_pin_wins_over_the_symlink() {
    let Folder(data) = &Folder::new("pinned");
    let watching = Watching::start(data, trusted(data));
    let quarter = register(data, &foreign(data, "quarter", QUARTER, "1"));
    deploy(data, &quarter);
    watching.wait_for(&quarter, "live");
    assert_eq!(watching.live.score(&[0.0; 11]).map(|answer| answer.score), Some(0.25));
    let pinned = register(data, &bytes_of(-1.0, schema()));
    registry::select(data, Module::Mev, ModelSlot::Pin, Some(&pinned), "").expect("it is pinned");
    watching.wait_for(&pinned, "live");
    registry::select(data, Module::Mev, ModelSlot::Pin, None, "").expect("it is lifted");
    watching.wait_for(&quarter, "live");
    registry::select(data, Module::Mev, ModelSlot::Shadow, Some(&pinned), "").expect("in shadow");
    watching.wait_for(&pinned, "shadow");
    assert_eq!(watching.shadow.score(&[0.0; 11]).map(|answer| answer.score), Some(probability(-1.0)));
    watching.stop();
}

/// Constructors that do more than compute, and the error reported for each, within seconds.
const HOSTILE: &[(&str, &str, &str)] = &[
    ("forks", "if (fork() == 0) for (;;) pause();", ""),
    (
        "forks and waits",
        "int child = fork(); if (child == 0) for (;;) pause(); if (child < 0) abort();",
        "crashed",
    ),
    ("sleeps", "for (;;) sleep(1000);", "did not answer"),
    ("spins", "for (;;) __asm__ volatile(\"\");", "did not answer"),
    ("takes memory", "for (;;) { char *p = malloc(1 << 20); if (!p) abort(); p[4096] = 1; }", "crashed"),
    ("opens files", "for (;;) if (open(\"/dev/null\", 0) < 0) abort();", "crashed"),
    (
        "writes a file",
        "if (open(\"/tmp/legend-probe-wrote\", O_CREAT | O_WRONLY, 0600) < 0) abort();",
        "crashed",
    ),
    ("opens a socket", "if (socket(AF_INET, SOCK_STREAM, 0) < 0) abort();", "crashed"),
    ("kills its parent", "if (kill(getppid(), SIGKILL) < 0) abort();", "crashed"),
    ("runs a program", "execl(\"/bin/true\", \"true\", (char *) 0); abort();", "crashed"),
    ("ends its process", "_exit(0);", "ended its process"),
    (
        "looks for files of its parent",
        "struct stat s; for (int fd = 5; fd < 64; fd++) if (fstat(fd, &s) == 0) abort();",
        "",
    ),
];

#[test]
fn what_a_foreign_constructor_may_do_in_its_probe_is_to_compute() {
    let Folder(data) = &Folder::new("hostile");
    let head = "#include <unistd.h>\n#include <fcntl.h>\n#include <sys/socket.h>\n#include <sys/stat.h>\n";
    // The lowest descriptors are taken: any that the child does not close are there.
    let _open: Vec<fs::File> = (0..16).map(|_| fs::File::open("/dev/null").expect("opens")).collect();
    for (name, body, refused) in HOSTILE {
        let code =
            format!("{head}__attribute__((constructor)) static void begin(void) {{ {body} }}\n{QUARTER}");
        let bytes = foreign(data, "hostile", &code, "1");
        let begin = Instant::now();
        let why = load::verify_bytes(&bytes, Module::Mev, true);
        let why = why.map_or_else(|why| why.to_string(), |_| String::new());
        assert!(begin.elapsed() < Duration::from_secs(10), "{name} took {:?}", begin.elapsed());
        assert!(why.contains(refused) && why.is_empty() == refused.is_empty(), "{name}: {why}");
    }
    assert!(!Path::new("/tmp/legend-probe-wrote").exists());
}

#[test]
fn code_of_its_own_is_refused_unless_the_configuration_allows_it() {
    let Folder(data) = &Folder::new("switch");
    let version = register(data, &foreign(data, "quarter", QUARTER, "1"));
    let trust = Trust { foreign: false, ..trusted(data) };
    let why = load::load(data, Module::Mev, &version, &trust).err().expect("it is refused");
    assert!(why.to_string().contains("models.foreign = true"), "{why}");
    assert!(matches!(load::verify(data, Module::Mev, &version, &trust), Err(Unusable::ForeignNotAllowed)));
    assert!(matches!(load::verify(data, Module::Mev, &version, &trusted(data)), Ok(true)));
    // Tables are data: they need no permission.
    let own = register(data, &bytes_of(0.4, schema()));
    assert!(matches!(load::verify(data, Module::Mev, &own, &trust), Ok(false)));
    assert!(load::load(data, Module::Mev, &own, &trust).is_ok_and(|loaded| !loaded.is_foreign()));
}

#[test]
fn the_baseline_is_deployed_pinned_and_answered_like_a_version() {
    let Folder(data) = &Folder::new("baseline");
    let watching = Watching::start(data, trusted(data));
    let select = |slot, version: &str, request: &str| {
        registry::select(data, Module::Mev, slot, Some(version), request).expect("it is named");
    };
    // First without any model, then again: each request gets its answer.
    select(ModelSlot::Latest, registry::BASELINE, "first");
    assert_eq!(watching.answered("first"), ("baseline".to_owned(), "live"));
    select(ModelSlot::Latest, registry::BASELINE, "second");
    assert_eq!(watching.answered("second"), ("baseline".to_owned(), "live"));
    let model = register(data, &bytes_of(0.4, schema()));
    select(ModelSlot::Latest, &model, "third");
    assert_eq!(watching.answered("third"), (model.clone(), "live"));
    assert!(watching.live.score(&[0.0; 11]).is_some());
    select(ModelSlot::Latest, registry::BASELINE, "fourth");
    assert_eq!(watching.answered("fourth"), ("baseline".to_owned(), "live"));
    assert!(watching.live.score(&[0.0; 11]).is_none(), "the model is asked no more");
    assert_eq!(registry::request(data, Module::Mev, &model), "", "the old request is over");
    // A pin of the baseline wins over what is deployed.
    select(ModelSlot::Latest, &model, "fifth");
    watching.until_live("deployed again", Some(&model));
    select(ModelSlot::Pin, registry::BASELINE, "");
    watching.until_live("pinned to the baseline", None);
    assert!(
        matches!(registry::selected(data, Module::Mev, ModelSlot::Pin), Ok(Some(pin)) if pin == "baseline")
    );
    registry::select(data, Module::Mev, ModelSlot::Pin, None, "").expect("it is lifted");
    watching.until_live("the pin is lifted", Some(&model));
    assert!(registry::select(data, Module::Mev, ModelSlot::Shadow, Some(registry::BASELINE), "").is_err());
    watching.stop();
}

#[test]
fn a_start_without_models_reports_nothing_and_a_shadow_that_is_removed_is_reported() {
    let Folder(data) = &Folder::new("shadow");
    let start = || {
        let mut reports = Vec::new();
        let slots = [Arc::new(ModelCell::default()), Arc::new(ModelCell::default())];
        let [live, shadow] = slots.each_ref().map(Arc::clone);
        let watcher = Watcher::new(data, Module::Mev, trusted(data), live, shadow, |one| reports.push(one));
        (watcher, reports, slots)
    };
    assert_eq!(start().1, []);
    let model = register(data, &bytes_of(0.4, schema()));
    registry::select(data, Module::Mev, ModelSlot::Shadow, Some(&model), "").expect("in shadow");
    let (watcher, reports, [_, shadow]) = start();
    assert_eq!(
        reports.iter().map(|one| (&*one.version, one.state)).collect::<Vec<_>>(),
        [(&*model, "shadow")]
    );
    assert!(shadow.version().is_some());
    registry::select(data, Module::Mev, ModelSlot::Shadow, None, "").expect("removed");
    let (reports, begin) = (Mutex::new(Vec::new()), Instant::now());
    let is_reported =
        || !reports.lock().expect("not poisoned").is_empty() || begin.elapsed() > Duration::from_secs(60);
    watcher.run(is_reported, |one| {
        if one.state != "reaped" {
            reports.lock().expect("not poisoned").push(one);
        }
    });
    let reports = reports.into_inner().expect("not poisoned");
    assert_eq!(reports.iter().map(|one| (&*one.version, one.state)).collect::<Vec<_>>(), [("", "none")]);
    assert!(shadow.version().is_none());
}

#[test]
fn a_version_of_another_host_is_taken_only_as_its_trusted_key_signed_it() {
    let (Folder(there), Folder(here)) = (&Folder::new("there"), &Folder::new("here"));
    let artefact = bytes_of(0.4, schema());
    let version = register(there, &artefact);
    let path = registry::artefact_path(there, Module::Mev, &version);
    let manifest = fs::read(path.with_extension("json")).expect("a manifest");
    let signature = fs::read_to_string(path.with_extension("sig")).expect("a signature");
    let keys = trusted(there);
    let mut altered = artefact.clone();
    altered[artefact.len() / 2] ^= 1;
    let mut other = manifest.clone();
    other[manifest.len() / 2] ^= 1;
    let take = |module, version: &str, artefact: &[u8], manifest: &[u8], signature: &str, trust: &Trust| {
        registry::install(here, module, version, artefact, (manifest, signature), &trust.keys)
            .map_or_else(|why| why.to_string(), |()| String::new())
    };
    let (mev, stranger) = (Module::Mev, trusted(here));
    for (refused, why) in [
        (take(mev, &version, &altered, &manifest, &signature, &keys), "its bytes differ from its manifest"),
        (take(mev, &version, &[], &manifest, &signature, &keys), "its bytes differ from its manifest"),
        (take(mev, "../../../../x", &artefact, &manifest, &signature, &keys), "its bytes differ"),
        (take(mev, &version[..6], &artefact, &manifest, &signature, &keys), "its bytes differ"),
        (take(mev, &version, &artefact, &other, &signature, &keys), "its signature does not match"),
        (take(mev, &version, &artefact, &manifest, "", &keys), "its signature is malformed"),
        (take(mev, &version, &artefact, &manifest, &signature, &stranger), "is not trusted here"),
        (
            take(Module::Arbitrage, &version, &artefact, &manifest, &signature, &keys),
            "it is a model of \"mev\"",
        ),
        (
            take(mev, &version, &artefact, &vec![b' '; 2 << 20], &signature, &keys),
            "its manifest has 2097152 bytes",
        ),
    ] {
        assert!(refused.contains(why), "{refused} instead of {why}");
    }
    assert_eq!(registry::versions(here, mev), [""; 0]);
    assert_eq!(take(mev, &version, &artefact, &manifest, &signature, &keys), "");
    assert_eq!(registry::versions(here, mev), std::slice::from_ref(&version));
    assert!(load::load(here, mev, &version, &keys).is_ok());
}

#[test]
fn a_desired_model_is_accepted_only_as_it_was_signed() {
    let key = keys::from_hex(&"07".repeat(32)).expect("a seed");
    let trusted = [key.verifying_key()];
    let signature = registry::sign_desired("mev\nlatest", &key);
    assert_eq!(registry::check_desired("mev\nlatest", &signature, &trusted), Ok(()));
    for (text, signature, trusted) in [
        ("mev\nshadow", &signature[..], &trusted[..]),
        ("mev\nlatest", &signature[..40], &trusted),
        ("mev\nlatest", "", &trusted),
        ("mev\nlatest", &signature, &[]),
    ] {
        assert!(registry::check_desired(text, signature, trusted).is_err(), "{text} by {signature}");
    }
}
