// Formulas as native MathML. The sources are the product's own constants; still only MathML elements and a few attributes come through.
import { element } from "./dom.mjs";

const MATHML = "http://www.w3.org/1998/Math/MathML";
const TAGS = new Set("math mrow mi mn mo mtext mspace ms mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd mstyle mpadded mphantom merror mmultiscripts mprescripts none".split(" "));
const ATTRIBUTES = new Set("display displaystyle scriptlevel mathvariant stretchy symmetric fence separator form lspace rspace largeop movablelimits accent accentunder minsize maxsize width height depth linethickness columnalign".split(" "));
const parser = new DOMParser();

// A <math> element that reads aloud as `text`; the text alone where there is no MathML.
export function math(source, text) {
  const made = source ? cleaned(parser.parseFromString(source, "text/xml").documentElement) : null;
  if (!made) return element("code", {}, text);
  made.setAttribute("displaystyle", "true");
  made.setAttribute("aria-label", text);
  made.setAttribute("title", text);
  return element("div", { class: "math scroll", tabindex: "0" }, made);
}

// A copy of the tree in MathML elements alone; null where anything else is in it.
function cleaned(from) {
  const name = from.localName;
  if (!TAGS.has(name) || (from.namespaceURI && from.namespaceURI !== MATHML)) return null;
  const made = document.createElementNS(MATHML, name);
  for (const { name: key, value } of from.attributes) if (ATTRIBUTES.has(key)) made.setAttribute(key, value);
  for (const child of from.childNodes) {
    const copy = child.nodeType === Node.TEXT_NODE ? document.createTextNode(child.data) : child.nodeType === Node.ELEMENT_NODE ? cleaned(child) : null;
    if (copy === null) return null;
    made.append(copy);
  }
  return made;
}
