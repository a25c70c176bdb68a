using Pagewise.Kernel;
using Pagewise.Kernel.Tasks;
using Pagewise.Replay;
using Pagewise.Reports.Explain;
using Pagewise.Reports.Snapshots;
using Pagewise.Workloads;
using Spectre.Console;

namespace Pagewise.Explorer;

/// <summary>
/// A recording replayed again as far as somebody wants to look. Going on costs what the events between cost; going back
/// begins anew, and keeps the last moments before the one asked for, so that the next steps back cost nothing.
/// </summary>
/// <param name="begin">Opens the recording and makes a replay of it as the run had it.</param>
public sealed class ReplaySession(Func<(RecordingReader Recording, Replayer Replayer)> begin) : IDisposable
{
    private const int KeptMoments = 32;
    private const int MostRemarks = 4096;

    private readonly Lock _turn = new();
    private readonly SortedDictionary<long, byte[]> _moments = [];
    private RecordingReader? _recording;
    private Replayer? _replayer;

    /// <summary>The machine after a line of the recording, as JSON.</summary>
    /// <param name="line">The line, from 1; beyond the last it is the end.</param>
    public byte[] At(long line)
    {
        lock (_turn)
        {
            if (_moments.TryGetValue(line, out byte[]? known))
                return known;
            bool goesBack = _replayer is not null && _replayer.Line > line;
            if (goesBack)
            {
                _moments.Clear();
                for (long earlier = Math.Max(1, line - KeptMoments + 1); earlier < line; earlier++)
                    _ = Take(earlier);
            }

            return Take(line);
        }
    }

    /// <summary>The machine after the first event that stands on a line or below it.</summary>
    /// <param name="line">The line, from 1; beyond the last it is the end.</param>
    public byte[] AtOrAfter(long line)
    {
        lock (_turn)
        {
            // A line may hold a remark, or no event.
            for (int looked = 0; looked < MostRemarks && ReplayTo(line + looked).Line < line; looked++)
            {
            }

            return At(Math.Max(line, _replayer!.Line));
        }
    }

    /// <summary>One address after a line, explained as <c>pagewise explain</c> does.</summary>
    /// <param name="line">The line.</param>
    /// <param name="pid">The process.</param>
    /// <param name="address">The address in the model.</param>
    /// <returns>The text; null: no such process lives then.</returns>
    public string? Explain(long line, int pid, ulong address)
    {
        lock (_turn)
        {
            Replayer replayer = ReplayTo(line);
            Machine machine = replayer.Machine;
            for (int task = 1; task < machine.Tasks.Tasks.HighWater; task++)
            {
                ref TaskStruct thread = ref machine.Tasks.Tasks[task];
                if (thread.Tgid != pid || thread.Mm == 0 || thread.HasExited)
                    continue;
                var text = new StringWriter { NewLine = "\n" };
                IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
                console.Profile.Width = 160;
                AddressExplanation.Write(machine, task, address, $"after line {replayer.Line}", console);
                return text.ToString();
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    private byte[] Take(long line)
    {
        Replayer replayer = ReplayTo(line);
        byte[] moment = MachineSnapshotJson.Write(MachineSnapshotBuilder.Of(replayer, "event", SnapshotBudget.Large));
        if (_moments.Count >= KeptMoments * 2)
            _moments.Remove(_moments.Keys.First());
        _moments[line] = moment;
        return moment;
    }

    private Replayer ReplayTo(long line)
    {
        if (_replayer is not null && _replayer.Line > line)
            End();
        if (_replayer is null)
            (_recording, _replayer) = begin();
        _replayer.Run(line);
        return _replayer;
    }

    private void End()
    {
        _replayer?.Dispose();
        _recording?.Dispose();
        _replayer = null;
    }
}
