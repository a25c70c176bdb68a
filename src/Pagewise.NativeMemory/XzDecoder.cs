using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Pagewise.NativeMemory;

/// <summary>The system's liblzma as a streaming decoder of .xz. Streams may follow one another, as <c>xz -d</c> takes them.</summary>
public sealed unsafe class XzDecoder : StreamDecoder
{
    private const string LibraryName = "liblzma.so.5";
    private const uint Concatenated = 8;
    private const int Run = 0;
    private const int Finish = 3;
    private const int Ok = 0;
    private const int StreamEnd = 1;
    private const int BufferError = 10;
    private const ulong MemoryLimitBytes = 1UL << 30;
    private static readonly nint Library = NativeLibrary.TryLoad(LibraryName, out nint handle) ? handle : 0;

    private readonly delegate* unmanaged<LzmaStream*, int, int> _code;
    private LzmaStream* _stream;

    private XzDecoder()
    {
        _code = (delegate* unmanaged<LzmaStream*, int, int>)Export("lzma_code");
        _stream = (LzmaStream*)System.Runtime.InteropServices.NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream));
        if (((delegate* unmanaged<LzmaStream*, ulong, uint, int>)Export("lzma_stream_decoder"))(_stream, MemoryLimitBytes, Concatenated) != Ok)
            throw new HostMemoryException(0);
    }

    /// <summary>A new decoder; false when the system has no liblzma.</summary>
    public static bool TryCreate([NotNullWhen(true)] out XzDecoder? decoder)
    {
        decoder = Library == 0 ? null : new XzDecoder();
        return decoder is not null;
    }

    /// <inheritdoc/>
    public override string? Decode(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int produced, out bool atFrameEnd)
    {
        ObjectDisposedException.ThrowIf(_stream is null, this);
        fixed (byte* source = input)
        fixed (byte* destination = output)
        {
            _stream->NextIn = source;
            _stream->AvailableIn = (nuint)input.Length;
            _stream->NextOut = destination;
            _stream->AvailableOut = (nuint)output.Length;
            int result = _code(_stream, input.IsEmpty ? Finish : Run);
            consumed = input.Length - (int)_stream->AvailableIn;
            produced = output.Length - (int)_stream->AvailableOut;
            // Only the end of the input ends a row of streams.
            atFrameEnd = result == StreamEnd;
            return result is Ok or StreamEnd or BufferError ? null : $"liblzma's error {result}";
        }
    }

    private static nint Export(string name) => NativeLibrary.GetExport(Library, name);

    /// <inheritdoc/>
    private protected override void Release()
    {
        if (_stream is null)
            return;
        ((delegate* unmanaged<LzmaStream*, void>)Export("lzma_end"))(_stream);
        System.Runtime.InteropServices.NativeMemory.Free(_stream);
        _stream = null;
    }

    /// <summary>lzma_stream.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 136)]
    private struct LzmaStream
    {
        public byte* NextIn;
        public nuint AvailableIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailableOut;
        public ulong TotalOut;
    }
}
