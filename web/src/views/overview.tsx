import { useMemo } from "preact/hooks";
import { Chart, type Line } from "../chart";
import { Empty } from "../canvas";
import * as format from "../format";
import type { Moment } from "../moment";
import { directColor, freeLines, killColor, kswapdColor, listLines, processSeries, rates, samplesOf } from "../series";

const lineColors = ["#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#D55E00", "#0072B2"];

export function answerOf(document: Moment["document"]): string[] {
  const report = document.documents["report"];
  if (!report) return ["This run file has no report."];
  const answer: string[] = [];
  const kills = report.oomKills ?? [];
  if (kills.length > 0) answer.push(kills[0].answer);
  const processes: any[] = report.processes ?? [];
  const biggest = processes.reduce((best, one) => (!best || one.peakResidentBytes > best.peakResidentBytes ? one : best), null);
  if (biggest)
    answer.push(`${biggest.comm} (${biggest.pid}) had at most ${format.size(biggest.peakResidentBytes)} resident, on a machine of ${format.size(report.machine.memoryBytes)}.`);
  const causes: any[] = [...(report.machine.time ?? [])].sort((left, right) => right.ns - left.ns);
  if (causes.length > 0 && causes[0].ns > 0)
    answer.push(`Of ${format.time(report.machine.timeNs)} that memory cost, ${format.percent(causes[0].ns, report.machine.timeNs)} went to ${causes[0].cause}.`);
  return answer;
}

