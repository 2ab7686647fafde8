//! What is done to a whole ledger: reading it through, taking answers in and out, giving room back.

use std::fs;
use std::sync::atomic::Ordering;

use redb::{ReadableTable, ReadableTableMetadata};

use super::{ABOUT, AnswersOf, IfMissing, SLICE, Store, TEXTS, answer_of, answers, refused};
use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::error::LedgerError;
use crate::ledger::packed_answer::PackedAnswer;
use crate::model::Msisdn;
use crate::staging::{parent_folder, sync_folder};

impl Store {
    /// How many answers a scope has.
    pub(in crate::ledger) fn count(&self, scope: AnswerScope) -> Result<u64, LedgerError> {
        let count = || -> Result<_, redb::Error> {
            Ok(self.database.begin_read()?.open_table(answers(scope))?.len()?)
        };
        count().map_err(|fault| self.fault("read", fault))
    }

    /// How large the file is, in bytes.
    pub(in crate::ledger) fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// The next answers of a scope, by number, after this one; at most so many.
    pub(in crate::ledger) fn page(
        &self,
        scope: AnswerScope,
        after: Option<Msisdn>,
        most: usize,
    ) -> Result<Vec<(Msisdn, PackedAnswer)>, LedgerError> {
        let mut page = Vec::new();
        let mut sound = true;
        let read = (|| -> Result<(), redb::Error> {
            let table = self.database.begin_read()?.open_table(answers(scope))?;
            let first = after.map_or(0, |msisdn| msisdn.get() + 1);
            for entry in table.range(first..)?.take(most) {
                let (number, bytes) = entry?;
                let answer = answer_of(number.value(), bytes.value());
                sound &= answer.is_some();
                page.extend(answer);
            }
            Ok(())
        })();
        read.map_err(|fault| self.fault("read", fault))?;
        if sound { Ok(page) } else { Err(self.wrong_sum()) }
    }

    /// Puts answers on a scope where it has none for the number, or an older one. Gives how many it took.
    pub(in crate::ledger) fn put_newer(
        &self,
        scope: AnswerScope,
        mut given: Vec<(Msisdn, PackedAnswer)>,
    ) -> Result<u64, LedgerError> {
        given.sort_by_key(|(msisdn, packed)| (*msisdn, packed.checked_at()));
        let put = || -> Result<u64, redb::Error> {
            let mut taken = 0;
            for slice in given.chunks(SLICE) {
                let transaction = self.database.begin_write()?;
                let texts = self.write_texts(&transaction)?;
                {
                    let mut table = transaction.open_table(answers(scope))?;
                    for &(msisdn, packed) in slice {
                        let known = table.get(msisdn.get())?;
                        let known = known.and_then(|bytes| PackedAnswer::from_bytes(bytes.value(), msisdn));
                        if known.is_none_or(|known| known.checked_at() < packed.checked_at()) {
                            table.insert(msisdn.get(), &packed.to_bytes(msisdn))?;
                            taken += 1;
                        }
                    }
                }
                transaction.commit()?;
                self.texts_kept.store(texts, Ordering::Relaxed);
            }
            self.note_filled()?;
            Ok(taken)
        };
        put().map_err(|fault| self.fault("written", fault))
    }

    /// Takes every answer of these numbers out, from all scopes. Gives how many there were.
    pub(in crate::ledger) fn remove(&self, numbers: &[Msisdn]) -> Result<u64, LedgerError> {
        let remove = || -> Result<u64, redb::Error> {
            let mut removed = 0;
            let transaction = self.database.begin_write()?;
            for scope in AnswerScope::ALL {
                let mut table = transaction.open_table(answers(scope))?;
                for msisdn in numbers {
                    removed += u64::from(table.remove(msisdn.get())?.is_some());
                }
            }
            transaction.commit()?;
            self.note_filled()?;
            Ok(removed)
        };
        remove().map_err(|fault| self.fault("written", fault))
    }

