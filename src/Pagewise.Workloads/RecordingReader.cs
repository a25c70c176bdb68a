namespace Pagewise.Workloads;

/// <summary>Reads a recording as a stream of events, a batch at a time. One reader, one thread.</summary>
public abstract class RecordingReader : IDisposable
{
    private long[] _unknownCalls = [];

    private protected RecordingReader(string file, RecordingFormat format)
    {
        File = file;
        Format = format;
    }

    /// <summary>The file as the user named it; <c>-</c> for standard input.</summary>
    public string File { get; }

    /// <summary>The format found.</summary>
    public RecordingFormat Format { get; }

    /// <summary>The strings met so far: paths and names. Ids stay valid for the reader's life.</summary>
    public StringTable Strings { get; } = new();

    /// <summary>How many calls without a decoder were met, by name, ordered; for one warning at the end.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> UnknownCalls
    {
        get
        {
            var calls = new List<KeyValuePair<string, long>>();
            for (int name = 1; name < _unknownCalls.Length; name++)
            {
                if (_unknownCalls[name] > 0)
                    calls.Add(KeyValuePair.Create(Strings.GetString(name), _unknownCalls[name]));
            }

            calls.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key));
            return calls;
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
