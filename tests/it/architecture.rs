//! Checks the imports of every source file against the table of ARCHITECTURE.md.

mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use self::rules::{LONGEST_FILE, MAY_IMPORT, MOST_FILES, ONLY_IN, SHARED};

struct SourceFile {
    /// The path below `src/`.
    path: PathBuf,
    /// `["lookup", "queue"]` for `lookup/queue.rs`, `["lookup"]` for `lookup/mod.rs`.
    module: Vec<String>,
    /// Without comments and without unit tests.
    code: String,
    lines: usize,
}

impl SourceFile {
    fn top(&self) -> &str {
        self.module.first().map_or("lib", String::as_str)
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

fn source_files() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests" {
                files.push(source_file(&root, &path));
            }
        }
    }
    assert!(files.len() > 50, "only {} source files were found", files.len());
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn source_file(root: &Path, path: &Path) -> SourceFile {
    let text = fs::read_to_string(path).unwrap();
    let below = path.strip_prefix(root).unwrap().to_owned();
    let mut module: Vec<String> =
        below.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    SourceFile { path: below, module, code: code_of(&text), lines: text.lines().count() }
}

fn code_of(text: &str) -> String {
    let without_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = without_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

/// A path that a file names, from the root of the crate, and whether it is a re-export.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Import {
    path: Vec<String>,
    is_reexport: bool,
}

/// Every path of this crate that the code of a module names, in `use` and inline.
fn imports(module: &[String], code: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        let start = use_statement(statement);
        let Some((before, tree, is_public)) = start else {
            rest.push_str(statement);
            continue;
        };
        rest.push_str(before);
        for path in expand(tree.trim_end_matches(';')) {
            imports.extend(in_full(module, &path).map(|path| Import { path, is_reexport: is_public }));
        }
    }
    for word in rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        if word.contains("::") {
            imports.extend(in_full(module, word).map(|path| Import { path, is_reexport: false }));
        }
    }
    imports
}

