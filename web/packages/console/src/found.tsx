import type { Spot } from "@isession/mirror/view";
import type { Point } from "@isession/protocol";
import { useEffect, useState } from "preact/hooks";
import type { Talk } from "./desk";
import { useHandingOn } from "./focus";
import { isForbidden, lead } from "./leads";
import { NOT_ALLOWED } from "./words";

/** Between the place and the card, in pixels: what was clicked stays in sight. */
const GAP = 14;

/** What the agent asked about, and where in the picture. */
export interface Found {
  hit: Spot;
  at: Point;
  /** Of the picture. */
  width: number;
  height: number;
  /** It was asked for by key, or as a menu is: the focus goes there. */
  focus: boolean;
}

interface FoundCardProps {
  talk: Talk;
  found: Found;
  /** The address of the page that is shown. */
  page: string;
  may: boolean;
  /** Points at it; gives what is to be told if that cannot be. */
  onPoint(hit: Spot): string;
  onClose(): void;
}

/** What is there, and what can be done with it. Beside the place, so that nothing else moves. */
export function FoundCard({ talk, found, page, may, onPoint, onClose }: FoundCardProps) {
  const { hit, focus } = found;
  const { href } = hit;
  const card = useHandingOn<HTMLDivElement>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    setProblem("");
    if (focus) {
      const [first, close] = ["choices", "what"].map((part) =>
        card.current?.querySelector<HTMLElement>(`.${part}:not([hidden]) button:enabled`),
      );
      (first ?? close)?.focus();
    }
  }, [found]);
  const act = (run: () => string) => {
    const told = run();
    if (told) {
      setProblem(told);
    } else {
      onClose();
    }
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      onClose();
    } else if (event.repeat && (event.key === "Enter" || event.key === " ")) {
      // A key that is still down from what it did before must not lead.
      event.preventDefault();
    }
  };
  // Within the page, only its fragment would lead on, which is not known here.
  const leads = href !== null && !isWithin(page, href);
  const forbidden = href !== null && isForbidden(talk, href);
  const told = problem || (forbidden ? NOT_ALLOWED : "");
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what a form sends
    <div
      ref={card}
      class="hit"
      role="group"
      aria-label="What is there"
      style={beside(found)}
      onKeyDown={key}
    >
      <div class="what">
        <p>{hit.label}</p>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </div>
      {href !== null && <p class="address">{href}</p>}
      {told && <p role="alert">{told}</p>}
      <div class="choices" hidden={!leads && !may}>
        {leads && (
          <button type="button" disabled={forbidden} onClick={() => act(() => lead(talk, href))}>
            Lead there
          </button>
        )}
        {may && (
          <button type="button" class="quiet" onClick={() => act(() => onPoint(hit))}>
            Point at it
          </button>
        )}
      </div>
    </div>
  );
}

const isWithin = (page: string, href: string): boolean =>
  page.replace(/#.*/, "") === href.replace(/#.*/, "");

/** On the side where there is more room. */
function beside({ at, width, height }: Found): Record<string, string> {
  const x = `${Math.round(at.x < width / 2 ? at.x : width - at.x) + GAP}px`;
  const y = `${Math.round(at.y < height / 2 ? at.y : height - at.y) + GAP}px`;
  return {
    ...(at.x < width / 2 ? { left: x } : { right: x }),
    ...(at.y < height / 2 ? { top: y } : { bottom: y }),
  };
}
