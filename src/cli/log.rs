//! What is said on standard error: through `tracing`, as sentences for people or as a JSON object a line.
//!
//! Standard error may be closed; then nobody listens, and the work goes on.

use std::fmt::{self, Debug};
use std::io;
use std::sync::OnceLock;

use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Style};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::terminal;

/// How what is said is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Text
    #[default]
    Human,
    /// One JSON object per line, with time, level and run id
    Json,
}

/// The field of what must not be overlooked.
pub(super) const LOUD: &str = "loud";

static FORMAT: OnceLock<LogFormat> = OnceLock::new();
static RUN_ID: OnceLock<String> = OnceLock::new();

/// Begins to listen, once in a process.
pub(super) fn start(format: LogFormat) {
    if FORMAT.set(format).is_err() {
        return;
    }
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Lines)
        .with_writer(io::stderr)
        // Whoever closed standard error wants to hear nothing of that either.
        .log_internal_errors(false);
    let ours = Targets::new().with_target("hlr_enrich", LevelFilter::INFO);
    // Somebody who uses the library may listen already.
    let _ = tracing_subscriber::registry().with(lines).with(ours).try_init();
}

/// How lines are written.
pub(super) fn format() -> LogFormat {
    FORMAT.get().copied().unwrap_or_default()
}

/// Names the run that all further lines are of.
pub(super) fn name_run(run_id: &str) {
    let _ = RUN_ID.set(run_id.to_owned());
}

/// Writes events in the format that was chosen.
struct Lines;

impl<S: Subscriber + for<'a> LookupSpan<'a>, N: for<'a> FormatFields<'a> + 'static> FormatEvent<S, N>
    for Lines
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = *event.metadata().level();
        match format() {
            LogFormat::Human => write_sentence(&mut writer, level, &fields),
            LogFormat::Json => writeln!(writer, "{}", object(level, fields)),
        }
    }
}

/// What an event says.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

fn write_sentence(writer: &mut Writer<'_>, level: Level, fields: &Fields) -> fmt::Result {
    let message = &fields.message;
    if fields.others.contains_key(LOUD) {
        let loud = styled(AnsiColor::Magenta);
        return writeln!(writer, "{loud}*** {message} ***{loud:#}");
    }
    let word = match level {
        Level::ERROR => Some(("error:", AnsiColor::Red)),
        Level::WARN => Some(("warning:", AnsiColor::Yellow)),
        _ => None,
    };
    match word {
        Some((word, colour)) => {
            let style = styled(colour);
            writeln!(writer, "{style}{word}{style:#} {message}")
        }
        None => writeln!(writer, "{message}"),
    }
}

fn styled(colour: AnsiColor) -> Style {
    terminal::style(Style::new().bold().fg_color(Some(colour.into())))
}

fn object(level: Level, Fields { message, others }: Fields) -> Value {
    let mut object = Map::new();
    object.insert("time".into(), format!("{:.3}", jiff::Timestamp::now()).into());
    object.insert("level".into(), level.as_str().to_ascii_lowercase().into());
    if let Some(run_id) = RUN_ID.get() {
        object.insert("run_id".into(), run_id.as_str().into());
    }
    object.insert("message".into(), message.into());
    object.extend(others);
    object.into()
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            name => drop(self.others.insert(name.to_owned(), text.into())),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => drop(self.others.insert(name.to_owned(), value.into())),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.others.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.others.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.others.insert(field.name().to_owned(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.others.insert(field.name().to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_programs_has_time_level_message_and_fields() {
        let mut others = Map::new();
        others.insert("event".into(), "throttled".into());
        let object = object(Level::WARN, Fields { message: "the service throttles".into(), others });
        assert_eq!((&object["level"], &object["event"]), (&"warn".into(), &"throttled".into()));
        assert_eq!(object["message"], "the service throttles");
        assert!(object["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{object}");
    }
}
