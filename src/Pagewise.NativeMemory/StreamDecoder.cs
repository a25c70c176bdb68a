namespace Pagewise.NativeMemory;

/// <summary>A compression library of the system as a streaming decoder.</summary>
public abstract class StreamDecoder : IDisposable
{
    private protected StreamDecoder()
    {
    }

#pragma warning disable MA0055 // the decoder is the unmanaged resource itself
    /// <summary>Frees the decoder when it was dropped without <see cref="Dispose"/>.</summary>
    ~StreamDecoder() => Release();
#pragma warning restore MA0055

    /// <summary>Decodes some bytes.</summary>
    /// <param name="input">Compressed bytes; empty at the end of the input.</param>
    /// <param name="output">Where the plain bytes go.</param>
    /// <param name="consumed">How many input bytes were taken.</param>
    /// <param name="produced">How many output bytes were written.</param>
    /// <param name="atFrameEnd">Whether the input may end here: a frame is complete and flushed.</param>
    /// <returns>Null, or what is wrong with the input.</returns>
    public abstract string? Decode(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int produced, out bool atFrameEnd);

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the library its memory back; may be called twice.</summary>
    private protected abstract void Release();
}
