//! rrweb's events, typed. Nodes are in a row, each with its parent, for pages are nested deeper
//! than a program's stack should be.

use std::collections::BTreeMap;

use isession_protocol::bulk::Batch;
use isession_protocol::ids::Epoch;
use serde::Deserialize;
use serde_json::value::{RawValue, Value};

/// Names a node for as long as its page lives.
pub type NodeId = u32;

/// Nodes in one batch.
const NODES: usize = 200_000;
/// Bytes read for one batch's nodes, again for each level they are nested.
const READ: usize = 256 * 1024 * 1024;

/// Something that happened to the page.
#[derive(Clone, Debug, PartialEq)]
pub struct MirrorEvent {
    /// Milliseconds since the Unix epoch, by the visitor's clock.
    pub at: u64,
    /// What it was.
    pub change: Change,
}

/// What happened to the page.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Where the page is, and how large the visitor's viewport.
    Meta(Meta),
    /// All that is in the page; what was before is void.
    Snapshot {
        /// The document first, each node after its parent.
        nodes: Vec<Node>,
        /// How far the page is scrolled.
        offset: Offset,
    },
    /// Nodes came, went and changed.
    Mutation {
        /// Texts that changed.
        texts: Vec<TextChange>,
        /// Attributes that changed; `null` is one that went.
        attributes: Vec<AttributeChange>,
        /// Nodes that went, with all that is in them.
        removes: Vec<Remove>,
        /// Nodes that came.
        adds: Vec<Add>,
    },
    /// The document or an element was scrolled.
    Scroll(Scroll),
    /// The viewport has another size.
    Resize(Resize),
    /// A field has another value, which is masked as a rule.
    Input(Input),
    /// Something of style sheets, as rrweb says it.
    Styles(Value),
    /// Something of a newer version.
    Unknown,
}

/// Where the page is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Meta {
    /// The address, as far as the site lets it be told.
    pub href: String,
    /// The viewport's width in CSS pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

/// How far a page is scrolled, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Offset {
    /// From the left.
    pub left: f64,
    /// From the top.
    pub top: f64,
}

/// A node of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Names it.
    pub id: NodeId,
    /// What it is in; `None` for one whose parent the event tells, and for the document.
    pub parent: Option<NodeId>,
    /// In its parent's shadow root.
    pub shadow: bool,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NodeKind {
    /// The page, or a frame's.
    Document,
    /// Its type.
    Doctype,
    /// An element.
    Element {
        /// Its name.
        tag: String,
        /// Its attributes, and what rrweb tells like them (`rr_width` and so on).
        attributes: BTreeMap<String, Value>,
    },
    /// A text.
    Text(String),
    /// A comment, or a node of a newer version.
    Other,
}

/// A text that changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TextChange {
    /// The text's node.
    pub id: NodeId,
    /// What it says now.
    pub value: Option<String>,
}

/// Attributes that changed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct AttributeChange {
    /// The element.
    pub id: NodeId,
    /// What they are now.
    pub attributes: BTreeMap<String, Value>,
}

/// A node that went.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Remove {
    /// What it was in.
    pub parent_id: NodeId,
    /// The node.
    pub id: NodeId,
}

/// Nodes that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Add {
    /// What they are in now.
    pub parent: NodeId,
    /// What they are before; `None` at the end.
    pub next: Option<NodeId>,
    /// The node that came first, then what is in it.
    pub nodes: Vec<Node>,
}

/// Something was scrolled.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Scroll {
    /// What was scrolled.
    pub id: NodeId,
    /// To where, in CSS pixels.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// The viewport has another size.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Resize {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
}

/// A field has another value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field.
    pub id: NodeId,
    /// Its value.
    pub text: String,
    /// Whether a box is checked.
    pub is_checked: bool,
}

#[derive(Deserialize)]
struct RawBatch<'a> {
    view: Epoch,
    first: bool,
    #[serde(borrow)]
    events: Vec<RawEvent<'a>>,
}

#[derive(Deserialize)]
struct RawEvent<'a> {
    r#type: u32,
    timestamp: f64,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSnapshot<'a> {
    #[serde(borrow)]
    node: &'a RawValue,
    initial_offset: Offset,
}

#[derive(Deserialize)]
struct RawMutation<'a> {
    texts: Vec<TextChange>,
    attributes: Vec<AttributeChange>,
    removes: Vec<Remove>,
    #[serde(borrow)]
    adds: Vec<RawAdd<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAdd<'a> {
    parent_id: NodeId,
    next_id: Option<NodeId>,
    #[serde(borrow)]
    node: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawNode<'a> {
    r#type: u32,
    id: NodeId,
    #[serde(default)]
    is_shadow: bool,
    #[serde(default)]
    tag_name: String,
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
    #[serde(default)]
    text_content: String,
    #[serde(borrow, default)]
    child_nodes: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Source {
    source: u32,
}

