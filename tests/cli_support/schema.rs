//! As much of JSON Schema (draft 2020-12) as the files in `docs/schema` use, and stricter in one respect: an object may
//! hold no field that its schema does not name. A keyword that is not known here is a fault.

use counterfoil::token::UtcTime;
use serde_json::{Map, Value};

/// Whether `value` is as `schema` says; else where it is not.
pub(crate) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    Checker { root: schema }.check(schema, value, "$")
}

struct Checker<'s> {
    root: &'s Value,
}

impl Checker<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let keywords = schema
            .as_object()
            .ok_or_else(|| format!("{at}: the schema is no object"))?;
        for (keyword, wanted) in keywords {
            let fits = match keyword.as_str() {
                "$schema" | "title" | "description" | "$defs" => true,
                "$ref" => return self.check(self.resolve(wanted)?, value, at),
                "type" => has_type(wanted, value),
                "const" => wanted == value,
                "enum" => wanted
                    .as_array()
                    .is_some_and(|allowed| allowed.contains(value)),
                "minimum" => value.as_f64() >= wanted.as_f64(),
                "format" => {
                    wanted == "date-time"
                        && value
                            .as_str()
                            .is_some_and(|date| date.parse::<UtcTime>().is_ok())
                }
                "anyOf" => wanted
                    .as_array()
                    .is_some_and(|any| any.iter().any(|one| self.check(one, value, at).is_ok())),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}[{index}]"))?;
                    }
                    true
                }
                "required" => has_all(wanted, value),
                "properties" => {
                    self.check_fields(
                        wanted.as_object().ok_or("properties are no object")?,
                        value,
                        at,
                    )?;
                    true
                }
                other => {
                    return Err(format!(
                        "{at}: this checker does not know the keyword {other}"
                    ));
                }
            };
            if !fits {
                return Err(format!("{at}: {value} is not {keyword} {wanted}"));
            }
        }
        Ok(())
    }

    fn check_fields(
        &self,
        properties: &Map<String, Value>,
        value: &Value,
        at: &str,
    ) -> Result<(), String> {
        for (name, field) in value.as_object().into_iter().flatten() {
            let schema = properties
                .get(name)
                .ok_or_else(|| format!("{at}.{name} is not in the schema"))?;
            self.check(schema, field, &format!("{at}.{name}"))?;
        }
        Ok(())
    }

    fn resolve(&self, reference: &Value) -> Result<&Value, String> {
        let pointer = reference.as_str().and_then(|text| text.strip_prefix('#'));
        pointer
            .and_then(|pointer| self.root.pointer(pointer))
            .ok_or_else(|| format!("{reference} leads nowhere"))
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    match wanted {
        Value::Array(any) => any.iter().any(|one| has_type(one, value)),
        one => match one.as_str().unwrap_or_default() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_u64() || value.is_i64(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            _ => false,
        },
    }
}

fn has_all(names: &Value, value: &Value) -> bool {
    names
        .as_array()
        .into_iter()
        .flatten()
        .all(|name| value.get(name.as_str().unwrap_or_default()).is_some())
}
