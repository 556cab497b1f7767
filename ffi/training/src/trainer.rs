//! A training on a thread of its own.

use std::ffi::c_int;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use model::Trees;

use super::engine::{Engine, Grown};
use super::error::TrainingError;
use super::options::TrainerOptions;

/// One training, on its own thread: the engines bind their threads, buffers and random numbers to the calling
/// thread, and calls from JavaScript come from any thread.
pub struct BoosterTrainer {
    requests: Option<Sender<Request>>,
    replies: Receiver<Reply>,
    thread: Option<JoinHandle<()>>,
}

enum Request {
    Rounds(u32),
    Trees,
    /// The engine's own probabilities for rows, by its first rounds.
    Predict {
        rows: Vec<f32>,
        rounds: c_int,
    },
}

enum Reply {
    Opened(Result<(), TrainingError>),
    Rounds(Result<Grown, TrainingError>),
    Trees(Result<Trees, TrainingError>),
    Predict(Result<Vec<f32>, TrainingError>),
}

impl BoosterTrainer {
    /// `rows`: float32 `[labels.len(), n_features]`; the engine copies them.
    ///
    /// # Errors
    /// One line: the engine cannot be loaded, or refuses rows or parameters.
    pub fn open(
        options: TrainerOptions,
        rows: Vec<f32>,
        labels: Vec<f32>,
    ) -> Result<BoosterTrainer, TrainingError> {
        let TrainerOptions { n_features, train_rows, .. } = options;
        if n_features == 0
            || rows.len() != labels.len() * n_features
            || train_rows == 0
            || train_rows >= labels.len()
        {
            let (numbers, labels) = (rows.len(), labels.len());
            return Err(TrainingError::Shape { numbers, labels, n_features, train_rows });
        }
        let (requests, received) = channel();
        let (reply, replies) = channel();
        let serve = move || {
            match Engine::open(&options, &rows, &labels) {
                Ok(engine) => {
                    drop((rows, labels));
                    if reply.send(Reply::Opened(Ok(()))).is_ok() {
                        answer_all(&engine, n_features, &received, &reply);
                    }
                }
                Err(error) => {
                    // The caller may be gone; there is no other receiver.
                    let _ = reply.send(Reply::Opened(Err(error)));
                }
            }
        };
        let thread = std::thread::Builder::new().name("trainer".to_owned()).spawn(serve);
        let thread = thread.map_err(TrainingError::Thread)?;
        let trainer = BoosterTrainer { requests: Some(requests), replies, thread: Some(thread) };
        match trainer.replies.recv() {
            Ok(Reply::Opened(opened)) => opened.map(|()| trainer),
            _ => Err(TrainingError::Ended),
        }
    }

    fn ask(&self, request: Request) -> Result<Reply, TrainingError> {
        let requests = self.requests.as_ref().ok_or(TrainingError::Ended)?;
        requests.send(request).map_err(|_| TrainingError::Ended)?;
        self.replies.recv().map_err(|_| TrainingError::Ended)
    }

    /// Grows at most `max` more trees, until a report is due.
    ///
    /// # Errors
    /// The engine's own error line.
    pub fn rounds(&mut self, max: u32) -> Result<Grown, TrainingError> {
        match self.ask(Request::Rounds(max))? {
            Reply::Rounds(grown) => grown,
            _ => Err(TrainingError::Ended),
        }
    }

    /// The trees of the first `rounds` rounds.
    ///
    /// # Errors
    /// The engine's own error line, or its model is not as expected.
    pub fn trees(&self, rounds: usize) -> Result<Trees, TrainingError> {
        match self.ask(Request::Trees)? {
            Reply::Trees(trees) => trees.map(|mut trees| {
                trees.trees.truncate(rounds);
                trees
            }),
            _ => Err(TrainingError::Ended),
        }
    }

    /// The engine's own probabilities for float32 `[rows, n_features]`, by the trees of the first `rounds`
    /// rounds: the reference for an artefact.
    ///
    /// # Errors
    /// The engine's own error line.
    pub fn predict(&self, rows: Vec<f32>, rounds: usize) -> Result<Vec<f32>, TrainingError> {
        let rounds = c_int::try_from(rounds).map_err(|_| TrainingError::TooManyRounds)?;
        match self.ask(Request::Predict { rows, rounds })? {
            Reply::Predict(answers) => answers,
            _ => Err(TrainingError::Ended),
        }
    }
}

/// Answers requests, in their order, until the caller is gone.
fn answer_all(engine: &Engine, n_features: usize, requests: &Receiver<Request>, replies: &Sender<Reply>) {
    let mut grown = 0;
    while let Ok(request) = requests.recv() {
        let reply = match request {
            Request::Rounds(max) => Reply::Rounds(engine.rounds(&mut grown, max)),
            Request::Trees => Reply::Trees(engine.trees()),
            Request::Predict { rows, rounds } => Reply::Predict(engine.predict(&rows, n_features, rounds)),
        };
        if replies.send(reply).is_err() {
            return;
        }
    }
}

impl Drop for BoosterTrainer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already printed when it happened.
            let _ = thread.join();
        }
    }
}
