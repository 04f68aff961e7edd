/** A mermaid state diagram of a transition table of domain/payment.ts. */
export interface StateTable {
  readonly initial: string;
  readonly transitions: Readonly<Record<string, readonly string[]>>;
}

export function stateDiagram({ initial, transitions }: StateTable): string {
  const moves = Object.entries(transitions).flatMap(([from, next]) =>
    next.map((to) => `  ${from} --> ${to}`),
  );
  const ends = Object.entries(transitions)
    .filter(([, next]) => next.length === 0)
    .map(([status]) => `  ${status} --> [*]`);
  return ['```mermaid', 'stateDiagram-v2', `  [*] --> ${initial}`, ...moves, ...ends, '```'].join(
    '\n',
  );
}
