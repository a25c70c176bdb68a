namespace Pagewise.Workloads;

/// <summary>Reads a recording as a stream of events, a batch at a time. One reader, one thread.</summary>
public abstract class RecordingReader : IDisposable
{
    private long[] _unknownCalls = [];

    private protected RecordingReader(string file, RecordingFormat format)
    {
        File = file;
        Format = format;
        IsHeap = format is RecordingFormat.Heap or RecordingFormat.Ltrace or RecordingFormat.Mtrace or RecordingFormat.Heaptrack;
    }

    /// <summary>The file as the user named it; <c>-</c> for standard input.</summary>
    public string File { get; }

    /// <summary>The format found.</summary>
    public RecordingFormat Format { get; }

    /// <summary>Whether it holds a program's malloc calls, not its system calls and accesses.</summary>
    public bool IsHeap { get; private protected init; }

    /// <summary>The strings met so far: paths and names. Ids stay valid for the reader's life.</summary>
    public StringTable Strings { get; } = new();

    /// <summary>
    /// How many calls without a decoder were met, by name, ordered; for one warning at the end. Those that nothing modelled
    /// depends on are left out.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, long>> UnknownCalls
    {
        get
        {
            var calls = new List<KeyValuePair<string, long>>();
            for (int name = 1; name < _unknownCalls.Length; name++)
            {
                if (_unknownCalls[name] > 0 && !CallsWithoutEffect.Has(Strings.GetString(name)))
                    calls.Add(KeyValuePair.Create(Strings.GetString(name), _unknownCalls[name]));
            }

            calls.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key));
            return calls;
        }
    }

    /// <summary>
    /// Opens a recording of any format: strace, heap, lackey, ltrace, mtrace or heaptrack text or <c>.pgw</c>, plain or compressed with zstd, xz, gzip
    /// or (by the name <c>.br</c>) Brotli.
    /// </summary>
    /// <param name="file">The file's path; <c>-</c> for standard input.</param>
    /// <exception cref="RecordingException">It cannot be opened or is no recording.</exception>
    public static RecordingReader Open(string file)
    {
        return Open(file, file == "-" ? Console.OpenStandardInput() : InputFile.Open(file));
    }

    /// <summary>Opens a recording from a stream, which the reader owns.</summary>
    /// <param name="file">The name for messages; one that ends in <c>.br</c> says that the stream is Brotli.</param>
    /// <param name="stream">The bytes; it need not seek.</param>
    /// <exception cref="RecordingException">It is no recording.</exception>
    public static RecordingReader Open(string file, Stream stream)
    {
        InputBuffer input = InputBuffer.Open(file, stream);
        try
        {
            return FormatDetector.Detect(input) switch
            {
                RecordingFormat.Heap => new HeapReader(input),
                RecordingFormat.Lackey => new LackeyReader(input),
                RecordingFormat.Pgw => new PgwReader(input),
                RecordingFormat.Strace => new StraceReader(input),
                RecordingFormat.Ltrace => new LtraceReader(input),
                RecordingFormat.Mtrace => new MtraceReader(input),
                RecordingFormat.Heaptrack => new HeaptrackReader(input),
                _ => throw new RecordingException(file, "is empty"),
            };
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    /// <summary>Clears <paramref name="batch"/> and fills it with the next events.</summary>
    /// <returns>False at the end of the recording: the batch is then empty.</returns>
    /// <exception cref="RecordingException">The recording is damaged; nothing after that place can be read.</exception>
    public bool Read(EventBatch batch)
    {
        batch.Clear();
        batch.Strings = Strings;
        while (batch.Events.Count == 0)
        {
            if (!ReadCore(batch))
                return batch.Events.Count > 0;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Appends events; returns false when the recording has no more.</summary>
    private protected abstract bool ReadCore(EventBatch batch);

    /// <summary>Gives the input back.</summary>
    private protected abstract void Dispose(bool disposing);

    private protected void CountUnknown(int name)
    {
        if (name >= _unknownCalls.Length)
            Array.Resize(ref _unknownCalls, Math.Max(64, name * 2));
        _unknownCalls[name]++;
    }
}
