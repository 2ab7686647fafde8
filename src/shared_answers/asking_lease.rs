//! One asker for a contract: a lease in the store, or a locked file in a shared folder.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::answer_store::AnswerStore;
use crate::model::Holder;
use crate::storage::{Deadline, Lease, LeaseError, LeaseTimes, StorageError, StorageErrorKind};

/// How often a waiter looks at a locked file.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The right to ask, held until it is released.
#[derive(Debug)]
pub(crate) struct AskingLease {
    held: Held,
    in_doubt: Option<InDoubt>,
}

#[derive(Debug)]
enum Held {
    Object(Lease),
    /// The lock lasts as long as this file is open.
    File(File),
}

/// Whether a run may still ask. It is looked at before each request.
#[derive(Clone, Debug)]
pub(crate) struct LeaseDuty(Option<Arc<Deadline>>);

/// What the run before left in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InDoubt {
    /// Its name.
    pub(crate) run_id: String,
    /// So many numbers may have been paid for without their answers being stored.
    pub(crate) at_most: u64,
}

impl AskingLease {
    /// Takes the lease of a contract, or waits for it. `at_most`: how many answers may be paid for
    /// and not stored if this run is killed.
    pub(crate) async fn take(
        store: &AnswerStore,
        contract: &str,
        holder: Holder,
        times: LeaseTimes,
        at_most: u64,
        waiting: impl FnMut(&Holder) + Send,
    ) -> Result<Self, LeaseError> {
        let note = json!({ "run_id": holder.run_id, "at_most_in_doubt": at_most });
        let key = store.lease_key(contract);
        if let Some(folder) = store.folder() {
            let path = folder.join(&key);
            return Self::lock(&path, &holder, times.wait, &note, waiting).await;
        }
        let lease = Lease::take(store.bucket(), &key, holder, times, note, waiting).await?;
        let in_doubt = in_doubt(lease.inherited());
        Ok(Self { held: Held::Object(lease), in_doubt })
    }

    async fn lock(
        path: &Path,
        holder: &Holder,
        wait: Duration,
        note: &Value,
        mut waiting: impl FnMut(&Holder) + Send,
    ) -> Result<Self, LeaseError> {
        let refused = |fault: io::Error| {
            LeaseError::Storage(
                StorageError::new(path.display(), StorageErrorKind::Failed)
                    .because("the lease cannot be locked")
                    .with_source(fault)
                    .with_help("a shared folder must be on a file system with locks"),
            )
        };
        fs::create_dir_all(path.parent().unwrap_or(path)).map_err(refused)?;
        let mut options = File::options();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(path).map_err(refused)?;
        let began = tokio::time::Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(fault)) => return Err(refused(fault)),
                Err(TryLockError::WouldBlock) => {}
            }
            let other =
                content(&mut file).and_then(|found| serde_json::from_value(found["holder"].clone()).ok());
            let other = other.unwrap_or_else(|| Holder { since: "some time".into(), ..holder.clone() });
            if began.elapsed() >= wait {
                return Err(LeaseError::Held(other));
            }
            waiting(&other);
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let before = content(&mut file).unwrap_or_default();
        write(&mut file, &json!({ "holder": holder, "note": note })).map_err(refused)?;
        Ok(Self { held: Held::File(file), in_doubt: in_doubt(&before["note"]) })
    }

    /// What the run before left in doubt, if it did not give the lease back.
    pub(crate) fn in_doubt(&self) -> Option<&InDoubt> {
        self.in_doubt.as_ref()
    }

    /// Whether this run may still ask.
    pub(crate) fn duty(&self) -> LeaseDuty {
        LeaseDuty(match &self.held {
            Held::Object(lease) => Some(lease.deadline()),
            Held::File(_) => None,
        })
    }

    /// Gives it back.
    pub(crate) async fn release(self) {
        match self.held {
            // If it cannot be given back, it ends by itself.
            Held::Object(lease) => drop(lease.release(Value::Null).await),
            Held::File(mut file) => drop(write(&mut file, &Value::Null)),
        }
    }
}

impl LeaseDuty {
    /// Whether it holds now. A lock on a file holds as long as its process.
    pub(crate) fn holds(&self) -> bool {
        self.0.as_ref().is_none_or(|deadline| deadline.holds())
    }
}

fn in_doubt(note: &Value) -> Option<InDoubt> {
    let run_id = note["run_id"].as_str()?.to_owned();
    Some(InDoubt { run_id, at_most: note["at_most_in_doubt"].as_u64()? })
}

fn content(file: &mut File) -> Option<Value> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn write(file: &mut File, content: &Value) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    serde_json::to_writer_pretty(&mut *file, content)?;
    file.sync_all()
}
