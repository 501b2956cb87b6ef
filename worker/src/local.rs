//! The pipeline on files, without Redis.
