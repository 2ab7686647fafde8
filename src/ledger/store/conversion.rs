//! Files of format 1, which have an entry for each number, become files with blocks.
//!
//! It is done in one transaction when such a file is opened: if it is cut off, the file is as it was
//! before.

use redb::{ReadableTable, WriteTransaction};

use super::answer_blocks::{BlockWriter, Change};
use super::database::Database;
use super::metadata;
use super::store_fault::StoreFault;
use super::tables::{AnswerBytes, FORMAT, METADATA, TOTALS, WRITE_BATCH, blocks, single_answers};
use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::packed_answer::PackedAnswer;
use crate::model::Msisdn;

/// Converts the file, if it needs to be.
pub(super) fn to_blocks(database: &Database) -> Result<(), StoreFault> {
    let format = FORMAT.to_string();
    if metadata::read(&database.begin_read()?, "format")?.as_deref() == Some(&*format) {
        return Ok(());
    }
    let transaction = database.begin_write()?;
    transaction.open_table(TOTALS)?;
    for scope in AnswerScope::ALL {
        transaction.open_table(blocks(scope))?;
        convert(&transaction, scope)?;
        transaction.delete_table(single_answers(scope))?;
    }
    transaction.open_table(METADATA)?.insert("format", format.as_str())?;
    transaction.commit()?;
    Ok(())
}

/// An answer that is damaged ends the conversion, and the file stays as it was.
fn convert(transaction: &WriteTransaction, scope: AnswerScope) -> Result<(), StoreFault> {
    let single = transaction.open_table(single_answers(scope))?;
    let mut writer = BlockWriter::open(transaction, scope)?;
    let mut entries = single.iter()?.peekable();
    while entries.peek().is_some() {
        let mut batch: Vec<Change> = Vec::with_capacity(WRITE_BATCH);
        for entry in entries.by_ref().take(WRITE_BATCH) {
            let (number, bytes) = entry?;
            batch.push((number.value(), Some(answer(number.value(), bytes.value())?)));
        }
        writer.change(&batch, |_, _| true)?;
    }
    Ok(writer.finish()?)
}

fn answer(number: u64, bytes: &AnswerBytes) -> Result<PackedAnswer, StoreFault> {
    let msisdn = Msisdn::new(number).ok_or(StoreFault::Damaged)?;
    PackedAnswer::from_bytes(bytes, msisdn).ok_or(StoreFault::Damaged)
}
