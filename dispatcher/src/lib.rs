//! The dispatcher: takes photo jobs over HTTP, keeps the queue, hands results back.
