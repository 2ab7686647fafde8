//! The tables of the file, and how an answer is read from one. Names and layout never change.

use redb::TableDefinition;

use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::packed_answer;
use crate::ledger::packed_answer::PackedAnswer;
use crate::model::Msisdn;

/// The format that this version writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 1;

pub(super) const METADATA: TableDefinition<'_, &str, &str> = TableDefinition::new("about");
pub(super) const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
pub(super) const TEXTS: TableDefinition<'_, u16, &str> = TableDefinition::new("texts");

/// How many answers one transaction writes to a scope. It holds a page of 4 KiB for each in memory.
pub(super) const WRITE_BATCH: usize = if cfg!(test) { 50 } else { 8_000 };

/// The bytes of an answer in the file.
pub(super) type AnswerBytes = [u8; packed_answer::BYTES];

/// The table of a scope.
pub(super) const fn answers(scope: AnswerScope) -> TableDefinition<'static, u64, &'static AnswerBytes> {
    TableDefinition::new(scope.table_name())
}

/// An entry of a scope's table; `None` if it is damaged.
pub(super) fn read_answer(number: u64, bytes: &AnswerBytes) -> Option<(Msisdn, PackedAnswer)> {
    let msisdn = Msisdn::new(number)?;
    Some((msisdn, PackedAnswer::from_bytes(bytes, msisdn)?))
}
