/**
 * XML as a stream of elements, without what makes XML dangerous: no document type, so no entities but the
 * five of XML itself; no depth, names or texts beyond what a statement needs. Names without their prefixes.
 */
import { StringDecoder } from 'node:string_decoder';
import { SaxesParser } from 'saxes';
import { refuse, shown } from './refusal.ts';

const depthMax = 40;
const textLengthMax = 4_096;

export interface XmlHandler {
  /** `line`: of the file, where it begins. */
  open(name: string, attributes: Readonly<Record<string, string>>, line: number): void;
  close(name: string, text: string, line: number): void;
}

export class XmlElements {
  readonly #parser = new SaxesParser();
  readonly #decoder = new StringDecoder('utf8');
  readonly #handler: XmlHandler;
  #depth = 0;
  #text = '';

  constructor(handler: XmlHandler) {
    this.#handler = handler;
    const parser = this.#parser;
    parser.on('error', (error) => {
      const detail = shown(error.message.replace(/^[\d:]+ /, ''));
      refuse('syntax', detail, { line: parser.line });
    });
    parser.on('doctype', () => refuse('doctype', 'a document type', { line: parser.line }));
    parser.on('opentag', ({ name, attributes }) => {
      this.#depth += 1;
      if (this.#depth > depthMax) refuse('overlong', 'nested too deeply', { line: parser.line });
      this.#text = '';
      this.#handler.open(local(name), attributes, parser.line);
    });
    const take = (text: string): void => {
      if (this.#text.length + text.length > textLengthMax) {
        refuse('overlong', `a text of more than ${String(textLengthMax)}`, { line: parser.line });
      }
      this.#text += text;
    };
    parser.on('text', take);
    parser.on('cdata', take);
    parser.on('closetag', ({ name }) => {
      this.#depth -= 1;
      this.#handler.close(local(name), this.#text.trim(), parser.line);
      this.#text = '';
    });
  }

  write(chunk: Buffer): void {
    this.#parser.write(this.#decoder.write(chunk));
  }

  /** What is still open was cut off. */
  end(): void {
    if (this.#depth > 0) refuse('truncated', 'elements without end', { line: this.#parser.line });
    this.#parser.close();
  }
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
