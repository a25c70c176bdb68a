import { useEffect, useState } from "preact/hooks";
import { Empty } from "../canvas";
import { findRun, type Snapshot, type Space } from "../document";
import * as format from "../format";
import { aboveKind, frameKinds, kindOf, lruLists, pageBits, pageKinds } from "../kinds";
import type { Moment } from "../moment";
import { ProcessChoice, spaceOf } from "./addressSpace";

interface Step {
  level: number;
  table: number;
  index: number;
  words: string;
}

export const levelName = (level: number, levels: number) => (level === levels ? "PGD" : level === 1 ? "PTE" : level === 2 ? "PMD" : level === 3 ? "PUD" : "P4D");

const indexBits = (snapshot: Snapshot) => (snapshot.pageTableEntryBytes === 8 ? 9 : 10);

export function walk(snapshot: Snapshot, space: Space, page: number): { steps: Step[]; run: number; known: boolean } {
  const bits = indexBits(snapshot);
  const levels = snapshot.pageTableLevels;
  const tables = new Map<string, number>();
  space.tables.level.forEach((level, index) => tables.set(`${level}:${space.tables.page[index]}`, space.tables.pfn[index]!));
  const covers = (level: number) => Math.floor(page / 2 ** (bits * level)) * 2 ** (bits * level);
  const run = findRun(space.pages, page);
  const steps: Step[] = [];
  for (let level = levels; level >= 1; level--) {
    const table = tables.get(`${level}:${level === levels ? 0 : covers(level)}`);
    if (table === undefined) break;
    const index = Math.floor(page / 2 ** (bits * (level - 1))) % 2 ** bits;
    const below = level > 1 ? tables.get(`${level - 1}:${covers(level - 1)}`) : undefined;
    if (below !== undefined) {
      steps.push({ level, table, index, words: `P RW US A D → table ${format.hex(below)}` });
      continue;
    }
    steps.push({ level, table, index, words: run < 0 ? "empty: the next access faults" : leafWords(space, run, page, level) });
    break;
  }
  return { steps, run, known: space.tables.pfn.length > 0 };
}

function leafWords(space: Space, run: number, page: number, level: number): string {
  const kind = space.pages.kind[run]!;
  const at = space.pages.at.length > 0 ? space.pages.at[run]! + page - space.pages.start[run]! : null;
  if (kindOf(kind) === 7) return `not present: slot ${at ?? "?"} of swap; the next access reads it back`;
  if (kind & pageBits.protNone) return `PROT_NONE: a page is there, any access gets SIGSEGV`;
  const words = ["P"];
  if (kind & pageBits.writable) words.push("RW");
  words.push("US");
  if (kind & pageBits.accessed) words.push("A");
  if (kind & pageBits.dirty) words.push("D");
  if (level > 1) words.push("PS");
  if (!(kind & pageBits.executable)) words.push("NX");
  return `${words.join(" ")} → frame ${at === null ? "?" : format.hex(at)}`;
}

export function sharers(snapshot: Snapshot, pfn: number, except: { pid: number; page: number }): { pid: number; comm: string; page: number }[] {
  const found: { pid: number; comm: string; page: number }[] = [];
  for (const space of snapshot.spaces) {
    for (let run = 0; run < space.pages.at.length; run++) {
      const first = space.pages.at[run]!;
      if (pfn < first || pfn >= first + space.pages.count[run]! || kindOf(space.pages.kind[run]!) === 7) continue;
      const page = space.pages.start[run]! + pfn - first;
      if (space.pid !== except.pid || page !== except.page) found.push({ pid: space.pid, comm: space.comm, page });
    }
  }
  return found;
}

