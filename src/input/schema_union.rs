//! The columns of several files become those of one list: united by name, in the order in which
//! they first appear, with types that hold every value.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::error::InputError;
use super::source::ListFile;
use super::united_type::{WholeNumbers, converted, united};
use crate::humanize::counted;

/// The columns of one file.
pub(super) struct FileColumns {
    path: PathBuf,
    /// Those in the file, then those of its partitions.
    schema: SchemaRef,
    partitions: Vec<Option<String>>,
    /// The columns of whole numbers with values beyond 2^53, or that may have some.
    pub(super) wide_integers: HashSet<String>,
}

impl FileColumns {
    /// Where a file has a column of the name of its partition, the file's own counts.
    pub(super) fn new(path: &Path, schema: SchemaRef, file: Option<&ListFile>) -> Self {
        let own = file.map(ListFile::partitions).unwrap_or_default().iter();
        let added: Vec<_> = own.filter(|partition| schema.index_of(&partition.name).is_err()).collect();
        let partitions = added.iter().map(|partition| partition.value.clone()).collect();
        let schema = match added.is_empty() {
            true => schema,
            false => {
                let fields =
                    added.iter().map(|partition| Arc::new(Field::new(&partition.name, DataType::Utf8, true)));
                let fields: Vec<_> = schema.fields().iter().cloned().chain(fields).collect();
                Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
            }
        };
        Self { path: path.to_owned(), schema, partitions, wide_integers: HashSet::new() }
    }

    fn own_columns(&self) -> usize {
        self.schema.fields().len() - self.partitions.len()
    }
}

/// The columns of a list, and how each file's become them.
pub(super) struct SchemaUnion {
    pub(super) schema: SchemaRef,
    /// What was different, as sentences for the user.
    pub(super) remarks: Vec<String>,
    /// In the order of the files; `None` where the batches fit as they are, except for metadata and
    /// nullability.
    pub(super) adapters: Vec<Option<BatchAdapter>>,
}

/// Unites the columns of these files, at least one.
///
/// Columns are the same if their names are, or if only the case of the names differs.
///
/// # Errors
///
/// When two columns of one name cannot be united, or a file has no column in common with the others.
pub(super) fn unite(files: &[FileColumns]) -> Result<SchemaUnion, InputError> {
    let mut columns = Columns::of_first(&files[0]);
    for (index, file) in files.iter().enumerate().skip(1) {
        if file.schema.fields() == files[0].schema.fields() {
            columns.add_same(index);
        } else {
            columns.add(index, file, files)?;
        }
    }
    let metadata = files[0].schema.metadata().clone();
    let schema = Arc::new(Schema::new_with_metadata(columns.fields(), metadata));
    let adapters =
        files.iter().enumerate().map(|(index, file)| columns.adapter(index, file, &schema)).collect();
    Ok(SchemaUnion { remarks: columns.remarks(files), schema, adapters })
}

/// A column of the list while the files are gone through.
struct Column {
    field: Field,
    whole: WholeNumbers,
    /// Its place in each file.
    places: Vec<Option<usize>>,
}

struct Columns {
    columns: Vec<Column>,
    by_name: HashMap<String, usize>,
    /// The names under which a file has a column of another spelling.
    respelled: Vec<String>,
    reordered: usize,
}

impl Columns {
    fn of_first(file: &FileColumns) -> Self {
        let column = |(place, field): (usize, &Arc<Field>)| Column {
            field: field.as_ref().clone(),
            whole: whole_numbers(file, field.name()),
            places: vec![Some(place)],
        };
        let columns: Vec<Column> = file.schema.fields().iter().enumerate().map(column).collect();
        let by_name =
            columns.iter().enumerate().map(|(place, column)| (column.field.name().clone(), place)).collect();
        Self { columns, by_name, respelled: Vec::new(), reordered: 0 }
    }

    fn add_same(&mut self, index: usize) {
        for column in &mut self.columns {
            let place = column.places[0];
            column.places.resize(index, None);
            column.places.push(place);
        }
    }