    /// Writes everything into a new file, which takes the place of the old one: of what was taken out, nothing is left
    /// in it. (A tree keeps numbers as signposts after their answers are gone.)
    pub(in crate::ledger) fn rewrite(self) -> Result<Self, LedgerError> {
        let (path, cache_bytes) = (self.path.clone(), self.cache_bytes);
        let whose =
            IfMissing::Begin(match self.about("answers")?.as_deref() == Some(AnswersOf::Provider.text()) {
                true => AnswersOf::Provider,
                false => AnswersOf::ThisMachine,
            });
        let refused = |fault| refused(&path, "written", fault);
        let folder = parent_folder(&path);
        let aside = crate::ledger::store::aside_in(folder).map_err(refused)?.into_temp_path();
        let new = Self::open(&aside, whose, cache_bytes)?;
        let copy = || -> Result<(), redb::Error> {
            let (from, to) = (self.database.begin_read()?, new.database.begin_write()?);
            for entry in from.open_table(ABOUT)?.iter()? {
                let (word, text) = entry?;
                to.open_table(ABOUT)?.insert(word.value(), text.value())?;
            }
            for entry in from.open_table(TEXTS)?.iter()? {
                let (place, text) = entry?;
                to.open_table(TEXTS)?.insert(place.value(), text.value())?;
            }
            to.commit()?;
            for scope in AnswerScope::ALL {
                let shelved = from.open_table(answers(scope))?;
                let mut left = shelved.iter()?.peekable();
                while left.peek().is_some() {
                    let to = new.database.begin_write()?;
                    {
                        let mut table = to.open_table(answers(scope))?;
                        for entry in left.by_ref().take(SLICE) {
                            let (number, bytes) = entry?;
                            table.insert(number.value(), bytes.value())?;
                        }
                    }
                    to.commit()?;
                }
            }
            Ok(())
        };
        copy().map_err(|fault| self.fault("written", fault))?;
        new.close()?;
        // Held until the new file has the name, so that nobody records into the old one meanwhile; where an open file cannot
        // be replaced, that moment has to be.
        if !cfg!(unix) {
            self.close()?;
        }
        aside.persist(&path).map_err(|fault| refused(fault.error))?;
        sync_folder(folder);
        if cfg!(unix) {
            self.close()?;
        }
        Self::open(&path, IfMissing::Refuse, cache_bytes)
    }

    /// Takes every answer out that a rule does not keep. Gives how many.
    pub(in crate::ledger) fn retain(&self, keep: impl Fn(PackedAnswer) -> bool) -> Result<u64, LedgerError> {
        let retain = || -> Result<u64, redb::Error> {
            let mut removed = 0;
            let transaction = self.database.begin_write()?;
            for scope in AnswerScope::ALL {
                let mut table = transaction.open_table(answers(scope))?;
                let before = table.len()?;
                table.retain(|number, bytes| {
                    // What cannot be read is not thrown away unasked.
                    answer_of(number, bytes).is_none_or(|(_, packed)| keep(packed))
                })?;
                removed += before - table.len()?;
            }
            transaction.commit()?;
            self.note_filled()?;
            Ok(removed)
        };
        retain().map_err(|fault| self.fault("written", fault))
    }

    /// Gives room that is no longer needed back to the disk.
    pub(in crate::ledger) fn compact(&mut self) -> Result<(), LedgerError> {
        match self.database.compact() {
            Ok(_) => Ok(()),
            Err(fault) => Err(self.fault("written", fault)),
        }
    }

    /// Notes something about the file, or takes the note back.
    pub(in crate::ledger) fn note(&self, word: &str, text: Option<&str>) -> Result<(), LedgerError> {
        let note = || -> Result<(), redb::Error> {
            let transaction = self.database.begin_write()?;
            {
                let mut about = transaction.open_table(ABOUT)?;
                match text {
                    Some(text) => about.insert(word, text)?,
                    None => about.remove(word)?,
                };
            }
            transaction.commit()?;
            Ok(())
        };
        note().map_err(|fault| self.fault("written", fault))
    }
}
