/**
 * Builds the document of a page within bounds. linkedom's own parser makes a node of each piece that htmlparser2 hands
 * it (two million of them for a page of `>`), so the nodes are made here, with neighbouring pieces of text in one.
 */
import { Parser } from 'htmlparser2';
import { DOMParser } from 'linkedom';

export interface DocumentLimits {
  readonly elements: number;
  /** Of all elements together. */
  readonly attributes: number;
  /** Elements in one another. */
  readonly depth: number;
  /** Attributes of one element, and UTF-16 units of one value; what is more is left out. */
  readonly attributesOfElement: number;
  readonly valueLength: number;
}

/** Real pages have some thousands of elements, nested less than 60 deep. */
const defaults: DocumentLimits = {
  elements: 100_000,
  attributes: 300_000,
  depth: 25_000,
  attributesOfElement: 100,
  valueLength: 10_000,
};

/** Thrown by the handlers to end a parse, which has no other way to stop. */
class BeyondLimits extends Error {}

/** A page beyond the limits is cut there, as one is that is beyond its bound in bytes. */
export function parseDocument(html: string, limits: Partial<DocumentLimits> = {}): Document {
  const builder = new DocumentBuilder({ ...defaults, ...limits });
  const parser = new Parser(builder, { lowerCaseAttributeNames: false, decodeEntities: true });
  try {
    parser.end(html);
  } catch (error) {
    if (!(error instanceof BeyondLimits)) throw error;
  }
  builder.flush();
  return builder.document;
}

const svgNamespace = 'http://www.w3.org/2000/svg';

class DocumentBuilder {
  readonly document = new DOMParser().parseFromString('', 'text/html') as unknown as Document;
  readonly #limits: DocumentLimits;
  #node: Node = this.document;
  #svg: Node | undefined;
  #depth = 0;
  #elements = 0;
  #attributes = 0;
  /** Text that is no node yet. Joined at once, since a string that grew by many pieces is too deep to be searched. */
  #pieces: string[] = [];

  constructor(limits: DocumentLimits) {
    this.#limits = limits;
  }

  onopentag(name: string, attributes: Readonly<Record<string, string>>): void {
    this.flush();
    if (++this.#elements > this.#limits.elements || ++this.#depth > this.#limits.depth) {
      throw new BeyondLimits();
    }
    const isSvg = this.#svg !== undefined || name === 'svg';
    const element = isSvg
      ? this.document.createElementNS(svgNamespace, name)
      : this.document.createElement(name);
    this.#setAttributes(element, attributes);
    this.#node.appendChild(element);
    this.#node = element;
    if (isSvg) this.#svg ??= element;
  }

  #setAttributes(element: Element, attributes: Readonly<Record<string, string>>): void {
    let count = 0;
    for (const name in attributes) {
      if (++count > this.#limits.attributesOfElement) return;
      if (++this.#attributes > this.#limits.attributes) throw new BeyondLimits();
      element.setAttribute(name, (attributes[name] ?? '').slice(0, this.#limits.valueLength));
    }
  }

  onclosetag(): void {
    this.flush();
    if (this.#node === this.#svg) this.#svg = undefined;
    this.#node = this.#node.parentNode ?? this.document;
    this.#depth--;
  }

  ontext(text: string): void {
    this.#pieces.push(text);
  }

  /** Makes a node of the text that was collected. */
  flush(): void {
    if (this.#pieces.length === 0) return;
    this.#node.appendChild(this.document.createTextNode(this.#pieces.join('')));
    this.#pieces = [];
  }
}
