import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import * as format from "./format";

export interface Line {
  label: string;
  values: (number | null)[];
  color: string;
  dash?: number[];
  fill?: string;
}

export interface Band {
  from: number;
  to: number;
  color: string;
}

interface Properties {
  title: string;
  times: number[];
  lines: Line[];
  unit: (value: number) => string;
  xUnit?: (value: number) => string;
  bands?: Band[];
  marks?: { at: number; color: string }[];
  now?: number;
  onSeek?: (time: number) => void;
  height?: number;
}

// Amounts of memory are read in powers of two.
const byteSteps = Array.from({ length: 50 }, (_, power) => 2 ** power);

const style = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function tell(plot: uPlot, now: number | undefined) {
  if (now !== undefined) plot.setLegend({ idx: plot.valToIdx(now) }, false);
}

// A series over virtual time, with what happened meanwhile behind it.
export function Chart(properties: Properties) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const now = useRef(properties.now);
  now.current = properties.now;

  useEffect(() => {
    const element = host.current!;
    const ink = style("--ink-soft");
    const grid = style("--line");
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "11px system-ui" };
    const options: uPlot.Options = {
      width: element.clientWidth || 600,
      height: properties.height ?? 200,
      cursor: { drag: { x: false, y: false } },
      legend: { live: true },
      scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low), high <= low ? low + 1 : high * 1.05] } },
      axes: [
        { ...axis, ...(properties.xUnit === format.size ? { incrs: byteSteps } : {}), space: 90, values: (_, ticks) => ticks.map(properties.xUnit ?? format.shortTime) },
        { ...axis, ...(properties.unit === format.size ? { incrs: byteSteps } : {}), size: 78, values: (_, ticks) => ticks.map(properties.unit) },
      ],
      series: [
        { label: properties.xUnit ? "at" : "time", value: (_, value) => (value === null ? "–" : (properties.xUnit ?? format.time)(value)) },
        ...properties.lines.map((line) => ({
          label: line.label,
          stroke: line.color,
          width: 1.5,
          ...(line.dash ? { dash: line.dash } : {}),
          ...(line.fill ? { fill: line.fill } : {}),
          points: { show: properties.times.length < 2 },
          value: (_: uPlot, value: number | null) => (value === null ? "–" : properties.unit(value)),
        })),
      ],
      hooks: {
        ready: [(self) => tell(self, now.current)],
        drawClear: [
          (self) => {
            for (const band of properties.bands ?? []) {
              const left = self.valToPos(band.from, "x", true);
              const right = self.valToPos(band.to, "x", true);
              self.ctx.fillStyle = band.color;
              self.ctx.fillRect(left, self.bbox.top, Math.max(1, right - left), self.bbox.height);
            }
          },
        ],
        draw: [
          (self) => {
            const lines = [...(properties.marks ?? [])];
            if (now.current !== undefined) lines.push({ at: now.current, color: style("--accent") });
            for (const mark of lines) {
              const x = self.valToPos(mark.at, "x", true);
              if (x < self.bbox.left - 1 || x > self.bbox.left + self.bbox.width + 1) continue;
              self.ctx.fillStyle = mark.color;
              self.ctx.fillRect(x - 1, self.bbox.top, 2, self.bbox.height);
            }
          },
        ],
      },
    };
    const made = new uPlot(options, [properties.times, ...properties.lines.map((line) => line.values)] as uPlot.AlignedData, element);
    plot.current = made;
    const seek = () => {
      const left = made.cursor.left;
      if (left !== undefined && left >= 0) properties.onSeek?.(made.posToVal(left, "x"));
    };
    made.over.addEventListener("click", seek);
    const watcher = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientWidth !== made.width) made.setSize({ width: element.clientWidth, height: properties.height ?? 200 });
    });
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [properties.times, properties.lines, properties.bands, properties.marks]);

  // The legend tells the values at the time that is looked at, until the pointer asks for another.
  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    made.redraw(false);
    tell(made, properties.now);
  }, [properties.now, properties.lines]);

  return (
    <figure class="chart" data-chart={properties.title}>
      <figcaption>{properties.title}</figcaption>
      <div ref={host} />
    </figure>
  );
}
