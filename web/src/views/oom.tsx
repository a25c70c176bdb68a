import { Empty } from "../canvas";
import * as format from "../format";
import type { Moment } from "../moment";

export function Oom({ moment }: { moment: Moment }) {
  const { document } = moment;
  const kills: any[] = document.documents["report"]?.oomKills ?? [];
  const log = document.documents["dmesg"];
  if (kills.length === 0)
    return <Empty>Nobody was killed in this run. <code>pagewise run … --set memory=…</code> shows when it would happen, <code>pagewise oom</code> who dies next on a live host.</Empty>;
  return (
    <div>
      {kills.map((kill, index) => (
        <section key={index} class="kill" data-victim={kill.victimPid}>
          <h3>{kill.answer}</h3>
          <ul>{(kill.why as string[]).map((reason) => <li key={reason}>{reason}</li>)}</ul>
          <table>
            <caption>Points as the killer saw them, in pages of 4 KiB; {format.pages(kill.totalPages)} could be had in all</caption>
            <thead><tr><th class="n">order</th><th class="n">pid</th><th>name</th><th class="n">resident</th><th class="n">in swap</th><th class="n">page tables</th><th class="n">oom_score_adj</th><th class="n">adds</th><th class="n">points</th><th class="n">oom_score</th><th>exempt</th></tr></thead>
            <tbody>
              {(kill.processes as any[]).slice(0, 200).map((row) => (
                <tr key={row.pid} class={row.pid === kill.victimPid ? "victim" : ""} data-pid={row.pid} data-points={row.points ?? ""}>
                  <td class="n">{row.order || ""}</td><td class="n">{row.pid}</td><td>{row.name}</td><td class="n">{format.count(row.rssPages)}</td><td class="n">{format.count(row.swapPages)}</td>
                  <td class="n">{format.count(row.pageTablePages)}</td><td class="n">{row.oomScoreAdj}</td><td class="n">{format.count(row.adjustmentPages)}</td><td class="n">{row.points === null || row.points === undefined ? "" : format.count(row.points)}</td><td class="n">{row.oomScore}</td><td>{row.exempt ?? ""}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {kill.changes.length > 0 && (
            <>
              <h4>What would have changed it</h4>
              <ul>{(kill.changes as string[]).map((change) => <li key={change}>{change}</li>)}</ul>
            </>
          )}
          {(kill.alternatives as any[]).length > 0 && <ul>{(kill.alternatives as any[]).map((one) => <li key={one.if}><code>{one.if}</code>: {one.then}</li>)}</ul>}
          {(kill.notes as string[]).map((note) => <p key={note} class="note">{note}</p>)}
        </section>
      ))}
      {log && (
        <details>
          <summary>The kernel's log</summary>
          <pre>{typeof log === "string" ? log : JSON.stringify(log, null, 2)}</pre>
        </details>
      )}
    </div>
  );
}
