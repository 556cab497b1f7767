//! The process that first runs a model with its own code; `models::probe` starts it.

fn main() -> std::process::ExitCode {
    models::run_probe()
}
