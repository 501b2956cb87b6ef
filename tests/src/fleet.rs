//! Real processes: dispatchers and workers.
