using System.Diagnostics;
using Pagewise.Kernel;
using Pagewise.Procfs;
using Pagewise.Replay.Machines;

namespace Pagewise.Replay.Tests.Machines;

/// <summary>
/// Damaged machine files and damaged captures of /proc: each makes a machine, or is refused in one line. Nothing else may
/// come out, in bounded time.
/// </summary>
public sealed class MachineMutationTests
{
    [Fact]
    public void DamagedMachineFilesAreReadOrRefused() => MachineFiles(seed: 1, cases: 20_000);

    [Fact]
    [Trait("Category", "Slow")]
    public void VeryManyDamagedMachineFilesAreReadOrRefused() => MachineFiles(seed: 2, cases: 100_000);

    [Fact]
    public void DamagedCapturesAreReadOrRefused() => Captures(seed: 3, cases: 600);

    [Fact]
    [Trait("Category", "Slow")]
    public void VeryManyDamagedCapturesAreReadOrRefused() => Captures(seed: 4, cases: 4_000);

    [Theory]
    [InlineData("a bomb of aliases", "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\n")]
    [InlineData("an alias alone", "memory: *a\n")]
    [InlineData("a merge key", "<<: { memory: 1 GiB }\n")]
    [InlineData("a number of a million digits", null)]
    [InlineData("lists in lists", null)]
    [InlineData("mappings in mappings", null)]
    [InlineData("a hundred thousand keys", null)]
    [InlineData("one very long key", null)]
    public void HostileFilesAreRefusedSoonInOneLine(string what, string? text)
    {
        text ??= what switch
        {
            "a number of a million digits" => "memory: " + new string('9', 1_000_000),
            "lists in lists" => "memory: " + new string('[', 500_000),
            "mappings in mappings" => string.Concat(Enumerable.Repeat("{a: ", 200_000)),
            "a hundred thousand keys" => "cgroups:\n" + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"  /{i}: {{}}\n")),
            _ => new string('k', 1_000_000) + ": 1",
        };
        var clock = Stopwatch.StartNew();
        MachineFileException refused = Should.Throw<MachineFileException>(() => MachineFile.Apply(new MachineSpec(), "m.yaml", text));
        refused.Message.ShouldStartWith("m.yaml:");
        refused.Message.ShouldNotContain("\n");
        clock.ElapsedMilliseconds.ShouldBeLessThan(20_000);
    }

    [Fact]
    public void WhatIsNoFileIsToldByItsName()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pagewise");
        try
        {
            string circle = Path.Combine(directory.FullName, "a.yaml");
            System.IO.File.CreateSymbolicLink(circle, Path.Combine(directory.FullName, "b.yaml"));
            System.IO.File.CreateSymbolicLink(Path.Combine(directory.FullName, "b.yaml"), circle);
            foreach (string path in (string[])[directory.FullName, circle, Path.Combine(directory.FullName, "none.yaml"), "/dev/zero", "\0"])
            {
                MachineFileException refused = Should.Throw<MachineFileException>(() => MachineFile.Apply(new MachineSpec(), path), path);
                refused.Message.ShouldStartWith(path + ": ");
                refused.Message.ShouldNotContain("\n");
            }

            // A capture whose zoneinfo is a directory, or a link in a circle.
            Directory.CreateDirectory(Path.Combine(directory.FullName, "proc", "zoneinfo"));
            Should.Throw<MachineFileException>(() => new MachineCapture(Path.Combine(directory.FullName, "proc"), "/none").Text()).Message.ShouldContain("zoneinfo: is a directory");
            Directory.Delete(Path.Combine(directory.FullName, "proc", "zoneinfo"));
            System.IO.File.CreateSymbolicLink(Path.Combine(directory.FullName, "proc", "zoneinfo"), "zoneinfo");
            Should.Throw<MachineFileException>(() => new MachineCapture(Path.Combine(directory.FullName, "proc"), "/none").Text()).Message.ShouldContain("zoneinfo: ");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void MachineFiles(int seed, int cases)
    {
        string[] originals = [.. Directory.GetFiles(Path.Combine(Repository.Root, "machines"), "*.yaml").Order(StringComparer.Ordinal).Select(System.IO.File.ReadAllText)];
        int refused = 0;
        for (int i = 0; i < cases; i++)
        {
            var random = new Random(unchecked((seed * 1_000_003) + i));
            string damaged = DamagedText.Of(originals[random.Next(originals.Length)], random);
            refused += IsRefused(() => MachineFile.Apply(new MachineSpec(), "m.yaml", damaged), $"seed {seed} case {i}") ? 1 : 0;
        }

        refused.ShouldBeInRange(cases / 4, cases - 1);
    }

    // A capture that was taken has to make a machine, or tell why not.
    private static void Captures(int seed, int cases)
    {
        string[] zoneinfos = [.. ((string[])["numa_default", "wmark_numa_256_512", "trace_seqtouch_w8"]).Select(name => System.IO.File.ReadAllText(Path.Combine(Repository.Oracle, "guest", name, "before.zoneinfo")))];
        string meminfo = System.IO.File.ReadAllText(Path.Combine(Repository.Oracle, "guest", "numa_default", "before.meminfo"));
        string limits = new LimitsFile(new MachineSpec().Limits).ToString();
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pagewise");
        int refused = 0;
        try
        {
            string proc = Path.Combine(directory.FullName, "proc");
            Directory.CreateDirectory(Path.Combine(proc, "sys", "vm"));
            Directory.CreateDirectory(Path.Combine(proc, "self"));
            for (int i = 0; i < cases; i++)
            {
                var random = new Random(unchecked((seed * 1_000_003) + i));
                Write("zoneinfo", zoneinfos[random.Next(zoneinfos.Length)], i % 4 != 3);
                Write("meminfo", meminfo, i % 4 == 1);
                Write("sys/vm/lowmem_reserve_ratio", "256\t256\t32\t0\t0\n", i % 4 == 2);
                Write("sys/vm/min_free_kbytes", "1761\n", i % 4 == 3);
                Write("self/limits", limits, i % 4 == 2);
                refused += IsRefused(
                    () =>
                    {
                        string text = new MachineCapture(proc, Path.Combine(directory.FullName, "sys")).Text();
                        MachineSpec spec = MachineFile.Apply(new MachineSpec(), "captured.yaml", text);
                        try
                        {
                            if (spec.MemoryBytes <= 8UL << 30)
                                Machine.Create(spec).Dispose();
                        }
                        catch (ArgumentException exception) when (exception.ParamName == "spec")
                        {
                            exception.Message.Split(" (Parameter", 2)[0].ShouldNotContain("\n");
                        }
                    },
                    $"seed {seed} case {i}") ? 1 : 0;

                void Write(string name, string text, bool isDamaged) => System.IO.File.WriteAllText(Path.Combine(proc, name), isDamaged ? DamagedText.Of(text, random) : text);
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        refused.ShouldBeInRange(cases / 20, cases - 1);
    }

    private static bool IsRefused(Action read, string label)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            read();
            return false;
        }
        catch (MachineFileException refused)
        {
            refused.Message.ShouldNotContain("\n", Case.Sensitive, label);
            return true;
        }
        catch (ProcfsException refused)
        {
            refused.Message.ShouldNotContain("\n", Case.Sensitive, label);
            return true;
        }
        catch (Exception wrong)
        {
            throw new InvalidOperationException(label, wrong);
        }
        finally
        {
            clock.ElapsedMilliseconds.ShouldBeLessThan(20_000, label);
        }
    }
}
