// What the tool gives the views: the run file's tables as columns, its documents and its snapshots (docs/views.md).

export type Column = (number | string | null)[];
export type Table = Record<string, Column>;

export interface Runs {
  start: number[];
  count: number[];
  kind: number[];
  at: number[];
  cellPages: number;
}

export interface Vma {
  startPage: number;
  pages: number;
  access: string;
  offsetPages: number;
  name: string;
  residentPages: number;
  swappedPages: number;
}

export interface HeapChunks {
  calls: number;
  address: number[];
  sizeBytes: number[];
  count: number[];
  state: number[];
  bin: number[];
  arena: number[];
  thread: number[];
  isCut: boolean;
}

export interface Space {
  pid: number;
  comm: string;
  residentPages: number;
  swappedPages: number;
  startBrk: number;
  brk: number;
  vmas: Vma[];
  pages: Runs;
  tables: { level: number[]; pfn: number[]; page: number[] };
  heap?: HeapChunks;
}

export interface Zone {
  node: number;
  name: string;
  startPfn: number;
  spanned: number;
  managed: number;
  free: number;
  min: number;
  low: number;
  high: number;
  freeBlocks: Record<string, number[]>;
  frames: number[];
}

export interface Snapshot {
  timeNs: number;
  line: number;
  reason: string;
  pageTableLevels: number;
  pageTableEntryBytes: number;
  spaces: Space[];
  zones: Zone[];
  frames: Runs;
}

export interface ViewDocument {
  schema: string;
  meta: Record<string, string>;
  tables: Record<string, Table>;
  documents: Record<string, any>;
  snapshots: Snapshot[];
}

// A page of the explorer also knows how to ask for any other moment.
export interface Source {
  document: ViewDocument;
  snapshot(index: number): Promise<Snapshot>;
  at?: (line: number, orAfter: boolean) => Promise<Snapshot>;
  explain?: (pid: number, address: string, event: number | null) => Promise<string>;
}

export function numbers(table: Table | undefined, column: string): number[] {
  const values = table?.[column];
  return values ? values.map((value) => Number(value ?? 0)) : [];
}

export function strings(table: Table | undefined, column: string): string[] {
  const values = table?.[column];
  return values ? values.map((value) => String(value ?? "")) : [];
}

export function rows(table: Table | undefined): Record<string, number | string | null>[] {
  if (!table) return [];
  const names = Object.keys(table);
  const length = names.length ? table[names[0]!]!.length : 0;
  return Array.from({ length }, (_, row) => Object.fromEntries(names.map((name) => [name, table[name]![row] ?? null])));
}

// The run that has a page or frame; -1: none has.
export function findRun(runs: Runs, page: number): number {
  let low = 0;
  let high = runs.start.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (runs.start[middle]! > page) high = middle - 1;
    else if (page >= runs.start[middle]! + runs.count[middle]!) low = middle + 1;
    else return middle;
  }
  return -1;
}

// The first run that ends above a page.
export function firstRunAbove(runs: Runs, page: number): number {
  let low = 0;
  let high = runs.start.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs.start[middle]! + runs.count[middle]! <= page) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function inflate(base64: string): Promise<ViewDocument> {
  const bytes = Uint8Array.from(atob(base64.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as ViewDocument;
}

function embedded(document: ViewDocument): Source {
  return { document, snapshot: (index) => Promise.resolve(document.snapshots[index]!) };
}

async function served(token: string): Promise<Source> {
  async function ask<T>(path: string): Promise<T> {
    const answer = await fetch(path, { headers: { "X-Pagewise-Token": token }, credentials: "omit", cache: "no-store" });
    if (!answer.ok) throw new Error((await answer.text()) || `${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }

  const document = await ask<ViewDocument>("api/document");
  const known = new Map<number, Promise<Snapshot>>();
  const source: Source = {
    document,
    snapshot(index) {
      let answer = known.get(index);
      if (!answer) known.set(index, (answer = ask<Snapshot>(`api/snapshot/${index}`)));
      return answer;
    },
  };
  if (document.meta["can_replay"] === "1") {
    source.at = (line, orAfter) => ask<Snapshot>(`api/at/${line}${orAfter ? "?after=1" : ""}`);
    source.explain = async (pid, address, event) =>
      (await ask<{ text: string }>(`api/explain?pid=${pid}&address=${encodeURIComponent(address)}${event === null ? "" : `&event=${event}`}`)).text;
  }
  return source;
}

export async function load(): Promise<Source> {
  const data = document.getElementById("pagewise-data");
  if (data) return embedded(await inflate(data.textContent ?? ""));
  return served(new URLSearchParams(location.search).get("token") ?? "");
}
