// Changes of style sheets, written anew from what is known of them.

import {
  ADOPTED,
  type Adopted,
  DECLARATION,
  type Declaration,
  RULES,
  type Rule,
  type Rules,
} from "./events";

/** `css` gives a style as it may travel. */
type Css = (text: string) => string;

export function cleanSheet(
  data: Rules | Declaration | Adopted,
  css: Css,
): Rules | Declaration | Adopted {
  switch (data.source) {
    case RULES:
      return rules(data, css);
    case DECLARATION:
      return declaration(data, css);
    case ADOPTED:
      return adopted(data, css);
  }
}

function rules({ id, styleId, adds, removes, replace, replaceSync }: Rules, css: Css): Rules {
  return {
    source: RULES,
    ...(id !== undefined && { id }),
    ...(styleId !== undefined && { styleId }),
    ...(adds && { adds: adds.map((added) => rule(added, css)) }),
    ...(removes && { removes: removes.map(({ index }) => ({ index })) }),
    ...(replace !== undefined && { replace: css(replace) }),
    ...(replaceSync !== undefined && { replaceSync: css(replaceSync) }),
  };
}

function declaration({ id, styleId, index, set, remove }: Declaration, css: Css): Declaration {
  const line: Declaration = {
    source: DECLARATION,
    index,
    ...(id !== undefined && { id }),
    ...(styleId !== undefined && { styleId }),
  };
  if (set) {
    const { property, value, priority } = set;
    const seen = value === null ? null : css(value);
    line.set = { property, value: seen, ...(priority !== undefined && { priority }) };
  }
  if (remove) {
    line.remove = { property: remove.property };
  }
  return line;
}

function adopted({ id, styleIds, styles }: Adopted, css: Css): Adopted {
  const clean = styles?.map(({ styleId, rules }) => ({
    styleId,
    rules: rules.map((added) => rule(added, css)),
  }));
  return { source: ADOPTED, id, styleIds, ...(clean && { styles: clean }) };
}

const rule = ({ rule, index }: Rule, css: Css): Rule => ({
  rule: css(rule),
  ...(index !== undefined && { index }),
});
