import { describe, expect, test } from '@jest/globals';
import { bans, findBanned } from './banned.ts';
import { read, sources } from './repository.ts';

const texts = sources.map((path) => [path, read(path)] as const);

describe.each(bans)('banned: $what (instead: $instead)', (ban) => {
  test('stands nowhere', () => {
    const watched = texts.filter(([path]) => ban.where(path));
    // Nothing in workflows/ is patched yet, but a rule that watches no file at all is a mistake.
    expect(watched.length).toBeGreaterThan(0);
    const found = watched.flatMap(([path, text]) =>
      findBanned(ban, text).map((line) => `${path}:${String(line)}: ${ban.instead}`),
    );
    expect(found).toEqual([]);
  });

  test('would be found, and nothing beside it', () => {
    for (const line of ban.bad) expect([line, findBanned(ban, line)]).toEqual([line, [1]]);
    for (const line of ban.good ?? []) expect([line, findBanned(ban, line)]).toEqual([line, []]);
  });
});
