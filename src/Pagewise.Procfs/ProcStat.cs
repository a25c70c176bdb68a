using System.Globalization;
using System.Text;
using Pagewise.Kernel;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>/proc/stat (show_stat, fs/proc/stat.c): what all CPUs did since boot; reading and writing give the same bytes.</summary>
/// <param name="Total">The line "cpu": ticks of 10 ms as user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice.</param>
/// <param name="Cpus">The lines "cpuN": the CPU's number and its ticks, likewise.</param>
/// <param name="Counters">The lines behind them: a name and one number or more. ctxt, btime (seconds since 1970), processes (forks), procs_running, procs_blocked; intr and softirq with their total first.</param>
public sealed record ProcStat(
    IReadOnlyList<ulong> Total, IReadOnlyList<KeyValuePair<int, IReadOnlyList<ulong>>> Cpus, IReadOnlyList<KeyValuePair<string, IReadOnlyList<ulong>>> Counters)
{
    /// <summary>The file's name under /proc.</summary>
    public const string FileName = "stat";

    private const int Times = 10;
    private const int SoftIrqs = 10;
    private const long NanosecondsPerTick = 10_000_000;

    /// <summary>A counter's first number; null when there is none of that name.</summary>
    public ulong? this[string name]
    {
        get
        {
            foreach ((string counter, IReadOnlyList<ulong> numbers) in Counters)
            {
                if (counter == name)
                    return numbers[0];
            }

            return null;
        }
    }

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a stat file.</exception>
    public static ProcStat Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        scanner.ExpectWords("cpu");
        List<ulong> total = Numbers(ref scanner);
        var cpus = new List<KeyValuePair<int, IReadOnlyList<ulong>>>();
        while (scanner.Skip("cpu"))
        {
            int cpu = scanner.Int();
            cpus.Add(KeyValuePair.Create(cpu, (IReadOnlyList<ulong>)Numbers(ref scanner)));
        }

        var counters = new List<KeyValuePair<string, IReadOnlyList<ulong>>>();
        while (!scanner.AtEnd)
            counters.Add(KeyValuePair.Create(scanner.Word("a counter's name"), (IReadOnlyList<ulong>)Numbers(ref scanner)));
        return new ProcStat(total, cpus, counters);
    }

    /// <summary>
    /// What a modelled machine shows. Virtual time is user time of the first CPU: the machine does not split it.
    /// Interrupts and context switches are not modelled and 0; btime is 0, for the machine has no date.
    /// </summary>
    public static ProcStat Of(Machine machine)
    {
        ulong ticks = (ulong)machine.NowNs / NanosecondsPerTick;
        var cpus = new List<KeyValuePair<int, IReadOnlyList<ulong>>>();
        for (int cpu = 0; cpu < machine.Spec.Cpus; cpu++)
        {
            ulong[] times = new ulong[Times];
            times[cpu == 0 ? 0 : 3] = ticks;
            cpus.Add(KeyValuePair.Create(cpu, (IReadOnlyList<ulong>)times));
        }

        ulong forks = 0, running = 0;
        for (int task = 1; task < machine.Tasks.Tasks.HighWater; task++)
        {
            ref TaskStruct one = ref machine.Tasks.Tasks[task];
            forks += one.Pid != 0 ? 1UL : 0;
            running += one.Pid != 0 && !one.HasExited ? 1UL : 0;
        }

        return new ProcStat(
            [ticks, 0, 0, ticks * (ulong)(machine.Spec.Cpus - 1), 0, 0, 0, 0, 0, 0], cpus,
            [
                One("intr", 0), One("ctxt", 0), One("btime", 0), One("processes", forks), One("procs_running", running), One("procs_blocked", 0),
                KeyValuePair.Create("softirq", (IReadOnlyList<ulong>)new ulong[SoftIrqs + 1]),
            ]);
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text, "cpu ", Total);
        foreach ((int cpu, IReadOnlyList<ulong> times) in Cpus)
            Write(text, string.Create(CultureInfo.InvariantCulture, $"cpu{cpu}"), times);
        foreach ((string name, IReadOnlyList<ulong> numbers) in Counters)
            Write(text, name, numbers);
        return text.ToString();
    }

    private static KeyValuePair<string, IReadOnlyList<ulong>> One(string name, ulong number) => KeyValuePair.Create(name, (IReadOnlyList<ulong>)[number]);

    private static void Write(StringBuilder text, string name, IReadOnlyList<ulong> numbers)
    {
        text.Append(name);
        foreach (ulong number in numbers)
            text.Append(CultureInfo.InvariantCulture, $" {number}");
        text.Append('\n');
    }

    private static List<ulong> Numbers(ref ProcfsScanner scanner)
    {
        var numbers = new List<ulong>();
        do
        {
            numbers.Add(scanner.Unsigned());
            scanner.Spaces();
        }
        while (scanner.Next != '\n');
        scanner.EndOfLine();
        return numbers;
    }
}
