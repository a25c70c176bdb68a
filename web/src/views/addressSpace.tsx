import { useMemo, useState } from "preact/hooks";
import { Canvas, Empty, Legend } from "../canvas";
import { firstRunAbove, findRun, numbers, type Space, type Vma } from "../document";
import * as format from "../format";
import { kindOf, pageBits, pageKinds } from "../kinds";
import type { Moment } from "../moment";
import { samplesOf } from "../series";

export function spaceOf(moment: Moment): Space | null {
  const spaces = moment.snapshot?.spaces ?? [];
  return spaces.find((space) => space.pid === moment.pid) ?? spaces[0] ?? null;
}

export function ProcessChoice({ moment }: { moment: Moment }) {
  const spaces = moment.snapshot?.spaces ?? [];
  const chosen = spaceOf(moment);
  return (
    <label>
      process{" "}
      <select value={String(chosen?.pid ?? "")} onChange={(event) => moment.choosePid(Number(event.currentTarget.value))}>
        {spaces.map((space) => (
          <option key={space.pid} value={String(space.pid)}>{`${space.pid} ${space.comm}: ${format.pages(space.residentPages)}`}</option>
        ))}
      </select>
    </label>
  );
}

export function pageText(space: Space, page: number): string {
  const run = findRun(space.pages, page);
  if (run < 0) return `${format.address(page)}: nothing`;
  const kind = space.pages.kind[run]!;
  const words = [`${format.address(page)}: ${pageKinds[kindOf(kind)]?.name ?? "?"}`];
  if (space.pages.at.length > 0) {
    const at = space.pages.at[run]! + page - space.pages.start[run]!;
    words.push(kindOf(kind) === 7 ? `slot ${at} of swap` : `frame ${format.hex(at)}`);
    if (kind & pageBits.writable) words.push("writable");
    if (kind & pageBits.dirty) words.push("dirty");
    if (kind & pageBits.accessed) words.push("accessed");
    if (kind & pageBits.protNone) words.push("PROT_NONE");
  } else if (space.pages.cellPages > 1) {
    words.push(`most of ${space.pages.cellPages} pages`);
  }
  return words.join(", ");
}

// Pages from left to right; what one column of the screen covers shows the kind that most of it is.
function drawPages(space: Space, start: number, pages: number, context: CanvasRenderingContext2D, width: number, height: number) {
  const columns = Math.max(1, Math.min(Math.ceil(width), pages));
  const votes = new Float64Array(16);
  let run = firstRunAbove(space.pages, start);
  for (let column = 0; column < columns; column++) {
    const from = start + (pages * column) / columns;
    const to = start + (pages * (column + 1)) / columns;
    votes.fill(0);
    for (let index = run; index < space.pages.start.length && space.pages.start[index]! < to; index++) {
      const end = space.pages.start[index]! + space.pages.count[index]!;
      votes[kindOf(space.pages.kind[index]!)]! += Math.min(end, to) - Math.max(space.pages.start[index]!, from);
      if (end <= to) run = index + 1;
    }
    let best = 0;
    for (let kind = 1; kind < 16; kind++) if (votes[kind]! > votes[best]!) best = kind;
    if (best === 0) continue;
    context.fillStyle = pageKinds[best]?.color ?? "#000";
    const left = Math.floor((column * width) / columns);
    context.fillRect(left, 0, Math.max(1, Math.ceil(((column + 1) * width) / columns) - left), height);
  }
}

function Area({ moment, space, vma, scale }: { moment: Moment; space: Space; vma: Vma; scale: number }) {
  return (
    <li class="area" data-start={format.address(vma.startPage)} data-resident={vma.residentPages} data-swapped={vma.swappedPages}>
      <div class="area-name">
        <code>{format.address(vma.startPage)}–{format.address(vma.startPage + vma.pages)}</code> <code>{vma.access}</code> <b>{vma.name || "anonymous"}</b>
        <span>
          {format.pages(vma.pages)}, {format.pages(vma.residentPages)} resident{vma.swappedPages > 0 ? `, ${format.pages(vma.swappedPages)} in swap` : ""}
        </span>
      </div>
      <Canvas
        height={14}
        width={`${Math.max(0.4, 100 * scale)}%`}
        label={`pages of ${vma.name || "an anonymous area"}`}
        redrawOn={[space, vma]}
        draw={(context, width, height) => drawPages(space, vma.startPage, vma.pages, context, width, height)}
        hover={(x, _, width) => pageText(space, vma.startPage + Math.min(vma.pages - 1, Math.floor((x / width) * vma.pages)))}
        onClick={(x, _, width) => moment.walkTo(space.pid, format.address(vma.startPage + Math.min(vma.pages - 1, Math.floor((x / width) * vma.pages))))}
      />
    </li>
  );
}

