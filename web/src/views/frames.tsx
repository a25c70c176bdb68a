import { useMemo, useState } from "preact/hooks";
import { Canvas, Empty, Legend } from "../canvas";
import { findRun, firstRunAbove, type Snapshot, type Zone } from "../document";
import * as format from "../format";
import { aboveKind, frameKinds, kindOf, lruLists } from "../kinds";
import type { Moment } from "../moment";
import { sharers } from "./walk";

const columns = 192;

function zoneName(zone: Zone) {
  return `node ${zone.node}, ${zone.name}`;
}

// Share of free memory that is of no use to a request of an order (the unusable free space index).
export function unusable(zone: Zone, order: number): number {
  let usable = 0;
  let free = 0;
  for (const blocks of Object.values(zone.freeBlocks)) {
    blocks.forEach((count, at) => {
      free += count * 2 ** at;
      if (at >= order) usable += count * 2 ** at;
    });
  }
  return free === 0 ? 0 : (free - usable) / free;
}

interface Grid {
  rows: number;
  perCell: number;
  cells: Int16Array;
}

// Frames in rows from the lowest on; a cell shows what most of its frames are.
function gridOf(snapshot: Snapshot, zone: Zone, byList: boolean): Grid {
  const most = columns * 160;
  let perCell = 1;
  while (zone.spanned / perCell > most) perCell *= 2;
  const cells = new Int16Array(Math.ceil(zone.spanned / perCell)).fill(-1);
  const votes = new Map<number, number>();
  let run = firstRunAbove(snapshot.frames, zone.startPfn);
  for (let cell = 0; cell < cells.length; cell++) {
    const from = zone.startPfn + cell * perCell;
    const to = from + perCell;
    votes.clear();
    for (let index = run; index < snapshot.frames.start.length && snapshot.frames.start[index]! < to; index++) {
      const end = snapshot.frames.start[index]! + snapshot.frames.count[index]!;
      const value = snapshot.frames.kind[index]!;
      const isUser = kindOf(value) >= 2 && kindOf(value) <= 4;
      const seen = byList ? (isUser ? 16 + aboveKind(value) : kindOf(value) === 0 ? 0 : 1) : kindOf(value);
      votes.set(seen, (votes.get(seen) ?? 0) + Math.min(end, to) - Math.max(from, snapshot.frames.start[index]!));
      if (end <= to) run = index + 1;
    }
    let best = 0;
    for (const [kind, count] of votes) {
      if (count > best) {
        best = count;
        cells[cell] = kind;
      }
    }
  }
  return { rows: Math.ceil(cells.length / columns), perCell, cells };
}

