using System.Text.Json;

namespace Pagewise.Reports.Exports;

/// <summary>A timeline in Chrome's trace event format (JSON object format), which chrome://tracing, Perfetto and speedscope open. Text is escaped so that it can stand in HTML.</summary>
internal static class ChromeTrace
{
    /// <summary>The document.</summary>
    public static byte[] Write(RunTimeline timeline)
    {
        var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("displayTimeUnit", "ns");
            json.WriteStartArray("traceEvents");
            foreach (TimelineCounter counter in timeline.Counters)
            {
                foreach ((long time, long value) in counter.Points)
                {
                    Begin(json, counter.Name, "C", time, 0);
                    json.WriteStartObject("args");
                    json.WriteNumber(counter.Unit, value);
                    json.WriteEndObject();
                    json.WriteEndObject();
                }
            }

            foreach (TimelineSlice slice in timeline.Slices)
            {
                Begin(json, slice.Track, "X", slice.StartNs, slice.Pid);
                json.WriteNumber("dur", (slice.EndNs - slice.StartNs) / 1000.0);
                Details(json, slice.Comm + ": " + slice.Details);
            }

            foreach (TimelineInstant instant in timeline.Instants)
            {
                Begin(json, instant.Name, "i", instant.TimeNs, 0);
                json.WriteString("s", "g");
                Details(json, instant.Details);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static void Begin(Utf8JsonWriter json, string name, string phase, long timeNs, int pid)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("ph", phase);
        json.WriteNumber("ts", timeNs / 1000.0);
        json.WriteNumber("pid", pid);
        json.WriteNumber("tid", pid);
    }

    private static void Details(Utf8JsonWriter json, string details)
    {
        json.WriteStartObject("args");
        json.WriteString("details", details);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
