//! File descriptors: every connection takes one, and systems are mean with them by default.

use std::num::NonZeroUsize;

/// What the process needs besides connections: files, the terminal, the runtime.
const MARGIN: u64 = 64;
/// As many partitions may be open as there are countries with several statuses; where the limit does not reach so far, those
/// that are fewer still fit.
const OUTPUTS: u64 = 1_600;
/// The simulator holds the other end of each connection; else a connection to a backup may be idle beside it.
const PER_REQUEST: u64 = 2;

/// How many requests may be in flight, as far as the system's limit allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// So many, and not more than were asked for.
    pub concurrency: NonZeroUsize,
    /// Why it is fewer than were asked for.
    pub warning: Option<String>,
}

/// Raises the soft limit of this process to what so many requests need, as far as the hard limit lets it.
#[must_use]
pub fn make_room(concurrency: NonZeroUsize) -> Room {
    let needed = concurrency.get() as u64 * PER_REQUEST + MARGIN + OUTPUTS;
    // Where the limit cannot even be read there is nothing to go by.
    let granted = rlimit::increase_nofile_limit(needed).unwrap_or(needed);
    room_within(granted, concurrency)
}

fn room_within(granted: u64, wanted: NonZeroUsize) -> Room {
    let fits = usize::try_from(granted.saturating_sub(MARGIN) / PER_REQUEST).unwrap_or(usize::MAX);
    let concurrency = wanted.min(NonZeroUsize::new(fits).unwrap_or(NonZeroUsize::MIN));
    let warning = (concurrency < wanted).then(|| {
        format!(
            "this process may open {granted} files, so {concurrency} requests are in flight at the most, not \
             {wanted}; raise the limit (ulimit -n {}, or LimitNOFILE= in a systemd unit)",
            wanted.get() as u64 * PER_REQUEST + MARGIN
        )
    });
    Room { concurrency, warning }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_gives_way_to_the_limit_and_says_so() {
        let wanted = NonZeroUsize::new(500).unwrap();
        assert_eq!(room_within(1064, wanted), Room { concurrency: wanted, warning: None });
        let room = room_within(264, wanted);
        assert_eq!(room.concurrency.get(), 100);
        assert!(room.warning.unwrap().contains("ulimit -n 1064"));
        assert_eq!(room_within(10, wanted).concurrency.get(), 1);
    }
}
