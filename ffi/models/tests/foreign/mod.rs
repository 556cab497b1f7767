//! Models with their own code, made by a C compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::features;

/// A folder removed at the end of a test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("legend-models-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a temporary folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The hash of the agent's feature names.
pub fn schema() -> u64 {
    features::schema_hash(false, features::DEFAULT)
}

/// A shared object compiled from C, as a third party would make one.
pub fn foreign(folder: &Path, name: &str, predict: &str, head: &str) -> Vec<u8> {
    let (source, object) = (folder.join(format!("{name}.c")), folder.join(format!("{name}.so")));
    let hash = schema();
    let text = format!(
        "#include <stdint.h>\n#include <stddef.h>\n#include <stdlib.h>\n#include <signal.h>\n\
        static const float rows[5] = {{1,2,3,4,5}};\nstatic const float answers[1] = {{0.25f}};\n\
        static const char meta[] = \"{{}}\";\n{predict}\n\
        struct {{ uint32_t magic, abi, size, flags; uint64_t schema; uint32_t features, trees, golden, zero;\n\
        void *predict, *batch; const float *rows, *answers; void *tables; uint64_t tables_len;\n\
        const char *meta; uint64_t meta_len; uint64_t reserved[3]; }} legend_model = {{\n\
        0x444D474C, {head}, 128, 0, {hash}ull, 5, 1, 1, 0, 0, 0, rows, answers, 0, 0, meta, 2 }};\n"
    );
    fs::write(&source, text).expect("a source");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&object).arg(&source).output();
    let compiled = compiled.expect("cc runs");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    fs::read(object).expect("the object")
}

/// A function whose answer matches the golden row.
pub const QUARTER: &str = "float treelite_predict(const float *x, size_t n) { return 0.25f; }";
