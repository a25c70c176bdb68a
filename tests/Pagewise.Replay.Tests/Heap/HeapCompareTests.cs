using System.Globalization;
using System.Text;
using Pagewise.Kernel.Hardware;
using Pagewise.Malloc;
using Pagewise.Malloc.Releases;
using Pagewise.Replay.Heap;

namespace Pagewise.Replay.Tests.Heap;

/// <summary>Releases compared on one recording: which change accounts for what.</summary>
public class HeapCompareTests
{
    private static readonly CostTable Costs = CpuPreset.Find("skylake")!.Costs;

    [Fact]
    public void SixteenPlacesInTheTcacheKeepMoreResident()
    {
        // 16 blocks of 1032 bytes a round are freed in front of a large live one: what the tcache keeps is not merged.
        var text = new StringBuilder("# glibc 2.36 word 64 x86_64\n");
        for (int i = 0; i < 16; i++)
            text.Append(CultureInfo.InvariantCulture, $"[1] malloc(1032) = 0x{0x1000 + (i * 0x1000):x}\n");
        for (int i = 0; i < 16; i++)
            text.Append(CultureInfo.InvariantCulture, $"[1] free(0x{0x1000 + (i * 0x1000):x}) = <void>\n");
        text.Append("[1] malloc(9000) = 0x40000\n");
        IReadOnlyList<HeapStep> steps = Compare(text.ToString(), "2.42-branch", "2.43");

        HeapStep step = steps.ShouldHaveSingleItem();
        step.Delta.ResidentBytes.ShouldBeGreaterThan(4096);
        step.Effects[0].Change.ShouldBe(ReleaseChange.TcachePlaces);
        step.Effects[0].Delta.ResidentBytes.ShouldBe(step.Delta.ResidentBytes);
    }

    [Fact]
    public void CallocFromTheTcacheIsTheOnlyChangeThatACallocLoopSees()
    {
        var text = new StringBuilder("# glibc 2.36 word 64 x86_64\n");
        for (int i = 0; i < 50; i++)
            text.Append("[1] calloc(1, 600) = 0x1000\n[1] calloc(1, 600) = 0x2000\n[1] free(0x1000) = <void>\n[1] free(0x2000) = <void>\n");
        IReadOnlyList<HeapStep> steps = Compare(text.ToString(), "2.35", "2.36", "2.39", "2.41");

        steps[0].Delta.IsNothing.ShouldBeTrue();
        steps[1].Delta.IsNothing.ShouldBeTrue();
        steps[0].Effects.ShouldBeEmpty();
        steps[2].Effects.Select(effect => effect.Change).ShouldContain(ReleaseChange.CallocTcache);
        steps[2].Delta.EstimateNs.ShouldBeLessThan(0);
    }

    [Theory]
    [InlineData("2.31", "2.43")]
    [InlineData("2.43", "2.31")]
    public void WhatIsNotTriedMakesNoDifference(string from, string to)
    {
        HeapScript script = HeapScript.Read(Path.Combine(HeapOracle.Folder, "heap", "git-log.txt.zst"));
        var options = new HeapReplayOptions { Tunables = "" };
        HeapTrial[] trials = Trials(script, options, from, to);
        HeapStep step = HeapCompare.Explain(script, options, trials, Costs)[0];
        HashSet<ReleaseChange> effective = [.. step.Effects.Select(effect => effect.Change)];

        foreach (ReleaseChange change in ReleaseChanges.Between(from, to).Where(change => !effective.Contains(change)))
        {
            using var replayer = HeapReplayer.Create(script, options with { Release = to, Swap = new ReleaseSwap(change, from) });
            replayer.Run();
            replayer.Totals.ShouldBe(trials[1].Totals, change.ToString());
        }
    }

    private static IReadOnlyList<HeapStep> Compare(string text, params string[] releases)
    {
        HeapScript script = Scripts.Of(text);
        var options = new HeapReplayOptions();
        return HeapCompare.Explain(script, options, Trials(script, options, releases), Costs);
    }

    private static HeapTrial[] Trials(HeapScript script, HeapReplayOptions options, params string[] releases) =>
        [.. HeapWhatIf.Run(script, options, HeapWhatIf.Grid(script, releases, []), script.Count, Costs)];
}
