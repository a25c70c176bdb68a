using System.Diagnostics;
using System.Globalization;
using Pagewise.Cli.Terminal;
using Pagewise.Replay;

namespace Pagewise.Cli.Commands;

/// <summary>One line on stderr about a replay that takes long; nothing where stderr is no terminal.</summary>
internal sealed class Progress(CommandConsole console) : IDisposable
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _next = First;
    private bool _isShown;

    /// <summary>Shows how far the replay is, five times a second.</summary>
    public void Show(Replayer replayer)
    {
        TimeSpan now = _watch.Elapsed;
        if (!console.IsErrorTerminal || now < _next)
            return;
        _next = now + Step;
        _isShown = true;
        double rate = replayer.Accesses / now.TotalSeconds / 1e6;
        console.Error.Write(string.Create(CultureInfo.InvariantCulture,
            $"\r\x1b[K{replayer.Events:N0} events, {replayer.Accesses:N0} accesses, {rate:0.0} M/s"));
        console.Error.Flush();
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_isShown)
            console.Error.Write("\r\x1b[K");
        _isShown = false;
    }
}
