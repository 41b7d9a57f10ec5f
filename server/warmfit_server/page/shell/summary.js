// What plots need of a column's summary: points with weights, quantiles, bars.

export function pointsOf(summary) {
  // Atoms as they are, and each bin's rows at their mean; ascending.
  const tally = summary.observed;
  const { atoms = [], atom_count: atomCount = [], mean = [], count = [] } = tally;
  const points = [];
  for (let i = 0; i < atoms.length; i += 1) points.push([Number(atoms[i]), Number(atomCount[i])]);
  for (let i = 0; i < count.length; i += 1) if (Number(count[i]) > 0) points.push([Number(mean[i]), Number(count[i])]);
  points.sort((a, b) => a[0] - b[0]);
  let below = 0;
  const total = points.reduce((sum, point) => sum + point[1], 0);
  return points.map(([x, w]) => {
    below += w;
    return { x, w: w / total, p: (below - w / 2) / total, upTo: below / total };
  });
}

export function quantile(points, p) {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].upTo < p) low = middle + 1;
    else high = middle;
  }
  return points[low].x;
}

export function rangeOf(points) {
  // What an axis shows: everything, unless a few rows would leave no room for the others.
  const [least, greatest] = [points[0].x, points[points.length - 1].x];
  const [low, high] = [quantile(points, 0.005), quantile(points, 0.99)];
  const bulk = high - low;
  const from = bulk > 0 && low - least > bulk ? low : least;
  const to = bulk > 0 && greatest - high > bulk ? high : greatest;
  const beyond = points.reduce((sum, { x, w }) => sum + (x < from || x > to ? w : 0), 0);
  return to > from ? { from, to, beyond } : { from: from - 0.5, to: to + 0.5, beyond: 0 };
}

export function barsOf(points, range, n, whole) {
  // Bars of one width, whose heights are densities over all rows.
  const most = Math.min(60, Math.max(8, Math.ceil(2 * Math.cbrt(n))));
  let { from, to } = range;
  let number = most;
  if (whole) {
    const step = Math.max(1, Math.ceil((to - from + 1) / 80));
    from = Math.floor(from) - 0.5;
    number = Math.ceil((Math.floor(to) + 0.5 - from) / step);
    to = from + number * step;
  }
  const width = (to - from) / number;
  const bars = Array.from({ length: number }, (_, i) => ({ from: from + i * width, to: from + (i + 1) * width, height: 0 }));
  for (const { x, w } of points) {
    if (x < from || x > to) continue;
    bars[Math.min(number - 1, Math.floor((x - from) / width))].height += w / width;
  }
  return bars;
}

export function someOf(points, most = 160) {
  // Points at even steps of probability, and both ends, where fits differ.
  if (points.length <= most) return points;
  const wanted = new Set([0, 1, 2, points.length - 3, points.length - 2, points.length - 1]);
  for (let i = 0, at = 0; i < most; i += 1) {
    while (at < points.length - 1 && points[at].p < (i + 0.5) / most) at += 1;
    wanted.add(at);
  }
  return [...wanted].sort((a, b) => a - b).map((i) => points[i]);
}
