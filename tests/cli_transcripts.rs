//! What the programs print, word for word: the transcripts in `tests/cli`.
//!
//! `TRYCMD=overwrite cargo test --test cli_transcripts` writes what they print now.
#![cfg(all(feature = "client", feature = "device", feature = "cli"))]

#[test]
fn the_programs_print_what_the_transcripts_say() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd");
}