export function Frames({ moment }: { moment: Moment }) {
  const snapshot = moment.snapshot;
  const [chosen, setChosen] = useState<string | null>(null);
  const [byList, setByList] = useState(false);
  const zone = snapshot?.zones.find((one) => zoneName(one) === chosen) ?? snapshot?.zones.reduce((best, one) => (one.managed > best.managed ? one : best), snapshot.zones[0]!) ?? null;
  const grid = useMemo(() => (snapshot && zone ? gridOf(snapshot, zone, byList) : null), [snapshot, zone, byList]);
  if (!snapshot || !zone || !grid) return <Empty>No snapshot at this moment.</Empty>;
  const cellHeight = Math.max(3, Math.min(8, Math.floor(560 / Math.max(1, grid.rows))));
  const height = grid.rows * cellHeight;
  const cellAt = (x: number, y: number, width: number) => Math.floor(y / cellHeight) * columns + Math.floor((x / width) * columns);
  const orders = Array.from({ length: Math.max(11, ...Object.values(zone.freeBlocks).map((blocks) => blocks.length)) }, (_, order) => order);
  return (
    <div>
      <div class="controls">
        <label>
          zone{" "}
          <select value={zoneName(zone)} onChange={(event) => setChosen(event.currentTarget.value)}>
            {snapshot.zones.map((one) => <option key={zoneName(one)}>{zoneName(one)}</option>)}
          </select>
        </label>
        <label><input type="checkbox" checked={byList} onChange={(event) => setByList(event.currentTarget.checked)} /> by LRU list</label>
        <span class="note">
          A cell is {grid.perCell === 1 ? "one frame" : `${grid.perCell} frames (${format.pages(grid.perCell)})`}
          {snapshot.frames.cellPages > grid.perCell ? `, kept in cells of ${snapshot.frames.cellPages}` : ""}.
        </span>
      </div>
      {byList ? <Legend kinds={lruLists} /> : <Legend kinds={frameKinds} counts={zone.frames} unit={format.pages} />}
      <Canvas
        height={height}
        label={`frames of ${zoneName(zone)}`}
        redrawOn={[grid]}
        draw={(context, width) => {
          const w = width / columns;
          grid.cells.forEach((kind, cell) => {
            const color = kind < 0 ? "#00000000" : byList ? (kind >= 16 ? lruLists[kind - 16]!.color : kind === 0 ? "transparent" : "#7a7a7a55") : frameKinds[kind]!.color;
            context.fillStyle = color;
            context.fillRect((cell % columns) * w, Math.floor(cell / columns) * cellHeight, Math.max(1, w - (w > 4 ? 1 : 0)), Math.max(1, cellHeight - (cellHeight > 4 ? 1 : 0)));
          });
        }}
        onClick={(x, y, width) => {
          const owner = sharers(snapshot, zone.startPfn + cellAt(x, y, width) * grid.perCell, { pid: -1, page: -1 })[0];
          if (owner) moment.walkTo(owner.pid, format.address(owner.page));
        }}
        hover={(x, y, width) => {
          const cell = cellAt(x, y, width);
          if (cell < 0 || cell >= grid.cells.length) return null;
          const pfn = zone.startPfn + cell * grid.perCell;
          const run = findRun(snapshot.frames, pfn);
          if (run < 0) return `frame ${format.hex(pfn)}: not there`;
          const kind = snapshot.frames.kind[run]!;
          const above = aboveKind(kind);
          const more = kindOf(kind) === 0 ? (snapshot.frames.cellPages === 1 ? `, block of order ${above}` : "") : above > 0 ? `, ${lruLists[above]?.name ?? "?"}` : "";
          const owner = grid.perCell === 1 && snapshot.frames.cellPages === 1 ? sharers(snapshot, pfn, { pid: -1, page: -1 })[0] : undefined;
          const area = owner && snapshot.spaces.find((space) => space.pid === owner.pid)?.vmas.find((vma) => owner.page >= vma.startPage && owner.page < vma.startPage + vma.pages);
          const whose = owner ? `, ${owner.pid} ${owner.comm} at ${format.address(owner.page)}${area?.name ? ` (${area.name})` : ""}` : "";
          return `frame ${format.hex(pfn)}${grid.perCell > 1 ? ` + ${grid.perCell}` : ""}: ${frameKinds[kindOf(kind)]!.name}${more}${whose}`;
        }}
      />
      <p class="note">Under the pointer: the frame, its list or block, and who maps it. A click walks to it.</p>
      <div class="columns">
        <table data-zone={zoneName(zone)}>
          <caption>Free blocks of the buddy allocator</caption>
          <thead><tr><th class="n">order</th><th class="n">block</th>{Object.keys(zone.freeBlocks).map((type) => <th key={type} class="n">{type}</th>)}<th class="n">unusable</th></tr></thead>
          <tbody>
            {orders.map((order) => (
              <tr key={order}>
                <td class="n">{order}</td><td class="n">{format.pages(2 ** order)}</td>
                {Object.entries(zone.freeBlocks).map(([type, blocks]) => <td key={type} class="n" data-free={`${type}:${order}`}>{format.count(blocks[order] ?? 0)}</td>)}
                <td class="n">{(100 * unusable(zone, order)).toFixed(1)} %</td>
              </tr>
            ))}
          </tbody>
        </table>
        <table>
          <caption>The zone</caption>
          <tbody>
            {([["managed", zone.managed], ["free", zone.free], ["min", zone.min], ["low", zone.low], ["high", zone.high]] as const).map(([name, pages]) => (
              <tr key={name} data-zone-figure={name} data-value={pages}><th>{name}</th><td class="n">{format.count(pages)}</td><td class="n">{format.pages(pages)}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="note">Unusable: the share of free memory in blocks too small for a request of that order (the unusable free space index).</p>
    </div>
  );
}