function Heat({ moment, pid }: { moment: Moment; pid: number }) {
  const { document } = moment;
  const heat = useMemo(() => {
    const table = document.tables["heat"];
    const pids = numbers(table, "pid");
    const region = numbers(table, "region");
    const sample = numbers(table, "sample_id");
    const accesses = numbers(table, "accesses");
    const rows = pids.map((one, row) => (one === pid ? row : -1)).filter((row) => row >= 0);
    const regions = [...new Set(rows.map((row) => region[row]!))].sort((left, right) => left - right);
    const place = new Map(regions.map((one, index) => [one, index]));
    const ids = numbers(document.tables["sample"], "id");
    const column = new Map(ids.map((id, index) => [id, index]));
    const cells = rows.map((row) => ({ column: column.get(sample[row]!) ?? 0, row: place.get(region[row]!)!, accesses: accesses[row]! }));
    return { regions, cells, columns: Math.max(1, ids.length), most: cells.reduce((best, cell) => Math.max(best, cell.accesses), 1) };
  }, [document, pid]);
  const samples = samplesOf(document);
  const regionBytes = Number(document.meta["heat_region_bytes"] ?? 2 << 20);
  const every = document.meta["heat_every"];
  if (heat.regions.length === 0) return <Empty>No accesses were recorded for this process. <code>pagewise record --pages</code> records them.</Empty>;
  const height = Math.min(360, Math.max(60, heat.regions.length * 8));
  return (
    <Canvas
      height={height}
      label="accesses over time and address"
      redrawOn={[heat, moment.timeNs]}
      draw={(context, width) => {
        const w = width / heat.columns;
        const h = height / heat.regions.length;
        for (const cell of heat.cells) {
          const strength = Math.log(1 + cell.accesses) / Math.log(1 + heat.most);
          context.fillStyle = `rgba(213, 94, 0, ${(0.15 + 0.85 * strength).toFixed(3)})`;
          context.fillRect(cell.column * w, height - (cell.row + 1) * h, Math.ceil(w), Math.ceil(h));
        }
        const index = samples.times.findIndex((time) => time >= moment.timeNs);
        context.fillStyle = getComputedStyle(window.document.documentElement).getPropertyValue("--accent");
        context.fillRect((index < 0 ? heat.columns - 1 : index) * w, 0, 2, height);
      }}
      hover={(x, y, width) => {
        const column = Math.floor((x / width) * heat.columns);
        const row = heat.regions.length - 1 - Math.floor((y / height) * heat.regions.length);
        const region = heat.regions[row];
        if (region === undefined) return null;
        const cell = heat.cells.find((one) => one.column === column && one.row === row);
        const base = BigInt(region) * BigInt(regionBytes);
        return `${format.hex(base)} + ${format.size(regionBytes)}, ${format.time(samples.times[column] ?? 0)}: ${format.count(cell?.accesses ?? 0)} accesses${every && every !== "1" ? ` of one in ${every}` : ""}`;
      }}
      onClick={(x, _, width) => moment.seek(samples.times[Math.min(samples.times.length - 1, Math.floor((x / width) * heat.columns))] ?? 0)}
    />
  );
}

export function AddressSpace({ moment }: { moment: Moment }) {
  const [toScale, setToScale] = useState(true);
  const space = spaceOf(moment);
  if (!space) return <Empty>No process lives at this moment: move the time.</Empty>;
  const largest = Math.max(1, ...space.vmas.map((vma) => vma.pages));
  const counts = new Array<number>(pageKinds.length).fill(0);
  space.pages.kind.forEach((kind, run) => (counts[kindOf(kind)]! += space.pages.count[run]!));
  return (
    <div>
      <div class="controls">
        <ProcessChoice moment={moment} />
        <label><input type="checkbox" checked={toScale} onChange={(event) => setToScale(event.currentTarget.checked)} /> to scale</label>
        <span class="note">A click on a page walks to it.</span>
      </div>
      <Legend kinds={pageKinds} counts={counts} unit={format.pages} />
      {space.pages.cellPages > 1 && <p class="note">Kept in cells of {space.pages.cellPages} pages: this space has more pages than a snapshot keeps one by one.</p>}
      <ol class="areas">
        {space.vmas.map((vma) => (
          <Area key={vma.startPage} moment={moment} space={space} vma={vma} scale={toScale ? vma.pages / largest : 1} />
        ))}
      </ol>
      <h3>Accesses over time and address</h3>
      <Heat moment={moment} pid={space.pid} />
    </div>
  );
}
