//! Log messages on standard error, through `tracing`: text for people, or one JSON object per line.
//!
//! If standard error is closed, messages are dropped and the work goes on.

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

use super::stderr;
use crate::model::without_control_characters;

/// The format of log messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Text
    #[default]
    Human,
    /// One JSON object per line, with time, level and run id
    Json,
}

/// The field of banners, which must not be overlooked. Programs see it too.
const LOUD: &str = "loud";
/// The field with what to do, which people see on a line of its own.
const HELP: &str = "help";
/// The field of lines that people copy. They are not wrapped.
const VERBATIM: &str = "verbatim";

static FORMAT: OnceLock<LogFormat> = OnceLock::new();
static RUN_ID: OnceLock<String> = OnceLock::new();

/// Sets the format and starts to write messages. Only the first call in a process has an effect.
pub(super) fn start(format: LogFormat) {
    if FORMAT.set(format).is_err() {
        return;
    }
    let messages = tracing_subscriber::fmt::layer()
        .event_format(MessageFormat)
        .with_writer(io::stderr)
        // These errors would go to standard error, which is what failed.
        .log_internal_errors(false);
    let ours = Targets::new().with_target("hlr_enrich", LevelFilter::INFO);
    // A program that uses the library may have a subscriber already.
    let _ = tracing_subscriber::registry().with(messages).with(ours).try_init();
}

/// The format that was set, or the default.
pub(super) fn format() -> LogFormat {
    FORMAT.get().copied().unwrap_or_default()
}

/// Sets the run id of all further messages.
pub(super) fn name_run(run_id: &str) {
    let _ = RUN_ID.set(run_id.to_owned());
}

/// Writes messages in the format that was set.
struct MessageFormat;

impl<S: Subscriber + for<'a> LookupSpan<'a>, N: for<'a> FormatFields<'a> + 'static> FormatEvent<S, N>
    for MessageFormat
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut message = Message::default();
        event.record(&mut message);
        let level = *event.metadata().level();
        match format() {
            LogFormat::Human => {
                let text = message.to_text(level);
                let is_verbatim = message.fields.contains_key(VERBATIM);
                let text = if is_verbatim { text.into() } else { stderr::fit(&text) };
                writeln!(writer, "{text}")
            }
            LogFormat::Json => writeln!(writer, "{}", message.into_json(level)),
        }
    }
}

/// A message with its other fields.
#[derive(Default)]
struct Message {
    text: String,
    fields: Map<String, Value>,
}

impl Message {
    fn to_text(&self, level: Level) -> String {
        let text = &self.text;
        if self.fields.contains_key(LOUD) {
            let style = bold(AnsiColor::Magenta);
            return format!("{style}*** {text} ***{style:#}");
        }
        let help = self.fields.get(HELP).and_then(Value::as_str);
        let style = bold(AnsiColor::Cyan);
        let help = help.map(|help| format!("\n{style}help:{style:#} {help}")).unwrap_or_default();
        let (label, colour) = match level {
            Level::ERROR => ("error:", AnsiColor::Red),
            Level::WARN => ("warning:", AnsiColor::Yellow),
            _ => return format!("{text}{help}"),
        };
        let style = bold(colour);
        format!("{style}{label}{style:#} {text}{help}")
    }

    fn into_json(self, level: Level) -> Value {
        let mut object = Map::new();
        object.insert("time".into(), format!("{:.3}", jiff::Timestamp::now()).into());
        object.insert("level".into(), level.as_str().to_ascii_lowercase().into());
        if let Some(run_id) = RUN_ID.get() {
            object.insert("run_id".into(), run_id.as_str().into());
        }
        object.insert("message".into(), self.text.into());
        object.extend(self.fields);
        object.into()
    }

    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().to_owned(), value.into());
    }
}

/// The style of a label, where standard error shows colours.
pub(super) fn bold(colour: AnsiColor) -> Style {
    stderr::style(Style::new().bold().fg_color(Some(colour.into())))
}

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    /// Every text of every message comes through here.
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = without_control_characters(value);
        match field.name() {
            "message" => self.text = value.into_owned(),
            _ => self.insert(field, value),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_message_has_time_level_text_and_fields() {
        let mut fields = Map::new();
        fields.insert("event".into(), "throttled".into());
        let object = Message { text: "the service throttles".into(), fields }.into_json(Level::WARN);
        assert_eq!((&object["level"], &object["event"]), (&"warn".into(), &"throttled".into()));
        assert_eq!(object["message"], "the service throttles");
        assert!(object["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{object}");
    }

    #[test]
    fn a_text_message_has_a_label_by_its_level() {
        let text = |level| Message { text: "the list is empty".into(), ..Message::default() }.to_text(level);
        assert_eq!(text(Level::ERROR), "error: the list is empty");
        assert_eq!(text(Level::WARN), "warning: the list is empty");
        assert_eq!(text(Level::INFO), "the list is empty");
    }
}
