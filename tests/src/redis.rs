//! A private Redis per test.
