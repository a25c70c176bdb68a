using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;

namespace Pagewise.Workloads;

/// <summary>Reads a <c>.pgw</c> file from front to back; see <see cref="PgwFormat"/>.</summary>
internal sealed class PgwReader : RecordingReader
{
    private readonly InputBuffer _input;
    private readonly PgwAccessDecoder _accesses = new();
    private byte[] _plain = [];
    private int _length;
    private int _position;
    private ulong _batches;
    private ulong _events;
    private ulong _runs;
    private bool _ended;

    public PgwReader(InputBuffer input)
        : base(input.File, RecordingFormat.Pgw)
    {
        _input = input;
        if (!input.Require(PgwFormat.HeadLength))
            throw Cut();
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(input.Window[4..]);
        if (version != PgwFormat.Version)
            throw new RecordingException(File, $"is a .pgw file of version {version}; this Pagewise reads version {PgwFormat.Version}");
        ushort content = BinaryPrimitives.ReadUInt16LittleEndian(input.Window[6..]);
        if (content > PgwFormat.HeapContent)
            throw new RecordingException(File, $"is a .pgw file of content {content}, which this Pagewise does not know");
        IsHeap = content == PgwFormat.HeapContent;
        input.Take(PgwFormat.HeadLength);
    }

    private protected override bool ReadCore(EventBatch batch)
    {
        while (_position == _length)
        {
            if (_ended || !ReadBlock())
                return false;
        }

        try
        {
            var source = new ByteSource(_plain.AsSpan(_position, _length - _position));
            PgwBatchDecoder.Decode(ref source, batch, _accesses);
            _position += source.Position;
        }
        catch (InvalidDataException fault)
        {
            throw Damaged(fault.Message, fault);
        }

        _batches++;
        _events += (ulong)batch.Events.Count;
        _runs += (ulong)batch.AccessRuns.Count;
        foreach (ref readonly CallRecord call in batch.Calls.Span)
        {
            if (call.Sysno == Abi.Sysno.Unknown)
                CountUnknown(call.Name);
        }

        return true;
    }

    private protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input.Dispose();
    }

    private bool ReadBlock()
    {
        if (!_input.Require(PgwFormat.BlockHeadLength))
            throw Cut();
        ReadOnlySpan<byte> head = _input.Window[..PgwFormat.BlockHeadLength];
        byte kind = head[0];
        uint plain = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(head[12..]);
        if (kind is not (PgwFormat.BatchBlock or PgwFormat.EndBlock) || plain > PgwFormat.BlockLimit || stored > PgwFormat.BlockLimit)
            throw Damaged("expected the head of a block");
        int whole = PgwFormat.BlockHeadLength + (int)stored;
        if (!_input.Require(whole))
            throw Cut();
        head = _input.Window[..12];
        ReadOnlySpan<byte> body = _input.Window[PgwFormat.BlockHeadLength..whole];
        if (PgwWriter.Checksum(head, body) != checksum)
            throw Damaged("a block's checksum is wrong");
        if (_plain.Length < plain)
            _plain = new byte[BitOperations.RoundUpToPowerOf2(Math.Max(plain, PgwFormat.BlockTarget))];
        if (!BrotliDecoder.TryDecompress(body, _plain.AsSpan(0, (int)plain), out int length) || length != plain)
            throw Damaged("a block does not unpack to its length");
        _input.Take(whole);
        _position = 0;
        _length = length;
        _accesses.StartBlock();
        if (kind == PgwFormat.BatchBlock)
            return true;
        ReadEnd();
        return false;
    }

    private void ReadEnd()
    {
        _ended = true;
        try
        {
            var source = new ByteSource(_plain.AsSpan(0, _length));
            if (source.Varint() != _batches || source.Varint() != _events || source.Varint() != _runs)
                throw Damaged("the counts at the end are not those of the file");
        }
        catch (InvalidDataException fault)
        {
            throw Damaged(fault.Message, fault);
        }

        _length = 0;
        _position = 0;
        if (_input.Require(1))
            throw Damaged("there are bytes after the end");
    }

    private RecordingException Cut() => new(File, 0, _input.Position + _input.Window.Length, "the file is cut: it has no end block");

    private RecordingException Damaged(string reason, Exception? inner = null) =>
        new(File, 0, _input.Position, $"the file is damaged: {reason}", inner);
}
