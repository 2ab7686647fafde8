//! What a store says about itself, in `_hlr.json`.

use serde::{Deserialize, Serialize};

use crate::ledger::AnswerOrigin;
use crate::storage::{Bucket, PutIf, StorageError, StorageErrorKind};

/// The only format so far.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct StoreFormat {
    format: u32,
    answers_of: String,
}

/// Whose answers a store holds, if it has begun.
pub(super) async fn read(bucket: &Bucket, key: &str) -> Result<Option<AnswerOrigin>, StorageError> {
    let found = match bucket.get(key).await {
        Ok((content, _)) => content,
        Err(error) if error.kind() == StorageErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mark: Option<StoreFormat> = serde_json::from_slice(&found).ok();
    let origin = [AnswerOrigin::Provider, AnswerOrigin::ThisMachine].into_iter().find(|origin| {
        mark.as_ref().is_some_and(|mark| mark.format == FORMAT && mark.answers_of == origin.text())
    });
    origin.map(Some).ok_or_else(|| {
        StorageError::new(bucket.url(key), StorageErrorKind::Failed)
            .because("this is not a store of answers, or one of a newer version")
    })
}

/// Makes sure that the store is of a known format and holds answers of this origin. A new store
/// gets its mark.
pub(super) async fn ensure(bucket: &Bucket, key: &str, origin: AnswerOrigin) -> Result<(), StorageError> {
    let found = match bucket.get(key).await {
        Ok((content, _)) => content,
        Err(error) if error.kind() == StorageErrorKind::NotFound => {
            let mark = StoreFormat { format: FORMAT, answers_of: origin.text().into() };
            let content = serde_json::to_vec_pretty(&mark).expect("a mark has only text and numbers");
            match bucket.put(key, content.into(), PutIf::Absent).await {
                Ok(_) => return Ok(()),
                // Another run has begun the store in this moment.
                Err(error) if error.kind() == StorageErrorKind::AlreadyExists => bucket.get(key).await?.0,
                Err(error) => return Err(error),
            }
        }
        Err(error) => return Err(error),
    };
    let refused =
        |reason: String| StorageError::new(bucket.url(key), StorageErrorKind::Failed).because(reason);
    let mark: StoreFormat = serde_json::from_slice(&found)
        .map_err(|fault| refused("this is not a store of answers".into()).with_source(fault))?;
    if mark.format != FORMAT {
        let problem = format!("the answers have format {}, but this version reads {FORMAT}", mark.format);
        return Err(refused(problem).with_help("use a newer hlr"));
    }
    if mark.answers_of != origin.text() {
        let problem =
            format!("the store holds answers of {}, but this run asks {}", mark.answers_of, origin.text());
        return Err(refused(problem)
            .with_help("name another URL with --answers; simulated and real answers must not mix"));
    }
    Ok(())
}
