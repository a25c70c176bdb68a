using System.Diagnostics;
using System.Globalization;
using Pagewise.Cli.Terminal;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Oom;
using Pagewise.Procfs;
using Pagewise.Replay.Oom;
using Pagewise.Reports.Oom;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise oom --grow</c> and <c>--watch</c>: the host run forward.</summary>
internal static class OomForecastRun
{
    private const int LongestWatchSeconds = 3600;
    private const int MostGrowing = 20;

    /// <summary>Makes the forecast.</summary>
    public static OomForecastReport Run(string proc, string[] growing, int? watchSeconds, string horizon, string device, OomWhatIf[] changes)
    {
        double seconds = Seconds(horizon);
        BlockDeviceSpec swap = BlockDeviceSpec.Find(device) ?? throw new UserException($"--swap-device {device}: there are {string.Join(", ", BlockDeviceSpec.Presets.Select(preset => preset.Name))}");
        var growth = growing.Select(OomGrowth.Parse).ToList();
        List<OomGrowth> watched = watchSeconds is { } watch ? Watch(proc, watch) : [];
        OomHost host = OomHost.Read(proc);
        long memoryPages = (host.Memory["MemTotal"] ?? 0) >> 2;
        var control = new OomControl(new OomBadness(host.Kernel), memoryPages + ((host.Memory["SwapTotal"] ?? 0) >> 2), [.. host.Processes.Select(process => process.Candidate)]);
        var present = control.Candidates.Select(candidate => candidate.Pid).ToHashSet();
        foreach (OomGrowth one in growth)
        {
            if (!present.Contains(one.Pid))
                throw new UserException($"--grow {one.Pid}: there is no such process");
        }

        // Who ended since it was watched grows no more.
        growth.AddRange(watched.Where(seen => present.Contains(seen.Pid) && growth.TrueForAll(given => given.Pid != seen.Pid)));

        foreach (OomWhatIf change in changes)
        {
            if (change.Apply(control, memoryPages) is null)
                throw new UserException($"--if '{change.Text}': there is no such process");
        }

        var notes = new List<string>
        {
            $"Other processes stay as they are; nothing that is reclaimed is read back, so real time under pressure is longer. Swap writes {swap.WriteBytesPerSecond / 1e6:N0} MB/s ({swap.Name}).",
        };
        if (host.Zones is null)
            notes.Add("zoneinfo was not saved: watermarks are those that the kernel would set for this much memory.");
        if (growth.Count == 0)
            notes.Add($"No process grew while it was watched for {watchSeconds} s.");
        ForecastHost start = ForecastHost.Of(control, host.Memory, host.Zones, host.Processes, host.Swappiness) with { SwapDevice = swap };
        return OomForecastBuilder.Build(start, growth, seconds, host.Source, changes, notes);
    }

    /// <summary>"90s", "10m", "2h", "600".</summary>
    private static double Seconds(string text)
    {
        string number = text.TrimEnd('s', 'm', 'h', 'i', 'n', ' ');
        double unit = text[number.Length..].Trim() switch { "" or "s" => 1, "m" or "min" => 60, "h" => 3600, _ => 0 };
        return unit > 0 && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value * unit is > 0 and <= 366 * 86400.0
            ? value * unit
            : throw new UserException($"--for {text}: expected a time such as 90s, 10m or 2h, up to a year");
    }

    // The slope of resident and swapped memory over time by least squares, with twice its standard error to either side.
    private static List<OomGrowth> Watch(string proc, int seconds)
    {
        if (proc != OomHost.Live)
            throw new UserException("--watch needs this host: a saved /proc does not grow (--grow says how it would)");
        if (seconds is < 2 or > LongestWatchSeconds)
            throw new UserException($"--watch {seconds}: expected 2 to {LongestWatchSeconds} seconds");
        var seen = new Dictionary<int, List<(double Seconds, double Bytes)>>();
        var clock = Stopwatch.StartNew();
        while (true)
        {
            double at = clock.Elapsed.TotalSeconds;
            foreach (HostProcess process in HostProcesses.Read(proc))
            {
                if (!seen.TryGetValue(process.Candidate.Pid, out List<(double Seconds, double Bytes)>? samples))
                    seen[process.Candidate.Pid] = samples = [];
                samples.Add((at, (process.Candidate.RssPages + process.Candidate.SwapPages) * 4096.0));
            }

            if (at >= seconds)
                break;
            Thread.Sleep(TimeSpan.FromSeconds(Math.Clamp(Math.Min(seconds - at, Math.Max(0.5, seconds / 60.0)), 0.01, 60)));
        }

        return [.. seen.Select(one => Slope(one.Key, one.Value)).OfType<OomGrowth>().OrderByDescending(one => one.Likely).Take(MostGrowing)];
    }

    private static OomGrowth? Slope(int pid, List<(double Seconds, double Bytes)> samples)
    {
        if (samples.Count < 3)
            return null;
        double meanX = samples.Average(sample => sample.Seconds), meanY = samples.Average(sample => sample.Bytes);
        double xx = samples.Sum(sample => (sample.Seconds - meanX) * (sample.Seconds - meanX));
        double slope = samples.Sum(sample => (sample.Seconds - meanX) * (sample.Bytes - meanY)) / xx;
        double residual = samples.Sum(sample => Math.Pow(sample.Bytes - meanY - (slope * (sample.Seconds - meanX)), 2));
        double error = 2 * Math.Sqrt(residual / (samples.Count - 2) / xx);
        return slope > 0 && slope > error ? new OomGrowth(pid, slope - error, slope, slope + error) : null;
    }
}
