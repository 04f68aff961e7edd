/** Runs the examples of one page in order, and says where the page and the service differ. */
import { setTimeout as sleep } from 'node:timers/promises';
import { differences, fill, type Names } from './placeholders.ts';
import type { Example, ExampleAnswer } from './parse.ts';

export interface Service {
  readonly url: string;
  readonly key: string;
  /** What the page may name without an answer before it: `<finance>`. */
  readonly names?: Readonly<Record<string, string>>;
}

const untilMsMax = 25_000;

export async function runExamples(
  examples: readonly Example[],
  service: Service,
): Promise<readonly string[]> {
  const names: Names = new Map(Object.entries(service.names ?? {}));
  // A header that one answer of the page shows is absent from those that do not show it.
  const headers = new Set(examples.flatMap(({ answer }) => Object.keys(answer.headers)));
  const wrong: string[] = [];
  for (const example of examples) {
    const found = await runOne(example, service, names, headers);
    wrong.push(...found.map((difference) => `line ${example.line}: ${difference}`));
  }
  return wrong;
}

async function runOne(
  example: Example,
  service: Service,
  names: Names,
  headers: ReadonlySet<string>,
): Promise<readonly string[]> {
  const deadline = performance.now() + (example.until ? untilMsMax : 0);
  for (;;) {
    const found = compare(example.answer, await send(example, service, names), names, headers);
    if (found.length === 0 || performance.now() >= deadline) return found;
    await sleep(100);
  }
}

/** `Bearer $KEY`, as a reader types it, is the service's; `Bearer <finance>` is a name's. */
function headersOf(
  headers: Readonly<Record<string, string>>,
  service: Service,
  names: Names,
): Record<string, string> {
  const filled = Object.entries(headers).map(
    ([name, value]) => [name, fill(value, names)] as const,
  );
  const named = filled.filter(([name, value]) => name !== 'Authorization' || !value.includes('$'));
  return { Authorization: `Bearer ${service.key}`, ...Object.fromEntries(named) };
}

interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

async function send({ request }: Example, service: Service, names: Names): Promise<Seen> {
  const { method, path, headers, body } = request;
  // A page may also name another place: `<sandbox>/clock`.
  const response = await fetch(new URL(fill(path, names), service.url), {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...headersOf(headers, service, names),
    },
    ...(body !== '' && { body: fill(body, names) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: await response.json(),
  };
}

function compare(
  shown: ExampleAnswer,
  seen: Seen,
  names: Names,
  headers: ReadonlySet<string>,
): readonly string[] {
  const aside = [...headers].flatMap((name) =>
    differences(shown.headers[name] ?? null, seen.headers.get(name), names, name),
  );
  return [
    ...differences(shown.status, seen.status, names, 'status'),
    ...aside,
    ...(shown.body === undefined ? [] : differences(shown.body, seen.body, names)),
  ];
}