    fn add(&mut self, index: usize, file: &FileColumns, files: &[FileColumns]) -> Result<(), InputError> {
        self.columns.iter_mut().for_each(|column| column.places.resize(index + 1, None));
        let matched = self.matched(file);
        let own = &matched[..file.own_columns()];
        if !own.is_empty() && own.iter().all(Option::is_none) {
            return Err(nothing_in_common(&files[0], file));
        }
        let known: Vec<usize> = matched.iter().flatten().copied().collect();
        self.reordered += usize::from(!known.is_sorted());
        for (place, (field, column)) in file.schema.fields().iter().zip(matched).enumerate() {
            match column {
                Some(column) => self.widen(column, index, place, file, files)?,
                None => self.append(field, index, place, file),
            }
        }
        Ok(())
    }

    /// Which column each of the file's fields is: by its exact name, or by the only one that
    /// differs in case and blanks alone.
    fn matched(&self, file: &FileColumns) -> Vec<Option<usize>> {
        let fields = file.schema.fields();
        let mut matched: Vec<Option<usize>> = Vec::with_capacity(fields.len());
        for field in fields {
            // Of two columns of one name in a file, the second is a column of its own.
            let same = self.by_name.get(field.name()).copied();
            matched.push(same.filter(|column| !matched.contains(&Some(*column))));
        }
        let mut folded: HashMap<String, Option<usize>> = HashMap::new();
        for (place, column) in self.columns.iter().enumerate() {
            let only = |found: &mut Option<usize>| *found = None;
            folded.entry(fold(column.field.name())).and_modify(only).or_insert(Some(place));
        }
        for (place, field) in fields.iter().enumerate() {
            if matched[place].is_none()
                && let Some(Some(column)) = folded.get(&fold(field.name()))
                && !matched.contains(&Some(*column))
            {
                matched[place] = Some(*column);
            }
        }
        matched
    }

    fn widen(
        &mut self,
        column: usize,
        index: usize,
        place: usize,
        file: &FileColumns,
        files: &[FileColumns],
    ) -> Result<(), InputError> {
        let field = file.schema.field(place);
        let column = &mut self.columns[column];
        column.places[index] = Some(place);
        if column.field.name() != field.name() {
            let (path, name, known) = (file.path.display(), field.name(), column.field.name());
            self.respelled.push(format!("column `{name}` of {path} is read as `{known}`"));
        }
        if whole_numbers(file, field.name()) == WholeNumbers::Unknown {
            column.whole = WholeNumbers::Unknown;
        }
        let (kind, other) = (column.field.data_type(), field.data_type());
        let Some(united) = united(kind, other, column.whole) else {
            let name = column.field.name();
            let with = column.places.iter().position(Option::is_some).unwrap_or(0);
            return Err(InputError::DifferentColumns {
                first: files[with].path.clone(),
                other: file.path.clone(),
                difference: format!("`{name}` is {kind} in the first and {other} in the other"),
            });
        };
        column.field.set_data_type(united);
        column.field.set_nullable(column.field.is_nullable() || field.is_nullable());
        Ok(())
    }

    fn append(&mut self, field: &Field, index: usize, place: usize, file: &FileColumns) {
        let mut places = vec![None; index];
        places.push(Some(place));
        self.by_name.entry(field.name().clone()).or_insert(self.columns.len());
        let whole = whole_numbers(file, field.name());
        self.columns.push(Column { field: field.clone(), whole, places });
    }

    fn fields(&self) -> Vec<Field> {
        let is_missing = |column: &Column| column.places.iter().any(Option::is_none);
        let field = |column: &Column| {
            let nullable = column.field.is_nullable() || is_missing(column);
            column.field.clone().with_nullable(nullable)
        };
        self.columns.iter().map(field).collect()
    }

