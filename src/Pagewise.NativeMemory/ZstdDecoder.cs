using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Pagewise.NativeMemory;

/// <summary>The system's libzstd as a streaming decoder. Frames may follow one another, as <c>zstd -d</c> takes them.</summary>
public sealed unsafe class ZstdDecoder : IDisposable
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

#pragma warning disable MA0055 // the decoder is the unmanaged resource itself
    /// <summary>Frees the decoder when it was dropped without <see cref="Dispose"/>.</summary>
    ~ZstdDecoder() => Release();
#pragma warning restore MA0055

    /// <summary>A new decoder; false when the system has no libzstd.</summary>
    public static bool TryCreate([NotNullWhen(true)] out ZstdDecoder? decoder)
    {
        decoder = Library == 0 ? null : new ZstdDecoder();
        return decoder is not null;
    }

    /// <summary>Decodes some bytes.</summary>
    /// <param name="input">Compressed bytes.</param>
    /// <param name="output">Where the plain bytes go.</param>
    /// <param name="consumed">How many input bytes were taken.</param>
    /// <param name="produced">How many output bytes were written.</param>
    /// <param name="atFrameEnd">Whether the input may end here: a frame is complete and flushed.</param>
    /// <returns>Null, or libzstd's name of what is wrong with the input.</returns>
    public string? Decode(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int produced, out bool atFrameEnd)
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

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static nint Export(string name) => NativeLibrary.GetExport(Library, name);

    private void Release()
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
