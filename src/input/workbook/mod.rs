//! Lists in workbooks: xlsx, xlsb, xls and ods. Every cell becomes the text that a person sees, as
//! far as nothing is lost by it, so that a sheet is read as its CSV export would be.
//!
//! xlsx and xlsb are streamed. xls and ods are held as a whole, so their size is limited.

mod kind;
#[cfg(not(feature = "xlsx"))]
mod unsupported;

#[cfg(feature = "xlsx")]
mod archive;
#[cfg(feature = "xlsx")]
mod cell_text;
#[cfg(feature = "xlsx")]
mod number_format;
#[cfg(feature = "xlsx")]
mod open;
#[cfg(feature = "xlsx")]
mod row_batches;
#[cfg(feature = "xlsx")]
mod sheet;
#[cfg(feature = "xlsx")]
mod sheet_choice;
#[cfg(feature = "xlsx")]
mod table;
#[cfg(test)]
#[cfg(feature = "xlsx")]
mod tests;

pub(super) use self::kind::is_workbook;
#[cfg(feature = "xlsx")]
pub(super) use self::open::open_files;
#[cfg(not(feature = "xlsx"))]
pub(super) use self::unsupported::open_files;
