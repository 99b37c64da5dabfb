/** Milliseconds as text for people: `0.4 s`, `45 s`, `3 min`, `3 min 20 s`, `2 h 5 min`. */
export function duration(milliseconds: number): string {
  const safe = Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
  if (safe < 9950) return `${(safe / 1000).toFixed(1).replace(/\.0$/, "")} s`;
  const seconds = Math.round(safe / 1000);
  if (seconds < 60) return `${seconds} s`;
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  const [whole, rest] = seconds < 3600 ? [`${minutes} min`, `${seconds % 60} s`] : [`${hours} h`, `${minutes % 60} min`];
  return rest.startsWith("0 ") ? whole : `${whole} ${rest}`;
}
