//! A lease: an object that says who works now, renewed by whoever does.
//!
//! It is created and renewed by conditional puts, so two holders are impossible as long as both keep
//! to its times. The holder stops by itself at the deadline of its last renewal, by the clock that
//! counts suspension and by the wall clock, whichever is earlier. Another may begin when the object
//! has not changed for the time to live and the handover time, by the waiter's own clock: no two
//! machines' clocks are compared.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;

use super::bucket::{Bucket, PutIf};
use super::error::{StorageError, StorageErrorKind};
use super::object_info::ObjectVersion;
use super::this_process::{self, LeaseTime};
use crate::model::Holder;
use crate::task::AbortOnDrop;

/// How often a lease is renewed while it lasts.
const RENEWALS: u32 = 4;
/// How often a waiter looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long is waited after a renewal that failed, before the next.
const RENEW_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// The times of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeaseTimes {
    /// How long a renewal holds.
    pub(crate) ttl: Duration,
    /// How long work that began in time may go on after that.
    pub(crate) handover: Duration,
    /// How long to wait for another holder.
    pub(crate) wait: Duration,
}

/// Why a lease was not given.
#[derive(Debug)]
pub(crate) enum LeaseError {
    /// Somebody else holds it.
    Held(Holder),
    /// The store failed.
    Storage(StorageError),
}

impl From<StorageError> for LeaseError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// The content of the object.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    holder: Holder,
    /// The process by what identifies it on its machine, so that a dead holder is known there.
    process: Option<String>,
    /// Of this holding; tells one's own puts from another's.
    token: String,
    renewals: u64,
    ttl_s: f64,
    handover_s: f64,
    /// Whether the holder has given it back.
    released: bool,
    /// What the holder wants the next one to know.
    note: Value,
}

/// A lease that is held. It is renewed until it is dropped or given back.
#[derive(Debug)]
pub(crate) struct Lease {
    deadline: Arc<Deadline>,
    inherited: Value,
    stop: Arc<Notify>,
    renewing: Option<AbortOnDrop<Holding>>,
}

/// Until when a lease holds, for those who check it before each step of their work.
#[derive(Debug)]
pub(crate) struct Deadline {
    boot_ns: AtomicI64,
    wall_ms: AtomicI64,
    /// Whether the lease was seen to be another's.
    is_lost: AtomicBool,
}

/// One's own object, as it was put last.
#[derive(Debug)]
struct Holding {
    bucket: Bucket,
    key: String,
    record: Record,
    version: ObjectVersion,
    times: LeaseTimes,
}

impl Lease {
    /// Takes the lease at this key, or waits for it. The next holder hears `note`, unless this one
    /// gives the lease back. `waiting` is called with whoever is waited for, each time it is looked.
    pub(crate) async fn take(
        bucket: &Bucket,
        key: &str,
        holder: Holder,
        times: LeaseTimes,
        note: Value,
        mut waiting: impl FnMut(&Holder) + Send,
    ) -> Result<Self, LeaseError> {
        let record = Record {
            holder,
            process: this_process::identity(),
            token: format!("{:032x}", fastrand::u128(..)),
            renewals: 0,
            ttl_s: times.ttl.as_secs_f64(),
            handover_s: times.handover.as_secs_f64(),
            released: false,
            note,
        };
        let began = LeaseTime::now();
        let mut seen: Option<(ObjectVersion, LeaseTime)> = None;
        loop {
            let sent = LeaseTime::now();
            let (other, version) = match Holding::create(bucket, key, &record, times).await? {
                Ok(holding) => return Ok(Self::keep(holding, sent, Value::Null)),
                Err(Some(other)) => other,
                // It was removed just now.
                Err(None) => continue,
            };
            let since = match &seen {
                Some((unchanged, since)) if *unchanged == version => *since,
                _ => sent,
            };
            seen = Some((version.clone(), since));
            if other.may_be_taken(since.elapsed()) {
                let sent = LeaseTime::now();
                if let Some(holding) = Holding::replace(bucket, key, &record, version, times).await? {
                    return Ok(Self::keep(holding, sent, other.note));
                }
                continue;
            }
            if began.elapsed() >= times.wait {
                return Err(LeaseError::Held(other.holder));
            }
            waiting(&other.holder);
            tokio::time::sleep(LOOK_EVERY.min(times.ttl / RENEWALS)).await;
        }
    }

