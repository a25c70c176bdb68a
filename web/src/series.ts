import { numbers, strings, type Table, type ViewDocument } from "./document";
import type { Band, Line } from "./chart";

// How a counter grew from sample to sample, for a second of virtual time.
export function rates(times: number[], counter: number[]): (number | null)[] {
  return counter.map((value, index) => {
    if (index === 0) return null;
    const seconds = (times[index]! - times[index - 1]!) / 1e9;
    return seconds > 0 ? (value - counter[index - 1]!) / seconds : null;
  });
}

// Times in which a counter grew.
export function bandsOf(times: number[], counter: number[], color: string): Band[] {
  const bands: Band[] = [];
  for (let index = 1; index < counter.length; index++) {
    if (counter[index]! <= counter[index - 1]!) continue;
    const last = bands[bands.length - 1];
    if (last && last.to === times[index - 1]!) last.to = times[index]!;
    else bands.push({ from: times[index - 1]!, to: times[index]!, color });
  }
  return bands;
}

export interface Samples {
  times: number[];
  table: Table | undefined;
  column: (name: string) => number[];
  bytes: (name: string) => number[];
  has: (name: string) => boolean;
  bands: Band[];
  marks: { at: number; color: string }[];
}

export const kswapdColor = "#56B4E944";
export const directColor = "#D55E0055";
export const killColor = "#CC0033";

const known = new WeakMap<ViewDocument, Samples>();

export function samplesOf(document: ViewDocument): Samples {
  const before = known.get(document);
  if (before) return before;
  const table = document.tables["sample"];
  const times = numbers(table, "time_ns");
  const column = (name: string) => numbers(table, name);
  const samples: Samples = {
    times,
    table,
    column,
    bytes: (name) => column(name).map((pages) => pages * 4096),
    has: (name) => (table?.[name]?.length ?? 0) > 0,
    bands: [...bandsOf(times, column("scan_kswapd"), kswapdColor), ...bandsOf(times, column("scan_direct"), directColor)],
    marks: numbers(document.tables["kill"], "time_ns").map((at) => ({ at, color: killColor })),
  };
  known.set(document, samples);
  return samples;
}

function watermarks(document: ViewDocument): { min: number; low: number; high: number } {
  const table = document.tables["watermark"];
  const sum = (name: string) => numbers(table, name).reduce((all, value) => all + value, 0);
  return { min: sum("min"), low: sum("low"), high: sum("high") };
}

// Free memory with the marks that reclaim goes by.
export function freeLines(document: ViewDocument): Line[] {
  const samples = samplesOf(document);
  const marks = watermarks(document);
  const flat = (pages: number) => samples.times.map(() => pages * 4096);
  return [
    { label: "free", values: samples.bytes("free"), color: "#009E73", fill: "#009E7322" },
    { label: "high", values: flat(marks.high), color: "#999999", dash: [2, 3] },
    { label: "low", values: flat(marks.low), color: "#E69F00", dash: [5, 3] },
    { label: "min", values: flat(marks.min), color: "#D55E00", dash: [8, 3] },
  ];
}

// The lists that reclaim takes from.
export function listLines(document: ViewDocument): Line[] {
  const { bytes } = samplesOf(document);
  return [
    { label: "inactive anon", values: bytes("inactive_anon"), color: "#F0B442" },
    { label: "active anon", values: bytes("active_anon"), color: "#E69F00" },
    { label: "inactive file", values: bytes("inactive_file"), color: "#56B4E9" },
    { label: "active file", values: bytes("active_file"), color: "#0072B2" },
  ];
}

export interface ProcessSeries {
  pid: number;
  name: string;
  rss: (number | null)[];
}

export function processSeries(document: ViewDocument, most: number): ProcessSeries[] {
  const table = document.tables["process_sample"];
  const ids = numbers(document.tables["sample"], "id");
  const place = new Map(ids.map((id, index) => [id, index]));
  const pids = numbers(table, "pid");
  const sample = numbers(table, "sample_id");
  const rss = numbers(table, "rss_pages");
  const names = new Map<number, string>();
  const processPids = numbers(document.tables["process"], "pid");
  strings(document.tables["process"], "name").forEach((name, index) => names.set(processPids[index]!, name));
  const all = new Map<number, ProcessSeries>();
  pids.forEach((pid, row) => {
    let one = all.get(pid);
    if (!one) all.set(pid, (one = { pid, name: names.get(pid) ?? "", rss: new Array(ids.length).fill(null) }));
    const index = place.get(sample[row]!);
    if (index !== undefined) one.rss[index] = rss[row]! * 4096;
  });
  const peak = (one: ProcessSeries) => Math.max(...one.rss.map((value) => value ?? 0));
  return [...all.values()].sort((left, right) => peak(right) - peak(left) || left.pid - right.pid).slice(0, most);
}
