import { permits, type Standing, standing } from "@isession/peer";
import { useState } from "preact/hooks";
import { type Talk, viewOf } from "./desk";
import type { Tool } from "./glass";
import { attempt } from "./leads";
import { GRANT, highlightInWords, PERMISSION, RELEASED } from "./words";

const TOOLS: Record<Tool, string> = { pick: "Pick", point: "Point at", draw: "Draw" };

interface ToolsProps {
  talk: Talk;
  tool: Tool;
  onTool(tool: Tool): void;
}

/** What the agent's pointer does over the page, and the way to be permitted it. */
export function Tools({ talk, tool, onTool }: ToolsProps) {
  const [problem, setProblem] = useState("");
  const { lines } = viewOf(talk);
  const state = standing(lines, "point");
  const may = permits(lines, "point");
  const ask = () => setProblem(attempt(() => talk.peer.ask("point")));
  // The last word on pointing: what was pointed at, or whether it may be.
  const latest = lines.findLast(
    (line) =>
      line.kind === "highlight" ||
      ((line.kind === "ask" || line.kind === "grant") && line.permission === "point"),
  );
  const shown = latest?.kind === "highlight" ? highlightInWords(latest) : "";
  return (
    <div class="tools">
      {may ? (
        <div role="toolbar" aria-label="Pointing">
          {(Object.keys(TOOLS) as Tool[]).map((one) => (
            <button
              key={one}
              type="button"
              class="quiet"
              aria-pressed={one === tool}
              onClick={() => onTool(one)}
            >
              {TOOLS[one]}
            </button>
          ))}
        </div>
      ) : (
        state !== "asked" && (
          <button type="button" class="quiet" onClick={ask}>
            Ask to point
          </button>
        )
      )}
      <p role="status" aria-label="Point status">
        {problem || shown || inWords(state)}
      </p>
    </div>
  );
}

function inWords(state: Standing): string {
  switch (state) {
    case "none":
      return "";
    case "asked":
      return "Asked; the visitor has not answered yet";
    case "released":
      return `${RELEASED} ${PERMISSION.point}.`;
    default:
      return `${GRANT[state]} ${PERMISSION.point}.`;
  }
}