    fn keep(holding: Holding, sent: LeaseTime, inherited: Value) -> Self {
        let deadline = Arc::new(Deadline::at(sent, holding.times.ttl));
        let stop = Arc::new(Notify::new());
        let renewing = AbortOnDrop::spawn(holding.renew_until(stop.clone(), deadline.clone()));
        Self { deadline, inherited, stop, renewing: Some(renewing) }
    }

    /// Until when it holds.
    pub(crate) fn deadline(&self) -> Arc<Deadline> {
        self.deadline.clone()
    }

    /// What the last holder wanted the next one to know, if it has not given the lease back.
    pub(crate) fn inherited(&self) -> &Value {
        &self.inherited
    }

    /// Gives it back, so that the next one need not wait. The next one hears `note`.
    pub(crate) async fn release(mut self, note: Value) -> Result<(), StorageError> {
        match self.end().await {
            Some(mut holding) => holding.release(note).await.map(drop),
            None => Ok(()),
        }
    }

    /// Gives it back and removes the object. For leases that only keep others from a name: whoever
    /// takes it in the moment before the removal loses it again.
    pub(crate) async fn remove(mut self) -> Result<(), StorageError> {
        let Some(mut holding) = self.end().await else { return Ok(()) };
        match holding.release(Value::Null).await? {
            true => holding.bucket.delete(&holding.key).await,
            false => Ok(()),
        }
    }

    /// Ends the renewals; `None` after a panic in them.
    async fn end(&mut self) -> Option<Holding> {
        self.stop.notify_one();
        let holding = self.renewing.take()?.await.ok();
        self.deadline.end();
        holding
    }
}

impl Deadline {
    fn at(sent: LeaseTime, ttl: Duration) -> Self {
        let deadline =
            Self { boot_ns: AtomicI64::new(0), wall_ms: AtomicI64::new(0), is_lost: AtomicBool::new(false) };
        deadline.renew(sent, ttl);
        deadline
    }

    fn renew(&self, sent: LeaseTime, ttl: Duration) {
        self.boot_ns.store(sent.boot_ns + ttl.as_nanos() as i64, Ordering::Release);
        self.wall_ms.store(sent.wall_ms + ttl.as_millis() as i64, Ordering::Release);
    }

    fn end(&self) {
        self.is_lost.store(true, Ordering::Release);
    }

    /// Whether it holds now.
    pub(crate) fn holds(&self) -> bool {
        let now = LeaseTime::now();
        !self.is_lost.load(Ordering::Acquire)
            && now.boot_ns < self.boot_ns.load(Ordering::Acquire)
            && now.wall_ms < self.wall_ms.load(Ordering::Acquire)
    }
}

impl Record {
    /// Whether another may take its place, when it has not changed for so long.
    fn may_be_taken(&self, unchanged_for: Duration) -> bool {
        let lasts = Duration::try_from_secs_f64(self.ttl_s + self.handover_s).unwrap_or(Duration::MAX);
        let is_dead = || self.process.as_deref().is_some_and(this_process::has_ended_here);
        self.released || unchanged_for > lasts || is_dead()
    }

    fn bytes(&self) -> Bytes {
        serde_json::to_vec_pretty(self).expect("a record has only text and numbers").into()
    }
}

/// Another's record, and the version to replace.
type Other = Option<(Record, ObjectVersion)>;

