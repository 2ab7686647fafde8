//! File descriptors: every connection needs one, and the default limits are low.

use std::num::NonZeroUsize;

/// What the process needs besides connections: files, the terminal, the runtime.
const MARGIN: u64 = 64;
/// The largest number of open partitions: every country with several statuses. A lower limit is
/// enough for fewer partitions.
const OUTPUTS: u64 = 1_600;
/// The built-in simulator holds the other end of each connection. With real endpoints, an idle
/// connection to a backup may exist for each request.
const PER_REQUEST: u64 = 2;

/// How many connections there may be for each request in flight: a connection rests after each
/// answer, and short requests leave many at rest.
const CONNECTIONS_PER_REQUEST: usize = 4;

/// How many requests may be in flight, as far as the system's limit allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// How many fit into the limit, at most the configured number.
    pub concurrency: NonZeroUsize,
    /// How many connections to an endpoint may be open, at least one for each request.
    pub connections: usize,
    /// Why it is fewer than configured.
    pub warning: Option<String>,
}

/// Raises the soft limit of this process to what this many requests need, as far as the hard limit
/// allows.
#[must_use]
pub fn make_room(concurrency: NonZeroUsize) -> Room {
    let connections = (concurrency.get() * CONNECTIONS_PER_REQUEST) as u64;
    let needed = connections * PER_REQUEST + MARGIN + OUTPUTS;
    // If the limit cannot be read, assume that it is high enough.
    let granted = rlimit::increase_nofile_limit(needed).unwrap_or(needed);
    room_within(granted, concurrency)
}

fn room_within(granted: u64, wanted: NonZeroUsize) -> Room {
    let fits = usize::try_from(granted.saturating_sub(MARGIN) / PER_REQUEST).unwrap_or(usize::MAX);
    let concurrency = wanted.min(NonZeroUsize::new(fits).unwrap_or(NonZeroUsize::MIN));
    let warning = (concurrency < wanted).then(|| {
        format!(
            "this process may open {granted} files, so at most {concurrency} requests are in flight instead of \
             {wanted}; raise the limit with ulimit -n {}, or with LimitNOFILE= in a systemd unit",
            wanted.get() as u64 * PER_REQUEST + MARGIN
        )
    });
    let connections = fits.clamp(concurrency.get(), concurrency.get() * CONNECTIONS_PER_REQUEST);
    Room { concurrency, connections, warning }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_is_reduced_to_the_limit_with_a_warning() {
        let wanted = NonZeroUsize::new(500).unwrap();
        let room = Room { concurrency: wanted, connections: 500, warning: None };
        assert_eq!(room_within(1064, wanted), room);
        assert_eq!(room_within(2064, wanted).connections, 1000);
        assert_eq!(room_within(1_000_000, wanted).connections, 2000);
        let room = room_within(264, wanted);
        assert_eq!(room.concurrency.get(), 100);
        assert!(room.warning.unwrap().contains("ulimit -n 1064"));
        assert_eq!(room_within(10, wanted).concurrency.get(), 1);
    }
}
