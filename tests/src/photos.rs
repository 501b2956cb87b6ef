//! Where the photo sets and model packs of tests lie.
