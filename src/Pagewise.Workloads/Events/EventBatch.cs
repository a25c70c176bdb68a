using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// A stretch of a recording as columns, filled by <see cref="RecordingReader.Read"/> and reused: in steady state
/// reading allocates nothing. Everything in it is valid until the next read.
/// </summary>
public sealed class EventBatch
{
    /// <summary>The number of events after which a reader ends a batch.</summary>
    internal const int EventLimit = 4096;

    /// <summary>The number of access runs after which a reader ends a batch.</summary>
    internal const int AccessRunLimit = 65536;

    /// <summary>The number of payload and note bytes after which a reader ends a batch.</summary>
    internal const int ByteLimit = 1 << 20;

    /// <summary>An empty batch.</summary>
    public EventBatch()
    {
        Strings = new StringTable();
    }

    /// <summary>The events in the order in which they took effect.</summary>
    public Column<Event> Events { get; } = new(EventLimit);

    /// <summary>The system calls.</summary>
    public Column<CallRecord> Calls { get; } = new(256);

    /// <summary>The accesses, as runs within a page.</summary>
    public Column<AccessRun> AccessRuns { get; } = new(256);

    /// <summary>The touches.</summary>
    public Column<TouchRecord> Touches { get; } = new(64);

    /// <summary>The notes.</summary>
    public Column<NoteRecord> Notes { get; } = new(64);

    /// <summary>The calls of the malloc family.</summary>
    public Column<HeapCallRecord> HeapCalls { get; } = new(256);

    /// <summary>The bytes that payloads and notes refer to.</summary>
    public Column<byte> Bytes { get; } = new(4096);

    /// <summary>The reader's strings: what the ids in <see cref="CallRecord"/> name.</summary>
    public StringTable Strings { get; internal set; }

    internal bool IsFull =>
        Events.Count >= EventLimit || AccessRuns.Count >= AccessRunLimit || Bytes.Count >= ByteLimit;

    /// <summary>Drops everything; the memory stays.</summary>
    public void Clear()
    {
        Events.Clear();
        Calls.Clear();
        AccessRuns.Clear();
        Touches.Clear();
        Notes.Clear();
        HeapCalls.Clear();
        Bytes.Clear();
    }

    /// <summary>The note's whole line, UTF-8, without its end.</summary>
    public ReadOnlySpan<byte> Line(in NoteRecord note) => Bytes.Span.Slice(note.LineOffset, note.LineLength);

    /// <summary>The note's line after its marker and pid.</summary>
    public ReadOnlySpan<byte> Body(in NoteRecord note) => Line(note)[note.BodyStart..];

    /// <summary>The payload's bytes: mincore's vector, what write and pwrite64 wrote.</summary>
    public ReadOnlySpan<byte> PayloadBytes(in CallRecord call) => Bytes.Span.Slice(call.PayloadOffset, call.PayloadLength);

    /// <summary>The file status that the call returned; all zero when none was recorded.</summary>
    public CallFileStatus FileStatus(in CallRecord call) => Payload<CallFileStatus>(call, PayloadKind.FileStatus);

    /// <summary>The limits given and returned; all zero when none were recorded.</summary>
    public CallLimits Limits(in CallRecord call) => Payload<CallLimits>(call, PayloadKind.Limits);

    /// <summary>How the child was to be made; all zero when it was not recorded.</summary>
    public CallCloneArguments CloneArguments(in CallRecord call) => Payload<CallCloneArguments>(call, PayloadKind.CloneArguments);

    /// <summary>execve's arguments as string ids; empty when none were recorded.</summary>
    public ReadOnlySpan<int> ArgumentVector(in CallRecord call) =>
        call.PayloadKind == PayloadKind.ArgumentVector ? MemoryMarshal.Cast<byte, int>(PayloadBytes(call)) : default;

    /// <summary>The length in bytes of a payload of fixed length; -1 for the others.</summary>
    internal static int PayloadSize(PayloadKind kind) => kind switch
    {
        PayloadKind.None => 0,
        PayloadKind.FileStatus => Unsafe.SizeOf<CallFileStatus>(),
        PayloadKind.Limits => Unsafe.SizeOf<CallLimits>(),
        PayloadKind.CloneArguments => Unsafe.SizeOf<CallCloneArguments>(),
        _ => -1,
    };

    /// <summary>Gives a call that is not yet in <see cref="Calls"/> a payload of fixed length.</summary>
    /// <typeparam name="T">The structure that <paramref name="kind"/> names.</typeparam>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not that structure.</exception>
    public void SetPayload<T>(ref CallRecord call, PayloadKind kind, in T payload)
        where T : unmanaged
    {
        if (PayloadSize(kind) != Unsafe.SizeOf<T>())
            throw new ArgumentException($"{typeof(T).Name} is not the payload of {kind}.", nameof(kind));
        call.PayloadKind = kind;
        call.PayloadOffset = Bytes.Count;
        call.PayloadLength = Unsafe.SizeOf<T>();
        MemoryMarshal.Write(Bytes.AddMany(call.PayloadLength), payload);
    }

    private T Payload<T>(in CallRecord call, PayloadKind kind)
        where T : unmanaged
        => call.PayloadKind == kind ? MemoryMarshal.Read<T>(PayloadBytes(call)) : default;
}
