import { useEffect, useRef, useState } from "preact/hooks";

interface Properties {
  height: number;
  label: string;
  draw: (context: CanvasRenderingContext2D, width: number, height: number) => void;
  redrawOn: unknown[];
  hover?: (x: number, y: number, width: number, height: number) => string | null;
  onClick?: (x: number, y: number, width: number, height: number) => void;
  width?: string;
}

// A map: drawn at the screen's own resolution, with words for the place under the pointer.
export function Canvas(properties: Properties) {
  const element = useRef<HTMLCanvasElement>(null);
  const [tip, setTip] = useState<{ x: number; y: number; text: string } | null>(null);
  const [width, setWidth] = useState(0);

  useEffect(() => {
    const canvas = element.current!;
    const watcher = new ResizeObserver(() => setWidth(canvas.clientWidth));
    watcher.observe(canvas);
    setWidth(canvas.clientWidth);
    return () => watcher.disconnect();
  }, []);

  useEffect(() => {
    const canvas = element.current!;
    if (width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(properties.height * ratio);
    const context = canvas.getContext("2d")!;
    context.scale(ratio, ratio);
    context.clearRect(0, 0, width, properties.height);
    properties.draw(context, width, properties.height);
  }, [width, properties.height, ...properties.redrawOn]);

  function place(event: MouseEvent) {
    const box = element.current!.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top, width: box.width, height: box.height };
  }

  return (
    <div class="map" style={{ width: properties.width ?? "100%" }}>
      <canvas
        ref={element}
        role="img"
        aria-label={properties.label}
        style={{ height: `${properties.height}px` }}
        onMouseMove={(event) => {
          if (!properties.hover) return;
          const at = place(event);
          const text = properties.hover(at.x, at.y, at.width, at.height);
          setTip(text ? { x: at.x, y: at.y, text } : null);
        }}
        onMouseLeave={() => setTip(null)}
        onClick={(event) => {
          const at = place(event);
          properties.onClick?.(at.x, at.y, at.width, at.height);
        }}
      />
      {tip && (
        <div class="tip" style={{ left: `${Math.min(tip.x + 12, Math.max(0, width - 260))}px`, top: `${tip.y + 14}px` }}>
          {tip.text}
        </div>
      )}
    </div>
  );
}

export function Legend({ kinds, counts, unit }: { kinds: { name: string; color: string }[]; counts?: number[]; unit?: (value: number) => string }) {
  return (
    <ul class="legend">
      {kinds.map((kind, index) =>
        counts && !counts[index] ? null : (
          <li key={kind.name} data-kind={kind.name} {...(counts ? { "data-count": counts[index] } : {})}>
            <i style={{ background: kind.color }} />
            {kind.name}
            {counts && <b>{(unit ?? String)(counts[index]!)}</b>}
          </li>
        ),
      )}
    </ul>
  );
}

export function Empty({ children }: { children: preact.ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
