namespace Pagewise.Reports.Exports;

/// <summary>
/// A timeline as a Perfetto trace (protos/perfetto/trace/trace.proto), with the published field numbers of TracePacket,
/// TrackDescriptor, CounterDescriptor, TrackEvent and DebugAnnotation.
/// </summary>
internal static class PerfettoTrace
{
    // Trace.packet; TracePacket: timestamp, trusted_packet_sequence_id, track_event, sequence_flags, track_descriptor.
    private const int Packet = 1, Timestamp = 8, Sequence = 10, Event = 11, SequenceFlags = 13, Descriptor = 60;

    // TrackDescriptor: uuid, name, counter. CounterDescriptor: unit, whose values are COUNT and SIZE_BYTES.
    private const int Uuid = 1, TrackName = 2, Counter = 8, CounterUnit = 3, UnitCount = 2, UnitBytes = 3;

    // TrackEvent: debug_annotations, type, track_uuid, categories, name, counter_value. DebugAnnotation: string_value, name.
    private const int Annotations = 4, EventType = 9, TrackUuid = 11, Categories = 22, EventName = 23, CounterValue = 30, StringValue = 6, AnnotationName = 10;

    private const int SliceBegin = 1, SliceEnd = 2, Instant = 3, CounterType = 4;

    /// <summary>The trace.</summary>
    public static byte[] Write(RunTimeline timeline)
    {
        var trace = new ProtoWriter();
        // SEQ_INCREMENTAL_STATE_CLEARED: the sequence begins here.
        trace.Message(Packet, new ProtoWriter().Number(Sequence, 1).Number(SequenceFlags, 1));
        long track = 0;
        foreach (TimelineCounter counter in timeline.Counters)
        {
            track++;
            Describe(trace, track, counter.Name, new ProtoWriter().Number(CounterUnit, counter.Unit == "bytes" ? UnitBytes : UnitCount));
            foreach ((long time, long value) in counter.Points)
                Add(trace, time, new ProtoWriter().Number(EventType, CounterType).Number(TrackUuid, track).Number(CounterValue, value));
        }

        foreach (IGrouping<(string Track, int Pid), TimelineSlice> slices in timeline.Slices.GroupBy(slice => (slice.Track, slice.Pid)))
        {
            track++;
            Describe(trace, track, $"{slices.Key.Track}: {slices.First().Comm} [{slices.Key.Pid}]", null);
            foreach (TimelineSlice slice in slices)
            {
                Add(trace, slice.StartNs, Named(SliceBegin, track, slice.Track, "reclaim", slice.Details));
                Add(trace, slice.EndNs, new ProtoWriter().Number(EventType, SliceEnd).Number(TrackUuid, track));
            }
        }

        foreach (IGrouping<string, TimelineInstant> instants in timeline.Instants.GroupBy(instant => instant.Track))
        {
            track++;
            Describe(trace, track, instants.Key, null);
            foreach (TimelineInstant instant in instants)
                Add(trace, instant.TimeNs, Named(Instant, track, instant.Name, instant.Track, instant.Details));
        }

        return trace.ToArray();
    }

    private static ProtoWriter Named(int type, long track, string name, string category, string details) =>
        new ProtoWriter().Message(Annotations, new ProtoWriter().Text(StringValue, details).Text(AnnotationName, "details"))
            .Number(EventType, type).Number(TrackUuid, track).Text(Categories, category).Text(EventName, name);

    private static void Describe(ProtoWriter trace, long track, string name, ProtoWriter? counter)
    {
        ProtoWriter descriptor = new ProtoWriter().Number(Uuid, track).Text(TrackName, name);
        if (counter is not null)
            descriptor.Message(Counter, counter);
        trace.Message(Packet, new ProtoWriter().Number(Sequence, 1).Message(Descriptor, descriptor));
    }

    private static void Add(ProtoWriter trace, long timeNs, ProtoWriter trackEvent) =>
        trace.Message(Packet, new ProtoWriter().Number(Timestamp, timeNs).Number(Sequence, 1).Message(Event, trackEvent));
}
