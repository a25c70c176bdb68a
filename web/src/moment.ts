import type { Snapshot, Source, ViewDocument } from "./document";

// What every view sees: the run, the time that is looked at, and the last snapshot before it.
export interface Moment {
  source: Source;
  document: ViewDocument;
  timeNs: number;
  seek: (timeNs: number) => void;
  snapshot: Snapshot | null;
  // Where the snapshot comes from, when it was made anew by replaying up to an event.
  event: number | null;
  stepTo: (event: number) => void;
  pid: number | null;
  choosePid: (pid: number) => void;
  walkTo: (pid: number, address: string) => void;
  walk: { pid: number; address: string } | null;
}
