//! The rules that a new product begins with, as a commented text.

use super::Rules;

impl Rules {
    /// The rules that a new `product` begins with: TOML with every key explained, which reads as [`Rules::default`].
    pub fn default_toml(product: &str) -> String {
        // The name stands in a comment, where a line break would begin something else.
        let product: String = product.chars().filter(|c| !c.is_control()).collect();
        include_str!("default.toml").replace("{product}", &product)
    }
}
