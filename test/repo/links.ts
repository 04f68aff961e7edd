/** What documents and comments point at. */
import { posix } from 'node:path';

/** Relative links of a Markdown text, as paths from the root; `anchor` without the #. */
export function linksOf(
  path: string,
  text: string,
): readonly { readonly target: string; readonly anchor: string }[] {
  const prose = text.replaceAll(/```[^]*?```/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor = ''] = link.split('#');
      const target = file === '' ? path : posix.join(posix.dirname(path), file);
      return { target: target.replace(/\/$/, ''), anchor };
    });
}

/** The anchors of a Markdown text, as the usual viewers make them of its headings. */
export function anchorsOf(text: string): readonly string[] {
  return [...text.replaceAll(/```[^]*?```/g, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

const folders =
  'activities|api|bench|console|db|docs|domain|ops|providers|runtime|sandbox|scripts|test|workers|workflows';
const path = new RegExp(
  `(?<![\\w./<$}{-])(?:${folders})/[\\w./-]*\\.(?:ts|mjs|sql|md|json|sh)(?![\\w*])`,
  'g',
);

/** Paths of ours that a text names: `domain/money.ts`. */
export function pathsIn(text: string): readonly string[] {
  return text.match(path) ?? [];
}

/** The comments of a source. */
export function commentsOf(text: string): string {
  return (text.match(/\/\*[^]*?\*\/|^\s*(\/\/|--).*$/gm) ?? []).join('\n');
}

/** Of `npm run x` in a text. */
export function npmScriptsIn(text: string): readonly string[] {
  return [...text.matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name = '']) => name);
}
