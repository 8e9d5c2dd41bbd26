// Everything of a page that must not, and that must, reach the agent.

import { FIELDS } from "./private_fields.mjs";
import { ELSEWHERE } from "./private_places.mjs";

export const PLACES = [...FIELDS, ...ELSEWHERE];

/** Texts that the agent must see, in the places that are easily masked by mistake. */
export const SEEN = [
  ["a paragraph", `<p>seen-paragraph</p>`, "seen-paragraph"],
  ["a button", `<input type="submit" value="seen-button">`, "seen-button"],
  ["text of a custom element's shadow root", `<x-seen></x-seen>`, "seen-shadow"],
  ["text of a frame", `<iframe srcdoc="<p>seen-frame</p>"></iframe>`, "seen-frame"],
  [
    "what the site unmasks",
    `<input class="open" name="city" value="seen-unmasked">`,
    "seen-unmasked",
  ],
  ["an allowed query parameter", `<a href="/list?page=seenquery&k=1">x</a>`, "page=seenquery"],
  ["an image of the site", `<img src="/own.png?v=seenimage">`, "own.png?v=seenimage"],
  ["a class", `<p class="seen-class">x</p>`, "seen-class"],
  ["a state", `<p data-state="open" aria-expanded="true">x</p>`, `"aria-expanded":"true"`],
  ["a style", `<style>.seen-style { color: red }</style>`, ".seen-style"],
];
