/**
 * Card precision: how many of the cards that an investigator looks at in a day, those with the highest scores,
 * were defrauded that day. Whoever is found is not looked at again. The mean over the days.
 */
interface Judged {
  readonly cards: Int32Array;
  readonly days: Int32Array;
  readonly labels: Uint8Array;
}

interface Card {
  readonly card: number;
  score: number;
  isBad: boolean;
}

export function cardPrecision(
  { cards, days, labels }: Judged,
  scores: Float64Array,
  cardsPerDay: number,
): number {
  const byDay = new Map<number, Map<number, Card>>();
  for (const [row, card] of cards.entries()) {
    const day = days[row] ?? 0;
    const ofDay = byDay.get(day) ?? new Map<number, Card>();
    byDay.set(day, ofDay);
    const seen = ofDay.get(card) ?? { card, score: -Infinity, isBad: false };
    seen.score = Math.max(seen.score, scores[row] ?? 0);
    seen.isBad ||= labels[row] === 1;
    ofDay.set(card, seen);
  }
  const found = new Set<number>();
  const precisions = [...byDay.entries()]
    .toSorted(([a], [b]) => a - b)
    .map(([, ofDay]) => {
      const open = [...ofDay.values()].filter(({ card }) => !found.has(card));
      // Cards of equal score by their number, which says nothing.
      const looked = open.toSorted((a, b) => b.score - a.score || a.card - b.card);
      const bad = looked.slice(0, cardsPerDay).filter(({ isBad }) => isBad);
      for (const { card } of bad) found.add(card);
      return bad.length / cardsPerDay;
    });
  return precisions.reduce((sum, precision) => sum + precision, 0) / precisions.length;
}
