//! The form of the output.

use std::fmt::Display;
use std::time::Duration;

/// A line that says what the columns are, marked as no figure.
pub(crate) fn heading() {
    row("# name", "value", "unit", "goal", "ok");
}

/// A figure without a goal.
pub(crate) fn figure(name: &str, value: f64, unit: &str) {
    row(name, &number(value), unit, "-", "-");
}

/// A figure that should not exceed `goal`.
pub(crate) fn figure_with_goal(name: &str, value: f64, unit: &str, goal: f64) {
    let ok = if value <= goal { "yes" } else { "no" };
    row(name, &number(value), unit, &number(goal), ok);
}

/// How many of something there are.
pub(crate) fn count(name: &str, value: usize) {
    row(name, &value.to_string(), "count", "-", "-");
}

/// How many of something there are, where there should be no more than `goal`.
pub(crate) fn count_with_goal(name: &str, value: usize, goal: usize) {
    let ok = if value <= goal { "yes" } else { "no" };
    row(name, &value.to_string(), "count", &goal.to_string(), ok);
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub(crate) fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub(crate) fn row(name: impl Display, value: &str, unit: &str, goal: &str, ok: &str) {
    println!("{name:<66} {value:>6} {unit:<7} {goal:>6} {ok}");
}

pub(crate) fn number(value: f64) -> String {
    match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
