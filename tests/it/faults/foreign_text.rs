//! Whatever a service or a list sends: no whole number and no control character comes out but in
//! the data.

use super::scripted_server::{ScriptedServer, reachable, response, result};
use crate::harness::Job;

/// Ways to repeat a number in an answer.
fn spellings(number: u64) -> [String; 6] {
    let digits = number.to_string();
    let [country, operator, first, second] = [&digits[..2], &digits[2..4], &digits[4..7], &digits[7..]];
    [
        format!("NO SUCH {digits}"),
        format!("unknown: {country} {operator} {first} {second}"),
        format!("+{country} (0){operator}-{first}.{second} \x1b[31mred\x1b[0m"),
        format!("\x1b]0;{digits}\x07 E_42"),
        format!("{country}\u{a0}{operator}\u{a0}{first}\u{a0}{second}"),
        format!("{digits}{digits}\x08\x08"),
    ]
}

/// The digits of a text, for finding numbers however they are grouped; runs are kept apart by
/// letters.
fn has_number(text: &str, number: u64) -> bool {
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace() && !"-.()/+:,_".contains(*c)).collect();
    squeezed.contains(&number.to_string())
}

#[test]
fn a_result_that_repeats_the_number_is_masked_and_escaped_everywhere_but_in_the_data() {
    let server = ScriptedServer::start(|number, _| match number % 7 {
        0 => reachable(),
        way => {
            let text = &spellings(number)[way as usize - 1];
            let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
            response("200 OK", &[], &[b"result=".as_slice(), &latin1].concat())
        }
    });
    for format in ["human", "json"] {
        let job = Job::new().numbers("list.csv", 700);
        let done = server.enrich(
            &job,
            &["--report", "r.html", "--metrics", "m.prom", "--log-format", format, "--concurrency", "8"],
        );
        done.exits_with(0);
        let read = |name: &str| std::fs::read_to_string(job.path(name)).unwrap();
        let outlets = [
            ("stderr", done.stderr()),
            ("summary", read("summary.json")),
            ("report", read("r.html")),
            ("metrics", read("m.prom")),
        ];
        for (outlet, text) in outlets {
            let number = (46_700_000_000..46_700_000_700).find(|number| has_number(&text, *number));
            assert_eq!(number, None, "{format}, {outlet}");
            let control = text.chars().find(|c| c.is_control() && !"\n\t".contains(*c));
            assert_eq!(control, None, "{format}, {outlet}");
        }
        judge_data(&job);
    }
}

/// The data has what the service said; what is shown of it is as safe as the rest.
fn judge_data(job: &Job) {
    let rows = std::fs::read_to_string(job.path("out.csv")).unwrap();
    assert!(rows.contains("NO SUCH 46700000"), "{rows:.300}");
    let stats = job.hlr(["ledger", "stats", "--ledger", "l.redb"]);
    let text = stats.exits_with(0).stdout();
    assert!(text.contains("NO SUCH •••••••••••"), "{text}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
}

#[test]
fn a_few_numbers_on_a_terminal_are_as_safe() {
    let server = ScriptedServer::start(|_, _| result("\x1b[2J\x1b[31mNO 46700000001"));
    let url = server.url();
    let job = Job::new();
    let done = job.hlr(["lookup", "46700000001", "--endpoint", &url, "--no-ledger"]);
    let text = done.exits_with(0).stdout();
    assert!(text.contains("\\u{1b}[2J\\u{1b}[31mNO •••••••••••"), "{text:?}");
}

#[test]
fn a_refusal_that_repeats_the_number_stops_the_run_without_it() {
    let server = ScriptedServer::start(|number, _| result(&format!("NO CREDIT FOR {number}")));
    let job = Job::new().numbers("list.csv", 2_000);
    let done = server.enrich(&job, &["--concurrency", "8", "--report", "r.html"]);
    done.exits_with(4).says(&["refusals such as NO CREDIT FOR •••••••••••"]);
    let page = std::fs::read_to_string(job.path("r.html")).unwrap();
    let number =
        (46_700_000_000..46_700_002_000).find(|n| has_number(&page, *n) || has_number(&done.stderr(), *n));
    assert_eq!(number, None);
}

/// Names of files and columns, and texts of a pipeline file.
#[test]
fn names_with_control_characters_are_shown_escaped() {
    let job = Job::new().list("a\x1b[31mb.csv", "phone\n12\n").list("p.toml", "input = \"x\x1b]0;y\x07\"\n");
    let runs = [
        job.hlr(["enrich", "a\x1b[31mb.csv", "-o", "o.csv", "--endpoint", "simulator"]),
        job.hlr(["enrich", "no\x1b[31m.csv", "-o", "o.csv", "--endpoint", "simulator"]),
        job.hlr(["run", "p.toml"]),
        job.hlr(["check", "p.toml"]),
        job.hlr(["check", "q\x1b[31m.toml"]),
        job.hlr(["ledger", "stats", "--ledger", "l\x1b[31m.redb"]),
    ];
    for done in runs {
        let text = done.stderr() + &done.stdout();
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert_ne!(done.output.status.code(), Some(0), "{text}");
    }
}

/// `password_env = "the-secret-itself"` is an easy mistake.
#[test]
fn a_secret_in_the_place_of_a_variables_name_is_not_shown() {
    const SECRET: &str = "hunter2_S3cret";
    let server = ScriptedServer::start(|_, _| reachable());
    for (keys, set, code) in [
        (format!("password_env = \"{SECRET}\"\n"), true, 2),
        (format!("username_env = \"{SECRET}\"\n"), true, 2),
        (format!("username_env = \"{SECRET}\"\npassword_env = \"{SECRET}x\"\n"), false, 2),
        (format!("password_env = \"{SECRET}\"\ncredentials_file = \"c\"\n"), true, 0),
    ] {
        let credentials = set.then_some(("user", "password"));
        let endpoint = server.url();
        let job = Job::new()
            .with_credentials(credentials)
            .numbers("list.csv", 5)
            .list("c", "username=u\npassword=p\n");
        let job = job.list(
            "p.toml",
            format!(
                "input = \"list.csv\"\noutput = \"o.csv\"\nsummary = \"s.json\"\nreport = \"r.html\"\n\
                 endpoint = \"{endpoint}\"\nledger = \"l.redb\"\n{keys}"
            ),
        );
        let done = job.hlr(["run", "p.toml", "--verbose"]);
        let mut text = done.exits_with(code).stderr();
        for file in ["s.json", "r.html"] {
            text += &std::fs::read_to_string(job.path(file)).unwrap_or_default();
        }
        assert!(!text.contains(SECRET), "{text}");
    }
}
