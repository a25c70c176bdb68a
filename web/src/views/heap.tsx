import { useMemo, useState } from "preact/hooks";
import { Canvas, Empty, Legend } from "../canvas";
import { Chart, type Line } from "../chart";
import type { HeapChunks, Space } from "../document";
import { findRun } from "../document";
import * as format from "../format";
import { chunkStates, kindOf } from "../kinds";
import type { Moment } from "../moment";

const rowBytes = 65536;
const rowHeight = 9;

function totals(heap: HeapChunks): number[] {
  const bytes = new Array<number>(chunkStates.length).fill(0);
  heap.state.forEach((state, run) => (bytes[state]! += heap.sizeBytes[run]! * heap.count[run]!));
  return bytes;
}

interface Row {
  start: number;
  runs: number[];
}

// Rows of 64 KiB that have a chunk, by address.
function rowsOf(heap: HeapChunks): Row[] {
  const found = new Map<number, number[]>();
  heap.address.forEach((address, run) => {
    const end = address + heap.sizeBytes[run]! * heap.count[run]!;
    for (let row = Math.floor(address / rowBytes); row * rowBytes < end; row++) {
      const runs = found.get(row);
      if (runs) runs.push(run);
      else if (found.size < 20000) found.set(row, [run]);
    }
  });
  return [...found.entries()].sort((left, right) => left[0] - right[0]).map(([row, runs]) => ({ start: row * rowBytes, runs }));
}

function resident(space: Space, address: number): boolean {
  const run = findRun(space.pages, Math.floor(address / 4096));
  return run >= 0 && kindOf(space.pages.kind[run]!) !== 7;
}

function bins(heap: HeapChunks) {
  const found = new Map<string, { state: number; bin: number; arena: number; thread: number; from: number; to: number; chunks: number; bytes: number; first: number[] }>();
  heap.state.forEach((state, run) => {
    if (state < 2 || state > 6) return;
    const key = [state, heap.arena[run], heap.thread[run], heap.bin[run]].join(":");
    const size = heap.sizeBytes[run]!;
    let bin = found.get(key);
    if (!bin) found.set(key, (bin = { state, bin: heap.bin[run]!, arena: heap.arena[run]!, thread: heap.thread[run]!, from: size, to: size, chunks: 0, bytes: 0, first: [] }));
    bin.from = Math.min(bin.from, size);
    bin.to = Math.max(bin.to, size);
    bin.chunks += heap.count[run]!;
    bin.bytes += size * heap.count[run]!;
    if (bin.first.length < 4) bin.first.push(heap.address[run]!);
  });
  return [...found.values()].sort((left, right) => left.state - right.state || left.arena - right.arena || left.thread - right.thread || left.bin - right.bin);
}

