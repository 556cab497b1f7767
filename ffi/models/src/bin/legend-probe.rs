//! The process in which a model with code of its own runs first; `models::probe` starts it.

fn main() -> std::process::ExitCode {
    models::run_probe()
}