struct Budget {
    nodes: usize,
    bytes: usize,
}

/// The batch in this text; `None` for anything else.
pub(super) fn read(text: &str) -> Option<Batch<MirrorEvent>> {
    let RawBatch {
        view,
        first,
        events,
    } = serde_json::from_str(text).ok()?;
    let mut budget = Budget {
        nodes: NODES,
        bytes: READ,
    };
    let events: Option<Vec<_>> = events
        .iter()
        .map(|event| read_event(event, &mut budget))
        .collect();
    Some(Batch {
        view,
        first,
        events: events?,
    })
}

fn read_event(event: &RawEvent<'_>, budget: &mut Budget) -> Option<MirrorEvent> {
    let data = event.data.get();
    let change = match event.r#type {
        2 => {
            let raw: RawSnapshot<'_> = parse(data)?;
            Change::Snapshot {
                nodes: read_nodes(raw.node, budget)?,
                offset: raw.initial_offset,
            }
        }
        3 => read_increment(data, budget)?,
        4 => Change::Meta(parse(data)?),
        _ => Change::Unknown,
    };
    if !(event.timestamp >= 0.0 && event.timestamp <= limit()) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is within the whole numbers that a float holds exactly"
    )]
    let at = event.timestamp as u64;
    Some(MirrorEvent { at, change })
}

#[expect(clippy::cast_precision_loss, reason = "the limit is where that begins")]
const fn limit() -> f64 {
    isession_protocol::limits::TIME as f64
}

fn read_increment(data: &str, budget: &mut Budget) -> Option<Change> {
    let Source { source } = parse(data)?;
    Some(match source {
        0 => {
            let raw: RawMutation<'_> = parse(data)?;
            let adds: Option<Vec<_>> = raw
                .adds
                .iter()
                .map(|add| {
                    Some(Add {
                        parent: add.parent_id,
                        next: add.next_id,
                        nodes: read_nodes(add.node, budget)?,
                    })
                })
                .collect();
            Change::Mutation {
                texts: raw.texts,
                attributes: raw.attributes,
                removes: raw.removes,
                adds: adds?,
            }
        }
        3 => Change::Scroll(parse(data)?),
        4 => Change::Resize(parse(data)?),
        5 => Change::Input(parse(data)?),
        8 | 13 | 15 => Change::Styles(parse(data)?),
        _ => Change::Unknown,
    })
}

/// A tree in a row. Each level is read when it is come to: what is nested in it is passed over
/// until then, whatever its depth.
fn read_nodes(root: &RawValue, budget: &mut Budget) -> Option<Vec<Node>> {
    let mut nodes = Vec::new();
    let mut waiting = vec![(root, None)];
    while let Some((raw, parent)) = waiting.pop() {
        budget.nodes = budget.nodes.checked_sub(1)?;
        budget.bytes = budget.bytes.checked_sub(raw.get().len())?;
        let node: RawNode<'_> = parse(raw.get())?;
        waiting.extend(
            node.child_nodes
                .iter()
                .rev()
                .map(|child| (*child, Some(node.id))),
        );
        nodes.push(Node {
            id: node.id,
            parent,
            shadow: node.is_shadow,
            kind: match node.r#type {
                0 => NodeKind::Document,
                1 => NodeKind::Doctype,
                2 => NodeKind::Element {
                    tag: node.tag_name,
                    attributes: node.attributes,
                },
                3 => NodeKind::Text(node.text_content),
                _ => NodeKind::Other,
            },
        });
    }
    Some(nodes)
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test that cannot be set up has failed"
    )]

    use super::*;

    const TWO: &str = r#"{"type":2,"id":1,"childNodes":[{"type":3,"id":2,"textContent":"x"}]}"#;

    fn nodes_within(nodes: usize, bytes: usize) -> Option<usize> {
        let root: &RawValue = serde_json::from_str(TWO).unwrap();
        read_nodes(root, &mut Budget { nodes, bytes }).map(|nodes| nodes.len())
    }

    #[test]
    fn neither_many_nodes_nor_deep_ones_cost_more_than_they_may() {
        assert_eq!(nodes_within(2, 1000), Some(2));
        assert_eq!(nodes_within(1, 1000), None);
        // The inner one is read twice: within the outer one, and for itself.
        assert_eq!(nodes_within(2, TWO.len()), None);
    }
}
