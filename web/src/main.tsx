import { options, render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { load, numbers, type Snapshot, type Source } from "./document";
import * as format from "./format";
import type { Moment } from "./moment";
import { killColor, samplesOf } from "./series";
import { AddressSpace } from "./views/addressSpace";
import { Frames } from "./views/frames";
import { Heap } from "./views/heap";
import { Oom } from "./views/oom";
import { answerOf, Overview } from "./views/overview";
import { Reclaim } from "./views/reclaim";
import { Walk } from "./views/walk";

const views = [
  { key: "overview", name: "Overview", View: Overview },
  { key: "address-space", name: "Address space", View: AddressSpace },
  { key: "walk", name: "Walk", View: Walk },
  { key: "frames", name: "Physical memory", View: Frames },
  { key: "reclaim", name: "Reclaim", View: Reclaim },
  { key: "heap", name: "Heap", View: Heap },
  { key: "oom", name: "OOM", View: Oom },
] as const;

type ViewKey = (typeof views)[number]["key"];

const viewOf = (hash: string): ViewKey => views.find((view) => `#${view.key}` === hash)?.key ?? "overview";

function App({ source }: { source: Source }) {
  const { document: run } = source;
  const samples = samplesOf(run);
  const snapshotTimes = useMemo(() => numbers(run.tables["snapshot"], "time_ns"), [run]);
  const lastLine = Math.max(1, ...numbers(run.tables["snapshot"], "line"));
  const end = Math.max(samples.times[samples.times.length - 1] ?? 0, snapshotTimes[snapshotTimes.length - 1] ?? 0);
  const [timeNs, setTimeNs] = useState(end);
  const [view, setView] = useState<ViewKey>(viewOf(location.hash));
  const [pid, setPid] = useState<number | null>(null);
  const [walk, setWalk] = useState<{ pid: number; address: string } | null>(null);
  const [snapshot, setSnapshot] = useState<Snapshot | null>(null);
  const [event, setEvent] = useState<number | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [isDark, setIsDark] = useState<boolean | null>(null);
  const [isPrinting, setIsPrinting] = useState(false);
  const wanted = useRef(0);

  let index = snapshotTimes.length - 1;
  while (index > 0 && snapshotTimes[index]! > timeNs) index--;

  function show(answer: Promise<Snapshot>) {
    const mine = ++wanted.current;
    setIsBusy(true);
    answer.then(
      (found) => {
        if (mine !== wanted.current) return;
        setSnapshot(found);
        setProblem(null);
        setIsBusy(false);
      },
      (error: Error) => {
        if (mine !== wanted.current) return;
        setProblem(error.message);
        setIsBusy(false);
      },
    );
  }

  useEffect(() => {
    if (event === null && index >= 0) show(source.snapshot(index));
  }, [index, event]);

  useEffect(() => {
    const follow = () => setView(viewOf(location.hash));
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);

  // On paper every view is there; the browser prints as soon as this returns, so drawing may not wait.
  useEffect(() => {
    const print = (isOn: boolean) => () => {
      const later = options.debounceRendering;
      options.debounceRendering = (draw) => draw();
      setIsPrinting(isOn);
      if (later) options.debounceRendering = later;
      else delete options.debounceRendering;
    };
    const [before, after] = [print(true), print(false)];
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
    return () => {
      window.removeEventListener("beforeprint", before);
      window.removeEventListener("afterprint", after);
    };
  }, []);

  useEffect(() => {
    if (isDark === null) delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  }, [isDark]);

  const open = (key: ViewKey) => {
    history.replaceState(null, "", `#${key}`);
    setView(key);
  };

  const seek = (time: number) => {
    setEvent(null);
    setTimeNs(Math.max(0, Math.min(end, time)));
  };

  function stepTo(next: number, isForward = false) {
    if (!source.at) return;
    const line = Math.max(1, Math.min(lastLine, next));
    setEvent(line);
    const answer = source.at(line, isForward);
    show(answer);
    answer.then(
      (found) => {
        setTimeNs(found.timeNs);
        setEvent(found.line);
      },
      () => undefined,
    );
  }

  useEffect(() => {
    const keys = (press: KeyboardEvent) => {
      if (press.target instanceof HTMLInputElement && press.target.type !== "range" && press.target.type !== "checkbox") return;
      if (press.target instanceof HTMLSelectElement || press.ctrlKey || press.metaKey || press.altKey) return;
      const number = Number(press.key);
      if (number >= 1 && number <= views.length) open(views[number - 1]!.key);
      else if (press.key === "ArrowLeft" || press.key === "ArrowRight") {
        const later = press.key === "ArrowRight";
        if (event !== null) stepTo(event + (later ? 1 : -1), later);
        else {
          const stops = press.shiftKey || samples.times.length < 2 ? snapshotTimes : samples.times;
          const next = later ? stops.find((time) => time > timeNs) : [...stops].reverse().find((time) => time < timeNs);
          if (next !== undefined) seek(next);
        }
        press.preventDefault();
      } else if (press.key === "Home") seek(0);
      else if (press.key === "End") seek(end);
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  });

  const moment: Moment = {
    source,
    document: run,
    timeNs,
    seek,
    snapshot,
    event,
    stepTo,
    pid,
    choosePid: setPid,
    walk,
    walkTo: (toPid, address) => {
      setPid(toPid);
      setWalk({ pid: toPid, address });
      open("walk");
    },
  };
  const place = (time: number) => `${end > 0 ? (100 * time) / end : 0}%`;
  return (
    <div class="page">
      <header>
        <div class="head">
          <h1>Pagewise <small>{run.meta["recording"] ?? ""}</small></h1>
          <button class="theme" onClick={() => setIsDark(isDark === null ? !matchMedia("(prefers-color-scheme: dark)").matches : !isDark)} aria-label="dark or light">◐</button>
        </div>
        <div class="answer" data-answer>{answerOf(run).map((sentence) => <p key={sentence}>{sentence}</p>)}</div>
        <nav>
          {views.map((one, number) => (
            <a key={one.key} href={`#${one.key}`} class={view === one.key ? "on" : ""} aria-current={view === one.key ? "page" : undefined} title={`key ${number + 1}`}>{one.name}</a>
          ))}
        </nav>
      </header>
      <div class="scrubber">
        <div class="track">
          <input
            type="range" min={0} max={1000} step={1} value={end > 0 ? Math.round((1000 * timeNs) / end) : 1000} aria-label="time"
            onInput={(change) => seek((Number(change.currentTarget.value) / 1000) * end)}
          />
          {snapshotTimes.map((time, number) => <i key={number} class="tick" style={{ left: place(time) }} />)}
          {samples.marks.map((mark, number) => <i key={`k${number}`} class="tick" style={{ left: place(mark.at), background: killColor }} />)}
        </div>
        <span class="now">
          <b data-time={timeNs}>{format.time(timeNs)}</b> of {format.time(end)}
          {snapshot && <>; maps: <span data-line={snapshot.line}>line {format.count(snapshot.line)}</span> ({format.time(snapshot.timeNs)}{snapshot.reason === "oom" ? ", out of memory" : ""})</>}
          {isBusy && " …"}
        </span>
        {source.at && (
          <span class="steps">
            <button onClick={() => stepTo((event ?? snapshot?.line ?? 1) - 1)}>◀ event</button>
            <input class="event" type="number" min={1} value={event ?? snapshot?.line ?? 1} aria-label="event" onChange={(change) => stepTo(Number(change.currentTarget.value))} />
            <button onClick={() => stepTo((event ?? snapshot?.line ?? 0) + 1, true)}>event ▶</button>
          </span>
        )}
      </div>
      {problem && <p class="problem" role="alert">{problem}</p>}
      <main>
        {views.map(({ key, name, View }) => (
          <section key={key} id={`view-${key}`} class={view === key ? "view on" : "view"} aria-label={name}>
            <h2>{name}</h2>
            {(view === key || isPrinting) && <View moment={moment} />}
          </section>
        ))}
      </main>
      <footer>
        Pagewise {run.meta["pagewise_version"] ?? ""}. Keys: 1–7 views, ← → time, with shift from snapshot to snapshot, Home, End.
      </footer>
    </div>
  );
}

const root = document.getElementById("pagewise")!;
load().then(
  (source) => render(<App source={source} />, root),
  (error: Error) => render(<p class="problem" role="alert">{error.message}</p>, root),
);
