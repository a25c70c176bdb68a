using System.Diagnostics;
using System.Text;
using Pagewise.Kernel;
using Pagewise.Workloads.Tests;

namespace Pagewise.Procfs.Tests;

/// <summary>
/// Damaged files of /proc: each is read, and then what is written is read the same, or refused by a
/// <see cref="ProcfsException"/> of one line that names a place in the text; in bounded time and memory.
/// </summary>
public class ProcfsMutationTests
{
    private const long MemoryLimit = 1L << 30;

    private static readonly Lazy<IReadOnlyDictionary<string, IReadOnlyList<string>>> Originals = new(Load);

    public static TheoryData<string> Names => new(ProcFile.All.Select(file => file.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void DamagedTextIsReadOrRefused(string name) => Run(name, seed: 1, cases: 600);

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Names))]
    public void MuchDamagedTextIsReadOrRefused(string name) => Run(name, seed: 2, cases: 10_000);

    [Theory]
    [MemberData(nameof(Names))]
    public void AFileWithAMillionOfItsLinesTakesLittle(string name)
    {
        string[] lines = Originals.Value[name][0].Split('\n');
        foreach (string line in lines.Take(40))
            Try(ProcFile.Of(name), string.Concat(Enumerable.Repeat(line + "\n", 25_000)), line);
        Try(ProcFile.Of(name), string.Concat(Enumerable.Repeat(string.Join('\n', lines.Take(200)), 200)), "all lines");
        ShouldHaveTakenLittle();
    }

    private static void Run(string name, int seed, int cases)
    {
        IReadOnlyList<string> originals = Originals.Value[name];
        for (int i = 0; i < cases; i++)
        {
            var random = new Random(unchecked((seed * 1_000_003) + i));
            string text = Damage(originals[random.Next(originals.Count)], random);
            Try(ProcFile.Of(name), text, $"seed {seed} case {i}");
        }

        ShouldHaveTakenLittle();
    }

    private static void ShouldHaveTakenLittle() => Process.GetCurrentProcess().PeakWorkingSet64.ShouldBeLessThan(MemoryLimit);

    private static void Try(ProcFile file, string text, string what)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            string written = file.Again(text);
            file.Again(written).ShouldBe(written, what);
        }
        catch (ProcfsException refused)
        {
            refused.Message.ShouldStartWith(FormattableString.Invariant($"{file.FileName}:{refused.Line}:{refused.Column}: expected"), Case.Sensitive, what);
            refused.Message.Any(char.IsControl).ShouldBeFalse(what);
            string[] lines = text.Split('\n');
            refused.Line.ShouldBeInRange(1, lines.Length, what);
            refused.Column.ShouldBeInRange(1, lines[refused.Line - 1].Length + 1, what);
        }
        catch (Exception fault) when (fault is not ShouldAssertException)
        {
            throw new InvalidOperationException($"{file.Name}, {what}", fault);
        }

        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20), what);
    }

    private static string Damage(string original, Random random)
    {
        var text = new StringBuilder(original);
        for (int change = random.Next(1, 5); change > 0 && text.Length > 0; change--)
        {
            int at = random.Next(text.Length);
            int length = Math.Min(random.Next(1, 1 << random.Next(1, 9)), text.Length - at);
            switch (random.Next(7))
            {
                case 0:
                    text[at] = (char)random.Next(random.Next(2) == 0 ? 128 : 0x2100);
                    break;
                case 1:
                    text.Remove(at, length);
                    break;
                case 2:
                    text.Insert(random.Next(text.Length), text.ToString(at, length));
                    break;
                case 3:
                    text.Length = at;
                    break;
                case 4:
                    // A number in place of another.
                    int start = at, end = at;
                    while (start < text.Length && !char.IsAsciiDigit(text[start]))
                        start++;
                    for (end = start; end < text.Length && char.IsAsciiDigit(text[end]);)
                        end++;
                    string[] numbers = ["0", "-1", "9223372036854775807", "18446744073709551615", "99999999999999999999999", "4294967296", "0x10", "1e9", ""];
                    text.Remove(start, end - start).Insert(start, numbers[random.Next(numbers.Length)]);
                    break;
                case 5:
                    // A line away, or twice.
                    string[] lines = text.ToString().Split('\n');
                    int line = random.Next(lines.Length);
                    IEnumerable<string> rest = random.Next(2) == 0 ? lines.Where((_, index) => index != line) : lines.Take(line + 1).Concat(lines.Skip(line));
                    text = new StringBuilder(string.Join('\n', rest));
                    break;
                default:
                    text.Insert(at, " \t:,()>\n\0%s"[random.Next(11)].ToString(), random.Next(1, 40));
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>One capture of each kind, this process's file and a modelled one.</summary>
    private static Dictionary<string, IReadOnlyList<string>> Load()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 256 << 20, SwapBytes = 1 << 30 });
        machine.SystemCalls.CreateInitialTask(100, "program");
        IReadOnlyDictionary<string, string> modelled = ProcTree.Of(machine).Files;
        var originals = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (ProcFile file in ProcFile.All)
        {
            var texts = new List<string>();
            if (Oracle.Files("guest", "*." + file.FileName).Concat(Oracle.Files("guest", file.FileName)).FirstOrDefault() is { } capture)
                texts.Add(Encoding.UTF8.GetString(Oracle.Plain(capture)));
            if (modelled.TryGetValue(file.Name.Replace("self", "100", StringComparison.Ordinal), out string? text))
                texts.Add(text);
            if (file.Name.StartsWith("self/", StringComparison.Ordinal) && File.Exists("/proc/" + file.Name))
                texts.Add(File.ReadAllText("/proc/" + file.Name));
            originals.Add(file.Name, texts);
        }

        return originals;
    }
}
