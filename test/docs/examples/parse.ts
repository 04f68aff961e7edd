/**
 * Examples in Markdown: a fenced block ```http request``` (or ```sh request``` with one curl) followed by
 * ```http answer```. `request until` is repeated until the answer is the one shown.
 */
export interface ExampleRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ExampleAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What is shown of the body; undefined: nothing. */
  readonly body: unknown;
}

export interface Example {
  readonly line: number;
  readonly until: boolean;
  readonly request: ExampleRequest;
  readonly answer: ExampleAnswer;
}

const fence =
  /^```(?<language>http|sh) request(?<until> until)?\n(?<asked>.*?)\n```\n\s*```http answer\n(?<said>.*?)\n```$/gms;

export function readExamples(page: string): readonly Example[] {
  const examples = [...page.matchAll(fence)].map((match) => {
    const { language, until, asked = '', said = '' } = match.groups ?? {};
    return {
      line: page.slice(0, match.index).split('\n').length,
      until: until !== undefined,
      request: language === 'sh' ? readCurl(asked) : readRequest(asked),
      answer: readAnswer(said),
    };
  });
  const marked = page.match(/^```\w+ (request|answer)\b/gm) ?? [];
  if (marked.length !== examples.length * 2) throw new Error('a request or answer stands alone');
  return examples;
}

function readRequest(text: string): ExampleRequest {
  const { first, headers, body } = readMessage(text);
  const [method = '', path = ''] = first.split(' ');
  return { method, path, headers, body };
}

function readAnswer(text: string): ExampleAnswer {
  const { first, headers, body } = readMessage(text);
  return {
    status: Number(first),
    headers,
    body: body === '' ? undefined : (JSON.parse(body) as unknown),
  };
}

function readMessage(text: string): {
  first: string;
  headers: Record<string, string>;
  body: string;
} {
  const [head = '', ...rest] = text.split(/\n\n/);
  const [first = '', ...lines] = head.split('\n');
  const pairs = lines.map((line) => [line.split(': ')[0] ?? '', line.replace(/^[^:]*: /, '')]);
  return {
    first,
    headers: Object.fromEntries(pairs) as Record<string, string>,
    body: rest.join('\n\n'),
  };
}

/** One curl as a person types it: `curl -sS $API/path -H 'Name: value' -d '{...}'`. */
function readCurl(text: string): ExampleRequest {
  const words = [...text.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
  const after = (flag: string): string[] =>
    words.flatMap((word, at) => (words[at - 1] === flag ? [word] : []));
  const headers = after('-H').map((header) => [
    header.split(': ')[0] ?? '',
    header.replace(/^[^:]*: /, ''),
  ]);
  const [body = ''] = after('-d');
  const path = words.find((word) => word.startsWith('$API/'))?.slice('$API'.length) ?? '';
  return {
    method: body === '' ? 'GET' : 'POST',
    path,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body,
  };
}