export function Overview({ moment }: { moment: Moment }) {
  const { document } = moment;
  const report = document.documents["report"];
  const samples = samplesOf(document);
  const lines = useMemo(() => {
    const lists: Line[] = [
      ...listLines(document),
      { label: "unevictable", values: samples.bytes("unevictable"), color: "#CC79A7" },
      { label: "swap", values: samples.bytes("swap_used"), color: "#999999", dash: [4, 3] },
    ];
    const majors = samples.column("major_faults");
    const minors = samples.column("faults").map((faults, index) => faults - majors[index]!);
    const faults: Line[] = [
      { label: "minor", values: rates(samples.times, minors), color: "#56B4E9" },
      { label: "major", values: rates(samples.times, majors), color: "#D55E00" },
    ];
    const rss = processSeries(document, 6).map((one, index) => ({ label: `${one.name} (${one.pid})`, values: one.rss, color: lineColors[index % lineColors.length]! }));
    return { free: freeLines(document), lists, faults, rss };
  }, [document]);

  if (!report) return <Empty>No report in this file.</Empty>;
  const machine = report.machine;
  const processes: any[] = report.processes ?? [];
  const sum = (name: string) => processes.reduce((all, one) => all + (one.faults?.[name] ?? 0), 0);
  const facts: [string, string, string, number][] = [
    ["minor", "minor faults", format.count(sum("minor")), sum("minor")],
    ["major", "major faults", format.count(sum("major")), sum("major")],
    ["peak", "peak RSS", format.size(Math.max(0, ...processes.map((one) => one.peakResidentBytes))), Math.max(0, ...processes.map((one) => one.peakResidentBytes))],
    ["swap", "swap used at the end", format.size(machine.pressure.swapUsedBytes), machine.pressure.swapUsedBytes],
    ["kills", "killed", String(report.oomKills?.length ?? 0), report.oomKills?.length ?? 0],
    ["time", "virtual time", format.time(machine.timeNs), machine.timeNs],
  ];
  const seek = { now: moment.timeNs, onSeek: moment.seek, bands: samples.bands, marks: samples.marks, times: samples.times };
  return (
    <div>
      <ul class="figures">
        {facts.map(([key, label, text, value]) => (
          <li key={key} data-figure={key} data-value={value}>
            <b>{text}</b>
            <span>{label}</span>
          </li>
        ))}
      </ul>
      {samples.times.length < 2 ? (
        <Empty>The run was too short for a series: fewer than two samples of memory were taken.</Empty>
      ) : (
        <>
          <ul class="legend">
            <li><i style={{ background: kswapdColor }} />kswapd scans</li>
            <li><i style={{ background: directColor }} />direct reclaim</li>
            <li><i style={{ background: killColor }} />a kill</li>
          </ul>
          <Chart title="Free memory and the watermarks" lines={lines.free} unit={format.size} {...seek} />
          <Chart title="LRU lists and swap" lines={lines.lists} unit={format.size} {...seek} />
          <Chart title="Faults a second" lines={lines.faults} unit={format.count} {...seek} />
          {lines.rss.length > 0 && <Chart title="Resident memory of the largest processes" lines={lines.rss} unit={format.size} {...seek} />}
        </>
      )}
      <div class="columns">
        <table>
          <caption>Where the time went</caption>
          <thead><tr><th>cause</th><th class="n">time</th><th class="n">share</th></tr></thead>
          <tbody>
            {(machine.time as any[]).map((cause) => (
              <tr key={cause.cause} data-cause={cause.cause} data-value={cause.ns}>
                <td>{cause.cause}</td><td class="n">{format.time(cause.ns)}</td><td class="n">{format.percent(cause.ns, machine.timeNs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <table>
          <caption>The machine</caption>
          <tbody>
            {[
              ["kernel", `Linux ${machine.kernel}`],
              ["memory", format.size(machine.memoryBytes)],
              ["swap", format.size(machine.swapBytes)],
              ["CPUs", `${machine.cpus} × ${machine.cpu}`],
              ["page tables", machine.pageTables],
              ["huge pages", machine.thp],
              ["translation", `${machine.translation.averageNs.toFixed(2)} ns an access on average`],
              ["seed", machine.seed],
              ["recording", `${report.recording.file} (${report.recording.format})`],
              ["events", format.count(report.recording.events)],
              ["accesses", format.count(report.recording.accesses)],
            ].map(([name, value]) => (
              <tr key={name}><th>{name}</th><td>{value}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
      {report.cgroups && (
        <table>
          <caption>Memory cgroups</caption>
          <thead><tr><th>cgroup</th><th class="n">current</th><th class="n">peak</th><th class="n">swap</th><th class="n">high</th><th class="n">max</th><th class="n">over high</th><th class="n">at max</th><th class="n">killed</th></tr></thead>
          <tbody>
            {(report.cgroups as any[]).map((one) => (
              <tr key={one.path} data-cgroup={one.path}>
                <td>{one.path}</td><td class="n">{format.size(one.currentBytes)}</td><td class="n">{format.size(one.peakBytes)}</td><td class="n">{format.size(one.swapBytes)}</td>
                <td class="n">{one.highBytes === undefined ? "max" : format.size(one.highBytes)}</td><td class="n">{one.maxBytes === undefined ? "max" : format.size(one.maxBytes)}</td>
                <td class="n">{format.count(one.high)}</td><td class="n">{format.count(one.max)}</td><td class="n">{format.count(one.oomKill)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <table>
        <caption>Processes</caption>
        <thead>
          <tr><th class="n">pid</th><th>name</th><th>program</th><th class="n">peak RSS</th><th class="n">size</th><th class="n">minor</th><th class="n">major</th><th class="n">copied</th><th class="n">page tables</th></tr>
        </thead>
        <tbody>
          {processes.slice(0, 100).map((one, index) => (
            <tr key={index} data-pid={one.pid}>
              <td class="n">{one.pid}</td><td>{one.comm}</td><td>{one.program}</td><td class="n">{format.size(one.peakResidentBytes)}</td>
              <td class="n">{format.size(one.peakSizeBytes)}</td><td class="n">{format.count(one.faults.minor)}</td><td class="n">{format.count(one.faults.major)}</td>
              <td class="n">{format.count(one.faults.copyOnWrite)}</td><td class="n">{format.size(one.pageTables.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {processes.length > 100 && <p class="note">{processes.length - 100} more are in the file.</p>}
    </div>
  );
}
