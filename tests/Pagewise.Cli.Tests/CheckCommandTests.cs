namespace Pagewise.Cli.Tests;

public sealed class CheckCommandTests
{
    private const string Header = "# vmcases; kernel 6.18.44; ASLR off; uid 0\n";

    [Fact]
    public void ARecordingThatComesOutEndsWithStatus0()
    {
        CommandRun run = CommandRun.Of("check", Checkout.Example("student.touch.log"), Checkout.Example("ls.strace"));
        run.Status.ShouldBe(0, run.Output);
        run.Output.Split('\n')[^2].ShouldEndWith("results, 0 differ");
        run.Output.Split('\n').Length.ShouldBe(4);
    }

    [Fact]
    public void EachDifferenceIsALineAndTheStatusIs1()
    {
        string text = File.ReadAllText(Checkout.Example("student.touch.log"))
            .Replace("-1, 0) = 0x7ffff7ff3000", "-1, 0) = 0x7ffff7fe3000", StringComparison.Ordinal)
            .Replace("touch(0x7ffff7ff3000", "touch(0x7ffff7fe3000", StringComparison.Ordinal);
        using var file = new TemporaryFile(text);
        CommandRun run = CommandRun.Of("check", file.Path);
        run.Status.ShouldBe(1);
        run.Output.ShouldStartWith($"{file.Path}:");
        run.Output.ShouldContain(": mmap: expected 0x7ffff7fe3000, got 0x7ffff7ff3000\n");
        run.Output.ShouldEndWith(" differ\n");
    }

    [Fact]
    public void OneDifferenceDoesNotMakeTheNext()
    {
        // The recorded place is one page lower than Linux's; what follows is as Linux does it from there.
        using var file = new TemporaryFile(Header + """
            mmap(0x200000000000, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x200000001000
            munmap(0x200000001000, 4096) = 0
            munmap(0x200000002000, 4096) = 0
            mprotect(0x200000001000, 4096, PROT_READ) = -1 ENOMEM (Cannot allocate memory)

            """);
        CommandRun run = CommandRun.Of("check", file.Path);
        run.Output.ShouldEndWith("4 results, 1 differ\n");
    }

    [Fact]
    public void TheLimitCutsThePrintedDifferencesNotTheCount()
    {
        var text = new System.Text.StringBuilder(Header);
        for (int i = 0; i < 20; i++)
            text.Append("munmap(0x200000000000, 4096) = -1 ENOMEM (Cannot allocate memory)\n");
        using var file = new TemporaryFile(text.ToString());
        CommandRun run = CommandRun.Of("check", "--limit", "3", file.Path);
        run.Output.Split('\n').Length.ShouldBe(3 + 1 + 1 + 1);
        run.Output.ShouldContain("17 more differences");
        run.Output.ShouldEndWith("20 results, 20 differ\n");
    }

    [Fact]
    public void UnknownCallsAreCountedAndNamedInOneWarning()
    {
        using var file = new TemporaryFile(Header + "brk(NULL) = 0x555555559000\nfrobnicate(1) = 0\nfrobnicate(2) = 0\n");
        CommandRun run = CommandRun.Of("check", file.Path);
        run.Error.ShouldContain("frobnicate (2)");
    }
}
