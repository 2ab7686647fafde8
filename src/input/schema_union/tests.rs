//! Columns of several files become one list without a loss.

use arrow::array::{Array, AsArray, Float64Array, Int32Array, Int64Array, RecordBatch};
use arrow::datatypes::TimeUnit;

use super::*;
use crate::input::partition_path::partitions_of;

fn file(name: &str, fields: &[(&str, DataType)]) -> FileColumns {
    let fields: Vec<Field> =
        fields.iter().map(|(name, kind)| Field::new(*name, kind.clone(), false)).collect();
    FileColumns::new(Path::new(name), Arc::new(Schema::new(fields)), None)
}

fn shown(union: &SchemaUnion) -> Vec<String> {
    let sign = |field: &Field| if field.is_nullable() { "?" } else { "" };
    let fields = union.schema.fields().iter();
    fields.map(|field| format!("{}{}: {}", field.name(), sign(field), field.data_type())).collect()
}

#[test]
fn columns_are_united_by_name() {
    use DataType::{Int64, Utf8};
    let files = [
        file("a.csv", &[("id", Int64), ("Phone", Utf8)]),
        file("b.csv", &[("phone", Utf8), ("id", Int64)]),
        file("c.csv", &[("id", Int64), ("plan", Utf8)]),
    ];
    let union = unite(&files).unwrap();
    assert_eq!(shown(&union), ["id: Int64", "Phone?: Utf8", "plan?: Utf8"]);
    let remarks = union.remarks.join("\n");
    for part in [
        "`Phone` is missing in c.csv; it is null there",
        "`plan` is missing in a.csv and 1 more",
        "`phone` of b.csv is read as `Phone`",
        "1 file has the columns in another order than a.csv",
    ] {
        assert!(remarks.contains(part), "{remarks}");
    }
}

#[test]
fn files_with_the_same_columns_need_no_work() {
    let files = [file("a", &[("id", DataType::Int64)]), file("b", &[("id", DataType::Int64)])];
    let union = unite(&files).unwrap();
    assert!(union.adapters.iter().all(Option::is_none) && union.remarks.is_empty());
}

#[test]
fn names_that_differ_in_case_within_a_file_stay_apart() {
    let kind = || DataType::Utf8;
    let files = [file("a", &[("id", kind()), ("ID", kind())]), file("b", &[("ID", kind()), ("Id", kind())])];
    assert_eq!(shown(&unite(&files).unwrap()), ["id?: Utf8", "ID: Utf8", "Id?: Utf8"]);
}

#[test]
fn types_are_widened_as_long_as_every_value_is_exact() {
    use DataType::*;
    let text = |kind: &DataType| Dictionary(Box::new(Int32), Box::new(kind.clone()));
    let list = |kind| List(Arc::new(Field::new_list_field(kind, true)));
    let structure =
        |names: &[&str]| Struct(names.iter().map(|name| Field::new(*name, Utf8, false)).collect());
    for (one, other, expected) in [
        (Int32, Int64, Some(Int64)),
        (UInt32, Int32, Some(Int64)),
        (UInt8, UInt16, Some(UInt16)),
        (UInt64, Int64, Some(Decimal128(20, 0))),
        (Int64, Float64, Some(Float64)),
        (Int32, Float32, Some(Float64)),
        (Int16, Float32, Some(Float32)),
        (Decimal128(18, 0), Int64, Some(Decimal128(20, 0))),
        (Decimal128(18, 0), Decimal128(20, 2), Some(Decimal128(20, 2))),
        (Decimal128(38, 0), Decimal128(38, 10), Some(Decimal256(48, 10))),
        (Decimal128(18, 2), Float64, Some(Utf8)),
        (Null, Int64, Some(Int64)),
        (Null, list(Utf8), Some(list(Utf8))),
        (Utf8, LargeUtf8, Some(LargeUtf8)),
        (Utf8, text(&Utf8), Some(Utf8)),
        (text(&Utf8), text(&Utf8View), Some(LargeUtf8)),
        (Utf8, Int64, Some(Utf8)),
        (Boolean, Int64, Some(Utf8)),
        (Binary, Utf8, Some(LargeBinary)),
        (Binary, Int64, None),
        (
            Timestamp(TimeUnit::Second, None),
            Timestamp(TimeUnit::Microsecond, None),
            Some(Timestamp(TimeUnit::Microsecond, None)),
        ),
        (Timestamp(TimeUnit::Second, None), Timestamp(TimeUnit::Second, Some("UTC".into())), Some(Utf8)),
        (Date32, Timestamp(TimeUnit::Second, None), Some(Timestamp(TimeUnit::Second, None))),
        (list(Int32), list(Int64), Some(list(Int64))),
        (list(Int32), Int32, None),
        (structure(&["a"]), structure(&["b"]), None),
        (structure(&["a"]), Utf8, None),
    ] {
        let both = [(one.clone(), other.clone()), (other.clone(), one.clone())];
        for (one, other) in both {
            let found = united(&one, &other, WholeNumbers::ExactAsDouble);
            if let (Struct(_), Some(Struct(fields))) = (&one, &found) {
                assert_eq!(fields.len(), 2);
                assert!(fields.iter().all(|field| field.is_nullable()));
            } else {
                assert_eq!(found, expected, "{one} and {other}");
            }
        }
    }
    assert_eq!(united(&Int64, &Float64, WholeNumbers::Unknown), Some(Utf8));
}

