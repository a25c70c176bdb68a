using Pagewise.Kernel.Oom;
using Pagewise.Replay.Oom;

namespace Pagewise.Reports.Oom;

/// <summary>Makes the report of a forecast, with a case for each change that is asked for.</summary>
public static class OomForecastBuilder
{
    private const int ShownScores = 5;

    /// <summary>Runs the host forward.</summary>
    /// <param name="host">The host.</param>
    /// <param name="growth">Who grows.</param>
    /// <param name="seconds">How far to look.</param>
    /// <param name="source">What the host is.</param>
    /// <param name="ifs">What could be otherwise, each by itself.</param>
    /// <param name="notes">What is assumed or missing.</param>
    public static OomForecastReport Build(ForecastHost host, IReadOnlyList<OomGrowth> growth, double seconds, string source, IReadOnlyList<OomWhatIf> ifs, IReadOnlyList<string> notes)
    {
        ArgumentNullException.ThrowIfNull(host);
        IReadOnlyList<OomForecastEvent> asIs = OomForecast.Run(host, growth, seconds);
        var cases = new List<OomForecastCase> { new("", Steps(asIs)) };
        foreach (OomWhatIf one in ifs)
        {
            if (one.Apply(host.Control, host.MemoryPages) is not { } control)
                continue;
            long memory = one.IsMemory ? host.MemoryPages + control.TotalPages - host.Control.TotalPages : host.MemoryPages;
            cases.Add(new OomForecastCase(one.Text, Steps(OomForecast.Run(host.With(control, memory), growth, seconds))));
        }

        OomForecastGrowth[] who = [.. growth.Select(one => new OomForecastGrowth(one.Pid, NameOf(host.Control, one.Pid), one.Least, one.Likely, one.Most))];
        return new OomForecastReport(OomForecastReport.SchemaName, source, Answer(asIs, seconds), who, seconds, cases, notes);
    }

    private static string Answer(IReadOnlyList<OomForecastEvent> events, double seconds)
    {
        OomForecastEvent? end = events.FirstOrDefault(one => one.Kind is OomForecastKind.Kill or OomForecastKind.Panic);
        if (end is null)
        {
            return events.Count == 0
                ? $"Nothing happens within {OomForecastText.Duration(seconds)}: free memory stays above the low watermark."
                : $"Nobody is killed within {OomForecastText.Duration(seconds)}, but memory runs short {In(events[0])}.";
        }

        return end.Victim is { } victim
            ? $"{Capital(In(end))} the kernel kills {OomAnswerText.Shown(victim.Comm)} ({victim.Pid}), which holds {OomAnswerText.Size(victim.Pages)} then."
            : $"{Capital(In(end))} memory is out and nobody may be killed: the kernel panics.";
    }

    private static string In(OomForecastEvent one) => "in " + OomForecastText.Duration(one.AtSeconds) + OomForecastText.Span(one.EarliestSeconds, one.AtSeconds, one.LatestSeconds);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string NameOf(OomControl control, int pid) => control.Candidates.FirstOrDefault(one => one.Pid == pid)?.Comm ?? "";

    private static OomForecastStep[] Steps(IReadOnlyList<OomForecastEvent> events) => [.. events.Select(one => new OomForecastStep(
        Name(one.Kind), Round(one.AtSeconds), Round(one.EarliestSeconds), one.LatestSeconds is { } latest ? Round(latest) : null,
        (ulong)Math.Max(0, one.FreePages) << 12, (ulong)Math.Max(0, one.SwapFreePages) << 12, one.Victim?.Pid, one.Victim?.Comm,
        one.Control is { } control ? [.. control.Order(ShownScores).Select((row, place) => OomAnswerBuilder.Row(control, row, place + 1))] : []))];

    private static double Round(double seconds) => Math.Round(seconds, 2);

    private static string Name(OomForecastKind kind) => kind switch
    {
        OomForecastKind.LowWatermark => "lowWatermark",
        OomForecastKind.SwapBegins => "swapBegins",
        OomForecastKind.SwapFull => "swapFull",
        OomForecastKind.DirectReclaim => "directReclaim",
        OomForecastKind.Kill => "kill",
        _ => "panic",
    };
}
