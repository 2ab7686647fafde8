//! The rest of a connection after an answer.

use std::sync::Arc;

use tokio::time::Instant;

use super::connection::{Connection, Silence};
use super::connection_pool::{ConnectionPool, REST};
use super::doubt::{Exchanged, repeats};
use super::http_exchange::surplus;
use crate::model::Fault;

/// The rest of the connection that an answer came on. The answer is certain when it is over.
#[derive(Debug, Default)]
pub struct Rest(Option<Box<Resting>>);

#[derive(Debug)]
struct Resting {
    connection: Connection,
    exchanged: Exchanged,
    pool: Arc<ConnectionPool>,
}

impl Rest {
    /// For a connection that takes no further request: each had only one.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    pub(super) fn new(connection: Connection, exchanged: Exchanged, pool: Arc<ConnectionPool>) -> Self {
        Self(Some(Box::new(Resting { connection, exchanged, pool })))
    }

    /// Whether there is nothing to wait for.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.is_none()
    }

    /// Waits for the end of the rest.
    ///
    /// # Errors
    ///
    /// If something else arrived after the answer: it may belong to another number.
    pub async fn finish(self) -> Result<(), Fault> {
        let Some(resting) = self.0 else { return Ok(()) };
        let Resting { mut connection, exchanged, pool } = *resting;
        let end = exchanged.at + REST;
        // A timer costs more than a look at the clock, and most rests are over.
        if Instant::now() < end {
            tokio::time::sleep_until(end).await;
        }
        match connection.heard() {
            Silence::Quiet => pool.put_back(connection, exchanged),
            Silence::Closed => {}
            Silence::Broken(bytes) => {
                let repeats = repeats(&bytes, &exchanged.answer);
                if repeats {
                    connection.history.push(exchanged);
                }
                pool.note_surplus(connection, &bytes);
                return if repeats { Ok(()) } else { Err(surplus()) };
            }
        }
        Ok(())
    }
}
