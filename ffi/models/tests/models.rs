//! Models swapped in a running process: what is refused and why, what a crash costs, and that evaluating
//! takes no lock, memory or system call.

mod foreign;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use control::keys::{self, CONTROL_KEY};
use control::names::Module;
use engine::features::Scorer;
use foreign::{Folder, QUARTER, foreign, schema};
use model::{Calibration, Form, Node, Tree, Trees, artefact};
use models::registry::{self, Link};
use models::watch::{Told, Watcher};
use models::{Loaded, Slot, Trust, Unusable, load};
use serde_json::json;

struct Counting;

std::thread_local! {
    static ALLOCATIONS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's contract is the same as that of `System.alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's contract is the same as that of `System.dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A model that answers the logistic of `leaf` for every row.
fn constant(leaf: f32) -> Form {
    let split = Node::Split { feature: 0, threshold: 0.0, left: 1, right: 2, nan_right: false };
    let tree = Tree(vec![split, Node::Leaf(leaf), Node::Leaf(leaf)]);
    Form::Trees(Trees { n_features: 5, base: 0.0, trees: vec![tree] })
}

fn bytes_of(leaf: f32, schema: u64) -> Vec<u8> {
    artefact::write(&constant(leaf), Calibration::default(), schema, &[0.5; 5 * 4], "{}")
        .expect("it is written")
}

fn register(data: &Path, bytes: &[u8]) -> String {
    let key = keys::load_or_create(data, CONTROL_KEY).expect("a key");
    registry::register(data, Module::Mev, bytes, &json!({}), &key).expect("it is registered")
}

fn trusted(data: &Path) -> Trust {
    Trust {
        keys: vec![keys::load_or_create(data, CONTROL_KEY).expect("a key").verifying_key()],
        foreign: true,
    }
}

fn deploy(data: &Path, version: &str) {
    registry::point(data, Module::Mev, Link::Latest, Some(version), "").expect("it is deployed");
}

fn probability(leaf: f32) -> f32 {
    1.0 / (1.0 + (-leaf).exp())
}

#[test]
fn each_bad_file_is_refused_with_its_reason_and_the_old_model_answers_on() {
    let Folder(data) = &Folder::new("refused");
    let good = register(data, &bytes_of(0.4, schema()));
    deploy(data, &good);
    let (live, shadow) = (Arc::new(Slot::default()), Arc::new(Slot::default()));
    let told: Arc<Mutex<Vec<Told>>> = Arc::default();
    let (tell, stop) = (Arc::clone(&told), Arc::new(AtomicBool::new(false)));
    let watcher =
        Watcher::new(data, Module::Mev, trusted(data), Arc::clone(&live), Arc::clone(&shadow), |one| {
            told.lock().expect("not poisoned").push(one);
        });
    let thread = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            watcher.run(|| stop.load(Relaxed), |one| tell.lock().expect("whole").push(one))
        })
    };
    // Results reported since the last one waited for: a version may be reported again right after it.
    let seen = Cell::new(0);
    let wait_for = |version: &str, state: &str| {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(20) {
            let told = told.lock().expect("not poisoned");
            let is_it = |one: &Told| one.version == version && one.state == state;
            if let Some(at) = told[seen.get()..].iter().position(is_it) {
                seen.set(seen.get() + at + 1);
                return told[seen.get() - 1].reason.clone();
            }
            drop(told);
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("{version} was not {state}: {:?}", told.lock());
    };
    wait_for(&good, "live");
    let endless =
        "__attribute__((constructor)) static void begin(void) { for (;;) { __asm__ volatile(\"\"); } }";
    let crash = "__attribute__((constructor)) static void begin(void) { raise(SIGSEGV); }";
    let leaves = "__attribute__((constructor)) static void begin(void) { exit(0); }";
    let whole = bytes_of(1.5, schema());
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("text", b"this is no model, it is a text".to_vec(), "no shared object"),
        ("empty", Vec::new(), "no shared object"),
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
            "it answers NaN",
        ),
        (
            "out of range",
            foreign(data, "range", "float treelite_predict(const float *x, size_t n) { return 1.5f; }", "1"),
            "it answers 1.5",
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
    ];
    for (name, bytes, reason) in rows {
        let version = register(data, &bytes);
        deploy(data, &version);
        let told = wait_for(&version, "refused");
        assert!(told.contains(reason), "{name}: {told}");
        let answer = live.ask(&[0.0; 11]).expect("the old model answers");
        assert_eq!((&*answer.version, answer.score), (&*good, probability(0.4)), "{name}");
    }
    // Unsigned, signed by a stranger, altered after signing.
    let version = register(data, &bytes_of(0.7, schema()));
    let path = registry::artefact_path(data, Module::Mev, &version);
    fs::remove_file(path.with_extension("sig")).expect("it was signed");
    deploy(data, &version);
    assert!(wait_for(&version, "refused").contains("not signed"));
    let stranger = keys::from_hex(&"22".repeat(32)).expect("a seed");
    let bytes = bytes_of(0.8, schema());
    let version =
        registry::register(data, Module::Mev, &bytes, &json!({}), &stranger).expect("it is registered");
    deploy(data, &version);
    assert!(wait_for(&version, "refused").contains("not trusted here"));
    let version = register(data, &bytes_of(0.9, schema()));
    let path = registry::artefact_path(data, Module::Mev, &version);
    let mut other = bytes_of(0.9, schema());
    let at = other.len() - 900;
    other[at] ^= 1;
    fs::write(&path, other).expect("written over");
    deploy(data, &version);
    assert!(wait_for(&version, "refused").contains("not those that were signed"));
    // The running model's file is overwritten in place: it answers as before, and the change is reported.
    deploy(data, &good);
    wait_for(&good, "live");
    fs::write(registry::artefact_path(data, Module::Mev, &good), b"something else").expect("written over");
    assert!(wait_for(&good, "refused").contains("not those that were signed"));
    assert_eq!(live.ask(&[0.0; 11]).map(|answer| answer.score), Some(probability(0.4)));
    // A symlink that points outside the folder.
    let link = registry::folder(data).join("libmev_latest.so");
    fs::remove_file(&link).expect("it is there");
    std::os::unix::fs::symlink("/tmp/libmev_v000000000000.so", &link).expect("a symlink");
    assert!(wait_for("", "refused").contains("no version here"));
    // A valid foreign model runs, and a pinned version wins over the symlink.
    let quarter = register(data, &foreign(data, "quarter", QUARTER, "1"));
    deploy(data, &quarter);
    wait_for(&quarter, "live");
    assert_eq!(live.ask(&[0.0; 11]).map(|answer| answer.score), Some(0.25));
    let pinned = register(data, &bytes_of(-1.0, schema()));
    registry::point(data, Module::Mev, Link::Pin, Some(&pinned), "").expect("it is pinned");
    wait_for(&pinned, "live");
    registry::point(data, Module::Mev, Link::Pin, None, "").expect("it is lifted");
    wait_for(&quarter, "live");
    registry::point(data, Module::Mev, Link::Shadow, Some(&pinned), "").expect("in shadow");
    wait_for(&pinned, "shadow");
    assert_eq!(shadow.ask(&[0.0; 11]).map(|answer| answer.score), Some(probability(-1.0)));
    stop.store(true, Relaxed);
    thread.join().expect("the watcher ends");
    assert!(registry::point(data, Module::Mev, Link::Latest, Some("../../etc/passwd"), "").is_err());
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
        let told = load::verify_bytes(&bytes, Module::Mev, true);
        let told = told.map_or_else(|why| why.to_string(), |_| String::new());
        assert!(begin.elapsed() < Duration::from_secs(10), "{name} took {:?}", begin.elapsed());
        assert!(told.contains(refused) && told.is_empty() == refused.is_empty(), "{name}: {told}");
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
    let (live, shadow) = (Arc::new(Slot::default()), Arc::new(Slot::default()));
    let told: Arc<Mutex<Vec<Told>>> = Arc::default();
    let stop = Arc::new(AtomicBool::new(false));
    let watcher =
        Watcher::new(data, Module::Mev, trusted(data), Arc::clone(&live), Arc::clone(&shadow), |_| {});
    let thread = {
        let (tell, stop) = (Arc::clone(&told), Arc::clone(&stop));
        std::thread::spawn(move || {
            watcher.run(|| stop.load(Relaxed), |one| tell.lock().expect("whole").push(one))
        })
    };
    let answered = |request: &str| {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(60) {
            let found = told.lock().expect("whole").iter().find(|one| one.request_id == request).cloned();
            if let Some(one) = found {
                return (one.version, one.state);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("{request} was not answered: {:?}", told.lock());
    };
    let point = |link, version: &str, request: &str| {
        registry::point(data, Module::Mev, link, Some(version), request).expect("it is named");
    };
    let until = |what: &str, version: Option<&str>| {
        let begin = Instant::now();
        while live.version().as_deref() != version {
            assert!(begin.elapsed() < Duration::from_secs(60), "{what}: {:?}", live.version());
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    // First without any model, then again: each request gets its answer.
    point(Link::Latest, registry::BASELINE, "first");
    assert_eq!(answered("first"), ("baseline".to_owned(), "live"));
    point(Link::Latest, registry::BASELINE, "second");
    assert_eq!(answered("second"), ("baseline".to_owned(), "live"));
    let model = register(data, &bytes_of(0.4, schema()));
    point(Link::Latest, &model, "third");
    assert_eq!(answered("third"), (model.clone(), "live"));
    assert!(live.ask(&[0.0; 11]).is_some());
    point(Link::Latest, registry::BASELINE, "fourth");
    assert_eq!(answered("fourth"), ("baseline".to_owned(), "live"));
    assert!(live.ask(&[0.0; 11]).is_none(), "the model is asked no more");
    assert_eq!(registry::request(data, Module::Mev, &model), "", "the old request is over");
    // A pin of the baseline wins over what is deployed.
    point(Link::Latest, &model, "fifth");
    until("deployed again", Some(&model));
    point(Link::Pin, registry::BASELINE, "");
    until("pinned to the baseline", None);
    assert!(matches!(registry::pointed(data, Module::Mev, Link::Pin), Ok(Some(pin)) if pin == "baseline"));
    registry::point(data, Module::Mev, Link::Pin, None, "").expect("it is lifted");
    until("the pin is lifted", Some(&model));
    assert!(registry::point(data, Module::Mev, Link::Shadow, Some(registry::BASELINE), "").is_err());
    stop.store(true, Relaxed);
    thread.join().expect("the watcher ends");
}

#[test]
fn a_start_without_models_tells_nothing_and_a_shadow_that_is_taken_away_is_told() {
    let Folder(data) = &Folder::new("shadow");
    let start = || {
        let mut told = Vec::new();
        let slots = [Arc::new(Slot::default()), Arc::new(Slot::default())];
        let [live, shadow] = slots.each_ref().map(Arc::clone);
        let watcher = Watcher::new(data, Module::Mev, trusted(data), live, shadow, |one| told.push(one));
        (watcher, told, slots)
    };
    assert_eq!(start().1, []);
    let model = register(data, &bytes_of(0.4, schema()));
    registry::point(data, Module::Mev, Link::Shadow, Some(&model), "").expect("in shadow");
    let (watcher, told, [_, shadow]) = start();
    assert_eq!(told.iter().map(|one| (&*one.version, one.state)).collect::<Vec<_>>(), [(&*model, "shadow")]);
    assert!(shadow.version().is_some());
    registry::point(data, Module::Mev, Link::Shadow, None, "").expect("taken away");
    let (told, begin) = (Mutex::new(Vec::new()), Instant::now());
    let is_told = || !told.lock().expect("whole").is_empty() || begin.elapsed() > Duration::from_secs(60);
    watcher.run(is_told, |one| {
        if one.state != "reaped" {
            told.lock().expect("whole").push(one);
        }
    });
    let told = told.into_inner().expect("whole");
    assert_eq!(told.iter().map(|one| (&*one.version, one.state)).collect::<Vec<_>>(), [("", "none")]);
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
        (
            take(mev, &version, &altered, &manifest, &signature, &keys),
            "its bytes are not those of its manifest",
        ),
        (take(mev, &version, &[], &manifest, &signature, &keys), "its bytes are not those of its manifest"),
        (take(mev, "../../../../x", &artefact, &manifest, &signature, &keys), "its bytes are not those"),
        (take(mev, &version[..6], &artefact, &manifest, &signature, &keys), "its bytes are not those"),
        (take(mev, &version, &artefact, &other, &signature, &keys), "its signature does not fit"),
        (take(mev, &version, &artefact, &manifest, "", &keys), "its signature is no signature"),
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
fn a_wish_is_believed_only_as_it_was_signed() {
    let key = keys::from_hex(&"07".repeat(32)).expect("a seed");
    let trusted = [key.verifying_key()];
    let signature = registry::sign_wish("mev\nlatest", &key);
    assert_eq!(registry::check_wish("mev\nlatest", &signature, &trusted), Ok(()));
    for (text, signature, trusted) in [
        ("mev\nshadow", &signature[..], &trusted[..]),
        ("mev\nlatest", &signature[..40], &trusted),
        ("mev\nlatest", "", &trusted),
        ("mev\nlatest", &signature, &[]),
    ] {
        assert!(registry::check_wish(text, signature, trusted).is_err(), "{text} by {signature}");
    }
}

fn load_all(data: &Path, count: usize) -> Vec<(Arc<Loaded>, f32)> {
    (0..count)
        .map(|at| {
            let leaf = at as f32 / 10.0 - 2.0;
            let version = register(data, &bytes_of(leaf, schema()));
            let loaded = load::load(data, Module::Mev, &version, &trusted(data)).expect("it loads");
            (Arc::new(loaded), probability(leaf))
        })
        .collect()
}

fn resident_kib() -> u64 {
    let text = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn ten_thousand_swaps_under_asking_threads_give_no_answer_of_another_version() {
    let Folder(data) = &Folder::new("swaps");
    let models = load_all(data, 8);
    let expected: Vec<(String, f32)> =
        models.iter().map(|(model, answer)| (model.version.to_string(), *answer)).collect();
    let (slot, stop, asked) = (Slot::default(), AtomicBool::new(false), AtomicU64::new(0));
    slot.swap(Some(Arc::clone(&models[0].0)));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    let answer = slot.ask(&[0.5; 11]).expect("there is always a model");
                    let wanted = expected.iter().find(|(version, _)| **version == *answer.version);
                    assert_eq!(wanted.map(|(_, answer)| *answer), Some(answer.score));
                    asked.fetch_add(1, Relaxed);
                }
            });
        }
        let mut before = 0;
        for swap in 0..10_000_u64 {
            // Loaded again each time: a reaped model is freed.
            let leaf = (swap % 8) as f32 / 10.0 - 2.0;
            let version = &expected[(swap % 8) as usize].0;
            let loaded = load::load(data, Module::Mev, version, &trusted(data)).expect("it loads");
            assert_eq!(loaded.predict(&[0.5; 5]), probability(leaf));
            slot.swap(Some(Arc::new(loaded)));
            slot.reap();
            if swap == 2_000 {
                before = resident_kib();
            }
        }
        stop.store(true, Relaxed);
        let grown = resident_kib().saturating_sub(before);
        assert!(grown < 4_096, "memory grew by {grown} KiB in 8,000 swaps");
    });
    slot.swap(None);
    slot.reap();
    assert!(slot.reap().is_empty() && slot.version().is_none());
    assert!(asked.load(Relaxed) > 10_000);
}

#[test]
fn asking_allocates_nothing_and_calls_no_system() {
    let Folder(data) = &Folder::new("quiet");
    let models = load_all(data, 2);
    let slot = Slot::default();
    slot.swap(Some(Arc::clone(&models[0].0)));
    let row = [0.5; 11];
    // A thread's first evaluation allocates its slot among the readers.
    assert_eq!(slot.ask(&row).map(|answer| answer.score), Some(models[0].1));
    let before = ALLOCATIONS.with(std::cell::Cell::get);
    for _ in 0..10_000 {
        assert!(slot.ask(&row).is_some());
    }
    assert_eq!(ALLOCATIONS.with(std::cell::Cell::get), before, "no allocation");
    // A process that may only read, write and exit evaluates and survives, so it made no other call.
    // SAFETY: the child only evaluates and exits; it touches no lock of another thread.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // SAFETY: strict mode takes only integers.
        unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT) };
        let mut same = true;
        for _ in 0..10_000 {
            same &= slot.ask(&row).is_some_and(|answer| answer.score == models[0].1);
        }
        // SAFETY: integers only; strict mode allows exit(2) of the only thread, but not exit_group(2).
        unsafe { libc::syscall(libc::SYS_exit, i64::from(!same)) };
    }
    let mut status = 0;
    // SAFETY: `status` is a live integer that the call fills.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "status {status:x}");
}
