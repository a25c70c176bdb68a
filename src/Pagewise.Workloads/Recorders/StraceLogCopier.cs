using System.Text;

namespace Pagewise.Workloads;

/// <summary>
/// Copies strace's log while strace writes it: leaves out the program that only starts the recorded one, and puts the
/// copies of a process where strace holds it.
/// </summary>
internal sealed class StraceLogCopier
{
    private const string Delayed = " (DELAYED)";

    private static readonly string[] DataCalls = [" read(", " pread64(", "<... read resumed>", "<... pread64 resumed>"];

    private readonly Stream _log;
    private readonly Stream _output;
    private readonly List<byte> _line = [];
    private readonly List<string> _warnings = [];
    private int _starter;
    private int _execs;
    private bool _exitTaken;
    private long _missing;

    public StraceLogCopier(Stream log, Stream output)
    {
        _log = log;
        _output = output;
    }

    /// <summary>Whether the program's own execve was seen.</summary>
    public bool SawProgram => _execs >= 2;

    /// <summary>What is not in the recording.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            if (_missing > 0)
                _warnings.Add($"{_missing} copies of a process are missing: it was not held long enough");
            return _warnings;
        }
    }

    /// <summary>Copies to the log's end.</summary>
    public void Copy()
    {
        var buffer = new byte[64 << 10];
        int length;
        while ((length = _log.Read(buffer)) > 0)
        {
            for (int i = 0; i < length; i++)
            {
                _line.Add(buffer[i]);
                if (buffer[i] == '\n')
                {
                    TakeLine();
                    _line.Clear();
                    _exitTaken = false;
                }
            }

            // strace prints "exit_group(0" and holds the process before it writes the rest.
            TakeExit();
        }

        if (_line.Count > 0)
        {
            _line.Add((byte)'\n');
            TakeLine();
        }
    }

    private void TakeLine()
    {
        string line = Encoding.Latin1.GetString([.. _line]);
        int tid = Tid(line);
        if (_starter == 0)
            _starter = tid;
        bool isExec = line.Contains("execve(", StringComparison.Ordinal) || line.Contains("<... execve resumed>", StringComparison.Ordinal);
        bool succeeded = isExec && (line.Contains(") = 0", StringComparison.Ordinal) || line.EndsWith("= 0\n", StringComparison.Ordinal));
        if (isExec && succeeded && tid == _starter && _execs < 2)
            _execs++;
        if (!SawProgram)
            return;
        TakeExit();
        Write(WithoutData(line.Replace(Delayed, "", StringComparison.Ordinal)));
        if (succeeded)
            Write(Copy(tid, "exec"));
    }

    // What a program reads is its user's own; the recording needs only how much.
    private static string WithoutData(string line)
    {
        if (!DataCalls.Any(call => line.Contains(call, StringComparison.Ordinal)))
            return line;
        int open = line.IndexOf(" \"", StringComparison.Ordinal);
        if (open < 0)
            open = line.IndexOf(">\"", StringComparison.Ordinal);
        if (open < 0)
            return line;
        int close = open + 2;
        while (close < line.Length && line[close] != '"')
            close += line[close] == '\\' ? 2 : 1;
        return close >= line.Length ? line : string.Concat(line.AsSpan(0, open + 2), line.AsSpan(close));
    }

    private void TakeExit()
    {
        if (_exitTaken || !SawProgram || _line.Count == 0)
            return;
        string line = Encoding.Latin1.GetString([.. _line.Take(64)]);
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || !line[space..].TrimStart().StartsWith("exit_group(", StringComparison.Ordinal))
            return;
        _exitTaken = true;
        Write(Copy(Tid(line), "exit"));
    }

    private string Copy(int tid, string moment)
    {
        string copy = ProcessCopy.Take(tid, moment);
        if (copy.StartsWith("#!", StringComparison.Ordinal))
            _missing++;
        return copy;
    }

    private static int Tid(string line)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && int.TryParse(line.AsSpan(0, space), out int tid) ? tid : 0;
    }

    private void Write(string text) => _output.Write(Encoding.Latin1.GetBytes(text));
}
