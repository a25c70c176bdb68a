using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;

namespace Pagewise.Workloads;

/// <summary>
/// Writes a <c>.pgw</c> file: everything the event model holds, nothing lost. The file appears under its name only when
/// it is complete (<see cref="Complete"/>); until then it is a temporary file beside it, removed on
/// <see cref="Dispose"/>.
/// </summary>
public sealed class PgwWriter : IDisposable
{
    private const int Window = 24;

    private readonly string? _path;
    private readonly string? _temporaryPath;
    private readonly Stream _stream;
    private readonly int _quality;
    private readonly ByteSink _plain = new();
    private readonly PgwBatchEncoder _encoder = new();
    private byte[] _stored = [];
    private ulong _batches;
    private ulong _events;
    private ulong _runs;
    private bool _completed;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Its path; an older file of that name is replaced at the end.</param>
    /// <param name="quality">Brotli's quality, 0 (fast) to 11 (small).</param>
    /// <param name="isHeap">Whether it will hold malloc calls: <see cref="RecordingReader.IsHeap"/>.</param>
    /// <exception cref="IOException">The directory cannot be written to.</exception>
    public PgwWriter(string path, int quality = 5, bool isHeap = false)
        : this(Create(path, out string temporaryPath), quality, isHeap)
    {
        _path = path;
        _temporaryPath = temporaryPath;
    }

    /// <summary>Begins a file in a stream, which the writer owns.</summary>
    /// <param name="stream">Where the bytes go.</param>
    /// <param name="quality">Brotli's quality, 0 (fast) to 11 (small).</param>
    /// <param name="isHeap">Whether it will hold malloc calls: <see cref="RecordingReader.IsHeap"/>.</param>
    public PgwWriter(Stream stream, int quality = 5, bool isHeap = false)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)quality, 11u, nameof(quality));
        _stream = stream;
        _quality = quality;
        Span<byte> head = stackalloc byte[PgwFormat.HeadLength];
        head.Clear();
        PgwFormat.Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt16LittleEndian(head[4..], PgwFormat.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(head[6..], isHeap ? PgwFormat.HeapContent : (ushort)0);
        _stream.Write(head);
    }

    /// <summary>Copies a recording of any format into a new <c>.pgw</c> file.</summary>
    /// <exception cref="RecordingException">The recording is damaged; no file is left.</exception>
    public static void Convert(RecordingReader reader, string path, int quality = 5)
    {
        using var writer = new PgwWriter(path, quality, reader.IsHeap);
        var batch = new EventBatch();
        while (reader.Read(batch))
            writer.Write(batch);
        writer.Complete();
    }

    /// <summary>Appends a batch.</summary>
    public void Write(EventBatch batch)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        _encoder.Encode(batch, _plain);
        _batches++;
        _events += (ulong)batch.Events.Count;
        _runs += (ulong)batch.AccessRuns.Count;
        if (_plain.Length >= PgwFormat.BlockTarget)
            WriteBlock(PgwFormat.BatchBlock);
    }

    /// <summary>Writes the end and, for a file, gives it its name.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        if (_plain.Length > 0)
            WriteBlock(PgwFormat.BatchBlock);
        _plain.Varint(_batches);
        _plain.Varint(_events);
        _plain.Varint(_runs);
        WriteBlock(PgwFormat.EndBlock);
        _completed = true;
        _stream.Flush();
        if (_path is null)
            return;
        _stream.Dispose();
        File.Move(_temporaryPath!, _path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        if (!_completed && _temporaryPath is not null)
            File.Delete(_temporaryPath);
    }

    private static FileStream Create(string path, out string temporaryPath)
    {
        temporaryPath = $"{path}.{Environment.ProcessId}.part";
        return new FileStream(temporaryPath, FileMode.Create, FileAccess.Write, FileShare.None);
    }

    private void WriteBlock(byte kind)
    {
        int room = BrotliEncoder.GetMaxCompressedLength(_plain.Length);
        if (_stored.Length < room)
            _stored = new byte[room];
        if (!BrotliEncoder.TryCompress(_plain.Written, _stored, out int length, _quality, Window))
            throw new InvalidOperationException("Brotli needs more room than it said.");
        Span<byte> head = stackalloc byte[PgwFormat.BlockHeadLength];
        head.Clear();
        head[0] = kind;
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], (uint)_plain.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], Checksum(head[..12], _stored.AsSpan(0, length)));
        _stream.Write(head);
        _stream.Write(_stored, 0, length);
        _plain.Clear();
        _encoder.StartBlock();
    }

    /// <summary>CRC-32C of a block's head and stored bytes.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> head, ReadOnlySpan<byte> stored) => Checksum(Checksum(uint.MaxValue, head), stored);

    private static uint Checksum(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return crc;
    }
}
