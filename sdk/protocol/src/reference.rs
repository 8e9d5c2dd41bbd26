//! `docs/reference.md` is written from the types, and its examples from the golden frames; this
//! test keeps it current.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::typescript::{LIMITS, is_current};
use crate::{bulk, channel, signaling};

/// JSON Schema counts characters; the limits here are bytes.
pub(crate) const MAX_BYTES: &str = "x-max-bytes";

const HEADER: &str =
    "<!-- Written by `cargo test -p isession-protocol` from sdk/protocol; do not edit. -->

# Reference of `isession.v1`

Every frame, from the types that read and write it. [The protocol](protocol.md) says how they are
used. All is JSON (RFC 8259); whole numbers fit a JavaScript number. A text of so many *bytes* is
counted in UTF-8. A known frame that breaks a limit is refused with a typed error.
";

/// What comes first, with the golden frames that hold examples of it.
const FRAMES: [(&str, &str, &str); 6] = [
    ("FromVisitor", "From a visitor to the node", "from_visitor"),
    ("ToVisitor", "From the node to a visitor", "to_visitor"),
    ("FromAgent", "From an agent to the node", "from_agent"),
    ("ToAgent", "From the node to an agent", "to_agent"),
    ("Talk", "On `talk`, both ways", "talk"),
    ("Glance", "On `glance`, both ways", "glance"),
];

type Schemas = BTreeMap<String, Value>;

fn schemas() -> Schemas {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<signaling::FromVisitor>();
    generator.subschema_for::<signaling::ToVisitor>();
    generator.subschema_for::<signaling::FromAgent>();
    generator.subschema_for::<signaling::ToAgent>();
    generator.subschema_for::<channel::Talk>();
    generator.subschema_for::<channel::Glance>();
    generator.subschema_for::<bulk::Batch<Value>>();
    generator.take_definitions(true).into_iter().collect()
}

fn reference() -> String {
    let mut schemas = schemas();
    let examples = Examples::read();
    let mut out = String::from(HEADER);
    for (name, title, kind) in FRAMES {
        let schema = schemas.remove(name).unwrap();
        write!(out, "\n## {title}\n\n<a id=\"{}\"></a>", anchor(name)).unwrap();
        describe(&mut out, name, &schema, &examples.of(kind));
    }
    out.push_str("\n## What they are made of\n");
    for (name, schema) in &schemas {
        write!(out, "\n### {name}\n\n").unwrap();
        describe(&mut out, name, schema, &examples.of(name));
    }
    out.push_str(
        "\n## Limits\n\nSizes are in bytes of UTF-8, others are counts.\n\n| limit | value | |\n| --- | --- | --- |\n",
    );
    let docs = docs_of_limits();
    for (name, value) in LIMITS {
        let doc = docs.get(name).map_or("", String::as_str);
        writeln!(out, "| {} | {value} | {doc} |", words(name)).unwrap();
    }
    out
}

/// Writes what one type is.
fn describe(out: &mut String, name: &str, schema: &Value, examples: &BTreeMap<String, Value>) {
    let doc = doc(schema);
    assert!(!doc.is_empty(), "{name} says nothing of itself");
    writeln!(out, "{doc}").unwrap();
    if let Some(words) = words_of(schema) {
        out.push_str("\n| word | |\n| --- | --- |\n");
        for (word, doc) in words {
            writeln!(out, "| `{word}` | {doc} |").unwrap();
        }
    } else if let Some(variants) = schema["oneOf"].as_array() {
        for variant in variants {
            let (tag, word) = tag(variant).unwrap();
            // How a reader shows what it does not know; nobody sends it.
            if word == "unknown" {
                continue;
            }
            write!(out, "\n#### {tag} `{word}`\n\n{}\n", self::doc(variant)).unwrap();
            fields(out, variant, Some(tag));
            if let Some(example) = examples.get(word) {
                let example = shown(tag, example);
                write!(out, "\n```json\n{example}\n```\n").unwrap();
            }
        }
    } else if schema["properties"].is_object() {
        fields(out, schema, None);
    } else {
        write!(out, "\nOn the wire: {}.\n", kind(schema)).unwrap();
    }
}

/// The words of a type that is one of some, with what each means.
fn words_of(schema: &Value) -> Option<Vec<(&str, String)>> {
    let variants = schema["oneOf"].as_array()?.iter();
    let words = variants.map(|variant| Some((variant["const"].as_str()?, doc(variant))));
    words.collect()
}

/// An example, its tag first.
fn shown(tag: &str, example: &Value) -> String {
    let mut rest = example.clone();
    let word = rest.as_object_mut().and_then(|rest| rest.remove(tag));
    let rest = rest.to_string();
    let word = word.unwrap_or_default();
    match rest.strip_prefix('{') {
        Some("}") => format!("{{\"{tag}\":{word}}}"),
        Some(rest) => format!("{{\"{tag}\":{word},{rest}"),
        None => rest,
    }
}

/// The field that tells a variant from the others, and its word.
fn tag(variant: &Value) -> Option<(&str, &str)> {
    let mut properties = variant["properties"].as_object()?.iter();
    properties.find_map(|(name, schema)| Some((name.as_str(), schema["const"].as_str()?)))
}