/// The text before a `use`, its tree, and whether it is public.
fn use_statement(statement: &str) -> Option<(&str, &str, bool)> {
    let start = statement.rfind("use ").filter(|&start| {
        let line = statement[..start].rsplit('\n').next().unwrap().trim();
        matches!(line, "" | "pub" | "pub(crate)" | "pub(super)")
    })?;
    let roots = ["crate::", "self::", "super::"];
    if !roots.iter().any(|root| statement[start + 4..].starts_with(root)) {
        return None;
    }
    let line_start = statement[..start].rfind('\n').map_or(0, |place| place + 1);
    let is_public = statement[line_start..start].contains("pub");
    Some((&statement[..line_start], &statement[start + 4..], is_public))
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d` and `a::c::e`.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some(brace) = tree.find('{') else {
        return vec![tree.split(" as ").next().unwrap().trim().to_owned()];
    };
    let (prefix, inside) = (&tree[..brace], &tree[brace + 1..tree.rfind('}').unwrap()]);
    let (mut depth, mut branches) = (0, vec![String::new()]);
    for c in inside.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            branches.push(String::new());
        } else {
            branches.last_mut().unwrap().push(c);
        }
    }
    let branches = branches.iter().filter(|branch| !branch.trim().is_empty());
    branches.flat_map(|branch| expand(branch)).map(|path| format!("{prefix}{path}")).collect()
}

/// The path from the root of the crate, if it is in this crate.
fn in_full(module: &[String], path: &str) -> Option<Vec<String>> {
    let mut parts = path.split("::").filter(|part| !part.is_empty());
    let mut full: Vec<String> = match parts.next()? {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module[..module.len().saturating_sub(1)].to_vec(),
        _ => return None,
    };
    for part in parts {
        match part {
            "super" => drop(full.pop()),
            "self" => {}
            _ => full.push(part.to_owned()),
        }
    }
    Some(full)
}

#[test]
fn every_import_is_allowed() {
    let mut surprises = Vec::new();
    for file in source_files() {
        let module = file.top();
        if module == "lib" {
            continue;
        }
        let allowed = MAY_IMPORT.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("module {module} is not in the table"));
        for import in imports(&file.module, &file.code) {
            let Some(target) = import.path.first().map(String::as_str) else { continue };
            if !MAY_IMPORT.iter().any(|(name, _)| *name == target) {
                continue;
            }
            let shared = SHARED.contains(&target) && !SHARED.contains(&module);
            if target != module && !shared && !allowed.contains(&target) {
                surprises.push(format!("{} imports {target}", file.name()));
            }
        }
    }
    surprises.dedup();
    assert!(surprises.is_empty(), "{surprises:#?}");
}

#[test]
fn what_belongs_in_one_place_stays_there() {
    let mut surprises = Vec::new();
    for file in source_files() {
        for (text, places, why) in ONLY_IN {
            if file.code.contains(text) && !places.contains(&file.top()) {
                surprises.push(format!("{}: {text} ({why})", file.name()));
            }
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}

/// The file that defines what a path names: re-exports are followed.
fn defining_file(path: &[String], files: &[SourceFile], depth: usize) -> Option<usize> {
    let of_module = |module: &[String]| files.iter().position(|file| file.module == module);
    let length = (0..=path.len()).rev().find(|&length| of_module(&path[..length]).is_some())?;
    let file = of_module(&path[..length])?;
    let Some(name) = path.get(length).filter(|_| depth < 5) else { return Some(file) };
    let passed_on = imports(&files[file].module, &files[file].code)
        .into_iter()
        .find(|import| import.is_reexport && import.path.last() == Some(name) && import.path.len() > length);
    match passed_on {
        Some(import) => defining_file(&import.path, files, depth + 1),
        None => Some(file),
    }
}

/// Files that can reach each other by imports, as groups of more than one.
fn circles(files: &[SourceFile]) -> Vec<Vec<String>> {
    let mut edges: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (place, file) in files.iter().enumerate() {
        let targets = imports(&file.module, &file.code).into_iter().filter(|import| !import.is_reexport);
        let targets = targets.filter_map(|import| defining_file(&import.path, files, 0));
        edges.insert(place, targets.filter(|&target| target != place).collect());
    }
    let reachable = |from: usize| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            open.extend(edges[&file].iter().copied().filter(|&next| seen.insert(next)));
        }
        seen
    };
    let reached: Vec<BTreeSet<usize>> = (0..files.len()).map(reachable).collect();
    let mut groups = BTreeSet::new();
    for place in 0..files.len() {
        let mut group: Vec<String> = (0..files.len())
            .filter(|&other| reached[place].contains(&other) && reached[other].contains(&place))
            .map(|other| files[other].name())
            .collect();
        group.sort();
        if group.len() > 1 {
            groups.insert(group);
        }
    }
    groups.into_iter().collect()
}

#[test]
fn files_import_each_other_in_one_direction() {
    let circles = circles(&source_files());
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn no_file_holds_more_than_one_concept() {
    let long = |file: &SourceFile| file.lines > LONGEST_FILE;
    let long: Vec<_> =
        source_files().into_iter().filter(long).map(|file| (file.name(), file.lines)).collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn no_folder_holds_more_than_a_screen_shows() {
    let mut folders: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for file in source_files() {
        *folders.entry(file.path.parent().unwrap().to_owned()).or_default() += 1;
    }
    folders.retain(|_, files| *files > MOST_FILES);
    assert!(folders.is_empty(), "{folders:?}");
}

#[test]
fn the_reader_of_imports_sees_them() {
    let code = "use crate::{model::Answer, lookup::{queue::{self, Turn}, rate_limit}};\nmod x;\n\
                pub use self::shutdown::Stop;\nfn f() { crate::service::wire::query(); super::g(); }";
    let module = ["ledger".to_owned(), "store".to_owned()];
    let mut seen: Vec<_> = imports(&module, code)
        .into_iter()
        .map(|import| (import.path.join("::"), import.is_reexport))
        .collect();
    seen.sort();
    let expected = [
        ("ledger::g", false),
        ("ledger::store::shutdown::Stop", true),
        ("lookup::queue", false),
        ("lookup::queue::Turn", false),
        ("lookup::rate_limit", false),
        ("model::Answer", false),
        ("service::wire::query", false),
    ];
    assert_eq!(seen, expected.map(|(path, is_reexport)| (path.to_owned(), is_reexport)));
}