export function Heap({ moment }: { moment: Moment }) {
  const snapshot = moment.snapshot;
  const space = snapshot?.spaces.find((one) => one.heap) ?? null;
  const heap = space?.heap ?? null;
  const rows = useMemo(() => (heap ? rowsOf(heap) : []), [heap]);
  const [from, setFrom] = useState(0);
  const perScreen = 64;
  const shown = rows.slice(from, from + perScreen);
  const history = useMemo(() => {
    const points = moment.document.snapshots.map((one) => ({ at: one.timeNs, heap: one.spaces.find((other) => other.heap)?.heap })).filter((one) => one.heap);
    const bytes = points.map((one) => totals(one.heap!));
    const free = (states: number[]) => states.slice(2, 7).reduce((all, value) => all + value, 0);
    const lines: Line[] = [
      { label: "in use", color: "#E69F00", values: bytes.map((states) => states[0]!) },
      { label: "free, in bins and tcaches", color: "#56B4E9", values: bytes.map(free) },
      { label: "top", color: "#999999", values: bytes.map((states) => states[7]!) },
    ];
    return { times: points.map((one) => one.at), lines, share: bytes.map((states) => (states[0]! + free(states) > 0 ? free(states) / (states[0]! + free(states)) : null)) };
  }, [moment.document]);
  const why = moment.document.documents["heap-why-rss"] ?? null;
  if (!heap || !space)
    return (
      <div>
        <Empty>
          No heap at this moment. The calls of malloc are recorded by <code>pagewise record --heap</code>, or come from ltrace, mtrace and heaptrack logs.
        </Empty>
        {why && <Why why={why} />}
      </div>
    );
  const bytes = totals(heap);
  const seek = { now: moment.timeNs, onSeek: moment.seek };
  return (
    <div data-heap-calls={heap.calls}>
      <p>
        After {format.count(heap.calls)} calls: {format.size(bytes[0]!)} in use, {format.size(bytes.slice(2, 7).reduce((all, one) => all + one, 0))} free inside, {format.size(bytes[7]!)} top.
        {heap.isCut && " More chunks than a snapshot keeps: the rest is missing."}
      </p>
      <Legend kinds={chunkStates} counts={bytes} unit={format.size} />
      <Canvas
        height={Math.max(1, shown.length) * rowHeight}
        label="chunks by address"
        redrawOn={[heap, from]}
        draw={(context, width) => {
          shown.forEach((row, line) => {
            for (const run of row.runs) {
              const size = heap.sizeBytes[run]!;
              const start = Math.max(heap.address[run]!, row.start);
              const end = Math.min(heap.address[run]! + size * heap.count[run]!, row.start + rowBytes);
              const x = ((start - row.start) / rowBytes) * width;
              const w = ((end - start) / rowBytes) * width;
              context.fillStyle = chunkStates[heap.state[run]!]!.color;
              context.fillRect(x, line * rowHeight + 1, Math.max(0.5, w - (w > 3 ? 0.5 : 0)), rowHeight - 3);
            }
            context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--ink-soft");
            for (let page = 0; page < rowBytes / 4096; page++)
              if (resident(space, row.start + page * 4096)) context.fillRect(((page * 4096) / rowBytes) * width, (line + 1) * rowHeight - 2, (4096 / rowBytes) * width - 0.5, 1);
          });
        }}
        hover={(x, y, width) => {
          const row = shown[Math.floor(y / rowHeight)];
          if (!row) return null;
          const address = row.start + (x / width) * rowBytes;
          const run = row.runs.find((one) => address >= heap.address[one]! && address < heap.address[one]! + heap.sizeBytes[one]! * heap.count[one]!);
          if (run === undefined) return `${format.hex(Math.floor(address))}: no chunk`;
          const size = heap.sizeBytes[run]!;
          const chunk = heap.address[run]! + Math.floor((address - heap.address[run]!) / size) * size;
          return `${format.hex(chunk)}: ${chunkStates[heap.state[run]!]!.name}, ${format.count(size)} bytes, arena ${heap.arena[run]}${heap.thread[run]! >= 0 ? `, thread ${heap.thread[run]! + 1}` : ""}; page ${resident(space, address) ? "resident" : "not resident"}`;
        }}
        onClick={(x, y, width) => {
          const row = shown[Math.floor(y / rowHeight)];
          if (row) moment.walkTo(space.pid, format.hex(Math.floor(row.start + (x / width) * rowBytes)));
        }}
      />
      {rows.length > perScreen && (
        <div class="controls">
          <button disabled={from === 0} onClick={() => setFrom(Math.max(0, from - perScreen))}>lower addresses</button>
          <span>{`rows ${from + 1} to ${from + shown.length} of ${rows.length}, ${format.size(rowBytes)} each; the line below a row marks resident pages`}</span>
          <button disabled={from + perScreen >= rows.length} onClick={() => setFrom(from + perScreen)}>higher addresses</button>
        </div>
      )}
      {history.times.length > 1 && (
        <>
          <Chart title="The heap over time" times={history.times} lines={history.lines} unit={format.size} {...seek} />
          <Chart title="Fragmentation: the share of the chunks below top that is free" times={history.times} lines={[{ label: "free", color: "#CC79A7", values: history.share }]} unit={(value) => format.percent(value, 1)} {...seek} />
        </>
      )}
      {why && <Why why={why} />}
      <details>
        <summary>Bins and tcaches</summary>
        <table>
          <thead><tr><th>list</th><th class="n">number</th><th>of</th><th class="n">chunk bytes</th><th class="n">chunks</th><th class="n">bytes</th><th>chain</th></tr></thead>
          <tbody>
            {bins(heap).slice(0, 200).map((bin) => (
              <tr key={`${bin.state}:${bin.arena}:${bin.thread}:${bin.bin}`}>
                <td>{chunkStates[bin.state]!.name}</td><td class="n">{bin.bin}</td><td>{bin.thread >= 0 ? `thread ${bin.thread + 1}` : `arena ${bin.arena}`}</td>
                <td class="n">{bin.from === bin.to ? format.count(bin.from) : `${format.count(bin.from)}–${format.count(bin.to)}`}</td>
                <td class="n">{format.count(bin.chunks)}</td><td class="n">{format.size(bin.bytes)}</td>
                <td><code>{bin.first.map((address) => format.hex(address)).join(" ")}{bin.chunks > bin.first.length ? " …" : ""}</code></td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}

function Why({ why }: { why: any }) {
  return (
    <div>
      <h3>Why it is as resident as it is</h3>
      <p data-live={why.liveBytes} data-resident={why.residentBytes}>
        {format.size(why.liveBytes)} live in {format.size(why.residentBytes)} resident. {format.count(why.pages.pinnedPages)} pages hold {format.size(why.pages.pinnedFreeBytes)} of free bytes beside live blocks.
      </p>
      <table>
        <caption>Blocks that pin pages, by the call that took them</caption>
        <thead><tr><th>call</th><th class="n">blocks</th><th class="n">pages</th><th class="n">free bytes kept</th></tr></thead>
        <tbody>{(why.groups as any[]).map((group, index) => <tr key={index}><td><code>{group.text}</code></td><td class="n">{format.count(group.blocks)}</td><td class="n">{format.count(group.pages)}</td><td class="n">{format.size(group.freeBytes)}</td></tr>)}</tbody>
      </table>
      <table>
        <caption>What would help</caption>
        <thead><tr><th>change</th><th class="n">resident then</th><th class="n">saved</th></tr></thead>
        <tbody>{(why.remedies as any[]).map((remedy, index) => <tr key={index}><td>{remedy.what}</td><td class="n">{format.size(remedy.residentBytes)}</td><td class="n">{format.size(remedy.savedBytes)}</td></tr>)}</tbody>
      </table>
    </div>
  );
}
