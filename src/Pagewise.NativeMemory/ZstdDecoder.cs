using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Pagewise.NativeMemory;

/// <summary>The system's libzstd as a streaming decoder. Frames may follow one another, as <c>zstd -d</c> takes them.</summary>
public sealed unsafe class ZstdDecoder : StreamDecoder
{
    private const string LibraryName = "libzstd.so.1";
    private static readonly nint Library = NativeLibrary.TryLoad(LibraryName, out nint handle) ? handle : 0;

    private readonly delegate* unmanaged<void*, Buffer*, Buffer*, nuint> _decompressStream;
    private void* _stream;

    private ZstdDecoder()
    {
        _decompressStream = (delegate* unmanaged<void*, Buffer*, Buffer*, nuint>)Export("ZSTD_decompressStream");
        _stream = ((delegate* unmanaged<void*>)Export("ZSTD_createDStream"))();
        if (_stream is null)
            throw new HostMemoryException(0);
    }

    /// <summary>A new decoder; false when the system has no libzstd.</summary>
    public static bool TryCreate([NotNullWhen(true)] out ZstdDecoder? decoder)
    {
        decoder = Library == 0 ? null : new ZstdDecoder();
        return decoder is not null;
    }

    /// <inheritdoc/>
    public override string? Decode(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int produced, out bool atFrameEnd)
    {
        ObjectDisposedException.ThrowIf(_stream is null, this);
        fixed (byte* source = input)
        fixed (byte* destination = output)
        {
            var from = new Buffer { Start = source, Size = (nuint)input.Length };
            var to = new Buffer { Start = destination, Size = (nuint)output.Length };
            nuint hint = _decompressStream(_stream, &to, &from);
            consumed = (int)from.Position;
            produced = (int)to.Position;
            atFrameEnd = hint == 0;
            if (((delegate* unmanaged<nuint, uint>)Export("ZSTD_isError"))(hint) == 0)
                return null;
            return Marshal.PtrToStringUTF8(((delegate* unmanaged<nuint, nint>)Export("ZSTD_getErrorName"))(hint)) ?? "damaged data";
        }
    }

    private static nint Export(string name) => NativeLibrary.GetExport(Library, name);

    private protected override void Release()
    {
        if (_stream is not null)
            ((delegate* unmanaged<void*, nuint>)Export("ZSTD_freeDStream"))(_stream);
        _stream = null;
    }

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer: the same three words.</summary>
    private struct Buffer
    {
        public void* Start;
        public nuint Size;
        public nuint Position;
    }
}