    fn adapter(&self, index: usize, file: &FileColumns, schema: &SchemaRef) -> Option<BatchAdapter> {
        let own = file.own_columns();
        let source = |column: &Column| match column.places[index] {
            Some(place) if place >= own => Source::Constant(file.partitions[place - own].clone()),
            Some(place) => Source::Column(place),
            None => Source::Missing,
        };
        let sources: Vec<Source> = self.columns.iter().map(source).collect();
        let is_as_it_is = sources.len() == own
            && sources.iter().enumerate().all(|(place, source)| *source == Source::Column(place))
            && schema
                .fields()
                .iter()
                .zip(file.schema.fields())
                .all(|(one, two)| one.data_type() == two.data_type());
        (!is_as_it_is).then(|| BatchAdapter { sources, schema: schema.clone() })
    }

    fn remarks(&self, files: &[FileColumns]) -> Vec<String> {
        let mut remarks = Vec::new();
        for column in &self.columns {
            let name = column.field.name();
            let missing: Vec<usize> =
                (0..files.len()).filter(|index| column.places[*index].is_none()).collect();
            if let [first, ..] = missing[..] {
                let (path, others) = (files[first].path.display(), missing.len() - 1);
                let more = if others == 0 { String::new() } else { format!(" and {others} more") };
                remarks.push(format!("column `{name}` is missing in {path}{more}; it is null there"));
            }
            let is_other = |index: &usize| {
                let kind = column.places[*index].map(|place| files[*index].schema.field(place).data_type());
                kind.is_some_and(|kind| kind != column.field.data_type())
            };
            if let Some(index) = (0..files.len()).find(is_other) {
                let place = column.places[index].expect("a missing column has no type");
                let (from, to) = (files[index].schema.field(place).data_type(), column.field.data_type());
                let path = files[index].path.display();
                remarks.push(format!("column `{name}` is {from} in {path} and is read as {to}"));
            }
        }
        remarks.extend(self.respelled.iter().cloned());
        if self.reordered > 0 {
            let (count, first) = (self.reordered, files[0].path.display());
            let (files, have) = (counted(count as u64, "file"), if count == 1 { "has" } else { "have" });
            remarks.push(format!(
                "{files} {have} the columns in another order than {first}; they are matched by name"
            ));
        }
        remarks
    }
}

fn whole_numbers(file: &FileColumns, name: &str) -> WholeNumbers {
    match file.wide_integers.contains(name) {
        true => WholeNumbers::Unknown,
        false => WholeNumbers::ExactAsDouble,
    }
}

fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

fn nothing_in_common(first: &FileColumns, other: &FileColumns) -> InputError {
    let name = |file: &FileColumns| {
        file.schema.fields().first().map(|field| field.name().clone()).unwrap_or_default()
    };
    let (one, two) = (name(first), name(other));
    InputError::DifferentColumns {
        first: first.path.clone(),
        other: other.path.clone(),
        difference: format!(
            "no column is in both; the first is `{one}` in the first and `{two}` in the other"
        ),
    }
}

/// Where a column of the list comes from in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Column(usize),
    /// The same value in every row, from the name of a folder.
    Constant(Option<String>),
    Missing,
}

/// Brings the batches of one file into the schema of the list.
#[derive(Clone, Debug)]
pub(super) struct BatchAdapter {
    sources: Vec<Source>,
    schema: SchemaRef,
}

impl BatchAdapter {
    /// Fails where a value has no place in the united type, such as an ancient date in nanoseconds.
    pub(super) fn adapt(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let rows = batch.num_rows();
        let column = |(source, field): (&Source, &Arc<Field>)| -> Result<ArrayRef, ArrowError> {
            match source {
                Source::Column(place) => converted(batch.column(*place), field.data_type()),
                Source::Constant(Some(value)) => {
                    let text: ArrayRef =
                        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, rows)));
                    converted(&text, field.data_type())
                }
                Source::Constant(None) | Source::Missing => Ok(new_null_array(field.data_type(), rows)),
            }
        };
        let columns = self.sources.iter().zip(self.schema.fields()).map(column).collect::<Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
    }
}

#[cfg(test)]
mod tests;
