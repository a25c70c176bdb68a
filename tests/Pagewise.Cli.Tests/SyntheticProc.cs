using System.Globalization;

namespace Pagewise.Cli.Tests;

/// <summary>A saved /proc of a host that does not exist: as many processes and as much memory as asked for.</summary>
internal sealed class SyntheticProc : IDisposable
{
    public SyntheticProc(int processes, long memoryGib, int swapGib = 8, string? inside = null)
    {
        Root = System.IO.Directory.CreateTempSubdirectory("pagewise").FullName;
        Directory = inside is null ? Root : Path.Combine(Root, inside);
        long totalKib = memoryGib << 20, swapKib = (long)swapGib << 20;
        Write("meminfo", Lines(
            ("MemTotal", totalKib), ("MemFree", totalKib / 10), ("MemAvailable", totalKib / 4), ("Buffers", 0), ("Cached", totalKib / 6), ("Active(anon)", totalKib / 8),
            ("Inactive(anon)", totalKib / 2), ("Active(file)", totalKib / 16), ("Inactive(file)", totalKib / 10), ("SReclaimable", totalKib / 100),
            ("SwapTotal", swapKib), ("SwapFree", swapKib)));
        Write("sys/kernel/osrelease", "6.18.0\n");
        Write("sys/vm/swappiness", "60\n");
        for (int pid = 1000; pid < 1000 + processes; pid++)
        {
            long rssKib = totalKib / 2 / processes / 2 * (1 + (pid % 3));
            Write($"{pid}/status", $"Name:\tworker{pid}\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t1\nUid:\t1000\t1000\t1000\t1000\n" +
                $"VmPeak:\t{rssKib} kB\nVmSize:\t{rssKib} kB\nVmRSS:\t{rssKib} kB\nRssAnon:\t{rssKib} kB\nRssFile:\t0 kB\nRssShmem:\t0 kB\nVmPTE:\t400 kB\nVmSwap:\t0 kB\nThreads:\t1\n");
            if (pid % 10 == 0)
                Write($"{pid}/oom_score_adj", "-500\n");
        }
    }

    /// <summary>The directory that was made.</summary>
    public string Root { get; }

    /// <summary>Where its /proc is.</summary>
    public string Directory { get; }

    public void Dispose() => System.IO.Directory.Delete(Root, recursive: true);

    public void Write(string name, string text)
    {
        string file = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private static string Lines(params (string Name, long Kib)[] fields) =>
        string.Concat(fields.Select(field => string.Create(CultureInfo.InvariantCulture, $"{field.Name + ":",-16}{field.Kib,8} kB\n")));
}
