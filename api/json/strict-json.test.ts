import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';
import { parseStrictJson, type JsonValue } from './strict-json.ts';

/** JSON without what we refuse: unsafe integers, `__proto__`, NUL, lone surrogates, depth over 10. */
const text = fc.string({ unit: 'grapheme' });
const acceptable = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(text, fc.boolean(), fc.constant(null), fc.maxSafeInteger()),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;

function faultOf(source: string): unknown {
  const result = parseStrictJson(source);
  return result.ok ? undefined : result.fault;
}

describe('strict JSON', () => {
  test('reads what JSON.parse reads, however it is spaced', () => {
    fc.assert(
      fc.property(acceptable, fc.constantFrom(0, 1, '\t', '\r\n'), (value, indent) => {
        const written = ` ${JSON.stringify(value, null, indent)}\n`;
        expect(parseStrictJson(written)).toEqual({
          ok: true,
          value: JSON.parse(written) as unknown,
        });
      }),
    );
  });

  test('accepts nothing that JSON.parse refuses', () => {
    const broken = fc.tuple(
      acceptable,
      fc.nat(),
      fc.constantFrom('', ',', '"', '{', ']', '-', '\\'),
    );
    fc.assert(
      fc.property(broken, ([value, at, insert]) => {
        const whole = JSON.stringify(value);
        const cut = at % (whole.length + 1);
        const source = whole.slice(0, cut) + insert + whole.slice(cut + 1);
        const result = parseStrictJson(source);
        if (result.ok) expect(JSON.parse(source)).toEqual(result.value);
      }),
    );
  });

  test.each([
    '',
    ' ',
    '{',
    '{"a"}',
    '{"a":1,}',
    '[1,]',
    '01',
    '+1',
    '.5',
    '1.',
    'NaN',
    'nul',
    "'a'",
    '{a:1}',
    '"\t"',
    '"\\x"',
    '{} {}',
    '// x',
  ])('calls %p malformed', (source) => {
    expect(faultOf(source)).toMatchObject({ kind: 'syntax' });
  });

  test.each([
    ['{"a":{"b":1,"b":2}}', '/a', 'has the same field twice'],
    ['{"a":1,"\\u0061":2}', '', 'has the same field twice'],
    ['{"a":{"__proto__":{}}}', '/a', 'has a field named __proto__'],
    ['{"amount":9007199254740993}', '/amount', 'is too large an integer'],
    ['{"amount":-9007199254740992}', '/amount', 'is too large an integer'],
    ['{"amount":1e400}', '/amount', 'is too large a number'],
    [
      '{"amount":10.0}',
      '/amount',
      'is an integer and must be written without fraction or exponent',
    ],
    ['{"amount":1e2}', '/amount', 'is an integer and must be written without fraction or exponent'],
    ['{"a":["x\\u0000"]}', '/a/0', 'holds a NUL character'],
    ['{"a\\u0000":1}', '', 'holds a NUL character'],
    ['{"a":"\\ud800x"}', '/a', 'holds half a character (a lone surrogate)'],
    ['[[[[[[[[[[[1]]]]]]]]]]]', '/0/0/0/0/0/0/0/0/0/0', 'is nested deeper than 10 levels'],
  ])('refuses %s', (source, pointer, detail) => {
    expect(faultOf(source)).toEqual({ kind: 'content', pointer, detail });
  });

  test('takes ten levels, fractions, and surrogate pairs', () => {
    expect(parseStrictJson('[[[[[[[[[[1.5]]]]]]]]]]').ok).toBe(true);
    expect(parseStrictJson('"\\ud83d\\ude00"')).toEqual({ ok: true, value: '😀' });
  });

  test('reads 64 KiB of brackets, quotes or backslashes without trouble', () => {
    for (const char of ['[', '{', '"', '\\', '"\\', '1', ' ']) {
      const started = performance.now();
      parseStrictJson(`"${char.repeat(65_536)}`);
      parseStrictJson(char.repeat(65_536));
      expect(performance.now() - started).toBeLessThan(500);
    }
  });
});

describe('canonical JSON', () => {
  test('is the same whatever the order of fields, and parses back', () => {
    fc.assert(
      fc.property(acceptable, (value) => {
        const shuffled = parseStrictJson(JSON.stringify(reversed(value)));
        expect(shuffled.ok && canonicalJson(shuffled.value)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('tells apart what is different', () => {
    expect(canonicalJson({ a: 1 })).not.toBe(canonicalJson({ a: '1' }));
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  });
});

function reversed(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, item]) => [name, reversed(item)]),
  );
}