impl Holding {
    async fn create(
        bucket: &Bucket,
        key: &str,
        record: &Record,
        times: LeaseTimes,
    ) -> Result<Result<Self, Other>, StorageError> {
        match bucket.put(key, record.bytes(), PutIf::Absent).await {
            Ok(version) => Ok(Ok(Self::of(bucket, key, record, version, times))),
            Err(error) if is_refused(&error) => match read(bucket, key).await? {
                // The reply to an earlier try was lost.
                Some((found, version)) if found.token == record.token => {
                    Ok(Ok(Self::of(bucket, key, record, version, times)))
                }
                other => Ok(Err(other)),
            },
            Err(error) => Err(error),
        }
    }

    async fn replace(
        bucket: &Bucket,
        key: &str,
        record: &Record,
        version: ObjectVersion,
        times: LeaseTimes,
    ) -> Result<Option<Self>, StorageError> {
        match bucket.put(key, record.bytes(), PutIf::Unchanged(version)).await {
            Ok(version) => Ok(Some(Self::of(bucket, key, record, version, times))),
            Err(error) if is_refused(&error) => Ok(match read(bucket, key).await? {
                Some((found, version)) if found.token == record.token => {
                    Some(Self::of(bucket, key, record, version, times))
                }
                _ => None,
            }),
            Err(error) => Err(error),
        }
    }

    fn of(bucket: &Bucket, key: &str, record: &Record, version: ObjectVersion, times: LeaseTimes) -> Self {
        Self { bucket: bucket.clone(), key: key.to_owned(), record: record.clone(), version, times }
    }

    /// Renews the lease until it is given back or lost.
    async fn renew_until(mut self, stop: Arc<Notify>, deadline: Arc<Deadline>) -> Self {
        let mut pause = self.times.ttl / RENEWALS;
        loop {
            tokio::select! {
                () = stop.notified() => return self,
                () = tokio::time::sleep(pause) => {}
            }
            let sent = LeaseTime::now();
            self.record.renewals += 1;
            pause = match self.put().await {
                Ok(true) => {
                    deadline.renew(sent, self.times.ttl);
                    self.times.ttl / RENEWALS
                }
                Ok(false) => {
                    deadline.end();
                    return self;
                }
                // The store may be back before the deadline.
                Err(_) => RENEW_AGAIN_AFTER,
            };
        }
    }

    /// Puts the record in the place of the last one; false if another's is there.
    async fn put(&mut self) -> Result<bool, StorageError> {
        match self.bucket.put(&self.key, self.record.bytes(), PutIf::Unchanged(self.version.clone())).await {
            Ok(version) => {
                self.version = version;
                Ok(true)
            }
            Err(error) if is_refused(&error) => match read(&self.bucket, &self.key).await? {
                Some((found, version)) if found.token == self.record.token => {
                    self.version = version;
                    // Either this put, whose reply was lost, or one before it.
                    Ok(found.renewals == self.record.renewals || Box::pin(self.put()).await?)
                }
                _ => Ok(false),
            },
            Err(error) => Err(error),
        }
    }

    /// Says that it is given back; false if it was lost.
    async fn release(&mut self, note: Value) -> Result<bool, StorageError> {
        self.record.released = true;
        self.record.renewals += 1;
        self.record.note = note;
        self.put().await
    }
}

/// Somebody else has put the object, or one's own put succeeded and its reply was lost.
fn is_refused(error: &StorageError) -> bool {
    matches!(
        error.kind(),
        StorageErrorKind::AlreadyExists | StorageErrorKind::Changed | StorageErrorKind::NotFound
    )
}

async fn read(bucket: &Bucket, key: &str) -> Result<Other, StorageError> {
    match bucket.get(key).await {
        Ok((content, version)) => match serde_json::from_slice(&content) {
            Ok(record) => Ok(Some((record, version))),
            Err(fault) => Err(StorageError::new(bucket.url(key), StorageErrorKind::Failed)
                .because("this object is not a lease; it was not changed")
                .with_source(fault)),
        },
        Err(error) if error.kind() == StorageErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
