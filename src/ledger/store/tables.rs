//! The tables of the file. Names and layout never change.

use redb::TableDefinition;

use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::packed_answer;

/// The format that this version writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 2;
/// The oldest format that it reads.
pub(super) const OLDEST_FORMAT: u32 = 1;

pub(super) const METADATA: TableDefinition<'_, &str, &str> = TableDefinition::new("about");
pub(super) const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
pub(super) const TEXTS: TableDefinition<'_, u16, &str> = TableDefinition::new("texts");

/// How many answers one transaction writes to a scope. It holds a page of 4 KiB for each in memory.
pub(super) const WRITE_BATCH: usize = if cfg!(test) { 50 } else { 8_000 };

/// The bytes of an answer in the file.
pub(super) type AnswerBytes = [u8; packed_answer::BYTES];

/// How many answers, blocks and bytes each scope has, by its index.
pub(super) const TOTALS: TableDefinition<'_, u8, (u64, u64, u64)> = TableDefinition::new("totals");

/// The table of a scope.
pub(super) const fn blocks(scope: AnswerScope) -> TableDefinition<'static, u64, &'static [u8]> {
    TableDefinition::new(scope.table_name())
}

/// The table of a scope in files of format 1, which have an entry for each number.
pub(super) const fn single_answers(
    scope: AnswerScope,
) -> TableDefinition<'static, u64, &'static AnswerBytes> {
    TableDefinition::new(scope.first_table_name())
}
