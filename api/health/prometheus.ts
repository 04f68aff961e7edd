/** Prometheus text format 0.0.4, of gauges: every figure is read when it is asked for. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  /** A decimal string where a double could not hold it. */
  readonly value: number | string;
}

export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export function prometheusText(gauges: readonly Gauge[]): string {
  return gauges.map((gauge) => `${gaugeLines(gauge).join('\n')}\n`).join('');
}

function gaugeLines({ name, help, samples }: Gauge): readonly string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${value}`),
  ];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
