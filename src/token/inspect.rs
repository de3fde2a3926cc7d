//! Any file in plain words, for people: nothing in it is verified.
