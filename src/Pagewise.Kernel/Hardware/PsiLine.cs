namespace Pagewise.Kernel.Hardware;

/// <summary>One line of a file of /proc/pressure: the time stalled in all, and what part of the last time that was.</summary>
public sealed class PsiLine
{
    /// <summary>One in the kernel's fixed-point averages (FIXED_1).</summary>
    public const int One = 1 << 11;

    /// <summary>After as many periods without a stall every average is 0.</summary>
    internal const int PeriodsToFade = 4096;

    // exp(-2 s / window) of windows of 10, 60 and 300 s, in 1/2048 (EXP_10s, EXP_60s, EXP_300s).
    private const int Decay10 = 1677;
    private const int Decay60 = 1981;
    private const int Decay300 = 2034;

    private double _inPeriodNs;

    /// <summary>Time stalled, nanoseconds (total, which the file shows in microseconds).</summary>
    public double TotalNs { get; private set; }

    /// <summary>Percent of the last 10 s that were stalled, times <see cref="One"/> (avg10).</summary>
    public long Avg10 { get; private set; }

    /// <summary>The same of 60 s (avg60).</summary>
    public long Avg60 { get; private set; }

    /// <summary>The same of 300 s (avg300).</summary>
    public long Avg300 { get; private set; }

    /// <summary>Time was stalled.</summary>
    internal void Add(double ns)
    {
        TotalNs += ns;
        _inPeriodNs += ns;
    }

    /// <summary>A period has passed (calc_avgs).</summary>
    internal void EndPeriod()
    {
        long percent = (long)(_inPeriodNs * 100 / PsiGroup.PeriodNs) * One;
        _inPeriodNs = 0;
        Avg10 = Fade(Avg10, Decay10, percent);
        Avg60 = Fade(Avg60, Decay60, percent);
        Avg300 = Fade(Avg300, Decay300, percent);
    }

    /// <summary>An exponential average; rounded up while it grows, so that it can reach what it nears (calc_load).</summary>
    private static long Fade(long average, int decay, long active)
    {
        long sum = (average * decay) + (active * (One - decay));
        return active >= average ? (sum + One - 1) / One : sum / One;
    }
}