#[test]
fn whole_numbers_that_floating_point_cannot_hold_become_text() {
    let mut files = [file("a", &[("id", DataType::Int64)]), file("b", &[("id", DataType::Float64)])];
    assert_eq!(shown(&unite(&files).unwrap()), ["id: Float64"]);
    files[0].wide_integers.insert("id".into());
    assert_eq!(shown(&unite(&files).unwrap()), ["id: Utf8"]);
}

#[test]
fn batches_are_brought_into_the_schema_of_the_list() {
    let files = [
        file("a", &[("id", DataType::Int32), ("x", DataType::Float64)]),
        file("b", &[("y", DataType::Utf8), ("id", DataType::Int64)]),
    ];
    let union = unite(&files).unwrap();
    let columns: Vec<ArrayRef> =
        vec![Arc::new(Int32Array::from(vec![7])), Arc::new(Float64Array::from(vec![0.5]))];
    let batch = RecordBatch::try_new(files[0].schema.clone(), columns).unwrap();
    let adapted = union.adapters[0].as_ref().unwrap().adapt(&batch).unwrap();
    assert_eq!(adapted.schema(), union.schema);
    assert_eq!(adapted.column(0).as_ref(), &Int64Array::from(vec![7]));
    assert!(adapted.column(2).is_null(0));
}

#[test]
fn nested_values_are_converted_with_their_nulls() {
    let folder = |fields: &[(&str, DataType)]| {
        let fields: Vec<Field> =
            fields.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect();
        DataType::Struct(fields.into())
    };
    let (old, new) =
        (folder(&[("a", DataType::Int32)]), folder(&[("b", DataType::Utf8), ("a", DataType::Int64)]));
    let to = united(&old, &new, WholeNumbers::Unknown).unwrap();
    let DataType::Struct(fields) = &old else { panic!("a struct") };
    let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), Some(2), None]));
    let nulls = Some(vec![true, false, true].into());
    let array: ArrayRef = Arc::new(arrow::array::StructArray::new(fields.clone(), vec![values], nulls));
    let converted = converted(&array, &to).unwrap();
    let structs = converted.as_struct();
    assert_eq!(
        structs.column_by_name("a").unwrap().as_ref(),
        &Int64Array::from(vec![Some(1), Some(2), None])
    );
    assert!(structs.is_null(1) && structs.column_by_name("b").unwrap().is_null(0));
}

#[test]
fn partitions_are_columns_unless_the_file_has_them_itself() {
    let path = Path::new("c=GB/d=__HIVE_DEFAULT_PARTITION__/x.csv");
    let listed = ListFile::local(path.to_owned(), partitions_of(path));
    let schema = |names: &[&str]| {
        Arc::new(Schema::new(
            names.iter().map(|name| Field::new(*name, DataType::Utf8, false)).collect::<Vec<_>>(),
        ))
    };
    let text = |values: &[&str]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let files = [
        FileColumns::new(path, schema(&["phone"]), Some(&listed)),
        FileColumns::new(path, schema(&["phone", "c"]), Some(&listed)),
    ];
    let union = unite(&files).unwrap();
    let adapt = |index: usize, columns: Vec<ArrayRef>| {
        let names: &[&str] = if index == 0 { &["phone"] } else { &["phone", "c"] };
        let batch = RecordBatch::try_new(schema(names), columns).unwrap();
        let adapted = union.adapters[index].as_ref().unwrap().adapt(&batch).unwrap();
        let c = adapted.column_by_name("c").unwrap().as_string::<i32>().value(0).to_owned();
        (c, adapted.column_by_name("d").unwrap().is_null(0))
    };
    assert_eq!(adapt(0, vec![text(&["1"])]), ("GB".into(), true));
    assert_eq!(adapt(1, vec![text(&["1"]), text(&["own"])]), ("own".into(), true));
}

#[test]
fn what_cannot_be_united_is_named_with_both_files() {
    let list = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
    for (other, parts) in [
        (file("b.csv", &[("phone", list)]), ["`phone` is Utf8 in the first and List", "a.csv"]),
        (
            file("b.csv", &[("tel", DataType::Utf8)]),
            ["no column is in both", "`phone` in the first and `tel`"],
        ),
    ] {
        let message = unite(&[file("a.csv", &[("phone", DataType::Utf8)]), other]).err().unwrap().to_string();
        assert!(parts.iter().all(|part| message.contains(part)) && message.contains("b.csv"), "{message}");
    }
}
