namespace Pagewise.Reports.Tracing;

/// <summary>Writes tracepoints as a trace file while they fire: the events beside the file's place, and in the end the whole.</summary>
public sealed class FtraceFile : ITraceSink, IDisposable
{
    private readonly string _path;
    private readonly string _draft;
    private readonly StreamWriter _events;
    private readonly int _cpus;
    private long _count;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="cpus">CPUs of the machine.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public FtraceFile(string path, int cpus)
    {
        _path = path;
        _cpus = cpus;
        _draft = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Environment.ProcessId}");
        _events = new StreamWriter(_draft);
    }

    /// <inheritdoc/>
    public bool Wants(TraceKind kind) => true;

    /// <inheritdoc/>
    public void Fired(in TraceEvent fired)
    {
        _count++;
        _events.Write(FtraceText.Line(fired.TimeNs, fired.Cpu, fired.Pid, fired.Comm, TraceKinds.NameOf(fired.Kind), fired.Fields));
    }

    /// <summary>Puts the file in its place.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Finish()
    {
        _events.Dispose();
        using (var whole = new FileStream(_draft + ".whole", FileMode.Create))
        {
            whole.Write(System.Text.Encoding.UTF8.GetBytes(FtraceText.Header(_count, _cpus)));
            using FileStream events = File.OpenRead(_draft);
            events.CopyTo(whole);
        }

        File.Move(_draft + ".whole", _path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _events.Dispose();
        File.Delete(_draft);
        File.Delete(_draft + ".whole");
    }
}
