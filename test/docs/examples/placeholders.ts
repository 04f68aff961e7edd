/** `<name>` in an answer takes whatever stands there the first time, and stands for it from then on. */
export type Names = Map<string, string>;

const placeholder = /<([a-z_]+)>/g;

export function fill(text: string, names: Names): string {
  return text.replace(placeholder, (whole, name: string) => names.get(name) ?? whole);
}

/**
 * What of `shown` is not so in `actual`, as paths; empty: nothing. Fields that are not shown may be
 * anything; lists have as many elements as shown.
 */
export function differences(shown: unknown, actual: unknown, names: Names, at = ''): string[] {
  if (typeof shown === 'string' && typeof actual === 'string') {
    const name = /^<([a-z_]+)>$/.exec(shown)?.[1];
    if (name !== undefined && !names.has(name)) names.set(name, actual);
    return fill(shown, names) === actual ? [] : [`${at}: shown ${shown}, is ${actual}`];
  }
  if (Array.isArray(shown) && Array.isArray(actual) && shown.length === actual.length) {
    return shown.flatMap((one, i) => differences(one, actual[i], names, `${at}/${i}`));
  }
  if (isObject(shown) && isObject(actual)) {
    return Object.entries(shown).flatMap(([name, value]) =>
      differences(value, actual[name], names, `${at}/${name}`),
    );
  }
  if (Object.is(shown, actual)) return [];
  return [`${at}: shown ${JSON.stringify(shown)}, is ${JSON.stringify(actual)}`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