fn fields(out: &mut String, schema: &Value, tag: Option<&str>) {
    if let Some(target) = schema["$ref"].as_str() {
        write!(out, "\nIt has the fields of {}.\n", link(target)).unwrap();
    }
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    let mut rows = properties
        .iter()
        .filter(|(name, _)| Some(name.as_str()) != tag)
        .peekable();
    if rows.peek().is_none() {
        return;
    }
    let required = schema["required"].as_array();
    out.push_str("\n| field | type | |\n| --- | --- | --- |\n");
    for (name, schema) in rows {
        let always = required.is_some_and(|required| required.iter().any(|known| known == name));
        let often = if always { "" } else { ", may be absent" };
        writeln!(
            out,
            "| `{name}` | {}{often} | {} |",
            kind(schema),
            doc(schema)
        )
        .unwrap();
    }
}

/// What a value looks like.
fn kind(schema: &Value) -> String {
    if let Some(target) = schema["$ref"].as_str() {
        return link(target);
    }
    if let Some(either) = schema["anyOf"].as_array() {
        let mut either = either.iter().filter(|schema| schema["type"] != "null");
        return either.next().map(kind).unwrap_or_default();
    }
    // Of what may be absent, the type that it has if it is there.
    let types = &schema["type"];
    match types.as_str().or_else(|| types[0].as_str()) {
        Some("string") if schema["format"] == "uuid" => "UUID (RFC 9562)".to_owned(),
        Some("string") => match &schema[MAX_BYTES] {
            Value::Null => "text".to_owned(),
            bytes => format!("text, at most {bytes} bytes"),
        },
        Some("integer") => match schema["minimum"].as_i64() {
            Some(0) => "whole number, from 0".to_owned(),
            _ => "whole number".to_owned(),
        },
        Some("boolean") => "true or false".to_owned(),
        Some("array") if schema["items"].is_object() => {
            format!("list of {}", kind(&schema["items"]))
        }
        Some("array") => "list".to_owned(),
        Some("object") if schema["additionalProperties"].is_object() => {
            format!(
                "object; each value: {}",
                kind(&schema["additionalProperties"])
            )
        }
        unknown => panic!("no words for the type {unknown:?} of {schema}"),
    }
}

/// The comment of the type, without links that lead nowhere here.
fn doc(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let text = text
        .replace('\n', " ")
        .replace("[`", "`")
        .replace("`]", "`");
    LIMITS.iter().fold(text, |text, (name, value)| {
        let constant = words(name).to_uppercase().replace(' ', "_");
        text.replace(&format!("`limits::{constant}`"), &value.to_string())
    })
}

fn link(target: &str) -> String {
    let name = target.rsplit('/').next().unwrap_or_default();
    format!("[{name}](#{})", anchor(name))
}

fn anchor(name: &str) -> String {
    name.to_lowercase()
}

/// Golden frames by their kind, and then by the word that tells them apart.
struct Examples(BTreeMap<String, BTreeMap<String, Value>>);

impl Examples {
    fn read() -> Self {
        let mut kinds: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        let mut add = |kind: &str, frame: &Value| {
            if let Some(word) = frame["type"].as_str() {
                let examples = kinds.entry(kind.to_owned()).or_default();
                let example = examples.entry(word.to_owned()).or_default();
                // The one that says most.
                if size(frame) > size(example) {
                    *example = frame.clone();
                }
            }
        };
        for fixtures in [
            include_str!("../fixtures/signaling.json"),
            include_str!("../fixtures/channel.json"),
        ] {
            let fixtures: Value = serde_json::from_str(fixtures).unwrap();
            for (kind, cases) in fixtures["golden"].as_object().unwrap() {
                for case in cases.as_array().unwrap() {
                    add(kind, &case["frame"]);
                    add("Body", &case["frame"]["body"]);
                }
            }
        }
        Self(kinds)
    }

    fn of(&self, kind: &str) -> BTreeMap<String, Value> {
        self.0.get(kind).cloned().unwrap_or_default()
    }
}

fn size(frame: &Value) -> usize {
    frame.as_object().map_or(0, serde_json::Map::len)
}

/// The comments of the limits, by their names as TypeScript has them.
fn docs_of_limits() -> BTreeMap<String, String> {
    let mut docs = BTreeMap::new();
    let mut doc = Vec::new();
    for line in include_str!("limits.rs").lines() {
        if let Some(text) = line.strip_prefix("///") {
            doc.push(text.trim());
        } else if let Some(rest) = line.strip_prefix("pub const ") {
            let name = rest.split(':').next().unwrap_or_default();
            docs.insert(camel(name), doc.join(" "));
            doc.clear();
        }
    }
    docs
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_').map(str::to_lowercase);
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |name, part| {
        let (head, tail) = part.split_at(1);
        name + &head.to_uppercase() + tail
    })
}

fn words(camel: &str) -> String {
    let mut out = String::new();
    for letter in camel.chars() {
        if letter.is_uppercase() {
            out.push(' ');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

#[test]
fn the_reference_is_current() {
    is_current("docs/reference.md", &reference());
}
