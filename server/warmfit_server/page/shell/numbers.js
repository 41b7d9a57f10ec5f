// Numbers as people read them. Those that JSON lacks come as text: "NaN", "Infinity", "-Infinity".

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function count(n) {
  return whole.format(Number(n));
}

export function short(x, digits = 4) {
  // About `digits` digits that count; never a wrong zero.
  const v = Number(x) + 0; // of −0 this makes 0
  if (!Number.isFinite(v)) return Number.isNaN(v) ? "–" : v > 0 ? "∞" : "−∞";
  const size = Math.abs(v);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) {
    return v.toExponential(digits - 2).replace("e+", "e").replaceAll("-", "−");
  }
  const places = size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return new Intl.NumberFormat("en", { maximumFractionDigits: Math.min(places, 8) }).format(v).replace("-", "−");
}

export function fixed(x, places) {
  const v = Number(x);
  if (!Number.isFinite(v) || Math.abs(v) >= 1e9) return short(x);
  return new Intl.NumberFormat("en", { minimumFractionDigits: places, maximumFractionDigits: places })
    .format(v)
    .replace("-", "−");
}

export function significant(x) {
  // Three digits that count, zeros at the end included.
  const v = Number(x);
  if (!Number.isFinite(v) || Math.abs(v) >= 1e5 || Math.abs(v) < 1e-3) return short(x, 3);
  return new Intl.NumberFormat("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 }).format(v).replace("-", "−");
}

export function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = Number(n);
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${short(size, 3)} ${units[unit]}`;
}

export function ago(then) {
  const seconds = Math.max(0, (Date.now() - new Date(then)) / 1000);
  for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    const n = Math.floor(seconds / length);
    if (n >= 1) return `${n} ${unit}${n > 1 ? "s" : ""} ago`;
  }
  return "just now";
}
