// Colours after Okabe and Ito: told apart by people who see colours otherwise, on light and on dark.

export interface Kind {
  name: string;
  color: string;
}

export const pageKinds: Kind[] = [
  { name: "nothing", color: "transparent" },
  { name: "anonymous", color: "#E69F00" },
  { name: "copy on write", color: "#F0E442" },
  { name: "huge", color: "#D55E00" },
  { name: "file", color: "#56B4E9" },
  { name: "shared memory", color: "#009E73" },
  { name: "zero page", color: "#999999" },
  { name: "swapped", color: "#CC79A7" },
  { name: "kernel's", color: "#0072B2" },
];

export const frameKinds: Kind[] = [
  { name: "free", color: "transparent" },
  { name: "free, per-CPU list", color: "#9a9a9a55" },
  { name: "anonymous", color: "#E69F00" },
  { name: "file", color: "#56B4E9" },
  { name: "shared memory", color: "#009E73" },
  { name: "page table", color: "#D55E00" },
  { name: "slab", color: "#CC79A7" },
  { name: "kernel stack", color: "#0072B2" },
  { name: "other kernel", color: "#7a7a7a" },
  { name: "reserved", color: "#4a4a4a" },
];

export const lruLists: Kind[] = [
  { name: "no list", color: "#8a8a8a66" },
  { name: "inactive anon", color: "#F0E442" },
  { name: "active anon", color: "#E69F00" },
  { name: "inactive file", color: "#56B4E9" },
  { name: "active file", color: "#0072B2" },
  { name: "unevictable", color: "#CC79A7" },
];

export const chunkStates: Kind[] = [
  { name: "in use", color: "#E69F00" },
  { name: "tcache struct", color: "#7a7a7a" },
  { name: "tcache", color: "#009E73" },
  { name: "fast bin", color: "#F0E442" },
  { name: "unsorted bin", color: "#CC79A7" },
  { name: "small bin", color: "#56B4E9" },
  { name: "large bin", color: "#0072B2" },
  { name: "top", color: "#9a9a9a55" },
  { name: "fence", color: "#4a4a4a" },
  { name: "mapped", color: "#D55E00" },
];

export const kindOf = (value: number) => value & 15;
export const aboveKind = (value: number) => value >> 4;

// Bits of a page's kind above the kind itself.
export const pageBits = { writable: 16, accessed: 32, dirty: 64, executable: 128, protNone: 256, large: 512, larger: 1024 };
