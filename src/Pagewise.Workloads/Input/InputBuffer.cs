using System.IO.Compression;
using Pagewise.NativeMemory;

namespace Pagewise.Workloads;

/// <summary>
/// A recording's bytes, decompressed where they are zstd, xz or gzip (by their first bytes) or Brotli (by the name .br,
/// for that format has no signature), with a window that grows up to a limit.
/// </summary>
internal sealed class InputBuffer : IDisposable
{
    private readonly Stream _stream;
    private byte[] _bytes = new byte[256 << 10];
    private int _start;
    private int _end;
    private bool _ended;

    // Without it .NET takes the end of a cut gzip or Brotli stream for its end.
    static InputBuffer() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    private InputBuffer(string file, Stream stream)
    {
        File = file;
        _stream = stream;
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>How many plain bytes were taken.</summary>
    public long Position { get; private set; }

    /// <summary>The bytes at hand.</summary>
    public ReadOnlySpan<byte> Window => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Opens a stream under a name for messages; the buffer owns the stream.</summary>
    public static InputBuffer Open(string file, Stream stream)
    {
        bool brotli = file.EndsWith(".br", StringComparison.OrdinalIgnoreCase);
        var raw = new InputBuffer(file, stream);
        try
        {
            raw.Require(4);
            ReadOnlySpan<byte> head = raw.Window;
            if (head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]))
            {
                if (!ZstdDecoder.TryCreate(out ZstdDecoder? decoder))
                    throw new RecordingException(file, "is zstd-compressed and this system has no libzstd.so.1: install libzstd1, or unpack it first (zstd -d)");
                return new InputBuffer(file, new DecodedStream(new WindowStream(raw), decoder, "zstd"));
            }

            if (head.StartsWith((ReadOnlySpan<byte>)[0xfd, 0x37, 0x7a, 0x58]))
            {
                if (!XzDecoder.TryCreate(out XzDecoder? decoder))
                    throw new RecordingException(file, "is xz-compressed and this system has no liblzma.so.5: install liblzma5, or unpack it first (xz -d)");
                return new InputBuffer(file, new DecodedStream(new WindowStream(raw), decoder, "xz"));
            }

            if (head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]))
                return new InputBuffer(file, new GZipStream(new WindowStream(raw), CompressionMode.Decompress));
            return brotli ? new InputBuffer(file, new BrotliStream(new WindowStream(raw), CompressionMode.Decompress)) : raw;
        }
        catch
        {
            raw.Dispose();
            throw;
        }
    }

    /// <summary>Makes the window at least <paramref name="length"/> bytes long; false when the input ends before.</summary>
    public bool Require(int length)
    {
        while (Window.Length < length)
        {
            if (!Fill(Math.Max(length, _bytes.Length)))
                return false;
        }

        return true;
    }

    /// <summary>Reads more bytes into the window.</summary>
    /// <param name="capacity">How large the window may become.</param>
    /// <returns>False at the end of the input, and when the window is full.</returns>
    public bool Fill(int capacity)
    {
        if (_ended)
            return false;
        if (_start > 0)
        {
            Window.CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }

        if (_end == _bytes.Length)
        {
            if (_bytes.Length >= capacity)
                return false;
            Array.Resize(ref _bytes, (int)Math.Min(capacity, 2L * _bytes.Length));
        }

        int read = Read(_bytes.AsSpan(_end));
        _ended = read == 0;
        _end += read;
        return read > 0;
    }

    /// <summary>Drops bytes from the window's start.</summary>
    public void Take(int length)
    {
        _start += length;
        Position += length;
    }

    public void Dispose() => _stream.Dispose();

    private int Read(Span<byte> destination)
    {
        try
        {
            return _stream.Read(destination);
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException or InvalidOperationException)
        {
            throw new RecordingException(File, $"the compressed data is damaged or cut after {Position + Window.Length} plain bytes ({FirstLine(fault)})", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RecordingException(File, $"cannot be read: {FirstLine(fault)}", fault);
        }
    }

    private static string FirstLine(Exception fault) => fault.Message.ReplaceLineEndings(" ").TrimEnd('.');

    /// <summary>The window and what follows it as a stream for a decompressor.</summary>
    private sealed class WindowStream(InputBuffer source) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer)
        {
            if (!source.Require(1))
                return 0;
            int length = Math.Min(buffer.Length, source.Window.Length);
            source.Window[..length].CopyTo(buffer);
            source.Take(length);
            return length;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                source.Dispose();
            base.Dispose(disposing);
        }
    }
}
