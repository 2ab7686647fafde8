//! The names of columns, made unique within a file.

use std::collections::{HashMap, HashSet};

/// Gives every column a name of its own: `column_3` where the third is blank, `phone_2` where there
/// is a `phone` already. Names that are unique stay as they are.
pub(super) fn unique_names(written: &[String]) -> Vec<String> {
    let reserved: HashSet<&str> = written.iter().map(String::as_str).collect();
    let mut taken: HashSet<String> = HashSet::new();
    // Where to go on counting for each name: thousands of columns may have the same.
    let mut next_numbers: HashMap<String, usize> = HashMap::new();
    let mut names = Vec::with_capacity(written.len());
    for (index, name) in written.iter().enumerate() {
        let blank = name.trim().is_empty();
        let wanted = if blank { format!("column_{}", index + 1) } else { name.clone() };
        let is_free = |name: &str, own: bool| !taken.contains(name) && (own || !reserved.contains(name));
        let unique = match is_free(&wanted, !blank) {
            true => wanted,
            false => {
                let next = next_numbers.entry(wanted.clone()).or_insert(2);
                loop {
                    let name = format!("{wanted}_{next}");
                    *next += 1;
                    if is_free(&name, false) {
                        break name;
                    }
                }
            }
        };
        taken.insert(unique.clone());
        names.push(unique);
    }
    names
}

/// Names for columns without any.
pub(super) fn numbered_names(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("column_{number}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_gets_a_name_of_its_own() {
        for (written, unique) in [
            (vec!["name", "phone"], vec!["name", "phone"]),
            (vec!["phone", "phone", "phone"], vec!["phone", "phone_2", "phone_3"]),
            (vec!["phone", "phone", "phone_2"], vec!["phone", "phone_3", "phone_2"]),
            (vec!["", " ", "x"], vec!["column_1", "column_2", "x"]),
            (vec!["column_2", ""], vec!["column_2", "column_2_2"]),
        ] {
            let written: Vec<String> = written.into_iter().map(Into::into).collect();
            assert_eq!(unique_names(&written), unique);
        }
    }
}
