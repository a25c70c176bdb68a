using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Xml.Linq;

namespace Pagewise.Cli.Tests;

/// <summary><c>pagewise heap</c>: its answers as stored text, and what users get wrong.</summary>
public sealed class HeapCommandTests
{
    private static string TwoThreads { get; } = Data("two-threads.heap");

    [Theory]
    [InlineData("heap-report.txt")]
    [InlineData("heap-report.json", "--json")]
    [InlineData("heap-map.txt", "--at", "90", "--map")]
    [InlineData("heap-why-rss.txt", "--why-rss")]
    [InlineData("heap-why-rss.json", "--why-rss", "--at", "peak", "--json")]
    [InlineData("heap-what-if.txt", "--what-if", "arena_max=1,2", "--what-if", "tcache_count=default,0")]
    [InlineData("heap-compare.txt", "--compare", "2.36,2.41,2.43")]
    [InlineData("heap-compare.json", "--compare", "debian-12,2.43", "--json")]
    [InlineData("heap-malloc-info.xml", "--malloc-info")]
    [InlineData("heap-malloc-info-2.43.xml", "--malloc-info", "--glibc", "2.43")]
    public void AnswersAreAsStored(string expectation, params string[] options)
    {
        CommandRun run = CommandRun.Of(["heap", TwoThreads, .. options]);
        run.Status.ShouldBe(0, run.Error);
        run.Error.ShouldBeEmpty();
        Checkout.ShouldMatchExpectation(run.Output.Replace(TwoThreads, "two-threads.heap", StringComparison.Ordinal), expectation);
    }

    [Fact]
    public void TheCausesAddUpToWhatIsHeld()
    {
        using JsonDocument json = JsonDocument.Parse(CommandRun.Of("heap", TwoThreads, "--json").Output);
        ulong held = json.RootElement.GetProperty("figures")[3].GetProperty("finalBytes").GetUInt64();
        ulong sum = 0;
        foreach (JsonElement cause in json.RootElement.GetProperty("space").EnumerateArray())
            sum += cause.GetProperty("finalBytes").GetUInt64();

        sum.ShouldBe(held);
        json.RootElement.GetProperty("recording").GetProperty("resultsDifferent").GetInt64().ShouldBe(0);
    }

    [Fact]
    public void MallocInfoIsXmlOfTheArenasThatThereAre() =>
        XDocument.Parse(CommandRun.Of("heap", TwoThreads, "--malloc-info").Output).Root!.Elements("heap").Count().ShouldBe(2);

    [Fact]
    public void ALogOfAnotherToolSaysWhatItLacks()
    {
        using var file = new TemporaryFile("= Start\n@ app:[0x1] + 0x55cbfa8162a0 0x18\n@ app:[0x2] - 0x55cbfa8162a0\n@ app:[0x3] - 0x999\n");
        CommandRun run = CommandRun.Of("heap", file.Path);
        run.Status.ShouldBe(0, run.Error);
        run.Output.ShouldContain("The mtrace format has not:");
        run.Output.ShouldContain("free of a pointer that is no live block (1×)");
    }

    [Fact]
    public void RunPlaysTheHeapOnTheModelledMachine()
    {
        CommandRun none = CommandRun.Of("run", TwoThreads, "--json", "--touch", "none");
        CommandRun write = CommandRun.Of("run", TwoThreads, "--json");
        none.Status.ShouldBe(0, none.Error);
        none.Error.ShouldBeEmpty();
        using JsonDocument headers = JsonDocument.Parse(none.Output);
        using JsonDocument blocks = JsonDocument.Parse(write.Output);
        ulong Resident(JsonDocument json) => json.RootElement.GetProperty("processes")[0].GetProperty("segments").EnumerateArray()
            .Where(segment => segment.GetProperty("name").GetString() is "heap" or "mmap").Aggregate(0UL, (sum, segment) => sum + segment.GetProperty("residentBytes").GetUInt64());

        headers.RootElement.GetProperty("recording").GetProperty("resultsDifferent").GetInt64().ShouldBe(0);
        headers.RootElement.GetProperty("recording").GetProperty("resultsCompared").GetInt64().ShouldBeGreaterThan(150);
        Resident(headers).ShouldBeGreaterThan(0UL);
        Resident(blocks).ShouldBeGreaterThan(Resident(headers));
    }

    [Fact]
    public void ADoubleFreeIsNamedWithItsCall()
    {
        using var file = new TemporaryFile("""
            # malloc trace 1
            # heap start (sbrk(0) at first call) 0x555555559000
            [1] malloc(24) = 0x5555555592a0
            [1] free(0x5555555592a0) = <void>
            [1] free(0x5555555592a0) = ?

            """);
        CommandRun.Of("heap", file.Path).Output.ShouldContain("SIGABRT: free(): double free detected in tcache 2 in call 3, line 5: free(0x5555555592a0)");
    }

    [Theory]
    [InlineData("--what-if arena_max: NAME=VALUE", "--what-if", "arena_max")]
    [InlineData("frobs: no tunable of that name", "--what-if", "frobs=1")]
    [InlineData("arena_max=0: glibc does not take that value", "--what-if", "arena_max=1,0")]
    [InlineData("arena_max: given twice", "--what-if", "arena_max=1", "--what-if", "arena_max=2")]
    [InlineData("the recording has 292 calls", "--map", "--at", "1000")]
    [InlineData("a call's number from 1, or peak, was expected", "--map", "--at", "0")]
    [InlineData("--at says when", "--at", "5")]
    [InlineData("four answers", "--map", "--why-rss")]
    [InlineData("--cpus and --affinity take numbers", "--cpus", "0")]
    [InlineData("a release of glibc was expected", "--compare", "2.36,2.99")]
    [InlineData("Alpine's libc is musl", "--glibc", "alpine-3.20")]
    [InlineData("leave --glibc out", "--glibc", "2.36", "--compare", "2.36,2.41")]
    public void AWrongQuestionIsOneLine(string message, params string[] options) =>
        CommandRun.Of(["heap", TwoThreads, .. options]).ShouldHaveFailedWith(message);

    [Fact]
    public void WhatIsNoHeapRecordingIsSaidSo()
    {
        CommandRun.Of("heap", Checkout.Example("ls.strace")).ShouldHaveFailedWith("holds no call of the malloc family");
        using var empty = new TemporaryFile("");
        CommandRun.Of("heap", empty.Path).ShouldHaveFailedWith("is empty");
        CommandRun.Of("heap", "/no/such/recording").ShouldHaveFailedWith("cannot be opened");
    }

    [Fact]
    public void TheSameQuestionGivesTheSameBytes()
    {
        string[] words = ["heap", TwoThreads, "--what-if", "arena_max=1,2,3,4", "--what-if", "tcache_count=0,7,16", "--json"];
        CommandRun.Of(words).Output.ShouldBe(CommandRun.Of(words).Output);
    }

    private static string Data(string name, [CallerFilePath] string caller = "") => Path.Combine(Path.GetDirectoryName(caller)!, "data", name);
}
