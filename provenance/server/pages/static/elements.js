// Makes elements. What comes from a work, a text or a model is only ever set as text.

export function element(name, { text, children = [], ...attributes } = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  if (text !== undefined) made.textContent = text;
  made.append(...children.filter(Boolean));
  return made;
}

// A link out of the page, or the bare text where the address is none that may be linked.
export function outside(text, address, rel = "nofollow") {
  if (!/^https?:\/\//i.test(address ?? "")) return document.createTextNode(text);
  return element("a", { text, href: address, rel: `noreferrer noopener ${rel}` });
}

export const linked = (pieces, rel) => pieces.map(([text, address]) => outside(text, address, rel));

export const root = () => document.body.dataset.root;

export const find = (id) => document.getElementById(id);
