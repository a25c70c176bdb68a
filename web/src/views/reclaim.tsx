import { useMemo } from "preact/hooks";
import { Chart, type Line } from "../chart";
import { Empty } from "../canvas";
import { numbers } from "../document";
import * as format from "../format";
import type { Moment } from "../moment";
import { freeLines, listLines, rates, samplesOf } from "../series";

export function Reclaim({ moment }: { moment: Moment }) {
  const { document } = moment;
  const samples = samplesOf(document);
  const lines = useMemo(() => {
    const rate = (label: string, name: string, color: string): Line[] => (samples.has(name) ? [{ label, color, values: rates(samples.times, samples.column(name)) }] : []);
    return {
      scan: [...rate("kswapd", "scan_kswapd", "#56B4E9"), ...rate("direct", "scan_direct", "#D55E00")],
      outcome: [
        ...rate("stolen", "steal_kswapd", "#009E73"), ...rate("stolen directly", "steal_direct", "#D55E00"), ...rate("rotated", "rotated", "#999999"),
        ...rate("activated", "activate", "#E69F00"), ...rate("deactivated", "deactivate", "#56B4E9"), ...rate("refaults", "refaults", "#CC79A7"),
      ],
      free: freeLines(document),
      lists: listLines(document),
      dirty: [
        { label: "dirty", values: samples.bytes("dirty"), color: "#D55E00" },
        { label: "under writeback", values: samples.bytes("writeback"), color: "#0072B2" },
      ] as Line[],
    };
  }, [document]);
  const ratio = useMemo(() => {
    const table = document.tables["miss_ratio"];
    const accesses = numbers(table, "accesses");
    return {
      sizes: numbers(table, "pages").map((pages) => pages * 4096),
      lines: [{ label: "misses", color: "#0072B2", values: numbers(table, "misses").map((misses, index) => (accesses[index]! > 0 ? misses / accesses[index]! : null)) }],
    };
  }, [document]);
  const sets = document.tables["working_set"];
  const pressure = document.documents["report"]?.machine?.pressure ?? {};
  const seek = { now: moment.timeNs, onSeek: moment.seek, bands: samples.bands, marks: samples.marks, times: samples.times };
  const isQuiet = (pressure.scanKswapd ?? 0) + (pressure.scanDirect ?? 0) === 0;
  const memory = document.documents["report"]?.machine?.memoryBytes;
  return (
    <div>
      {isQuiet && <Empty>Memory never ran short: nothing was scanned. A smaller machine shows reclaim at work, such as <code>--set memory=…</code>.</Empty>}
      {samples.times.length >= 2 && (
        <>
          <Chart title="Free memory against the watermarks" lines={lines.free} unit={format.size} {...seek} />
          <Chart title="Pages scanned a second" lines={lines.scan} unit={format.count} {...seek} />
          <Chart title="What became of them, pages a second" lines={lines.outcome} unit={format.count} {...seek} />
          <Chart title="The lists" lines={lines.lists} unit={format.size} {...seek} />
          <Chart title="Dirty pages" lines={lines.dirty} unit={format.size} {...seek} />
        </>
      )}
      <h3>Misses against memory size</h3>
      {ratio.sizes.length > 1 ? (
        <Chart title="Share of accesses that miss, for each size of an LRU memory" times={ratio.sizes} lines={ratio.lines} unit={(value) => format.percent(value, 1)} xUnit={format.size} {...(memory ? { marks: [{ at: memory, color: "#999999" }] } : {})} />
      ) : (
        <Empty>The curve needs recorded accesses: <code>pagewise record --pages</code>.</Empty>
      )}
      {sets && (
        <table>
          <caption>Working set: pages used within a window</caption>
          <thead><tr><th class="n">window</th><th class="n">half the time at most</th><th class="n">90 %</th><th class="n">99 %</th></tr></thead>
          <tbody>
            {numbers(sets, "window_ns").map((window, row) => (
              <tr key={window}>
                <td class="n">{format.time(window)}</td>
                {["p50", "p90", "p99"].map((name) => <td key={name} class="n">{format.pages(numbers(sets, name)[row]!)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <table>
        <caption>The whole run</caption>
        <tbody>
          {Object.entries(pressure).filter(([, value]) => typeof value === "number").map(([name, value]) => (
            <tr key={name} data-pressure={name} data-value={String(value)}><th>{name}</th><td class="n">{name.endsWith("Ns") ? format.time(value as number) : name.endsWith("Bytes") ? format.size(value as number) : format.count(value as number)}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