export function Walk({ moment }: { moment: Moment }) {
  const space = spaceOf(moment);
  const [text, setText] = useState(moment.walk?.address ?? "");
  const [explained, setExplained] = useState<string | null>(null);
  useEffect(() => {
    if (moment.walk) setText(moment.walk.address);
  }, [moment.walk]);
  const parsed = format.parseAddress(text);
  const explain = moment.source.explain;
  useEffect(() => {
    setExplained(null);
    if (!explain || !space || !parsed) return;
    let isCurrent = true;
    explain(space.pid, text.trim(), moment.event ?? moment.snapshot?.line ?? null).then(
      (answer) => isCurrent && setExplained(answer),
      (error: Error) => isCurrent && setExplained(error.message),
    );
    return () => {
      isCurrent = false;
    };
  }, [text, space?.pid, moment.event, moment.snapshot]);
  if (!space || !moment.snapshot) return <Empty>No process lives at this moment: move the time.</Empty>;
  const snapshot = moment.snapshot;
  const first = space.vmas.find((vma) => vma.residentPages > 0) ?? space.vmas[0];
  return (
    <div>
      <div class="controls">
        <ProcessChoice moment={moment} />
        <label>
          address{" "}
          <input class="address" value={text} placeholder={first ? format.address(first.startPage) : "0x…"} spellcheck={false} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        {space.vmas.filter((vma) => vma.residentPages > 0).slice(0, 6).map((vma) => (
          <button key={vma.startPage} onClick={() => setText(format.address(vma.startPage))}>{vma.name.split("/").pop() || "anonymous"}</button>
        ))}
      </div>
      {!parsed ? (
        <Empty>{text === "" ? "Type an address, or click a page in the address space." : `${text}: expected an address in hexadecimal.`}</Empty>
      ) : (
        <Explained snapshot={snapshot} space={space} page={parsed.page} within={parsed.within} moment={moment} />
      )}
      {explained && <pre class="explained" data-explained>{explained}</pre>}
    </div>
  );
}

function Explained({ snapshot, space, page, within, moment }: { snapshot: Snapshot; space: Space; page: number; within: number; moment: Moment }) {
  const vma = space.vmas.find((one) => page >= one.startPage && page < one.startPage + one.pages);
  const { steps, run, known } = walk(snapshot, space, page);
  const bits = indexBits(snapshot);
  const levels = snapshot.pageTableLevels;
  const fields = Array.from({ length: levels }, (_, index) => levels - index).map((level) => ({
    name: levelName(level, levels),
    value: Math.floor(page / 2 ** (bits * (level - 1))) % 2 ** bits,
    width: bits,
  }));
  const kind = run >= 0 ? kindOf(space.pages.kind[run]!) : 0;
  const pfn = run >= 0 && space.pages.at.length > 0 && kind !== 7 ? space.pages.at[run]! + page - space.pages.start[run]! : null;
  const frame = pfn === null ? -1 : findRun(snapshot.frames, pfn);
  const others = pfn === null || kind === 6 ? [] : sharers(snapshot, pfn, { pid: space.pid, page });
  return (
    <div>
      <div class="fields" aria-label="the address, field by field">
        {[...fields, { name: "offset", value: within, width: 12 }].map((field) => (
          <div key={field.name} class="field" style={{ flexGrow: field.width }}>
            <span>{field.name}</span>
            <code>{field.value.toString(2).padStart(field.width, "0")}</code>
            <b>{field.name === "offset" ? format.hex(field.value) : field.value}</b>
          </div>
        ))}
      </div>
      <table class="walk">
        <tbody>
          <tr data-walk="area"><th>area</th><td>{vma ? <><code>{format.address(vma.startPage)}–{format.address(vma.startPage + vma.pages)} {vma.access}</code> {vma.name || "anonymous"}</> : "none: an access gets SIGSEGV, SEGV_MAPERR"}</td></tr>
          {!known && <tr><th>tables</th><td>not kept in this snapshot{moment.source.explain ? "; see below" : ": the explorer walks them"}</td></tr>}
          {steps.map((step) => (
            <tr key={step.level} data-walk={levelName(step.level, levels)}>
              <th>{levelName(step.level, levels)}</th>
              <td>table in frame <code>{format.hex(step.table)}</code>, entry {step.index}: {step.words}</td>
            </tr>
          ))}
          {pfn !== null && (
            <tr data-walk="frame" data-pfn={pfn}>
              <th>frame</th>
              <td>
                <code>{format.hex(pfn)}</code>, physical <code>{format.hex(BigInt(pfn) * 4096n + BigInt(within))}</code>: {pageKinds[kind]!.name}
                {frame >= 0 && kindOf(snapshot.frames.kind[frame]!) !== 0 && aboveKind(snapshot.frames.kind[frame]!) > 0 && `, ${lruLists[aboveKind(snapshot.frames.kind[frame]!)]!.name} list`}
                {frame >= 0 && kind === 0 && frameKinds[kindOf(snapshot.frames.kind[frame]!)]!.name}
              </td>
            </tr>
          )}
          {pfn !== null && (
            <tr data-walk="also">
              <th>also in</th>
              <td>
                {kind === 6 ? "every program that has read fresh memory: it is the zero page" : others.length === 0 ? "no other place" : others.slice(0, 20).map((other) => (
                  <button key={`${other.pid}:${other.page}`} onClick={() => moment.walkTo(other.pid, format.address(other.page))}>{`${other.pid} ${other.comm} at ${format.address(other.page)}`}</button>
                ))}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
