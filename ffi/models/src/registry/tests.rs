use std::fs::{self, File};
use std::path::PathBuf;

use ed25519_dalek::SigningKey;
use serde_json::json;
use wire::control::Module;

use super::paths::make_folder;
use super::*;

fn data(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("legend-registry-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    path
}

#[test]
fn a_missing_version_is_refused_by_a_line_with_the_verb() {
    let data = data("missing");
    for (slot, refused) in [
        (ModelSlot::Latest, "Cannot deploy 0123456789ab: mev has no such version"),
        (ModelSlot::Shadow, "Cannot deploy 0123456789ab: mev has no such version"),
        (ModelSlot::Pin, "Cannot pin 0123456789ab: mev has no such version"),
    ] {
        let why = select(&data, Module::Mev, slot, Some("0123456789ab"), "").expect_err("is refused");
        assert!(why.to_string().starts_with(refused), "{why}");
        assert!(matches!(selected(&data, Module::Mev, slot), Ok(None)));
    }
    fs::remove_dir_all(data).expect("removed");
}

#[test]
fn a_manifest_has_the_given_fields_but_they_do_not_replace_its_own() {
    let data = data("about");
    let key = SigningKey::from_bytes(&[7; 32]);
    let about = json!({ "note": "of a test", "bytes": 99, "module": "arbitrage" });
    let version = register(&data, Module::Mev, b"four", &about, &key).expect("registers");
    let manifest = manifest(&data, Module::Mev, &version, &[key.verifying_key()]).expect("is signed");
    assert_eq!(manifest["note"], "of a test");
    assert_eq!((&manifest["bytes"], &manifest["module"]), (&json!(4), &json!("mev")));
    fs::remove_dir_all(data).expect("removed");
}

#[test]
fn the_file_of_a_version_may_have_512_mebibytes() {
    let data = data("large");
    make_folder(&data).expect("a folder");
    let path = artefact_path(&data, Module::Mev, "0123456789ab");
    let file = File::create(&path).expect("a file");
    for (len, refused) in [(512 << 20, "it has no manifest"), ((512 << 20) + 1, "it is 536870913 bytes long")]
    {
        // A hole: it takes no disk space, and is not read.
        file.set_len(len).expect("grows");
        let trust = crate::Trust::default();
        let why = crate::load::verify(&data, Module::Mev, "0123456789ab", &trust).expect_err("refused");
        assert!(why.to_string().starts_with(refused), "{why}");
    }
    fs::remove_dir_all(data).expect("removed");
}
